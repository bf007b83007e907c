//! Runs compared: what changed from a baseline to each candidate, and whether it is real.
//!
//! # What is computed
//!
//! * A percentile's interval is that of binomial order statistics on the exact counts: it assumes
//!   nothing about the distribution. With too few samples it is unbounded, and no verdict is given.
//! * An error rate's interval is Wilson's. A mean's is normal.
//! * The interval of a change is made of those of both sides (Newcombe's hybrid, called MOVER by
//!   Zou and Donner, 2008).
//! * The effect is the probability that a random sample of the candidate is slower than a random
//!   one of the baseline, ties counted half (Mann and Whitney).
//!
//! # Why intervals are widened
//!
//! Samples of one run are not independent: a slow second makes all its samples slow together, so
//! that 1,000 samples tell as little as perhaps 50 independent ones. A circular block bootstrap
//! over the buckets of time tells how much a figure really varies; the ratio to what independent
//! samples would give is the design effect, by which the number of samples is divided.
//!
//! # Many figures
//!
//! A comparison makes many tests, and of a hundred at 95% five would be wrong by chance. The
//! confidence is therefore that of the whole comparison: each interval has a share of the doubt
//! (Bonferroni), however the figures hang together.

mod bootstrap;
mod effect;
mod interval;
mod model;
mod runs;
mod verdict;

pub use bootstrap::design_effect;
pub use effect::probability_slower;
pub use interval::{Interval, difference, normal_quantile, order_statistics, wilson};
pub use model::{Change, Comparison, Figure, LabelComparison, Run, Settings, Verdict};
pub use runs::compare;
