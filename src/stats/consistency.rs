//! Checks on statistics that were stored, so that code that uses them need not doubt them.

/// Stored statistics that contradict each other: the file was damaged or made by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Inconsistent(pub(super) &'static str);

impl Inconsistent {
    /// What is wrong.
    pub fn reason(self) -> &'static str {
        self.0
    }
}

/// A value that was checked, or why it cannot be right.
pub type Checked<T> = Result<T, Inconsistent>;

/// Samples of the largest run that is read back, so that no sum of counts overflows.
const MAX_SAMPLES: u64 = 1 << 53;

/// Adds up counts.
///
/// # Errors
///
/// If the sum is larger than any run.
pub fn total(counts: impl IntoIterator<Item = u64>) -> Checked<u64> {
    let mut counts = counts.into_iter();
    let sum = counts.try_fold(0_u64, |sum, count| sum.checked_add(count));
    sum.filter(|&sum| sum <= MAX_SAMPLES)
        .ok_or(Inconsistent("it has more samples than there can be"))
}

/// Requires a condition.
///
/// # Errors
///
/// [`Inconsistent`] with `problem` if it does not hold.
pub fn ensure(condition: bool, problem: &'static str) -> Checked<()> {
    match condition {
        true => Ok(()),
        false => Err(Inconsistent(problem)),
    }
}
