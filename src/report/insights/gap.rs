//! A gap in time: a second run that was appended without a header, or a pause.

use serde::{Deserialize, Serialize};

use super::course::{self, Course};
use crate::format;

/// Length of a gap, least, ms: threads may all wait on a timer for less.
const SHORTEST_MS: i64 = 30_000;

/// Share of the run that a gap is, least.
const LEAST_SHARE: f64 = 0.05;

/// Samples that would have ended in the gap at the rate of the rest, fewest: that none of 50 came
/// by chance happens once in 10^21.
const MISSING: f64 = 50.0;

/// Samples before and after it, fewest.
const FEWEST_SAMPLES: u64 = 100;

/// Gaps, most: more are the plan's rhythm.
const MOST_GAPS: usize = 10;

/// A time in which nothing was sent and nothing was under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// When it began, to the bucket of the time series, epoch ms.
    pub start_ms: i64,
    /// The same from the start of the run, ms.
    pub since_start_ms: i64,
    /// How long it was, ms.
    pub length_ms: i64,
    /// Samples that ended before it.
    pub samples_before: u64,
    /// Samples that ended after it.
    pub samples_after: u64,
    /// How many gaps there are, of which this is the longest.
    pub gaps: u64,
}

impl Gap {
    pub(super) fn sentence(&self) -> String {
        let more = match self.gaps {
            1 => String::new(),
            gaps => format!(" (the longest of {gaps} such gaps)"),
        };
        format!(
            "Nothing was sent for about {}{more} from {} on: the {} samples before and the {} after \
             may be of several runs in one file, and rates are those of the whole time. --from and \
             --to choose one.",
            format::duration(self.length_ms),
            course::at(self.since_start_ms, self.start_ms),
            format::thousands(self.samples_before),
            format::thousands(self.samples_after),
        )
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
        length >= SHORTEST_MS
            && buckets >= moments.len() as f64 * LEAST_SHARE
            && buckets * rate >= MISSING
            && course::samples(&moments[..from]) >= FEWEST_SAMPLES
            && course::samples(&moments[to..]) >= FEWEST_SAMPLES
            && !is_under_way(course, from, to)
    });
    let gaps: Vec<(usize, usize)> = gaps.collect();
    let &(from, to) = gaps
        .iter()
        .max_by_key(|(from, to)| (to - from, usize::MAX - from))?;
    let start = moments.get(from)?.start_ms;
    (gaps.len() <= MOST_GAPS).then(|| Gap {
        start_ms: start,
        since_start_ms: course.since_start(start),
        length_ms: course.bucket_ms.saturating_mul((to - from) as i64),
        samples_before: course::samples(&moments[..from]),
        samples_after: course::samples(&moments[to..]),
        gaps: gaps.len() as u64,
    })
}

/// From where to where nothing is, for each stretch of nothing.
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

/// Whether a sample may have begun before these stretches and ended after: then the server was
/// silent, and not the load generator.
fn is_under_way(course: &Course, from: usize, to: usize) -> bool {
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
    use super::super::course::tests::{course, moment};
    use super::*;

    /// 100 s of samples, but for these seconds; the first sample after them takes so long.
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
