//! `statistics.json` as JMeter's dashboard writes it, for tools that read that file.
//!
//! Keys, their order, spacing and the form of numbers are JMeter's; labels come in order of first
//! appearance where JMeter has them in no order. What JMeter writes as `"NaN"` or `"Infinity"` is
//! `null`. A label named `Total` becomes `Total (label)`; in JMeter it takes the place of the Total.

use std::collections::HashSet;
use std::fmt::Write;

use super::text::readable_json;
use crate::error::{Error, Result};
use crate::report::{Statistics, StatisticsRow};

/// The table as JMeter's JSON.
///
/// # Errors
///
/// None in practice: every label can be written as JSON.
pub fn render(statistics: &Statistics) -> Result<String> {
    // Keys are distinct, or tools would lose a label or the Total.
    let mut names: HashSet<String> = HashSet::from([statistics.total.label.clone()]);
    let entries = statistics.labels.iter().map(|row| {
        let mut name = row.label.clone();
        while !names.insert(name.clone()) {
            name.push_str(" (label)");
        }
        entry(&name, row)
    });
    let mut entries = entries.collect::<Result<Vec<_>>>()?;
    entries.push(entry(&statistics.total.label, &statistics.total)?);
    Ok(format!("{{\n{}\n}}", entries.join(",\n")))
}

fn entry(name: &str, row: &StatisticsRow) -> Result<String> {
    let label = serde_json::to_string(name)
        .map(readable_json)
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))?;
    let times = row.elapsed;
    let percentile = |at: usize| times.map(|times| times.percentiles[at]);
    let numbers = [
        ("sampleCount", row.samples.to_string()),
        ("errorCount", row.errors.to_string()),
        // JMeter narrows this one to 32 bits.
        (
            "errorPct",
            number(row.error_percent.map(|percent| percent as f32)),
        ),
        ("meanResTime", number(times.map(|times| times.mean))),
        ("medianResTime", number(percentile(0))),
        ("minResTime", number(times.map(|times| times.min as f64))),
        ("maxResTime", number(times.map(|times| times.max as f64))),
        ("pct1ResTime", number(percentile(1))),
        ("pct2ResTime", number(percentile(2))),
        ("pct3ResTime", number(percentile(3))),
        ("throughput", number(row.throughput)),
        ("receivedKBytesPerSec", number(row.received_kb_per_sec)),
        ("sentKBytesPerSec", number(row.sent_kb_per_sec)),
    ];
    let mut text = format!("  {label} : {{\n    \"transaction\" : {label}");
    for (key, value) in numbers {
        let _ = write!(text, ",\n    \"{key}\" : {value}");
    }
    text.push_str("\n  }");
    Ok(text)
}

/// A number as Java writes it: with a point always, and with an exponent from 10^7 up and below
/// 10^-3.
fn number<T: Into<f64> + std::fmt::LowerExp + std::fmt::Debug + Copy>(value: Option<T>) -> String {
    let Some(value) = value else {
        return "null".to_owned();
    };
    let size = value.into().abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_javas() {
        let written = |value: f64| number(Some(value));
        assert_eq!(written(0.0), "0.0");
        assert_eq!(written(-12.0), "-12.0");
        assert_eq!(written(0.55104), "0.55104");
        assert_eq!(written(1_234_567.5), "1234567.5");
        assert_eq!(written(9_999_999.0), "9999999.0");
        assert_eq!(written(10_000_000.0), "1.0E7");
        assert_eq!(written(123_456_789.0), "1.23456789E8");
        assert_eq!(written(0.001), "0.001");
        assert_eq!(written(0.000_99), "9.9E-4");
        assert_eq!(number(Some(100.0_f32 / 3.0)), "33.333332");
        assert_eq!(number::<f64>(None), "null");
    }
}
