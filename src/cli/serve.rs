//! Arguments of `perfkit serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::error::ValueError;
use crate::serve::DEFAULT_MAX_FIBONACCI;

const EXAMPLES: &str = "\
Examples:
  perfkit serve
  perfkit serve --monitor usage.csv
  perfkit serve --port 8080 --access-log > logs.txt";

const ENDPOINTS: &str = "\
Endpoints:
  /fibo/N      the Nth Fibonacci number, cached once computed
  /isprime/N   whether N is prime: trial division up to 10^12, Miller-Rabin above
  /healthz     ok
  /metrics     counters, in Prometheus' text format
  /platform    this machine, in JSON

Ctrl-C, SIGTERM or SIGHUP closes idle connections, finishes the requests in flight, also
those of connections that wait to be accepted, and exits 0. Under nohup, SIGHUP is ignored.";

const DETAILS: &str = "\
Columns of the monitor: time_ms (end of the second, epoch ms), process_cpu_percent and
machine_cpu_percent (100 is all cores busy), resident_bytes, connections (the most open at
once), requests_per_second, p50_ms, p95_ms, p99_ms (from the first byte of a request to the
last byte of its response), connections_opened.

Over a limit: 431 for headers, 413 for a body, 408 for a slow request, 503 for one
connection too many. A malformed request gets 400. Each has a JSON body with the reason.

If the access log cannot be written, the server says so, goes on, tries again, and counts
the lines that were lost.";

/// Arguments of `perfkit serve`.
#[derive(Debug, Args)]
#[command(
    help_template = super::help::EXAMPLES_FIRST,
    before_help = EXAMPLES,
    after_help = ENDPOINTS,
    after_long_help = format!("{ENDPOINTS}\n\n{DETAILS}")
)]
pub struct ServeArgs {
    /// Address to listen on, or a name such as localhost: all addresses that it has
    #[arg(long, default_value = "0.0.0.0", value_name = "HOST")]
    pub host: String,

    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 5000, value_name = "PORT")]
    pub port: u16,

    /// Largest Fibonacci index
    #[arg(long, default_value_t = DEFAULT_MAX_FIBONACCI, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub max_fibonacci: u32,

    /// Write a line per request to standard output (Common Log Format)
    #[arg(long)]
    pub access_log: bool,

    /// Write CPU, memory, connections, requests/s and latency to FILE, one line of CSV per second
    ///
    /// A file that an earlier monitor wrote is continued; any other file is refused.
    #[arg(long, value_name = "FILE")]
    pub monitor: Option<PathBuf>,

    /// Open connections [default: 65536, or what the open-file limit allows]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Limits")]
    pub max_connections: Option<usize>,

    /// Largest request line and headers, in KB
    #[arg(long, default_value_t = 16, value_name = "KB", value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = "Limits")]
    pub max_header: u32,

    /// Largest request body, in KB; bodies are read and ignored
    #[arg(
        long,
        default_value_t = 1024,
        value_name = "KB",
        help_heading = "Limits"
    )]
    pub max_body: u32,

    /// Time for a request to arrive, and for its response to be read
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds, help_heading = "Limits")]
    pub read_timeout: Duration,

    /// Time that a connection may stay open without a request
    #[arg(long, default_value = "120", value_name = "SECONDS", value_parser = seconds, help_heading = "Limits")]
    pub idle_timeout: Duration,

    /// Time for requests in flight when the server stops
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds, help_heading = "Limits")]
    pub shutdown_grace: Duration,
}

fn at_least_one(text: &str) -> Result<usize, ValueError> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(ValueError::AtLeastOne),
    }
}

fn seconds(text: &str) -> Result<Duration, ValueError> {
    const DAY: f64 = 86_400.0;
    match text.parse() {
        Ok(seconds) if (0.001..=DAY).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(ValueError::Seconds),
    }
}
