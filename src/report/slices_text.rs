//! Slices as text: small enough to be kept in a report.
//!
//! The text is base64 of what zstd compressed. Within are numbers, each in groups of seven bits,
//! least significant first, the top bit of a byte set if more follow (LEB128). A slice is:
//!
//! * how many slices it is beyond the one before (the first: beyond number 0),
//! * the sum of elapsed in ms, zigzag-encoded,
//! * the elapsed times of the successful samples, then those of the failed ones: how many steps they
//!   span, 0 if there are none; otherwise the first step, and a count for each step.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::slices::Slice;

/// Level of zstd.
const LEVEL: i32 = 9;

/// Bytes that the slices of a label have at most before they are compressed; far more than any that
/// perfkit writes.
const MAX_BYTES: usize = 64 << 20;

/// The slices of one label that have samples, ascending; in JSON a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(test, schemars(with = "String"))]
pub struct Cells(pub Vec<Slice>);

impl Cells {
    /// Bytes that they take before they are compressed.
    pub(super) fn bytes(&self) -> usize {
        let mut length = Length(0);
        write(&self.0, &mut length);
        length.0
    }
}

impl From<Cells> for String {
    fn from(cells: Cells) -> Self {
        let mut bytes = Vec::new();
        write(&cells.0, &mut bytes);
        // Compressing to memory does not fail.
        let packed = zstd::bulk::compress(&bytes, LEVEL).unwrap_or_default();
        STANDARD.encode(packed)
    }
}

impl TryFrom<String> for Cells {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const DAMAGED: &str = "slices are damaged";
        let packed = STANDARD.decode(text).map_err(|_| DAMAGED)?;
        let bytes = zstd::bulk::decompress(&packed, MAX_BYTES).map_err(|_| DAMAGED)?;
        read(&bytes).map(Cells).ok_or(DAMAGED)
    }
}

/// Where numbers go: to memory, or nowhere but to be counted.
trait Bytes {
    fn push(&mut self, byte: u8);
}

struct Length(usize);

impl Bytes for Length {
    fn push(&mut self, _: u8) {
        self.0 += 1;
    }
}

impl Bytes for Vec<u8> {
    fn push(&mut self, byte: u8) {
        Vec::push(self, byte);
    }
}

fn write(slices: &[Slice], to: &mut impl Bytes) {
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

fn put(to: &mut impl Bytes, mut number: u64) {
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
        // More samples than any run has would overflow sums.
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
