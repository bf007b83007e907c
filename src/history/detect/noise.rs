//! The noise of a series: its scale, where it is larger, and its autocorrelation.

use super::Point;
use super::levels::Levels;

/// Values are clipped to the medians of their neighbours, and this many standard deviations beyond.
const CLIP: f64 = 2.0;

/// How many runs before and after a value are its neighbours.
const NEIGHBOURS: usize = 5;

/// The newest runs do not count for the noise, because they may be at a new level.
const HELD_BACK: usize = 8;

/// Maximum runs that count for the noise, the newest.
const MAX_COUNTED: usize = 256;

/// Number of differences that show the noise nearby.
const NEARBY: usize = 40;

/// The noise nearby is measured after each of this many runs.
const NEARBY_STEP: usize = 4;

/// Runs of a history before the noise nearby counts.
const MIN_NEARBY: usize = 50;

/// Noise nearby that exceeds the usual noise by less may be so by chance.
const NEARBY_TOLERANCE: f64 = 1.2;

/// Values beyond this share count as the value there.
const WINSORISED: f64 = 0.9;

/// Mean of the absolute value of a standard normal variable, winsorised at [`WINSORISED`].
const WINSORISED_NORMAL: f64 = 0.7561;

/// Runs before the autocorrelation is estimated; it is estimated anew after each sixteenth more.
const MIN_CORRELATED: usize = 12;

/// Autocorrelation counts as far as it exceeds this many standard errors.
const CORRELATION_ERRORS: f64 = 1.5;

/// Maximum autocorrelation: a series that drifts more has no levels.
const MAX_CORRELATION: f64 = 0.8;

/// Penalties of the levels from which the residuals of the autocorrelation are taken, in units of the
/// logarithm of the number of runs: to find candidates, and to keep them.
const PILOT: (f64, f64) = (4.0, 7.0);

/// Minimum runs of these levels.
const MIN_PILOT_LEVEL: usize = 4;

/// A series with an estimate of its noise.
#[derive(Debug, Clone, Default)]
pub struct Noise {
    values: Vec<f64>,
    variances: Vec<f64>,
    /// Per run, the median of the runs before it.
    before: Vec<f64>,
    /// Per run, the median of the runs after it; changes until there are enough.
    after: Vec<f64>,
    /// Absolute differences of neighbours.
    differences: Vec<f64>,
    /// Those that count for the noise, ascending.
    sorted: Vec<f64>,
    /// The number of differences that counted so far.
    counted: usize,
    /// Per run, the standard deviation of the noise nearby; 0 if unknown.
    nearby: Vec<f64>,
    /// The typical variance within a run.
    within: f64,
    deviation: f64,
    autocorrelation: f64,
    next_estimate: usize,
}

impl Noise {
    /// Returns the number of runs.
    pub fn runs(&self) -> usize {
        self.values.len()
    }

    /// Returns the standard deviation; 0 without runs.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// Adds a run. Returns whether the autocorrelation was estimated anew.
    pub fn push(&mut self, point: Point) -> bool {
        let value = point.value;
        let last = self.values.last().map(|last| (value - last).abs());
        self.differences.extend(last);
        let neighbours = self.values.len().saturating_sub(NEIGHBOURS);
        self.before
            .push(median(&self.values[neighbours..]).unwrap_or(value));
        self.values.push(value);
        self.variances.push(point.variance);
        self.after.push(value);
        let runs = self.runs();
        for run in runs.saturating_sub(NEIGHBOURS + 1)..runs {
            let end = (run + 1 + NEIGHBOURS).min(runs);
            self.after[run] = median(&self.values[run + 1..end]).unwrap_or(self.before[run]);
        }
        let counted = match runs >= 4 * HELD_BACK {
            true => runs - HELD_BACK,
            false => runs,
        };
        while self.counted + 1 < counted {
            self.count_difference();
        }
        self.deviation = deviation(&self.sorted).max(point.min_deviation);
        self.measure_nearby();
        let is_new = runs >= self.next_estimate;
        if is_new {
            self.next_estimate = runs + (runs / 16).max(1);
            let mut variances = self.variances.clone();
            variances.sort_unstable_by(f64::total_cmp);
            self.within = variances[runs / 2];
            self.autocorrelation = self.estimate_autocorrelation(counted);
        }
        is_new
    }

    /// Returns the estimated correlation of neighbouring runs.
    pub fn autocorrelation(&self) -> f64 {
        self.autocorrelation
    }

    /// Returns the sums of the values from a run on, clipped and weighted.
    pub fn levels(&self, from: usize, autocorrelation: f64) -> Levels {
        let limit = self.deviation * NEARBY_TOLERANCE;
        let values = (from..self.runs()).map(|run| {
            let is_usual = self.nearby[run] <= limit && self.within == 0.0;
            let weight = if is_usual { 1.0 } else { self.weight(run) };
            (self.standardised(run, from), weight)
        });
        Levels::new(from, values, autocorrelation)
    }

    /// The usual variance over that of a run. Of the usual one, a share is from within runs.
    fn weight(&self, run: usize) -> f64 {
        let variance = self.deviation * self.deviation;
        let nearby = self.nearby[run] / NEARBY_TOLERANCE;
        let between = (nearby * nearby / variance).max(1.0);
        let share = (self.within / variance).min(1.0);
        let within = match self.within > 0.0 {
            true => self.variances[run] / self.within,
            false => 1.0,
        };
        1.0 / (between * (1.0 - share) + share * within.max(between))
    }

    /// A value, clipped to its neighbourhood, in standard deviations from that of another run.
    fn standardised(&self, run: usize, origin: usize) -> f64 {
        let after = self.after[run];
        let before = if run == 0 { after } else { self.before[run] };
        let reach = CLIP * self.deviation;
        let (low, high) = (before.min(after) - reach, before.max(after) + reach);
        (self.values[run].clamp(low, high) - self.values[origin]) / self.deviation
    }

    /// Counts the next difference for the noise, in place of the oldest if there are many.
    fn count_difference(&mut self) {
        let place = |sorted: &[f64], of: f64| sorted.partition_point(|known| *known < of);
        if let Some(oldest) = self.counted.checked_sub(MAX_COUNTED) {
            let at = place(&self.sorted, self.differences[oldest]);
            self.sorted.remove(at);
        }
        let difference = self.differences[self.counted];
        let at = place(&self.sorted, difference);
        self.sorted.insert(at, difference);
        self.counted += 1;
    }

    /// Measures the noise near the newest runs. That near earlier ones is kept.
    fn measure_nearby(&mut self) {
        self.nearby.push(self.nearby.last().copied().unwrap_or(0.0));
        let runs = self.runs();
        if runs < MIN_NEARBY || !runs.is_multiple_of(NEARBY_STEP) {
            return;
        }
        let mut differences = self.differences[self.differences.len() - NEARBY..].to_vec();
        differences.sort_unstable_by(f64::total_cmp);
        self.nearby[runs - NEARBY / 2..].fill(deviation(&differences));
    }

    /// Estimates the correlation of neighbouring runs, from the residuals of the first `counted` ones
    /// about levels found without it.
    fn estimate_autocorrelation(&self, counted: usize) -> f64 {
        if counted < MIN_CORRELATED {
            return 0.0;
        }
        let runs = counted as f64;
        let values: Vec<f64> = (0..counted).map(|run| self.standardised(run, 0)).collect();
        let levels = Levels::new(0, values.iter().map(|&value| (value, 1.0)), 0.0);
        let mut ends = vec![0, counted];
        split(&levels, (0, counted), PILOT.0 * runs.ln(), &mut ends);
        ends.sort_unstable();
        merge(&levels, PILOT.1 * runs.ln(), &mut ends);
        let (mut products, mut squares, mut last) = (0.0, 0.0, 0.0);
        for level in ends.windows(2) {
            let values = &values[level[0]..level[1]];
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            for value in values {
                let residual = value - mean;
                products += residual * last;
                squares += residual * residual;
                last = residual;
            }
        }
        // Each mean that is taken off lowers the correlation by one run's share.
        let bias = (ends.len() - 1) as f64 / runs;
        let estimate = products / f64::max(squares, f64::MIN_POSITIVE) + bias;
        (estimate - CORRELATION_ERRORS / runs.sqrt()).clamp(0.0, MAX_CORRELATION)
    }
}

/// Adds the ends of the levels within a stretch.
fn split(levels: &Levels, (from, to): (usize, usize), limit: f64, ends: &mut Vec<usize>) {
    let best = levels.best_split(from, to, (from, to), MIN_PILOT_LEVEL);
    if let Some(best) = best.filter(|best| best.gain > limit) {
        ends.push(best.at);
        split(levels, (from, best.at), limit, ends);
        split(levels, (best.at, to), limit, ends);
    }
}

/// Removes the weakest end between two levels until each exceeds the limit.
fn merge(levels: &Levels, limit: f64, ends: &mut Vec<usize>) {
    loop {
        let gains = ends.windows(3).map(|around| {
            let at = (around[1], around[1]);
            let split = levels.best_split(around[0], around[2], at, 1);
            split.map_or(0.0, |split| split.gain)
        });
        let weakest = gains.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        match weakest {
            Some((place, gain)) if gain < limit => ends.remove(place + 1),
            _ => return,
        };
    }
}

/// Returns the standard deviation of noise from the absolute differences of neighbours, ascending; 0
/// without any. Steps are few among the differences, and winsorising bounds what they and outliers do.
fn deviation(differences: &[f64]) -> f64 {
    let Some(last) = differences.len().checked_sub(1) else {
        return 0.0;
    };
    let place = WINSORISED * last as f64;
    let below = place as usize;
    let next = differences[(below + 1).min(last)];
    let limit = differences[below] + (place - below as f64) * (next - differences[below]);
    let sum: f64 = differences[..=below].iter().sum();
    let mean = (sum + limit * (last - below) as f64) / (last + 1) as f64;
    mean / WINSORISED_NORMAL / std::f64::consts::SQRT_2
}

/// Returns the median of at most [`NEIGHBOURS`] values; `None` without values.
fn median(values: &[f64]) -> Option<f64> {
    let mut few = [0.0; NEIGHBOURS];
    let few = few.get_mut(..values.len())?;
    few.copy_from_slice(values);
    few.sort_unstable_by(f64::total_cmp);
    let middle = few.len() / 2;
    match few.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(few[middle]),
        _ => Some(few[middle - 1].midpoint(few[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_the_differences() {
        // All differences 1: mean 1, as of noise with a deviation of 1 / 0.7561 / √2.
        assert!((deviation(&[1.0; 20]) - 0.935_2).abs() < 1e-4);
        // A step of 100 among them counts as the largest of the others.
        let mut stepped = [1.0; 20];
        stepped[19] = 100.0;
        assert!((deviation(&stepped) - 0.935_2).abs() < 1e-4);
        assert_eq!(deviation(&[]), 0.0);
    }

    #[test]
    fn values_are_clipped_to_their_neighbours() {
        let mut noise = Noise::default();
        for value in [0.0, 0.1, 0.0, 0.1, 9.0, 0.0, 0.1, 0.0] {
            noise.push(Point::new(value));
        }
        let outlier = noise.standardised(4, 0) * noise.deviation;
        assert!((outlier - (0.05 + CLIP * noise.deviation)).abs() < 1e-12);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[3.0, 1.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn slow_waves_are_autocorrelated_and_steps_are_not() {
        let estimate = |value: &dyn Fn(usize) -> f64| {
            let mut noise = Noise::default();
            for run in 0..80 {
                noise.push(Point::new(value(run)));
            }
            noise.autocorrelation
        };
        let wave = estimate(&|run| (run as f64 * 0.7).sin());
        assert!(wave > 0.4, "{wave}");
        let jitter = |run: usize| (run * 7 % 10) as f64;
        let step = estimate(&|run| jitter(run) + if run < 40 { 0.0 } else { 50.0 });
        assert_eq!(step, 0.0);
    }
}
