//! Compares two runs that cannot be paired: each is judged as a whole.

use std::rc::Rc;

use super::Interval;
use super::evidence::{Evidence, IntervalOf, Method};
use super::interval::{difference, normal_quantile, order_statistics, wilson};
use super::noise::design_effect;
use super::quantile::above;
use crate::percentile::{Percentile, value_at, value_of_rank};
use crate::report::{LabelReport, Report, Slice, joined_slices};

/// Target number of slices that a run is cut into.
const TARGET_SLICES: u64 = 60;

/// Fewest independent samples whose mean is close enough to normal.
const MIN_INDEPENDENT: f64 = 30.0;

/// A label of one run, with its slices.
pub struct WholeRun<'a> {
    row: &'a LabelReport,
    slices: Vec<Slice>,
}

/// The baseline and the candidate.
pub type Sides<'a> = Rc<(WholeRun<'a>, WholeRun<'a>)>;

impl<'a> WholeRun<'a> {
    /// Takes a label of a run. A label without slices is assumed to vary over time like TOTAL.
    pub fn new(report: &Report, row: &'a LabelReport, is_total: bool) -> Self {
        let slices = report.slices.as_ref().map(|slices| {
            let own = match is_total {
                true => None,
                false => slices.of_label(&row.label).map(<[Slice]>::to_vec),
            };
            let own = own.unwrap_or_else(|| slices.total());
            let length = own.last().map_or(0, |last| last.index + 1);
            joined_slices(own, length.div_ceil(TARGET_SLICES).max(1))
        });
        WholeRun {
            row,
            slices: slices.unwrap_or_default(),
        }
    }

    /// Returns the design effect of a mean; `of` gives the sum within a slice.
    fn effect(&self, of: impl Fn(&Slice) -> f64, variance: f64, alpha: f64) -> f64 {
        let slices = self.slices.iter();
        let buckets: Vec<(f64, f64)> = slices
            .map(|slice| (slice.samples() as f64, of(slice)))
            .collect();
        let tail = alpha / 2.0;
        design_effect(&buckets, variance, tail, normal_quantile(tail))
    }
}

/// Returns the change of the mean, with a normal interval for each side.
pub fn mean<'a>(sides: &Sides<'a>) -> Option<Evidence<'a>> {
    let side = |own: &WholeRun<'_>, alpha: f64, is_independent: bool| {
        let elapsed = own.row.elapsed.as_ref()?;
        let variance = elapsed.std_dev.powi(2);
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(|slice| slice.elapsed_sum as f64, variance, alpha),
        };
        let independent = elapsed.count as f64 / effect;
        let reach = normal_quantile(alpha / 2.0) * (variance / independent).sqrt();
        let interval = match independent < MIN_INDEPENDENT {
            true => Interval::OPEN,
            false => Interval {
                low: Some(elapsed.mean - reach),
                high: Some(elapsed.mean + reach),
            },
        };
        Some((elapsed.mean, interval))
    };
    of_sides(sides, side)
}

/// Returns the change of a percentile, with order statistics for each side.
pub fn percentile<'a>(sides: &Sides<'a>, percent: Percentile) -> Option<Evidence<'a>> {
    let side = move |own: &WholeRun<'_>, alpha: f64, is_independent: bool| {
        let counts = &own.row.distribution;
        let samples = own.row.samples;
        let fraction = percent.fraction();
        let value = value_at(counts, samples, percent)? as f64;
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(
                |slice| above(slice, value + 1.0),
                fraction * (1.0 - fraction),
                alpha,
            ),
        };
        let independent = ((samples as f64 / effect) as u64).max(1);
        let (low, high) = order_statistics(independent, fraction, alpha);
        // Converts ranks among independent samples to ranks among all, rounded outwards.
        let scale = samples as f64 / independent as f64;
        let at = |rank: f64| value_of_rank(counts, rank as u64).map(|value| value as f64);
        let interval = Interval {
            low: low.and_then(|rank| at(((rank - 1) as f64 * scale).floor() + 1.0)),
            high: high.and_then(|rank| at((rank as f64 * scale).ceil())),
        };
        Some((value, interval))
    };
    of_sides(sides, side)
}

/// Returns the change of the error rate in percentage points, with Wilson's interval for each side.
pub fn error_rate<'a>(sides: &Sides<'a>) -> Option<Evidence<'a>> {
    let side = |own: &WholeRun<'_>, alpha: f64, is_independent: bool| {
        // A row may report more errors than samples.
        let rate = own.row.error_ratio?.min(1.0);
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(|slice| slice.failures() as f64, rate * (1.0 - rate), alpha),
        };
        let z = normal_quantile(alpha / 2.0);
        let (low, high) = wilson(rate, own.row.samples as f64 / effect, z);
        let interval = Interval {
            low: Some(low * 100.0),
            high: Some(high * 100.0),
        };
        Some((rate * 100.0, interval))
    };
    of_sides(sides, side)
}

/// Combines the estimates and intervals of both sides to the evidence for a change. `side` takes the
/// error probability and whether to treat all samples as independent.
fn of_sides<'a>(
    sides: &Sides<'a>,
    side: impl Fn(&WholeRun<'a>, f64, bool) -> Option<(f64, Interval)> + 'a,
) -> Option<Evidence<'a>> {
    let sides = Rc::clone(sides);
    let both = move |alpha: f64, is_independent: bool| {
        let (a, b) = &*sides;
        Some((
            side(a, alpha, is_independent)?,
            side(b, alpha, is_independent)?,
        ))
    };
    let (a, b) = both(0.05, true)?;
    let both = Rc::new(both);
    let interval = |is_independent: bool| -> IntervalOf<'a> {
        let both = Rc::clone(&both);
        Box::new(move |alpha| {
            let found = both(alpha, is_independent);
            found.map_or(Interval::OPEN, |(a, b)| difference(a, b))
        })
    };
    Some(Evidence {
        method: Method::Unpaired,
        estimate: b.0 - a.0,
        interval: interval(false),
        independent: Some(interval(true)),
    })
}
