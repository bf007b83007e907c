//! Names to small numbers, without allocating for a name that is known.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Numbers names from 0 in the order they are first met.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    names: Vec<Box<[u8]>>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    last: usize,
}

impl Interner {
    /// The number of `name`; a new one if it is not known.
    #[inline]
    pub fn number(&mut self, name: &[u8]) -> usize {
        // Rows of one label often follow one another.
        if self
            .names
            .get(self.last)
            .is_some_and(|last| **last == *name)
        {
            return self.last;
        }
        self.last = self.look_up(name);
        self.last
    }

    fn look_up(&mut self, name: &[u8]) -> usize {
        let hash = self.hasher.hash_one(name);
        let names = &self.names;
        let is_same = |&number: &u32| *names[number as usize] == *name;
        if let Some(&number) = self.numbers.find(hash, is_same) {
            return number as usize;
        }
        let number = self.names.len();
        self.names.push(name.into());
        let (names, hasher) = (&self.names, &self.hasher);
        self.numbers.insert_unique(hash, number as u32, |&number| {
            hasher.hash_one(&*names[number as usize])
        });
        number
    }

    /// The names by number.
    pub fn names(&self) -> &[Box<[u8]>] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
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
}
