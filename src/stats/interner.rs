//! Names to small numbers, without allocating for known names.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Size of the cache of recent names: a power of two, more than most runs have labels.
const RECENT: usize = 64;

/// Numbers names from 0 in the order they are first met.
#[derive(Debug, Clone)]
pub struct Interner {
    names: Vec<Box<[u8]>>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    recent: [Recent; RECENT],
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
            names: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            recent: [nothing; RECENT],
        }
    }
}

impl Interner {
    /// The number of `name`, which gets a new one if it is not known.
    #[inline(always)]
    pub fn number(&mut self, name: &[u8]) -> usize {
        let ends = Ends::of(name);
        let place = ends.hash() % RECENT;
        let recent = self.recent[place];
        if recent.ends == ends && (ends.is_all() || *self.names[recent.number as usize] == *name) {
            return recent.number as usize;
        }
        let number = self.look_up(name);
        self.recent[place] = Recent { ends, number };
        number as usize
    }

    /// The number of `name`, if it is known.
    #[inline(always)]
    pub fn known(&mut self, name: &[u8]) -> Option<u32> {
        let ends = Ends::of(name);
        let place = ends.hash() % RECENT;
        let recent = self.recent[place];
        if recent.ends == ends && (ends.is_all() || *self.names[recent.number as usize] == *name) {
            return Some(recent.number);
        }
        let number = self.find(name, self.hasher.hash_one(name))?;
        self.recent[place] = Recent { ends, number };
        Some(number)
    }

    #[inline(never)]
    fn find(&self, name: &[u8], hash: u64) -> Option<u32> {
        let names = &self.names;
        let is_same = |&number: &u32| *names[number as usize] == *name;
        self.numbers.find(hash, is_same).copied()
    }

    #[inline(never)]
    fn look_up(&mut self, name: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(name);
        if let Some(number) = self.find(name, hash) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        let (names, hasher) = (&self.names, &self.hasher);
        self.numbers.insert_unique(hash, number, |&number| {
            hasher.hash_one(&*names[number as usize])
        });
        number
    }

    /// The names by number.
    pub fn names(&self) -> &[Box<[u8]>] {
        &self.names
    }
}

/// Stores the names in their order.
impl Serialize for Interner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names.serialize(serializer)
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
        (mixed >> 58) as usize
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
        assert_eq!(interner.names().len(), 3);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_map(names in proptest::collection::vec("[ab\0]{0,3}|[ab]{8}x{0,16}[ab]{8}", 0..200)) {
            let mut interner = Interner::default();
            let mut plain = HashMap::new();
            for name in &names {
                let next = plain.len();
                let number = *plain.entry(name).or_insert(next);
                prop_assert_eq!(interner.number(name.as_bytes()), number);
            }
        }
    }
}
