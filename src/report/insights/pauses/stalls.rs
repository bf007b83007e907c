//! Periodic stalls: all requests wait at regular intervals, as for a garbage collection or a flush.

use serde::{Deserialize, Serialize};

use super::super::course::{Course, Moment};
use super::super::times;
use super::super::words;
use super::super::{Told, Totals, severity};
use crate::format;

/// Smallest ratio of a stalled sample's time to the median.
const MIN_STALL_RATIO: i64 = 4;

/// Smallest time by which a stalled sample exceeds the median, ms.
const MIN_STALL_EXCESS_MS: i64 = 50;

/// Largest share of stalled samples in the run: more are normal for it.
const MAX_STALLED_SHARE: f64 = 0.15;

/// Fewest stalled samples in a bucket with a stall.
const MIN_SAMPLES_IN_STALL: u64 = 3;

/// By how many standard deviations the stalled samples in a bucket must exceed the usual number.
const MIN_DEVIATIONS: f64 = 5.0;

/// Shortest period, in buckets: a shorter one cannot be resolved.
const MIN_PERIOD: f64 = 3.0;

/// How far a stall may be early or late, as a share of the period; at least one bucket.
const PERIOD_TOLERANCE: f64 = 0.1;

/// Smallest share of the intervals between stalls that match the period.
const MIN_ON_TIME: f64 = 0.75;

/// Largest probability that stalls at random times would be this regular.
const MAX_CHANCE: f64 = 1e-4;

/// Requests stall at regular intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PeriodicStalls {
    /// Time from one stall to the next, ms.
    pub period_ms: i64,
    /// Median over all stalls of the longest sample, ms.
    pub length_ms: i64,
    /// Number of stalls.
    pub stalls: u64,
    /// End of the first stall, epoch ms.
    pub first_ms: i64,
    /// Samples in stalls that took `held_up_ms` or longer.
    pub samples: u64,
    /// Shortest elapsed time of a sample that counts as stalled, ms.
    pub held_up_ms: i64,
    /// Median elapsed time of all samples, ms.
    pub median_ms: i64,
}

impl Told for PeriodicStalls {
    fn sentence(&self) -> String {
        format!(
            "About every {}, all requests stall for up to {} ({} times): {} samples then took {} ms or \
             longer, against a median of {} ms.",
            words::period(self.period_ms),
            words::ms(self.length_ms),
            format::thousands(self.stalls),
            format::thousands(self.samples),
            format::thousands(self.held_up_ms.unsigned_abs()),
            format::thousands(self.median_ms.unsigned_abs()),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// A stall, as a range of buckets.
struct Stall {
    from: usize,
    to: usize,
}

pub(super) fn find(course: &Course) -> Option<PeriodicStalls> {
    let moments = &course.moments;
    let all = &course.elapsed;
    let median = times::median(all)?;
    let held_up =
        (median.saturating_mul(MIN_STALL_RATIO)).max(median.saturating_add(MIN_STALL_EXCESS_MS));
    let share = times::count_from(all, held_up) as f64 / times::count(all) as f64;
    if share > MAX_STALLED_SHARE {
        return None;
    }
    let stalls = stalls(moments, held_up);
    let starts: Vec<usize> = stalls.iter().map(|stall| stall.from).collect();
    let period = period(&starts)?;
    let longest = stalls.iter().filter_map(|stall| {
        let moments = moments.get(stall.from..stall.to)?;
        moments.iter().filter_map(Moment::max).max()
    });
    let seen = stalls
        .iter()
        .filter_map(|stall| moments.get(stall.from..stall.to));
    Some(PeriodicStalls {
        period_ms: (period * course.bucket_ms as f64).round() as i64,
        length_ms: times::lower_median(longest.map(|ms| ms as f64))? as i64,
        stalls: stalls.len() as u64,
        first_ms: moments.get(*starts.first()?)?.start_ms,
        samples: seen
            .flatten()
            .map(|moment| moment.count_from(held_up))
            .sum(),
        held_up_ms: held_up,
        median_ms: median,
    })
}

/// Finds buckets with far more stalled samples than usual, and merges neighbours.
fn stalls(moments: &[Moment], held_up: i64) -> Vec<Stall> {
    let busy = moments.iter().filter(|moment| moment.samples() > 0);
    let shares = busy.map(|moment| moment.count_from(held_up) as f64 / moment.samples() as f64);
    let usual = times::lower_median(shares).unwrap_or(0.0);
    let mut stalls: Vec<Stall> = Vec::new();
    for (place, moment) in moments.iter().enumerate() {
        let count = moment.count_from(held_up);
        let expected = moment.samples() as f64 * usual;
        let by_chance = expected + MIN_DEVIATIONS * (expected + 1.0).sqrt() - MIN_DEVIATIONS;
        if count < MIN_SAMPLES_IN_STALL || (count as f64) <= by_chance {
            continue;
        }
        match stalls.last_mut() {
            Some(last) if last.to == place => last.to = place + 1,
            _ => stalls.push(Stall {
                from: place,
                to: place + 1,
            }),
        }
    }
    stalls
}

/// Returns the mean interval between starts if they are more regular than chance explains.
///
/// If stalls began at random, the intervals between them would be geometric and the number of those
/// close to a given period binomial. One interval defines the period, so it is not counted.
fn period(starts: &[usize]) -> Option<f64> {
    let between: Vec<f64> = starts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64)
        .collect();
    let period = times::lower_median(between.iter().copied()).filter(|&p| p >= MIN_PERIOD)?;
    let tolerance = (period * PERIOD_TOLERANCE).floor().max(1.0);
    let regular: Vec<f64> = between
        .iter()
        .copied()
        .filter(|time| (time - period).abs() <= tolerance)
        .collect();
    if (regular.len() as f64) < between.len() as f64 * MIN_ON_TIME {
        return None;
    }
    let span = (starts.last()? - starts.first()?) as f64;
    let often = between.len() as f64 / span;
    // P(d <= a) = 1 - (1 - often)^a.
    let within =
        (1.0 - often).powf(period - tolerance - 1.0) - (1.0 - often).powf(period + tolerance);
    let chance = at_least(regular.len() - 1, between.len() - 1, within) * span;
    (chance <= MAX_CHANCE).then(|| regular.iter().sum::<f64>() / regular.len() as f64)
}

/// Returns the probability of at least `hits` successes in `count` trials with probability `chance`.
fn at_least(hits: usize, count: usize, chance: f64) -> f64 {
    if chance <= 0.0 || chance >= 1.0 {
        return if chance >= 1.0 || hits == 0 { 1.0 } else { 0.0 };
    }
    let mut choose = 0.0_f64;
    let mut sum = 0.0;
    for k in 0..=count {
        if k > 0 {
            choose += ((count - k + 1) as f64 / k as f64).ln();
        }
        if k >= hits {
            let (k, rest) = (k as f64, (count - k) as f64);
            sum += (choose + k * chance.ln() + rest * (1.0 - chance).ln()).exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// 200 s with 100 samples of 20 ms per second, except in `stalls`: there 10 samples take 900 ms.
    fn run(stalls: impl Iterator<Item = usize>) -> Course {
        let mut moments = vec![moment(100, 20, 10.0); 200];
        for second in stalls {
            moments[second].ok = vec![(20, 50), (900, 10)];
        }
        course(moments)
    }

    #[test]
    fn stalls_that_come_regularly() {
        let found = find(&run((7..200).step_by(15))).unwrap();
        insta::assert_snapshot!(found.sentence());
        assert_eq!((found.first_ms, found.stalls), (7_000, 13));
    }

    #[test]
    fn one_early_and_one_missing_are_forgiven() {
        let early = (7..200)
            .step_by(15)
            .filter(|&at| at != 97)
            .map(|at| if at == 37 { 36 } else { at });
        assert_eq!(find(&run(early)).unwrap().period_ms, 15_000);
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // At random; too few to tell; every other second; a single one; never.
        for stalls in [
            vec![3, 9, 11, 40, 41, 43, 77, 120, 124, 151, 190],
            vec![10, 60, 110, 160],
            (0..200).step_by(2).collect(),
            vec![50],
            vec![],
        ] {
            assert_eq!(find(&run(stalls.into_iter())), None);
        }
        assert_eq!(find(&Course::default()), None);
    }

    #[test]
    fn chances_are_binomial() {
        // Of three coins at least two: 4 of 8.
        assert!((at_least(2, 3, 0.5) - 0.5).abs() < 1e-12);
        assert_eq!(
            (
                at_least(0, 3, 0.0),
                at_least(1, 3, 0.0),
                at_least(3, 3, 1.0)
            ),
            (1.0, 0.0, 1.0)
        );
    }
}
