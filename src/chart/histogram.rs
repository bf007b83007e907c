//! Histograms of response times: bins of a round number of ms or, for long tails, about ten per decade.

use super::scale::round_step;

/// Approximate number of bins of equal width.
const BINS: f64 = 60.0;

/// Bins of whole ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    /// Start of each bin, ascending from 0, and the end of the last.
    edges: Vec<i64>,
}

impl Bins {
    /// Chooses bins of equal width for values up to `max` ms.
    pub fn equal(max: i64) -> Self {
        let max = max.max(1);
        let width = round_step(max as f64 / BINS).max(1.0) as i64;
        let edges = (0..=max / width + 1).map(|bin| bin.saturating_mul(width));
        Bins {
            edges: edges.collect(),
        }
    }

    /// Chooses bins for values up to `max` ms that grow, about ten per decade: they start at 0, 1, 2, 3,
    /// 4, 5, 6, 8, 10, 13 ms, and so on.
    pub fn logarithmic(max: i64) -> Self {
        let mut edges = vec![0];
        for step in 0.. {
            let edge = 10_f64.powf(f64::from(step) / 10.0).round() as i64;
            if edges.last() != Some(&edge) {
                edges.push(edge);
            }
            if edge > max || edge == i64::MAX {
                break;
            }
        }
        Bins { edges }
    }

    /// Returns the width of all bins; `None` if they differ.
    pub fn width(&self) -> Option<i64> {
        let mut widths = self.edges.windows(2).map(|pair| pair[1] - pair[0]);
        let first = widths.next()?;
        widths.all(|width| width == first).then_some(first)
    }

    /// Returns the end of the last bin, ms.
    pub fn end(&self) -> i64 {
        self.edges.last().copied().unwrap_or(0)
    }

    /// Iterates over the start and the end of each bin, ms.
    pub fn ranges(&self) -> impl Iterator<Item = (i64, i64)> {
        self.edges.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// Returns the share of samples in each bin in percent; drops values beyond the last bin, and
    /// counts negative ones in the first.
    pub fn shares(&self, counts: &[(i64, u64)]) -> Vec<f64> {
        let all: u64 = counts.iter().map(|(_, count)| count).sum();
        let mut shares = vec![0.0; self.edges.len().saturating_sub(1)];
        for &(value, count) in counts {
            let bin = self.edges.partition_point(|&edge| edge <= value.max(0)) - 1;
            if let Some(share) = shares.get_mut(bin) {
                *share += count as f64 / all as f64 * 100.0;
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bins_are_round_and_hold_the_maximum() {
        let shape = |max| {
            let bins = Bins::equal(max);
            (bins.width(), bins.ranges().count(), bins.end())
        };
        assert_eq!(shape(60), (Some(1), 61, 61));
        assert_eq!(shape(61), (Some(2), 31, 62));
        assert_eq!(shape(0), (Some(1), 2, 2));
    }

    #[test]
    fn other_bins_grow_and_hold_the_maximum() {
        let bins = Bins::logarithmic(13);
        assert_eq!(bins.edges, [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16]);
        assert_eq!(bins.width(), None);
        assert!(Bins::logarithmic(i64::MAX).end() == i64::MAX);
    }

    #[test]
    fn shares_are_percent_of_all() {
        let bins = Bins {
            edges: vec![0, 10, 20, 30],
        };
        let counts = [(-5, 1), (0, 1), (9, 1), (10, 2), (29, 3), (30, 2)];
        assert_eq!(bins.shares(&counts), [30.0, 20.0, 30.0]);
    }
}
