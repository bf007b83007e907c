//! Parses the N of a request and computes the response body, in the format of the Flask app that
//! this server replaces.

use num_bigint::BigUint;
use serde::Serialize;

use super::decimal;
use super::fibonacci::Fibonacci;
use super::prime::{TRIAL_DIVISION_LIMIT, is_prime};

/// Largest index that is computed inline; larger ones would block other requests.
const MAX_INLINE_INDEX: u32 = 2_000;
/// Largest number that is tested for primality inline: about five thousand divisions.
const MAX_INLINE_PRIME: u64 = 1_000_000_000;

/// Why the N of a path is rejected, as the client reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumber {
    /// Not an index that the server computes.
    #[error("give a whole number from 0 to {max}, such as /fibo/100")]
    Fibonacci {
        /// The largest index.
        max: u32,
    },
    /// Not an integer, or one beyond 64 bits.
    #[error("give a whole number up to {}, such as /isprime/7919", u64::MAX)]
    Prime,
}

/// What a request asks to compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The Fibonacci number F(index).
    Fibonacci {
        /// The index as the client wrote it.
        text: String,
        /// The index as a number.
        index: u32,
    },
    /// Whether a number is prime.
    Prime {
        /// The number as the client wrote it.
        text: String,
        /// The number; `None` for any negative one.
        number: Option<u64>,
    },
}

impl Question {
    /// Parses the N of `/fibo/N`.
    ///
    /// # Errors
    ///
    /// If `text` is not a whole number from 0 to `max`.
    pub fn fibonacci(text: impl Into<String>, max: u32) -> Result<Self, InvalidNumber> {
        let text = text.into();
        match integer(&text) {
            Some(Integer::Natural(index)) if index <= u64::from(max) => Ok(Question::Fibonacci {
                text,
                index: index as u32,
            }),
            _ => Err(InvalidNumber::Fibonacci { max }),
        }
    }

    /// Parses the N of `/isprime/N`.
    ///
    /// # Errors
    ///
    /// If `text` is not a whole number, or exceeds 64 bits.
    pub fn prime(text: impl Into<String>) -> Result<Self, InvalidNumber> {
        let text = text.into();
        let number = match integer(&text) {
            Some(Integer::Natural(number)) => Some(number),
            Some(Integer::Negative) => None,
            Some(Integer::TooLarge) | None => return Err(InvalidNumber::Prime),
        };
        Ok(Question::Prime { text, number })
    }

    /// Whether the answer takes only microseconds, so that it may be computed inline.
    pub fn is_quick(&self) -> bool {
        match self {
            Question::Fibonacci { index, .. } => *index <= MAX_INLINE_INDEX,
            Question::Prime { number, .. } => !number
                .is_some_and(|number| (MAX_INLINE_PRIME..=TRIAL_DIVISION_LIMIT).contains(&number)),
        }
    }

    /// Computes the answer: a JSON body that ends with a line feed.
    pub fn answer(&self, fibonacci: &Fibonacci) -> Vec<u8> {
        match self {
            Question::Fibonacci { text, index } => fibonacci_body(text, &fibonacci.get(*index)),
            Question::Prime { text, number } => {
                let status = if number.is_some_and(is_prime) {
                    "Prime!"
                } else {
                    "Non-Prime."
                };
                prime_body(text, status)
            }
        }
    }
}

// `text` is digits with an optional sign, so the JSON needs no escaping.

fn fibonacci_body(text: &str, number: &BigUint) -> Vec<u8> {
    // A decimal digit holds more than three bits.
    let digits = number.bits() as usize / 3 + 1;
    let mut body = Vec::with_capacity(40 + text.len() + digits);
    body.extend_from_slice(b"{\"fibonacci_number\":");
    decimal::append(&mut body, number);
    body.extend_from_slice(b",\"index\":\"");
    body.extend_from_slice(text.as_bytes());
    body.extend_from_slice(b"\"}\n");
    body
}

fn prime_body(text: &str, status: &str) -> Vec<u8> {
    let pieces = [
        "{\"number\":\"",
        text,
        "\",\"status\":\"",
        text,
        " is ",
        status,
        "\"}\n",
    ];
    pieces.concat().into_bytes()
}

/// Returns the JSON body of an error response.
pub fn error_body(message: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a str,
    }
    let mut body = serde_json::to_vec(&Body { error: message }).unwrap_or_default();
    body.push(b'\n');
    body
}

#[derive(Debug, PartialEq, Eq)]
enum Integer {
    Natural(u64),
    Negative,
    TooLarge,
}

/// Parses an optional sign and decimal digits; `None` for any other text.
fn integer(text: &str) -> Option<Integer> {
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    Some(match magnitude {
        Some(0) => Integer::Natural(0),
        _ if is_negative => Integer::Negative,
        Some(magnitude) => Integer::Natural(magnitude),
        None => Integer::TooLarge,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fibonacci(text: &str) -> Result<String, InvalidNumber> {
        let answer = Question::fibonacci(text, 100_000)?.answer(&Fibonacci::default());
        Ok(String::from_utf8(answer).unwrap())
    }

    fn prime(text: &str) -> Result<String, InvalidNumber> {
        let answer = Question::prime(text)?.answer(&Fibonacci::default());
        Ok(String::from_utf8(answer).unwrap())
    }

    #[test]
    fn bodies_are_flasks_byte_for_byte() {
        assert_eq!(
            fibonacci("100").unwrap(),
            "{\"fibonacci_number\":354224848179261915075,\"index\":\"100\"}\n"
        );
        assert_eq!(
            prime("7919").unwrap(),
            "{\"number\":\"7919\",\"status\":\"7919 is Prime!\"}\n"
        );
        assert_eq!(
            prime("7920").unwrap(),
            "{\"number\":\"7920\",\"status\":\"7920 is Non-Prime.\"}\n"
        );
    }

    #[test]
    fn text_is_echoed_as_given() {
        assert_eq!(
            fibonacci("007").unwrap(),
            "{\"fibonacci_number\":13,\"index\":\"007\"}\n"
        );
        assert_eq!(
            prime("+7").unwrap(),
            "{\"number\":\"+7\",\"status\":\"+7 is Prime!\"}\n"
        );
    }

    #[test]
    fn negative_numbers_are_not_prime() {
        for text in ["-7", "-0", "-99999999999999999999999"] {
            assert!(prime(text).unwrap().contains("Non-Prime."), "{text}");
        }
        assert!(fibonacci("-1").is_err());
    }

    #[test]
    fn refusals_say_what_is_accepted() {
        for text in [
            "",
            "-",
            "x",
            "1.5",
            "1 ",
            "0x10",
            "100001",
            "99999999999999999999",
            "１",
        ] {
            assert!(
                fibonacci(text)
                    .unwrap_err()
                    .to_string()
                    .contains("0 to 100000"),
                "{text}"
            );
        }
        for text in ["", "seven", "18446744073709551616"] {
            assert!(
                prime(text)
                    .unwrap_err()
                    .to_string()
                    .contains("18446744073709551615"),
                "{text}"
            );
        }
    }

    #[test]
    fn long_work_is_told_from_quick_work() {
        let is_quick = |question: Result<Question, InvalidNumber>| question.unwrap().is_quick();
        assert!(is_quick(Question::fibonacci("1000", 100_000)));
        assert!(!is_quick(Question::fibonacci("100000", 100_000)));
        assert!(is_quick(Question::prime("10000000")));
        assert!(!is_quick(Question::prime("999999999989")));
        assert!(is_quick(Question::prime("18446744073709551557")));
    }
}
