//! What a run did in one stretch of time.

use super::histogram::Histogram;
use super::sum::Sum;
use crate::jtl::Sample;

/// One bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bucket {
    /// Samples started.
    pub hits: u64,
    /// Samples that succeeded.
    pub ok: u64,
    /// Samples that failed.
    pub ko: u64,
    /// Sum of elapsed, ms.
    pub elapsed: Sum,
    /// Sum of latency, ms.
    pub latency: Sum,
    /// Sum of connect time, ms.
    pub connect: Sum,
    /// Bytes received.
    pub bytes: Sum,
    /// Bytes sent.
    pub sent_bytes: Sum,
    /// Elapsed of successes, ms.
    pub successes: Histogram,
    /// Active threads seen by each engine.
    threads: Vec<ThreadMean>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ThreadMean {
    rows: u64,
    sum: Sum,
}

impl Bucket {
    /// Adds a sample that ended in it, written by an engine of this number.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>, engine: usize) {
        let weight = sample.sample_count;
        self.elapsed.add(sample.elapsed);
        self.latency.add(sample.latency.unwrap_or(0));
        self.connect.add(sample.connect.unwrap_or(0));
        self.bytes.add(sample.bytes.unwrap_or(0));
        self.sent_bytes.add(sample.sent_bytes.unwrap_or(0));
        if sample.success {
            self.ok += weight;
            self.successes.record(sample.elapsed_each(), weight);
        } else {
            self.ko += weight;
        }
        if let Some(threads) = sample.all_threads {
            let mean = self.threads_of(engine);
            mean.rows += 1;
            mean.sum.add(threads);
        }
    }

    /// Adds another bucket, whose engines have these numbers here.
    pub fn merge(&mut self, other: &Bucket, engine_numbers: &[usize]) {
        self.hits += other.hits;
        self.ok += other.ok;
        self.ko += other.ko;
        self.elapsed.merge(other.elapsed);
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
        self.bytes.merge(other.bytes);
        self.sent_bytes.merge(other.sent_bytes);
        self.successes.merge(&other.successes);
        for (mean, &engine) in other.threads.iter().zip(engine_numbers) {
            let own = self.threads_of(engine);
            own.rows += mean.rows;
            own.sum.merge(mean.sum);
        }
    }

    /// Active threads: the mean of each engine, summed, or the mean of all rows where engines are
    /// not to be told apart; `None` without any row that tells.
    pub fn active_threads(&self, are_engines_apart: bool) -> Option<f64> {
        let means = self.threads.iter().filter(|mean| mean.rows > 0);
        means.clone().next()?;
        Some(if are_engines_apart {
            let of = |mean: &ThreadMean| mean.sum.total() as f64 / mean.rows as f64;
            // By size, so that the sum does not depend on the order of merging.
            let mut terms: Vec<f64> = means.map(of).collect();
            terms.sort_by(f64::total_cmp);
            terms.iter().sum()
        } else {
            let (rows, sum) = means.fold((0, 0), |(rows, sum), mean| {
                (rows + mean.rows, sum + mean.sum.total())
            });
            sum as f64 / rows as f64
        })
    }

    #[inline(always)]
    fn threads_of(&mut self, engine: usize) -> &mut ThreadMean {
        if self.threads.len() <= engine {
            self.threads.resize(engine + 1, ThreadMean::default());
        }
        &mut self.threads[engine]
    }
}
