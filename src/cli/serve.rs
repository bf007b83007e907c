//! Arguments of `perfkit serve`.

use std::net::IpAddr;

use clap::Args;

use crate::serve::DEFAULT_MAX_FIBONACCI;

/// Arguments of `perfkit serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Endpoints:
  /fibo/N      the Nth Fibonacci number, from a memo of values already computed
  /isprime/N   whether N is prime: trial division up to 10^12, Miller-Rabin above
  /healthz     ok

Ctrl-C or SIGTERM finishes the requests in flight and exits 0.

Examples:
  perfkit serve
  perfkit serve --port 8080 --access-log > logs.txt")]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDRESS")]
    pub host: IpAddr,

    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 5000, value_name = "PORT")]
    pub port: u16,

    /// Largest Fibonacci index that is computed
    #[arg(long, default_value_t = DEFAULT_MAX_FIBONACCI, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub max_fibonacci: u32,

    /// Write a line per request to standard output (Common Log Format)
    #[arg(long)]
    pub access_log: bool,
}
