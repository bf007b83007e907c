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
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";

/// 2023-11-14 22:13:20 UTC in epoch ms.
const RUN_STARTS: u64 = 1_700_000_000_000;

/// Quantiles of elapsed time in ms, 1/16 of all samples apart, about log-normal.
const ELAPSED: [u64; 17] = [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 26, 37, 150];
/// The slowest elapsed time in ms.
const SLOWEST: u64 = 3_000;

/// The message of a failed assertion on the response code; its line breaks require quotes in CSV.
const FAILURE: &str = "Test failed: code expected to equal /\n\n****** received  : \"[[[200]]]\"\n\n\
                       ****** comparison: \"[[[201]]]\"\n\n/";

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

    /// Length of a URL's query, in characters
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u64).range(9..10_000))]
    query: u64,

    /// Columns of `sample_variables`, each with a made-up value
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..100))]
    variables: u64,

    /// Write XML, without the variables
    #[arg(long)]
    xml: bool,

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
    if args.xml {
        let start = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n";
        output.write_all(start)?;
    } else {
        output.write_all(HEADER.as_bytes())?;
        (0..args.variables).try_for_each(|number| write!(output, ",\"variable{number}\""))?;
        writeln!(output)?;
    }
    for number in 0..args.rows {
        let row = Row::new(args, number, &mut random);
        match args.xml {
            true => row.write_xml(&mut output)?,
            false => row.write_csv(args.variables, &mut output)?,
        }
    }
    if args.xml {
        output.write_all(b"</testResults>\n")?;
    }
    output.flush()
}

/// A sample. JMeter writes it when it ends: ends ascend, but starts sometimes step back.
struct Row {
    start: u64,
    elapsed: u64,
    latency: u64,
    connect: u64,
    label: String,
    url: String,
    code: &'static str,
    message: &'static str,
    failure: &'static str,
    is_success: bool,
    thread: u64,
    active: u64,
    bytes: u64,
    sent_bytes: u64,
}

impl Row {
    fn new(args: &Args, row: u64, random: &mut Random) -> Self {
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
        let (code, message, failure) = match fails {
            false => ("200", "OK", ""),
            true if random.is_within(args.quoted) => ("200", "OK", FAILURE),
            true => ("500", "Internal Server Error", ""),
        };
        let number = 1_000_000 + random.below(1_000_000);
        let (label, page) = match label {
            0 => ("Fibonacci".to_owned(), "fibonacci".to_owned()),
            1 => ("IsPrime".to_owned(), "isprime".to_owned()),
            _ => (format!("GET /item/{label}"), format!("item/{label}")),
        };
        let more = "&filter=abcdefghij".chars().cycle();
        let more: String = more.take(args.query as usize - 9).collect();
        let query = match page.starts_with("item") && more.is_empty() {
            true => String::new(),
            false => format!("?n={number}{more}"),
        };
        Row {
            start: end - elapsed,
            elapsed,
            latency,
            connect,
            label,
            url: format!("http://192.168.178.20:8080/{page}{query}"),
            code,
            message,
            failure,
            is_success: !fails,
            thread,
            active,
            bytes: 180 + random.below(20),
            sent_bytes: 110 + random.below(20),
        }
    }

    fn write_csv(&self, variables: u64, output: &mut impl Write) -> io::Result<()> {
        let Row {
            start,
            elapsed,
            label,
            code,
            message,
            thread,
            is_success,
            ..
        } = self;
        write!(
            output,
            "{start},{elapsed},{label},{code},{message},Users 1-{thread},text,{is_success},"
        )?;
        if !self.failure.is_empty() {
            write!(output, "\"{}\"", self.failure.replace('"', "\"\""))?;
        }
        let Row { bytes, active, .. } = self;
        write!(
            output,
            ",{bytes},{},{active},{active},{},{},0,{}",
            self.sent_bytes, self.url, self.latency, self.connect
        )?;
        (0..variables).try_for_each(|number| write!(output, ",user-{}", thread + number))?;
        writeln!(output)
    }

    fn write_xml(&self, output: &mut impl Write) -> io::Result<()> {
        writeln!(
            output,
            "<httpSample t=\"{}\" it=\"0\" lt=\"{}\" ct=\"{}\" ts=\"{}\" s=\"{}\" lb=\"{}\" rc=\"{}\" \
             rm=\"{}\" tn=\"Users 1-{}\" dt=\"text\" by=\"{}\" sby=\"{}\" ng=\"{}\" na=\"{}\">",
            self.elapsed,
            self.latency,
            self.connect,
            self.start,
            self.is_success,
            self.label,
            self.code,
            self.message,
            self.thread,
            self.bytes,
            self.sent_bytes,
            self.active,
            self.active,
        )?;
        if !self.failure.is_empty() {
            let failure = self.failure.replace('"', "&quot;");
            writeln!(
                output,
                "  <assertionResult>\n    <name>Code</name>\n    <failure>true</failure>\n    \
                 <error>false</error>\n    <failureMessage>{failure}</failureMessage>\n  </assertionResult>"
            )?;
        }
        let url = self.url.replace('&', "&amp;");
        writeln!(
            output,
            "  <java.net.URL>{url}</java.net.URL>\n</httpSample>"
        )
    }
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
