//! The numbers of a usual row in JMeter 5's default columns, read side by side with SIMD.
//!
//! SIMD lanes are taken apart into narrower ones in the order of little-endian bytes.

use fearless_simd::{i16x16, i16x32, prelude::*, u16x16, u16x32, u32x8, u64x8};

use super::columns::Columns;
use super::kinds::MARKS;

/// The first of the last eight columns: bytes, sentBytes, grpThreads, allThreads, URL, Latency,
/// IdleTime, Connect. All except the URL are numbers.
const LAST_EIGHT: usize = MARKS - 9;

/// The place of the URL among the last eight columns.
const URL: usize = 4;

/// The numbers in the last eight columns, with the elapsed time in the place of the URL. Returns
/// `None` if one of them does not have 1 to 8 digits.
#[inline(always)]
pub fn numbers<S: Simd>(simd: S, bytes: &[u8], marks: &[u32; MARKS]) -> Option<[u32; 8]> {
    // The marks before and after each number.
    let mut before: [u32; 8] = *marks[LAST_EIGHT..].first_chunk()?;
    let mut behind: [u32; 8] = *marks[LAST_EIGHT + 1..].first_chunk()?;
    before[URL] = marks[Columns::JMETER_5.elapsed];
    behind[URL] = marks[Columns::JMETER_5.elapsed + 1];
    let lengths = u32x8::simd_from(simd, behind) - u32x8::simd_from(simd, before) - 1;
    // A length of 0 wraps around.
    match ((lengths - 1) & !3).simd_eq(0).all_true() {
        true => short_numbers(simd, bytes, before, lengths),
        false => long_numbers(simd, bytes, before, lengths),
    }
}

/// Numbers of 1 to 4 digits behind these marks, as in `number::parse_up_to_4`.
#[inline(always)]
fn short_numbers<S: Simd>(
    simd: S,
    bytes: &[u8],
    before: [u32; 8],
    lengths: u32x8<S>,
) -> Option<[u32; 8]> {
    let mut texts = [0; 8];
    for (text, before) in texts.iter_mut().zip(before) {
        let start = before as usize + 1;
        *text = u32::from_le_bytes(*bytes.get(start..start + 4)?.first_chunk()?);
    }
    let shift = (u32x8::splat(simd, 4) - lengths) << 3;
    let digits = (u32x8::simd_from(simd, texts) ^ 0x3030_3030) << shift;
    let no_digits = (digits | (digits + 0x0606_0606)) & 0xF0F0_F0F0;
    if !no_digits.simd_eq(0).all_true() {
        return None;
    }
    let digits: u16x16<S> = digits.bitcast();
    let pairs = (digits * 10 + (digits >> 8)) & 0xFF;
    let factors = i16x16::from_fn(simd, |lane| [100, 1][lane % 2]);
    let numbers = pairs.bitcast::<i16x16<S>>().pairwise_dot_product(factors);
    Some(*numbers.bitcast::<u32x8<S>>())
}

/// Numbers of 1 to 8 digits behind these marks, as in `number::parse_up_to_8`. `None` if one has other
/// lengths.
#[inline(always)]
fn long_numbers<S: Simd>(
    simd: S,
    bytes: &[u8],
    before: [u32; 8],
    lengths: u32x8<S>,
) -> Option<[u32; 8]> {
    let mut texts = [0; 8];
    for (text, before) in texts.iter_mut().zip(before) {
        let start = before as usize + 1;
        *text = u64::from_le_bytes(*bytes.get(start..start + 8)?.first_chunk()?);
    }
    let (low, high) = lengths.widen();
    let lengths: u64x8<S> = low.combine(high);
    // Shift the digits to the high bytes, the last one highest, and combine neighbours.
    let shift = ((u64x8::splat(simd, 8) - lengths) << 3) & 56;
    let digits = (u64x8::simd_from(simd, texts) ^ 0x3030_3030_3030_3030) << shift;
    let no_digits = (digits | (digits + 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0;
    let wrong = no_digits | ((lengths - 1) & !7);
    if !wrong.simd_eq(0).all_true() {
        return None;
    }
    let digits: u16x32<S> = digits.bitcast();
    let pairs = (digits * 10 + (digits >> 8)) & 0xFF;
    let quads = pairs
        .bitcast::<i16x32<S>>()
        .pairwise_dot_product(alternating(simd, [100, 1, 100, 1]))
        .bitcast::<u64x8<S>>();
    let quads = (quads | (quads >> 16)).bitcast::<i16x32<S>>();
    let eights = quads.pairwise_dot_product(alternating(simd, [10_000, 1, 0, 0]));
    let numbers: [u64; 8] = *eights.bitcast::<u64x8<S>>();
    Some(numbers.map(|number| number as u32))
}

/// The factors, repeated over all lanes.
#[inline(always)]
fn alternating<S: Simd>(simd: S, factors: [i16; 4]) -> i16x32<S> {
    i16x32::from_fn(simd, |lane| factors[lane % 4])
}
