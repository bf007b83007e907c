//! Remembers the cells of recent rows, because the next row of a label is usually of the same one.

use crate::jtl::{Sample, number, thread_group, thread_number, up_to_host};

/// Beginnings of thread names that are remembered: a power of two.
const THREADS: usize = 64;

/// Labels that are remembered: a power of two.
const LABELS: usize = 1 << 10;

/// Cells of a label that are remembered: a power of two. Most labels have one for each load generator.
const CELLS: usize = 8;

/// Bytes of the longest text that is remembered.
const MAX_TEXT: usize = 64;

/// What the last rows were, and the places of their cells; empty before the first one.
#[derive(Debug, Clone, Default)]
pub struct Memos {
    threads: Vec<ThreadMemo>,
    labels: Vec<LabelMemo>,
    /// The number of the next thread memo.
    next: u32,
}

/// What is known of a row by those before it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The place of its cell.
    pub place: u32,
    /// The engine that wrote it.
    pub engine: KnownEngine,
    /// The numbers of its group and thread, if it has them.
    pub numbers: Option<(u32, u32)>,
}

/// An engine that wrote rows before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownEngine {
    /// Its number, see [`Engines`](crate::stats::engines::Engines).
    pub number: u16,
    /// Whether it is known by the input of its rows.
    pub is_input: bool,
}

/// The engine and the thread group of a row.
#[derive(Debug, Clone, Copy)]
struct ThreadMemo {
    /// Never used again for another memo.
    number: u32,
    input: u32,
    engine: KnownEngine,
    /// The number of the group; `None` if the name does not end with numbers.
    group: Option<u32>,
    name: Beginning,
    hostname: Beginning,
}

/// The host of a label's last row, and the cells of its last rows on this host.
#[derive(Debug, Clone, Copy)]
struct LabelMemo {
    label: usize,
    url: Beginning,
    cells: [CellMemo; CELLS],
}

#[derive(Debug, Clone, Copy)]
struct CellMemo {
    /// Number of the thread memo.
    thread: u32,
    place: u32,
}

/// How a text begins, or all of it.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    length: u8,
    /// Whether the text must end there.
    is_all: bool,
    /// Its bytes by eights, as far as they are whole.
    words: [u64; MAX_TEXT / 8],
    /// Its last sixteen bytes, if there are as many.
    last_words: u128,
    /// Its last eight bytes; those that there are, if there are fewer.
    last: u64,
}

impl Beginning {
    const NOTHING: Beginning = Beginning {
        length: 0,
        is_all: true,
        words: [0; MAX_TEXT / 8],
        last_words: 0,
        last: 0,
    };
}

impl CellMemo {
    const NOTHING: CellMemo = CellMemo {
        // No memo has this number.
        thread: u32::MAX,
        place: 0,
    };
}

impl Default for ThreadMemo {
    fn default() -> Self {
        ThreadMemo {
            number: u32::MAX - 1,
            input: 0,
            engine: KnownEngine {
                number: 0,
                is_input: false,
            },
            group: None,
            name: Beginning::NOTHING,
            hostname: Beginning::NOTHING,
        }
    }
}

impl Default for LabelMemo {
    fn default() -> Self {
        LabelMemo {
            // No label has this number.
            label: usize::MAX,
            url: Beginning::NOTHING,
            cells: [CellMemo::NOTHING; CELLS],
        }
    }
}

impl Memos {
    /// What is known of a row, if one of its label's last rows had the same host, engine and group.
    #[inline(always)]
    pub fn find(&self, sample: &Sample<'_>, label: usize) -> Option<Known> {
        let thread = self.threads.get(slot(sample))?;
        if thread.input != sample.input || !thread.hostname.is_whole(sample.hostname) {
            return None;
        }
        let digits = thread.name.rest(sample.thread_name)?;
        let memo = self.labels.get(label % LABELS)?;
        let cell = memo.cells.get(thread.number as usize % CELLS)?;
        if memo.label != label || cell.thread != thread.number {
            return None;
        }
        memo.url.rest(sample.url)?;
        let numbers = match (thread.name.is_all, thread.group) {
            (true, _) => None,
            (false, group) => {
                let number = number::at_end(sample.thread_name, digits.len())?;
                group.map(|group| (group, number))
            }
        };
        Some(Known {
            place: cell.place,
            engine: thread.engine,
            numbers,
        })
    }

    /// Remembers the place of a row's cell, and its engine.
    pub fn keep(&mut self, sample: &Sample<'_>, label: usize, place: usize, engine: KnownEngine) {
        let (Some(name), Some(hostname), Some(url), Ok(place)) = (
            Beginning::of_thread_name(sample.thread_name),
            Beginning::new(sample.hostname, true),
            Beginning::of_url(sample.url),
            u32::try_from(place),
        ) else {
            return;
        };
        let Some(number) = self.keep_thread(sample, engine, [name, hostname]) else {
            return;
        };
        let at = label % LABELS;
        if self.labels.len() <= at {
            self.labels.resize(at + 1, LabelMemo::default());
        }
        let Some(memo) = self.labels.get_mut(at) else {
            return;
        };
        if memo.label != label || memo.url.rest(sample.url).is_none() {
            *memo = LabelMemo {
                label,
                url,
                ..LabelMemo::default()
            };
        }
        if let Some(cell) = memo.cells.get_mut(number as usize % CELLS) {
            *cell = CellMemo {
                thread: number,
                place,
            };
        }
    }

    /// The number of the memo of the row's engine and group, which is made if it is missing.
    fn keep_thread(
        &mut self,
        sample: &Sample<'_>,
        engine: KnownEngine,
        [name, hostname]: [Beginning; 2],
    ) -> Option<u32> {
        let group = thread_number(sample.thread_name).map(|(group, _)| group);
        let digits = sample.thread_name.len() - usize::from(name.length);
        // Whether it ends with numbers says so of all threads of the group only if they are short.
        if digits > number::WORD || (name.is_all && group.is_some()) {
            return None;
        }
        self.threads.resize(THREADS, ThreadMemo::default());
        let thread = self.threads.get_mut(slot(sample))?;
        let is_same = thread.number < self.next
            && thread.input == sample.input
            && thread.engine == engine
            && thread.hostname.is_whole(sample.hostname)
            && thread.name.is_all == name.is_all
            && thread.name.length == name.length
            && thread.name.rest(sample.thread_name).is_some();
        if !is_same {
            // Before numbers are used up, forget everything.
            if self.next >= u32::MAX - 2 {
                *self = Memos::default();
                return None;
            }
            *thread = ThreadMemo {
                number: self.next,
                input: sample.input,
                engine,
                group,
                name,
                hostname,
            };
            self.next += 1;
        }
        Some(thread.number)
    }
}

/// Where the row's engine and group are remembered. Thread names of different engines begin differently.
#[inline(always)]
fn slot(sample: &Sample<'_>) -> usize {
    let beginning = sample.thread_name.first_chunk();
    let mixed = beginning.map_or(0, |eight| {
        // The last of the eight bytes changes only the highest bits.
        u64::from_le_bytes(*eight).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58
    });
    mixed as usize % THREADS
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
        // Most are of such a length.
        if let (16..=32, Some(first), Some(last)) = (length, own.first_chunk(), own.last_chunk()) {
            let [a, b, ..] = self.words;
            let first = u128::from_le_bytes(*first) ^ (u128::from(b) << 64 | u128::from(a));
            let last = u128::from_le_bytes(*last) ^ self.last_words;
            return (first | last == 0).then_some(rest);
        }
        if let (8..=15, Some(first), Some(last)) = (length, own.first_chunk(), own.last_chunk()) {
            let [a, ..] = self.words;
            let first = u64::from_le_bytes(*first) ^ a;
            let last = u64::from_le_bytes(*last) ^ self.last;
            return (first | last == 0).then_some(rest);
        }
        let mut difference = self.last ^ last_word(own);
        for (chunk, word) in own.chunks_exact(8).zip(&self.words) {
            difference |= word_of(chunk) ^ word;
        }
        (difference == 0).then_some(rest)
    }

    /// Whether a text is the same. Most hosts have no name.
    #[inline(always)]
    fn is_whole(&self, text: &[u8]) -> bool {
        text.len() == usize::from(self.length) && (text.is_empty() || self.rest(text).is_some())
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
            last_words: text
                .last_chunk()
                .map_or(0, |last| u128::from_le_bytes(*last)),
            last: last_word(text),
        })
    }

    /// The URL up to the end of its host, or all of one that has nothing behind it.
    fn of_url(url: &[u8]) -> Option<Self> {
        match up_to_host(url) {
            Some(beginning) => Beginning::new(beginning, false),
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
