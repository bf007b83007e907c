//! Compares runs: what changed from a baseline to each candidate, and whether the change is real.
//!
//! # What is computed
//!
//! * Two runs of one plan are cut into the same time slices since their starts. A change is the
//!   weighted mean of the changes within slices. Its uncertainty comes from how these changes vary
//!   from slice to slice: what the plan does to both runs cancels out, what one run does alone stays.
//! * A percentile's interval comes from binomial order statistics, an error rate's is Wilson's. Both
//!   use the effective number of independent samples in the paired slices. The interval of the change
//!   combines those of both sides (Newcombe's hybrid; MOVER in Zou and Donner, 2008). The interval of
//!   the mean is Student's, on the logarithm of the ratio.
//! * With several runs on each side, Student's test compares the figures of whole runs, which
//!   accounts for run-to-run variation.
//! * The effect size is the probability that a random sample of the candidate is slower than a
//!   random sample of the baseline, with ties counted half (Mann and Whitney).
//!
//! # Why variances are computed from blocks
//!
//! Samples of one run are not independent: a slow second slows all its samples down, so that 1,000
//! samples may carry as little information as 50 independent ones. The variance of paired
//! differences is therefore computed from whole blocks of slices (see `noise.rs`).
//!
//! # Multiple tests
//!
//! A comparison makes many tests: of a hundred at 95% confidence, five would be wrong by chance. The
//! confidence therefore covers the whole comparison, however its figures depend on each other: the
//! tests share the error probability by Holm's step-down method.

mod between;
mod common;
mod effect;
mod evidence;
mod figures;
mod holm;
mod interval;
mod matched;
mod metrics;
mod model;
mod noise;
mod notes;
mod paired;
mod paired_percentile;
mod pairing;
mod quantile;
mod runs;
mod student;
mod unpaired;
mod variances;
mod verdict;

pub use between::MIN_RUNS;
pub use evidence::Method;
pub use figures::ERROR_RATE_THRESHOLD;
pub use interval::Interval;
pub use model::{
    Change, Comparison, Figure, Found, LabelComparison, Run, Settings, Side, Test, Verdict,
};
pub use pairing::Phases;
pub use runs::compare;

pub(crate) use interval::normal_tail;
pub(crate) use student::student_quantile;
