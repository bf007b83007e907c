//! Arguments that say when a run fails.

use std::path::PathBuf;

use clap::Args;

const FAIL_IF_HELP: &str = "\
Fail with exit code 1 if this holds, such as 'p95 > 500ms'; repeatable

  [label or /regex/:] metric op value [for time]

A label is taken literally; a /regex/ applies to each label that it matches; without either, the \
criterion is about all samples (TOTAL).

Metrics: count, errors, error%, avg, min, max, stddev, pNN (such as p99.9), throughput, received, \
sent, latency.avg, latency.pNN, connect.avg, connect.pNN, apdex.
Comparisons: > >= < <= == !=.
Values have the metric's unit (ms or s, %, /s, KB/s, none for count, errors and apdex), or come from \
the baseline: baseline, baseline * 1.1, baseline + 0.5%, baseline - 10ms.

With `for 30s` the condition must hold in every bucket for 30 s at a stretch. Buckets are those of \
the charts: at most 400, so wider in a longer run. Buckets without samples are skipped; rates also \
skip buckets that the run only partly fills. Metrics with `for`: error%, avg, pNN, throughput, \
latency.avg, connect.avg; of TOTAL also received and sent. Percentiles are then those of successful \
samples: of a label within 1.6%, of TOTAL within 0.1% and only those in --percentiles.

What the run does not have, such as a label, is an error, not a pass.";

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
