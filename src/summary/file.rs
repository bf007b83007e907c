//! The file of a summary: a head with a checksum, then the part, compressed.
//!
//! | bytes | what                                                                     |
//! |------:|--------------------------------------------------------------------------|
//! |     8 | [`MAGIC`]                                                                |
//! |     4 | version of the format, little-endian, as all numbers of the head         |
//! |     8 | length of the part before it was compressed                              |
//! |     4 | CRC-32 of the version, the length, and all that follows                  |
//! |  rest | the part in postcard's encoding, then from version 2 on its slices of    |
//! |       | time, together compressed with zstd                                      |

use std::borrow::Cow;

use super::part::Part;
use crate::error::{Error, Result};

/// What every summary begins with: no text, and not what becomes of it when line ends are converted.
pub const MAGIC: [u8; 8] = *b"\x93PKSUM\r\n";

/// Version of the format; it grows when [`Part`] or anything in it is laid out in another way.
const VERSION: u32 = 2;

/// The first version, whose parts have no slices of time. It is still read.
const WITHOUT_SLICES: u32 = 1;

/// Level of zstd: above it files shrink little, and take several times as long.
const LEVEL: i32 = 9;

/// A part may be this long whatever its file's length: its counters are mostly zeros.
const ALWAYS_ALLOWED: u64 = 2 << 20;

/// How many times as long as its file a part may be, beyond that. Usual ones are three times as long;
/// a file that shrank further is padded.
const MOST_EXPANSION: u64 = 32;

/// Begins a frame that zstd skips.
const SKIPPED: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();

/// The file of a part.
///
/// # Errors
///
/// When the part has figures that no file can hold, which no real run has.
pub fn encode(part: &Part) -> Result<Vec<u8>> {
    let internal = |why: String| Error::Internal(format!("cannot write a summary: {why}"));
    part.check().map_err(|why| internal(why.to_owned()))?;
    let text = encode_text(part).map_err(|error| internal(error.to_string()))?;
    let mut packed =
        zstd::bulk::compress(&text, LEVEL).map_err(|error| internal(error.to_string()))?;
    let length = text.len() as u64;
    let missing = length.saturating_sub(longest(packed.len())) / MOST_EXPANSION;
    if let Ok(missing @ 1..) = u32::try_from(missing) {
        packed.extend(SKIPPED);
        packed.extend(missing.to_le_bytes());
        packed.resize(packed.len() + missing as usize, 0);
    }
    let mut file = MAGIC.to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(checksum(VERSION, length, &packed).to_le_bytes());
    file.extend(packed);
    Ok(file)
}

/// The part of a file.
///
/// # Errors
///
/// A sentence that says what is wrong with it, and what to do.
pub fn decode(file: &[u8]) -> Result<Part, Cow<'static, str>> {
    const DAMAGED: &str = "is a summary that is cut short or damaged: make it again";
    let (version, length, sum, packed) = head(file).ok_or(DAMAGED)?;
    if version != VERSION && version != WITHOUT_SLICES {
        return Err(Cow::Owned(format!(
            "is a summary in version {version} of the format, and this perfkit reads versions \
             {WITHOUT_SLICES} and {VERSION}: make it again with this perfkit, or use the one that made it"
        )));
    }
    if checksum(version, length, packed) != sum || length > longest(packed.len()) {
        return Err(Cow::Borrowed(DAMAGED));
    }
    let text = usize::try_from(length)
        .ok()
        .and_then(|length| zstd::bulk::decompress(packed, length).ok())
        .filter(|text| text.len() as u64 == length)
        .ok_or(DAMAGED)?;
    let part = match version {
        WITHOUT_SLICES => decode_first(&text),
        _ => decode_text(&text),
    };
    part.map_err(|why| {
        Cow::Owned(format!(
            "is a summary that does not hold together ({why}): make it again"
        ))
    })
}

/// The part in postcard's encoding alone, without the head that would reject nearly any bytes.
///
/// # Errors
///
/// None that is known of.
#[doc(hidden)]
pub fn encode_text(part: &Part) -> postcard::Result<Vec<u8>> {
    let mut text = postcard::to_stdvec(part)?;
    text.extend(postcard::to_stdvec(part.aggregate.stored_slices())?);
    Ok(text)
}

/// The part of such a text.
///
/// # Errors
///
/// What of it does not hold together.
#[doc(hidden)]
pub fn decode_text(text: &[u8]) -> Result<Part, &'static str> {
    let (mut part, rest): (Part, &[u8]) = take(text)?;
    let (slices, rest) = take(rest)?;
    part.aggregate.set_slices(slices);
    finish(part, rest)
}

/// The part of the first version of the format.
fn decode_first(text: &[u8]) -> Result<Part, &'static str> {
    let (part, rest) = take(text)?;
    finish(part, rest)
}

fn take<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<(T, &'a [u8]), &'static str> {
    postcard::take_from_bytes(text).map_err(|_| "it is laid out in another way")
}

fn finish(part: Part, rest: &[u8]) -> Result<Part, &'static str> {
    if !rest.is_empty() {
        return Err("more follows behind its end");
    }
    part.check()?;
    Ok(part)
}

/// Version, length, checksum, and what follows.
fn head(file: &[u8]) -> Option<(u32, u64, u32, &[u8])> {
    let rest = file.strip_prefix(&MAGIC)?;
    let (version, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (sum, packed) = rest.split_first_chunk()?;
    Some((
        u32::from_le_bytes(*version),
        u64::from_le_bytes(*length),
        u32::from_le_bytes(*sum),
        packed,
    ))
}

fn checksum(version: u32, length: u64, packed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&version.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(packed);
    hasher.finalize()
}

/// The longest part of a file with so many compressed bytes.
fn longest(packed: usize) -> u64 {
    ALWAYS_ALLOWED.saturating_add((packed as u64).saturating_mul(MOST_EXPANSION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    fn file() -> Vec<u8> {
        let mut part = Part {
            rows_read: 1,
            ..Part::default()
        };
        part.aggregate.record(&sample());
        encode(&part).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let part = decode(&file()).unwrap();
        assert_eq!(part.aggregate.labels()[0].name, b"Fibonacci");
        assert_eq!(encode(&part).unwrap(), file());
    }

    #[test]
    fn any_bit_changed_and_any_cut_is_refused() {
        let file = file();
        for at in 0..file.len() {
            assert!(decode(&file[..at]).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                assert!(decode(&changed).is_err(), "bit {bit} of byte {at}");
            }
        }
        let longer = [&*file, b"x"].concat();
        assert!(decode(&longer).is_err());
    }

    #[test]
    fn another_version_says_so() {
        let mut newer = file();
        newer[MAGIC.len()] = 3;
        let why = decode(&newer).unwrap_err();
        assert!(
            why.starts_with(
                "is a summary in version 3 of the format, and this perfkit reads versions 1 and 2:"
            ),
            "{why}"
        );
    }

    /// A file whose head and checksum are right, whatever is in it.
    fn sealed(length: u64, packed: &[u8]) -> Vec<u8> {
        let sum = checksum(VERSION, length, packed);
        [
            &MAGIC[..],
            &VERSION.to_le_bytes(),
            &length.to_le_bytes(),
            &sum.to_le_bytes(),
            packed,
        ]
        .concat()
    }

    #[test]
    fn a_part_that_shrinks_very_far_is_padded() {
        // Aggregated rows have counters, of which nearly all are zeros.
        let mut part = Part::default();
        for number in 0..1_000_u32 {
            part.rows_read += 1;
            part.aggregate.record(&Sample {
                label: number.to_string().as_bytes(),
                elapsed: 260_000,
                latency: Some(131_000),
                sample_count: 2,
                ..sample()
            });
        }
        let file = encode(&part).unwrap();
        let text = encode_text(&part).unwrap();
        assert!(text.len() as u64 > ALWAYS_ALLOWED);
        assert!(file.windows(4).any(|bytes| bytes == SKIPPED));
        assert_eq!(decode(&file).unwrap().aggregate.labels().len(), 1_000);
    }

    #[test]
    fn a_small_file_cannot_ask_for_much_memory() {
        let zeros = vec![0; 64 << 20];
        let packed = zstd::bulk::compress(&zeros, 1).unwrap();
        assert!(decode(&sealed(zeros.len() as u64, &packed)).is_err());
        assert!(decode(&sealed(u64::MAX, &packed)).is_err());
        assert!(decode(&sealed(1 << 20, &packed)).is_err());
    }

    #[test]
    fn figures_that_contradict_each_other_are_refused() {
        let mut part = Part::default();
        part.aggregate.record(&sample());
        // One row counted, and none read.
        let text = encode_text(&part).unwrap();
        let packed = zstd::bulk::compress(&text, 1).unwrap();
        let why = decode(&sealed(text.len() as u64, &packed)).unwrap_err();
        assert_eq!(
            why,
            "is a summary that does not hold together (it has other rows than it read): make it again"
        );
        assert!(encode(&part).is_err());
    }
}
