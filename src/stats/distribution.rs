//! Exact distributions: how many samples took each value.

use std::collections::BTreeMap;

use crate::percentile::Percentile;

/// Values kept one by one before counters are laid out: most labels of a run with very many
/// labels never need more.
const FEW: usize = 128;
/// Counters in a page: 512 bytes, so that a label with scattered values stays small.
const PAGE: usize = 64;
/// Values from here on (over an hour in ms) are counted in a map.
const PAGED_VALUES: i64 = 1 << 22;

/// How many samples took each value (ms). Exact, whatever the values: nothing is rounded.
///
/// Merging is associative and commutative, and the empty distribution its identity.
#[derive(Debug, Clone)]
pub struct Distribution(Counts);

#[derive(Debug, Clone)]
enum Counts {
    /// Single values in the order they came.
    Few(Vec<u32>),
    Many(Box<Pages>),
}

#[derive(Debug, Clone, Default)]
struct Pages {
    count: u64,
    /// For each range of [`PAGE`] values, which of `counters` counts it; 0 for none yet.
    page_of: Vec<u32>,
    counters: Vec<[u64; PAGE]>,
    /// Negative and very large values.
    outliers: BTreeMap<i64, u64>,
}

impl Default for Distribution {
    fn default() -> Self {
        Distribution(Counts::Few(Vec::new()))
    }
}

impl Distribution {
    /// Counts `weight` samples of `value`.
    #[inline]
    pub fn record(&mut self, value: i64, weight: u64) {
        match &mut self.0 {
            Counts::Many(pages) => pages.record(value, weight),
            Counts::Few(values) => match u32::try_from(value) {
                Ok(value) if weight == 1 && values.len() < FEW => values.push(value),
                _ => self.pages().record(value, weight),
            },
        }
    }

    /// Adds the counts of another distribution.
    pub fn merge(&mut self, other: &Distribution) {
        match &other.0 {
            Counts::Few(values) => {
                for &value in values {
                    self.record(i64::from(value), 1);
                }
            }
            Counts::Many(pages) => {
                let own = self.pages();
                pages.for_each(|value, count| own.record(value, count));
            }
        }
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Counts::Few(values) => values.len() as u64,
            Counts::Many(pages) => pages.count,
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Every value that occurs and its count, ascending.
    pub fn counts(&self) -> Vec<(i64, u64)> {
        match &self.0 {
            Counts::Few(values) => {
                let mut sorted = values.clone();
                sorted.sort_unstable();
                sorted
                    .chunk_by(|a, b| a == b)
                    .filter_map(|run| Some((i64::from(*run.first()?), run.len() as u64)))
                    .collect()
            }
            Counts::Many(pages) => {
                let mut counts = Vec::new();
                pages.for_each(|value, count| counts.push((value, count)));
                counts
            }
        }
    }

    /// The counters, laid out if they are not yet.
    fn pages(&mut self) -> &mut Pages {
        if let Counts::Few(values) = &self.0 {
            let mut pages = Box::<Pages>::default();
            for &value in values {
                pages.record(i64::from(value), 1);
            }
            self.0 = Counts::Many(pages);
        }
        match &mut self.0 {
            Counts::Many(pages) => pages,
            Counts::Few(_) => unreachable!("laid out above"),
        }
    }
}

impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
    }
}

impl Eq for Distribution {}

impl Pages {
    #[inline]
    fn record(&mut self, value: i64, weight: u64) {
        self.count += weight;
        if !(0..PAGED_VALUES).contains(&value) {
            *self.outliers.entry(value).or_default() += weight;
            return;
        }
        let value = value as usize;
        let page = match self.page_of.get(value / PAGE) {
            Some(&page) if page != 0 => page as usize,
            _ => self.add_page(value / PAGE),
        };
        self.counters[page][value % PAGE] += weight;
    }

    #[cold]
    fn add_page(&mut self, range: usize) -> usize {
        if self.page_of.len() <= range {
            self.page_of.resize(range + 1, 0);
        }
        if self.counters.is_empty() {
            // Number 0 stands for no page.
            self.counters.push([0; PAGE]);
        }
        let page = self.counters.len();
        self.counters.push([0; PAGE]);
        self.page_of[range] = page as u32;
        page
    }

    /// Calls `visit` with every value that occurs and its count, ascending.
    fn for_each(&self, mut visit: impl FnMut(i64, u64)) {
        for (&value, &count) in self.outliers.range(..0).filter(|(_, count)| **count > 0) {
            visit(value, count);
        }
        for (range, &page) in self
            .page_of
            .iter()
            .enumerate()
            .filter(|(_, page)| **page != 0)
        {
            for (offset, &count) in self.counters[page as usize].iter().enumerate() {
                if count > 0 {
                    visit((range * PAGE + offset) as i64, count);
                }
            }
        }
        for (&value, &count) in self.outliers.range(0..).filter(|(_, count)| **count > 0) {
            visit(value, count);
        }
    }
}

/// The value at a percentile of sorted counts: the smallest that at least `rank` samples do not
/// exceed (see [`Percentile::rank`]); `None` without samples.
pub fn value_at(counts: &[(i64, u64)], count: u64, percentile: Percentile) -> Option<i64> {
    let rank = percentile.rank(count);
    let mut seen = 0;
    counts
        .iter()
        .find(|(_, count)| {
            seen += count;
            seen >= rank
        })
        .or(counts.last())
        .map(|&(value, _)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Distribution {
        let mut distribution = Distribution::default();
        for &value in values {
            distribution.record(value, 1);
        }
        distribution
    }

    #[test]
    fn counts_each_value() {
        assert_eq!(of(&[5, 3, 5]).counts(), [(3, 1), (5, 2)]);
        assert_eq!(
            of(&[-1, i64::MAX, 0, i64::MIN]).counts(),
            [(i64::MIN, 1), (-1, 1), (0, 1), (i64::MAX, 1)]
        );
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn percentile_is_the_smallest_value_that_reaches_its_rank() {
        let counts = of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).counts();
        let at = |percent| value_at(&counts, 10, Percentile::new(percent).unwrap());
        assert_eq!(at(50.0), Some(5));
        assert_eq!(at(90.0), Some(9));
        assert_eq!(at(99.0), Some(10));
        assert_eq!(at(1.0), Some(1));
        assert_eq!(value_at(&[], 0, Percentile::MEDIAN), None);
    }

    fn values() -> impl Strategy<Value = Vec<i64>> {
        let value = prop_oneof![5 => 0..300_i64, 2 => 0..100_000_i64, 1 => any::<i64>()];
        proptest::collection::vec(value, 0..400)
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_map(values in values(), weight in 1..3_u64) {
            let mut distribution = Distribution::default();
            let mut plain = BTreeMap::new();
            for &value in &values {
                distribution.record(value, weight);
                *plain.entry(value).or_insert(0) += weight;
            }
            prop_assert_eq!(distribution.count(), values.len() as u64 * weight);
            prop_assert_eq!(distribution.counts(), plain.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn merging_is_recording_all(a in values(), b in values()) {
            let all = of(&[a.clone(), b.clone()].concat());
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.merge(&of(&b));
            ba.merge(&of(&a));
            prop_assert_eq!(&ab, &all);
            prop_assert_eq!(&ba, &all);
            let mut with_empty = of(&a);
            with_empty.merge(&Distribution::default());
            prop_assert_eq!(with_empty, of(&a));
        }
    }
}
