//! Integers from ASCII digits, four or eight at a time, without UTF-8 checks.

/// Bytes that are loaded at once. A field with fewer bytes from its start to the end of the buffer
/// is read one byte at a time.
pub const WORD: usize = 8;

/// Reads `bytes[start..end]` as a number: an optional sign and decimal digits, within i64.
#[inline(always)]
pub fn parse(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    let length = end.wrapping_sub(start);
    let value = match length {
        1..=4 => parse_up_to_4(bytes, start, length).map(i64::from),
        5..=8 => parse_up_to_8(bytes, start, length),
        _ => None,
    };
    value.or_else(|| parse_any(bytes, start, end))
}

/// Like [`parse`], but also fast for 9 to 16 digits.
#[inline(always)]
pub fn parse_long(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    let value = match end.wrapping_sub(start) {
        length @ 1..=8 => parse_up_to_8(bytes, start, length),
        length @ 9..=16 => parse_up_to_16(bytes, start, length),
        _ => None,
    };
    value.or_else(|| parse_any(bytes, start, end))
}

/// Like [`parse_up_to_8`], for 9 to 16 digits.
#[inline(always)]
fn parse_up_to_16(bytes: &[u8], start: usize, length: usize) -> Option<i64> {
    let high = parse_up_to_8(bytes, start, length - 8)?;
    let low = parse_up_to_8(bytes, start + length - 8, 8)?;
    Some(high * 100_000_000 + low)
}

/// Like [`parse`], but faster for numbers that usually have one digit.
#[inline(always)]
pub fn parse_short(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    match bytes.get(start..end) {
        Some(&[digit @ b'0'..=b'9']) => Some(i64::from(digit - b'0')),
        _ => parse(bytes, start, end),
    }
}

/// Reads `length` (1 to 4) digits at `start`. Returns `None` if one of them is not a digit, or if
/// fewer than four bytes are left in `bytes`.
#[inline(always)]
pub fn parse_up_to_4(bytes: &[u8], start: usize, length: usize) -> Option<u32> {
    let four = bytes.get(start..start + 4)?.try_into().ok()?;
    // Shift the digits to the high bytes, the last digit highest. The bytes behind them drop out,
    // and zeros come in below.
    let digits = (u32::from_le_bytes(four) ^ 0x3030_3030) << (32 - 8 * length);
    if (digits | digits.wrapping_add(0x0606_0606)) & 0xF0F0_F0F0 != 0 {
        return None;
    }
    // Combine neighbours: 4 digits to 2 pairs to 1 number.
    let pairs = (digits.wrapping_mul((10 << 8) | 1) >> 8) & 0x00FF_00FF;
    Some(pairs.wrapping_mul((100 << 16) | 1) >> 16)
}

/// Like [`parse_up_to_4`], for 1 to 8 digits.
#[inline(always)]
fn parse_up_to_8(bytes: &[u8], start: usize, length: usize) -> Option<i64> {
    let eight = bytes.get(start..start + WORD)?.try_into().ok()?;
    let digits = (u64::from_le_bytes(eight) ^ 0x3030_3030_3030_3030) << (64 - 8 * length);
    of_digits(digits).map(i64::from)
}

/// Reads the last `length` bytes of a text as a number. `None` if one of them is not a digit, if there are
/// none or more than eight, or if the text has fewer than eight bytes.
#[inline(always)]
pub fn at_end(text: &[u8], length: usize) -> Option<u32> {
    let others = match length {
        1..=WORD => 64 - 8 * length,
        _ => return None,
    };
    let eight = u64::from_le_bytes(*text.last_chunk()?);
    of_digits((eight ^ 0x3030_3030_3030_3030) >> others << others)
}

/// The number of eight digits, the last one in the highest byte.
#[inline(always)]
fn of_digits(digits: u64) -> Option<u32> {
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 != 0 {
        return None;
    }
    let pairs = (digits.wrapping_mul((10 << 8) | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let quads = (pairs.wrapping_mul((100 << 16) | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some((quads.wrapping_mul((10_000 << 32) | 1) >> 32) as u32)
}

/// The general way, for signs, long numbers and the last bytes of a buffer.
#[cold]
#[inline(never)]
fn parse_any(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    let (negative, digits) = match bytes.get(start..end)? {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    // Accumulate below zero to reach i64::MIN, which has no positive counterpart.
    let value = digits.iter().try_fold(0_i64, |value, &byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(())?;
        value.checked_mul(10)?.checked_sub(i64::from(digit))
    })?;
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn padded(text: &str) -> Option<i64> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend_from_slice(b",9");
        bytes.resize(text.len() + WORD, b'7');
        let value = parse(&bytes, 0, text.len());
        assert_eq!(parse_short(&bytes, 0, text.len()), value);
        assert_eq!(parse_long(&bytes, 0, text.len()), value);
        value
    }

    #[test]
    fn numbers() {
        assert_eq!(padded("0"), Some(0));
        assert_eq!(padded("7"), Some(7));
        assert_eq!(padded("12345678"), Some(12_345_678));
        assert_eq!(padded("1762000000123"), Some(1_762_000_000_123));
        assert_eq!(padded("-5"), Some(-5));
        assert_eq!(padded("+5"), Some(5));
        assert_eq!(padded("9223372036854775807"), Some(i64::MAX));
        assert_eq!(padded("-9223372036854775808"), Some(i64::MIN));
    }

    #[test]
    fn numbers_at_the_end_of_a_text() {
        assert_eq!(at_end(b"Users 1-153", 3), Some(153));
        assert_eq!(at_end(b"12345678", 8), Some(12_345_678));
        for (text, length) in [("Users 1-153", 0), ("Users 1-x53", 3), ("1-153", 3)] {
            assert_eq!(at_end(text.as_bytes(), length), None, "{text}");
        }
        assert_eq!(at_end(b"0123456789", 9), None);
    }

    #[test]
    fn other_text_is_refused_as_a_number() {
        for text in [
            "",
            "-",
            "+",
            "1a",
            "a",
            " 1",
            "1.5",
            "9223372036854775808",
            "12345678x",
            "1_0",
            "１",
        ] {
            assert_eq!(padded(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(text in "[-+]?[0-9]{0,20}|[0-9/:a-z]{1,16}") {
            prop_assert_eq!(padded(&text), text.parse().ok());
        }

        #[test]
        fn agrees_without_padding(text in "[0-9]{1,19}") {
            prop_assert_eq!(parse(text.as_bytes(), 0, text.len()), text.parse().ok());
        }
    }
}
