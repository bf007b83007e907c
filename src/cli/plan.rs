//! Arguments of `perfkit plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::plan::Host;

/// Arguments of `perfkit plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each user asks, loop by loop, for the Nth Fibonacci number (N from 10 to 1000)
and whether N is prime (N from 1000 to 10,000,000), N by chance, and checks the
answers.

All settings are defaults of JMeter properties that -J changes for one run:
host, port, protocol, users, ramp_up, loops. The command to run the plan is said
on standard error.

Examples:
  perfkit plan --host 192.168.1.3 > plan.jmx
  perfkit plan --host 192.168.1.3 --users 100 --ramp-up 10 --output small.jmx
  jmeter -n -t plan.jmx -l results.jtl -Jusers=500")]
pub struct PlanArgs {
    /// Name or address of the server to test
    #[arg(long, value_name = "HOST")]
    pub host: Host,

    /// Its port
    #[arg(long, default_value_t = 5000, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// How it is spoken to
    #[arg(long, value_enum, default_value_t)]
    pub protocol: Protocol,

    /// Users: threads of JMeter, each with a connection of its own
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "Load")]
    pub users: u32,

    /// Seconds until all users are there
    #[arg(
        long,
        default_value_t = 500,
        value_name = "SECONDS",
        help_heading = "Load"
    )]
    pub ramp_up: u32,

    /// Loops of each user: two requests a loop
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000), help_heading = "Load")]
    pub loops: u32,

    /// File for the plan [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How the server is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Without encryption
    #[default]
    Http,
    /// With TLS
    Https,
}
