//! Files that another process is writing.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kind::Kind;
use super::open::Input;
use crate::error::{Error, Result};

/// Last bytes that are compared with the file to detect that it was rewritten.
const REMEMBERED: usize = 256;

/// A file that another process is writing.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    identity: Identity,
    reading: Arc<Mutex<Reading>>,
}

/// How a file changed other than by growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Another file has its name now.
    Replaced,
    /// It was truncated or rewritten.
    Truncated,
}

/// The open file, and how far it was read.
#[derive(Debug)]
struct Reading {
    file: File,
    position: u64,
    /// The last bytes before `position`, at most [`REMEMBERED`].
    last: Vec<u8>,
    /// Where reading ends, once this is decided.
    end: Option<u64>,
}

impl Tail {
    /// Opens a file. Returns `None` if it does not exist yet, or is too short to detect its kind.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or followed: directories, pipes and compressed files cannot.
    pub fn open(path: &Path) -> Result<Option<Tail>> {
        let failed = |error| Error::read(path, error);
        let refuse = |why: &str| Error::input(path.to_string_lossy(), why);
        // Before it is opened: opening a pipe waits for someone to write to it.
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if metadata.is_dir() {
            return Err(refuse("is a directory: name the result file in it"));
        }
        if !metadata.is_file() {
            return Err(refuse(
                "is not a regular file and cannot be followed: read it with perfkit analyze",
            ));
        }
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        let mut magic = [0; 4];
        match file.read_exact(&mut magic) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        if Kind::of(&magic) != Kind::Plain {
            return Err(refuse(
                "is compressed, so nobody is writing results to it: leave out --follow",
            ));
        }
        Ok(Some(Tail {
            path: path.to_owned(),
            identity: Identity::of(&metadata),
            reading: Arc::new(Mutex::new(Reading {
                file,
                position: 0,
                last: Vec::new(),
                end: None,
            })),
        }))
    }

    /// The file from its start, for [`Growing`](crate::jtl::Growing). It is read from the start
    /// again each time.
    pub fn input(&self) -> Input {
        let mut reading = lock(&self.reading);
        reading.position = 0;
        reading.last.clear();
        Input {
            name: self.path.to_string_lossy().into_owned(),
            reader: Box::new(TailReader(Arc::clone(&self.reading))),
            size: None,
        }
    }

    /// Makes the current end of the file final: what is written later is not read.
    ///
    /// # Errors
    ///
    /// When the file's size cannot be read.
    pub fn end(&self) -> Result<()> {
        let mut reading = lock(&self.reading);
        if reading.end.is_none() {
            let metadata = reading.file.metadata();
            let length = metadata.map_err(|error| Error::read(&self.path, error))?;
            reading.end = Some(length.len());
        }
        Ok(())
    }

    /// How the file changed since it was read, other than by growing. A file that is gone has not
    /// changed: it was renamed, or will come back.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn change(&self) -> Result<Option<Change>> {
        let failed = |error| Error::read(&self.path, error);
        match std::fs::metadata(&self.path) {
            Ok(metadata) if Identity::of(&metadata) != self.identity => {
                return Ok(Some(Change::Replaced));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let mut reading = lock(&self.reading);
        let is_same = reading.is_as_read().map_err(failed)?;
        Ok((!is_same).then_some(Change::Truncated))
    }
}

impl Reading {
    /// Whether the bytes that were read last are still in their place.
    fn is_as_read(&mut self) -> io::Result<bool> {
        let start = self.position - self.last.len() as u64;
        let mut now = Vec::with_capacity(REMEMBERED);
        self.file.seek(SeekFrom::Start(start))?;
        let length = self.last.len() as u64;
        (&mut self.file).take(length).read_to_end(&mut now)?;
        Ok(now == self.last)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = match self.end {
            None => buffer.len(),
            Some(end) => usize::try_from(end.saturating_sub(self.position))
                .unwrap_or(usize::MAX)
                .min(buffer.len()),
        };
        self.file.seek(SeekFrom::Start(self.position))?;
        let read = self.file.read(&mut buffer[..room])?;
        if read == 0 && self.end.is_none() && room > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.position += read as u64;
        self.last
            .extend_from_slice(&buffer[..read][read.saturating_sub(REMEMBERED)..]);
        let spare = self.last.len().saturating_sub(REMEMBERED);
        self.last.drain(..spare);
        Ok(read)
    }
}

struct TailReader(Arc<Mutex<Reading>>);

impl Read for TailReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        lock(&self.0).read(buffer)
    }
}

fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Device and inode, which tell files of the same name apart. On systems without them, only the
/// content does.
#[derive(Debug, PartialEq, Eq)]
struct Identity(Option<(u64, u64)>);

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Identity(Some((metadata.dev(), metadata.ino())))
    }

    #[cfg(not(unix))]
    fn of(_metadata: &Metadata) -> Self {
        Identity(None)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    use super::*;

    struct File(tempfile::TempDir);

    impl File {
        fn new(text: &str) -> Self {
            let file = File(tempfile::tempdir().unwrap());
            fs::write(file.path(), text).unwrap();
            file
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("results.jtl")
        }

        fn append(&self, text: &str) {
            let mut file = OpenOptions::new().append(true).open(self.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn tail(&self) -> Tail {
            Tail::open(&self.path()).unwrap().unwrap()
        }
    }

    /// What there is to read, and whether the file has ended.
    fn rest(input: &mut Input) -> (String, bool) {
        let mut bytes = Vec::new();
        let mut buffer = [0; 7];
        let is_ended = loop {
            match input.reader.read(&mut buffer) {
                Ok(0) => break true,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    break false;
                }
            }
        };
        (String::from_utf8(bytes).unwrap(), is_ended)
    }

    #[test]
    fn a_file_is_read_as_it_grows_up_to_its_end() {
        let file = File::new("one\n");
        let tail = file.tail();
        let mut input = tail.input();
        assert_eq!(rest(&mut input), ("one\n".to_owned(), false));
        assert_eq!(rest(&mut input), (String::new(), false));
        file.append("two\nthr");
        assert_eq!(rest(&mut input), ("two\nthr".to_owned(), false));
        file.append("ee");
        tail.end().unwrap();
        file.append(" is too late");
        assert_eq!(rest(&mut input), ("ee".to_owned(), true));
        // Read again, it ends there too.
        assert_eq!(
            rest(&mut tail.input()),
            ("one\ntwo\nthree".to_owned(), true)
        );
    }

    #[test]
    fn growing_and_disappearing_are_not_changes() {
        let file = File::new("one\n");
        let tail = file.tail();
        let mut input = tail.input();
        assert_eq!(tail.change().unwrap(), None);
        rest(&mut input);
        file.append(&"more\n".repeat(100));
        assert_eq!(tail.change().unwrap(), None);
        rest(&mut input);
        assert_eq!(tail.change().unwrap(), None);
        fs::rename(file.path(), file.path().with_extension("old")).unwrap();
        assert_eq!(tail.change().unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn replacing_the_file_is_a_change() {
        let file = File::new("one\n");
        let tail = file.tail();
        rest(&mut tail.input());
        fs::rename(file.path(), file.path().with_extension("old")).unwrap();
        fs::write(file.path(), "one\n").unwrap();
        assert_eq!(tail.change().unwrap(), Some(Change::Replaced));
    }

    #[test]
    fn truncation_is_a_change_even_if_the_file_has_grown_again() {
        for anew in ["", "on", "two\n", "two\nand more than before\n"] {
            let file = File::new("one\n");
            let tail = file.tail();
            rest(&mut tail.input());
            fs::write(file.path(), anew).unwrap();
            assert_eq!(tail.change().unwrap(), Some(Change::Truncated), "{anew}");
        }
    }

    #[test]
    fn other_inputs_are_refused() {
        let refused = |bytes: &[u8]| {
            let file = File::new("");
            fs::write(file.path(), bytes).unwrap();
            Tail::open(&file.path()).map_err(|error| error.to_string())
        };
        assert!(matches!(refused(b""), Ok(None)));
        assert!(matches!(refused(b"tim"), Ok(None)));
        let error = refused(b"\x1F\x8B\x08\x00").unwrap_err();
        assert!(error.contains("is compressed"), "{error}");
        let error = Tail::open(Path::new("/")).unwrap_err().to_string();
        assert!(error.contains("is a directory"), "{error}");
        assert!(matches!(Tail::open(Path::new("/nowhere/at/all")), Ok(None)));
    }
}
