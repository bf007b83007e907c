//! Runs compared: what changed from a baseline to each candidate, and whether it is real.
//!
//! # What is computed
//!
//! * Two runs of one plan are cut into the same slices of time since their starts. A change is the
//!   weighted change within slices, and its uncertainty comes from how these changes differ from
//!   slice to slice: what the plan does to both runs cancels, what one run does by itself stays.
//! * A percentile's interval is that of binomial order statistics, an error rate's is Wilson's, both
//!   on the number of independent samples that the paired slices are worth. The interval of their
//!   change is made of those of both sides (Newcombe's hybrid, called MOVER by Zou and Donner, 2008).
//!   The mean's is Student's on the logarithm of the ratio.
//! * With several runs on each side, figures of whole runs are compared by Student's test: it sees
//!   what differs from run to run.
//! * The effect is the probability that a random sample of the candidate is slower than a random
//!   one of the baseline, ties counted half (Mann and Whitney).
//!
//! # Why differences are taken in blocks
//!
//! Samples of one run are not independent: a slow second makes all its samples slow together, so
//! that 1,000 samples tell as little as perhaps 50 independent ones. The variance of paired
//! differences is therefore that of whole blocks of slices (see [`block_variance`]).
//!
//! # Many figures
//!
//! A comparison makes many tests, and of a hundred at 95% five would be wrong by chance. The
//! confidence is therefore that of the whole comparison, however the figures hang together: the tests
//! share the doubt by Holm's step-down method.

mod between;
mod common;
mod effect;
mod evidence;
mod figures;
mod holm;
mod interval;
mod matched;
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
pub use effect::probability_slower;
pub use evidence::Method;
pub use interval::{Interval, difference, normal_quantile, order_statistics, wilson};
pub use model::{
    Change, Comparison, Figure, Found, LabelComparison, Run, Settings, Side, Test, Verdict,
};
pub use noise::{BlockVariance, block_variance, design_effect};
pub use pairing::Phases;
pub use runs::compare;
pub use student::student_quantile;
