//! Inputs: a file or standard input, plain, gzip or zstd, told apart by content.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::error::{Error, Result};

/// Bytes that a decompressing thread hands over at a time.
const CHUNK: usize = 256 << 10;

/// An opened input.
pub struct Input {
    /// Its name as given; `-` is standard input.
    pub name: String,
    /// The text of the results, decompressed.
    pub reader: Box<dyn Read + Send>,
    /// Size in bytes as stored, where known.
    pub size: Option<u64>,
}

/// Counts the bytes read from all inputs as they are stored, for a progress bar.
pub type BytesRead = Arc<AtomicU64>;

/// Opens `path`, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be opened or read, is a directory, or is a kind of file that holds no JTL text.
pub fn open(path: &Path, bytes_read: &BytesRead) -> Result<Input> {
    let name = path.to_string_lossy().into_owned();
    let (source, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(|error| Error::read(path, error))?;
        let metadata = file.metadata().map_err(|error| Error::read(path, error))?;
        if metadata.is_dir() {
            return Err(Error::input(
                name,
                "is a directory: name the result files in it",
            ));
        }
        let size = metadata.is_file().then_some(metadata.len());
        (Box::new(file), size)
    };
    let mut source = Counted {
        source,
        bytes_read: Arc::clone(bytes_read),
    };
    let mut magic = Vec::with_capacity(4);
    (&mut source)
        .take(4)
        .read_to_end(&mut magic)
        .map_err(|error| Error::read(path, error))?;
    let kind = Kind::of(&magic);
    let whole = io::Cursor::new(magic).chain(source);
    let reader: Box<dyn Read + Send> = match kind {
        Kind::Plain => Box::new(whole),
        Kind::Gzip => Box::new(on_own_thread(flate2::read::MultiGzDecoder::new(whole))),
        Kind::Zstd => {
            let decoder = zstd::Decoder::new(whole).map_err(|error| Error::read(path, error))?;
            Box::new(on_own_thread(decoder))
        }
        Kind::Unsupported(what) => {
            return Err(Error::input(name, format!("is {what}: unpack it first")));
        }
    };
    Ok(Input { name, reader, size })
}

/// Says what a file is that is no CSV, in words that help.
///
/// # Errors
///
/// A sentence for the user, if it is one of those.
pub(super) fn refuse_other_formats(start: &[u8]) -> Result<(), String> {
    if start.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty: no header and no row".to_owned());
    }
    let is_utf_16 = [&b"\xFF\xFE"[..], b"\xFE\xFF", b"<\0", b"\0<"]
        .iter()
        .any(|first| start.starts_with(first));
    if is_utf_16 {
        return Err(
            "is UTF-16 text, not UTF-8 as JMeter writes it: convert it first \
                    (iconv -f UTF-16 -t UTF-8)"
                .to_owned(),
        );
    }
    Ok(())
}

/// What a file is, by its first bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Gzip,
    Zstd,
    Unsupported(&'static str),
}

impl Kind {
    pub fn of(magic: &[u8]) -> Kind {
        match magic {
            [0x1F, 0x8B, ..] => Kind::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD] => Kind::Zstd,
            [b'P', b'K', 3, 4] => Kind::Unsupported("a ZIP archive"),
            [b'B', b'Z', b'h', _] => Kind::Unsupported("compressed with bzip2"),
            [0xFD, b'7', b'z', b'X'] => Kind::Unsupported("compressed with xz"),
            _ => Kind::Plain,
        }
    }
}

struct Counted<R> {
    source: R,
    bytes_read: BytesRead,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Runs a decoder on a thread of its own, so that inflating overlaps with parsing.
fn on_own_thread(mut decoder: impl Read + Send + 'static) -> Decoded {
    let (chunk_sender, chunks) = sync_channel::<io::Result<Vec<u8>>>(4);
    let (spent, spent_receiver) = sync_channel::<Vec<u8>>(8);
    // The thread ends with its input, or when the reader is dropped and sending fails.
    thread::spawn(move || {
        loop {
            let mut chunk = spent_receiver.try_recv().unwrap_or_default();
            chunk.resize(CHUNK, 0);
            let outcome = read_up_to(&mut decoder, &mut chunk);
            let (length, error) = outcome;
            chunk.truncate(length);
            if length > 0 && chunk_sender.send(Ok(chunk)).is_err() {
                return;
            }
            if let Some(error) = error {
                let _receiver_gone = chunk_sender.send(Err(error));
                return;
            }
            if length == 0 {
                return;
            }
        }
    });
    Decoded {
        chunks,
        spent,
        chunk: Vec::new(),
        at: 0,
    }
}

/// Fills as much of `buffer` as there is; what was read before an error is kept.
fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

/// The reading end of a decoder's thread.
struct Decoded {
    chunks: Receiver<io::Result<Vec<u8>>>,
    spent: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            // The sender is gone: the input has ended.
            let Ok(next) = self.chunks.recv() else {
                return Ok(0);
            };
            let spent = std::mem::replace(&mut self.chunk, next?);
            self.at = 0;
            let _not_needed = self.spent.try_send(spent);
        }
        let rest = &self.chunk[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> Result<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut text = String::new();
        let mut input = open(file.path(), &BytesRead::default())?;
        input.reader.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_and_zstd_by_content() {
        let text = "a,b\n".repeat(200_000);
        assert_eq!(read(text.as_bytes()).unwrap(), text);
        assert_eq!(read(&gzip(&text)).unwrap(), text);
        assert_eq!(
            read(&zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap(),
            text
        );
    }

    #[test]
    fn concatenated_members_are_read_on() {
        let both = [gzip("one\n"), gzip("two\n")].concat();
        assert_eq!(read(&both).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn other_archives_and_directories_are_refused() {
        let error = read(b"PK\x03\x04rest").unwrap_err().to_string();
        assert!(
            error.ends_with("is a ZIP archive: unpack it first"),
            "{error}"
        );
        let error = open(Path::new("/"), &BytesRead::default()).err().unwrap();
        assert!(error.to_string().contains("is a directory"), "{error}");
    }

    #[test]
    fn short_inputs_are_plain() {
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"a").unwrap(), "a");
    }
}
