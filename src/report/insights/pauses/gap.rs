//! A gap in time: a second run appended without a header, or a pause.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course};
use super::super::{Told, Totals, severity};
use crate::format;

/// Shortest gap, ms: all threads may wait on a timer for less.
const MIN_LENGTH_MS: i64 = 30_000;

/// Shortest gap as a share of the run.
const MIN_SHARE_OF_RUN: f64 = 0.05;

/// Fewest samples that would have ended in the gap at the rate of the rest. That none of 50 comes has
/// a probability of 10^-21.
const MIN_MISSING_SAMPLES: f64 = 50.0;

/// Fewest samples before and after the gap.
const MIN_SAMPLES: u64 = 100;

/// Most gaps: more are part of the plan.
const MAX_GAPS: usize = 10;

/// A time in which no request was sent or in flight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// Start of the gap, to the bucket of the time series, epoch ms.
    pub start_ms: i64,
    /// Start of the gap, ms since the start of the run.
    pub since_start_ms: i64,
    /// Length of the gap, ms.
    pub length_ms: i64,
    /// Samples that ended before it.
    pub samples_before: u64,
    /// Samples that ended after it.
    pub samples_after: u64,
    /// Number of gaps; this is the longest.
    pub gaps: u64,
}

impl Told for Gap {
    fn sentence(&self) -> String {
        let more = match self.gaps {
            1 => String::new(),
            gaps => format!(" (the longest of {gaps} such pauses)"),
        };
        format!(
            "No requests for about {}{more}, starting {}: the {} before and {} after may be \
             separate runs in one file, and rates include the pause. --from and --to select one.",
            format::duration(self.length_ms),
            course::at(self.since_start_ms, self.start_ms),
            format::counted(self.samples_before, "sample"),
            format::thousands(self.samples_after),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share_of_time(self.length_ms) * severity::MISLEADING
    }
}

pub(super) fn find(course: &Course) -> Option<Gap> {
    let moments = &course.moments;
    let is_empty: Vec<bool> = moments
        .iter()
        .map(|moment| moment.hits == 0 && moment.samples() == 0)
        .collect();
    let busy = is_empty.iter().filter(|empty| !**empty).count();
    let rate = course::samples(moments) as f64 / busy as f64;
    let gaps = stretches(&is_empty).into_iter().filter(|&(from, to)| {
        let buckets = (to - from) as f64;
        let length = course.bucket_ms.saturating_mul((to - from) as i64);
        length >= MIN_LENGTH_MS
            && buckets >= moments.len() as f64 * MIN_SHARE_OF_RUN
            && buckets * rate >= MIN_MISSING_SAMPLES
            && course::samples(&moments[..from]) >= MIN_SAMPLES
            && course::samples(&moments[to..]) >= MIN_SAMPLES
            && !has_request_in_flight(course, from, to)
    });
    let gaps: Vec<(usize, usize)> = gaps.collect();
    let &(from, to) = gaps
        .iter()
        .max_by_key(|(from, to)| (to - from, usize::MAX - from))?;
    let start = moments.get(from)?.start_ms;
    (gaps.len() <= MAX_GAPS).then(|| Gap {
        start_ms: start,
        since_start_ms: course.since_start(start),
        length_ms: course.bucket_ms.saturating_mul((to - from) as i64),
        samples_before: course::samples(&moments[..from]),
        samples_after: course::samples(&moments[to..]),
        gaps: gaps.len() as u64,
    })
}

/// Returns the start and end of each stretch of empty buckets.
fn stretches(is_empty: &[bool]) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for (place, _) in is_empty.iter().enumerate().filter(|(_, empty)| **empty) {
        match stretches.last_mut() {
            Some(last) if last.1 == place => last.1 = place + 1,
            _ => stretches.push((place, place + 1)),
        }
    }
    stretches
}

/// Whether a sample may have begun before the gap and ended after it: then the server was silent, not
/// the load generator.
fn has_request_in_flight(course: &Course, from: usize, to: usize) -> bool {
    let Some(start) = course.moments.get(from).map(|moment| moment.start_ms) else {
        return false;
    };
    course.moments.iter().skip(to).any(|moment| {
        let since = moment.start_ms.saturating_sub(start);
        moment.max().is_some_and(|longest| longest >= since)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// 100 s of samples except in the seconds `gap`; the first sample after them takes `elapsed` ms.
    fn run(gap: std::ops::Range<usize>, samples: u64, elapsed: i64) -> Course {
        let mut moments = vec![moment(samples, 20, 5.0); 100];
        moments[gap.clone()].fill(Default::default());
        moments[gap.end].ok = vec![(20, samples), (elapsed, 1)];
        course(moments)
    }

    #[test]
    fn nothing_for_a_while() {
        let found = find(&run(40..75, 50, 20)).unwrap();
        insta::assert_snapshot!(found.sentence());
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Too short; too few samples to expect any; a sample under way; nothing.
        assert_eq!(find(&run(40..69, 50, 20)), None);
        assert_eq!(find(&run(40..75, 1, 20)), None);
        assert_eq!(find(&run(40..75, 50, 36_000)), None);
        assert_eq!(find(&Course::default()), None);
    }
}
