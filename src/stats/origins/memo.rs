//! Remembers the cells of recent rows, because the next row of a label is usually of the same one.

use crate::jtl::{Sample, thread_group};

/// Rows that are remembered: a power of two.
const MEMOS: usize = 64;

/// Bytes of the longest text that is remembered.
const MAX_TEXT: usize = 64;

/// The last rows and the places of their cells; empty before the first one.
#[derive(Debug, Clone, Default)]
pub struct Memos(Vec<Memo>);

#[derive(Debug, Clone, Copy)]
struct Memo {
    label: usize,
    place: usize,
    input: u32,
    url: Beginning,
    thread_name: Beginning,
    hostname: Beginning,
}

/// How a text begins, or all of it.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    length: u8,
    /// Whether the text must end there.
    is_all: bool,
    /// Its bytes by eights, as far as they are whole.
    words: [u64; MAX_TEXT / 8],
    /// Its last eight bytes; those that there are, if there are fewer.
    last: u64,
}

impl Default for Memo {
    fn default() -> Self {
        let nothing = Beginning {
            length: 0,
            is_all: true,
            words: [0; MAX_TEXT / 8],
            last: 0,
        };
        Memo {
            // No label has this number.
            label: usize::MAX,
            place: 0,
            input: 0,
            url: nothing,
            thread_name: nothing,
            hostname: nothing,
        }
    }
}

impl Memos {
    /// The place of the row's cell, if its label's last row had the same host, engine and group.
    #[inline(always)]
    pub fn find(&self, sample: &Sample<'_>, label: usize) -> Option<usize> {
        let memo = self.0.get(slot(sample, label))?;
        let is_same = memo.label == label
            && memo.input == sample.input
            && memo.hostname.rest(sample.hostname).is_some()
            && memo.url.rest(sample.url).is_some()
            && memo
                .thread_name
                .rest(sample.thread_name)
                .is_some_and(|rest| memo.thread_name.is_all || is_number(rest));
        is_same.then_some(memo.place)
    }

    /// Remembers the place of a row's cell.
    pub fn keep(&mut self, sample: &Sample<'_>, label: usize, place: usize) {
        let (Some(url), Some(thread_name), Some(hostname)) = (
            Beginning::of_url(sample.url),
            Beginning::of_thread_name(sample.thread_name),
            Beginning::new(sample.hostname, true),
        ) else {
            return;
        };
        self.0.resize(MEMOS, Memo::default());
        if let Some(memo) = self.0.get_mut(slot(sample, label)) {
            *memo = Memo {
                label,
                place,
                input: sample.input,
                url,
                thread_name,
                hostname,
            };
        }
    }
}

/// Where the row is remembered. Thread names of different engines begin differently.
#[inline(always)]
fn slot(sample: &Sample<'_>, label: usize) -> usize {
    let beginning = sample.thread_name.first_chunk();
    let mixed = beginning.map_or(0, |eight| {
        // The last of the eight bytes changes only the highest bits.
        u64::from_le_bytes(*eight).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58
    });
    (label + mixed as usize) % MEMOS
}

/// Whether a text is a number: digits alone.
#[inline(always)]
fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The last eight bytes of a text, or all of a shorter one.
#[inline(always)]
fn last_word(text: &[u8]) -> u64 {
    match text.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => text
            .iter()
            .fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

#[inline(always)]
fn word_of(chunk: &[u8]) -> u64 {
    chunk
        .first_chunk()
        .map_or(0, |eight| u64::from_le_bytes(*eight))
}

impl Beginning {
    /// What comes behind it in a text that begins with it. Written without a call, for which the hot
    /// path would have to save its registers.
    #[inline(always)]
    fn rest<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let length = usize::from(self.length);
        let (own, rest) = text.split_at_checked(length)?;
        if self.is_all && !rest.is_empty() {
            return None;
        }
        let mut difference = self.last ^ last_word(own);
        for (chunk, word) in own.chunks_exact(8).zip(&self.words) {
            difference |= word_of(chunk) ^ word;
        }
        (difference == 0).then_some(rest)
    }

    fn new(text: &[u8], is_all: bool) -> Option<Self> {
        let mut words = [0; MAX_TEXT / 8];
        if text.len() > MAX_TEXT {
            return None;
        }
        for (chunk, word) in text.chunks_exact(8).zip(&mut words) {
            *word = word_of(chunk);
        }
        Some(Beginning {
            length: text.len() as u8,
            is_all,
            words,
            last: last_word(text),
        })
    }

    /// `http://example.org/` of `http://example.org/a`: the delimiter shows where the host ends. A URL
    /// without a host, or without anything behind it, is remembered whole.
    fn of_url(url: &[u8]) -> Option<Self> {
        let scheme = memchr::memmem::find(url, b"://").map(|at| at + 3);
        let end = scheme.and_then(|scheme| {
            let rest = url.get(scheme..)?;
            Some(scheme + memchr::memchr3(b'/', b'?', b'#', rest)? + 1)
        });
        match end {
            Some(end) => Beginning::new(url.get(..end)?, false),
            None => Beginning::new(url, true),
        }
    }

    /// `Users 1-` of `Users 1-12`, if what comes behind is the number of the thread.
    fn of_thread_name(name: &[u8]) -> Option<Self> {
        // Without a number, the group is the end of the name.
        if name.ends_with(thread_group(name)) {
            return Beginning::new(name, true);
        }
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let end = name.len() - digits.count();
        Beginning::new(name.get(..end)?, false)
    }
}
