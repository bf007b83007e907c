//! Columns of numbers that are reported beside the times: `--metric NAME[=UNIT]`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Columns whose figures every report has.
const ALWAYS_REPORTED: [&str; 3] = ["elapsed", "Latency", "Connect"];

/// Columns that are no quantities.
const NO_QUANTITIES: [&str; 3] = ["timeStamp", "label", "success"];

/// A column of numbers to report, such as one of JMeter's `sample_variables`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricColumn {
    /// Its name in the header of CSV, or the name of the attribute or element in XML.
    pub name: String,
    /// The unit of its values, such as `ms`; empty for plain numbers.
    pub unit: String,
}

/// Text that is not a metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMetric {
    /// There is no name.
    #[error("there is no name: write NAME or NAME=UNIT, such as ttft=ms")]
    NoName,
    /// Every report has the figures of this column.
    #[error("every report has the figures of `{0}`: name another column")]
    AlwaysReported(String),
    /// The column cannot be a quantity.
    #[error("`{0}` is not a quantity: name another column")]
    NoQuantity(String),
}

impl FromStr for MetricColumn {
    type Err = InvalidMetric;

    fn from_str(text: &str) -> Result<Self, InvalidMetric> {
        let (name, unit) = text.split_once('=').unwrap_or((text, ""));
        let (name, unit) = (name.trim().to_owned(), unit.trim().to_owned());
        match name.as_str() {
            "" => Err(InvalidMetric::NoName),
            known if ALWAYS_REPORTED.contains(&known) => Err(InvalidMetric::AlwaysReported(name)),
            known if NO_QUANTITIES.contains(&known) => Err(InvalidMetric::NoQuantity(name)),
            _ => Ok(MetricColumn { name, unit }),
        }
    }
}

/// Parses a decimal number, such as `0.35`, `-7` or `1.2E3`, in thousandths. Further decimals are
/// rounded, halves away from zero. `None` for text that is not a number, or is too large.
pub(super) fn thousandths(text: &[u8]) -> Option<i64> {
    /// Digits that are kept: any more cannot matter.
    const MAX_DIGITS: u32 = 30;
    let text = text.trim_ascii();
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut mantissa, mut digits, mut decimals) = (0_i128, 0_u32, 0_i64);
    let mut dropped = 0_i64;
    let mut has_digits = false;
    let mut point = false;
    let mut bytes = text.iter();
    let mut exponent = 0;
    for &byte in bytes.by_ref() {
        match byte {
            b'0'..=b'9' => {
                has_digits = true;
                if digits < MAX_DIGITS {
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    digits += u32::from(mantissa > 0);
                    decimals += i64::from(point);
                } else {
                    dropped += i64::from(!point);
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' => {
                let rest = bytes.as_slice();
                let rest = rest.strip_prefix(b"+").unwrap_or(rest);
                let number = super::number::parse(rest, 0, rest.len())?;
                exponent = i64::from(i16::try_from(number).ok()?);
                break;
            }
            _ => return None,
        }
    }
    if !has_digits {
        return None;
    }
    let shift = exponent + dropped - decimals + 3;
    let power = |of: i64| {
        let of = u32::try_from(of).ok()?;
        10_i128.checked_pow(of)
    };
    let value = match shift {
        0.. if mantissa == 0 => 0,
        0.. => mantissa.checked_mul(power(shift)?)?,
        // The divisor is larger than any mantissa.
        _ => power(-shift).map_or(0, |divisor| (mantissa + divisor / 2) / divisor),
    };
    let value = i64::try_from(value).ok()?;
    Some(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<i64> {
        thousandths(text.as_bytes())
    }

    #[test]
    fn decimals_are_read_in_thousandths() {
        for (text, value) in [
            ("0", 0),
            ("7", 7_000),
            ("0.35", 350),
            (" 12.5 ", 12_500),
            ("-3.25", -3_250),
            ("+.5", 500),
            ("5.", 5_000),
            ("1.2E3", 1_200_000),
            ("1.2e-2", 12),
            ("25e+1", 250_000),
            ("1.0E-300", 0),
            ("0.0004", 0),
            ("0.0005", 1),
            ("-0.0005", -1),
            ("0e99", 0),
            (
                "0.1000000000000000055511151231257827021181583404541015625",
                100,
            ),
            ("9223372036854775.807", i64::MAX),
        ] {
            assert_eq!(parsed(text), Some(value), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "",
            " ",
            "null",
            "-",
            ".",
            "1.2.3",
            "1,5",
            "12 ms",
            "0x10",
            "NaN",
            "Infinity",
            "1e",
            "1e99999",
            "1e30",
            "9223372036854775.808",
            "e5",
            "--1",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_metric_has_a_name_and_perhaps_a_unit() {
        let metric = |text: &str| text.parse().map(|of: MetricColumn| (of.name, of.unit));
        let named = |name: &str, unit: &str| Ok((name.to_owned(), unit.to_owned()));
        assert_eq!(metric("ttft=ms"), named("ttft", "ms"));
        assert_eq!(metric("queue"), named("queue", ""));
        for wrong in ["", "=ms", "elapsed", "Latency=ms", "success"] {
            assert!(metric(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_wider_integers(whole in -1_000_000_000_i64..1_000_000_000, part in 0..1_000_i64) {
            let text = format!("{whole}.{part:03}");
            let sign = if whole < 0 { -1 } else { 1 };
            prop_assert_eq!(parsed(&text), Some(whole * 1_000 + sign * part));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = thousandths(&bytes);
        }

        #[test]
        fn any_number_is_read_or_refused(text in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}([eE][-+]?[0-9]{0,6})?") {
            let _ = parsed(&text);
        }
    }
}
