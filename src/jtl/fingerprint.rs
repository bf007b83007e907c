//! Fingerprints of inputs, by which copies are recognised.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes at the start of an input that are hashed.
const HEAD: usize = 64 << 10;

/// Bytes at its end that are hashed.
const TAIL: usize = 4 << 10;

/// Hashes an input's length, its first bytes and its last ones: results that differ at all hardly ever
/// agree in them. Hashing every byte would slow reading down.
#[derive(Debug, Default)]
pub struct Fingerprint {
    head: Fnv,
    length: u64,
    tail: Vec<u8>,
}

/// The hash FNV-1a, which is the same on every machine.
#[derive(Debug, Clone, Copy)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// The hash of bytes.
    pub fn of(bytes: &[u8]) -> u64 {
        let mut hash = Fnv::default();
        hash.extend(bytes);
        hash.0
    }

    fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Fingerprint {
    /// Adds the next bytes.
    fn extend(&mut self, bytes: &[u8]) {
        let before = usize::try_from(self.length).unwrap_or(HEAD).min(HEAD);
        self.head
            .extend(bytes.get(..HEAD - before).unwrap_or(bytes));
        self.length += bytes.len() as u64;
        let last = bytes.get(bytes.len().saturating_sub(TAIL)..);
        self.tail.extend_from_slice(last.unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
    }

    /// The fingerprint of the bytes so far.
    pub fn value(&self) -> u64 {
        let mut all = self.head;
        all.extend(&self.tail);
        all.extend(&self.length.to_le_bytes());
        all.0
    }
}

/// A fingerprint that grows while a reader reads.
pub type SharedFingerprint = Arc<Mutex<Fingerprint>>;

/// Locks a fingerprint, even if the reading thread panicked.
pub fn lock(fingerprint: &SharedFingerprint) -> MutexGuard<'_, Fingerprint> {
    fingerprint.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reader that takes the fingerprint of what it reads.
pub struct Fingerprinted {
    reader: Box<dyn Read + Send>,
    fingerprint: SharedFingerprint,
}

impl Fingerprinted {
    /// Wraps a reader. Returns the fingerprint beside it.
    pub fn new(reader: Box<dyn Read + Send>) -> (Self, SharedFingerprint) {
        let fingerprint = SharedFingerprint::default();
        let own = Arc::clone(&fingerprint);
        let fingerprinted = Fingerprinted {
            reader,
            fingerprint: own,
        };
        (fingerprinted, fingerprint)
    }
}

impl Read for Fingerprinted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        lock(&self.fingerprint).extend(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chunks: &[&[u8]]) -> u64 {
        let mut fingerprint = Fingerprint::default();
        chunks.iter().for_each(|chunk| fingerprint.extend(chunk));
        fingerprint.value()
    }

    #[test]
    fn chunks_do_not_matter() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let whole = of(&[&text]);
        for size in [1_000, 4_096, 65_535, 70_000] {
            assert_eq!(of(&text.chunks(size).collect::<Vec<_>>()), whole, "{size}");
        }
        let (reader, fingerprint) = Fingerprinted::new(Box::new(io::Cursor::new(text)));
        io::copy(&mut { reader }, &mut io::sink()).unwrap();
        assert_eq!(lock(&fingerprint).value(), whole);
    }

    #[test]
    fn the_start_the_end_and_the_length_matter() {
        let text = vec![b'x'; 200_000];
        let changed = |at: usize| {
            let mut text = text.clone();
            text[at] = b'y';
            of(&[&text])
        };
        assert_ne!(changed(0), of(&[&text]));
        assert_ne!(changed(199_999), of(&[&text]));
        assert_ne!(of(&[&text[1..]]), of(&[&text]));
        assert_ne!(of(&[b""]), of(&[b"\0"]));
    }
}
