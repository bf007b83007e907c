//! Properties of the reader: samples depend only on the bytes of a file, not on block size or threads,
//! and well-formed CSV reads as with the csv crate.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::checked;
use jiff::tz::TimeZone;
use perfkit::analysed::Analysed;
use perfkit::jtl::input::Input;
use perfkit::jtl::{
    self, Growing, InputRead, Outcome, Progress, ReadOptions, RejectionTally, Sample, Sink,
};
use perfkit::report::{Presentation, Report};
use perfkit::stats::Aggregate;
use proptest::prelude::*;

const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";

const BLOCK_SIZES: [usize; 8] = [1, 2, 3, 7, 16, 64, 4096, 256 << 10];

/// A sample that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    position: u64,
    input: u32,
    numbers: Vec<Option<i64>>,
    texts: Vec<Vec<u8>>,
    success: bool,
    counts: (u64, u64),
}

#[derive(Default)]
struct Collect {
    samples: Vec<Owned>,
    aggregate: Aggregate,
}

impl Sink for Collect {
    fn record(&mut self, sample: &Sample<'_>) {
        self.aggregate.record(sample);
        self.samples.push(Owned {
            position: sample.position,
            input: sample.input,
            numbers: vec![
                Some(sample.time_stamp),
                Some(sample.elapsed),
                sample.latency,
                sample.connect,
                sample.idle_time,
                sample.bytes,
                sample.sent_bytes,
                sample.grp_threads,
                sample.all_threads,
            ],
            texts: [
                sample.label,
                sample.response_code,
                sample.response_message,
                sample.failure_message,
                sample.thread_name,
                sample.url,
                sample.hostname,
            ]
            .map(<[u8]>::to_vec)
            .to_vec(),
            success: sample.success,
            counts: (sample.sample_count, sample.error_count),
        });
    }
}

#[derive(Debug, PartialEq)]
struct Found {
    samples: Vec<Owned>,
    rows_read: u64,
    rejections: Vec<RejectionTally>,
    inputs: Vec<InputRead>,
    report: Report,
}

/// Reads `files` as one run, or returns the error message.
fn read(files: &[Vec<u8>], block_size: usize, threads: usize) -> Result<Found, String> {
    let inputs = files
        .iter()
        .enumerate()
        .map(|(number, bytes)| Input {
            name: format!("{number}.jtl"),
            reader: Box::new(Cursor::new(bytes.clone())),
            size: None,
        })
        .collect();
    let options = options(block_size, threads);
    let outcome = jtl::read(inputs, &options, &|_| (), Collect::default);
    let mut outcome = outcome.map_err(|error| error.to_string())?;
    let sinks = std::mem::take(&mut outcome.sinks);
    Ok(found(outcome, sinks))
}

fn options(block_size: usize, threads: usize) -> ReadOptions {
    let mut options = ReadOptions::default()
        .threads(threads)
        .block_size(block_size);
    options.timestamps.zone = TimeZone::UTC;
    options
}

/// A growing file with `there` bytes written so far: it ends once all are.
struct Written {
    bytes: Vec<u8>,
    there: Arc<AtomicUsize>,
    position: usize,
}

impl Read for Written {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.there.load(Ordering::Relaxed);
        if self.position == there && there < self.bytes.len() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = (&self.bytes[self.position..there]).read(buffer)?;
        self.position += read;
        Ok(read)
    }
}

/// Reads a file while it is written in pieces of these lengths, repeated as needed.
fn grown(bytes: &[u8], pieces: &[usize], block_size: usize) -> Result<Found, String> {
    let there = Arc::new(AtomicUsize::new(0));
    let begin = || {
        let written = Written {
            bytes: bytes.to_vec(),
            there: Arc::clone(&there),
            position: 0,
        };
        let input = Input {
            name: "0.jtl".to_owned(),
            reader: Box::new(written),
            size: None,
        };
        Growing::new(input, &options(block_size, 1), Collect::default())
    };
    let mut growing = begin();
    for &piece in pieces.iter().cycle() {
        let is_all = there.load(Ordering::Relaxed) == bytes.len();
        loop {
            match growing.read_on(3).map_err(|error| error.to_string())? {
                Progress::Further => {}
                Progress::ToTheEnd => break,
                Progress::Misjudged => growing = begin(),
            }
        }
        if is_all {
            break;
        }
        there.store(
            bytes.len().min(there.load(Ordering::Relaxed) + piece),
            Ordering::Relaxed,
        );
    }
    let outcome = growing.outcome();
    Ok(found(outcome, vec![growing.into_sink()]))
}

fn found<S>(outcome: Outcome<S>, sinks: Vec<Collect>) -> Found {
    let mut samples = Vec::new();
    let mut aggregate = Aggregate::default();
    for sink in sinks {
        samples.extend(sink.samples);
        aggregate.merge(sink.aggregate);
    }
    samples.sort_by_key(|sample| sample.position);
    let analysed = Analysed {
        aggregate,
        inputs: outcome.inputs,
        rows_read: outcome.rows_read,
        rejections: outcome.rejections,
        repairs: outcome.repairs,
        ..Analysed::default()
    };
    Found {
        samples,
        report: checked(Report::new(&analysed, Presentation::default()).unwrap()),
        rows_read: analysed.rows_read,
        rejections: analysed.rejections,
        inputs: analysed.inputs,
    }
}

/// The raw text of a field, from harmless to hostile.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z0-9 /:-]{0,12}",
        1 => Just("null".to_owned()),
        // Well formed in quotes: newlines, delimiters, doubled quotes, parts of rows and headers.
        3 => proptest::collection::vec(
            prop_oneof![
                Just("\n"), Just("\r\n"), Just(","), Just("\"\""), Just("x"), Just("timeStamp"),
                Just("1700000000001,5,Fib,200,OK,T 1-1,text,true,,1,2,1,1,,4,0,0"),
            ],
            0..4,
        ).prop_map(|parts| format!("\"{}\"", parts.concat())),
        // Damage: quotes that do not open a field, close too early, or never close.
        1 => prop_oneof![
            Just("x, y".to_owned()), Just("a\"b".to_owned()), Just("\"a\"b".to_owned()), Just("\"".to_owned()), Just("\"a".to_owned()),
        ],
    ]
}

fn row() -> impl Strategy<Value = String> {
    let number = prop_oneof![8 => (0..70_000_i64).prop_map(|n| n.to_string()), 1 => Just(String::new()), 1 => Just("x1".to_owned())];
    (
        0..100_000_u64,
        number,
        [field(), field(), field(), field()],
        prop_oneof![8 => Just("true"), 4 => Just("false"), 1 => Just("maybe")],
    )
        .prop_map(|(time, number, [label, message, failure, url], success)| {
            format!(
                "{},{number},{label},200,{message},T 1-1,text,{success},{failure},{number},7,1,3,{url},1,0,0",
                1_700_000_000_000 + time
            )
        })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => row(),
        1 => Just(HEADER.to_owned()),
        // A new column order from here on.
        1 => Just("label,timeStamp,success,elapsed".to_owned()),
        1 => Just("Fib,1700000000007,true,3".to_owned()),
        1 => Just("timeStamp,elapsed".to_owned()),
        1 => Just(String::new()),
        1 => Just("  ".to_owned()),
        1 => row().prop_map(|row| row.chars().take(20).collect()),
        // A row quoted as a whole, with empty cells.
        2 => (row(), "[,;]{0,2}").prop_map(|(row, end)| format!("\"{}\"{end}", row.replace('"', "\"\""))),
        1 => "[a-z\",\n]{0,40}",
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    let lines = proptest::collection::vec((line(), line_end), 0..14);
    (any::<bool>(), lines, any::<bool>()).prop_map(|(has_mark, lines, is_terminated)| {
        let mut text = String::new();
        if has_mark {
            text.push('\u{FEFF}');
        }
        text.push_str(HEADER);
        text.push('\n');
        for (line, end) in lines {
            text.push_str(&line);
            text.push_str(end);
        }
        if !is_terminated {
            text.pop();
        }
        text.into_bytes()
    })
}

#[test]
fn oversized_rows_do_not_depend_on_block_size() {
    let row = |message: &str| {
        format!("1700000000000,5,Fib,200,{message},T 1-1,text,true,,1,2,1,1,,4,0,0\n")
    };
    let longer = "y,".repeat(jtl::MAX_ROW / 2 + 100);
    let fitting = "z".repeat(jtl::MAX_ROW - 100);
    let quoted_lines = format!("\"{}\"", "one\ntwo\n".repeat(jtl::MAX_ROW / 4));
    let open = format!("\"{longer}");
    for message in [&longer, &fitting, &quoted_lines, &open] {
        let text = [
            &format!("{HEADER}\n"),
            &row("OK"),
            &row(message),
            &row("OK"),
            &row("\"a\nb\""),
        ]
        .map(String::as_str)
        .concat();
        let files = [text.into_bytes()];
        let read = |block_size| {
            let mut found = read(&files, block_size, 2).unwrap();
            // Truncating an oversized row moves later positions, but not their order.
            for sample in &mut found.samples {
                sample.position = 0;
            }
            found
        };
        let whole = read(32 << 20);
        assert!(whole.samples.len() >= 3, "{} samples", whole.samples.len());
        for block_size in [256 << 10, 5 << 20] {
            assert_eq!(read(block_size), whole, "blocks of {block_size} bytes");
        }
    }
}

proptest! {
    // Each pair of a block size and a number of threads is met about 20 times.
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn samples_do_not_depend_on_block_size_or_threads(
        files in proptest::collection::vec(file(), 1..3),
        threads in proptest::collection::vec(1..4_usize, BLOCK_SIZES.len()),
    ) {
        let whole = read(&files, 1 << 20, 1);
        if let Ok(found) = &whole {
            let rejected: u64 = found.rejections.iter().map(|tally| tally.count).sum();
            prop_assert_eq!(found.rows_read, found.samples.len() as u64 + rejected);
        }
        for (block_size, threads) in BLOCK_SIZES.into_iter().zip(threads) {
            prop_assert_eq!(
                &read(&files, block_size, threads), &whole,
                "blocks of {} bytes, {} threads", block_size, threads
            );
        }
    }

    #[test]
    fn well_formed_rows_match_the_csv_crate(
        texts in proptest::collection::vec(
            proptest::collection::vec("[a-c\",\n\r;é ]{0,9}|null|\"[a-z]{3}", 5), 0..30),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        is_crlf in any::<bool>(),
        block_size in prop_oneof![Just(1_usize), 2..300_usize],
        threads in 1..4_usize,
    ) {
        let terminator = if is_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(["timeStamp", "elapsed", "label", "responseMessage", "threadName", "success", "failureMessage", "URL", "bytes"]).unwrap();
        for (number, row) in texts.iter().enumerate() {
            let (stamp, elapsed) = ((1_700_000_000_000 + number).to_string(), (number * 977).to_string());
            writer.write_record([&stamp, &elapsed, &row[0], &row[1], &row[2], "true", &row[3], &row[4], "123456789"]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let found = read(std::slice::from_ref(&bytes), block_size, threads);
        let found = found.map_err(TestCaseError::fail)?;
        prop_assert_eq!(&found.rejections, &[]);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(&*bytes);
        let records: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
        prop_assert_eq!(found.samples.len(), records.len());
        for (sample, record) in found.samples.iter().zip(&records) {
            let text = |column: usize| match &record[column] {
                b"null" => b"",
                text => text,
            };
            let number = |column: usize| String::from_utf8_lossy(&record[column]).parse().ok();
            prop_assert_eq!(&sample.texts[0], &record[2]);
            for (place, column) in [(2, 3), (4, 4), (3, 6), (5, 7)] {
                prop_assert_eq!(&sample.texts[place], text(column));
            }
            for (place, column) in [(0, 0), (1, 1), (5, 8)] {
                prop_assert_eq!(sample.numbers[place], number(column));
            }
        }
    }

    #[test]
    fn a_growing_file_reads_like_a_complete_one(
        file in file(),
        pieces in proptest::collection::vec(
            prop_oneof![2 => 1..40_usize, 4 => 40..400_usize, 1 => Just(100_000)],
            1..12,
        ),
        block_size in proptest::sample::select(&BLOCK_SIZES[..]),
    ) {
        let grown = grown(&file, &pieces, block_size);
        let whole = read(std::slice::from_ref(&file), 256 << 10, 1);
        prop_assert_eq!(grown, whole, "{:?}", String::from_utf8_lossy(&file));
    }
}
