//! The reader of an input, passed from block to block.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::ahead::Ahead;
use super::reader::{Boundary, Setup, XmlReader};

/// Passes the reader of an input from the worker with one block to the worker with the next.
#[derive(Debug)]
pub struct Relay {
    setup: Setup,
    state: Mutex<State>,
    passed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Number of the block whose turn it is.
    turn: u64,
    /// The reader, unless a worker has it.
    reader: Option<XmlReader>,
    /// The last boundary that a block ended at.
    boundary: Option<Boundary>,
    /// Whether no block will be read any more.
    is_stopped: bool,
    /// Readers ahead that are not in use.
    spare: Vec<Ahead>,
}

impl Relay {
    /// Begins with the reader of an input that begins at `position`.
    pub(super) fn new(setup: Setup, position: u64) -> Self {
        let state = State {
            turn: 0,
            reader: Some(XmlReader::new(&setup, position)),
            boundary: None,
            is_stopped: false,
            spare: Vec::new(),
        };
        Relay {
            setup,
            state: Mutex::new(state),
            passed: Condvar::new(),
        }
    }

    /// How the input is read.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Where the block before this one probably ends; `None` if that is known, or no guess is possible.
    pub(super) fn guess(&self, block: u64) -> Option<Boundary> {
        let state = self.lock();
        state.boundary.filter(|_| state.turn < block)
    }

    /// Waits for the turn of a block. Returns the reader of all blocks before; `None` if one of them was
    /// not read to its end.
    pub(super) fn wait(&self, block: u64) -> Option<XmlReader> {
        let is_early = |state: &mut State| state.turn < block && !state.is_stopped;
        let waiting = self.passed.wait_while(self.lock(), is_early);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        state.reader.take().filter(|_| !state.is_stopped)
    }

    /// Passes the reader on to the next block.
    pub(super) fn pass(&self, reader: XmlReader) {
        let mut state = self.lock();
        state.turn += 1;
        state.boundary = reader.boundary().or(state.boundary);
        state.reader = Some(reader);
        drop(state);
        self.passed.notify_all();
    }

    /// Stops all blocks that follow this one, unless it was read to its end.
    pub(super) fn leave(&self, block: u64) {
        let mut state = self.lock();
        if state.turn <= block {
            state.is_stopped = true;
            drop(state);
            self.passed.notify_all();
        }
    }

    /// A reader ahead, maybe one that was used before.
    pub(super) fn ahead(&self) -> Ahead {
        let spare = self.lock().spare.pop();
        spare.unwrap_or_else(|| Ahead::new(&self.setup))
    }

    /// Takes back a reader ahead.
    pub(super) fn give_back(&self, ahead: Ahead) {
        self.lock().spare.push(ahead);
    }

    /// Where the last block ended, while nobody reads.
    #[cfg(test)]
    pub(super) fn boundary(&self) -> Option<Boundary> {
        self.lock().reader.as_ref()?.boundary()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
