//! Names to small numbers, without allocating for known names.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::jtl::AT_ONCE;

/// Size of the cache of recent names: a power of two, and several times as many as most runs have labels.
const RECENT: usize = 256;

/// Slots of the smallest table that is not empty: a power of two.
const MIN_SLOTS: usize = 64;

/// Numbers names from 0 in the order they are first met.
#[derive(Debug, Clone)]
pub struct Interner {
    /// All names, one behind the other.
    text: Vec<u8>,
    /// By number, where the name ends.
    ends: Vec<usize>,
    /// By hash, each in the first slot that was free from there on. Their number is a power of two, and
    /// half of them stay free.
    slots: Vec<Slot>,
    hasher: DefaultHashBuilder,
    recent: Box<[Recent; RECENT]>,
}

/// A name in the table. It is small, because a run may have a million labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    /// Of the name.
    hash: u32,
    number: u32,
}

impl Slot {
    /// No name has this number.
    const FREE: Slot = Slot {
        hash: 0,
        number: u32::MAX,
    };
}

/// A recent name, by its ends.
#[derive(Debug, Clone, Copy)]
struct Recent {
    ends: Ends,
    number: u32,
}

/// The length of a text and its first and last eight bytes. Up to 16 bytes this is the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    length: usize,
    first: u64,
    last: u64,
}

impl Default for Interner {
    fn default() -> Self {
        let nothing = Recent {
            // No text has this length.
            ends: Ends {
                length: usize::MAX,
                first: 0,
                last: 0,
            },
            number: 0,
        };
        Interner {
            text: Vec::new(),
            ends: Vec::new(),
            slots: Vec::new(),
            hasher: DefaultHashBuilder::default(),
            recent: Box::new([nothing; RECENT]),
        }
    }
}

impl Interner {
    /// The number of `name`, which gets a new one if it is not known.
    #[inline(always)]
    pub fn number(&mut self, name: &[u8]) -> usize {
        let ends = Ends::of(name);
        if let Some(number) = self.recent(name, ends) {
            return number as usize;
        }
        let number = self.look_up(name);
        self.recent[ends.hash() % RECENT] = Recent { ends, number };
        number as usize
    }

    /// The number of `name`, if it was met recently.
    #[inline(always)]
    fn recent(&self, name: &[u8], ends: Ends) -> Option<u32> {
        let recent = self.recent[ends.hash() % RECENT];
        let is_same =
            recent.ends == ends && (ends.is_all() || self.name(recent.number as usize) == name);
        is_same.then_some(recent.number)
    }

    /// Gives each name its number, up to the first one that is not known. Returns how many there are.
    #[inline(always)]
    pub fn known_each(&mut self, names: &[&[u8]], numbers: &mut [u32]) -> usize {
        if self.ends.len() > RECENT / 2 {
            return self.known_side_by_side(names, numbers);
        }
        let mut known = 0;
        for (name, number) in names.iter().zip(numbers) {
            let ends = Ends::of(name);
            *number = match self.recent(name, ends) {
                Some(number) => number,
                None => match self.find(name, self.hash(name)) {
                    Some(number) => {
                        self.recent[ends.hash() % RECENT] = Recent { ends, number };
                        number
                    }
                    None => break,
                },
            };
            known += 1;
        }
        known
    }

    #[inline(never)]
    fn known_side_by_side(&self, names: &[&[u8]], numbers: &mut [u32]) -> usize {
        let found = self.find_each(names, numbers);
        found.trailing_ones() as usize
    }

    /// Gives at most [`AT_ONCE`] names their numbers. Those that are not known get new ones.
    #[inline(never)]
    pub fn number_each(&mut self, names: &[&[u8]], numbers: &mut [u32]) {
        let found = self.find_each(names, numbers);
        for (place, (name, number)) in names.iter().zip(numbers).enumerate() {
            if found >> place & 1 == 0 {
                *number = self.look_up(name);
            }
        }
    }

    /// Gives all names of another one numbers here. Returns them by their numbers there.
    pub fn merge(&mut self, other: &Interner) -> Vec<usize> {
        let mut merged = Vec::with_capacity(other.len());
        let mut names = other.names();
        let mut numbers = [0; AT_ONCE];
        while merged.len() < other.len() {
            let names: Vec<&[u8]> = names.by_ref().take(AT_ONCE).collect();
            self.number_each(&names, &mut numbers);
            merged.extend(
                numbers
                    .iter()
                    .take(names.len())
                    .map(|&number| number as usize),
            );
        }
        merged
    }

    /// Gives at most [`AT_ONCE`] names the numbers that they have. Returns a bit for each that has one.
    ///
    /// Each step is a loop of its own, so that the processor waits for the memory of many names at once.
    #[inline(always)]
    fn find_each(&self, names: &[&[u8]], numbers: &mut [u32]) -> u64 {
        let mut hashes = [0; AT_ONCE];
        for (hash, name) in hashes.iter_mut().zip(names) {
            *hash = self.hash(name);
        }
        let mut slots = [Slot::FREE; AT_ONCE];
        for (slot, &hash) in slots.iter_mut().zip(&hashes[..names.len()]) {
            let first = self.slots.get(self.place(hash));
            *slot = first.copied().unwrap_or(Slot::FREE);
        }
        let mut spans = [(0, 0); AT_ONCE];
        for (span, slot) in spans.iter_mut().zip(&slots[..names.len()]) {
            *span = self.span(slot.number as usize);
        }
        let mut found = 0;
        let each = names.iter().zip(numbers).enumerate();
        for (place, (&name, number)) in each.take(AT_ONCE) {
            let ((start, end), slot, hash) = (spans[place], slots[place], hashes[place]);
            let is_first = slot.hash == hash
                && slot != Slot::FREE
                && self.text.get(start..end).is_some_and(|text| text == name);
            let known = if is_first {
                Some(slot.number)
            } else {
                self.find(name, hash)
            };
            if let Some(known) = known {
                *number = known;
                found |= 1 << place;
            }
        }
        found
    }

    #[inline(always)]
    fn hash(&self, name: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name);
        (hasher.finish() >> 32) as u32
    }

    /// Where the slot of a hash is, unless it was taken before.
    #[inline(always)]
    fn place(&self, hash: u32) -> usize {
        self.wrapped(hash as usize)
    }

    #[inline(always)]
    fn wrapped(&self, place: usize) -> usize {
        place & self.slots.len().wrapping_sub(1)
    }

    #[inline(never)]
    fn find(&self, name: &[u8], hash: u32) -> Option<u32> {
        let mut place = self.place(hash);
        loop {
            let slot = *self.slots.get(place)?;
            if slot == Slot::FREE {
                return None;
            }
            if slot.hash == hash && self.name(slot.number as usize) == name {
                return Some(slot.number);
            }
            place = self.wrapped(place + 1);
        }
    }

    #[inline(never)]
    fn look_up(&mut self, name: &[u8]) -> u32 {
        let hash = self.hash(name);
        if let Some(number) = self.find(name, hash) {
            return number;
        }
        let number = self.ends.len() as u32;
        self.text.extend_from_slice(name);
        self.ends.push(self.text.len());
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.insert(Slot { hash, number });
        number
    }

    /// Doubles the number of slots.
    #[cold]
    fn grow(&mut self) {
        let room = (self.slots.len() * 2).max(MIN_SLOTS);
        let before = std::mem::replace(&mut self.slots, vec![Slot::FREE; room]);
        let taken = before.into_iter().filter(|slot| *slot != Slot::FREE);
        taken.for_each(|slot| self.insert(slot));
    }

    /// Puts a name that is not in the table into the first free slot.
    fn insert(&mut self, slot: Slot) {
        let mut place = self.place(slot.hash);
        while self.slots[place] != Slot::FREE {
            place = self.wrapped(place + 1);
        }
        self.slots[place] = slot;
    }

    /// How many names there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The name with this number; empty without one.
    #[inline(always)]
    pub fn name(&self, number: usize) -> &[u8] {
        let (start, end) = self.span(number);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Where a name begins and ends.
    #[inline(always)]
    fn span(&self, number: usize) -> (usize, usize) {
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before),
            None => Some(&0),
        };
        match (start, self.ends.get(number)) {
            (Some(&start), Some(&end)) => (start, end),
            _ => (0, 0),
        }
    }

    /// The names by number.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        (0..self.len()).map(|number| self.name(number))
    }
}

/// Stores the names in their order.
impl Serialize for Interner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Interner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<Box<[u8]>>::deserialize(deserializer)?;
        let mut interner = Interner::default();
        for (number, name) in names.iter().enumerate() {
            if interner.number(name) != number {
                return Err(D::Error::custom("a name occurs twice"));
            }
        }
        Ok(interner)
    }
}

impl Ends {
    /// The ends of a text.
    #[inline(always)]
    pub fn of(text: &[u8]) -> Self {
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => by_fours(text, *first, *last),
            _ => (short(text), 0),
        };
        Ends {
            length: text.len(),
            first,
            last,
        }
    }

    /// Whether the ends are the whole text, so that equal ends mean equal texts.
    #[inline(always)]
    pub fn is_all(self) -> bool {
        self.length <= 16
    }

    #[inline(always)]
    fn hash(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ self.length as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 56) as usize
    }
}

/// The first and last eight bytes of a text of at least four bytes; in a text of less than 16 they
/// overlap. They are read four at a time, because a branch on the length would often be
/// mispredicted.
#[inline(always)]
fn by_fours(text: &[u8], first: [u8; 4], last: [u8; 4]) -> (u64, u64) {
    let behind = text.len() - 4;
    let second = behind.min(4);
    let pair = |low: [u8; 4], high: [u8; 4]| {
        u64::from(u32::from_le_bytes(low)) | u64::from(u32::from_le_bytes(high)) << 32
    };
    (
        pair(first, four_at(text, second)),
        pair(four_at(text, behind - second), last),
    )
}

#[inline(always)]
fn four_at(text: &[u8], at: usize) -> [u8; 4] {
    match text.get(at..at + 4) {
        Some(&[a, b, c, d]) => [a, b, c, d],
        _ => [0; 4],
    }
}

/// A text of up to three bytes: its first, middle and last byte.
#[inline(always)]
fn short(text: &[u8]) -> u64 {
    match (text.first(), text.get(text.len() / 2), text.last()) {
        (Some(&first), Some(&middle), Some(&last)) => {
            u64::from(first) | u64::from(middle) << 8 | u64::from(last) << 16
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_order_of_appearance() {
        let mut interner = Interner::default();
        let numbers: Vec<usize> = ["b", "a", "a", "b", "", "a"]
            .iter()
            .map(|name| interner.number(name.as_bytes()))
            .collect();
        assert_eq!(numbers, [0, 1, 1, 0, 2, 1]);
        assert!(interner.names().eq([&b"b"[..], b"a", b""]));
        assert_eq!((interner.name(1), interner.name(3)), (&b"a"[..], &b""[..]));
    }

    /// Names, many of which begin and end alike.
    fn names() -> impl Strategy<Value = Vec<String>> {
        let name = prop_oneof![
            3 => "[ab\0]{0,3}|[ab]{8}x{0,16}[ab]{8}",
            2 => (0..150_u32).prop_map(|number| format!("GET /item/{number}/details")),
        ];
        proptest::collection::vec(name, 0..400)
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_map(names in names()) {
            let mut one_by_one = Interner::default();
            let mut side_by_side = Interner::default();
            let mut plain = HashMap::new();
            for names in names.chunks(AT_ONCE) {
                let texts: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
                let known = names.iter().take_while(|name| plain.contains_key(*name)).count();
                let mut numbers = [0; AT_ONCE];
                prop_assert_eq!(one_by_one.known_each(&texts, &mut numbers), known);
                let mut expected = Vec::new();
                for name in names {
                    let next = plain.len() as u32;
                    let number = *plain.entry(name).or_insert(next);
                    prop_assert_eq!(one_by_one.number(name.as_bytes()), number as usize);
                    expected.push(number);
                }
                prop_assert_eq!(&numbers[..known], &expected[..known]);
                side_by_side.number_each(&texts, &mut numbers);
                prop_assert_eq!(&numbers[..names.len()], &expected[..]);
                prop_assert_eq!(side_by_side.known_each(&texts, &mut numbers), names.len());
                prop_assert_eq!(&numbers[..names.len()], &expected[..]);
            }
            let mut merged = Interner::default();
            merged.number(b"GET /item/7/details");
            let numbers = merged.merge(&one_by_one);
            let same = numbers.iter().map(|&number| merged.name(number));
            prop_assert!(same.eq(one_by_one.names()));
            let stored = postcard::to_stdvec(&one_by_one).unwrap();
            let boxes: Vec<Box<[u8]>> = one_by_one.names().map(Box::from).collect();
            prop_assert_eq!(&stored, &postcard::to_stdvec(&boxes).unwrap());
            let read: Interner = postcard::from_bytes(&stored).unwrap();
            prop_assert!(read.names().eq(side_by_side.names()));
        }
    }
}
