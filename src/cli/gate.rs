//! Arguments that say when a run fails.

use std::path::PathBuf;

use clap::Args;

const FAIL_IF_HELP: &str = "\
Fail with exit code 1 if this holds, such as 'p95 > 500ms'; may be given again

  [label or /regex/:] metric op value [for time]

A label is meant as it is, a /regex/ is held against each label that it finds, and without either it \
is all together (TOTAL). Metrics: count, errors, error%, avg, min, max, stddev, pNN (such as p99.9), \
throughput, received, sent, latency.avg, latency.pNN, connect.avg, connect.pNN, apdex. Comparisons: \
> >= < <= == !=. Values have the metric's unit: ms or s, %, /s, KB/s, none for count, errors and \
apdex; or they come from the baseline: baseline, baseline * 1.1, baseline + 0.5%, baseline - 10ms.

With `for 30s` it must hold in each bucket of time of a stretch that long. The buckets are those of \
the charts, at most 400, wider in a longer run. A bucket without samples has no times and no error%, \
and is passed over; so is, for rates, one that the run only partly fills. Over time there are error%, avg, throughput, \
latency.avg and connect.avg, and of TOTAL also received, sent and the percentiles of --percentiles, \
of successful samples.

What the run does not have, such as a label, is an error and not a pass.";

/// Arguments that say when a run fails.
#[derive(Debug, Default, Args)]
pub struct GateArgs {
    /// Fail with exit code 1 if this holds, such as 'p95 > 500ms'; may be given again
    #[arg(long, value_name = "CRITERION", help_heading = "Criteria", long_help = FAIL_IF_HELP)]
    pub fail_if: Vec<String>,

    /// TOML file with more of them: fail-if = ["p95 > 500ms", "Login: error% > 1%"]
    #[arg(long, value_name = "FILE", help_heading = "Criteria")]
    pub criteria: Option<PathBuf>,

    /// Write the criteria as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE", help_heading = "Criteria")]
    pub junit: Option<PathBuf>,
}
