//! Histograms of response times, in bins of a round number of ms.

use super::scale::round_step;

/// Approximate number of bins.
const BINS: f64 = 60.0;

/// Bins of equal width, from 0 up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bins {
    /// Width of a bin in ms, whole.
    pub width: i64,
    /// Number of bins.
    pub count: usize,
}

impl Bins {
    /// Chooses bins for values up to `max` ms.
    pub fn up_to(max: i64) -> Self {
        let max = max.max(1);
        let width = round_step(max as f64 / BINS).max(1.0) as i64;
        Bins {
            width,
            count: (max / width + 1) as usize,
        }
    }

    /// Returns the start of a bin in ms.
    pub fn start(self, bin: usize) -> i64 {
        self.width.saturating_mul(bin as i64)
    }

    /// Returns the share of samples in each bin in percent; drops values beyond the last bin, and
    /// counts negative ones in the first.
    pub fn shares(self, counts: &[(i64, u64)]) -> Vec<f64> {
        let all: u64 = counts.iter().map(|(_, count)| count).sum();
        let mut shares = vec![0.0; self.count];
        for &(value, count) in counts {
            if let Some(share) = shares.get_mut((value.max(0) / self.width) as usize) {
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
    fn bins_are_round_and_hold_the_maximum() {
        assert_eq!(
            Bins::up_to(60),
            Bins {
                width: 1,
                count: 61
            }
        );
        assert_eq!(
            Bins::up_to(61),
            Bins {
                width: 2,
                count: 31
            }
        );
        assert_eq!(Bins::up_to(0), Bins { width: 1, count: 2 });
    }

    #[test]
    fn shares_are_percent_of_all() {
        let bins = Bins {
            width: 10,
            count: 3,
        };
        let counts = [(-5, 1), (0, 1), (9, 1), (10, 2), (29, 3), (30, 2)];
        assert_eq!(bins.shares(&counts), [30.0, 20.0, 30.0]);
    }
}
