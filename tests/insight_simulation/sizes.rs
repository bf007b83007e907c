//! Sizes from which a planted fault must be found. docs/insights.md lists the same.

/// Samples of a part that always fails or was never reached, and the share of them that fail.
pub const ALWAYS: (usize, f64) = (30, 0.9);

/// Samples before and after a change of the error rate.
pub const AROUND: usize = 50;

/// Samples before failures that last until the end, as a share of all.
pub const BEFORE_SINCE: f64 = 0.05;

/// Errors of a change of the error rate.
pub const ERRORS: usize = 20;

/// Error rate since a moment.
pub const SINCE_RATIO: f64 = 0.2;

/// Error rate of all samples in a burst.
pub const BURST_RATIO: f64 = 0.05;

/// Error rate as a multiple of that before.
pub const TIMES_BEFORE: f64 = 5.0;

/// Errors since a moment as a share of all samples of the run.
pub const SINCE_SHARE: f64 = 0.02;

/// Samples that end at one value, as a number, as a share of all, the value as a multiple of the
/// median, and the largest number of longer samples as a share of those.
pub const TIMEOUTS: (usize, f64, f64, f64) = (20, 0.01, 3.0, 0.2);

/// Fast errors: their number, the successes' median in ms and as a multiple of that of errors, and the
/// median or p95 of successes as a multiple of that of all samples.
pub const FAST_ERRORS: (usize, f64, f64, f64) = (50, 15.0, 3.0, 1.3);

/// Errors of a run that often fails, and the share of its samples.
pub const OFTEN: (usize, f64) = (20, 0.06);

/// The same of a label, and the largest share of the others' samples.
pub const OFTEN_LABEL: (usize, f64, f64) = (30, 0.1, 0.02);

/// Samples of a run that is saturated or collapses.
pub const LOAD_SAMPLES: usize = 3_000;

/// Stall while users start, as a share of that time, from which nothing more on load must be found.
pub const STALLED: f64 = 0.1;

/// How many times as long saturated requests take as those under little load.
pub const SATURATED: f64 = 2.0;

/// Samples of a run that collapses, and the share of the peak throughput that is left.
pub const COLLAPSED: [(usize, f64); 2] = [(3_000, 0.65), (6_000, 0.75)];

/// Samples of a run whose times rise with the load, the factor, and the median in ms.
pub const RISE: (usize, f64, f64) = (2_000, 2.0, 10.0);

/// How many times as long as the p95 users start in such a run: in a shorter time, only quick samples end at
/// first.
pub const RISE_P95S: f64 = 24.0;

/// Samples of a run that drifts, and by which factor and how many ms from the first quarter of constant
/// load to the last.
pub const DRIFT: (usize, f64, f64) = (1_000, 1.7, 10.0);

/// Threads that are started, and how many times as many as are ever active.
pub const LOW_LOAD: (usize, usize) = (50, 10);

/// Samples of a run whose users cannot keep their pace, samples that they do not send for that reason, and
/// the largest share of its requests that fail.
pub const LATE: (usize, f64, f64) = (20_000, 100.0, 0.1);

/// Length of a stall in medians and in ms, samples that it holds up, and its length as a multiple of the
/// longest time in which none ends although one is under way anyway: all users may go in step.
pub const STALL: (f64, f64, usize, f64) = (20.0, 1_000.0, 15, 1.5);

/// Largest share of failures among the samples that a stall holds up, and of all others that take half as
/// long as the shortest stall.
pub const STALL_FAILED: f64 = 0.4;
pub const STALL_USUAL: f64 = 0.02;

/// Periodic stalls, and samples that each holds up.
pub const PERIODIC: (usize, usize) = (6, 8);

/// Length of a gap, ms, the samples that are missing in it at the lower of the rates before and after it,
/// and those before and after it.
pub const GAP: (f64, f64, usize) = (30_000.0, 50.0, 30);

/// Samples of each engine, and by which share of the run a clock is off.
pub const CLOCKS: (usize, f64) = (200, 0.05);

/// Samples of a run in which a few have a stray time.
pub const STRAY: usize = 300;

/// Samples of a slow label, and how many times as long and by how many ms longer they take.
pub const SLOW_LABEL: (usize, f64, f64) = (100, 5.0, 50.0);

/// The same for a host or an engine; it has a tenth of all samples.
pub const SLOW_ORIGIN: (usize, f64, f64) = (60, 4.5, 20.0);

/// Samples, and time to connect, ms.
pub const CONNECTIONS: (usize, f64) = (100, 3.0);

/// Samples, connect time as a share of latency, and per sample, ms.
pub const CONNECT_TIME: (usize, f64, f64) = (200, 0.6, 8.0);

/// Samples of a label with two groups of times, and ms between the groups.
pub const BIMODAL: (usize, f64) = (1_000, 40.0);

/// Largest mean share of threads that are up at other times than all of them.
pub const STEADY_BESIDE: f64 = 0.75;

/// Threads, samples with all of them up, samples otherwise, and the ratio of throughputs.
pub const STEADY: (usize, usize, usize, f64) = (10, 1_000, 600, 1.3);
