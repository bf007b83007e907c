//! Builds axes: ranges that contain the data, and ticks at round values.

use super::measures::MEASURES;
use super::model::{Axis, Scale, Tick};
use crate::format;

/// Round steps of time, ms.
const TIME_STEPS: [i64; 22] = [
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
];

/// Builds an axis from 0 to at least `max`, with ticks at 1, 2 or 5 times a power of ten.
pub fn linear(label: &str, max: f64) -> Axis {
    let max = if max.is_finite() && max > 0.0 {
        max
    } else {
        1.0
    };
    let step = round_step(max / 5.0);
    let count = (max / step).ceil().max(1.0) as u32;
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    Axis {
        scale: Scale::Linear,
        label: label.to_owned(),
        min: 0.0,
        max: f64::from(count) * step,
        ticks: (0..=count)
            .map(|number| {
                let at = f64::from(number) * step;
                Tick::new(at, grouped(at, decimals))
            })
            .collect(),
    }
}

/// Builds an axis from at most `min` to at least `max`, with 0 on it.
pub fn linear_between(label: &str, min: f64, max: f64) -> Axis {
    let (min, max) = (min.min(0.0), max.max(0.0));
    if min == 0.0 || !(max - min).is_finite() {
        return linear(label, max);
    }
    let step = round_step((max - min) / 5.0);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let (first, last) = ((min / step).floor() as i64, (max / step).ceil() as i64);
    let ticks = (first..=last).map(|number| {
        let at = number as f64 * step;
        Tick::new(at, grouped(at, decimals))
    });
    Axis {
        scale: Scale::Linear,
        label: label.to_owned(),
        min: first as f64 * step,
        max: last as f64 * step,
        ticks: ticks.collect(),
    }
}

/// Builds an axis of the decimal logarithms of `min` to `max`. All values below 1 have one position.
pub fn logarithmic(label: &str, min: f64, max: f64) -> Axis {
    let low = min.max(1.0).log10().floor();
    let high = max.max(min.max(1.0) * 10.0).log10();
    let mut ticks = Vec::new();
    let mut decade = low;
    while decade <= high.ceil() {
        for factor in [1.0, 2.0, 5.0] {
            let value = factor * 10_f64.powf(decade);
            let at = value.log10();
            if at <= high.max(low + 1.0) + 0.301 {
                ticks.push(Tick::new(at, grouped(value, 0)));
            }
        }
        decade += 1.0;
    }
    // The last tick is the first one above the data.
    let last = ticks
        .iter()
        .position(|tick| tick.at >= high)
        .unwrap_or(ticks.len().saturating_sub(1));
    ticks.truncate(last + 1);
    let max = ticks.last().map_or(low + 1.0, |tick| tick.at.max(high));
    // Over many decades the powers of ten are enough.
    if max - low > 4.0 {
        ticks.retain(|tick| (tick.at - tick.at.round()).abs() < 1e-9);
    }
    let low = match min < 1.0 {
        true => MEASURES.below_one,
        false => low,
    };
    if min < 1.0 {
        ticks.insert(0, Tick::new(low, "<1"));
    }
    Axis {
        scale: Scale::Logarithmic,
        label: label.to_owned(),
        min: low,
        max,
        ticks,
    }
}

/// Builds an axis of time since the start of the run, in ms.
pub fn elapsed_time(duration_ms: i64) -> Axis {
    let duration = duration_ms.max(1);
    let days = |step: &i64| duration / step;
    let step = TIME_STEPS
        .iter()
        .copied()
        .find(|step| days(step) <= 10)
        .unwrap_or_else(|| (duration / 10 / 86_400_000 + 1) * 86_400_000);
    let ticks = (0..=duration / step)
        .map(|number| Tick::new((number * step) as f64, clock(number * step, step, duration)))
        .collect();
    let unit = match duration {
        _ if step < 1_000 => "s",
        0..3_600_000 => "min:s",
        3_600_000..172_800_000 => "h:min",
        _ => "days",
    };
    Axis {
        scale: Scale::Time,
        label: format!("time since the start of the run ({unit})"),
        min: 0.0,
        max: duration as f64,
        ticks,
    }
}

/// Returns the position of a percentile on an axis where each nine takes equal room, as in HdrHistogram's
/// plots: the decimal logarithm of 1 / (1 - share).
pub fn nines(share: f64) -> f64 {
    -(1.0 - share).max(f64::MIN_POSITIVE).log10()
}

/// Builds an axis of percentiles, up to the largest that `samples` samples resolve.
pub fn percentiles(samples: u64) -> Axis {
    const KNOWN: [(f64, &str); 9] = [
        (0.0, "0"),
        (0.5, "50"),
        (0.9, "90"),
        (0.99, "99"),
        (0.999, "99.9"),
        (0.9999, "99.99"),
        (0.99999, "99.999"),
        (0.999999, "99.9999"),
        (0.9999999, "99.99999"),
    ];
    let max = (samples.max(10) as f64).log10();
    Axis {
        scale: Scale::Nines,
        label: "percentile (%)".to_owned(),
        min: 0.0,
        max,
        ticks: KNOWN
            .iter()
            .map(|&(share, text)| Tick::new(nines(share), text))
            .filter(|tick| tick.at <= max + 1e-9)
            .collect(),
    }
}

/// Returns the smallest of 1, 2, 5 times a power of ten that is at least `min`.
pub fn round_step(min: f64) -> f64 {
    let power = 10_f64.powf(min.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= min * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Formats a number with a thousands separator: `1,234.5`; millions and more are shortened: `2.5M`.
pub fn grouped(value: f64, decimals: usize) -> String {
    for (unit, size) in [("T", 1e12), ("G", 1e9), ("M", 1e6)] {
        if value.abs() >= size {
            let text = format::fixed(value / size, 1);
            return format!("{}{unit}", text.trim_end_matches(".0"));
        }
    }
    format::decimals(value, decimals)
}

fn clock(ms: i64, step: i64, duration: i64) -> String {
    let seconds = ms / 1000;
    if step < 1_000 {
        return format!("{:.1}", ms as f64 / 1000.0);
    }
    match duration {
        0..3_600_000 => format!("{}:{:02}", seconds / 60, seconds % 60),
        3_600_000..172_800_000 => format!("{}:{:02}", seconds / 3600, seconds / 60 % 60),
        _ => grouped(
            ms as f64 / 86_400_000.0,
            usize::from(step % 86_400_000 != 0),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(texts(&linear("x", 1270.0)), ["0", "500", "1,000", "1,500"]);
        assert_eq!(texts(&linear("x", 4.2)), ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(
            texts(&linear("x", 0.9)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(linear("x", 0.0).max, 1.0);
    }

    #[test]
    fn logarithmic_ticks_hold_the_data() {
        let axis = logarithmic("x", 4.0, 1270.0);
        assert_eq!(
            texts(&axis),
            [
                "1", "2", "5", "10", "20", "50", "100", "200", "500", "1,000", "2,000"
            ]
        );
        assert_eq!(axis.min, 0.0);
    }

    #[test]
    fn time_ticks_are_what_people_count_in() {
        assert_eq!(
            texts(&elapsed_time(500_000)),
            [
                "0:00", "1:00", "2:00", "3:00", "4:00", "5:00", "6:00", "7:00", "8:00"
            ]
        );
        assert_eq!(
            texts(&elapsed_time(450)),
            ["0.0", "0.1", "0.2", "0.3", "0.4"]
        );
        assert_eq!(texts(&elapsed_time(86_400_000)).last(), Some(&"24:00"));
        assert_eq!(texts(&elapsed_time(864_000_000)).last(), Some(&"10"));
    }

    #[test]
    fn percentiles_go_as_far_as_the_samples() {
        assert_eq!(
            texts(&percentiles(10_000)),
            ["0", "50", "90", "99", "99.9", "99.99"]
        );
        assert_eq!(texts(&percentiles(3)), ["0", "50", "90"]);
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(grouped(1_234.0, 0), "1,234");
        assert_eq!(grouped(999.0, 0), "999");
        assert_eq!(grouped(123_456.5, 1), "123,456.5");
        assert_eq!(grouped(2_500_000.0, 0), "2.5M");
        assert_eq!(grouped(-123.0, 0), "-123");
    }

    proptest! {
        #[test]
        fn every_axis_holds_its_data(max in prop_oneof![0.0..10.0_f64, 0.0..1e18_f64], ms in 0..i64::MAX / 2) {
            for (axis, top) in [
                (linear("", max), max),
                (logarithmic("", 1.0, max), max.max(1.0).log10()),
                (elapsed_time(ms), ms as f64),
            ] {
                prop_assert!(axis.min < axis.max && axis.max.is_finite());
                prop_assert!(axis.max >= top * (1.0 - 1e-9), "{axis:?} {top}");
                prop_assert!((1..=30).contains(&axis.ticks.len()), "{axis:?}");
                for tick in &axis.ticks {
                    prop_assert!(tick.at >= axis.min - 1e-9 && tick.at <= axis.max * (1.0 + 1e-9), "{axis:?}");
                }
            }
        }
    }
}
