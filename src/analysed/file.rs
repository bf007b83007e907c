//! The format of summary files: a head with a checksum, then the compressed record.
//!
//! | bytes | content                                                                  |
//! |------:|--------------------------------------------------------------------------|
//! |     8 | [`MAGIC`]                                                                |
//! |     4 | version of the format, little-endian, as all numbers of the head         |
//! |     8 | length of the record before compression                                  |
//! |     4 | CRC-32 of the version, the length, and all that follows                  |
//! |  rest | the record in postcard's encoding, compressed with zstd                  |

use super::{Analysed, DecodeError, Inconsistent};
use crate::error::{Error, Result};

/// The first bytes of every summary file. They are not text, and any conversion of line ends changes
/// them.
pub const MAGIC: [u8; 8] = *b"\x93PKSUM\r\n";

/// Version of the format; it grows when the layout of [`Analysed`] or anything in it changes.
const VERSION: u32 = 3;

/// Compression level of zstd. Higher levels take several times as long and save little.
const LEVEL: i32 = 9;

/// Any record may have this length, however short its file: its counters are mostly zeros.
const ALWAYS_ALLOWED: u64 = 2 << 20;

/// A longer record may be at most this many times as long as its file. Usual ones are three times as
/// long; [`encode`] pads a file that shrinks further.
const MAX_EXPANSION: u64 = 32;

/// The start of a frame that zstd skips.
const SKIPPED: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();

/// Encodes a record as a summary file.
///
/// # Errors
///
/// If a figure is too large for the format, which no real run reaches.
pub fn encode(analysed: &Analysed) -> Result<Vec<u8>> {
    let internal = |why: String| Error::Internal(format!("cannot write a summary file: {why}"));
    analysed.check().map_err(|why| internal(why.to_string()))?;
    let text = encode_text(analysed).map_err(|error| internal(error.to_string()))?;
    let mut packed =
        zstd::bulk::compress(&text, LEVEL).map_err(|error| internal(error.to_string()))?;
    let length = text.len() as u64;
    let missing = length.saturating_sub(max_length(packed.len())) / MAX_EXPANSION;
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

/// Decodes a summary file.
///
/// # Errors
///
/// If the bytes are damaged or of an unknown version, or their figures contradict each other.
pub fn decode(file: &[u8]) -> Result<Analysed, DecodeError> {
    let (version, length, sum, packed) = head(file).ok_or(DecodeError::Damaged)?;
    if version != VERSION {
        return Err(DecodeError::Version {
            found: version,
            own: VERSION,
        });
    }
    if checksum(version, length, packed) != sum || length > max_length(packed.len()) {
        return Err(DecodeError::Damaged);
    }
    let text = usize::try_from(length)
        .ok()
        .and_then(|length| zstd::bulk::decompress(packed, length).ok())
        .filter(|text| text.len() as u64 == length)
        .ok_or(DecodeError::Damaged)?;
    Ok(decode_text(&text)?)
}

/// Encodes a record with postcard alone, without the head. Fuzzing uses this: the checksum in the head
/// would reject nearly all bytes.
///
/// # Errors
///
/// If a figure is too large for the format, which no real run reaches.
pub fn encode_text(analysed: &Analysed) -> postcard::Result<Vec<u8>> {
    postcard::to_stdvec(analysed)
}

/// Decodes the bytes of [`encode_text`].
///
/// # Errors
///
/// If the layout differs, or figures contradict each other.
pub fn decode_text(text: &[u8]) -> Result<Analysed, Inconsistent> {
    let (analysed, rest): (Analysed, &[u8]) =
        postcard::take_from_bytes(text).map_err(|_| Inconsistent::new("its layout is unknown"))?;
    if !rest.is_empty() {
        return Err(Inconsistent::new("there are bytes after its end"));
    }
    analysed.check()?;
    Ok(analysed)
}

/// Splits a file into version, length, checksum and compressed record.
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

/// Returns the maximum length of a record, given the length of its compressed bytes.
fn max_length(packed: usize) -> u64 {
    ALWAYS_ALLOWED.saturating_add((packed as u64).saturating_mul(MAX_EXPANSION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    fn file() -> Vec<u8> {
        let mut analysed = Analysed {
            rows_read: 1,
            ..Analysed::default()
        };
        analysed.aggregate.record(&sample());
        encode(&analysed).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let analysed = decode(&file()).unwrap();
        assert_eq!(analysed.aggregate.labels()[0].name, b"Fibonacci");
        assert_eq!(encode(&analysed).unwrap(), file());
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
        newer[MAGIC.len()] = 4;
        let why = decode(&newer).unwrap_err();
        let why = why.to_string();
        assert!(
            why.starts_with(
                "is a summary file in version 4 of the format, but this perfkit reads version 3:"
            ),
            "{why}"
        );
    }

    /// Returns a file with a valid head and checksum for any content.
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
    fn a_record_that_shrinks_very_far_is_padded() {
        // Aggregated rows have counters, of which nearly all are zeros.
        let mut analysed = Analysed::default();
        for number in 0..1_000_u32 {
            analysed.rows_read += 1;
            analysed.aggregate.record(&Sample {
                label: number.to_string().as_bytes(),
                elapsed: 260_000,
                latency: Some(131_000),
                sample_count: 2,
                ..sample()
            });
        }
        let file = encode(&analysed).unwrap();
        let text = encode_text(&analysed).unwrap();
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
        let mut analysed = Analysed::default();
        analysed.aggregate.record(&sample());
        // One row counted, and none read.
        let text = encode_text(&analysed).unwrap();
        let packed = zstd::bulk::compress(&text, 1).unwrap();
        let why = decode(&sealed(text.len() as u64, &packed)).unwrap_err();
        assert_eq!(
            why.to_string(),
            "is a summary file that contradicts itself (its numbers of rows do not add up): make it again"
        );
        assert!(encode(&analysed).is_err());
    }
}
