//! The aggregate of a run: everything the report needs, by label and over time.

use super::distribution::Distribution;
use super::errors::ErrorTable;
use super::interner::Interner;
use super::series::TimeSeries;
use crate::jtl::{Sample, Sink};

/// Bits behind the point of [`LabelStats::square_excess`].
const FRACTION_BITS: u32 = 20;

/// The statistics of a run, or of a part of it.
#[derive(Debug, Clone, Default)]
pub struct Aggregate {
    labels: Interner,
    stats: Vec<LabelStats>,
    errors: ErrorTable,
    series: TimeSeries,
}

/// The statistics of one label, or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelStats {
    /// Position of the first row, which orders the labels.
    pub first_position: u64,
    /// Rows.
    pub rows: u64,
    /// Rows written by transaction controllers.
    pub controller_rows: u64,
    /// Samples: rows, but for aggregated rows.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Elapsed of successes, ms.
    pub elapsed_ok: Distribution,
    /// Elapsed of failures, ms.
    pub elapsed_ko: Distribution,
    /// Latency, ms.
    pub latency: Distribution,
    /// Connect time, ms.
    pub connect: Distribution,
    /// Sum of elapsed, ms.
    pub elapsed_sum: i128,
    /// What the squares of elapsed in aggregated rows come to beyond the squares of their
    /// truncated quotients, in units of 2^-20 ms².
    pub square_excess: i128,
    /// Bytes received; `None` where no row tells.
    pub bytes: Option<i128>,
    /// Bytes sent; `None` where no row tells.
    pub sent_bytes: Option<i128>,
    /// First start, epoch ms.
    pub start: i64,
    /// Last end, epoch ms.
    pub end: i64,
}

impl Default for LabelStats {
    fn default() -> Self {
        LabelStats {
            first_position: u64::MAX,
            rows: 0,
            controller_rows: 0,
            samples: 0,
            errors: 0,
            elapsed_ok: Distribution::default(),
            elapsed_ko: Distribution::default(),
            latency: Distribution::default(),
            connect: Distribution::default(),
            elapsed_sum: 0,
            square_excess: 0,
            bytes: None,
            sent_bytes: None,
            start: i64::MAX,
            end: i64::MIN,
        }
    }
}

impl Aggregate {
    /// Adds a sample.
    #[inline]
    pub fn record(&mut self, sample: &Sample<'_>) {
        let label = self.labels.number(sample.label);
        if label == self.stats.len() {
            self.stats.push(LabelStats::default());
        }
        if let Some(stats) = self.stats.get_mut(label) {
            stats.record(sample);
        }
        if !sample.success {
            self.errors.record(sample);
        }
        self.series.record(sample);
    }

    /// Adds another aggregate. Associative, commutative, and an empty one changes nothing.
    pub fn merge(&mut self, other: Aggregate) {
        for (label, stats) in other.labels.names().iter().zip(&other.stats) {
            let number = self.labels.number(label);
            match self.stats.get_mut(number) {
                Some(own) => own.merge(stats),
                None => self.stats.push(stats.clone()),
            }
        }
        self.errors.merge(&other.errors);
        self.series.merge(other.series);
    }

    /// The labels and their statistics, in order of first appearance.
    pub fn labels(&self) -> Vec<(&[u8], &LabelStats)> {
        let mut labels: Vec<_> = self
            .labels
            .names()
            .iter()
            .map(|label| &**label)
            .zip(&self.stats)
            .collect();
        labels.sort_by_key(|(_, stats)| stats.first_position);
        labels
    }

    /// All labels together: JMeter's TOTAL.
    pub fn total(&self) -> LabelStats {
        let mut total = LabelStats::default();
        for stats in &self.stats {
            total.merge(stats);
        }
        total
    }

    /// Errors by type.
    pub fn errors(&self) -> &ErrorTable {
        &self.errors
    }

    /// The run over time.
    pub fn series(&self) -> &TimeSeries {
        &self.series
    }
}

impl Sink for Aggregate {
    #[inline]
    fn record(&mut self, sample: &Sample<'_>) {
        Aggregate::record(self, sample);
    }
}

impl LabelStats {
    #[inline]
    fn record(&mut self, sample: &Sample<'_>) {
        let weight = sample.sample_count;
        let each = sample.elapsed_each();
        self.first_position = self.first_position.min(sample.position);
        self.rows += 1;
        self.controller_rows += u64::from(sample.is_controller());
        self.samples += weight;
        self.errors += sample.error_count;
        self.elapsed_sum += i128::from(sample.elapsed);
        if weight > 1 {
            self.square_excess =
                self.square_excess
                    .saturating_add(square_excess(sample.elapsed, each, weight));
        }
        if sample.success {
            self.elapsed_ok.record(each, weight);
        } else {
            self.elapsed_ko.record(each, weight);
        }
        if let Some(latency) = sample.latency {
            self.latency.record(latency, 1);
        }
        if let Some(connect) = sample.connect {
            self.connect.record(connect, 1);
        }
        self.bytes = add(self.bytes, sample.bytes.map(i128::from));
        self.sent_bytes = add(self.sent_bytes, sample.sent_bytes.map(i128::from));
        self.start = self.start.min(sample.time_stamp);
        self.end = self.end.max(sample.end());
    }

    /// Adds the statistics of another label or part.
    pub fn merge(&mut self, other: &LabelStats) {
        self.first_position = self.first_position.min(other.first_position);
        self.rows += other.rows;
        self.controller_rows += other.controller_rows;
        self.samples += other.samples;
        self.errors += other.errors;
        self.elapsed_ok.merge(&other.elapsed_ok);
        self.elapsed_ko.merge(&other.elapsed_ko);
        self.latency.merge(&other.latency);
        self.connect.merge(&other.connect);
        self.elapsed_sum += other.elapsed_sum;
        self.square_excess = self.square_excess.saturating_add(other.square_excess);
        self.bytes = add(self.bytes, other.bytes);
        self.sent_bytes = add(self.sent_bytes, other.sent_bytes);
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }

    /// Elapsed of all samples, ms.
    pub fn elapsed(&self) -> Distribution {
        let mut all = self.elapsed_ok.clone();
        all.merge(&self.elapsed_ko);
        all
    }

    /// What the squares of elapsed come to beyond those of the distribution, ms².
    pub fn square_excess_ms2(&self) -> f64 {
        self.square_excess as f64 / f64::from(1 << FRACTION_BITS)
    }
}

fn add(a: Option<i128>, b: Option<i128>) -> Option<i128> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// JMeter takes an aggregated row of k samples for k samples of elapsed / k each when it sums
/// squares: elapsed² / k. With elapsed = k·each + rest, that is k·each² + 2·each·rest + rest²/k,
/// of which the distribution knows the first term.
fn square_excess(elapsed: i64, each: i64, weight: u64) -> i128 {
    let (elapsed, each, weight) = (i128::from(elapsed), i128::from(each), i128::from(weight));
    let rest = elapsed - weight * each;
    let whole = (2 * each)
        .saturating_mul(rest)
        .saturating_mul(1 << FRACTION_BITS);
    let fraction = (rest * rest).saturating_mul(1 << FRACTION_BITS) / weight;
    whole.saturating_add(fraction)
}
