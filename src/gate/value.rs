//! Numbers with units, as in `500ms`.

use std::fmt;

/// The unit of a number in a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No unit.
    None,
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Percent.
    Percent,
    /// Per second.
    PerSecond,
    /// KB (1024 bytes) per second.
    KbPerSecond,
}

impl Unit {
    /// All units that have a name.
    pub const NAMED: [Unit; 7] = [
        Unit::Ms,
        Unit::Seconds,
        Unit::Minutes,
        Unit::Hours,
        Unit::Percent,
        Unit::PerSecond,
        Unit::KbPerSecond,
    ];

    /// Returns the name that follows a number, such as `ms`; empty for [`Unit::None`].
    pub fn name(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Ms => "ms",
            Unit::Seconds => "s",
            Unit::Minutes => "min",
            Unit::Hours => "h",
            Unit::Percent => "%",
            Unit::PerSecond => "/s",
            Unit::KbPerSecond => "KB/s",
        }
    }
}

/// A number with its unit, as written in a criterion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    /// The number: finite and not negative.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

impl Quantity {
    /// Converts the number to the unit that metrics have: times to ms, others unchanged.
    pub fn base(self) -> f64 {
        match self.unit {
            Unit::Seconds => decimal_product(self.value, 1_000.0),
            Unit::Minutes => decimal_product(self.value, 60_000.0),
            Unit::Hours => decimal_product(self.value, 3_600_000.0),
            Unit::None | Unit::Ms | Unit::Percent | Unit::PerSecond | Unit::KbPerSecond => {
                self.value
            }
        }
    }
}

/// Writes `500ms` or `0.5%`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit.name())
    }
}

/// Multiplies as decimal arithmetic does: 1.001 s is 1001 ms, not 1000.9999999999999 ms.
pub(super) fn decimal_product(a: f64, b: f64) -> f64 {
    rounded(a * b)
}

/// Rounds to the 15 significant digits that a double always holds, to remove binary noise.
pub(super) fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

/// Formats a number for people: up to three decimals, or scientific notation if that would show 0.
pub(super) fn readable(number: f64) -> String {
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "0" | "-0" if number != 0.0 => format!("{number:.1e}"),
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Formats a number with its unit for people: `500 ms`, `1.5%`, `20/s`.
pub(super) fn with_unit(number: f64, unit: Unit) -> String {
    let space = match unit {
        Unit::None | Unit::Percent | Unit::PerSecond => "",
        _ => " ",
    };
    format!("{}{space}{}", readable(number), unit.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(value: f64, unit: Unit) -> f64 {
        Quantity { value, unit }.base()
    }

    #[test]
    fn times_are_exact_decimals_of_ms() {
        assert_eq!(base(1.001, Unit::Seconds), 1001.0);
        assert_eq!(base(0.07, Unit::Seconds), 70.0);
        assert_eq!(base(1.5, Unit::Minutes), 90_000.0);
        assert_eq!(base(0.5, Unit::Hours), 1_800_000.0);
        assert_eq!(base(20.5, Unit::Ms), 20.5);
        assert_eq!(base(3.0, Unit::Percent), 3.0);
        assert_eq!(decimal_product(100.0, 1.1), 110.0);
        assert_eq!(rounded(0.1 + 0.2), 0.3);
    }

    #[test]
    fn numbers_read_well() {
        let readable: Vec<String> = [500.0, 0.5, 1.0 / 3.0, 0.0, -0.0, 0.0001, 1e9]
            .map(readable)
            .to_vec();
        assert_eq!(
            readable,
            ["500", "0.5", "0.333", "0", "0", "1.0e-4", "1000000000"]
        );
        assert_eq!(with_unit(1.25, Unit::Percent), "1.25%");
        assert_eq!(with_unit(20.0, Unit::KbPerSecond), "20 KB/s");
    }
}
