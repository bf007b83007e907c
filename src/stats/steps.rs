//! Log-linear steps of histograms in bounded memory.
//!
//! Values below `2^EXACT_BITS` have a step each. Above, each doubling is divided into
//! `2^(EXACT_BITS - 1)` steps of equal width. The steps do not depend on the recorded values, so
//! histograms merge exactly. This is the layout of HdrHistogram.

/// The number of a value's step. Numbers start at 0 and grow with the value.
#[inline(always)]
pub fn step_of<const EXACT_BITS: u32>(value: u64) -> usize {
    let bits = u64::BITS - (value | ((1 << EXACT_BITS) - 1)).leading_zeros();
    let doublings = bits - EXACT_BITS;
    ((doublings as usize) << (EXACT_BITS - 1)) + (value >> doublings) as usize
}

/// The smallest and largest value of a step.
pub fn range_of<const EXACT_BITS: u32>(step: usize) -> (i64, i64) {
    let doublings = (step >> (EXACT_BITS - 1)).saturating_sub(1);
    let start = (step - (doublings << (EXACT_BITS - 1))) as u64;
    let (low, end) = (start << doublings, (start + 1) << doublings);
    (low as i64, (end - 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_values_are_exact_and_steps_follow_one_another() {
        for value in 0..2_048 {
            assert_eq!(step_of::<11>(value), value as usize);
            assert_eq!(range_of::<11>(value as usize), (value as i64, value as i64));
        }
        assert_eq!(step_of::<11>(2_048), 2_048);
        assert_eq!(step_of::<11>(2_049), 2_048);
        assert_eq!(range_of::<11>(2_048), (2_048, 2_049));
        assert_eq!(step_of::<11>(4_096), 3_072);
        assert!(step_of::<11>(i64::MAX as u64) < 1 << 19);
        assert_eq!(range_of::<11>(step_of::<11>(i64::MAX as u64)).1, i64::MAX);
        // Of 6 bits: 63, then 64 and 65 together, and 128 to 131.
        let steps = [63, 64, 65, 127, 128, 131].map(step_of::<6>);
        assert_eq!(steps, [63, 64, 64, 95, 96, 96]);
        assert_eq!(range_of::<6>(96), (128, 131));
    }

    proptest! {
        #[test]
        fn a_step_holds_its_values(value in prop_oneof![0..1_000_000_u64, 0..i64::MAX as u64]) {
            let (low, high) = range_of::<11>(step_of::<11>(value));
            prop_assert!((low as u64..=high as u64).contains(&value));
            prop_assert!((high - low) as f64 <= value as f64 / 1_000.0);
            prop_assert_eq!(step_of::<11>(high as u64), step_of::<11>(value));
            let (low, high) = range_of::<6>(step_of::<6>(value));
            prop_assert!((low as u64..=high as u64).contains(&value));
            // Within 1.6% of the middle.
            prop_assert!((high - low) as f64 / 2.0 <= 0.016 * value as f64);
        }
    }
}
