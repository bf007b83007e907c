//! The effect size: how often one run is slower than another.

/// Returns the probability that a random sample of `candidate` is slower than a random sample of
/// `baseline`, with ties counted half: 0.5 if they do not differ. Takes counts by value, ascending.
/// `None` if a side has no samples.
///
/// Source: Mann and Whitney's U, divided by the number of pairs.
pub fn probability_slower(baseline: &[(i64, u64)], candidate: &[(i64, u64)]) -> Option<f64> {
    let all = |counts: &[(i64, u64)]| counts.iter().map(|&(_, count)| u128::from(count)).sum();
    let (of_baseline, of_candidate): (u128, u128) = (all(baseline), all(candidate));
    if of_baseline == 0 || of_candidate == 0 {
        return None;
    }
    let mut rest = baseline.iter().peekable();
    let (mut faster, mut twice) = (0_u128, 0_u128);
    for &(value, count) in candidate {
        while let Some(&(_, count)) = rest.next_if(|&&(other, _)| other < value) {
            faster += u128::from(count);
        }
        let ties = rest.peek().filter(|&&&(other, _)| other == value);
        let ties = ties.map_or(0, |&&(_, count)| u128::from(count));
        twice += u128::from(count) * (2 * faster + ties);
    }
    Some(twice as f64 / 2.0 / (of_baseline as f64 * of_candidate as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_counted_and_ties_are_half() {
        // Of the pairs of {1, 2, 2} and {2, 3}: 2 > 1, two ties, and 3 > all three: 5 of 6.
        assert_eq!(
            probability_slower(&[(1, 1), (2, 2)], &[(2, 1), (3, 1)]),
            Some(5.0 / 6.0)
        );
        assert_eq!(probability_slower(&[], &[(2, 1)]), None);
    }

    proptest! {
        #[test]
        fn swapped_sides_mirror(
            a in prop::collection::btree_map(0..50_i64, 1..9_u64, 1..20),
            b in prop::collection::btree_map(0..50_i64, 1..9_u64, 1..20),
        ) {
            let (a, b): (Vec<_>, Vec<_>) = (a.into_iter().collect(), b.into_iter().collect());
            let (there, back) = (probability_slower(&a, &b).unwrap(), probability_slower(&b, &a).unwrap());
            prop_assert!((there + back - 1.0).abs() < 1e-12);
            prop_assert_eq!(probability_slower(&a, &a), Some(0.5));
        }
    }
}
