//! A gap in time: a second run appended without a header, a stray run before the real one, or a pause.

use serde::{Deserialize, Serialize};

use super::super::course::Course;
use super::super::{Told, Totals, severity, words};
use crate::format;

/// Shortest gap, ms: all threads may wait on a timer for less.
const MIN_LENGTH_MS: i64 = 30_000;

/// Shortest gap as a share of the run: shorter ones hardly change its rates.
const MIN_SHARE_OF_RUN: f64 = 0.05;

/// Fewest samples that would have started in the gap at the rate of the rest. That none of 20 comes has
/// a probability of 10^-9.
const MIN_MISSING_SAMPLES: f64 = 20.0;

/// The same at the lower of the rates just before and after it, where the load may be low: 10^-5.
const MIN_MISSING_BESIDE: f64 = 12.0;

/// The same if one side has fewer samples than that, so that its rate is unknown: a ramp begins with a few
/// samples far apart.
const MIN_MISSING_BESIDE_FEW: f64 = 50.0;

/// Largest probability that the usual pauses of the run, such as think times, contain one as long.
const MAX_CHANCE: f64 = 1e-5;

/// Most gaps: more are part of the plan.
const MAX_GAPS: usize = 5;

/// Fewest samples of each part between several gaps. Users that wait for the same timer also leave
/// gaps between them.
const MIN_SAMPLES_OF_PART: u64 = 100;

/// Share of samples in one part from which the others are stray runs, whatever their size.
const MIN_SHARE_OF_MAIN_PART: f64 = 0.9;

/// Fewest gaps of equal length that are the plan's pacing.
const MIN_PACED: usize = 3;

/// How far lengths of gaps that are equal differ, as a share of the longest.
const PACING_TOLERANCE: f64 = 0.05;

/// A time in which no request was sent or in flight. Rows of transaction controllers count. The next
/// step shows the larger of `samples_before` and `samples_after` as the samples of TOTAL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// Start of the gap: when the last sample before it ended, epoch ms.
    pub start_ms: i64,
    /// Start of the gap, ms since the start of the run.
    pub since_start_ms: i64,
    /// Length of the gap until the first sample after it started, ms.
    pub length_ms: i64,
    /// Samples before it.
    pub samples_before: u64,
    /// Samples after it.
    pub samples_after: u64,
    /// Number of gaps; this is the longest.
    pub gaps: u64,
}

impl Gap {
    fn end_ms(&self) -> i64 {
        self.start_ms.saturating_add(self.length_ms)
    }
}

impl Told for Gap {
    fn sentence(&self) -> String {
        let (more, rates) = match self.gaps {
            1 => (String::new(), ", and rates include it"),
            gaps => (format!(" (the longest of {gaps} pauses)"), ""),
        };
        format!(
            "{}: no requests for {}{more}; {} before, {} after{rates}.",
            words::moment(self.since_start_ms, self.start_ms),
            words::period(self.length_ms),
            format::counted(self.samples_before, "sample"),
            format::thousands(self.samples_after),
        )
    }

    fn next_step(&self) -> Vec<String> {
        let option = match self.samples_after > self.samples_before {
            true => "--from",
            false => "--to",
        };
        vec![option.to_owned(), super::moment_option(self.end_ms())]
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share_of_time(self.length_ms) * severity::MISLEADING
    }
}

/// A time without requests between two buckets.
#[derive(Debug, Clone, Copy)]
struct Pause {
    start_ms: i64,
    length_ms: i64,
    /// Samples before it.
    before: u64,
}

impl Pause {
    fn end_ms(self) -> i64 {
        self.start_ms.saturating_add(self.length_ms)
    }
}

pub(super) fn find(course: &Course) -> Option<Gap> {
    let mut pauses = pauses(course);
    pauses.sort_by_key(|pause| (std::cmp::Reverse(pause.length_ms), pause.start_ms));
    let longest = *pauses.first()?;
    let samples: u64 = course.moments.iter().map(|moment| moment.hits).sum();
    let busy = course.moments.iter().filter(|moment| moment.hits > 0);
    let rate = samples as f64 / busy.count().max(1) as f64 / course.bucket_ms.max(1) as f64;
    let is_long = |pause: &Pause| {
        pause.length_ms >= MIN_LENGTH_MS
            && pause.length_ms as f64 >= course.length_ms() as f64 * MIN_SHARE_OF_RUN
            && pause.length_ms as f64 * rate >= MIN_MISSING_SAMPLES
            && are_missing(course, pause, &pauses)
    };
    let most = pauses.iter().take(MAX_GAPS).take_while(|p| is_long(p));
    let gaps = (1..=most.count())
        .rev()
        .find(|&count| is_exceptional(&pauses, count) && are_runs(&pauses[..count], samples))?;
    Some(Gap {
        start_ms: longest.start_ms,
        since_start_ms: course.since_start(longest.start_ms),
        length_ms: longest.length_ms,
        samples_before: longest.before,
        samples_after: samples.saturating_sub(longest.before),
        gaps: gaps as u64,
    })
}

/// Finds the times between buckets in which nothing was in flight.
fn pauses(course: &Course) -> Vec<Pause> {
    let (mut pauses, mut before, mut end) = (Vec::new(), 0, None);
    for moment in &course.moments {
        let Some((first_start, last_end)) = moment.started else {
            continue;
        };
        if let Some(end) = end
            && first_start > end
        {
            pauses.push(Pause {
                start_ms: end,
                length_ms: first_start.saturating_sub(end),
                before,
            });
        }
        before += moment.hits;
        end = end.max(Some(last_end.max(first_start)));
    }
    pauses
}

/// Whether a pause is too long for the load before and after it, each in a time as long as the pause or as
/// much of that as the run covers, not counting other pauses of half its length or longer.
fn are_missing(course: &Course, pause: &Pause, pauses: &[Pause]) -> bool {
    let (start, end) = (pause.start_ms, pause.end_ms());
    let before = start.saturating_sub(pause.length_ms).max(course.start_ms)..start;
    let after = end..end.saturating_add(pause.length_ms).min(course.end_ms);
    let sides = [before, after].map(|side| {
        let is_in =
            |first: i64| side.start <= first && first < side.end.max(side.start.saturating_add(1));
        let own = (course.moments.iter())
            .filter(|moment| moment.started.is_some_and(|(first, _)| is_in(first)));
        let samples: u64 = own.map(|moment| moment.hits).sum();
        let long = (pauses.iter()).filter(|other| other.length_ms >= pause.length_ms / 2);
        let idle = long.map(|other| {
            let end = other.end_ms().min(side.end);
            end.saturating_sub(other.start_ms.max(side.start)).max(0)
        });
        let busy = (side.end.saturating_sub(side.start)).saturating_sub(idle.sum());
        (samples, samples as f64 / busy.max(1) as f64)
    });
    let is_known = (sides.iter()).all(|(samples, _)| *samples as f64 >= MIN_MISSING_BESIDE);
    let min = match is_known {
        true => MIN_MISSING_BESIDE,
        false => MIN_MISSING_BESIDE_FEW,
    };
    sides
        .iter()
        .all(|(_, rate)| pause.length_ms as f64 * rate >= min)
}

/// Whether the shortest of the longest few pauses is too long for one of the rest.
///
/// If the pauses of a run were exponential with mean m, the longest of n would exceed m·ln(n/p) with
/// probability p. The mean is taken as half of the mean over time, so that short pauses within visits
/// do not lower it.
fn is_exceptional(pauses: &[Pause], count: usize) -> bool {
    let (few, rest) = pauses.split_at(count.min(pauses.len()));
    let sum: f64 = rest.iter().map(|pause| pause.length_ms as f64).sum();
    let squares: f64 = rest.iter().map(|p| (p.length_ms as f64).powi(2)).sum();
    let mean = squares / (2.0 * sum.max(1.0));
    let min = mean * ((rest.len() as f64 + 1.0) / MAX_CHANCE).ln();
    few.last()
        .is_some_and(|shortest| shortest.length_ms as f64 >= min)
}

/// Whether what lies between several gaps looks like runs, and not like users that wait together.
fn are_runs(gaps: &[Pause], samples: u64) -> bool {
    let [first, others @ ..] = gaps else {
        return false;
    };
    if others.is_empty() {
        return true;
    }
    let equal = (gaps.iter())
        .filter(|gap| gap.length_ms as f64 >= first.length_ms as f64 * (1.0 - PACING_TOLERANCE));
    match equal.count() {
        MIN_PACED.. => return false,
        // Two of different length are no pacing, and so few are no think times.
        1 if gaps.len() == 2 => return true,
        _ => (),
    }
    let mut ends: Vec<u64> = gaps.iter().map(|gap| gap.before).collect();
    ends.sort_unstable();
    ends.push(samples);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let parts: Vec<u64> = ends
        .iter()
        .zip(starts)
        .map(|(to, from)| to - from)
        .collect();
    let largest = parts.iter().copied().max().unwrap_or(0);
    parts.iter().all(|&part| part >= MIN_SAMPLES_OF_PART)
        || largest as f64 >= samples as f64 * MIN_SHARE_OF_MAIN_PART
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::course_of;
    use super::*;

    /// Samples of 50 ms, one every `every` ms from second to second.
    fn steady(from: i64, to: i64, every: i64) -> Vec<(i64, i64)> {
        let starts = (from * 1_000..to * 1_000).step_by(every as usize);
        starts.map(|start| (start, 50)).collect()
    }

    fn found(samples: &[Vec<(i64, i64)>], bucket_ms: i64) -> Option<Gap> {
        find(&course_of(&samples.concat(), bucket_ms))
    }

    #[test]
    fn nothing_for_a_while() {
        let gap = found(&[steady(0, 40, 20), steady(75, 100, 20)], 1_000).unwrap();
        assert_eq!((gap.start_ms, gap.length_ms), (40_030, 34_970));
        assert_eq!((gap.samples_before, gap.samples_after), (2_000, 1_250));
        insta::assert_snapshot!(gap.sentence());
        assert_eq!(gap.next_step(), ["--to", "1970-01-01T00:01:15Z"]);
    }

    #[test]
    fn the_longest_whatever_the_number_of_samples() {
        // A minute's pause, then an hour's, with 99 samples behind it.
        let runs = [
            steady(0, 20, 100),
            steady(80, 100, 100),
            steady(3_700, 3_710, 101),
        ];
        let gap = found(&runs, 10_000).unwrap();
        assert_eq!((gap.length_ms, gap.gaps), (3_600_050, 1));
        assert_eq!((gap.samples_before, gap.samples_after), (400, 100));
        // One stray sample two hours before the run, or behind it.
        let gap = found(&[vec![(0, 50)], steady(7_200, 7_500, 1_000)], 30_000).unwrap();
        assert_eq!((gap.samples_before, gap.samples_after), (1, 300));
        assert_eq!(gap.next_step(), ["--from", "1970-01-01T02:00:00Z"]);
        assert!(found(&[steady(0, 300, 1_000), vec![(7_500_000, 50)]], 30_000).is_some());
        // A few samples an hour behind a pause of a quarter.
        let few = [
            steady(0, 60, 300),
            steady(900, 930, 300),
            steady(3_715, 3_720, 300),
        ];
        let gap = found(&few, 10_000).unwrap();
        assert_eq!((gap.gaps, gap.samples_after), (2, 17));
        // Three runs an hour apart.
        let three = [0, 3_600, 7_200].map(|from| steady(from, from + 60, 100));
        assert_eq!(found(&three, 30_000).unwrap().gaps, 2);
    }

    #[test]
    fn a_low_load_leaves_pauses() {
        // Of a sample in 5 s, 50 s leave out 10; at full load, hundreds.
        let low = [
            steady(0, 60, 100),
            steady(60, 150, 5_000),
            steady(195, 280, 5_000),
            steady(280, 340, 100),
        ];
        assert_eq!(found(&low, 1_000), None);
        let full = [steady(0, 145, 100), steady(195, 340, 100)];
        assert!(found(&full, 1_000).is_some());
        // A ramp that begins with a sample long before the next.
        let ramp = [vec![(0, 50)], steady(60, 120, 4_000), steady(120, 300, 200)];
        assert_eq!(found(&ramp, 1_000), None);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Too short; a sample under way.
        assert_eq!(
            found(&[steady(0, 40, 20), steady(69, 100, 20)], 1_000),
            None
        );
        let under_way = [
            steady(0, 40, 20),
            vec![(39_000, 36_500)],
            steady(75, 100, 20),
        ];
        assert_eq!(found(&under_way, 1_000), None);
        // A request a minute; ten users that wait ten minutes together.
        assert_eq!(found(&[steady(0, 10_800, 60_000)], 30_000), None);
        let waves: Vec<Vec<(i64, i64)>> =
            (0..12).map(|n| steady(n * 600, n * 600 + 1, 100)).collect();
        assert_eq!(found(&waves, 30_000), None);
        assert_eq!(found(&waves[..5], 10_000), None);
        assert_eq!(find(&Course::default()), None);
    }
}
