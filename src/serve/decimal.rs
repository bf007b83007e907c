//! Converts big integers to decimal, which takes most of the time once a Fibonacci number is
//! known. Up to a few hundred digits this takes less than half the time of num-bigint's `Display`.

use num_bigint::BigUint;

/// Largest number that is converted here, in 64-bit digits. The time grows with the square of the
/// length; above this, num-bigint's divide-and-conquer method is faster.
const MAX_DIGITS: usize = 32;
/// 10^19, the largest power of ten in 64 bits. `divide` relies on its highest bit being set.
const BASE: u64 = 10_000_000_000_000_000_000;
/// floor((2^128 - 1) / BASE) - 2^64.
const RECIPROCAL: u64 = (u128::MAX / BASE as u128 - (1 << 64)) as u64;
/// Decimal digits of a number below [`BASE`].
const CHUNK: usize = 19;
/// 10^8.
const E8: u64 = 100_000_000;

/// Appends `number` in decimal to `text`.
pub fn append(text: &mut Vec<u8>, number: &BigUint) {
    let mut digits = [0_u64; MAX_DIGITS];
    let mut length = 0;
    for digit in number.iter_u64_digits() {
        let Some(slot) = digits.get_mut(length) else {
            text.extend_from_slice(number.to_string().as_bytes());
            return;
        };
        *slot = digit;
        length += 1;
    }
    // A 64-bit digit holds 19.3 decimal digits: at most one more chunk than digits.
    let mut chunks = [0_u64; MAX_DIGITS + 1];
    let mut count = 0;
    let mut rest = digits.get_mut(..length).unwrap_or_default();
    for chunk in &mut chunks {
        while let [lower @ .., 0] = rest {
            rest = lower;
        }
        if rest.is_empty() {
            break;
        }
        let mut remainder = 0;
        for digit in rest.iter_mut().rev() {
            (*digit, remainder) = divide(remainder, *digit);
        }
        *chunk = remainder;
        count += 1;
    }
    let mut chunks = chunks.get(..count).unwrap_or_default().iter().rev();
    let first = chunks.next().copied().unwrap_or(0);
    let first = chunk_text(first);
    let zeros = first
        .iter()
        .take_while(|&&digit| digit == b'0')
        .count()
        .min(CHUNK - 1);
    text.extend_from_slice(first.get(zeros..).unwrap_or_default());
    for &chunk in chunks {
        text.extend_from_slice(&chunk_text(chunk));
    }
}

/// Returns the quotient and remainder of (high · 2^64 + low) / 10^19, for high < 10^19.
///
/// Source: Möller and Granlund, "Improved division by invariant integers" (2011).
fn divide(high: u64, low: u64) -> (u64, u64) {
    let estimate =
        u128::from(RECIPROCAL) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(BASE));
    if remainder > estimate as u64 {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(BASE);
    }
    if remainder >= BASE {
        quotient = quotient.wrapping_add(1);
        remainder -= BASE;
    }
    (quotient, remainder)
}

/// Writes a number below 10^19 as 19 decimal digits.
fn chunk_text(number: u64) -> [u8; CHUNK] {
    let mut text = [b'0'; CHUNK];
    let (upper, low) = (number / E8, number % E8);
    let (high, middle) = (upper / E8, upper % E8);
    let high = eight_digits(high);
    text[..3].copy_from_slice(&high[5..]);
    text[3..11].copy_from_slice(&eight_digits(middle));
    text[11..].copy_from_slice(&eight_digits(low));
    text
}

/// Writes a number below 10^8 as eight decimal digits, in parallel lanes of one 64-bit word: split
/// into halves, then pairs, then digits.
fn eight_digits(number: u64) -> [u8; 8] {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 5243) >> 19) & 0x7f_0000_007f;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x0f_000f_000f_000f;
    let digits = tens | ((quarters - tens * 10) << 8);
    (digits | 0x3030_3030_3030_3030).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(number: &BigUint) -> String {
        let mut text = Vec::new();
        append(&mut text, number);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn powers_and_their_neighbours() {
        for power in 0..2_200 {
            let two = BigUint::from(1_u32) << power;
            assert_eq!(decimal(&two), two.to_string());
            assert_eq!(decimal(&(&two - 1_u32)), (&two - 1_u32).to_string());
        }
        for power in 0..700 {
            let ten = BigUint::from(10_u32).pow(power);
            assert_eq!(decimal(&ten), ten.to_string());
            assert_eq!(decimal(&(&ten - 1_u32)), (&ten - 1_u32).to_string());
        }
    }

    #[test]
    fn eight_digits_are_right() {
        for number in (0..10_000)
            .chain((0..E8).step_by(9_973))
            .chain(E8 - 10_000..E8)
        {
            let expected = format!("{number:08}");
            assert_eq!(eight_digits(number), *expected.as_bytes(), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_number(digits in proptest::collection::vec(any::<u32>(), 0..80)) {
            let number = BigUint::new(digits);
            prop_assert_eq!(decimal(&number), number.to_string());
        }

        #[test]
        fn division_is_exact(high in 0..BASE, low in any::<u64>()) {
            let number = u128::from(high) << 64 | u128::from(low);
            let expected = (number / u128::from(BASE), number % u128::from(BASE));
            let (quotient, remainder) = divide(high, low);
            prop_assert_eq!((u128::from(quotient), u128::from(remainder)), expected);
        }
    }
}
