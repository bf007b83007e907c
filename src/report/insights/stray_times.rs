//! Samples whose time is implausibly far from all others, which spoils every rate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Told, Totals, severity, words};
use crate::format;
use crate::report::{LabelReport, Window};
use crate::stats::{Aggregate, Strays};
use crate::text;
use crate::units::MS_PER_SECOND;

/// Samples whose time is implausibly far from all others: a time stamp of 0, or with a digit too few.
///
/// They spoil the rates of TOTAL and of their labels, but are not in the time series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StrayTimes {
    /// Number of such samples.
    pub samples: u64,
    /// Start of the first of them, epoch ms.
    pub first_ms: i64,
    /// Their label, if they have one in common.
    pub label: Option<String>,
    /// Whether all of them failed.
    pub have_all_failed: bool,
    /// From the first start to the last end of the other samples.
    pub window: Window,
    /// Throughput of the other samples, per second of their window.
    pub throughput: Option<f64>,
    /// The options that leave the samples out.
    pub options: String,
}

impl StrayTimes {
    pub(in crate::report) fn new(aggregate: &Aggregate, strays: &Strays) -> Self {
        let names = aggregate.numbered_labels();
        let mut labels = names
            .iter()
            .filter(|(number, _)| strays.labels.contains(number));
        let label = match (labels.next(), labels.next()) {
            (Some((_, name)), None) => Some(text::of(name).into_owned()),
            _ => None,
        };
        let window = Window {
            start_ms: strays.start,
            end_ms: strays.end,
        };
        let ms = window.duration_ms();
        let bound = |option: &str, time: Option<i64>| {
            let time = Timestamp::from_millisecond(time?).ok()?;
            Some(format!("{option} {time}"))
        };
        let bounds = [bound("--from", strays.from), bound("--to", strays.to)];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        StrayTimes {
            samples: strays.samples,
            first_ms: strays.first_start,
            label,
            have_all_failed: strays.have_all_failed,
            window,
            // As in JMeter, so that even the last digit is equal.
            throughput: (ms > 0).then(|| strays.rest as f64 / ms as f64 * MS_PER_SECOND),
            options: bounds.join(" "),
        }
    }

    /// Whether the rates of a row count the time between these samples and the others.
    pub(in crate::report) fn spoils(&self, row: &LabelReport) -> bool {
        row.window.is_some_and(|window| {
            window.start_ms < self.window.start_ms || window.end_ms > self.window.end_ms
        })
    }

    /// Says what is wrong, and which options leave the samples out.
    pub fn with_options(&self) -> String {
        match self.options.as_str() {
            "" => self.sentence(),
            options => format!("{} {options} leaves them out.", self.sentence()),
        }
    }
}

impl Told for StrayTimes {
    fn sentence(&self) -> String {
        let failed = if self.have_all_failed { "failed " } else { "" };
        let samples = format::counted(self.samples, format!("{failed}sample"));
        let label = match &self.label {
            Some(label) => format!(" of {}", words::quoted(label)),
            None => String::new(),
        };
        let (have, these, first) = match self.samples {
            1 => ("has a time", "it", ""),
            _ => ("have times", "them", "first "),
        };
        let rate = match self.throughput {
            Some(rate) => format!(" ({}/s without {these})", format::decimals(rate, 1)),
            None => String::new(),
        };
        format!(
            "{samples}{label} {have} far from all others, {first}{}: throughput and KB/s are wrong{rate}.",
            format::utc(self.first_ms),
        )
    }

    fn next_step(&self) -> Vec<String> {
        let words = self.options.split_whitespace();
        words.map(str::to_owned).collect()
    }

    fn cost(&self, _run: &Totals) -> f64 {
        // Every rate of the run is wrong.
        severity::MISLEADING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::find_strays;
    use crate::stats::tests::sample;

    const T: i64 = 1_700_000_000_000;

    fn found(rows: &[(i64, &str, bool)]) -> StrayTimes {
        let mut aggregate = Aggregate::default();
        for &(time_stamp, label, success) in rows {
            let label = label.as_bytes();
            aggregate.record(&Sample {
                time_stamp,
                label,
                success,
                ..sample()
            });
        }
        let strays = find_strays(aggregate.timeline()).unwrap();
        StrayTimes::new(&aggregate, &strays)
    }

    #[test]
    fn one_failed_sample_at_0() {
        let found = found(&[
            (T, "Home", true),
            (0, "Home", false),
            (T + 990, "Home", true),
        ]);
        assert_eq!(found.throughput, Some(2.0));
        insta::assert_snapshot!(found.sentence());
    }

    #[test]
    fn samples_at_both_ends() {
        let rows = [
            (T, "A", true),
            (0, "A", false),
            (5, "B", true),
            (T, "B", true),
            (T, "B", true),
            (T * 10, "A", true),
        ];
        let found = found(&rows);
        // The last one has a year that no date can write.
        assert_eq!((found.samples, found.throughput), (3, Some(300.0)));
        insta::assert_snapshot!(found.sentence());
    }
}
