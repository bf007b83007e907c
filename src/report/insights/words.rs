//! Formats figures and names for sentences.

use crate::format;

/// Longest name or message in a sentence, in characters; `report.json` has it in full.
const MAX_LENGTH: usize = 80;

/// Quotes and shortens a name or message.
pub(super) fn quoted(name: &str) -> String {
    format!("“{}”", format::shorten(name, MAX_LENGTH))
}

/// A rate: three digits or more.
pub(super) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 999.5 => format::thousands(rate.round() as u64),
        rate if rate >= 99.95 => format!("{rate:.0}"),
        rate if rate >= 9.995 => format!("{rate:.1}"),
        rate => format!("{rate:.2}"),
    }
}

/// A number of times as large: `6.2`, `48`.
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 9.95 => format!("{ratio:.0}"),
        ratio => format!("{ratio:.1}"),
    }
}

/// A time in ms, in the unit that reads best below an hour.
pub(super) fn ms(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        _ => format::duration(ms),
    }
}

/// A time in whole ms, as the table has it.
pub(super) fn whole_ms(ms: i64) -> String {
    format!("{} ms", format::thousands(ms))
}

/// A period in ms, without a last part of zero: `2 min`, not `2 min 0 s`.
pub(super) fn period(ms: i64) -> String {
    let text = format::duration(ms);
    let trimmed = [" 0 s", " 0 min"].map(|zero| text.strip_suffix(zero));
    trimmed
        .into_iter()
        .flatten()
        .next()
        .unwrap_or(&text)
        .to_owned()
}

/// A whole number of threads.
pub(super) fn threads(threads: f64) -> String {
    format::counted(threads.round().max(0.0) as u64, "thread")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [0.5, 12.34, 123.4, 999.9, 12_345.6].map(rate),
            ["0.50", "12.3", "123", "1,000", "12,346"]
        );
        assert_eq!([1.25, 9.96].map(times), ["1.2", "10"]);
        assert_eq!(
            [7, 999, 1_500, 90_000].map(ms),
            ["7 ms", "999 ms", "1.5 s", "1 min 30 s"]
        );
        assert_eq!([0.7, 1_999.6].map(threads), ["1 thread", "2,000 threads"]);
        assert_eq!(quoted("Home"), "“Home”");
        assert_eq!(
            [120_000, 3_600_000, 10_000, 90_000].map(period),
            ["2 min", "1 h", "10 s", "1 min 30 s"]
        );
    }
}
