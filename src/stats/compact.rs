//! Histograms of response times in a few dozen bytes.

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked, Inconsistent};
use super::run::BatchRow;
use super::steps::{range_of, step_of};

/// Values below 2^6 ms have a counter each. Above, each doubling is divided into 2^5 steps.
const EXACT_BITS: u32 = 6;

/// Number of steps, which cover every non-negative `i64`.
const STEPS: usize = (65 - EXACT_BITS as usize) << (EXACT_BITS - 1);

/// Samples that are kept one by one, before there are counters.
const MAX_FEW: usize = 14;

/// How many samples took each time (ms): exact below 64 ms, within 1.6% above.
///
/// The first samples are kept one by one. From then on there are counters, from the first step that
/// occurs to the last, in the narrowest integers that hold them. Merging is associative and
/// commutative.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct CompactHistogram(Counts);

#[derive(Debug, Clone)]
enum Counts {
    /// The number of samples, and their steps in no particular order.
    Few(u8, [u16; MAX_FEW]),
    /// The first step, then counts.
    Narrow(u16, Vec<u8>),
    Usual(u16, Vec<u32>),
    Wide(u16, Vec<u64>),
}

impl Default for CompactHistogram {
    fn default() -> Self {
        CompactHistogram(Counts::Few(0, [0; MAX_FEW]))
    }
}

/// Adds to a counter. Returns false if there is no such counter, or it is too narrow for the sum.
#[inline(always)]
fn add_to<T: Copy + TryFrom<u64>>(
    counts: &mut [T],
    place: usize,
    weight: u64,
    sum: impl Fn(T, T) -> Option<T>,
) -> bool {
    let Some(count) = counts.get_mut(place) else {
        return false;
    };
    let Some(sum) = T::try_from(weight)
        .ok()
        .and_then(|weight| sum(*count, weight))
    else {
        return false;
    };
    *count = sum;
    true
}

/// Counts rows as long as there are counters for them. Returns the first row without one.
#[inline(always)]
fn count_up<'r, T: Copy + TryFrom<u64>>(
    counts: &mut [T],
    first: u16,
    rows: &mut impl Iterator<Item = &'r BatchRow>,
    sum: impl Fn(T, T) -> Option<T>,
) -> Option<&'r BatchRow> {
    rows.find(|row| {
        let step = step_of::<EXACT_BITS>(u64::from(row.elapsed));
        let place = step.wrapping_sub(usize::from(first));
        !add_to(counts, place, 1, &sum)
    })
}

/// Adds counts to counters from the first on. Returns false, and adds none, if a counter is too narrow or
/// missing.
#[inline(always)]
fn add_all<T: Copy>(
    counts: Option<&mut [T]>,
    added: &[T],
    sum: impl Fn(T, T) -> Option<T>,
) -> bool {
    let Some(counts) = counts.and_then(|counts| counts.get_mut(..added.len())) else {
        return false;
    };
    let sums = |counts: &[T]| {
        let each = counts.iter().zip(added);
        // Without a branch, so that several are added at once.
        each.fold(true, |fit, (&count, &added)| {
            fit & sum(count, added).is_some()
        })
    };
    if !sums(counts) {
        return false;
    }
    for (count, &added) in counts.iter_mut().zip(added) {
        *count = sum(*count, added).unwrap_or(*count);
    }
    true
}

impl CompactHistogram {
    /// Counts `weight` samples of `value` ms; a negative one as 0.
    #[inline(always)]
    pub fn record(&mut self, value: i64, weight: u64) {
        self.add(step_of::<EXACT_BITS>(value.max(0) as u64), weight);
    }

    /// Counts the elapsed times of rows.
    pub(super) fn record_rows(&mut self, rows: &[BatchRow]) {
        let mut rest = rows.iter();
        let counted = match &mut self.0 {
            Counts::Usual(first, counts) => count_up(counts, *first, &mut rest, u32::checked_add),
            Counts::Narrow(first, counts) => count_up(counts, *first, &mut rest, u8::checked_add),
            Counts::Few(..) | Counts::Wide(..) => None,
        };
        // The counter of a row may be missing or too narrow.
        for row in counted.into_iter().chain(rest) {
            self.record(row.elapsed(), 1);
        }
    }

    #[inline(always)]
    fn add(&mut self, step: usize, weight: u64) {
        let is_counted = match &mut self.0 {
            Counts::Usual(first, counts) => {
                let place = step.wrapping_sub(usize::from(*first));
                add_to(counts, place, weight, u32::checked_add)
            }
            Counts::Narrow(first, counts) => {
                let place = step.wrapping_sub(usize::from(*first));
                add_to(counts, place, weight, u8::checked_add)
            }
            Counts::Few(length, steps) => match steps.get_mut(usize::from(*length)) {
                Some(free) if weight == 1 => {
                    *free = step as u16;
                    *length += 1;
                    true
                }
                _ => false,
            },
            Counts::Wide(..) => false,
        };
        if !is_counted {
            self.add_elsewhere(step, weight);
        }
    }

    /// Adds to a step whose counter is missing or too narrow.
    #[inline(never)]
    fn add_elsewhere(&mut self, step: usize, weight: u64) {
        if weight == 0 {
            return;
        }
        loop {
            self.make_room(step, step);
            let is_counted = match &mut self.0 {
                Counts::Few(..) => false,
                Counts::Narrow(first, counts) => {
                    add_to(counts, step - usize::from(*first), weight, u8::checked_add)
                }
                Counts::Usual(first, counts) => {
                    add_to(counts, step - usize::from(*first), weight, u32::checked_add)
                }
                Counts::Wide(first, counts) => add_to(
                    counts,
                    step - usize::from(*first),
                    weight,
                    |count, weight| Some(u64::saturating_add(count, weight)),
                ),
            };
            if is_counted {
                return;
            }
            self.widen();
        }
    }

    /// Extends the counters, if there are any, to include these steps and all between them.
    fn make_room(&mut self, low: usize, high: usize) {
        fn grow<T: Clone + Default>(first: &mut u16, counts: &mut Vec<T>, low: usize, high: usize) {
            /// Counters that are added at once.
            const ROOM: usize = 16;
            let low = low / ROOM * ROOM;
            if counts.is_empty() {
                *first = low as u16;
            }
            let low = usize::from(*first).min(low);
            let before = usize::from(*first) - low;
            let length = (high.max(low) - low + 1).next_multiple_of(ROOM);
            if before > 0 {
                counts.splice(0..0, std::iter::repeat_n(T::default(), before));
                *first = low as u16;
            }
            if counts.len() < length {
                counts.resize(length, T::default());
            }
        }
        match &mut self.0 {
            Counts::Few(..) => {}
            Counts::Narrow(first, counts) => grow(first, counts, low, high),
            Counts::Usual(first, counts) => grow(first, counts, low, high),
            Counts::Wide(first, counts) => grow(first, counts, low, high),
        }
    }

    /// The first and the last step that has a counter, or a sample if these are kept one by one.
    fn reach(&self) -> Option<(usize, usize)> {
        let (first, length) = match &self.0 {
            Counts::Few(length, steps) => {
                let steps = steps[..usize::from(*length)].iter();
                let (low, high) = (steps.clone().min()?, steps.max()?);
                return Some((usize::from(*low), usize::from(*high)));
            }
            Counts::Narrow(first, counts) => (first, counts.len()),
            Counts::Usual(first, counts) => (first, counts.len()),
            Counts::Wide(first, counts) => (first, counts.len()),
        };
        Some((
            usize::from(*first),
            usize::from(*first) + length.checked_sub(1)?,
        ))
    }

    fn widen(&mut self) {
        self.0 = match std::mem::take(self).0 {
            Counts::Few(length, steps) => {
                let mut counted = CompactHistogram(Counts::Narrow(0, Vec::new()));
                let few = CompactHistogram(Counts::Few(length, steps));
                if let Some((low, high)) = few.reach() {
                    counted.make_room(low, high);
                }
                for &step in &steps[..usize::from(length)] {
                    counted.add(usize::from(step), 1);
                }
                counted.0
            }
            Counts::Narrow(first, counts) => {
                Counts::Usual(first, counts.into_iter().map(u32::from).collect())
            }
            Counts::Usual(first, counts) => {
                Counts::Wide(first, counts.into_iter().map(u64::from).collect())
            }
            wide @ Counts::Wide(..) => wide,
        };
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &CompactHistogram) {
        if let (Counts::Few(length, steps), Counts::Few(more, others)) = (&mut self.0, &other.0) {
            let (from, to) = (usize::from(*length), usize::from(*length + *more));
            if let Some(free) = steps.get_mut(from..to) {
                free.copy_from_slice(&others[..usize::from(*more)]);
                *length += *more;
                return;
            }
        }
        match (&self.0, &other.0) {
            // The other one has the counters.
            (Counts::Few(..), Counts::Narrow(..) | Counts::Usual(..) | Counts::Wide(..)) => {
                let few = std::mem::replace(self, other.clone());
                few.add_to(self);
            }
            (Counts::Few(..), Counts::Few(..)) => {
                self.widen();
                other.add_to(self);
            }
            _ => other.add_to(self),
        }
    }

    /// Adds its counts to another one, which has counters.
    fn add_to(&self, other: &mut CompactHistogram) {
        let Some((low, high)) = self.reach() else {
            return;
        };
        other.make_room(low, high);
        let are_added = match (&mut other.0, &self.0) {
            (Counts::Narrow(first, counts), Counts::Narrow(from, added)) => add_all(
                counts.get_mut(usize::from(*from - *first)..),
                added,
                u8::checked_add,
            ),
            (Counts::Usual(first, counts), Counts::Usual(from, added)) => add_all(
                counts.get_mut(usize::from(*from - *first)..),
                added,
                u32::checked_add,
            ),
            _ => false,
        };
        if !are_added {
            self.for_each(|step, count| other.add(step, count));
        }
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Counts::Few(0, _))
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Counts::Few(length, _) => u64::from(*length),
            Counts::Narrow(_, counts) => {
                // At most 255 for each of a few thousand steps.
                u64::from(counts.iter().map(|&count| u32::from(count)).sum::<u32>())
            }
            Counts::Usual(_, counts) => counts.iter().map(|&count| u64::from(count)).sum(),
            Counts::Wide(_, counts) => counts.iter().sum(),
        }
    }

    /// The number of every step that occurs and its count, ascending. [`CompactHistogram::range`]
    /// returns the values of a step.
    pub fn steps(&self) -> Vec<(u16, u64)> {
        // A report keeps the steps of thousands of slices.
        let mut room = 0;
        self.for_each(|_, _| room += 1);
        let mut steps: Vec<(u16, u64)> = Vec::with_capacity(room);
        self.for_each(|step, count| steps.push((step as u16, count)));
        if matches!(self.0, Counts::Few(..)) {
            steps.sort_unstable();
            steps.dedup_by(|next, step| {
                let is_same = next.0 == step.0;
                step.1 += u64::from(is_same);
                is_same
            });
        }
        steps
    }

    /// The step of a histogram with fewer exact bits that holds a step of this one.
    pub fn coarse_step<const BITS: u32>(step: u16) -> u16 {
        step_of::<BITS>(CompactHistogram::range(step).0 as u64) as u16
    }

    /// The smallest and largest value of a step, ms.
    pub fn range(step: u16) -> (i64, i64) {
        range_of::<EXACT_BITS>(usize::from(step).min(STEPS - 1))
    }

    /// Checks a stored histogram and returns its number of samples.
    pub(super) fn check(&self) -> Checked<u64> {
        consistency::total(self.steps().iter().map(|(_, count)| *count))
    }

    /// Calls `visit` with steps and their counts. It may get the same step several times.
    fn for_each(&self, mut visit: impl FnMut(usize, u64)) {
        let mut visit_count = |(step, count): (usize, u64)| {
            if count > 0 {
                visit(step, count);
            }
        };
        match &self.0 {
            Counts::Few(length, steps) => {
                let steps = steps[..usize::from(*length)].iter();
                steps.for_each(|&step| visit_count((usize::from(step), 1)));
            }
            Counts::Narrow(first, counts) => {
                let counts = counts.iter().map(|&count| u64::from(count));
                (usize::from(*first)..).zip(counts).for_each(visit_count);
            }
            Counts::Usual(first, counts) => {
                let counts = counts.iter().map(|&count| u64::from(count));
                (usize::from(*first)..).zip(counts).for_each(visit_count);
            }
            Counts::Wide(first, counts) => {
                let counts = counts.iter().copied();
                (usize::from(*first)..).zip(counts).for_each(visit_count);
            }
        }
    }
}

impl PartialEq for CompactHistogram {
    fn eq(&self, other: &Self) -> bool {
        self.steps() == other.steps()
    }
}

impl Eq for CompactHistogram {}

/// The stored form: counts from the first one above 0 to the last.
#[derive(Serialize, Deserialize)]
struct Stored {
    first: u16,
    counts: Vec<u64>,
}

impl From<CompactHistogram> for Stored {
    fn from(histogram: CompactHistogram) -> Self {
        let steps = histogram.steps();
        let first = steps.first().map_or(0, |&(step, _)| step);
        let mut counts = Vec::new();
        for (step, count) in steps {
            counts.resize(usize::from(step - first), 0);
            counts.push(count);
        }
        Stored { first, counts }
    }
}

impl TryFrom<Stored> for CompactHistogram {
    type Error = Inconsistent;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let first = usize::from(stored.first);
        if first + stored.counts.len() > STEPS {
            return Err(Inconsistent("a histogram has too many steps"));
        }
        let mut histogram = CompactHistogram::default();
        let counts = stored.counts.into_iter().enumerate();
        for (place, count) in counts.filter(|(_, count)| *count > 0) {
            histogram.add(first + place, count);
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn of(values: &[(i64, u64)]) -> CompactHistogram {
        let mut histogram = CompactHistogram::default();
        for &(value, weight) in values {
            histogram.record(value, weight);
        }
        histogram
    }

    #[test]
    fn values_are_counted_by_step() {
        // 64 and 65 ms share a step; a negative time counts as 0.
        let histogram = of(&[(65, 1), (3, 300), (64, 1), (-7, 1)]);
        assert_eq!(histogram.steps(), [(0, 1), (3, 300), (64, 2)]);
        assert_eq!(CompactHistogram::range(64), (64, 65));
        assert_eq!(histogram.count(), 303);
        assert!(CompactHistogram::default().is_empty());
        assert_eq!(CompactHistogram::range(u16::MAX).1, i64::MAX);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_map_and_merges(
            a in proptest::collection::vec(
                (prop_oneof![5 => 0..300_i64, 1 => any::<i64>()],
                 prop_oneof![9 => 1..3_u64, 1 => 0..1_u64 << 40]), 0..300),
            b in proptest::collection::vec((0..100_000_i64, 1..200_u64), 0..30),
        ) {
            let mut plain = BTreeMap::new();
            for &(value, weight) in a.iter().chain(&b) {
                let step = step_of::<EXACT_BITS>(value.max(0) as u64) as u16;
                *plain.entry(step).or_insert(0) += weight;
            }
            plain.retain(|_, count: &mut u64| *count > 0);
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.merge(&of(&b));
            ba.merge(&of(&a));
            prop_assert_eq!(ab.steps(), plain.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(&ab, &ba);
            let stored = postcard::to_stdvec(&ab).unwrap();
            prop_assert_eq!(&stored, &postcard::to_stdvec(&ba).unwrap());
            let read: CompactHistogram = postcard::from_bytes(&stored).unwrap();
            prop_assert_eq!(read, ab);
        }
    }
}
