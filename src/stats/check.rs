//! Whether statistics that were stored hold together: what reads them need not doubt them then.

/// What holds together, or what does not.
pub type Checked<T> = Result<T, &'static str>;

/// Most samples of a run that is read back, so that no sum of some of them overflows.
const MOST: u64 = 1 << 53;

/// A sum of counts.
pub fn total(counts: impl IntoIterator<Item = u64>) -> Checked<u64> {
    let mut counts = counts.into_iter();
    let sum = counts.try_fold(0_u64, |sum, count| sum.checked_add(count));
    sum.filter(|&sum| sum <= MOST)
        .ok_or("it has more samples than there can be")
}

/// A condition, and what is wrong where it does not hold.
pub fn that(condition: bool, otherwise: &'static str) -> Checked<()> {
    match condition {
        true => Ok(()),
        false => Err(otherwise),
    }
}
