//! Numbers in the page's data.

use serde::{Serialize, Serializer};

/// Limit up to which JavaScript holds whole numbers exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A number in the page's data. Whole ones are written without `.0`, which would be a fifth of the page.
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

/// Rounds to five significant digits, more than a chart can show. Whole numbers of up to seven digits
/// stay exact.
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
