//! Unpacks compressed inputs on other threads, ahead of their reader, in the order of their text.
//!
//! Each input has a thread that reads it and cuts it into units (see [`Members`]). Threads that all inputs
//! share unpack the units; the input's own thread unpacks everything else in a stream. A [`Budget`] limits
//! the text that waits for the reader.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::budget::Budget;
use super::members::{Members, Next, UNIT, Unit, Unpacked, read_up_to};

/// Bytes of text that a stream is cut into.
const CHUNK: usize = UNIT;

/// With fewer threads, one that unpacks and one that counts rows leave no processor idle, and large units
/// only leave its caches.
const MIN_THREADS_FOR_LARGE_UNITS: usize = 3;

/// The members of a compressed input.
type Packed = Members<Box<dyn BufRead + Send>>;

/// A unit to unpack, a buffer for it, and where its text goes.
type Job = (Unit, Vec<u8>, SyncSender<Unpacked>);

/// Unpacks the inputs of one run.
pub struct Unpacker {
    /// Inputs that are unpacked at once, and threads that unpack units.
    threads: usize,
    budget: Budget,
    waiting: Mutex<Waiting>,
    jobs: Mutex<Option<Sender<Job>>>,
    /// Spent buffers.
    spare: Mutex<VecDeque<Vec<u8>>>,
}

/// The inputs that no thread unpacks yet, in the order in which they are read.
#[derive(Default)]
struct Waiting {
    tasks: VecDeque<Task>,
    started: usize,
}

/// An input to unpack.
struct Task {
    input: usize,
    members: Packed,
    pieces: Sender<Piece>,
}

/// A piece of an input's text.
struct Piece {
    text: Text,
    /// Bytes that it has taken of the budget, if any.
    taken: Option<usize>,
}

enum Text {
    Ready(Unpacked),
    /// It is being unpacked.
    Coming(Receiver<Unpacked>),
}

impl Unpacker {
    /// An unpacker with this many threads, and one more per input that is unpacked.
    pub fn new(threads: usize) -> Arc<Self> {
        Arc::new(Unpacker {
            threads: threads.max(1),
            budget: Budget::new(threads),
            waiting: Mutex::default(),
            jobs: Mutex::default(),
            spare: Mutex::default(),
        })
    }

    /// Adds an input behind the others. Unpacking begins when it or one shortly before it is read.
    pub fn add(self: &Arc<Self>, mut members: Packed) -> UnpackedReader {
        if self.threads < MIN_THREADS_FOR_LARGE_UNITS {
            members.limit_units(UNIT);
        }
        let (sender, pieces) = mpsc::channel();
        let input = self.budget.add_input();
        lock(&self.waiting).tasks.push_back(Task {
            input,
            members,
            pieces: sender,
        });
        UnpackedReader {
            unpacker: Arc::clone(self),
            input,
            pieces,
            text: Vec::new(),
            at: 0,
            taken: None,
            error: None,
            state: State::New,
        }
    }

    /// Starts to unpack this input and the next ones, as many as there are threads.
    fn start(self: &Arc<Self>, input: usize) -> io::Result<()> {
        let mut waiting = lock(&self.waiting);
        while waiting.started < input + self.threads
            && let Some(task) = waiting.tasks.pop_front()
        {
            waiting.started += 1;
            let own = Arc::clone(self);
            // The thread ends with its input, or when the reader is dropped.
            thread::Builder::new().spawn(move || own.run(task))?;
        }
        Ok(())
    }

    fn run(&self, mut task: Task) {
        if let Err(error) = self.unpack(&mut task) {
            let text = Text::Ready(Unpacked {
                text: Vec::new(),
                error: Some(error),
            });
            let _reader_gone = task.pieces.send(Piece { text, taken: None });
        }
    }

    /// Unpacks an input, until it ends or nobody reads it any more.
    fn unpack(&self, task: &mut Task) -> io::Result<()> {
        while let Some(next) = task.members.next()? {
            let is_read = match next {
                Next::Unit(unit) => {
                    let taken = unit.max_text;
                    self.budget.take(task.input, taken) && {
                        let (text, taken) = (self.submit(unit), Some(taken));
                        task.pieces.send(Piece { text, taken }).is_ok()
                    }
                }
                Next::Member => self.stream(task)?,
            };
            if !is_read {
                break;
            }
        }
        Ok(())
    }

    /// Unpacks the next member in chunks. False if nobody reads them any more.
    fn stream(&self, task: &mut Task) -> io::Result<bool> {
        let mut member = task.members.unpack_next()?;
        loop {
            if !self.budget.take(task.input, CHUNK) {
                return Ok(false);
            }
            let mut chunk = self.buffer(CHUNK);
            chunk.resize(CHUNK, 0);
            let (length, error) = read_up_to(&mut member, &mut chunk);
            chunk.truncate(length);
            let is_over = length < CHUNK || error.is_some();
            let text = Text::Ready(Unpacked { text: chunk, error });
            let taken = Some(CHUNK);
            let piece = Piece { text, taken };
            if task.pieces.send(piece).is_err() {
                return Ok(false);
            }
            if is_over {
                return Ok(true);
            }
        }
    }

    /// Has a unit unpacked by another thread.
    fn submit(&self, unit: Unit) -> Text {
        let (sender, coming) = mpsc::sync_channel(1);
        let buffer = self.buffer(unit.max_text);
        let mut jobs = lock(&self.jobs);
        let jobs = jobs.get_or_insert_with(|| start_threads(self.threads));
        match jobs.send((unit, buffer, sender)) {
            Ok(()) => Text::Coming(coming),
            // No thread could be started.
            Err(mpsc::SendError((unit, buffer, _))) => Text::Ready(unit.unpack(buffer)),
        }
    }

    /// A buffer for about this many bytes: a spent one, if any.
    fn buffer(&self, bytes: usize) -> Vec<u8> {
        let mut spare = lock(&self.spare);
        let fits = |buffer: &Vec<u8>| (bytes / 2..=2 * bytes).contains(&buffer.capacity());
        let found = spare.iter().rposition(fits);
        found.and_then(|at| spare.remove(at)).unwrap_or_default()
    }

    /// Keeps a spent buffer for others, in place of the oldest if there are enough.
    fn recycle(&self, buffer: Vec<u8>) {
        let mut spare = lock(&self.spare);
        spare.push_back(buffer);
        if spare.len() > self.threads + 2 {
            spare.pop_front();
        }
    }
}

/// Starts threads that unpack units until the sender is dropped.
fn start_threads(threads: usize) -> Sender<Job> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..threads {
        let jobs = Arc::clone(&jobs);
        let started = thread::Builder::new().spawn(move || {
            loop {
                let job = lock(&jobs).recv();
                let Ok((unit, buffer, text)) = job else {
                    return;
                };
                let _reader_gone = text.send(unit.unpack(buffer));
            }
        });
        if started.is_err() {
            break;
        }
    }
    sender
}

/// Locks a mutex, even if a thread that had it panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reading end of an input that is unpacked.
pub struct UnpackedReader {
    unpacker: Arc<Unpacker>,
    input: usize,
    pieces: Receiver<Piece>,
    text: Vec<u8>,
    at: usize,
    /// Bytes that the text has taken of the budget.
    taken: Option<usize>,
    /// The error that follows the text.
    error: Option<io::Error>,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    New,
    Started,
    Ended,
}

impl UnpackedReader {
    /// Takes the next piece of text, or ends.
    fn advance(&mut self) -> io::Result<()> {
        if let Some(error) = self.error.take() {
            self.state = State::Ended;
            return Err(error);
        }
        if self.state == State::New {
            self.unpacker.budget.begin(self.input);
            self.unpacker.start(self.input)?;
            self.state = State::Started;
        }
        if let Some(taken) = self.taken.take() {
            self.unpacker.budget.give_back(self.input, taken);
        }
        // The sender is gone: the input has ended.
        let Ok(piece) = self.pieces.recv() else {
            self.state = State::Ended;
            return Ok(());
        };
        self.taken = piece.taken;
        let unpacked = match piece.text {
            Text::Ready(unpacked) => unpacked,
            Text::Coming(coming) => coming
                .recv()
                .map_err(|_| io::Error::other("a thread that unpacks it has failed"))?,
        };
        let spent = std::mem::replace(&mut self.text, unpacked.text);
        self.at = 0;
        self.error = unpacked.error;
        self.unpacker.recycle(spent);
        Ok(())
    }
}

impl Read for UnpackedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && self.state != State::Ended {
            self.advance()?;
        }
        let rest = &self.text[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

impl Drop for UnpackedReader {
    fn drop(&mut self) {
        self.unpacker.budget.close(self.input);
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::super::extent::tests::bgzf;
    use super::super::kind::Kind;
    use super::*;

    /// A text of some megabytes that differs from others.
    fn text(number: usize) -> Vec<u8> {
        (0..200_000)
            .flat_map(|row| format!("{number},17000000{row:05},120\n").into_bytes())
            .collect()
    }

    fn frames(text: &[u8], size: usize) -> Vec<u8> {
        text.chunks(size)
            .flat_map(|part| zstd::bulk::compress(part, 1).unwrap())
            .collect()
    }

    fn blocks(text: &[u8]) -> Vec<u8> {
        text.chunks(65_280).flat_map(bgzf).collect()
    }

    fn members(packed: Vec<u8>) -> Packed {
        let kind = Kind::of(&packed[..4]);
        Members::new(Box::new(io::Cursor::new(packed)), kind)
    }

    /// More inputs than threads, of all kinds.
    fn inputs() -> Vec<(Vec<u8>, Vec<u8>)> {
        let packed = [
            |text: &[u8]| blocks(text),
            |text: &[u8]| frames(text, 1 << 20),
            |text: &[u8]| frames(text, 3_000),
            |text: &[u8]| frames(text, usize::MAX),
        ];
        (0..8)
            .map(|number| {
                let text = text(number);
                let packed = packed[number % 4](&text);
                (text, packed)
            })
            .collect()
    }

    #[test]
    fn each_input_has_its_text_in_order() {
        for threads in [1, 3] {
            let unpacker = Unpacker::new(threads);
            let inputs = inputs();
            let readers = inputs
                .iter()
                .map(|(_, packed)| unpacker.add(members(packed.clone())));
            let mut readers: Vec<UnpackedReader> = readers.collect();
            for (number, (reader, (text, _))) in readers.iter_mut().zip(&inputs).enumerate() {
                let mut found = Vec::new();
                reader.read_to_end(&mut found).unwrap();
                assert!(found == *text, "{number}");
            }
        }
    }

    #[test]
    fn inputs_may_be_read_in_any_order_and_in_part() {
        let unpacker = Unpacker::new(2);
        let inputs = inputs();
        let readers = inputs
            .iter()
            .map(|(_, packed)| unpacker.add(members(packed.clone())));
        let readers: Vec<UnpackedReader> = readers.collect();
        for (mut reader, (text, _)) in readers.into_iter().zip(&inputs).rev() {
            let mut found = vec![0; 1_000_000];
            reader.read_exact(&mut found).unwrap();
            assert!(found == text[..found.len()]);
        }
        // Every thread has ended, or will: nobody reads.
        let ahead = format!("{:?}", unpacker.budget);
        assert!(!ahead.contains("is_closed: false"), "{ahead}");
    }

    #[test]
    fn an_error_comes_behind_the_text_and_ends_it() {
        let text = text(0);
        for packed in [
            blocks(&text),
            frames(&text, 1 << 20),
            frames(&text, usize::MAX),
        ] {
            let cut = packed[..packed.len() * 3 / 4].to_vec();
            let mut reader = Unpacker::new(3).add(members(cut));
            let mut found = Vec::new();
            let error = reader.read_to_end(&mut found).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            assert!(found.len() > text.len() / 2 && found == text[..found.len()]);
            assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0);
        }
    }
}
