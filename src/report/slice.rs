//! One time slice: counts of elapsed times.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::stats::Cell;

/// The elapsed times of one label in one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// The index, counted from 0 at the start of [`Slices`](super::Slices).
    pub index: u64,
    /// Sum of elapsed times, ms.
    pub elapsed_sum: i64,
    /// Elapsed times of the successful samples: steps of a
    /// [`CompactHistogram`](crate::stats::CompactHistogram::range) with their numbers of samples, ascending.
    pub ok: Vec<(u16, u64)>,
    /// Elapsed times of the failed samples, likewise.
    pub ko: Vec<(u16, u64)>,
}

impl Slice {
    /// Returns the number of samples.
    pub fn samples(&self) -> u64 {
        count(&self.ok) + self.failures()
    }

    /// Returns the number of failed samples.
    pub fn failures(&self) -> u64 {
        count(&self.ko)
    }

    /// Returns the elapsed times of all samples, as steps with counts.
    pub fn elapsed(&self) -> Vec<(u16, u64)> {
        merged(&self.ok, &self.ko)
    }

    /// Adds the samples of another slice, and keeps the index.
    pub fn merge(&mut self, other: &Slice) {
        self.elapsed_sum = self.elapsed_sum.saturating_add(other.elapsed_sum);
        self.ok = merged(&self.ok, &other.ok);
        self.ko = merged(&self.ko, &other.ko);
    }

    /// Builds the slice from a cell of an aggregate.
    pub fn of(index: u64, cell: &Cell) -> Self {
        let failures = cell.failures.as_ref();
        let sum = cell.elapsed.total();
        Slice {
            index,
            elapsed_sum: i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }),
            ok: cell.successes.steps(),
            ko: failures.map(|ko| ko.steps()).unwrap_or_default(),
        }
    }
}

fn count(steps: &[(u16, u64)]) -> u64 {
    steps.iter().map(|(_, count)| count).sum()
}

/// Adds up two lists of steps, each ascending.
fn merged(a: &[(u16, u64)], b: &[(u16, u64)]) -> Vec<(u16, u64)> {
    if a.is_empty() || b.is_empty() {
        return [a, b].concat();
    }
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let mut all = Vec::new();
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                let sum = (x.0, x.1.saturating_add(y.1));
                a.next();
                b.next();
                sum
            }
            (Some(x), Some(y)) if x.0 > y.0 => {
                let next = *y;
                b.next();
                next
            }
            (Some(x), _) => {
                let next = *x;
                a.next();
                next
            }
            (None, Some(y)) => {
                let next = *y;
                b.next();
                next
            }
            (None, None) => return all,
        };
        all.push(next);
    }
}

/// Merges every `by` consecutive slices into one, and slices of several labels that have the same
/// index.
pub fn joined(slices: impl IntoIterator<Item = Slice>, by: u64) -> Vec<Slice> {
    let mut all: BTreeMap<u64, Slice> = BTreeMap::new();
    for mut slice in slices {
        slice.index /= by;
        match all.entry(slice.index) {
            Entry::Occupied(mut joined) => joined.get_mut().merge(&slice),
            Entry::Vacant(free) => {
                free.insert(slice);
            }
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(index: u64, elapsed_sum: i64, ok: &[(u16, u64)]) -> Slice {
        Slice {
            index,
            elapsed_sum,
            ok: ok.to_vec(),
            ko: Vec::new(),
        }
    }

    #[test]
    fn slices_join_by_their_numbers() {
        let slices = [
            slice(1, 10, &[(4, 1), (6, 1)]),
            slice(4, 7, &[(7, 1)]),
            slice(0, 9, &[(4, 1), (5, 1)]),
        ];
        assert_eq!(
            joined(slices, 2),
            [
                slice(0, 19, &[(4, 2), (5, 1), (6, 1)]),
                slice(2, 7, &[(7, 1)])
            ]
        );
    }
}
