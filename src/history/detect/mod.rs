//! Finds shifts of level in a series of runs, run by run.
//!
//! # Method
//!
//! A [`Detector`] takes one run after another and remembers the shifts that it has found:
//!
//! * Each value is clipped to the neighbourhood of the runs before and after it, so that a single outlier
//!   never makes a level of its own.
//! * Values count by their variance: the noise between runs, larger where it is larger nearby, plus the
//!   noise within the run.
//! * After each run, every split of the current regime into two levels is compared with one level: the
//!   generalised likelihood ratio for a shift of the mean (Siegmund and Venkatraman, "Using the generalized
//!   likelihood ratio statistic for sequential detection of a change-point", 1995). A shift enters if the
//!   ratio exceeds a penalty that grows with the logarithm of the number of runs, as in Schwarz's criterion.
//! * The penalty grows with the autocorrelation of the noise, as the variance of a mean does: drifting
//!   noise looks like levels.
//! * A shift stays while a lower penalty holds, so that a single run cannot withdraw it. Its place is
//!   fixed once five runs have followed it.
//!
//! The result depends only on the runs so far: replaying a whole history gives the shifts that were
//! reported run by run. There is no randomness. A run takes time in proportion to the current regime.

mod levels;
mod noise;

use self::levels::Levels;
use self::noise::Noise;

/// Penalty at which a shift enters, in units of the logarithm of the number of runs.
const ENTER: f64 = 5.0;

/// Penalty below which it is withdrawn.
const STAY: f64 = 3.0;

/// Minimum runs of a level.
const MIN_LEVEL: usize = 2;

/// Runs of a history before shifts are sought.
const MIN_HISTORY: usize = 8;

/// Shorter histories are penalised as if they had this many runs.
const MIN_PENALISED: usize = 30;

/// A shift may move while at most this many runs have followed it.
const MOVABLE: usize = 5;

/// How many runs it may move at once.
const REACH: usize = 5;

/// A shift enters within this many of the newest runs: a bound on the time that a run takes.
const MAX_SEARCHED: usize = 256;

/// The newest shift is final once this many runs have followed it.
const MAX_REVIEWED: usize = 128;

/// A series of runs with the shifts found so far. See the [module](self) for the method.
#[derive(Debug, Clone, Default)]
pub struct Detector {
    noise: Noise,
    shifts: Vec<usize>,
}

/// A run of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its value, finite, on a scale on which noise adds up, such as a logarithm.
    pub value: f64,
    /// The variance of that value within the run; 0 if unknown.
    pub variance: f64,
    /// The smallest standard deviation that the noise can have at this value, above 0: its resolution.
    pub min_deviation: f64,
}

impl Point {
    /// A value whose noise within the run is unknown, with a resolution of 0.001.
    pub fn new(value: f64) -> Self {
        Point {
            value,
            variance: 0.0,
            min_deviation: 1e-3,
        }
    }
}

/// A shift of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Index of the first run at the new level.
    pub at: usize,
    /// Twice the logarithm of the likelihood ratio of two levels to one, corrected for
    /// autocorrelation. Without a shift it would be chi-squared with one degree of freedom.
    pub strength: f64,
}

impl Detector {
    /// Adds the next run.
    pub fn push(&mut self, point: Point) {
        let is_new_estimate = self.noise.push(point);
        let runs = self.noise.runs();
        if runs < MIN_HISTORY {
            return;
        }
        if is_new_estimate {
            self.review_all();
        }
        // The newest shift may be withdrawn: then the regime before it is searched, too.
        let last_but_one = self.shifts.len().checked_sub(2);
        let oldest = runs.saturating_sub(MAX_SEARCHED);
        let from = last_but_one
            .map_or(0, |place| self.shifts[place])
            .max(oldest);
        let levels = self.noise.levels(from, self.noise.autocorrelation());
        self.review_newest(&levels, from);
        let regime = self.shifts.last().copied().unwrap_or(0);
        self.search(&levels, regime.max(oldest), runs);
        self.shifts.sort_unstable();
    }

    /// Returns the indices of the shifts found so far, ascending.
    pub fn places(&self) -> &[usize] {
        &self.shifts
    }

    /// Returns the shifts found so far, with their strength after the runs so far. Neighbouring runs count as
    /// correlated at least as much as `min_autocorrelation`, which other series may show more clearly.
    pub fn shifts(&self, min_autocorrelation: f64) -> Vec<Shift> {
        let autocorrelation = self.noise.autocorrelation().max(min_autocorrelation);
        let levels = self.noise.levels(0, autocorrelation);
        let shifts = self.shifts.iter().enumerate();
        let strengths = shifts.map(|(place, &at)| {
            let (from, to) = self.around(place);
            let split = levels.best_split(from, to, (at, at), MIN_LEVEL);
            Shift {
                at,
                strength: split.map_or(0.0, |split| split.gain / split.penalty),
            }
        });
        strengths.collect()
    }

    /// Returns the standard deviation of the noise between neighbouring runs; 0 without runs.
    pub fn deviation(&self) -> f64 {
        self.noise.deviation()
    }

    /// The runs between the neighbours of a shift.
    fn around(&self, place: usize) -> (usize, usize) {
        let before = place.checked_sub(1).map_or(0, |before| self.shifts[before]);
        let after = self.shifts.get(place + 1).copied();
        (before, after.unwrap_or(self.noise.runs()))
    }

    /// Withdraws the shifts that no longer hold under a new estimate of the autocorrelation.
    fn review_all(&mut self) {
        if self.shifts.is_empty() {
            return;
        }
        let levels = self.noise.levels(0, self.noise.autocorrelation());
        let limit = STAY * self.unit();
        let mut place = 0;
        while let Some(&at) = self.shifts.get(place) {
            let (from, to) = self.around(place);
            if levels.holds(from, to, near(at), limit).is_some() {
                place += 1;
            } else {
                self.shifts.remove(place);
                // The shift before it has a longer regime after it now.
                place = place.saturating_sub(1);
            }
        }
    }

    /// Moves the newest shift to the best place nearby, or withdraws it if it no longer holds. One of long
    /// ago stays.
    fn review_newest(&mut self, levels: &Levels, oldest: usize) {
        let runs = self.noise.runs();
        while let Some(at) = self.shifts.pop_if(|at| *at + MAX_REVIEWED >= runs) {
            let from = self.shifts.last().copied().unwrap_or(0).max(oldest);
            let Some(best) = levels.holds(from, runs, near(at), STAY * self.unit()) else {
                continue;
            };
            let is_movable = runs - at <= MOVABLE && best.exceeds(ENTER * self.unit());
            self.shifts.push(if is_movable { best.at } else { at });
            return;
        }
    }

    /// Adds the shifts of a regime, the clearest first.
    fn search(&mut self, levels: &Levels, from: usize, to: usize) {
        if let Some(split) = levels.holds(from, to, (from, to), ENTER * self.unit()) {
            self.shifts.push(split.at);
            self.search(levels, from, split.at);
            self.search(levels, split.at, to);
        }
    }

    /// The unit of penalties.
    fn unit(&self) -> f64 {
        (self.noise.runs().max(MIN_PENALISED) as f64).ln()
    }
}

fn near(at: usize) -> (usize, usize) {
    (at.saturating_sub(REACH), at + REACH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: [usize; 0] = [];

    fn places(values: &[f64]) -> Vec<usize> {
        let mut detector = Detector::default();
        for &value in values {
            detector.push(Point::new(value));
        }
        detector.places().to_vec()
    }

    /// Noise of 2% that repeats: hand-made, so that the test needs no random numbers.
    fn noise(run: usize) -> f64 {
        [
            0.01, -0.02, 0.015, -0.005, 0.025, -0.015, -0.01, 0.02, -0.025, 0.005,
        ][run * 7 % 10]
    }

    #[test]
    fn a_step_of_10_percent_is_found_at_its_second_run() {
        let values: Vec<f64> = (0..40)
            .map(|run| noise(run) + if run >= 30 { 0.1 } else { 0.0 })
            .collect();
        assert_eq!(places(&values[..31]), NONE);
        assert_eq!(places(&values[..32]), [30]);
        assert_eq!(places(&values), [30]);
    }

    #[test]
    fn there_and_back_are_two_shifts() {
        let values: Vec<f64> = (0..60)
            .map(|run| noise(run) - if (30..40).contains(&run) { 0.1 } else { 0.0 })
            .collect();
        assert_eq!(places(&values), [30, 40]);
    }

    #[test]
    fn a_single_outlier_is_no_shift_however_large() {
        for outlier in [0.2, 1.0, 5.0, -5.0] {
            let mut values: Vec<f64> = (0..60).map(noise).collect();
            values[40] += outlier;
            for runs in 1..=60 {
                assert_eq!(places(&values[..runs]), NONE, "{outlier} of {runs} runs");
            }
        }
    }

    #[test]
    fn constant_and_short_series_have_no_shifts() {
        assert_eq!(places(&[5.0; 100]), NONE);
        assert_eq!(places(&[1.0, 9.0, 1.0, 9.0, 9.0, 9.0, 9.0]), NONE);
        assert_eq!(places(&[]), NONE);
    }

    #[test]
    fn imprecise_runs_count_less() {
        // Three runs at the end are 8% higher; with 100 times the variance they mean nothing.
        let values: Vec<f64> = (0..40)
            .map(|run| noise(run) + if run >= 37 { 0.08 } else { 0.0 })
            .collect();
        let found = |variance: f64| {
            let mut detector = Detector::default();
            for (run, &value) in values.iter().enumerate() {
                let of_run = if run >= 37 { variance } else { 4e-4 };
                detector.push(Point {
                    variance: of_run,
                    ..Point::new(value)
                });
            }
            detector.places().to_vec()
        };
        assert_eq!(found(4e-4), [37]);
        assert_eq!(found(4e-2), NONE);
    }

    proptest! {
        #[test]
        fn any_series_gives_ascending_places_within_it(
            values in prop::collection::vec(-1e3..1e3_f64, 0..80),
            scale in 1e-6..1e3_f64,
        ) {
            let values: Vec<f64> = values.iter().map(|value| value * scale).collect();
            let found = places(&values);
            prop_assert!(found.is_sorted_by(|a, b| a + MIN_LEVEL <= *b), "{found:?}");
            prop_assert!(found.iter().all(|&at| at >= MIN_LEVEL && at + MIN_LEVEL <= values.len()));
        }

        #[test]
        fn a_level_added_to_all_runs_changes_nothing(
            values in prop::collection::vec(-0.3..0.3_f64, 8..60),
            level in -64..64_i32,
        ) {
            // Multiples of 1/1024 are added exactly.
            let exact: Vec<f64> = values.iter().map(|value| (value * 1024.0).round() / 1024.0).collect();
            let moved: Vec<f64> = exact.iter().map(|value| value + f64::from(level)).collect();
            prop_assert_eq!(places(&moved), places(&exact));
        }
    }
}
