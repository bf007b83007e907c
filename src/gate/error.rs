//! Why a criterion cannot be judged.

use super::metric::Metric;
use crate::percentile::Percentile;

/// Why a criterion cannot be judged: the report or the baseline lacks something that it needs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Undecidable {
    /// The criterion names a label that the report does not have.
    #[error("there is no label `{label}`{hint}")]
    UnknownLabel {
        /// The label.
        label: String,
        /// The labels that there are, and what to do.
        hint: String,
    },
    /// The regular expression matches no label.
    #[error("no label matches /{pattern}/: {known}")]
    NoMatch {
        /// The regular expression.
        pattern: String,
        /// The labels that there are.
        known: String,
    },
    /// A regular expression needs all labels, and the report combines some of them in one row.
    #[error("a regular expression needs all labels, but the report combines {combined}: {advice}")]
    CombinedLabels {
        /// What the combined row is called.
        combined: String,
        /// How to get a row per label.
        advice: String,
    },
    /// The criterion refers to a baseline, but there is no baseline.
    #[error("there is no baseline: give one with --baseline")]
    NoBaseline,
    /// The baseline lacks something.
    #[error("in the baseline, {0}")]
    InBaseline(Box<Undecidable>),
    /// One label lacks something.
    #[error("{reason} (label `{label}`)")]
    OfLabel {
        /// The label.
        label: String,
        /// What it lacks.
        reason: Box<Undecidable>,
    },
    /// The Apdex of the baseline was computed with other thresholds.
    #[error(
        "apdex has other thresholds, {theirs} instead of {ours}: analyze both runs with the same --apdex"
    )]
    OtherThresholds {
        /// The thresholds of the run, as `--apdex` takes them.
        ours: String,
        /// The thresholds of the baseline.
        theirs: String,
    },
    /// Samples at stray times make the rate wrong.
    #[error("{metric} cannot be judged: {found}")]
    StrayTimes {
        /// The metric.
        metric: Metric,
        /// What was found, and the options that leave the samples out.
        found: String,
    },
    /// The run has no samples at all.
    #[error("there are no samples")]
    EmptyRun,
    /// The metric is undefined without samples.
    #[error("{metric} is undefined: there are no samples")]
    NoSamples {
        /// The metric.
        metric: Metric,
    },
    /// The results lack the column that the metric is computed from.
    #[error("{metric} is undefined: the results have no {column} column")]
    NoColumn {
        /// The metric.
        metric: Metric,
        /// The column.
        column: &'static str,
    },
    /// The report does not have the metric of a column.
    #[error("the report has no metric `{name}`{hint}: analyze with --metric {name}")]
    NoMetric {
        /// The name of the column.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// No row has a number in the column.
    #[error("{metric} is undefined: no row has a number in the column")]
    NoNumbers {
        /// The metric.
        metric: Metric,
    },
    /// The limit is a time, and the column has no times.
    #[error(
        "the limit is a time, but the unit of `{name}` is not ms: write a number, or give --metric {name}=ms"
    )]
    NotATime {
        /// The name of the column.
        name: String,
    },
    /// A rate is undefined because the run has no length.
    #[error("{metric} is undefined: the first start and the last end are the same instant")]
    NoDuration {
        /// The metric.
        metric: Metric,
    },
    /// The report does not have this percentile.
    #[error("{metric} was not computed: analyze with {percentile} in --percentiles")]
    NotComputed {
        /// The metric.
        metric: Metric,
        /// The percentile.
        percentile: Percentile,
    },
    /// The time series does not have this metric.
    #[error("the time series has no {metric}")]
    NotOverTime {
        /// The metric.
        metric: Metric,
    },
    /// The time series does not have this percentile.
    #[error("the time series has no p{percentile}: add it to --percentiles")]
    NotComputedOverTime {
        /// The percentile.
        percentile: Percentile,
    },
    /// The label has no time series, because the run has too many labels.
    #[error(
        "a run with this many labels has a time series of TOTAL only: choose labels with --include"
    )]
    NoTimeSeries,
    /// The report has no slices of time.
    #[error(
        "the report was saved without slices of time, which percentiles of a label need: analyze the results again"
    )]
    NoSlices,
    /// The buckets of the time series are wider than the time for which the condition must hold.
    #[error(
        "{time} is shorter than a bucket, which is {width} wide in a run of this length: give a longer time"
    )]
    TimeTooShort {
        /// The time.
        time: String,
        /// The width of a bucket.
        width: String,
    },
    /// There are samples for a shorter time than the criterion is about.
    #[error(
        "{time} is longer than {known}, the time for which there are samples, in buckets of {width}: the criterion could not fail. Give a shorter time"
    )]
    TimeTooLong {
        /// The time.
        time: String,
        /// The time for which there are samples.
        known: String,
        /// The width of a bucket.
        width: String,
    },
    /// The metric never has a value for which the condition holds.
    #[error("the limit is {limit}, but {why}")]
    NeverHolds {
        /// The limit, which comes from the baseline.
        limit: String,
        /// Why it never holds.
        why: String,
    },
    /// The run has too many response codes to tell them apart.
    #[error(
        "{metric} was not counted: a run with more than 64 different response codes has only their classes, such as rc5xx"
    )]
    CodesInClasses {
        /// The metric.
        metric: Metric,
    },
    /// Only some samples have the column that the metric is computed from.
    #[error(
        "{metric} is partial: perfkit found {found}. Analyze the files that have the column, or judge another metric"
    )]
    Partial {
        /// The metric.
        metric: Metric,
        /// The column, and how many samples have it.
        found: String,
    },
    /// The rejected rows could turn the pass into a failure.
    #[error(
        "{found}, but {rejected}. With these rows, {could}. Repair them, or fail on them with `rejected > 0`"
    )]
    Rejected {
        /// What was found.
        found: String,
        /// How many rows were rejected, and where the first one is.
        rejected: String,
        /// What the metric could be.
        could: String,
    },
    /// More rows were rejected than allowed.
    #[error("{found}, but {rejected}: more than --max-rejected {allowed} allows")]
    TooManyRejected {
        /// What was found.
        found: String,
        /// How many rows were rejected, and where the first one is.
        rejected: String,
        /// The number allowed.
        allowed: String,
    },
    /// The metric is undefined throughout the run.
    #[error("{metric}{of} is undefined in every bucket of {width}")]
    NeverDefined {
        /// The metric.
        metric: Metric,
        /// Which samples it is of, if not of all.
        of: &'static str,
        /// The width of a bucket.
        width: String,
    },
}

impl Undecidable {
    /// Says that the baseline is what lacks something.
    pub(super) fn in_baseline(self) -> Self {
        Undecidable::InBaseline(Box::new(self))
    }
}
