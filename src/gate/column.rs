//! Metrics of columns that `--metric` names, such as `ttft.p95`.

use std::fmt;

use super::criterion::{Arithmetic, Criterion, Limit};
use super::error::Undecidable;
use super::evaluate::is_total;
use super::metric::{Metric, Statistic};
use super::range::{ANY_TIME, Range, mean_with, percentile_with};
use super::value::Unit;
use crate::format;
use crate::percentile::Percentile;
use crate::report::{LabelReport, MetricReport, MetricRow, MetricSummary, Report};
use crate::suggest::did_you_mean;

/// Values in a distribution are thousandths.
const PER_UNIT: f64 = 1_000.0;

/// Columns whose statistics are metrics of their own.
const OWN: [&str; 3] = ["latency", "connect", "elapsed"];

/// A statistic of a column of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMetric {
    /// The name of the column.
    pub name: String,
    /// What is computed of its values.
    pub statistic: ColumnStatistic,
}

/// What is computed of a column's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnStatistic {
    /// Arithmetic mean.
    Average,
    /// Percentile, by JMeter's definition of the rank.
    Percentile(Percentile),
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
}

impl ColumnMetric {
    /// Returns the metric called `ttft.p95`. The name may contain points.
    pub(super) fn named(text: &str) -> Option<Self> {
        let mut points = text.match_indices('.');
        let (name, statistic) = points.find_map(|(at, _)| {
            let (name, statistic) = (text.get(..at)?, text.get(at + 1..)?);
            Some((name, ColumnStatistic::named(statistic)?))
        })?;
        (!name.is_empty() && !OWN.contains(&name)).then(|| ColumnMetric {
            name: name.to_owned(),
            statistic,
        })
    }

    /// Checks that a time as the limit fits the unit of the column.
    pub(super) fn check_unit(
        &self,
        criterion: &Criterion,
        report: &Report,
    ) -> Result<(), Undecidable> {
        let limit = match criterion.limit {
            Limit::Value(quantity) => Some(quantity),
            Limit::Baseline(Some((Arithmetic::Plus | Arithmetic::Minus, change))) => Some(change),
            Limit::Baseline(_) => None,
        };
        let metric = self.metric(report)?;
        let is_time = limit.is_some_and(|limit| limit.unit != Unit::None);
        match is_time && metric.unit != "ms" {
            true => Err(Undecidable::NotATime {
                name: self.name.clone(),
            }),
            false => Ok(()),
        }
    }

    /// Returns its value over the whole run.
    pub(super) fn value(&self, row: &LabelReport, report: &Report) -> Result<f64, Undecidable> {
        let metric = self.metric(report)?;
        let values = row_of(metric, row, report);
        let summary = |of: fn(&MetricSummary) -> f64| {
            let summary = values.and_then(|values| values.summary.as_ref());
            summary.map(of)
        };
        let value = match self.statistic {
            ColumnStatistic::Average => summary(|summary| summary.mean),
            ColumnStatistic::Min => summary(|summary| summary.min),
            ColumnStatistic::Max => summary(|summary| summary.max),
            ColumnStatistic::Percentile(percent) => {
                values.and_then(|values| values.percentile(percent))
            }
        };
        value.ok_or_else(|| Undecidable::NoNumbers {
            metric: Metric::Column(self.clone()),
        })
    }

    /// Says how many rows have a number, if not all have one: ` in 3 of 5 rows`.
    pub(super) fn coverage(&self, row: &LabelReport, report: &Report) -> Option<String> {
        let values = row_of(self.metric(report).ok()?, row, report)?;
        let (count, rows) = (values.count(), values.rows);
        (count < rows).then(|| {
            let (count, rows) = (format::thousands(count), format::thousands(rows));
            format!(" in {count} of {rows} rows")
        })
    }

    /// Returns what its `value` could be with `rows` rejected rows.
    pub(super) fn range(&self, value: f64, row: &LabelReport, report: &Report, rows: u64) -> Range {
        let Ok(metric) = self.metric(report) else {
            return ANY_TIME;
        };
        let (Some(values), Some(all)) =
            (row_of(metric, row, report), metric.total.summary.as_ref())
        else {
            return ANY_TIME;
        };
        let each = Range {
            low: all.min,
            high: all.max,
        };
        match self.statistic {
            ColumnStatistic::Average => mean_with(value, values.count() as f64, rows, each),
            ColumnStatistic::Percentile(percent) => {
                percentile_with(&values.distribution, percent, rows)
                    .map_or(ANY_TIME, |range| range.map(|value| value / PER_UNIT))
            }
            ColumnStatistic::Min => Range::around(value, [each.low, value]),
            ColumnStatistic::Max => Range::around(value, [each.high, value]),
        }
    }

    fn metric<'a>(&self, report: &'a Report) -> Result<&'a MetricReport, Undecidable> {
        let mut metrics = report.metrics.iter();
        let found = metrics.find(|metric| metric.name == self.name);
        found.ok_or_else(|| {
            let names = report.metrics.iter().map(|metric| metric.name.as_str());
            let known = names.clone().chain(OWN);
            Undecidable::NoMetric {
                name: self.name.clone(),
                hint: did_you_mean(&self.name, known),
            }
        })
    }
}

fn row_of<'a>(
    metric: &'a MetricReport,
    row: &LabelReport,
    report: &Report,
) -> Option<&'a MetricRow> {
    match is_total(row, report) {
        true => Some(&metric.total),
        false => metric.labels.iter().find(|known| known.label == row.label),
    }
}

impl ColumnStatistic {
    fn named(name: &str) -> Option<Self> {
        match name {
            "min" => Some(ColumnStatistic::Min),
            "max" => Some(ColumnStatistic::Max),
            name => match Statistic::named(name)? {
                Statistic::Average => Some(ColumnStatistic::Average),
                Statistic::Percentile(percent) => Some(ColumnStatistic::Percentile(percent)),
            },
        }
    }
}

impl fmt::Display for ColumnMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.statistic {
            ColumnStatistic::Average => write!(f, "{name}.avg"),
            ColumnStatistic::Percentile(percent) => write!(f, "{name}.p{percent}"),
            ColumnStatistic::Min => write!(f, "{name}.min"),
            ColumnStatistic::Max => write!(f, "{name}.max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_follows_the_last_point_that_fits() {
        let shown = |text: &str| ColumnMetric::named(text).map(|metric| metric.to_string());
        for text in [
            "ttft.p95",
            "ttft.p99.9",
            "llm.ttft.avg",
            "queue.max",
            "queue.min",
        ] {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
        for text in [
            "ttft",
            "ttft.",
            "ttft.p0",
            ".p95",
            "latency.max",
            "ttft.mode",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        let named = ColumnMetric::named("llm.ttft.p99.9").unwrap();
        assert_eq!(named.name, "llm.ttft");
    }
}
