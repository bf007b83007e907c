//! Encodes slices as text that is small enough to be kept in a report.
//!
//! The text is base64 of zstd-compressed bytes. These hold LEB128 numbers: groups of seven bits, least
//! significant first, with the top bit set if more follow. A slice is:
//!
//! * the difference of its index to that of the slice before (the first: to 0),
//! * the sum of elapsed times in ms, zigzag-encoded,
//! * the elapsed times of the successful samples, then those of the failed samples: the number of steps
//!   that they span (0 without any), the first step, and a count for each step.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::slice::Slice;

/// Compression level of zstd.
const LEVEL: i32 = 9;

/// Largest decompressed size of the slices of a label, in bytes; perfkit writes far less.
const MAX_BYTES: usize = 64 << 20;

/// The slices of one label, ascending, without empty ones; encoded as text in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(test, schemars(with = "String"))]
pub struct Cells(pub Vec<Slice>);

impl Cells {
    /// Returns them as they are before compression.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&self.0, &mut bytes);
        bytes
    }

    /// Returns their size before compression, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let mut length = Length(0);
        write(&self.0, &mut length);
        length.0
    }
}

impl From<Cells> for String {
    fn from(cells: Cells) -> Self {
        let bytes = cells.to_bytes();
        // Compressing to memory never fails.
        let packed = zstd::bulk::compress(&bytes, LEVEL).unwrap_or_default();
        STANDARD.encode(packed)
    }
}

/// The text of slices in a report cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("slices are damaged")]
pub struct DamagedSlices;

impl TryFrom<String> for Cells {
    type Error = DamagedSlices;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let packed = STANDARD.decode(text).map_err(|_| DamagedSlices)?;
        let bytes = zstd::bulk::decompress(&packed, MAX_BYTES).map_err(|_| DamagedSlices)?;
        read(&bytes).map(Cells).ok_or(DamagedSlices)
    }
}

/// A sink for encoded bytes: it stores them, or only counts them.
trait ByteSink {
    fn push(&mut self, byte: u8);
}

struct Length(usize);

impl ByteSink for Length {
    fn push(&mut self, _: u8) {
        self.0 += 1;
    }
}

impl ByteSink for Vec<u8> {
    fn push(&mut self, byte: u8) {
        Vec::push(self, byte);
    }
}

fn write(slices: &[Slice], to: &mut impl ByteSink) {
    let mut before = 0;
    for slice in slices {
        put(to, slice.index - before);
        before = slice.index;
        put(to, zigzag(slice.elapsed_sum));
        for steps in [&slice.ok, &slice.ko] {
            let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
                put(to, 0);
                continue;
            };
            put(to, u64::from(last.0 - first.0) + 1);
            put(to, u64::from(first.0));
            let mut next = first.0;
            for &(step, count) in steps {
                (next..step).for_each(|_| put(to, 0));
                put(to, count);
                next = step + 1;
            }
        }
    }
}

fn put(to: &mut impl ByteSink, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn read(mut bytes: &[u8]) -> Option<Vec<Slice>> {
    let mut slices: Vec<Slice> = Vec::new();
    while !bytes.is_empty() {
        let further = take(&mut bytes)?;
        let index = match slices.last() {
            Some(before) if further > 0 => before.index.checked_add(further)?,
            Some(_) => return None,
            None => further,
        };
        let sum = take(&mut bytes)?;
        let elapsed_sum = (sum >> 1) as i64 ^ -((sum & 1) as i64);
        let ok = steps(&mut bytes)?;
        let ko = steps(&mut bytes)?;
        let slice = Slice {
            index,
            elapsed_sum,
            ok,
            ko,
        };
        // Reject counts that no run has: they would overflow sums.
        let counts = slice.ok.iter().chain(&slice.ko).map(|(_, count)| *count);
        counts
            .into_iter()
            .try_fold(0_u64, |sum, count| sum.checked_add(count))
            .filter(|&sum| (1..1 << 53).contains(&sum))?;
        slices.push(slice);
    }
    Some(slices)
}

fn steps(bytes: &mut &[u8]) -> Option<Vec<(u16, u64)>> {
    let length = take(bytes)?;
    if length == 0 {
        return Some(Vec::new());
    }
    let first = take(bytes)?;
    let end = u16::try_from(first.checked_add(length)?).ok()?;
    let mut steps = Vec::new();
    for step in first as u16..end {
        let count = take(bytes)?;
        if count > 0 {
            steps.push((step, count));
        }
    }
    Some(steps)
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps_of(counts: &[(u16, u64)]) -> Vec<(u16, u64)> {
        let map: std::collections::BTreeMap<u16, u64> = counts.iter().copied().collect();
        map.into_iter().collect()
    }

    #[test]
    fn a_slice_takes_a_few_bytes() {
        let slice = Slice {
            index: 3,
            elapsed_sum: 700,
            ok: vec![(64, 5), (66, 200)],
            ko: Vec::new(),
        };
        let mut bytes = Vec::new();
        write(&[slice], &mut bytes);
        // 3; 1400; three steps from 64: 5, 0, 200; no failure.
        let (sum, many) = ([0xf8, 0x0a], [0xc8, 0x01]);
        let expected = [&[3][..], &sum, &[3, 64, 5, 0], &many, &[0]].concat();
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_is_damaged_is_refused() {
        for text in ["%", "AAAA"] {
            assert!(Cells::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[1, 2, 200, 1]), None);
        // A slice without samples.
        assert_eq!(read(&[1, 0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            of in proptest::collection::vec(
                (1..1_000_u64, any::<i64>(),
                 proptest::collection::vec((0..1_888_u16, 1..1_u64 << 40), 1..20),
                 proptest::collection::vec((0..1_888_u16, 1..300_u64), 0..4)),
                0..20,
            ),
        ) {
            let mut index = 0;
            let slices = of.iter().map(|(further, elapsed_sum, ok, ko)| {
                index += further;
                Slice { index, elapsed_sum: *elapsed_sum, ok: steps_of(ok), ko: steps_of(ko) }
            });
            let cells = Cells(slices.collect());
            let mut bytes = Vec::new();
            write(&cells.0, &mut bytes);
            prop_assert_eq!(bytes.len(), cells.bytes());
            prop_assert_eq!(Cells::try_from(String::from(cells.clone())), Ok(cells));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
