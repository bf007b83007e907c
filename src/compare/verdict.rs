//! Derives a verdict from the interval of a change.

use super::{Interval, Verdict};

/// What was observed of a change.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// Its estimate.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// The interval that it would have if all samples were independent; `None` if unknown.
    pub independent: Option<Interval>,
    /// Whether it is at most one tick of the clock, which never counts as better or worse.
    pub is_tick: bool,
    /// Whether it was observed between several runs per side.
    pub is_between_runs: bool,
}

/// Returns the verdict on a change in a figure of which more is worse. A change below `threshold`
/// does not matter.
///
/// It is better or worse only if the interval excludes zero and the estimate reaches the threshold.
/// It is no change only if the whole interval is within the threshold. An interval that is open on
/// one side can still decide for better or worse.
pub fn of(observed: Observed, threshold: f64) -> Verdict {
    match decided(observed.estimate, observed.interval, threshold) {
        Some(Verdict::Better | Verdict::Worse) if observed.is_tick => Verdict::Inconclusive,
        Some(verdict) => verdict,
        None if excludes_zero(observed.interval) => Verdict::Inconclusive,
        None if observed.is_between_runs => Verdict::RunsVary,
        None => {
            let independent = observed
                .independent
                .is_some_and(|interval| decided(observed.estimate, interval, threshold).is_some());
            match independent {
                true => Verdict::TooVariable,
                false => Verdict::TooFewSamples,
            }
        }
    }
}

fn decided(estimate: f64, interval: Interval, threshold: f64) -> Option<Verdict> {
    let is_above = interval.low.is_some_and(|low| low > 0.0);
    let is_below = interval.high.is_some_and(|high| high < 0.0);
    let is_within = interval.low.is_some_and(|low| low > -threshold)
        && interval.high.is_some_and(|high| high < threshold);
    match (is_above, is_below) {
        (true, _) if estimate >= threshold => Some(Verdict::Worse),
        (_, true) if estimate <= -threshold => Some(Verdict::Better),
        _ => is_within.then_some(Verdict::NoChange),
    }
}

/// Whether the interval excludes zero.
pub fn excludes_zero(interval: Interval) -> bool {
    interval.low.is_some_and(|low| low > 0.0) || interval.high.is_some_and(|high| high < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: impl Into<Option<f64>>, high: impl Into<Option<f64>>) -> Interval {
        Interval {
            low: low.into(),
            high: high.into(),
        }
    }

    fn known(estimate: f64, interval: Interval) -> Observed {
        Observed {
            estimate,
            interval,
            independent: None,
            is_tick: false,
            is_between_runs: false,
        }
    }

    #[test]
    fn interval_and_threshold_must_agree() {
        let of = |estimate, low: f64, high: f64| of(known(estimate, interval(low, high)), 5.0);
        assert_eq!(of(8.0, 1.0, 15.0), Verdict::Worse);
        assert_eq!(of(-8.0, -15.0, -1.0), Verdict::Better);
        assert_eq!(of(3.0, 1.0, 6.0), Verdict::Inconclusive);
        assert_eq!(of(3.0, 2.0, 4.0), Verdict::NoChange);
        assert_eq!(of(8.0, -1.0, 17.0), Verdict::TooFewSamples);
    }

    #[test]
    fn one_end_decides() {
        assert_eq!(of(known(914.0, interval(493.0, None)), 5.0), Verdict::Worse);
        assert_eq!(of(known(-9.0, interval(None, -2.0)), 5.0), Verdict::Better);
        assert_eq!(
            of(known(8.0, interval(None, 20.0)), 5.0),
            Verdict::TooFewSamples
        );
    }

    #[test]
    fn too_variable_if_independent_samples_would_decide() {
        let known = |independent| Observed {
            independent: Some(independent),
            ..known(8.0, interval(-20.0, 36.0))
        };
        assert_eq!(of(known(interval(6.0, 10.0)), 5.0), Verdict::TooVariable);
        assert_eq!(of(known(interval(-1.0, 17.0)), 5.0), Verdict::TooFewSamples);
    }

    #[test]
    fn undecided_between_runs_means_that_runs_vary() {
        let runs = Observed {
            is_between_runs: true,
            ..known(8.0, interval(-1.0, 17.0))
        };
        assert_eq!(of(runs, 5.0), Verdict::RunsVary);
    }

    #[test]
    fn a_tick_of_the_clock_is_no_verdict() {
        let tick = Observed {
            is_tick: true,
            ..known(1.0, interval(0.8, 1.2))
        };
        assert_eq!(of(tick, 0.0), Verdict::Inconclusive);
        assert_eq!(of(tick, 5.0), Verdict::NoChange);
    }
}
