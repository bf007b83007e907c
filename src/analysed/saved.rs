//! The container of a saved run: tagged sections behind a head with a version.
//!
//! | bytes | content                                                              |
//! |------:|----------------------------------------------------------------------|
//! |     8 | [`MAGIC`]                                                            |
//! |     4 | version of the format, little-endian, as all numbers                 |
//! |       | then sections, each with this head:                                  |
//! |     4 | tag: `INDX`, `REPT` or `SUMM`                                        |
//! |     8 | length of the section's content                                      |
//! |     4 | CRC-32 of tag, length and content                                    |
//! |  rest | the content, compressed with zstd (`SUMM`: as it is)                 |
//!
//! A section with an unknown tag is skipped, so that newer files stay readable. A change that breaks this
//! gets another version.

use std::io::{self, Read};

/// The first bytes of every saved run. They are not text, and any conversion of line ends changes them.
pub const MAGIC: [u8; 8] = *b"\x93PKRUN\r\n";

/// Version of the format; it grows only if older readers could not read the file.
const VERSION: u32 = 1;

/// Maximum length of the index in the file, bytes.
pub const MAX_INDEX: usize = 50_000;

/// Maximum length of a section before compression, bytes.
const MAX_SECTION: u64 = 1 << 30;

/// Maximum length of an index before compression, bytes.
const MAX_INDEX_TEXT: usize = 4 << 20;

const INDEX: [u8; 4] = *b"INDX";
const REPORT: [u8; 4] = *b"REPT";
const SUMMARY: [u8; 4] = *b"SUMM";

/// Bytes of a section before its content.
const SECTION_HEAD: usize = 16;

/// Compression level of zstd.
const LEVEL: i32 = 9;

/// Why a file cannot be read as a saved run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It is cut short, or bytes changed.
    #[error("is a saved run that is cut short or damaged: save it again, or remove it")]
    Damaged,
    /// It is in a newer version of the format.
    #[error(
        "is a saved run in version {found} of the format, but this perfkit reads versions up to {own}: \
         use a newer perfkit"
    )]
    Version {
        /// The file's version.
        found: u32,
        /// The newest version that this perfkit reads.
        own: u32,
    },
    /// It is not a saved run.
    #[error("is not a saved run")]
    Foreign,
    /// It cannot be read at all.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// The sections of a saved run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sections {
    /// The index as JSON.
    pub index: Vec<u8>,
    /// The report as JSON.
    pub report: Vec<u8>,
    /// The summary file.
    pub summary: Vec<u8>,
}

impl Sections {
    /// Encodes the file; `None` if the index takes more than [`MAX_INDEX`] bytes in it.
    ///
    /// # Errors
    ///
    /// If compression fails, which it does not in memory.
    pub fn encode(&self) -> io::Result<Option<Vec<u8>>> {
        let index = pack(&self.index)?;
        if index.len() > MAX_INDEX {
            return Ok(None);
        }
        let mut file = MAGIC.to_vec();
        file.extend(VERSION.to_le_bytes());
        push(&mut file, INDEX, &index);
        push(&mut file, REPORT, &pack(&self.report)?);
        push(&mut file, SUMMARY, &self.summary);
        Ok(Some(file))
    }

    /// Decodes a file.
    ///
    /// # Errors
    ///
    /// If it is no saved run, is damaged, or of a newer version.
    pub fn decode(file: &[u8]) -> Result<Self, SavedError> {
        let mut rest = version(file)?;
        let (mut index, mut report, mut summary) = (None, None, None);
        while !rest.is_empty() {
            let (tag, length, sum) = section_head(rest).ok_or(SavedError::Damaged)?;
            let end = usize::try_from(u64::from_le_bytes(length)).ok();
            let end = end.and_then(|size| SECTION_HEAD.checked_add(size));
            let end = end.ok_or(SavedError::Damaged)?;
            let content = rest.get(SECTION_HEAD..end).ok_or(SavedError::Damaged)?;
            if checksum(tag, length, content) != sum {
                return Err(SavedError::Damaged);
            }
            match tag {
                INDEX => index = Some(unpack_index(content)?),
                REPORT => report = Some(unpack(content)?),
                SUMMARY => summary = Some(content.to_vec()),
                _ => {}
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        match (index, report, summary) {
            (Some(index), Some(report), Some(summary)) => Ok(Sections {
                index,
                report,
                summary,
            }),
            _ => Err(SavedError::Damaged),
        }
    }
}

/// Reads the index of a saved run as JSON, and nothing else of the file.
///
/// # Errors
///
/// If the file cannot be read, is no saved run, is damaged as far as it is read, or of a newer version.
pub fn read_index(mut file: impl Read) -> Result<Vec<u8>, SavedError> {
    let mut head = Vec::new();
    let start = MAGIC.len() + 4 + SECTION_HEAD;
    file.by_ref().take(start as u64).read_to_end(&mut head)?;
    let rest = version(&head)?;
    let (tag, length, sum) = section_head(rest).ok_or(SavedError::Damaged)?;
    let size = usize::try_from(u64::from_le_bytes(length)).map_err(|_| SavedError::Damaged)?;
    if tag != INDEX || size > MAX_INDEX {
        return Err(SavedError::Damaged);
    }
    let mut content = vec![0; size];
    let read = file.read_exact(&mut content);
    read.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SavedError::Damaged,
        _ => SavedError::Io(error),
    })?;
    match checksum(tag, length, &content) == sum {
        true => unpack_index(&content),
        false => Err(SavedError::Damaged),
    }
}

fn pack(text: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(text, LEVEL)
}

fn push(file: &mut Vec<u8>, tag: [u8; 4], content: &[u8]) {
    let length = (content.len() as u64).to_le_bytes();
    file.extend(tag);
    file.extend(length);
    file.extend(checksum(tag, length, content).to_le_bytes());
    file.extend(content);
}

fn checksum(tag: [u8; 4], length: [u8; 8], content: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&tag);
    sum.update(&length);
    sum.update(content);
    sum.finalize()
}

/// Checks magic and version, and returns the bytes behind them.
fn version(file: &[u8]) -> Result<&[u8], SavedError> {
    let rest = file.strip_prefix(&MAGIC).ok_or(SavedError::Foreign)?;
    let (found, rest) = rest.split_first_chunk().ok_or(SavedError::Damaged)?;
    match u32::from_le_bytes(*found) {
        0 => Err(SavedError::Damaged),
        1..=VERSION => Ok(rest),
        found => Err(SavedError::Version {
            found,
            own: VERSION,
        }),
    }
}

/// Splits the head of a section into tag, length and checksum.
fn section_head(bytes: &[u8]) -> Option<([u8; 4], [u8; 8], u32)> {
    let (tag, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (sum, _) = rest.split_first_chunk()?;
    Some((*tag, *length, u32::from_le_bytes(*sum)))
}

fn unpack_index(content: &[u8]) -> Result<Vec<u8>, SavedError> {
    zstd::bulk::decompress(content, MAX_INDEX_TEXT).map_err(|_| SavedError::Damaged)
}

fn unpack(content: &[u8]) -> Result<Vec<u8>, SavedError> {
    let mut text = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(content);
    let decoder = decoder.map_err(|_| SavedError::Damaged)?;
    let read = decoder.take(MAX_SECTION).read_to_end(&mut text);
    read.map_err(|_| SavedError::Damaged)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Sections {
        Sections {
            index: b"{\"index\":1}".to_vec(),
            report: b"{}".to_vec(),
            summary: b"summary".to_vec(),
        }
    }

    fn file() -> Vec<u8> {
        run().encode().unwrap().unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Sections::decode(&file()).unwrap(), run());
        assert_eq!(read_index(&*file()).unwrap(), run().index);
    }

    #[test]
    fn any_bit_changed_and_any_cut_is_refused() {
        let file = file();
        for at in 0..file.len() {
            assert!(Sections::decode(&file[..at]).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                // A changed tag makes its section unknown: its checksum covers the tag.
                assert!(
                    Sections::decode(&changed).is_err(),
                    "bit {bit} of byte {at}"
                );
            }
        }
    }

    #[test]
    fn a_newer_version_is_refused_by_its_number() {
        let mut newer = file();
        newer[MAGIC.len()] = 7;
        let why = read_index(&*newer).unwrap_err().to_string();
        assert!(
            why.starts_with("is a saved run in version 7 of the format"),
            "{why}"
        );
        assert!(matches!(
            read_index(&b"timeStamp,"[..]),
            Err(SavedError::Foreign)
        ));
    }

    #[test]
    fn unknown_sections_are_skipped() {
        let mut file = file();
        push(&mut file, *b"NEWS", b"of a later perfkit");
        assert_eq!(Sections::decode(&file).unwrap(), run());
    }

    #[test]
    fn an_index_that_is_too_large_is_not_written() {
        // Numbers that compression does not shrink much.
        let mut state = 1_u32;
        let index = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let large = Sections {
            index: index.take(2 * MAX_INDEX).collect(),
            ..run()
        };
        assert_eq!(large.encode().unwrap(), None);
    }
}
