//! Generated runs: random, but reproducible from a seed.

use std::fmt::Write;
use std::io::Cursor;

use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions};
use perfkit::percentile::Percentile;
use perfkit::report::{Options, Presentation, Report};
use perfkit::stats::Recorder;

use super::HEADER;

/// 2023-11-14 22:13:20 UTC, epoch ms.
pub const START: f64 = 1_700_000_000_000.0;

/// Random numbers (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Log-normal with this median.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }
}

/// A sample, in ms from the start of the run.
#[derive(Clone)]
pub struct Row {
    pub start: f64,
    pub elapsed: f64,
    pub label: String,
    pub error: Option<&'static str>,
    pub engine: Option<usize>,
    pub host: &'static str,
    pub threads: f64,
    pub connect: f64,
    /// Ms to the first byte; `None` if it is the end, as for a short response.
    pub latency: Option<f64>,
    /// The message of a failed assertion.
    pub failure: Option<String>,
    /// The thread group.
    pub group: &'static str,
    /// The number of the thread; `None` if one of 20 in turn.
    pub thread: Option<usize>,
}

impl Default for Row {
    fn default() -> Self {
        Row {
            start: 0.0,
            elapsed: 40.0,
            label: "Home".to_owned(),
            error: None,
            engine: None,
            host: "shop.example",
            threads: 20.0,
            connect: 0.0,
            latency: None,
            failure: None,
            group: "Users",
            thread: None,
        }
    }
}

/// Samples that start at random moments within `seconds`, at a rate that may change over time.
pub fn arrivals(
    random: &mut Random,
    seconds: f64,
    per_second: impl Fn(f64) -> f64,
    row: impl Fn(&mut Random, f64) -> Row,
) -> Vec<Row> {
    let (mut rows, mut time) = (Vec::new(), 0.0);
    loop {
        time += random.exponential(1.0 / per_second(time));
        if time >= seconds {
            return rows;
        }
        let made = row(random, time);
        rows.push(Row {
            start: time * 1_000.0,
            ..made
        });
    }
}

/// A JTL file of these samples, each written when it ends.
pub fn jtl(mut rows: Vec<Row>) -> String {
    rows.sort_by(|a, b| (a.start + a.elapsed).total_cmp(&(b.start + b.elapsed)));
    let mut text = HEADER.to_owned();
    for (number, row) in rows.iter().enumerate() {
        let start = (START + row.start).round();
        let (elapsed, connect) = (row.elapsed.round(), row.connect.round());
        let engine = match row.engine {
            Some(engine) => format!("10.0.0.{engine}:1099-"),
            None => String::new(),
        };
        let thread = format!(
            "{engine}{} 1-{}",
            row.group,
            row.thread.unwrap_or(number % 20 + 1)
        );
        let is_ok = row.error.is_none() && row.failure.is_none();
        let outcome = format!("{},{thread},text,{is_ok}", row.error.unwrap_or("200,OK"));
        let failure = match &row.failure {
            Some(failure) => format!("\"{failure}\""),
            None => String::new(),
        };
        let threads = row.threads.round().max(1.0);
        let latency = row.latency.map_or(elapsed, f64::round);
        writeln!(
            text,
            "{start},{elapsed},{},{outcome},{failure},1024,512,{threads},{threads},http://{}/x,{latency},0,{connect}",
            row.label, row.host,
        )
        .unwrap();
    }
    text
}

/// The report of these files, read as one run.
pub fn report(files: &[&str], percentiles: &[f64]) -> Report {
    let inputs = files.iter().enumerate().map(|(number, text)| Input {
        name: format!("{number}.jtl"),
        reader: Box::new(Cursor::new(text.to_string().into_bytes())),
        size: None,
    });
    let options = ReadOptions::default().threads(1);
    let outcome = jtl::read(inputs.collect(), &options, &|_| (), Recorder::default).unwrap();
    let presentation = Presentation {
        options: Options {
            percentiles: percentiles
                .iter()
                .map(|percent| Percentile::new(*percent).unwrap())
                .collect(),
            ..Options::default()
        },
        ..Presentation::default()
    };
    let report = super::checked(Report::new(&outcome.into(), presentation).unwrap());
    super::sentences::plain_sentences(report)
}
