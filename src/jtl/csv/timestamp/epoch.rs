//! Numeric time stamps: the time since 1970 in seconds, milliseconds, microseconds or nanoseconds.

use serde::{Deserialize, Serialize};

use crate::jtl::number;

/// Milliseconds since 1970 of the earliest and latest time that a run plausibly has: the years 2000
/// to 2099.
const PLAUSIBLE_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Unit of a numeric `timeStamp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds, as JMeter writes it.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl EpochUnit {
    const ALL: [EpochUnit; 4] = [
        EpochUnit::Seconds,
        EpochUnit::Milliseconds,
        EpochUnit::Microseconds,
        EpochUnit::Nanoseconds,
    ];

    /// Its name in full, in the plural.
    pub fn name(self) -> &'static str {
        match self {
            EpochUnit::Seconds => "seconds",
            EpochUnit::Milliseconds => "milliseconds",
            EpochUnit::Microseconds => "microseconds",
            EpochUnit::Nanoseconds => "nanoseconds",
        }
    }

    /// The unit in which a number is a time of this century; `None` if it is in no unit. A time in
    /// one unit is far from this century in all others.
    pub fn of(text: &[u8]) -> Option<Self> {
        let mut units = EpochUnit::ALL.into_iter();
        units.find(|unit| {
            let ms = unit.parse(text);
            ms.is_some_and(|ms| PLAUSIBLE_MS.contains(&ms))
        })
    }

    /// Reads a number with or without a fraction as epoch ms. Smaller units than ms are cut off.
    pub fn parse(self, text: &[u8]) -> Option<i64> {
        let dot = memchr::memchr(b'.', text).unwrap_or(text.len());
        let whole = number::parse(text, 0, dot)?;
        let fraction = text.get(dot + 1..).unwrap_or_default();
        let is_number = fraction.iter().all(u8::is_ascii_digit) && dot + 1 != text.len();
        if !is_number {
            return None;
        }
        match self {
            EpochUnit::Seconds => {
                let digits = fraction.iter().chain(b"000").take(3);
                let ms = digits.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
                let ms = if text.starts_with(b"-") { -ms } else { ms };
                whole.checked_mul(1_000)?.checked_add(ms)
            }
            EpochUnit::Milliseconds => Some(whole),
            EpochUnit::Microseconds => Some(whole.div_euclid(1_000)),
            EpochUnit::Nanoseconds => Some(whole.div_euclid(1_000_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_its_unit() {
        for (text, unit, ms) in [
            ("1700000000", EpochUnit::Seconds, 1_700_000_000_000),
            ("1700000000.123", EpochUnit::Seconds, 1_700_000_000_123),
            ("1700000000.1239", EpochUnit::Seconds, 1_700_000_000_123),
            ("1700000000.5", EpochUnit::Seconds, 1_700_000_000_500),
            ("1700000000123", EpochUnit::Milliseconds, 1_700_000_000_123),
            (
                "1700000000123.9",
                EpochUnit::Milliseconds,
                1_700_000_000_123,
            ),
            (
                "1700000000123456",
                EpochUnit::Microseconds,
                1_700_000_000_123,
            ),
            (
                "1700000000123456789",
                EpochUnit::Nanoseconds,
                1_700_000_000_123,
            ),
        ] {
            assert_eq!(EpochUnit::of(text.as_bytes()), Some(unit), "{text}");
            assert_eq!(unit.parse(text.as_bytes()), Some(ms), "{text}");
        }
    }

    #[test]
    fn other_numbers_tell_no_unit() {
        for text in ["0", "1000", "-1700000000000", "170000000000", "9999999999"] {
            assert_eq!(EpochUnit::of(text.as_bytes()), None, "{text}");
        }
        for text in ["", ".", "1.", ".5", "1.5.5", "1e3", "9223372036854775807"] {
            assert_eq!(EpochUnit::Seconds.parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(EpochUnit::Seconds.parse(b"-1.5"), Some(-1_500));
        assert_eq!(EpochUnit::Microseconds.parse(b"-1"), Some(-1));
    }
}
