//! Labels with two groups of response times, such as cache hits and misses.

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::times;
use super::super::words;
use crate::format;
use crate::report::TimeSeries;
use crate::stats::Label;
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

/// Largest share of the variance that is between times of the run: with more, the label was fast at
/// one time and slow at another.
const MAX_VARIANCE_OVER_TIME: f64 = 0.5;

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
            "{} has two groups of response times with hardly any near {} ms: {} of its {} successes \
             take about {} ms, and {} about {} ms. Percentiles between the groups describe neither.",
            words::quoted(&self.label),
            format::thousands(self.valley_ms.unsigned_abs()),
            format::brief_percent(1.0 - self.slow_ratio),
            format::thousands(self.samples),
            format::thousands(self.fast_median_ms.unsigned_abs()),
            format::brief_percent(self.slow_ratio),
            format::thousands(self.slow_median_ms.unsigned_abs()),
        )
    }
}

pub(super) fn find(labels: &[Label<'_>], series: Option<&TimeSeries>) -> Vec<Bimodal> {
    // Of a million labels, few have enough samples.
    let many = labels
        .iter()
        .filter(|label| label.samplers.samples >= MIN_SAMPLES);
    let mut found: Vec<Bimodal> = many
        .filter_map(|label| {
            let name = text::of(label.name).into_owned();
            let elapsed = label.samplers.distributions().elapsed_ok.counts();
            let found = bimodal(name, &elapsed)?;
            let over_time = series.map_or(0.0, |series| over_time(series, &found.label, &elapsed));
            (over_time <= MAX_VARIANCE_OVER_TIME).then_some(found)
        })
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.samples));
    found.truncate(MAX_LABELS);
    found
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

/// Returns the share of a label's variance that is between buckets of time, 0 to 1.
fn over_time(series: &TimeSeries, label: &str, elapsed: &[(i64, u64)]) -> f64 {
    let Some(of_label) = series.labels.iter().find(|of| of.label == label) else {
        return 0.0;
    };
    let activity = &of_label.activity;
    let buckets = activity
        .elapsed_mean
        .iter()
        .zip(activity.ok.iter().zip(&activity.ko));
    let buckets: Vec<(f64, f64)> = buckets
        .filter_map(|(mean, (ok, ko))| Some(((*mean)?, (ok + ko) as f64)))
        .collect();
    let count: f64 = buckets.iter().map(|(_, count)| count).sum();
    let mean = buckets
        .iter()
        .map(|(mean, count)| mean * count)
        .sum::<f64>()
        / count;
    let between: f64 = buckets
        .iter()
        .map(|(own, count)| (own - mean).powi(2) * count)
        .sum();
    // Chance alone adds a part proportional to the number of buckets, which must not count.
    let all = times::count(elapsed) as f64;
    let of_all = times::sum(elapsed) as f64 / all;
    let variance = elapsed
        .iter()
        .map(|&(value, count)| (value as f64 - of_all).powi(2) * count as f64)
        .sum::<f64>();
    let by_chance = variance * buckets.len() as f64 / all;
    ((between - by_chance) / variance).max(0.0)
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
        use crate::report::{Activity, LabelSeries};
        let series = |means: [f64; 4]| TimeSeries {
            labels: vec![LabelSeries {
                label: "Item".to_owned(),
                activity: Activity {
                    ok: vec![500; 4],
                    ko: vec![0; 4],
                    elapsed_mean: means.map(Some).to_vec(),
                    ..Activity::default()
                },
            }],
            ..TimeSeries::default()
        };
        let elapsed = [(10, 1_000), (100, 1_000)];
        let share = |means| over_time(&series(means), "Item", &elapsed);
        assert!(share([10.0, 10.0, 100.0, 100.0]) > 0.99);
        assert!(share([55.0, 50.0, 60.0, 55.0]) < 0.01);
    }
}
