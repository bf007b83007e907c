//! Arguments of `perfkit plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::plan::Host;

const EXAMPLES: &str = "\
Examples:
  perfkit plan --host 192.168.1.3 > plan.jmx
  perfkit plan --host 192.168.1.3 --users 100 --ramp-up 10 --output small.jmx
  jmeter -n -t plan.jmx -l results.jtl -Jusers=500";

const PLAN: &str = "\
In each loop, a user requests the Nth Fibonacci number (N from 10 to 1,000) and whether N is prime (N \
from 1,000 to 10,000,000), with random N, and checks the values in the responses. Any server can be \
tested that answers as `perfkit serve` does; how it writes its JSON does not matter.

All settings are defaults of JMeter properties, which -J changes for one run: host, port, protocol, \
users, ramp_up, loops. The command that runs the plan is printed to standard error.";

/// Arguments of `perfkit plan`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_help = PLAN
)]
pub struct PlanArgs {
    /// Name or address of the server to test
    #[arg(long, value_name = "HOST")]
    pub host: Host,

    /// Port of the server
    #[arg(long, default_value_t = 5000, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Protocol of the server
    #[arg(long, value_enum, default_value_t)]
    pub protocol: Protocol,

    /// Users: JMeter threads, each with its own connection
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "Load")]
    pub users: u32,

    /// Seconds in which all users start
    #[arg(
        long,
        default_value_t = 500,
        value_name = "SECONDS",
        help_heading = "Load"
    )]
    pub ramp_up: u32,

    /// Loops per user, of two requests each
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000), help_heading = "Load")]
    pub loops: u32,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Protocol of the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Without TLS
    #[default]
    Http,
    /// With TLS
    Https,
}
