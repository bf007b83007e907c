//! Writes JMeter results of any size: `cargo run --release --example generate_jtl -- --help`.
//!
//! The same arguments give the same bytes on every machine: all arithmetic is in integers.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// The columns that JMeter 5 writes by default.
const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

/// 2023-11-14 22:13:20 UTC in epoch ms.
const RUN_STARTS: u64 = 1_700_000_000_000;

/// Quantiles of elapsed time in ms, 1/16 of all samples apart, about log-normal.
const ELAPSED: [u64; 17] = [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 26, 37, 150];
/// The slowest elapsed time in ms.
const SLOWEST: u64 = 3_000;

/// The message of a failed assertion on the response code; its line breaks require quotes.
const FAILURE: &str = "\"Test failed: code expected to equal /\n\n****** received  : \"\"[[[200]]]\"\"\n\n\
                       ****** comparison: \"\"[[[201]]]\"\"\n\n/\"";

/// Writes a JMeter result file in the default columns of JMeter 5, made up but realistic
#[derive(Debug, Parser)]
struct Args {
    /// Rows to write
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,

    /// Labels: Fibonacci, IsPrime, then made-up ones
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    labels: u64,

    /// Failed samples, in percent
    #[arg(long, default_value_t = 1.0, value_parser = percent)]
    errors: f64,

    /// Failures whose message is quoted and has newlines, in percent
    #[arg(long, default_value_t = 50.0, value_parser = percent)]
    quoted: f64,

    /// Length of the run in seconds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..100_000_000))]
    seconds: u64,

    /// JMeter threads
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..1_000_000))]
    threads: u64,

    /// Seed; each gives another file
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("give a number from 0 to 100".to_owned()),
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let written = match &args.output {
        Some(path) => File::create(path).and_then(|file| write(&args, file)),
        None => write(&args, io::stdout().lock()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate_jtl: error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(args: &Args, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(256 << 10, output);
    let mut random = Random(args.seed);
    output.write_all(HEADER.as_bytes())?;
    for row in 0..args.rows {
        write_row(args, row, &mut random, &mut output)?;
    }
    output.flush()
}

/// Writes a row. JMeter writes it when the sample ends: ends ascend, but starts sometimes step back.
fn write_row(
    args: &Args,
    row: u64,
    random: &mut Random,
    output: &mut impl Write,
) -> io::Result<()> {
    let elapsed = elapsed(random);
    let run_ms = u128::from(args.seconds) * 1000;
    let end = RUN_STARTS + SLOWEST + (u128::from(row) * run_ms / u128::from(args.rows)) as u64;
    let latency = elapsed - random.below(elapsed.min(3) + 1);
    // Most samples reuse a connection.
    let connect = match random.below(20) {
        0 => latency.min(1 + random.below(3)),
        _ => 0,
    };
    let thread = 1 + random.below(args.threads);
    // The threads start over the first tenth of the run.
    let active = (args.threads * 10 * (row + 1) / args.rows).clamp(1, args.threads);
    // Every second row takes the next label in turn, so that all occur.
    let label = match row % 2 {
        0 => row / 2 % args.labels,
        _ => random.below(args.labels),
    };
    let fails = random.is_within(args.errors);
    let (code, message, success, failure) = match fails {
        false => ("200", "OK", "true", ""),
        true if random.is_within(args.quoted) => ("200", "OK", "false", FAILURE),
        true => ("500", "Internal Server Error", "false", ""),
    };
    write!(output, "{},{elapsed},", end - elapsed)?;
    let number = 1_000_000 + random.below(1_000_000);
    match label {
        0 => output.write_all(b"Fibonacci")?,
        1 => output.write_all(b"IsPrime")?,
        _ => write!(output, "GET /item/{label}")?,
    }
    write!(
        output,
        ",{code},{message},Users 1-{thread},text,{success},{failure},{},{},{active},{active},",
        180 + random.below(20),
        110 + random.below(20),
    )?;
    match label {
        0 => write!(output, "http://192.168.178.20:8080/fibonacci?n={number}")?,
        1 => write!(output, "http://192.168.178.20:8080/isprime?n={number}")?,
        _ => write!(output, "http://192.168.178.20:8080/item/{label}")?,
    }
    writeln!(output, ",{latency},0,{connect}")
}

fn elapsed(random: &mut Random) -> u64 {
    // One sample in a thousand takes any time at all.
    if random.below(1_000) == 0 {
        return ELAPSED[16] + random.below(SLOWEST - ELAPSED[16]);
    }
    let step = random.below(16) as usize;
    let (low, high) = (ELAPSED[step], ELAPSED[step + 1]);
    // The last step is a long tail, most of it near its start.
    let share = match step {
        15 => random.below(1_000) * random.below(1_000) / 1_000,
        _ => random.below(1_000),
    };
    low + (high - low) * share / 1_000
}

/// SplitMix64, by Sebastiano Vigna: small, fast, and random enough.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Returns a number below `limit`; all are about equally likely.
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    fn is_within(&mut self, percent: f64) -> bool {
        self.below(1_000_000) < (percent * 10_000.0) as u64
    }
}
