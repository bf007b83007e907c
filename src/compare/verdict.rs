//! What the interval of a change means.

use super::{Interval, Verdict};

/// The verdict on a change, of which less than `threshold` does not matter. More is worse.
///
/// Better or worse only if the interval excludes zero and the change itself reaches the threshold;
/// no change only if the whole interval is within it.
pub fn of(change: f64, interval: Interval, threshold: f64) -> Verdict {
    let (Some(low), Some(high)) = (interval.low, interval.high) else {
        return Verdict::TooFewSamples;
    };
    if low > 0.0 && change >= threshold {
        Verdict::Worse
    } else if high < 0.0 && change <= -threshold {
        Verdict::Better
    } else if low > -threshold && high < threshold {
        Verdict::NoChange
    } else {
        Verdict::Inconclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_threshold_must_agree() {
        let of = |change, low, high| {
            let interval = Interval {
                low: Some(low),
                high: Some(high),
            };
            of(change, interval, 5.0)
        };
        assert_eq!(of(8.0, 1.0, 15.0), Verdict::Worse);
        assert_eq!(of(-8.0, -15.0, -1.0), Verdict::Better);
        assert_eq!(of(8.0, -1.0, 17.0), Verdict::Inconclusive);
        assert_eq!(of(3.0, 1.0, 6.0), Verdict::Inconclusive);
        assert_eq!(of(3.0, 2.0, 4.0), Verdict::NoChange);
        let open = Interval {
            low: Some(1.0),
            high: None,
        };
        assert_eq!(super::of(8.0, open, 5.0), Verdict::TooFewSamples);
    }
}
