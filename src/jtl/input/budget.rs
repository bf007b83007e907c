//! A limit on the text that is unpacked ahead of the reader, for all inputs together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::extent::MAX_TEXT;

/// Bytes that may be unpacked ahead of each input, whatever the others have taken.
const MIN_AHEAD: usize = 1 << 20;

/// Counts the pieces of text that are unpacked ahead.
#[derive(Debug)]
pub struct Budget {
    /// Most bytes ahead, of all inputs together: the largest unit for each thread.
    max_bytes: usize,
    /// Most pieces ahead of the input that is being read: more would only leave the processor's caches.
    max_pieces: usize,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    inputs: Vec<Share>,
}

/// What one input has taken.
#[derive(Debug, Default, Clone, Copy)]
struct Share {
    bytes: usize,
    pieces: usize,
    is_being_read: bool,
    is_closed: bool,
}

impl Budget {
    /// A budget for this many threads that unpack.
    pub fn new(threads: usize) -> Self {
        Budget {
            max_bytes: threads.max(2) * MAX_TEXT,
            // One for each thread, one that is read, and two that are ready.
            max_pieces: threads + 3,
            taken: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Adds an input, and returns its number.
    pub fn add_input(&self) -> usize {
        let mut taken = self.lock();
        taken.inputs.push(Share::default());
        taken.inputs.len() - 1
    }

    /// Begins to read an input.
    pub fn begin(&self, input: usize) {
        self.lock().inputs[input].is_being_read = true;
    }

    /// Takes a piece of this many bytes for an input, and waits until there is room. False if nobody reads
    /// that input any more.
    pub fn take(&self, input: usize, bytes: usize) -> bool {
        let waited = self
            .freed
            .wait_while(self.lock(), |taken| self.has_to_wait(taken, input, bytes));
        let mut taken = waited.unwrap_or_else(PoisonError::into_inner);
        let own = &mut taken.inputs[input];
        if own.is_closed {
            return false;
        }
        own.bytes += bytes;
        own.pieces += 1;
        taken.bytes += bytes;
        true
    }

    fn has_to_wait(&self, taken: &Taken, input: usize, bytes: usize) -> bool {
        let own = taken.inputs[input];
        let has_enough = own.is_being_read && own.pieces >= self.max_pieces;
        let is_too_far = own.bytes + bytes > MIN_AHEAD && taken.bytes + bytes > self.max_bytes;
        !own.is_closed && own.pieces > 0 && (has_enough || is_too_far)
    }

    /// Gives back a piece that was taken for an input.
    pub fn give_back(&self, input: usize, bytes: usize) {
        let mut taken = self.lock();
        let own = &mut taken.inputs[input];
        own.bytes -= bytes;
        own.pieces -= 1;
        taken.bytes -= bytes;
        self.freed.notify_all();
    }

    /// Gives back all pieces of an input, which nobody reads any more.
    pub fn close(&self, input: usize) {
        let mut taken = self.lock();
        let closed = Share {
            is_closed: true,
            ..Share::default()
        };
        let own = std::mem::replace(&mut taken.inputs[input], closed);
        taken.bytes -= own.bytes;
        self.freed.notify_all();
    }

    /// Locks it, even if a thread that had it panicked.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    /// Most bytes with one thread.
    const MAX: usize = 2 * MAX_TEXT;

    fn waits(budget: &Budget, input: usize, bytes: usize) -> bool {
        budget.has_to_wait(&budget.lock(), input, bytes)
    }

    #[test]
    fn inputs_share_the_budget_and_each_has_a_minimum() {
        let budget = Budget::new(1);
        let (first, second) = (budget.add_input(), budget.add_input());
        assert!(budget.take(first, MAX));
        // Its first piece, and those up to the minimum, wait for nobody.
        assert!(!waits(&budget, second, MAX));
        assert!(budget.take(second, MIN_AHEAD / 2));
        assert!(budget.take(second, MIN_AHEAD / 2));
        assert!(waits(&budget, second, 1));
        budget.give_back(first, MAX);
        assert!(!waits(&budget, second, 1) && waits(&budget, second, MAX));
    }

    #[test]
    fn the_input_that_is_read_is_not_far_behind() {
        let budget = Budget::new(1);
        let input = budget.add_input();
        // Before it is read, only bytes limit it.
        (0..5).for_each(|_| assert!(budget.take(input, 1)));
        assert!(!waits(&budget, input, 1));
        budget.begin(input);
        assert!(waits(&budget, input, 1));
        (0..2).for_each(|_| budget.give_back(input, 1));
        assert!(!waits(&budget, input, 1));
    }

    #[test]
    fn who_waits_goes_on_with_room_and_ends_without_a_reader() {
        for is_closed in [false, true] {
            let budget = Arc::new(Budget::new(1));
            let input = budget.add_input();
            assert!(budget.take(input, MAX));
            let own = Arc::clone(&budget);
            let waiting = thread::spawn(move || own.take(input, MAX));
            match is_closed {
                false => budget.give_back(input, MAX),
                true => budget.close(input),
            }
            assert_eq!(waiting.join().unwrap(), !is_closed);
        }
    }
}
