//! Numbers of a comparison as people read them.

use crate::compare::{Change, Figure, LabelComparison, Test, Verdict};
use crate::format::decimals as number;

/// Shown for a value that a side does not have.
pub const MISSING: &str = "–";

/// Smallest ratio that is written as a factor.
const MIN_FACTOR: f64 = 9.0;

/// A figure's value on one side, with its unit.
pub fn value(figure: &Figure, side: usize) -> String {
    match figure.values[side] {
        Some(value) => with_unit(&number(value, figure.decimals), figure.unit),
        None => MISSING.to_owned(),
    }
}

/// The change over whole runs, in the figure's unit and in percent.
pub fn difference(figure: &Figure, change: &Change) -> String {
    let difference = change_with_unit(figure, &signed(change.difference, figure.decimals));
    match change.ratio {
        Some(ratio) if figure.unit != "%" => format!("{difference} ({})", percent(ratio)),
        _ => difference,
    }
}

/// The change over whole runs in percent; in the figure's unit if that says more.
pub fn brief_difference(figure: &Figure, change: &Change) -> String {
    match change.ratio {
        Some(ratio) if figure.unit != "%" => percent(ratio),
        _ => change_with_unit(figure, &signed(change.difference, figure.decimals)),
    }
}

/// The interval of the tested change and its confidence, such as `+12.1 to +33.0 ms (99.8%)`. If the
/// change over whole runs lies outside, the tested change precedes it.
pub fn interval(figure: &Figure, change: &Change) -> String {
    let Some(test) = &change.test else {
        return String::new();
    };
    let level = decimal(test.confidence * 100.0, 2);
    format!("{} ({level}%)", brief_interval(figure, change))
}

/// The interval alone.
pub fn brief_interval(figure: &Figure, change: &Change) -> String {
    let Some(test) = &change.test else {
        return String::new();
    };
    let decimals = figure.decimals.max(1);
    let end = |end: f64| signed(end, decimals);
    let interval = match (test.interval.low, test.interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", end(low), end(high)),
        (Some(low), None) => format!("from {}", end(low)),
        (None, Some(high)) => format!("up to {}", end(high)),
        (None, None) => return "unbounded".to_owned(),
    };
    let interval = change_with_unit(figure, &interval);
    match is_inside(change.difference, test) {
        true => interval,
        false => format!("{}: {interval}", end(test.estimate)),
    }
}

fn is_inside(difference: f64, test: &Test) -> bool {
    test.interval.low.is_none_or(|low| low <= difference)
        && test.interval.high.is_none_or(|high| difference <= high)
}

/// The verdict in words; of a run that varies too much, by how much.
pub fn verdict(label: &LabelComparison, candidate: usize, change: &Change) -> String {
    let words = change.verdict.map(Verdict::words).unwrap_or_default();
    let phases = label.phases.get(candidate).copied().flatten();
    match phases.and_then(|phases| phases.deviation) {
        Some(deviation) if change.verdict == Some(Verdict::TooVariable) => {
            let percent = decimal(deviation * 100.0, usize::from(deviation < 0.1));
            format!("{words} (±{percent}% from slice to slice)")
        }
        _ => words.to_owned(),
    }
}

/// How far a significant change went: in percent, as a factor if it is large, and in points of an
/// error rate. Empty if the baseline was 0.
pub fn size(figure: &Figure, change: &Change) -> String {
    if figure.unit == "%" {
        let decimals = if change.difference.abs() < 1.0 { 2 } else { 1 };
        let points = decimal(change.difference, decimals);
        let sign = if change.difference > 0.0 { "+" } else { "" };
        return format!("{sign}{points} pp");
    }
    // What decided, if the mix of phases makes the whole run look otherwise.
    if let Some(test) = &change.test
        && test.estimate * change.difference < 0.0
        && let Some(from) = figure.values[0].filter(|&from| from != 0.0)
    {
        return format!("{} within phases", percent(test.estimate / from));
    }
    match change.ratio {
        Some(ratio) if ratio >= MIN_FACTOR => format!("×{}", number(ratio + 1.0, 0)),
        Some(ratio) if ratio.abs() >= 0.0995 => format!("{}%", signed(ratio * 100.0, 0)),
        Some(ratio) => percent(ratio),
        None => String::new(),
    }
}

/// The values of both sides, such as `226 → 450 ms`: one if they read the same.
pub fn from_to(figure: &Figure, candidate: usize) -> String {
    let brief = |side: usize| figure.values[side].map(|value| brief(figure.unit, value));
    let with_unit = |text: &str| match figure.unit {
        "%" => text.to_owned(),
        unit => with_unit(text, unit),
    };
    match (brief(0), brief(candidate + 1)) {
        (None, None) => MISSING.to_owned(),
        (Some(from), None) => format!("{} → {MISSING}", with_unit(&from)),
        (Some(from), Some(to)) if from == to => with_unit(&from),
        (Some(from), Some(to)) => with_unit(&format!("{from} → {to}")),
        (None, Some(to)) => format!("{MISSING} → {}", with_unit(&to)),
    }
}

/// A value rounded for a summary; percentages with their sign.
fn brief(unit: &str, value: f64) -> String {
    match unit {
        "%" => format!("{}%", decimal(value, if value < 0.01 { 4 } else { 2 })),
        "ms" => number(value, 0),
        _ => match value.abs() {
            1000.0.. => number(value, 0),
            100.0.. => number(value, 1),
            1.0.. => number(value, 2),
            0.01.. => decimal(value, 3),
            _ => decimal(value, 5),
        },
    }
}

fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" | "%" | "/s" => format!("{number}{unit}"),
        _ => format!("{number} {unit}"),
    }
}

/// A change of percent is in percentage points.
fn change_with_unit(figure: &Figure, number: &str) -> String {
    match figure.unit {
        "%" => format!("{number} pp"),
        unit => with_unit(number, unit),
    }
}

fn percent(ratio: f64) -> String {
    format!("{}%", signed(ratio * 100.0, 1))
}

/// A number with its sign, except if it rounds to 0.
fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    match text.trim_matches(['-', '0', '.']) {
        "" => format!("{:.decimals$}", 0.0),
        _ if value > 0.0 => format!("+{text}"),
        _ => text,
    }
}

/// Removes trailing zeros of a fraction.
pub fn decimal(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands_separators_and_signs() {
        assert_eq!(signed(0.04, 1), "0.0");
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(1_000.0, 0), "+1,000");
        assert_eq!(decimal(100.0, 0), "100");
        assert_eq!(decimal(0.100, 3), "0.1");
    }

    #[test]
    fn brief_values_keep_what_counts() {
        assert_eq!(brief("%", 0.0), "0%");
        assert_eq!(brief("%", 4.95), "4.95%");
        assert_eq!(brief("/s", 0.033_4), "0.033");
        assert_eq!(brief("/s", 12_345.6), "12,346");
        assert_eq!(brief("ms", 1_270.4), "1,270");
    }
}
