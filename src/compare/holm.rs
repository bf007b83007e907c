//! Holm's step-down method, which shares one error probability among all tests of a comparison.

use super::Interval;
use super::evidence::Evidence;
use super::verdict::excludes_zero;

/// The interval of one test, and the error probability of that interval alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decided {
    /// The interval.
    pub interval: Interval,
    /// The probability that the true change lies outside.
    pub alpha: f64,
}

/// Returns the interval of each test, such that the probability that any of them is wrong is at most
/// `alpha`, however the tests depend on each other.
///
/// Each of `m` tests gets `alpha / m`. The `r` tests whose intervals then exclude zero are decided;
/// the others get `alpha / (m - r)`, and so on until no more are decided.
///
/// Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
pub fn step_down(tests: &[Evidence<'_>], alpha: f64) -> Vec<Decided> {
    let mut decided: Vec<Option<Decided>> = vec![None; tests.len()];
    loop {
        let open = decided.iter().filter(|decided| decided.is_none()).count();
        let of_each = alpha / open.max(1) as f64;
        let found: Vec<Option<Decided>> = tests
            .iter()
            .zip(&decided)
            .map(|(test, decided)| match decided {
                Some(_) => None,
                None => Some(Decided {
                    interval: (test.interval)(of_each),
                    alpha: of_each,
                }),
            })
            .collect();
        let is_new =
            |found: &Option<Decided>| found.is_some_and(|found| excludes_zero(found.interval));
        if !found.iter().any(is_new) {
            let both = decided.into_iter().zip(found);
            return both
                .filter_map(|(decided, found)| decided.or(found))
                .collect();
        }
        for (decided, found) in decided.iter_mut().zip(found) {
            if is_new(&found) {
                *decided = found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Method;

    /// A test that excludes zero with a alpha of at least `p`.
    fn test(p: f64) -> Evidence<'static> {
        Evidence {
            method: Method::Paired,
            estimate: 1.0,
            interval: Box::new(move |alpha| Interval {
                low: Some(alpha - p),
                high: None,
            }),
            independent: None,
        }
    }

    #[test]
    fn what_is_decided_leaves_its_doubt_to_the_rest() {
        // 0.05 / 4 = 0.0125 decides the first, 0.05 / 3 = 0.0167 the second; 0.025 not the others.
        let tests = [test(0.03), test(0.011), test(0.016), test(0.026)];
        let doubts: Vec<f64> = step_down(&tests, 0.05).iter().map(|d| d.alpha).collect();
        assert_eq!(doubts, [0.025, 0.0125, 0.05 / 3.0, 0.025]);
        assert_eq!(step_down(&[], 0.05), []);
    }
}
