//! Arguments that say when a run fails.

use std::path::PathBuf;

use clap::Args;

const FAIL_IF_HELP: &str = "\
Fail with exit code 1 if this holds, such as 'p95 > 500ms'; repeatable

  [label or /regex/:] metric op value [for time]

A label is matched literally; a /regex/ applies to each label that it matches; without either, the \
criterion applies to all samples (TOTAL).

Metrics: count, errors, error%, avg, min, max, stddev, pNN (such as p99.9), throughput, received, \
sent, latency.avg, latency.pNN, connect.avg, connect.pNN, apdex.
Comparisons: > >= < <= == !=.
Values have the metric's unit (ms or s, %, /s, KB/s, none for count, errors and apdex), or come from \
the baseline: baseline, baseline * 1.1, baseline + 0.5%, baseline - 10ms.

With `for 30s` the condition must hold in every bucket for 30 s at a stretch. Buckets are those of \
the charts: at most 400, so wider in a longer run. Buckets without samples are skipped; rates also \
skip buckets that the run only partly fills. Metrics with `for`: error%, avg, pNN, throughput, \
latency.avg, connect.avg; for TOTAL also received and sent.

Percentiles with `for` must be in --percentiles, and are those of successful samples. For TOTAL they go \
by the end of a sample, exact below 2,048 ms and within 0.1% above. For a label they go by the start of \
a sample, exact below 64 ms and within 1.6% above.

A label or column that the run does not have is an error, not a pass.";

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

    /// Write the criteria's results as JUnit XML, for CI servers
    #[arg(
        long,
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Criteria"
    )]
    pub junit: Option<PathBuf>,
}
