//! Benchmarks of each stage of an analysis on 10,000 rows in memory: `cargo bench`. Each checks its
//! result.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fmt::Write;
use std::io::Cursor;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use perfkit::jtl::csv::Index;
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions, Sample, Sink};
use perfkit::percentile::{Percentile, value_at};
use perfkit::stats::{Aggregate, Distribution, Recorder};

const ROWS: usize = 10_000;
const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

fn main() {
    divan::main();
}

fn elapsed(row: usize) -> usize {
    row * row % 97
}

/// Results of two labels; every hundredth sample fails, with a message of two lines.
fn results() -> String {
    let mut text = HEADER.to_owned();
    for row in 0..ROWS {
        let (success, message) = match row % 100 {
            0 => ("false", "\"expected 200\nbut got 500\""),
            _ => ("true", ""),
        };
        let elapsed = elapsed(row);
        let _ = writeln!(
            text,
            "{},{elapsed},{},200,OK,Users 1-{},text,{success},{message},183,118,100,100,\
             http://192.168.178.20:8080/fibonacci?n=20,{elapsed},0,0",
            1_700_000_000_000 + row,
            ["Fibonacci", "IsPrime"][row % 2],
            row % 100,
        );
    }
    text
}

fn read<S: Sink + Send>(text: &str, make_sink: impl Fn() -> S + Sync) -> S {
    let input = Input {
        name: "results.jtl".to_owned(),
        reader: Box::new(Cursor::new(text.as_bytes().to_vec())),
        size: None,
    };
    let options = ReadOptions::default().threads(1);
    let outcome = jtl::read(vec![input], &options, &|_| (), make_sink).unwrap();
    assert_eq!(outcome.rows_read, ROWS as u64);
    outcome.sinks.into_iter().next().unwrap()
}

/// Sums elapsed times.
#[derive(Default)]
struct Sum(i64);

impl Sink for Sum {
    fn record(&mut self, sample: &Sample<'_>) {
        self.0 += sample.elapsed;
    }
}

/// Indexing: delimiters, line ends and quotes.
#[divan::bench]
fn splitting(bencher: Bencher) {
    let text = results();
    let mut padded = text.clone().into_bytes();
    padded.resize(text.len() + 64, 0);
    let mut index = Index::default();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        index.build(black_box(&padded), text.len(), b',');
        assert_eq!(index.quotes().len(), 2 * ROWS / 100);
        assert_eq!(index.line_ends().len(), 1 + ROWS + ROWS / 100);
    });
}

/// Reading up to samples.
#[divan::bench]
fn parsing(bencher: Bencher) {
    let text = results();
    let sum: usize = (0..ROWS).map(elapsed).sum();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| assert_eq!(read(black_box(&text), Sum::default).0, sum as i64));
}

/// Reading up to the aggregate.
#[divan::bench]
fn parsing_and_recording(bencher: Bencher) {
    let text = results();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let aggregate = read(black_box(&text), Recorder::default).into_aggregate();
        assert_eq!(aggregate.labels().len(), 2);
    });
}

/// Recording samples in the aggregate.
#[divan::bench]
fn recording(bencher: Bencher) {
    let samples: Vec<Sample<'_>> = (0..ROWS).map(sample).collect();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        assert_eq!(
            record(black_box(&samples)).labels()[0].samplers.rows,
            ROWS as u64
        )
    });
}

fn record(samples: &[Sample<'_>]) -> Aggregate {
    let mut recorder = Recorder::default();
    for sample in samples {
        recorder.record(sample);
    }
    recorder.into_aggregate()
}

fn sample(row: usize) -> Sample<'static> {
    let elapsed = elapsed(row) as i64;
    let mut sample = Sample::default();
    sample.position = row as u64;
    sample.time_stamp = 1_700_000_000_000 + row as i64;
    sample.elapsed = elapsed;
    sample.latency = Some(elapsed);
    sample.connect = Some(0);
    sample.idle_time = Some(0);
    sample.label = b"Fibonacci";
    sample.response_code = b"200";
    sample.response_message = b"OK";
    sample.thread_name = b"Users 1-1";
    sample.bytes = Some(183);
    sample.sent_bytes = Some(118);
    sample.grp_threads = Some(1);
    sample.all_threads = Some(1);
    sample
}

/// Merging the aggregates of two workers.
#[divan::bench]
fn merging(bencher: Bencher) {
    let samples: Vec<Sample<'_>> = (0..ROWS).map(sample).collect();
    let (first, second) = samples.split_at(ROWS / 2);
    let (first, second) = (record(first), record(second));
    bencher
        .with_inputs(|| (first.clone(), second.clone()))
        .bench_local_values(|(mut all, part)| {
            all.merge(part);
            assert_eq!(all.labels()[0].samplers.rows, ROWS as u64);
            all
        });
}

/// The percentiles of the aggregate table.
#[divan::bench]
fn percentiles(bencher: Bencher) {
    let mut distribution = Distribution::default();
    for value in 0..ROWS {
        distribution.record(value as i64, 1);
    }
    bencher.bench_local(|| {
        let counts = black_box(&distribution).counts();
        let values =
            Percentile::DEFAULTS.map(|percentile| value_at(&counts, ROWS as u64, percentile));
        assert_eq!(values, [Some(4_999), Some(8_999), Some(9_499), Some(9_899)]);
    });
}
