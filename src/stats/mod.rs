//! Statistics: record samples, merge aggregates.
//!
//! Everything here is a sum, a count or an extreme of integers. Any split of a run into parts,
//! merged in any order, gives the same result, bit for bit.

mod aggregate;
mod bucket;
mod cell;
mod codes;
mod column_sum;
mod compact;
mod consistency;
mod controllers;
mod correction;
mod counters;
mod dashboard;
mod distribution;
mod endings;
mod engines;
mod errors;
mod estimator;
mod histogram;
mod interner;
mod label;
mod label_codes;
mod label_errors;
mod message_kind;
mod metrics;
mod newest;
mod origins;
mod periods;
mod recent;
mod recorder;
mod run;
mod slices;
mod steps;
mod strays;
mod sum;
mod timeline;
mod timings;

pub use aggregate::{Aggregate, Label};
pub use bucket::{Bucket, HitsSpan};
pub(crate) use bucket::{FirstFailure, LabelBucket};
pub use cell::Cell;
pub(crate) use column_sum::ColumnSum;
pub use column_sum::ColumnTotal;
pub use compact::CompactHistogram;
pub use consistency::Inconsistent;
pub(crate) use correction::Corrected;
pub(crate) use dashboard::DashboardStats;
pub use dashboard::{DashboardSettings, DashboardTable};
pub use distribution::Distribution;
pub(crate) use distribution::merged_counts;
pub(crate) use endings::{Endings, PARTS, part_ms};
pub(crate) use errors::MAX_TYPES as MAX_ERROR_TYPES;
pub use errors::{ErrorDetail, ErrorStats, ErrorTable};
pub use estimator::{Estimator, UnknownEstimator};
pub(crate) use histogram::exact_from;
pub use label::LabelStats;
pub(crate) use message_kind::kind_of;
pub(crate) use metrics::MetricMean;
pub use metrics::MetricValues;
pub(crate) use newest::NewestErrors;
pub(crate) use origins::{FailedConnects, OriginCell, OriginStats, Origins};
pub(crate) use periods::{Period, Periods};
pub(crate) use recent::Recent;
pub use recorder::Recorder;
pub use slices::Slices;
pub use strays::{Strays, find as find_strays};
pub use timeline::{DenseTimeline, Timeline};
pub use timings::{Distributions, TimeCounts};

#[cfg(test)]
pub(crate) mod tests {
    use crate::jtl::Sample;

    /// An ordinary sample, for tests to change.
    pub(crate) fn sample() -> Sample<'static> {
        Sample {
            position: 0,
            input: 0,
            time_stamp: 1_700_000_000_000,
            elapsed: 10,
            latency: Some(9),
            connect: Some(1),
            idle_time: Some(0),
            label: b"Fibonacci",
            response_code: b"200",
            response_message: b"OK",
            failure_message: b"",
            thread_name: b"Thread Group 1-1",
            url: b"http://localhost/",
            hostname: b"",
            group_text: b"",
            is_sub_result: None,
            success: true,
            bytes: Some(200),
            sent_bytes: Some(100),
            grp_threads: Some(1),
            all_threads: Some(1),
            sample_count: 1,
            error_count: 0,
            metrics: &[],
        }
    }
}
