//! Decompression on a thread of its own.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Bytes that a decompressing thread sends at a time.
const CHUNK: usize = 256 << 10;

/// Runs a decoder on its own thread, so that decompression overlaps with parsing.
pub fn on_own_thread(mut decoder: impl Read + Send + 'static) -> Decoded {
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

/// Fills `buffer` as far as possible. Bytes that were read before an error count.
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
pub struct Decoded {
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
