//! A load generator that fell behind: its threads were all waiting for responses, so that it sent less
//! than usual.

use serde::{Deserialize, Serialize};

use super::super::course::{self, Course, Moment};
use super::super::{Told, Totals, severity, times, words};
use crate::format;
use crate::units::MS_PER_SECOND;

/// Largest share of threads that wait for a response while the pace is kept: the others wait for their
/// next turn.
const MAX_BUSY_ON_PACE: f64 = 0.5;

/// Smallest share of the run in which the pace is kept.
const MIN_TIME_ON_PACE: f64 = 0.5;

/// Largest deviation from the usual rate, as a share, in half of the time in which the pace is kept.
const MAX_RATE_DEVIATION: f64 = 0.1;

/// Smallest share of threads that wait for a response when the generator falls behind.
const MIN_BUSY_BEHIND: f64 = 0.8;

/// Largest rate when it falls behind, as a share of the usual rate.
const MAX_RATE_BEHIND: f64 = 0.9;

/// Fewest threads when it falls behind, as a share of the usual number: fewer threads naturally send
/// less.
const MIN_THREADS_BEHIND: f64 = 0.8;

/// Largest share of threads that would be waiting if they paused after each response as before: with
/// more, those that pause and those that keep a pace look alike.
const MAX_BUSY_WITH_PAUSES: f64 = 0.95;

/// Fewest consecutive buckets: a stall is shorter.
const MIN_BUCKETS: usize = 3;

/// Fewest samples that were not sent.
const MIN_MISSING_SAMPLES: f64 = 50.0;

/// Fewest samples that were not sent, in standard deviations of the number that random arrivals would
/// send in that time.
const MIN_DEVIATIONS: f64 = 4.0;

/// A load generator that fell behind its usual pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LateGenerator {
    /// When it first fell behind, epoch ms.
    pub start_ms: i64,
    /// The same, ms since the start of the run.
    pub since_start_ms: i64,
    /// Total time for which it was behind, ms.
    pub length_ms: i64,
    /// Samples started per second in that time.
    pub rate_per_second: f64,
    /// Samples usually started per second.
    pub usual_rate_per_second: f64,
    /// Share of threads that were waiting for a response in that time: requests in flight divided by
    /// active threads.
    pub busy_ratio: f64,
    /// Share of threads that usually wait for a response.
    pub usual_busy_ratio: f64,
    /// Active threads in that time.
    pub threads: f64,
}

impl Told for LateGenerator {
    fn sentence(&self) -> String {
        format!(
            "From {}, {} of {} waited for {}: the load generator sent {}/s, not {}/s.",
            course::at(self.since_start_ms, self.start_ms),
            format::brief_percent(self.busy_ratio.min(1.0)),
            words::threads(self.threads),
            format::duration(self.length_ms),
            words::rate(self.rate_per_second),
            words::rate(self.usual_rate_per_second),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share_of_time(self.length_ms) * severity::MISLEADING
    }
}

/// The load in one bucket.
#[derive(Clone, Copy)]
struct Pace {
    hits: f64,
    threads: f64,
    /// Share of threads in flight, by Little's law: requests in flight are the rate times the mean time.
    busy: f64,
    /// Mean elapsed time of the samples around, ms.
    mean_ms: f64,
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
        .filter(|pace| pace.busy <= MAX_BUSY_ON_PACE)
        .collect();
    if (free.len() as f64) < inner.len() as f64 * MIN_TIME_ON_PACE {
        return None;
    }
    let usual = |of: fn(&Pace) -> f64| times::lower_median(free.iter().map(of));
    let (rate, threads) = (usual(|pace| pace.hits)?, usual(|pace| pace.threads)?);
    let off = free.iter().map(|pace| (pace.hits - rate).abs());
    if rate <= 0.0 || times::lower_median(off)? > rate * MAX_RATE_DEVIATION {
        return None;
    }
    let is_busy = |pace: &Option<Pace>| {
        pace.is_some_and(|pace| {
            pace.busy >= MIN_BUSY_BEHIND && pace.threads >= threads * MIN_THREADS_BEHIND
        })
    };
    let mut behind: Vec<(usize, Pace)> = Vec::new();
    let mut place = 0;
    for stretch in pace.chunk_by(|a, b| is_busy(a) == is_busy(b)) {
        let hits: f64 = stretch.iter().flatten().map(|pace| pace.hits).sum();
        if stretch.len() >= MIN_BUCKETS
            && stretch.first().is_some_and(is_busy)
            && hits <= rate * stretch.len() as f64 * MAX_RATE_BEHIND
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
    if missing < MIN_MISSING_SAMPLES.max(MIN_DEVIATIONS * expected.sqrt()) {
        return None;
    }
    let before = (usual(|pace| pace.mean_ms)?, mean(|pace| pace.mean_ms));
    if !is_paced(
        rate,
        threads,
        before,
        mean(|pace| pace.busy),
        course.bucket_ms,
    ) {
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

/// Computes the load in a bucket; `None` if no row in it reports threads. How busy the threads are
/// also depends on the neighbouring buckets: a long sample belongs to the bucket of its end, but was
/// in flight in earlier ones.
fn pace(moments: &[Moment], place: usize, bucket_ms: i64) -> Option<Pace> {
    let moment = moments.get(place)?;
    let threads = moment.threads.filter(|&threads| threads > 0.0)?;
    let around = moments.get(place.saturating_sub(1)..moments.len().min(place + 2))?;
    let elapsed: f64 = around.iter().map(Moment::elapsed_sum).sum();
    Some(Pace {
        hits: moment.hits as f64,
        threads,
        busy: elapsed / around.len() as f64 / bucket_ms as f64 / threads,
        mean_ms: elapsed / course::samples(around).max(1) as f64,
    })
}

/// Whether threads keep a pace of their own: those that fell behind send at once when a response
/// arrives. Threads that pause after each response do not: they send less as responses take longer, as
/// users do, and some of them are always in a pause.
fn is_paced(
    rate: f64,
    threads: f64,
    (usual, behind): (f64, f64),
    busy: f64,
    bucket_ms: i64,
) -> bool {
    let pause = threads / rate * bucket_ms as f64 - usual;
    let busy_with_pauses = behind / (behind + pause.max(0.0));
    busy_with_pauses <= MAX_BUSY_WITH_PAUSES && busy >= f64::midpoint(busy_with_pauses, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::course::tests::{course, moment};
    use super::*;

    /// 100 s with 200 samples per second by 20 threads, which take 20 ms; except in `seconds`, which
    /// have `samples` that take `elapsed` ms.
    fn run(seconds: std::ops::Range<usize>, samples: u64, elapsed: i64) -> Course {
        let mut moments = vec![moment(200, 20, 20.0); 100];
        moments[seconds].fill(moment(samples, elapsed, 20.0));
        course(moments)
    }

    #[test]
    fn threads_that_are_all_busy_send_less() {
        // 95 samples of 200 ms per second: 19 of 20 threads are busy.
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
