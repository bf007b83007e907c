//! Changes between runs that cannot be paired: each run is judged as a whole.

use std::rc::Rc;

use super::evidence::{Evidence, IntervalOf, Method};
use super::noise::design_effect;
use super::quantile::above;
use super::{Interval, difference, normal_quantile, order_statistics, wilson};
use crate::percentile::{Percentile, value_at, value_of_rank};
use crate::report::{LabelReport, Report, Slice, joined_slices};

/// Slices that a run's own course is cut into, about.
const TARGET_SLICES: u64 = 60;

/// The mean of fewer independent samples is not near normal.
const MIN_INDEPENDENT: f64 = 30.0;

/// A label of one run, and what it did over time.
pub struct Own<'a> {
    row: &'a LabelReport,
    slices: Vec<Slice>,
}

/// The baseline and the candidate.
pub type Sides<'a> = Rc<(Own<'a>, Own<'a>)>;

impl<'a> Own<'a> {
    /// A label of a run. A label that has no slices of its own is taken to vary as all together do.
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
        Own {
            row,
            slices: slices.unwrap_or_default(),
        }
    }

    /// The design effect of a mean, of which `of` gives the sum within a slice.
    fn effect(&self, of: impl Fn(&Slice) -> f64, variance: f64, doubt: f64) -> f64 {
        let slices = self.slices.iter();
        let buckets: Vec<(f64, f64)> = slices
            .map(|slice| (slice.samples() as f64, of(slice)))
            .collect();
        let tail = doubt / 2.0;
        design_effect(&buckets, variance, tail, normal_quantile(tail))
    }
}

/// The change of the mean, by a normal interval of each side.
pub fn mean<'a>(sides: &Sides<'a>) -> Option<Evidence<'a>> {
    let side = |own: &Own<'_>, doubt: f64, is_independent: bool| {
        let elapsed = own.row.elapsed.as_ref()?;
        let variance = elapsed.std_dev.powi(2);
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(|slice| slice.elapsed_sum as f64, variance, doubt),
        };
        let independent = elapsed.count as f64 / effect;
        let reach = normal_quantile(doubt / 2.0) * (variance / independent).sqrt();
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

/// The change of a percentile, by order statistics of each side.
pub fn percentile<'a>(sides: &Sides<'a>, percent: Percentile) -> Option<Evidence<'a>> {
    let side = move |own: &Own<'_>, doubt: f64, is_independent: bool| {
        let counts = &own.row.distribution;
        let samples = own.row.samples;
        let fraction = percent.fraction();
        let value = value_at(counts, samples, percent)? as f64;
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(
                |slice| above(slice, value + 1.0),
                fraction * (1.0 - fraction),
                doubt,
            ),
        };
        let independent = ((samples as f64 / effect) as u64).max(1);
        let (low, high) = order_statistics(independent, fraction, doubt);
        // Ranks among the independent samples to ranks among all, outwards.
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

/// The change of the error rate in percentage points, by Wilson's interval of each side.
pub fn error_rate<'a>(sides: &Sides<'a>) -> Option<Evidence<'a>> {
    let side = |own: &Own<'_>, doubt: f64, is_independent: bool| {
        // Rows may report more errors than samples.
        let rate = own.row.error_ratio?.min(1.0);
        let effect = match is_independent {
            true => 1.0,
            false => own.effect(|slice| slice.failures() as f64, rate * (1.0 - rate), doubt),
        };
        let z = normal_quantile(doubt / 2.0);
        let (low, high) = wilson(rate, own.row.samples as f64 / effect, z);
        let interval = Interval {
            low: Some(low * 100.0),
            high: Some(high * 100.0),
        };
        Some((rate * 100.0, interval))
    };
    of_sides(sides, side)
}

/// What is known of a change from what is known of each side: by its doubt, and whether all samples
/// are taken to be independent.
fn of_sides<'a>(
    sides: &Sides<'a>,
    side: impl Fn(&Own<'a>, f64, bool) -> Option<(f64, Interval)> + 'a,
) -> Option<Evidence<'a>> {
    let sides = Rc::clone(sides);
    let both = move |doubt: f64, is_independent: bool| {
        let (a, b) = &*sides;
        Some((
            side(a, doubt, is_independent)?,
            side(b, doubt, is_independent)?,
        ))
    };
    let (a, b) = both(0.05, true)?;
    let both = Rc::new(both);
    let interval = |is_independent: bool| -> IntervalOf<'a> {
        let both = Rc::clone(&both);
        Box::new(move |doubt| {
            let found = both(doubt, is_independent);
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
