//! Damage never affects neighbours: recorded results are torn at every byte or at random ones, read
//! through the library, and compared with the rows that the csv crate reads from the undamaged file.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::Range;

use crate::common::fixtures;
use jiff::tz::TimeZone;
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, Encoding, Fault, ReadOptions, Sample, Sink};
use perfkit::stats::Aggregate;

/// Reading resumes within this many bytes after a quote opened by damage.
const RESUMES_WITHIN: usize = 64 << 10;

const FLIPS: [u8; 5] = [b'"', b',', b'\n', 0, 0xFF];

/// The compared fields of a row, as written in the file.
type Row = Vec<Vec<u8>>;

const TEXTS: [&str; 6] = [
    "label",
    "responseCode",
    "responseMessage",
    "failureMessage",
    "threadName",
    "URL",
];
const NUMBERS: [&str; 4] = ["elapsed", "Latency", "bytes", "sentBytes"];

/// A file's rows and their positions.
struct Recorded {
    bytes: Vec<u8>,
    header: Range<usize>,
    rows: Vec<(Range<usize>, Row)>,
}

impl Recorded {
    /// Reads the records with the csv crate.
    fn new(bytes: Vec<u8>) -> Self {
        let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap();
        let delimiter = *first_line
            .iter()
            .find(|byte| b",;\t".contains(byte))
            .unwrap();
        let has_header = bytes.starts_with(b"timeStamp");
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .from_reader(&*bytes);
        let mut record = csv::ByteRecord::new();
        let mut names: Vec<String> = crate::common::HEADER
            .trim_end()
            .split(',')
            .map(str::to_owned)
            .collect();
        let (mut header, mut rows) = (0..0, Vec::new());
        let mut start = 0;
        while reader.read_byte_record(&mut record).unwrap() {
            let range = start..reader.position().byte() as usize;
            start = range.end;
            if has_header && rows.is_empty() && header.is_empty() {
                names = record
                    .iter()
                    .map(|name| String::from_utf8_lossy(name).into_owned())
                    .collect();
                header = range;
                continue;
            }
            let get = |name: &&str| {
                let at = names.iter().position(|known| known == name);
                at.map_or(Vec::new(), |at| record[at].to_vec())
            };
            let mut row: Row = TEXTS.iter().chain(&NUMBERS).map(get).collect();
            row.push(get(&"success"));
            for text in &mut row[1..TEXTS.len()] {
                if text == b"null" {
                    text.clear();
                }
            }
            rows.push((range, row));
        }
        Recorded {
            bytes,
            header,
            rows,
        }
    }

    fn fixture(name: &str, most: usize) -> Self {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(fixtures().join(name)).unwrap();
        let mut file: Box<dyn Read> = match name.ends_with(".gz") {
            true => Box::new(flate2::read::GzDecoder::new(file)),
            false => Box::new(file),
        };
        file.by_ref()
            .take(most as u64)
            .read_to_end(&mut bytes)
            .unwrap();
        let end = bytes.iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        bytes.truncate(end);
        Recorded::new(bytes)
    }

    /// The file up to `kept`, then `put`, then `other` from `from` on.
    fn torn(&self, kept: usize, put: &[u8], other: &Recorded, from: usize) -> Vec<u8> {
        [&self.bytes[..kept], put, &other.bytes[from..]].concat()
    }
}

/// The figures of a label, from which the whole aggregate table follows.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    rows: u64,
    errors: u64,
    start: i64,
    end: i64,
    /// Samples by elapsed time in ms.
    elapsed: BTreeMap<i64, u64>,
    bytes: Option<i128>,
}

/// Keeps rows and counts them.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// Start, end, sample count and error count of each row.
    weights: Vec<(i64, i64, u64, u64)>,
    aggregate: Aggregate,
}

impl Sink for Rows {
    fn record(&mut self, sample: &Sample<'_>) {
        self.aggregate.record(sample);
        let number =
            |number: Option<i64>| number.map_or(Vec::new(), |n| n.to_string().into_bytes());
        self.weights.push((
            sample.time_stamp,
            sample.end(),
            sample.sample_count,
            sample.error_count,
        ));
        self.rows.push(vec![
            sample.label.to_vec(),
            sample.response_code.to_vec(),
            sample.response_message.to_vec(),
            sample.failure_message.to_vec(),
            sample.thread_name.to_vec(),
            sample.url.to_vec(),
            number(Some(sample.elapsed)),
            number(sample.latency),
            number(sample.bytes),
            number(sample.sent_bytes),
            sample.success.to_string().into_bytes(),
        ]);
    }
}

impl Rows {
    /// The figures of each label, counted from the rows.
    fn counted(&self) -> BTreeMap<&[u8], Figures> {
        let mut labels: BTreeMap<&[u8], Figures> = BTreeMap::new();
        for (row, &(start, end, samples, errors)) in self.rows.iter().zip(&self.weights) {
            let number = |field: &[u8]| std::str::from_utf8(field).unwrap().parse::<i64>();
            let figures = labels.entry(&*row[0]).or_insert_with(|| Figures {
                start,
                end,
                ..Figures::default()
            });
            figures.rows += 1;
            figures.errors += errors;
            figures.start = figures.start.min(start);
            figures.end = figures.end.max(end);
            if let Ok(divisor) = i64::try_from(samples)
                && divisor > 0
            {
                let each = number(&row[6]).unwrap() / divisor;
                *figures.elapsed.entry(each).or_default() += samples;
            }
            if let Ok(bytes) = number(&row[8]) {
                *figures.bytes.get_or_insert_default() += i128::from(bytes);
            }
        }
        labels
    }

    fn aggregated(&self) -> BTreeMap<&[u8], Figures> {
        let labels = self.aggregate.labels().into_iter();
        labels
            .map(|label| {
                let all = label.all();
                let elapsed = all.distributions().elapsed();
                let figures = Figures {
                    rows: all.rows,
                    errors: all.errors,
                    start: all.start,
                    end: all.end,
                    elapsed: elapsed.counts().into_iter().collect(),
                    bytes: all.bytes().map(|bytes| bytes.sum),
                };
                (label.name, figures)
            })
            .collect()
    }
}

fn read(bytes: &[u8], block_size: usize) -> perfkit::error::Result<jtl::Outcome<Rows>> {
    let input = Input {
        name: "torn.jtl".to_owned(),
        reader: Box::new(Cursor::new(bytes.to_vec())),
        size: None,
    };
    // As it is: a torn byte is no reason to read the whole file in another encoding.
    let mut options = ReadOptions::default()
        .threads(1)
        .block_size(block_size)
        .encoding(Some(Encoding::UTF_8));
    options.timestamps.zone = TimeZone::UTC;
    jtl::read(vec![input], &options, &|_| (), Rows::default)
}

/// Reads `file` up to `kept`, then `put`, then `other` from `from` on, and checks that only torn rows
/// are lost.
fn check(
    file: &Recorded,
    kept: usize,
    put: &[u8],
    other: &Recorded,
    from: usize,
    block_size: usize,
) {
    let bytes = file.torn(kept, put, other, from);
    let said = format!(
        "{} bytes, kept {kept}, put {:?}, from {from}",
        bytes.len(),
        String::from_utf8_lossy(put)
    );
    let outcome = match read(&bytes, block_size) {
        Ok(outcome) => outcome,
        // Without a whole first line the layout may be unknown.
        Err(error) => {
            let first_line = file.bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
            assert!(kept < first_line, "{said}: {error}");
            return;
        }
    };
    let found = &outcome.sinks[0];
    assert_eq!(
        outcome.rows_read,
        found.rows.len() as u64 + outcome.rejected(),
        "{said}"
    );
    if file.header.is_empty() || kept >= file.header.end {
        check_neighbours(file, kept, put, other, from, &bytes, &outcome, &said);
    }
    assert_eq!(found.aggregated(), found.counted(), "{said}");
}

#[allow(clippy::too_many_arguments)]
fn check_neighbours(
    file: &Recorded,
    kept: usize,
    put: &[u8],
    other: &Recorded,
    from: usize,
    bytes: &[u8],
    outcome: &jtl::Outcome<Rows>,
    said: &str,
) {
    let found = &outcome.sinks[0].rows;
    // All rows that end before the damage are found.
    let before: Vec<&(Range<usize>, Row)> = file
        .rows
        .iter()
        .take_while(|(range, _)| range.end <= kept)
        .collect();
    assert!(
        found.len() >= before.len(),
        "{said}: {} of {} rows before",
        found.len(),
        before.len()
    );
    for ((_, expected), row) in before.iter().zip(found) {
        assert_eq!(expected, row, "{said}");
    }
    let damage_start = before
        .last()
        .map_or(file.header.end, |(range, _)| range.end);
    // So are the last of those that start after it, at the start of a line.
    let moved = |at: usize| at + kept + put.len() - from;
    let is_line = |at: usize| bytes[moved(at) - 1] == b'\n';
    let behind: Vec<&(Range<usize>, Row)> = other
        .rows
        .iter()
        .filter(|(range, _)| range.start >= from && is_line(range.start))
        .collect();
    let rest = &found[before.len()..];
    let matching = behind
        .iter()
        .rev()
        .zip(rest.iter().rev())
        .take_while(|((_, expected), row)| expected == *row)
        .count();
    let torn_end = behind
        .first()
        .map_or(bytes.len(), |(range, _)| moved(range.start));
    let torn = &bytes[damage_start..torn_end];
    let lost = behind.len() - matching;
    if memchr::memchr(b'"', torn).is_none() {
        assert_eq!(lost, 0, "{said}: no quote was there to open");
    } else if lost > 0 {
        let resumed = behind
            .get(lost)
            .map_or(bytes.len(), |(range, _)| moved(range.start));
        assert!(
            resumed <= torn_end + RESUMES_WITHIN,
            "{said}: {lost} rows lost"
        );
        let quotes = memchr::memchr_iter(b'"', &bytes[damage_start..]).count();
        assert!(
            quotes > 1,
            "{said}: a quote that nothing closes affects only its own line"
        );
    }
    // The torn part gives at most one row per line, and messages name those lines.
    let resumed = behind
        .get(lost)
        .map_or(bytes.len(), |(range, _)| moved(range.start));
    let lines = |part: &[u8]| memchr::memchr_iter(b'\n', part).count() as u64;
    let torn_lines = lines(&bytes[damage_start..resumed]) + u64::from(!bytes.ends_with(b"\n"));
    let torn_rows = outcome.rows_read - (before.len() + matching) as u64;
    assert!(
        torn_rows <= torn_lines,
        "{said}: {torn_rows} rows of {torn_lines} lines"
    );
    let first_torn = lines(&bytes[..damage_start]) + 1;
    for tally in &outcome.repairs {
        let torn_lines = first_torn..first_torn + torn_lines;
        assert!(torn_lines.contains(&tally.first_line), "{said}: {tally:?}");
    }
    for tally in &outcome.rejections {
        let line = tally.first_line;
        assert!(
            (first_torn..first_torn + torn_lines).contains(&line),
            "{said}: {tally:?}"
        );
        let text = bytes
            .split(|&byte| byte == b'\n')
            .nth(line as usize - 1)
            .unwrap();
        if tally.fault == Fault::Quote || !text.contains(&b'"') {
            let value = tally.first_value.trim_ascii_end();
            assert!(
                value.is_empty() || memchr::memmem::find(text, value).is_some(),
                "{said}: {tally:?} in {text:?}"
            );
        }
    }
}

/// Reproducible random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Tries every kind of damage at one position; `elsewhere` is another position.
fn tear(file: &Recorded, other: &Recorded, at: usize, elsewhere: usize, block_size: usize) {
    let end = file.bytes.len();
    check(file, at, b"", file, end, block_size);
    check(file, at, b"", file, at + 1, block_size);
    for flip in FLIPS {
        check(file, at, &[flip], file, at + 1, block_size);
    }
    check(
        file,
        at,
        &file.bytes[file.header.clone()],
        file,
        at,
        block_size,
    );
    // A block lost or repeated, and two files spliced.
    check(file, at, b"", file, elsewhere, block_size);
    check(
        file,
        at,
        b"",
        other,
        elsewhere.min(other.bytes.len()),
        block_size,
    );
}

/// Tears a file at every byte. The file is the header of a fixture and its rows within `part`.
/// Takes time quadratic in the length.
fn tear_at_every_byte(name: &str, part: Range<usize>, rows: usize) {
    let whole = Recorded::fixture(name, usize::MAX);
    let mut bytes = whole.bytes[whole.header.clone()].to_vec();
    let ranges = whole.rows.iter().map(|(range, _)| range.clone());
    for range in ranges.filter(|range| range.start >= part.start && range.end <= part.end) {
        bytes.extend_from_slice(&whole.bytes[range]);
    }
    let file = Recorded::new(bytes);
    assert_eq!(file.rows.len(), rows);
    let mut dice = Dice(7);
    for at in 0..file.bytes.len() {
        let elsewhere = dice.below(file.bytes.len());
        tear(&file, &file, at, elsewhere, [64, 4096][at % 2]);
    }
}

#[test]
fn quoted_rows_of_two_lines_torn_at_every_byte() {
    // A plain row, then two with doubled quotes, delimiters and a line break in quotes.
    tear_at_every_byte("errors.jtl", 483..1_042, 3);
}

#[test]
fn failed_rows_torn_at_every_byte() {
    tear_at_every_byte("errors.jtl", 16_289..16_783, 3);
}

#[test]
fn rows_with_semicolons_torn_at_every_byte() {
    tear_at_every_byte("semicolon.jtl", 163..486, 3);
}

#[test]
fn recorded_results_torn_anywhere() {
    let other = Recorded::fixture("errors.jtl", usize::MAX);
    for name in [
        "errors.jtl",
        "controllers.jtl",
        "sub-results.jtl",
        "dashboard.jtl.gz",
        "default.jtl.gz",
        "standard.jtl.gz",
    ] {
        let file = Recorded::fixture(name, 100_000);
        let mut dice = Dice(0x9E37_79B9);
        for _ in 0..10 {
            let (at, elsewhere) = (dice.below(file.bytes.len()), dice.below(file.bytes.len()));
            tear(&file, &other, at, elsewhere, [4096, 256 << 10][at % 2]);
        }
    }
}

#[test]
fn other_layouts_torn_anywhere() {
    for name in [
        "dates.jtl",
        "distributed.jtl",
        "no-header.jtl",
        "older-columns.jtl",
        "sample-count.jtl",
        "sample-variables.jtl",
        "semicolon.jtl",
        "tab.jtl",
    ] {
        let file = Recorded::fixture(name, usize::MAX);
        let mut dice = Dice(0xDA7A);
        for _ in 0..10 {
            let (at, elsewhere) = (dice.below(file.bytes.len()), dice.below(file.bytes.len()));
            tear(&file, &file, at, elsewhere, [4096, 256 << 10][at % 2]);
        }
    }
}
