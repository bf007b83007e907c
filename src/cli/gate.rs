//! Arguments that say when a run fails.

use std::path::PathBuf;

use clap::Args;

use crate::gate::MaxRejected;

const FAIL_IF_HELP: &str = "\
Fail with exit code 1 if this holds, such as 'p95 > 500ms'; repeatable

  [label or /regex/:] metric op value [for|over|within time]

A label is matched literally; a /regex/ applies to each label that it matches; without either, the \
criterion applies to all samples (TOTAL).

Metrics: count, errors, error%, rcCODE, rcCODE%, avg, min, max, stddev, pNN (such as p99.9), \
throughput, goodput (successes per second), received, sent, latency.avg, latency.pNN, connect.avg, \
connect.pNN, apdex; of a column that --metric names, such as ttft: ttft.avg, ttft.pNN, ttft.min, ttft.max; \
of all rows: rejected, rejected%, repaired, repaired%.
CODE is a response code such as 404, a class such as 5xx, a pattern with * and ? such as *Timeout*, or \
any code in double quotes.
Comparisons: > >= < <= == !=.
Values have the metric's unit (ms or s, %, /s, KB/s, none for numbers and apdex; for a column none or, if its unit is ms, ms or s), or come from the \
baseline: baseline, baseline * 1.1, baseline + 0.5%, baseline - 10ms.

With `for 30s` the condition must hold in every bucket for 30 s at a stretch. With `over 30s` it must hold \
for all samples of any 30 s together. `within 30s` is the same, but does not wait for the first 30 s to \
be over. Buckets are those of the charts: at most 400, so wider in a longer run; a window starts at each. \
Buckets without samples are skipped; rates also skip buckets that the run only partly fills. Metrics: \
error%, avg, pNN, throughput, goodput, latency.avg, connect.avg; for TOTAL also received, sent and \
rcCODE%; with `over` and `within` also count, errors, and for TOTAL rcCODE.

Percentiles with `for` must be in --percentiles. Over time, all are those of successful samples. For TOTAL \
with `for`, they go by the end of a sample, exact below 2,048 ms and within 0.1% above. Otherwise they go \
by the start of a sample, exact below 64 ms and within 1.6% above.

A criterion that cannot be judged is an error (exit code 2), not a pass: a label or column that the run \
does not have, a time longer than the run, a limit that the metric cannot reach. So is a pass that \
rejected rows put in doubt: one that would fail if all of them had failed, or had been as slow as the \
slowest sample.";

/// Arguments that say when a run fails.
#[derive(Debug, Default, Args)]
pub struct GateArgs {
    /// Fail with exit code 1 if this holds, such as 'p95 > 500ms'; repeatable
    #[arg(long, value_name = "CRITERION", help_heading = "Criteria", long_help = FAIL_IF_HELP)]
    pub fail_if: Vec<String>,

    /// TOML file with criteria: fail-if = ["p95 > 500ms", "Login: error% > 1%"]
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Criteria"
    )]
    pub criteria: Option<PathBuf>,

    /// Let nothing pass with more than N rejected rows, or N% of the rows read
    ///
    /// The exit code is then 2, or 1 if a criterion fails. A last row that is cut short does not count.
    /// Without this option, a criterion passes with any number of rejected rows that could not change it.
    #[arg(
        long,
        value_name = "N[%]",
        hide_short_help = true,
        help_heading = "Criteria"
    )]
    pub max_rejected: Option<MaxRejected>,

    /// Write the criteria's results as JUnit XML, for CI servers
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Criteria"
    )]
    pub junit: Option<PathBuf>,
}
