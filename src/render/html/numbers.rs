//! Numbers to read.

use serde::{Serialize, Serializer};

/// Larger whole numbers are not exact in JavaScript.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number with its thousands apart: `200,000`.
pub fn thousands(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut grouped = if number < 0 {
        "-".to_owned()
    } else {
        String::new()
    };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with its thousands apart and two decimals: `1,399.94`.
pub fn two_decimals(number: f64) -> String {
    let text = format!("{number:.2}");
    match text.split_once('.') {
        Some((whole, fraction)) => match whole.parse::<i128>() {
            Ok(whole) if number >= 0.0 => format!("{}.{fraction}", thousands(whole)),
            _ => text,
        },
        None => text,
    }
}

/// A share as percent with three decimals, as JMeter prints it; never 0.000% of something.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.0005 {
        return "less than 0.001%".to_owned();
    }
    format!("{percent:.3}%")
}

/// A number in the page's data, whole ones without `.0`: it would be a fifth of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Number(number) = *self;
        if number.fract() == 0.0 && number.abs() < MAX_EXACT {
            serializer.serialize_i64(number as i64)
        } else {
            serializer.serialize_f64(number)
        }
    }
}

/// The number at five significant digits, more than can be seen; whole numbers of up to seven
/// digits as they are.
pub fn significant(number: f64) -> f64 {
    if number.fract() == 0.0 && number.abs() < 1e7 {
        return number;
    }
    format!("{number:.4e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0_u64), "0");
        assert_eq!(thousands(999_u64), "999");
        assert_eq!(thousands(10_000_000_u64), "10,000,000");
        assert_eq!(thousands(-1_270_i64), "-1,270");
        assert_eq!(two_decimals(1_399.944), "1,399.94");
        assert_eq!(two_decimals(0.5), "0.50");
        assert_eq!(percent(0.0), "0.000%");
        assert_eq!(percent(0.2), "20.000%");
        assert_eq!(percent(0.000_000_1), "less than 0.001%");
    }

    #[test]
    fn data_is_short() {
        let numbers = [1270.0, 399.944_012, 1e300, 0.000_123_456_7, -0.5]
            .map(significant)
            .map(Number);
        assert_eq!(
            serde_json::to_string(&numbers).unwrap(),
            "[1270,399.94,1e+300,0.00012346,-0.5]"
        );
        assert_eq!(
            serde_json::to_string(&[Number(123_456.5), Number(7.0)]).unwrap(),
            "[123456.5,7]"
        );
    }
}
