//! Kinds of rows: neighbours whose texts are the same, apart from label, thread number and URL.
//!
//! To compare a row's texts with those of a row before takes less work than to read them.

use fearless_simd::{prelude::*, u8x32};

use super::columns::Columns;
use super::index::CHUNK;
use crate::jtl::sample::Sample;
use crate::jtl::usual::Kind;
use crate::jtl::{number, thread_number, up_to_host};

/// Kinds that are remembered: a power of two. A run has a few for each load generator.
const PLACES: usize = 64;

/// Rows of another kind at the place of a kind, before it is forgotten.
const MAX_STRANGERS: u32 = 16;

/// Marks of a row in JMeter 5's default columns.
pub const MARKS: usize = Columns::JMETER_5_WIDTH + 1;

/// Bytes that are compared at once, which is all of most patterns.
const HALF: usize = CHUNK / 2;

/// The bits of the first half of a pattern.
const HALF_MASK: u64 = (1 << HALF) - 1;

const COLUMNS: Columns = Columns::JMETER_5;

/// The places of the marks before the columns that follow.
const LABEL_END: usize = COLUMNS.label + 1;
const THREAD_END: usize = LABEL_END + 3;
const FAILURE_END: usize = THREAD_END + 3;
const URL_START: usize = FAILURE_END + 4;

/// The kinds of the last rows.
#[derive(Debug)]
pub struct Kinds {
    places: Vec<Remembered>,
    /// The serial number of the next one.
    next: u32,
    /// The place of the kind of the last row, which is usually that of the next one too.
    last: usize,
}

/// What a kind of row looks like.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    /// 0 if no kind is remembered there.
    serial: u32,
    /// Rows that came here and are of another kind.
    strangers: u32,
    input: u32,
    /// Whether the thread name ends with a number, which is not part of the kind.
    has_number: bool,
    /// From the end of the label to the number of the thread, or to the end of the thread name.
    middle: Pattern,
    /// From the end of the thread name to that of the failure message.
    tail: Pattern,
    /// The URL up to the end of its host, or all of it with the delimiter.
    url: Pattern,
}

/// The first bytes of a text.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    bytes: [u8; CHUNK],
    /// The bits of the bytes that count.
    mask: u64,
    length: u32,
}

impl Pattern {
    const EMPTY: Pattern = Pattern {
        bytes: [0; CHUNK],
        mask: 0,
        length: 0,
    };

    /// `None` for a text that is too long.
    fn new(text: &[u8]) -> Option<Self> {
        let mut pattern = Pattern::EMPTY;
        pattern.bytes.get_mut(..text.len())?.copy_from_slice(text);
        pattern.length = text.len() as u32;
        pattern.mask = match text.len() {
            CHUNK => u64::MAX,
            length => (1 << length) - 1,
        };
        Some(pattern)
    }

    /// Whether the bytes from a place on begin with it.
    #[inline(always)]
    fn begins<S: Simd>(&self, simd: S, bytes: &[u8], at: usize) -> bool {
        let Some(text) = bytes.get(at..).and_then(|rest| rest.first_chunk::<CHUNK>()) else {
            return false;
        };
        let ([own, own_rest], _) = self.bytes.as_chunks::<HALF>() else {
            return false;
        };
        let ([text, text_rest], _) = text.as_chunks::<HALF>() else {
            return false;
        };
        let (first, rest) = (self.mask & HALF_MASK, self.mask >> HALF);
        // Most are short.
        same(simd, own, text) & first == first
            && (rest == 0 || same(simd, own_rest, text_rest) & rest == rest)
    }
}

/// The bits of the bytes that are the same in both texts.
#[inline(always)]
fn same<S: Simd>(simd: S, a: &[u8; HALF], b: &[u8; HALF]) -> u64 {
    let a = u8x32::simd_from(simd, *a);
    a.simd_eq(u8x32::simd_from(simd, *b)).to_bitmask()
}

impl Default for Kinds {
    fn default() -> Self {
        let nothing = Remembered {
            serial: 0,
            strangers: MAX_STRANGERS,
            input: 0,
            has_number: false,
            middle: Pattern::EMPTY,
            tail: Pattern::EMPTY,
            url: Pattern::EMPTY,
        };
        Kinds {
            places: vec![nothing; PLACES],
            next: 1,
            last: 0,
        }
    }
}

/// The place where a kind is remembered: by its response code, the beginnings of its thread name and URL,
/// and what follows the thread name.
#[inline(always)]
fn place_of(bytes: &[u8], marks: &[u32; MARKS]) -> usize {
    let word = |at: usize| {
        let word = bytes.get(at..).and_then(|rest| rest.first_chunk());
        word.map_or(0, |word| u64::from_le_bytes(*word))
    };
    let thread_start = marks[THREAD_END - 1] as usize + 1;
    let url_start = marks[URL_START] as usize + 1;
    // Shorter ones may end with digits that are not part of the kind.
    let is_long = marks[THREAD_END] as usize >= thread_start + 12;
    let is_long_url = marks[URL_START + 1] as usize >= url_start + 24;
    let thread = if is_long { word(thread_start) } else { 0 };
    let url = if is_long_url { word(url_start + 8) } else { 0 };
    let code = word(marks[LABEL_END] as usize) << 32;
    let tail = word(marks[THREAD_END] as usize);
    let mixed = (thread ^ url.rotate_left(11) ^ tail.rotate_left(23) ^ code)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 58) as usize % PLACES
}

impl Kinds {
    /// The kind of a row, if it is remembered, and the number of its thread.
    #[inline(always)]
    pub fn find<S: Simd>(
        &mut self,
        simd: S,
        bytes: &[u8],
        marks: &[u32; MARKS],
        input: u32,
    ) -> Option<(Kind, u32)> {
        if let Some(found) = self.find_at(self.last, simd, (bytes, marks), input) {
            return Some(found);
        }
        self.last = place_of(bytes, marks);
        self.find_at(self.last, simd, (bytes, marks), input)
    }

    /// The kind of a row, if it is remembered at this place, and the number of its thread.
    #[inline(always)]
    fn find_at<S: Simd>(
        &self,
        place: usize,
        simd: S,
        (bytes, marks): (&[u8], &[u32; MARKS]),
        input: u32,
    ) -> Option<(Kind, u32)> {
        let kind = self.places.get(place)?;
        let (label_end, thread_end) = (marks[LABEL_END] as usize, marks[THREAD_END] as usize);
        let is_same = kind.input == input
            && kind.middle.begins(simd, bytes, label_end)
            && kind.tail.begins(simd, bytes, thread_end)
            && kind.url.begins(simd, bytes, marks[URL_START] as usize + 1);
        // Its delimiters are part of the patterns, so the marks between them are the same too.
        if !is_same || kind.serial == 0 {
            return None;
        }
        let digits = thread_end.wrapping_sub(label_end + kind.middle.length as usize);
        let thread = match kind.has_number {
            true => number::at_end(bytes.get(..thread_end)?, digits)?,
            false if digits == 0 => 0,
            false => return None,
        };
        let serial = kind.serial;
        let place = place as u32;
        Some((Kind { place, serial }, thread))
    }

    /// Remembers the kind of a usual row. `None` if its texts are too long.
    pub fn learn<S: Simd>(
        &mut self,
        simd: S,
        bytes: &[u8],
        marks: &[u32; MARKS],
        sample: &Sample<'_>,
    ) -> Option<Kind> {
        if let Some((kind, _)) = self.find(simd, bytes, marks, sample.input) {
            return Some(kind);
        }
        let place = place_of(bytes, marks);
        let known = self.places.get_mut(place)?;
        known.strangers += 1;
        if known.strangers <= MAX_STRANGERS {
            return None;
        }
        let name = sample.thread_name;
        let has_number = thread_number(name).is_some();
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let digits = if has_number { digits.count() } else { 0 };
        let (label_end, thread_end) = (marks[LABEL_END] as usize, marks[THREAD_END] as usize);
        let middle = bytes.get(label_end..thread_end.checked_sub(digits)?)?;
        let tail = bytes.get(thread_end..=marks[FAILURE_END] as usize)?;
        let url = bytes.get(marks[URL_START] as usize + 1..=marks[URL_START + 1] as usize)?;
        if digits > number::WORD || self.next == u32::MAX {
            return None;
        }
        *known = Remembered {
            serial: self.next,
            strangers: 0,
            input: sample.input,
            has_number,
            middle: Pattern::new(middle)?,
            tail: Pattern::new(tail)?,
            url: Pattern::new(up_to_host(url).unwrap_or(url))?,
        };
        self.next += 1;
        Some(Kind {
            place: place as u32,
            serial: self.next - 1,
        })
    }
}
