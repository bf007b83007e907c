//! Counters of small numbers, in pages that exist only where numbers occur.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::consistency::Inconsistent;

/// Numbers below this one are counted without pages, because most times are short.
const LOW: usize = 1 << 10;

/// Counters per page: 64 bytes, one cache line, so that scattered numbers take little memory.
pub const PAGE: usize = 16;

/// Ranges of [`PAGE`] numbers below 2^19.
const MAX_RANGES: usize = (1 << 19) / PAGE;

/// How often each number was counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Counters {
    /// Counters of the numbers below [`LOW`], up to the largest that occurs.
    low: Vec<u32>,
    /// For each range of [`PAGE`] numbers the index of its page; 0 if it has no page yet.
    page_of: Vec<u16>,
    pages: Vec<[u32; PAGE]>,
    /// The part of each count that does not fit in 32 bits.
    carried: BTreeMap<usize, u64>,
}

impl Counters {
    /// Counts `number` `weight` times. It must be below 2^19, because page indices have 16 bits.
    #[inline(always)]
    pub fn add(&mut self, number: usize, weight: u64) {
        match self.low.get_mut(number) {
            Some(counter) => {
                let carried = add(counter, weight);
                self.carry(number, carried);
            }
            None => self.add_elsewhere(number, weight),
        }
    }

    /// Counts numbers up to the first one that needs more than to add to a low counter, and returns that one.
    #[inline(always)]
    pub fn count_low(&mut self, numbers: &mut impl Iterator<Item = u32>) -> Option<u32> {
        let low = &mut self.low[..];
        numbers.find(|&number| match low.get_mut(number as usize) {
            Some(counter) if *counter < u32::MAX => {
                *counter += 1;
                false
            }
            _ => true,
        })
    }

    /// Counts a number that has no low counter yet, or is counted in a page.
    #[inline(never)]
    fn add_elsewhere(&mut self, number: usize, weight: u64) {
        if number < LOW {
            let room = (number + 1).next_power_of_two().max(PAGE);
            self.low.resize(room, 0);
        }
        let counter = match self.low.get_mut(number) {
            Some(counter) => counter,
            None => {
                let page = match self.page_of.get(number / PAGE) {
                    Some(&page) if page != 0 => page,
                    _ => self.add_page(number / PAGE),
                };
                &mut self.pages[usize::from(page)][number % PAGE]
            }
        };
        let carried = add(counter, weight);
        self.carry(number, carried);
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.low.is_empty() && self.pages.is_empty()
    }

    /// Calls `visit` with every number that was counted and its count, ascending.
    pub fn for_each(&self, mut visit: impl FnMut(usize, u64)) {
        let mut visit_counter = |number: usize, count: u32| {
            let carried = match self.carried.is_empty() {
                true => 0,
                false => self.carried.get(&number).copied().unwrap_or(0),
            };
            let count = u64::from(count) + carried;
            if count > 0 {
                visit(number, count);
            }
        };
        for (number, &count) in self.low.iter().enumerate() {
            visit_counter(number, count);
        }
        for (range, &page) in self.page_of.iter().enumerate() {
            if page != 0 {
                for (offset, &count) in self.pages[usize::from(page)].iter().enumerate() {
                    visit_counter(range * PAGE + offset, count);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn add_page(&mut self, range: usize) -> u16 {
        if self.page_of.len() <= range {
            self.page_of.resize(range + 1, 0);
        }
        if self.pages.is_empty() {
            // Index 0 means that there is no page.
            self.pages.push([0; PAGE]);
        }
        let page = self.pages.len() as u16;
        self.pages.push([0; PAGE]);
        self.page_of[range] = page;
        page
    }

    /// Adds what a counter could not hold, if anything.
    #[inline(always)]
    fn carry(&mut self, number: usize, carried: u64) {
        if carried > 0 {
            self.keep_carried(number, carried);
        }
    }

    #[cold]
    #[inline(never)]
    fn keep_carried(&mut self, number: usize, carried: u64) {
        *self.carried.entry(number).or_default() += carried;
    }
}

/// Adds to the low 32 bits of a count, and returns what has to be added above them.
#[inline(always)]
fn add(counter: &mut u32, weight: u64) -> u64 {
    let (low, is_carried) = counter.overflowing_add(weight as u32);
    *counter = low;
    (weight >> 32 << 32) + (u64::from(is_carried) << 32)
}

/// The stored form. Its length is proportional to the memory that it takes when read back.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Whether each range of [`PAGE`] numbers has a page.
    ranges: Vec<bool>,
    pages: Vec<[u64; PAGE]>,
}

impl From<Counters> for Stored {
    fn from(counters: Counters) -> Self {
        let mut stored = Stored {
            ranges: Vec::new(),
            pages: Vec::new(),
        };
        counters.for_each(|number, count| {
            let (range, offset) = (number / PAGE, number % PAGE);
            if stored.ranges.len() <= range {
                stored.ranges.resize(range, false);
                stored.ranges.push(true);
                stored.pages.push([0; PAGE]);
            }
            if let Some(page) = stored.pages.last_mut() {
                page[offset] = count;
            }
        });
        stored
    }
}

impl TryFrom<Stored> for Counters {
    type Error = Inconsistent;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let ranges = stored.ranges.iter().filter(|&&has_page| has_page);
        if stored.ranges.len() > MAX_RANGES || ranges.count() != stored.pages.len() {
            return Err(Inconsistent(
                "its counters and their pages differ in number",
            ));
        }
        let mut counters = Counters::default();
        let ranges = stored.ranges.into_iter().enumerate();
        for (range, page) in ranges.filter(|(_, has_page)| *has_page).zip(stored.pages) {
            for (offset, count) in page.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                counters.add(range.0 * PAGE + offset, count);
            }
        }
        Ok(counters)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_map(
            counted in proptest::collection::vec(
                (
                    prop_oneof![0..40_usize, LOW - 20..LOW + 20, 0..1_usize << 19],
                    prop_oneof![1..3_u64, Just(u64::from(u32::MAX)), 0..1_u64 << 40],
                ),
                0..100,
            ),
        ) {
            let mut counters = Counters::default();
            let mut plain = BTreeMap::new();
            for &(number, weight) in &counted {
                counters.add(number, weight);
                *plain.entry(number).or_default() += weight;
            }
            plain.retain(|_, count: &mut u64| *count > 0);
            let mut seen = Vec::new();
            counters.for_each(|number, count| seen.push((number, count)));
            prop_assert_eq!(seen, plain.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(counters.is_empty(), counted.is_empty());
        }
    }
}
