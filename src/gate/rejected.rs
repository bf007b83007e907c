//! The rejected rows of a run, as far as they put criteria in doubt.

use std::fmt;
use std::str::FromStr;

use super::value::{Unit, with_unit};
use crate::format::{counted, thousands};
use crate::jtl::Fault;
use crate::report::{Accounting, Report, RowFault};

/// How many rejected rows a run may have, not counting a last row cut short.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum MaxRejected {
    /// This number of rows.
    Rows(u64),
    /// This percentage of the rows read.
    Percent(f64),
}

impl MaxRejected {
    /// Whether an account of rows has more rejected ones.
    pub fn is_exceeded(self, accounting: &Accounting) -> bool {
        let rejected = accounting.rejected_whole();
        match self {
            MaxRejected::Rows(max) => rejected > max,
            MaxRejected::Percent(max) => percent(rejected, accounting) > max,
        }
    }
}

impl fmt::Display for MaxRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxRejected::Rows(rows) => rows.fmt(f),
            MaxRejected::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The error of parsing text that is neither a number of rows nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number of rows nor a percentage of them: give one such as 10 or 0.1%")]
pub struct InvalidMaxRejected(String);

impl FromStr for MaxRejected {
    type Err = InvalidMaxRejected;

    fn from_str(text: &str) -> Result<Self, InvalidMaxRejected> {
        let parsed = match text.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.trim_end().parse().ok();
                let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
                percent.map(MaxRejected::Percent)
            }
            None => text.parse().ok().map(MaxRejected::Rows),
        };
        parsed.ok_or_else(|| InvalidMaxRejected(text.to_owned()))
    }
}

/// Returns a number of rows in percent of those read.
pub(super) fn percent(rows: u64, accounting: &Accounting) -> f64 {
    match accounting.rows_read {
        0 => 0.0,
        read => rows as f64 * 100.0 / read as f64,
    }
}

/// Returns how many samples the rejected rows of a run may stand for: one each, or as many as its other
/// rows do on average.
pub(super) fn samples(report: &Report) -> u64 {
    let accounting = &report.accounting;
    let each = report.total.samples.div_ceil(accounting.counted.max(1));
    accounting.rejected_whole().saturating_mul(each.max(1))
}

/// Says how many rows were rejected: `3 of 104 rows (2.885%) were rejected`. `None` without any.
pub(super) fn note(accounting: &Accounting) -> Option<String> {
    let rejected = accounting.rejected_whole();
    let was = if rejected == 1 { "was" } else { "were" };
    (rejected > 0).then(|| {
        format!(
            "{} of {} ({}) {was} rejected",
            thousands(rejected),
            counted(accounting.rows_read, "row"),
            with_unit(percent(rejected, accounting), Unit::Percent),
        )
    })
}

/// Says the same, and where the first of them is. `None` without any.
pub fn rejected_rows(accounting: &Accounting) -> Option<String> {
    let note = note(accounting)?;
    Some(match first(accounting) {
        Some(first) => format!(
            "{note}, the first at {}:{} ({})",
            first.first_input, first.first_line, first.reason
        ),
        None => note,
    })
}

/// Returns the kind of the first rejected row, without a last row cut short.
fn first(accounting: &Accounting) -> Option<&RowFault> {
    let cut_short = Fault::CutShort.reason();
    let whole = accounting.rejections.iter();
    let whole = whole.filter(|fault| fault.reason != cut_short);
    whole.min_by_key(|fault| fault.first_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounting(rejections: &[(&str, u64, u64)]) -> Accounting {
        let fault = |&(reason, count, first_line): &(&str, u64, u64)| RowFault {
            reason: reason.to_owned(),
            count,
            first_input: "results.jtl".to_owned(),
            first_line,
            first_column: None,
            first_value: None,
        };
        let cut_short = rejections
            .iter()
            .filter(|(reason, ..)| *reason == Fault::CutShort.reason());
        Accounting {
            rows_read: 1_000,
            rejected: rejections.iter().map(|(_, count, _)| count).sum(),
            cut_short: cut_short.map(|(_, count, _)| count).sum(),
            rejections: rejections.iter().map(fault).collect(),
            ..Accounting::default()
        }
    }

    #[test]
    fn the_first_row_is_named() {
        let cut_short = Fault::CutShort.reason();
        let of = |rejections: &[(&str, u64, u64)]| rejected_rows(&accounting(rejections));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(&cut_short, 1, 900)]), None);
        assert_eq!(
            of(&[("b", 2, 700), ("a", 1, 17), (&cut_short, 1, 3)]).unwrap(),
            "3 of 1,000 rows (0.3%) were rejected, the first at results.jtl:17 (a)"
        );
        assert_eq!(
            of(&[("a", 1, 17)]).unwrap(),
            "1 of 1,000 rows (0.1%) was rejected, the first at results.jtl:17 (a)"
        );
    }

    #[test]
    fn aggregated_rows_stand_for_several_samples() {
        let samples = |counted: u64, of_counted: u64| {
            let mut report = Report {
                accounting: accounting(&[("a", 3, 17)]),
                ..Report::default()
            };
            report.accounting.counted = counted;
            report.total.samples = of_counted;
            samples(&report)
        };
        assert_eq!(samples(100, 100), 3);
        assert_eq!(samples(100, 950), 30);
        assert_eq!(samples(0, 0), 3);
    }

    #[test]
    fn a_number_or_a_share_is_allowed() {
        let of = |text: &str| text.parse::<MaxRejected>();
        let three = accounting(&[("a", 3, 17)]);
        for (text, is_exceeded) in [("2", true), ("3", false), ("0.2%", true), ("0.3 %", false)] {
            assert_eq!(of(text).unwrap().is_exceeded(&three), is_exceeded, "{text}");
        }
        for text in ["", "%", "-1", "101%", "NaN%", "1.5", "many"] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
