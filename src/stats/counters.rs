//! Counters of small numbers, laid out only where something is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counters in a page: 64 bytes, a cache line, so that scattered numbers take little room.
pub const PAGE: usize = 16;

/// Ranges of [`PAGE`] numbers below 2^19.
const MOST_RANGES: usize = (1 << 19) / PAGE;

/// How often each number was counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Counters {
    /// For each range of [`PAGE`] numbers, which of `pages` counts it; 0 for none yet.
    page_of: Vec<u16>,
    pages: Vec<[u32; PAGE]>,
    /// What 32 bits could not hold.
    carried: BTreeMap<usize, u64>,
}

impl Counters {
    /// Counts `number`, which is below 2^19, `weight` times: pages are told apart by 16 bits.
    #[inline(always)]
    pub fn add(&mut self, number: usize, weight: u64) {
        let page = match self.page_of.get(number / PAGE) {
            Some(&page) if page != 0 => page,
            _ => self.add_page(number / PAGE),
        };
        let counter = &mut self.pages[usize::from(page)][number % PAGE];
        match u32::try_from(weight)
            .ok()
            .and_then(|weight| counter.checked_add(weight))
        {
            Some(count) => *counter = count,
            None => self.carry(number, weight),
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Calls `visit` with every number that was counted and its count, ascending.
    pub fn for_each(&self, mut visit: impl FnMut(usize, u64)) {
        for (range, &page) in self.page_of.iter().enumerate() {
            if page == 0 {
                continue;
            }
            for (offset, &count) in self.pages[usize::from(page)].iter().enumerate() {
                let number = range * PAGE + offset;
                let carried = match self.carried.is_empty() {
                    true => 0,
                    false => self.carried.get(&number).copied().unwrap_or(0),
                };
                let count = u64::from(count) + carried;
                if count > 0 {
                    visit(number, count);
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
            // Number 0 stands for no page.
            self.pages.push([0; PAGE]);
        }
        let page = self.pages.len() as u16;
        self.pages.push([0; PAGE]);
        self.page_of[range] = page;
        page
    }

    #[cold]
    #[inline(never)]
    fn carry(&mut self, number: usize, weight: u64) {
        *self.carried.entry(number).or_default() += weight;
    }
}

/// Counters as they are stored, however they are laid out: so long that what is read takes no more
/// room than in proportion to it.
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
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let ranges = stored.ranges.iter().filter(|&&has_page| has_page);
        if stored.ranges.len() > MOST_RANGES || ranges.count() != stored.pages.len() {
            return Err("its counters have other pages than they should");
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
