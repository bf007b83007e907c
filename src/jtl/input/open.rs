//! Opening of files and standard input: plain, gzip or zstd, detected by content.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::directory::describe_directory;
use super::kind::Kind;
use super::members::Members;
use super::unpack::Unpacker;
use crate::error::{Error, Result};

/// An opened input.
pub struct Input {
    /// Its name as given; `-` for standard input.
    pub name: String,
    /// The text of the results, decompressed.
    pub reader: Box<dyn Read + Send>,
    /// Size in bytes as stored, if known.
    pub size: Option<u64>,
}

/// Compressed bytes that are read at a time.
const COMPRESSED: usize = 64 << 10;

/// Number of bytes read from all inputs, before decompression, for a progress bar.
pub type BytesRead = Arc<AtomicU64>;

/// Opens `path`, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be opened or read, or is a directory or an unsupported archive.
pub fn open(path: &Path, bytes_read: &BytesRead) -> Result<Input> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    open_beside(path, &Unpacker::new(threads), bytes_read)
}

/// Opens the inputs of a run, to be read in their order by this many threads. As many of them as there are
/// threads are unpacked at once.
///
/// # Errors
///
/// As [`open`].
pub fn open_all(paths: &[PathBuf], threads: usize, bytes_read: &BytesRead) -> Result<Vec<Input>> {
    let unpacker = Unpacker::new(threads);
    let inputs = paths
        .iter()
        .map(|path| open_beside(path, &unpacker, bytes_read));
    inputs.collect()
}

fn open_beside(path: &Path, unpacker: &Arc<Unpacker>, bytes_read: &BytesRead) -> Result<Input> {
    let name = path.to_string_lossy().into_owned();
    let (source, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(|error| Error::read(path, error))?;
        let metadata = file.metadata().map_err(|error| Error::read(path, error))?;
        if metadata.is_dir() {
            return Err(Error::input(name, describe_directory(path)));
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
        Kind::Gzip | Kind::Zstd => {
            let whole = io::BufReader::with_capacity(COMPRESSED, whole);
            Box::new(unpacker.add(Members::new(Box::new(whole), kind)))
        }
        Kind::Unsupported(what, command) => {
            let unpacked = format!("{command} {name} | perfkit analyze -");
            return Err(Error::input(
                name,
                format!(
                    "is compressed with {what}, which perfkit does not read: `{unpacked}` unpacks it"
                ),
            ));
        }
    };
    Ok(Input { name, reader, size })
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
        let error = read(b"BZh9rest").unwrap_err().to_string();
        assert!(
            error.contains("is compressed with bzip2, which perfkit does not read: `bzip2 -dc "),
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
