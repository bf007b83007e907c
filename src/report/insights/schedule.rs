//! A load generator that fell behind: all its threads were busy waiting, so that it sent less than it
//! usually did.

use serde::{Deserialize, Serialize};

use super::course::{self, Course, Moment};
use super::times;
use super::words;
use crate::format;
use crate::units::MS_PER_SECOND;

/// Share of threads that wait for a response while there is a pace to keep, at most: the others wait
/// for their next turn.
const FREE: f64 = 0.5;

/// Share of the run that is so, least.
const USUALLY: f64 = 0.5;

/// How far the rate is from the usual one while there is a pace, at most, for half of that time.
const KEPT: f64 = 0.1;

/// Share of threads that wait for a response when the pace cannot be kept, least.
const BUSY: f64 = 0.8;

/// Share of the usual rate that is sent then, at most.
const BEHIND: f64 = 0.9;

/// Share of the usual threads that are there then, least: fewer threads have to send less.
const AS_MANY_THREADS: f64 = 0.8;

/// Stretches of time one after the other, fewest: a stall is shorter.
const FEWEST_STRETCHES: usize = 3;

/// Samples that were not sent, fewest.
const FEWEST_MISSING: f64 = 50.0;

/// The same in standard deviations of how many are sent in that time at random moments.
const BEYOND_CHANCE: f64 = 4.0;

/// A load generator that did not keep the pace that it otherwise kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LateGenerator {
    /// When it first fell behind, epoch ms.
    pub start_ms: i64,
    /// The same from the start of the run, ms.
    pub since_start_ms: i64,
    /// For how long it was behind, in all, ms.
    pub length_ms: i64,
    /// Samples it started per second then.
    pub rate_per_second: f64,
    /// Samples it starts per second usually.
    pub usual_rate_per_second: f64,
    /// Share of threads that waited for a response then: samples under way, by their times, to
    /// active threads.
    pub busy_ratio: f64,
    /// The same usually.
    pub usual_busy_ratio: f64,
    /// Active threads then.
    pub threads: f64,
}

impl LateGenerator {
    pub(super) fn sentence(&self) -> String {
        format!(
            "The load generator did not keep its pace for {}, from {} on: {} of its {} were waiting for \
             responses (otherwise {}), and it started {} samples a second instead of {}. What it did not send \
             would have been slow too, so that percentiles flatter: --expected-interval corrects them, \
             and more threads keep the pace.",
            format::duration(self.length_ms),
            course::at(self.since_start_ms, self.start_ms),
            format::brief_percent(self.busy_ratio.min(1.0)),
            words::threads(self.threads),
            format::brief_percent(self.usual_busy_ratio),
            words::rate(self.rate_per_second),
            words::rate(self.usual_rate_per_second),
        )
    }
}

/// What is looked at of a stretch of time.
#[derive(Clone, Copy)]
struct Pace {
    hits: f64,
    threads: f64,
    /// By Little's law: rate times mean time is how many samples are under way.
    busy: f64,
}

pub(super) fn find(course: &Course) -> Option<LateGenerator> {
    let inner = course.inner();
    let pace: Vec<Option<Pace>> = (0..inner.len())
        .map(|place| pace(inner, place, course.bucket_ms))
        .collect();
    let free: Vec<Pace> = pace
        .iter()
        .flatten()
        .copied()
        .filter(|pace| pace.busy <= FREE)
        .collect();
    if (free.len() as f64) < inner.len() as f64 * USUALLY {
        return None;
    }
    let usual = |of: fn(&Pace) -> f64| times::middle(free.iter().map(of));
    let (rate, threads) = (usual(|pace| pace.hits)?, usual(|pace| pace.threads)?);
    let off = free.iter().map(|pace| (pace.hits - rate).abs());
    if rate <= 0.0 || times::middle(off)? > rate * KEPT {
        return None;
    }
    let is_busy = |pace: &Option<Pace>| {
        pace.is_some_and(|pace| pace.busy >= BUSY && pace.threads >= threads * AS_MANY_THREADS)
    };
    let mut behind: Vec<(usize, Pace)> = Vec::new();
    let mut place = 0;
    for stretch in pace.chunk_by(|a, b| is_busy(a) == is_busy(b)) {
        let hits: f64 = stretch.iter().flatten().map(|pace| pace.hits).sum();
        if stretch.len() >= FEWEST_STRETCHES
            && stretch.first().is_some_and(is_busy)
            && hits <= rate * stretch.len() as f64 * BEHIND
        {
            let places = (place..).zip(stretch.iter().flatten());
            behind.extend(places.map(|(place, pace)| (place, *pace)));
        }
        place += stretch.len();
    }
    let mean = |of: fn(&Pace) -> f64| {
        behind.iter().map(|(_, pace)| of(pace)).sum::<f64>() / behind.len() as f64
    };
    let expected = rate * behind.len() as f64;
    let missing = behind.iter().map(|(_, pace)| rate - pace.hits).sum::<f64>();
    if missing < FEWEST_MISSING.max(BEYOND_CHANCE * expected.sqrt()) {
        return None;
    }
    let start = inner.get(behind.first()?.0)?.start_ms;
    let per_second = |hits: f64| hits / course.bucket_ms as f64 * MS_PER_SECOND;
    Some(LateGenerator {
        start_ms: start,
        since_start_ms: course.since_start(start),
        length_ms: course.bucket_ms.saturating_mul(behind.len() as i64),
        rate_per_second: per_second(mean(|pace| pace.hits)),
        usual_rate_per_second: per_second(rate),
        busy_ratio: mean(|pace| pace.busy),
        usual_busy_ratio: usual(|pace| pace.busy)?,
        threads: mean(|pace| pace.threads),
    })
}

/// `None` without samples, or where no row tells of threads. How busy the threads are is that of the
/// stretches beside it, too: a long sample belongs to the one it ends in, and works in those before.
fn pace(moments: &[Moment], place: usize, bucket_ms: i64) -> Option<Pace> {
    let moment = moments.get(place)?;
    let threads = moment.threads.filter(|&threads| threads > 0.0)?;
    let around = moments.get(place.saturating_sub(1)..moments.len().min(place + 2))?;
    let elapsed: f64 = around.iter().map(Moment::elapsed_sum).sum();
    Some(Pace {
        hits: moment.hits as f64,
        threads,
        busy: elapsed / around.len() as f64 / bucket_ms as f64 / threads,
    })
}

#[cfg(test)]
mod tests {
    use super::super::course::tests::{course, moment};
    use super::*;

    /// 100 s of 200 samples a second by 20 threads, which take 20 ms; but in these seconds so many
    /// that take so long.
    fn run(seconds: std::ops::Range<usize>, samples: u64, elapsed: i64) -> Course {
        let mut moments = vec![moment(200, 20, 20.0); 100];
        moments[seconds].fill(moment(samples, elapsed, 20.0));
        course(moments)
    }

    #[test]
    fn threads_that_are_all_busy_send_less() {
        // 95 samples of 200 ms each a second: 19 of 20 threads are busy.
        let found = find(&run(60..70, 95, 200)).unwrap();
        insta::assert_snapshot!(found.sentence());
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Free threads that send less; busy ones that send as much; for a moment; never.
        assert_eq!(find(&run(60..70, 95, 20)), None);
        assert_eq!(find(&run(60..70, 195, 100)), None);
        assert_eq!(find(&run(60..62, 95, 200)), None);
        assert_eq!(find(&run(0..0, 0, 0)), None);
        // Threads that are always busy have no pace.
        let mut busy = run(60..70, 95, 200);
        for moment in &mut busy.moments {
            moment.threads = Some(5.0);
        }
        assert_eq!(find(&busy), None);
        assert_eq!(find(&Course::default()), None);
    }
}
