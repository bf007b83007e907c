//! Labels with two groups of response times, such as cache hits and misses.

use serde::{Deserialize, Serialize};

use super::super::times;
use super::super::words;
use super::super::{Told, Totals, severity};
use crate::format;
use crate::percentile::Percentile;
use crate::stats::{CompactHistogram, Label, Slices};
use crate::text;

/// Fewest successful samples.
const MIN_SAMPLES: u64 = 500;

/// Smallest share of samples on either side of the valley: a smaller group is a tail.
const MIN_SIDE_SHARE: f64 = 0.15;

/// Fewest samples in the lower peak, so that the valley beside it is not due to chance.
const MIN_SAMPLES_IN_PEAK: f64 = 50.0;

/// Largest height of the valley as a share of the lower peak.
const MAX_VALLEY_RATIO: f64 = 0.2;

/// Smallest ratio of the slower peak's time to the faster one's.
const MIN_PEAK_RATIO: f64 = 3.0;

/// Smallest difference of the peaks' times, ms: some systems have clock ticks of 16 ms.
const MIN_PEAK_DISTANCE_MS: f64 = 20.0;

/// Largest share of the variance of what is slow that lies between slices of time: with more, the label
/// was fast at one time and slow at another, under more load or during a stall.
const MAX_VARIANCE_OVER_TIME: f64 = 0.2;

/// Ranges of elapsed time per decade.
const RANGES_PER_DECADE: f64 = 10.0;

/// Most labels that are reported: those with the most samples.
const MAX_LABELS: usize = 3;

/// A label whose successful samples form two groups, with hardly any between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bimodal {
    /// The label.
    pub label: String,
    /// Number of successful samples.
    pub samples: u64,
    /// Time between both groups at which samples are rarest, ms: the slower group starts here.
    pub valley_ms: i64,
    /// Median of the faster samples, ms.
    pub fast_median_ms: i64,
    /// Median of the slower samples, ms.
    pub slow_median_ms: i64,
    /// Share of samples in the slower group, 0 to 1.
    pub slow_ratio: f64,
}

impl Told for Bimodal {
    fn sentence(&self) -> String {
        format!(
            "{} has two groups of response times: {} of its successes take about {} ms, and {} about \
             {} ms.",
            words::quoted(&self.label),
            format::brief_percent(1.0 - self.slow_ratio),
            format::thousands(self.fast_median_ms),
            format::brief_percent(self.slow_ratio),
            format::thousands(self.slow_median_ms),
        )
    }

    fn next_step(&self) -> Vec<String> {
        let slow = (self.slow_ratio * self.samples as f64).round() as u64;
        let fast = self.samples.saturating_sub(slow);
        let medians = [fast.div_ceil(2), fast + slow.div_ceil(2)];
        let percentiles = medians.map(|rank| percent_of_rank(rank, self.samples));
        let (Some(include), [Some(fast), Some(slow)]) = (words::only(&self.label), percentiles)
        else {
            return Vec::new();
        };
        let options = ["--only-success", "--percentiles"].map(str::to_owned);
        [&include[..], &options, &[format!("{fast},{slow}")]].concat()
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::MISLEADING
    }
}

pub(super) fn find(labels: &[Label<'_>], slices: Option<&Slices>) -> Vec<Bimodal> {
    // Without slices of its own, nothing says that a label was not fast at one time and slow at another.
    let Some(slices) = slices.filter(|slices| !slices.are_labels_joined()) else {
        return Vec::new();
    };
    // Of a million labels, few have enough samples.
    let many = labels
        .iter()
        .filter(|label| label.samplers.samples >= MIN_SAMPLES);
    let mut found: Vec<Bimodal> = many
        .filter_map(|label| {
            let name = text::of(label.name).into_owned();
            let elapsed = label.samplers.distributions().elapsed_ok.counts();
            let found = bimodal(name, &elapsed)?;
            let cells = slices.of_label(label.number);
            let parts = cells.map(|(_, cell)| parts(&cell.successes, found.valley_ms));
            (variance_over_time(parts) <= MAX_VARIANCE_OVER_TIME).then_some(found)
        })
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.samples));
    found.truncate(MAX_LABELS);
    found
}

/// Returns the percentile of this rank, with as few decimals as it takes.
fn percent_of_rank(rank: u64, samples: u64) -> Option<Percentile> {
    let percent = rank as f64 / samples as f64 * 100.0;
    let rounded = (0..=6).map(|decimals| format::fixed(percent, decimals));
    let mut percentiles = rounded.filter_map(|text| text.parse::<Percentile>().ok());
    percentiles.find(|percentile| percentile.rank(samples) == rank)
}

/// The numbers of samples below the valley and above.
fn parts(successes: &CompactHistogram, valley_ms: i64) -> [u64; 2] {
    let mut parts = [0; 2];
    for (step, samples) in successes.steps() {
        let is_slow = CompactHistogram::range(step).0 >= valley_ms;
        parts[usize::from(is_slow)] += samples;
    }
    parts
}

/// Returns how much of the variance of what is slow lies between slices, 0 to 1, given the fast and the
/// slow samples of each: 0 if slices differ as by chance, 1 if each is all fast or all slow.
fn variance_over_time(slices: impl Iterator<Item = [u64; 2]>) -> f64 {
    let slices: Vec<[f64; 2]> = slices.map(|parts| parts.map(|part| part as f64)).collect();
    let sum = |of: usize| slices.iter().map(|parts| parts[of]).sum::<f64>();
    let all = sum(0) + sum(1);
    let share = sum(1) / all;
    let variance = share * (1.0 - share);
    let between: f64 = slices
        .iter()
        .filter(|[fast, slow]| fast + slow > 0.0)
        .map(|[fast, slow]| {
            let samples = fast + slow;
            // By chance, each adds one variance.
            (slow / samples - share).powi(2) * samples - variance
        })
        .sum();
    match variance > 0.0 {
        true => (between / (all * variance)).max(0.0),
        false => 0.0,
    }
}

/// Samples in a range of elapsed time, on a logarithmic scale.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    start: i64,
    samples: u64,
    /// Samples per range of the usual width; ranges vary, since times are whole milliseconds.
    density: f64,
}

fn bimodal(label: String, elapsed: &[(i64, u64)]) -> Option<Bimodal> {
    let all = times::count(elapsed);
    let ranges = ranges(elapsed);
    if all < MIN_SAMPLES {
        return None;
    }
    let highest = |ranges: &[Range]| {
        let peaks = ranges.iter().copied();
        peaks.max_by(|a, b| a.density.total_cmp(&b.density))
    };
    let mut best: Option<(f64, i64)> = None;
    for valley in 1..ranges.len().saturating_sub(1) {
        let (left, right) = (highest(&ranges[..valley])?, highest(&ranges[valley + 1..])?);
        let lower = left.density.min(right.density);
        let depth = ranges[valley].density / lower;
        // A single sample in the valley does not show its height.
        let is_valley = lower >= MIN_SAMPLES_IN_PEAK
            && (left.samples.min(right.samples) as f64) >= MIN_SAMPLES_IN_PEAK
            && depth <= MAX_VALLEY_RATIO
            && right.start as f64
                >= (left.start as f64 * MIN_PEAK_RATIO)
                    .max(left.start as f64 + MIN_PEAK_DISTANCE_MS);
        if is_valley && best.is_none_or(|(known, _)| depth < known) {
            best = Some((depth, ranges[valley].start));
        }
    }
    let (_, valley) = best?;
    let place = elapsed.partition_point(|&(value, _)| value < valley);
    let (fast, slow) = elapsed.split_at(place);
    let slow_ratio = times::count(slow) as f64 / all as f64;
    (slow_ratio.min(1.0 - slow_ratio) >= MIN_SIDE_SHARE).then_some(Bimodal {
        label,
        samples: all,
        valley_ms: valley,
        fast_median_ms: times::median(fast)?,
        slow_median_ms: times::median(slow)?,
        slow_ratio,
    })
}

/// Counts samples in ten ranges per decade, none narrower than a millisecond, from the first range with
/// samples to the last.
fn ranges(elapsed: &[(i64, u64)]) -> Vec<Range> {
    let number = |value: i64| match value {
        ..1 => 0,
        _ => 1 + ((value as f64).log10() * RANGES_PER_DECADE + 1e-9).floor() as usize,
    };
    let (Some(&(first, _)), Some(&(last, _))) = (elapsed.first(), elapsed.last()) else {
        return Vec::new();
    };
    // The first whole value in a range.
    let start = |number: usize| match number {
        0 => 0.0,
        _ => (10_f64.powf((number - 1) as f64 / RANGES_PER_DECADE) - 1e-9).ceil(),
    };
    let (from, to) = (number(first), number(last));
    let mut ranges: Vec<Range> = Vec::new();
    let mut values = elapsed.iter().peekable();
    for at in from..=to {
        let (begin, end) = (start(at), start(at + 1));
        if end <= begin {
            // The range has no whole number.
            continue;
        }
        let mut samples = 0;
        while let Some(&(_, count)) = values.next_if(|&&(value, _)| number(value) <= at) {
            samples += count;
        }
        // Treat 0 ms as half a millisecond.
        let decades = (end / begin.max(0.5)).log10();
        ranges.push(Range {
            start: begin as i64,
            samples,
            density: samples as f64 / (decades * RANGES_PER_DECADE),
        });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples spread over a range of values evenly.
    fn spread(from: i64, to: i64, each: u64) -> Vec<(i64, u64)> {
        (from..to).map(|value| (value, each)).collect()
    }

    fn found(elapsed: Vec<(i64, u64)>) -> Option<Bimodal> {
        bimodal("Item".to_owned(), &elapsed)
    }

    #[test]
    fn two_kinds_of_times() {
        let two = [spread(8, 14, 100), spread(15, 90, 1), spread(90, 130, 20)].concat();
        insta::assert_snapshot!(found(two).unwrap().sentence());
    }

    #[test]
    fn ranges_hold_every_sample_once() {
        let elapsed = [spread(-3, 30, 1), vec![(1_000, 7)]].concat();
        let ranges = ranges(&elapsed);
        let starts: Vec<i64> = ranges.iter().take(8).map(|range| range.start).collect();
        assert_eq!(starts, [0, 1, 2, 3, 4, 6, 7, 8]);
        assert_eq!(ranges.iter().map(|range| range.samples).sum::<u64>(), 40);
        let last = ranges.last().unwrap();
        assert_eq!((last.start, last.samples), (1_000, 7));
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // One kind; a tail; a shallow valley; near to each other; too few.
        assert_eq!(found(spread(10, 400, 10)), None);
        assert_eq!(
            found([spread(8, 14, 100), spread(90, 130, 2)].concat()),
            None
        );
        assert_eq!(
            found([spread(8, 14, 100), spread(14, 90, 20), spread(90, 130, 40)].concat()),
            None
        );
        assert_eq!(
            found([spread(40, 50, 100), spread(90, 100, 100)].concat()),
            None
        );
        assert_eq!(
            found([spread(8, 14, 10), spread(90, 130, 5)].concat()),
            None
        );
        // A clock that ticks every 16 ms.
        assert_eq!(
            found(vec![(0, 400), (15, 200), (16, 300), (31, 200), (47, 90)]),
            None
        );
        assert_eq!(found(Vec::new()), None);
    }

    #[test]
    fn fast_at_one_time_and_slow_at_another_is_no_two_kinds() {
        let share = |slices: &[[u64; 2]]| variance_over_time(slices.iter().copied());
        assert!(share(&[[500, 0], [500, 0], [0, 500], [0, 500]]) > 0.98);
        // A ramp that rises through the valley.
        assert!(share(&[[500, 0], [450, 50], [200, 300], [50, 450], [0, 500]]) > 0.5);
        assert!(share(&[[300, 200], [310, 190], [290, 210], [305, 195]]) < 0.01);
        // As by chance, in slices of one sample each.
        let singles = (0..1_000).map(|number| if number % 3 == 0 { [0, 1] } else { [1, 0] });
        assert!(variance_over_time(singles) < 0.01);
        assert_eq!(share(&[]), 0.0);
    }

    #[test]
    fn samples_on_either_side_of_the_valley() {
        let mut successes = CompactHistogram::default();
        for elapsed in [5, 6, 7, 79, 80, 120] {
            successes.record(elapsed, 2);
        }
        assert_eq!(parts(&successes, 80), [8, 4]);
    }

    #[test]
    fn the_next_step_shows_both_medians() {
        let two = [spread(8, 14, 100), spread(15, 90, 1), spread(90, 130, 20)].concat();
        let found = found(two.clone()).unwrap();
        let [_, _, _, _, list] = &found.next_step()[..] else {
            unreachable!()
        };
        let values: Vec<Option<i64>> = list
            .split(',')
            .map(|percent| times::percentile(&two, percent.parse().unwrap()))
            .collect();
        assert_eq!(
            values,
            [Some(found.fast_median_ms), Some(found.slow_median_ms)]
        );
    }
}
