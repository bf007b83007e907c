//! One bucket of a run's timeline.

use serde::{Deserialize, Serialize};

use super::column_sum::ColumnSum;
use super::consistency::{self, Checked};
use super::endings::Endings;
use super::histogram::Histogram;
use super::metrics::{MetricMean, MetricMeans};
use super::run::Run;
use super::sum::Sum;
use crate::jtl::Sample;

/// What a run did in one stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Samples started.
    pub hits: u64,
    /// When they started and ended.
    pub hits_span: HitsSpan,
    /// What each label did, by the number of the label.
    pub labels: Vec<LabelBucket>,
    /// Samples with each response code, by the number of the code.
    pub codes: Vec<u64>,
    /// Bytes received.
    pub bytes: ColumnSum,
    /// Bytes sent.
    pub sent_bytes: ColumnSum,
    /// Elapsed of successes, ms.
    pub successes: Histogram,
    /// Elapsed of failures, ms.
    pub failures: Histogram,
    /// The longest elapsed time of a sample, ms; at least 0.
    pub longest: i64,
    /// When samples ended.
    pub endings: Endings,
    /// The earliest failure, not counting transaction controllers.
    pub first_failure: Option<FirstFailure>,
    /// Active threads of each engine.
    threads: Vec<ThreadMean>,
    /// Samples without `allThreads`.
    without_threads: u64,
    /// Metrics of each label, by the number of the label; empty without metrics.
    metrics: Vec<MetricMeans>,
}

/// The first start and the last end of the samples that started in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitsSpan {
    start: i64,
    end: i64,
}

impl Default for HitsSpan {
    /// Of no samples.
    fn default() -> Self {
        HitsSpan {
            start: i64::MAX,
            end: i64::MIN,
        }
    }
}

impl HitsSpan {
    /// Adds a sample.
    #[inline(always)]
    pub fn add(&mut self, start: i64, end: i64) {
        self.start = self.start.min(start);
        self.end = self.end.max(end);
    }

    /// Adds other samples.
    pub fn merge(&mut self, other: HitsSpan) {
        self.add(other.start, other.end);
    }

    /// The first start; `None` without samples.
    pub fn first_start(self) -> Option<i64> {
        (self != HitsSpan::default()).then_some(self.start)
    }

    /// The last end; `None` without samples.
    pub fn last_end(self) -> Option<i64> {
        (self != HitsSpan::default()).then_some(self.end)
    }
}

/// A failure. The earliest one comes first; of failures at the same time, the first in the file.
///
/// Its time is its end in a bucket of the timeline, and its start in a slice or an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FirstFailure {
    /// When it ended or started, epoch ms.
    pub time: i64,
    /// Its position.
    pub position: u64,
    /// Number of its type of error.
    pub error: usize,
}

/// What one label did in a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelBucket {
    /// Samples that succeeded.
    pub ok: u64,
    /// Samples that failed.
    pub ko: u64,
    /// Sum of elapsed, ms.
    pub elapsed: Sum,
    /// Latency, ms.
    pub latency: ColumnSum,
    /// Connect time, ms.
    pub connect: ColumnSum,
}

/// The numbers of a sample's label, response code and engine.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    /// Number of the label.
    pub label: usize,
    /// Number of the response code.
    pub code: usize,
    /// Number of the engine.
    pub engine: usize,
}

/// New numbers of labels, response codes, engines and types of error, by their old numbers.
#[derive(Debug, Clone)]
pub struct Renumbering {
    /// Of labels.
    pub labels: Vec<usize>,
    /// Of response codes.
    pub codes: Vec<usize>,
    /// Of engines.
    pub engines: Vec<usize>,
    /// Of types of error.
    pub errors: Vec<usize>,
}

impl Renumbering {
    /// That of a bucket whose numbers all stay the same.
    pub fn none(bucket: &Bucket) -> Self {
        let all_of = |count: usize| (0..count).collect();
        Renumbering {
            labels: all_of(bucket.labels.len().max(bucket.metrics.len())),
            codes: all_of(bucket.codes.len()),
            engines: all_of(bucket.threads.len()),
            // Empty: every type keeps its number.
            errors: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ThreadMean {
    rows: u64,
    sum: Sum,
}

impl Bucket {
    /// Adds a sample that ended in this bucket.
    #[inline(always)]
    pub fn record(&mut self, sample: &Sample<'_>, numbers: Numbers) {
        let weight = sample.sample_count;
        self.bytes.add(sample.bytes, weight);
        self.sent_bytes.add(sample.sent_bytes, weight);
        *at(&mut self.codes, numbers.code) += weight;
        let label = at(&mut self.labels, numbers.label);
        label.elapsed.add(sample.elapsed);
        label.latency.add(sample.latency, weight);
        label.connect.add(sample.connect, weight);
        let each = sample.elapsed_each();
        self.longest = self.longest.max(each);
        if sample.success {
            label.ok += weight;
            self.successes.record(each, weight);
        } else {
            label.ko += weight;
            self.failures.record(each, weight);
        }
        if let Some(threads) = sample.all_threads {
            let mean = at(&mut self.threads, numbers.engine);
            mean.rows += 1;
            mean.sum.add(threads);
        } else {
            self.without_threads += weight;
        }
        if !sample.metrics.is_empty() {
            self.record_metrics(sample.metrics, numbers.label);
        }
    }

    /// Adds rows that ended in this bucket.
    pub fn record_run(&mut self, run: &Run<'_>, numbers: Numbers) {
        self.bytes.add_sum(run.bytes);
        self.sent_bytes.add_sum(run.sent_bytes);
        *at(&mut self.codes, numbers.code) += run.count();
        let label = at(&mut self.labels, numbers.label);
        label.ok += run.count();
        label.elapsed.add(run.elapsed);
        label.latency.add_sum(run.latency);
        label.connect.add_sum(run.connect);
        self.longest = self.longest.max(i64::from(run.longest));
        let mean = at(&mut self.threads, numbers.engine);
        mean.rows += run.count();
        mean.sum.add(run.threads);
        self.successes.record_each(run.elapsed_times());
    }

    #[cold]
    #[inline(never)]
    fn record_metrics(&mut self, values: &[Option<i64>], label: usize) {
        at(&mut self.metrics, label).record(values);
    }

    /// The mean of a metric in this bucket, of one label or of all together.
    pub fn metric(&self, metric: usize, label: Option<usize>) -> MetricMean {
        let mut all = MetricMean::default();
        let labels = self.metrics.iter().enumerate();
        let labels = labels.filter(|(number, _)| label.is_none_or(|label| label == *number));
        for (_, means) in labels {
            let mean = means.get(metric);
            all.count += mean.count;
            all.sum.merge(mean.sum);
        }
        all
    }

    /// Keeps a failure if it is the earliest.
    pub fn add_failure(&mut self, failure: FirstFailure) {
        let first = self.first_failure.map_or(failure, |own| own.min(failure));
        self.first_failure = Some(first);
    }

    /// Moves its rows by this many bytes.
    pub(super) fn shift(&mut self, positions: u64) {
        if let Some(failure) = &mut self.first_failure {
            failure.position = failure.position.saturating_add(positions);
        }
    }

    /// Gives types of error new numbers.
    pub fn renumber_errors(&mut self, numbers: &[usize]) {
        if let Some(failure) = &mut self.first_failure {
            failure.error = numbers.get(failure.error).copied().unwrap_or(failure.error);
        }
    }

    /// Number of rows with `allThreads`, by the number of their engine.
    pub fn rows_of_engines(&self) -> impl Iterator<Item = u64> {
        self.threads.iter().map(|mean| mean.rows)
    }

    /// Adds another bucket.
    pub fn merge(&mut self, other: &Bucket, renumbering: &Renumbering) {
        self.hits += other.hits;
        self.hits_span.merge(other.hits_span);
        self.bytes.merge(other.bytes);
        self.sent_bytes.merge(other.sent_bytes);
        self.without_threads += other.without_threads;
        self.successes.merge(&other.successes);
        self.failures.merge(&other.failures);
        self.longest = self.longest.max(other.longest);
        self.endings.merge(other.endings);
        if let Some(failure) = other.first_failure {
            let error = renumbering.errors.get(failure.error).copied();
            self.add_failure(FirstFailure {
                error: error.unwrap_or(failure.error),
                ..failure
            });
        }
        for (label, &number) in other.labels.iter().zip(&renumbering.labels) {
            at(&mut self.labels, number).merge(label);
        }
        for (means, &number) in other.metrics.iter().zip(&renumbering.labels) {
            at(&mut self.metrics, number).merge(means);
        }
        for (count, &number) in other.codes.iter().zip(&renumbering.codes) {
            *at(&mut self.codes, number) += count;
        }
        for (mean, &engine) in other.threads.iter().zip(&renumbering.engines) {
            let own = at(&mut self.threads, engine);
            own.rows += mean.rows;
            own.sum.merge(mean.sum);
        }
    }

    /// All labels together.
    pub fn total(&self) -> LabelBucket {
        let mut total = LabelBucket::default();
        for label in &self.labels {
            total.merge(label);
        }
        total
    }

    /// Joins all labels into one.
    pub fn join_labels(&mut self) {
        if !self.labels.is_empty() {
            self.labels = vec![self.total()];
        }
        if let Some((first, others)) = self.metrics.split_first_mut() {
            others.iter().for_each(|means| first.merge(means));
            self.metrics.truncate(1);
        }
    }

    /// Gives response codes new numbers. Several may get the same one.
    pub fn renumber_codes(&mut self, numbers: &[usize]) {
        let counts = std::mem::take(&mut self.codes);
        for (count, &number) in counts.into_iter().zip(numbers) {
            *at(&mut self.codes, number) += count;
        }
    }

    /// Checks a stored bucket against the number of labels, codes, engines and types of error, and
    /// returns the number of samples that ended in it.
    pub(super) fn check(
        &self,
        labels: usize,
        codes: usize,
        engines: usize,
        errors: usize,
    ) -> Checked<u64> {
        let are_known = self.labels.len() <= labels
            && self.metrics.len() <= labels
            && self.codes.len() <= codes
            && self.threads.len() <= engines
            && self.first_failure.is_none_or(|first| first.error < errors);
        consistency::ensure(
            are_known,
            "a time has figures of an unknown label, code, engine or error",
        )?;
        let are_endings = self.endings.is_valid() && self.longest >= 0;
        consistency::ensure(are_endings, "it contains no valid times")?;
        let times = [&self.successes, &self.failures].map(Histogram::counts);
        let samples =
            consistency::total(self.labels.iter().flat_map(|label| [label.ok, label.ko]))?;
        let of_codes = consistency::total(self.codes.iter().copied())?;
        let of_times = consistency::total(times.iter().flatten().map(|(_, count)| *count))?;
        let rows = consistency::total(self.threads.iter().map(|mean| mean.rows))?;
        consistency::total([self.hits])?;
        consistency::ensure(
            samples == of_codes && samples == of_times,
            "the figures of a time differ in their number of samples",
        )?;
        let most = samples.max(rows);
        self.metrics
            .iter()
            .try_for_each(|means| means.check(most))?;
        for label in &self.labels {
            label.latency.check(most, label.samples())?;
            label.connect.check(most, label.samples())?;
        }
        self.bytes.check(most, samples)?;
        self.sent_bytes.check(most, samples)?;
        let sums = self.labels.iter().map(|label| label.elapsed);
        let mut sums = sums.chain(self.threads.iter().map(|mean| mean.sum));
        let are_sums = sums.all(|sum| sum.is_of(most)) && self.without_threads <= samples;
        consistency::ensure(are_sums, "a sum is too large for its number of rows")?;
        Ok(samples)
    }

    /// Number of samples that ended.
    pub fn samples(&self) -> u64 {
        self.labels.iter().map(LabelBucket::samples).sum()
    }

    /// Number of samples without `allThreads`.
    pub fn without_threads(&self) -> u64 {
        self.without_threads
    }

    /// Active threads: the sum of the mean of each chain of engines, or the mean of all rows if
    /// engines cannot be told apart. `None` if no row has the column.
    pub fn active_threads(&self, chains: Option<&[Vec<usize>]>) -> Option<f64> {
        sum_by_size(self.threads_by_chain(chains).into_iter().flatten())
    }

    /// Mean active threads of each chain of engines, or of all rows if engines cannot be told apart.
    pub fn threads_by_chain(&self, chains: Option<&[Vec<usize>]>) -> Vec<Option<f64>> {
        let mean = |engines: &mut dyn Iterator<Item = &ThreadMean>| {
            let (rows, sum) = engines.fold((0, 0), |(rows, sum), mean| {
                (rows + mean.rows, sum + mean.sum.total())
            });
            (rows > 0).then(|| sum as f64 / rows as f64)
        };
        let Some(chains) = chains else {
            return vec![mean(&mut self.threads.iter())];
        };
        let means = chains
            .iter()
            .map(|chain| mean(&mut chain.iter().filter_map(|&engine| self.threads.get(engine))));
        means.collect()
    }
}

impl LabelBucket {
    /// Samples that ended.
    pub fn samples(&self) -> u64 {
        self.ok + self.ko
    }

    fn merge(&mut self, other: &LabelBucket) {
        self.ok += other.ok;
        self.ko += other.ko;
        self.elapsed.merge(other.elapsed);
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
    }
}

/// The sum of some numbers, `None` without any. In order of size, so that it does not depend on the
/// order of merging.
pub(super) fn sum_by_size(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut terms: Vec<f64> = numbers.collect();
    terms.sort_by(f64::total_cmp);
    (!terms.is_empty()).then(|| terms.iter().sum())
}

/// The item at a place, made if it is not there yet.
#[inline(always)]
fn at<T: Clone + Default>(items: &mut Vec<T>, place: usize) -> &mut T {
    if items.len() <= place {
        items.resize(place + 1, T::default());
    }
    &mut items[place]
}
