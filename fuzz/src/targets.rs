//! The properties under fuzzing: functions of arbitrary bytes that panic if a property fails. The fuzz
//! targets call them, and `cargo test` replays the corpus through them.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use perfkit::chart;
use perfkit::compare::{self, Settings, Side};
use perfkit::jtl::csv::{Layout, TimestampFormat, TimestampParser};
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, Growing, Outcome, Progress, ReadOptions, Sample, Sink};
use perfkit::jtl::{DatePattern, Encoding};
use perfkit::percentile::Percentile;
use perfkit::render;
use perfkit::report::{Presentation, Report};
use perfkit::stats::{Aggregate, Recorder};

const HEADER: &str = "timeStamp,elapsed,label,success\n";

fn read<S: Sink + Send>(
    bytes: &[u8],
    block_size: usize,
    make: impl Fn() -> S + Sync,
) -> Option<Outcome<S>> {
    let input = input(Cursor::new(bytes.to_vec()));
    jtl::read(vec![input], &options(block_size), &|_| (), make).ok()
}

fn input(reader: impl Read + Send + 'static) -> Input {
    Input {
        name: "results.jtl".to_owned(),
        reader: Box::new(reader),
        size: None,
    }
}

fn options(block_size: usize) -> ReadOptions {
    // As they are: other encodings would change the bytes.
    let mut options = ReadOptions::default()
        .threads(1)
        .block_size(block_size)
        .encoding(Some(Encoding::UTF_8));
    options.timestamps.zone = jiff::tz::TimeZone::UTC;
    options
}

/// Keeps the fields that distinguish samples.
#[derive(Default)]
struct Rows(Vec<(i64, i64, Vec<u8>, bool)>);

impl Sink for Rows {
    fn record(&mut self, sample: &Sample<'_>) {
        let label = sample.label.to_vec();
        self.0
            .push((sample.time_stamp, sample.elapsed, label, sample.success));
    }
}

/// Records equal those of the csv crate if the text is unambiguous, do not depend on block size, and are
/// all accounted for.
pub fn records(bytes: &[u8]) {
    let text = [HEADER.as_bytes(), bytes].concat();
    let Some(whole) = read(&text, 1 << 20, Rows::default) else {
        return;
    };
    let rows = &whole.sinks[0].0;
    assert_eq!(whole.rows_read, rows.len() as u64 + whole.rejected());
    for block_size in [1, 7, 64] {
        let split = read(&text, block_size, Rows::default).unwrap();
        assert_eq!(split.sinks[0].0, *rows);
        assert_eq!(split.rejections, whole.rejections);
        assert_eq!(split.repairs, whole.repairs);
        assert_eq!(split.inputs, whole.inputs);
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&*text);
    let records: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
    // Readers differ on rejected and repaired rows, stray quotes and lone carriage returns.
    let is_plain = whole.rejected() == 0
        && whole.repaired() == 0
        && whole.inputs[0].summary.headers == 1
        && whole.inputs[0].summary.width == 4
        && !has_odd_carriage_return(&text)
        && !has_stray_quote(&text);
    if !is_plain {
        return;
    }
    let records = records
        .iter()
        .filter(|record| !(record.len() == 1 && record[0].trim_ascii().is_empty()));
    let labels: Vec<&[u8]> = records
        .map(|record| record.get(2).unwrap_or_default())
        .collect();
    let found: Vec<&[u8]> = rows.iter().map(|row| &*row.2).collect();
    assert_eq!(found, labels);
}

fn has_odd_carriage_return(text: &[u8]) -> bool {
    text.iter()
        .enumerate()
        .any(|(at, &byte)| byte == b'\r' && text.get(at + 1) != Some(&b'\n'))
        || text.ends_with(b"\r")
}

/// Whether a quote is where no well-formed file has one.
fn has_stray_quote(text: &[u8]) -> bool {
    let (mut at, mut is_start) = (0, true);
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte == b'"' && is_start {
            loop {
                match (text.get(at), text.get(at + 1)) {
                    (None, _) => return true,
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), None | Some(b',' | b'\n' | b'\r')) => break,
                    (Some(b'"'), _) => return true,
                    _ => at += 1,
                }
            }
            at += 1;
            is_start = false;
        } else if byte == b'"' {
            return true;
        } else {
            is_start = matches!(byte, b',' | b'\n');
        }
    }
    false
}

/// Layouts and time stamps: detected columns lie within the line.
pub fn layout(bytes: &[u8]) {
    if let Ok(layout) = Layout::detect(bytes, None) {
        let columns = &layout.columns;
        for column in [
            columns.time_stamp,
            columns.elapsed,
            columns.label,
            columns.success,
        ] {
            assert!(column < layout.width);
        }
        assert!(layout.names.len() <= layout.width);
    }
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let format = TimestampFormat::detect(line);
    let text = String::from_utf8_lossy(line);
    let pattern = DatePattern::new(&text);
    for format in format
        .into_iter()
        .chain(pattern.ok().map(TimestampFormat::Pattern))
    {
        let parser = TimestampParser::new(format, jiff::tz::TimeZone::UTC);
        let padded = [bytes, &[0; 64]].concat();
        let _no_panic = parser.parse(&padded, 0, bytes.len());
    }
}

/// XML: every element is accounted for, however many blocks and threads there are.
pub fn xml(bytes: &[u8]) {
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n";
    let sample = "<sample t=\"1\" ts=\"1700000000000\" s=\"true\" lb=\"a\">\n  <x/>\n</sample>\n";
    // Blocks after the first samples are read ahead.
    for samples in [0, 12] {
        xml_of(&[start.as_bytes(), sample.repeat(samples).as_bytes(), bytes].concat());
    }
}

fn xml_of(text: &[u8]) {
    let whole = read(text, 1 << 20, Rows::default);
    if let Some(whole) = &whole {
        assert_eq!(
            whole.rows_read,
            whole.sinks[0].0.len() as u64 + whole.rejected()
        );
    }
    for (block_size, threads) in [(1, 1), (7, 3), (64, 2), (300, 2)] {
        let options = options(block_size).threads(threads);
        let inputs = vec![input(Cursor::new(text.to_vec()))];
        let split = jtl::read(inputs, &options, &|_| (), Rows::default).ok();
        let (Some(whole), Some(mut split)) = (&whole, split) else {
            assert!(whole.is_none());
            continue;
        };
        let mut rows: Vec<_> = split.sinks.drain(..).flat_map(|sink| sink.0).collect();
        let mut expected = whole.sinks[0].0.clone();
        rows.sort();
        expected.sort();
        assert_eq!(rows, expected);
        assert_eq!(split.rejections, whole.rejections);
        assert_eq!(split.inputs, whole.inputs);
    }
}

/// Criteria that parse print text that parses to the same criterion.
pub fn criteria(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _no_panic = perfkit::gate::parse_file(&text);
    if let Ok(criterion) = text.parse::<perfkit::gate::Criterion>() {
        let words = criterion.to_string();
        let again: perfkit::gate::Criterion = words.parse().unwrap();
        assert_eq!(again.to_string(), words);
        let report = Report::new(&five_rows().into(), Presentation::default()).unwrap();
        let run = perfkit::gate::Run {
            report: &report,
            baseline: Some(&report),
            max_rejected: None,
        };
        let _no_panic = perfkit::gate::evaluate(&[criterion], run);
    }
}

fn five_rows() -> Aggregate {
    let rows = "1700000000000,5,A,true\n1700000000100,7,B,false\n1700000000900,9,A,true\n";
    let outcome = read(
        format!("{HEADER}{rows}").as_bytes(),
        1 << 20,
        Aggregate::default,
    );
    outcome.unwrap().sinks.remove(0)
}

/// The server answers any path, never with a server error.
pub fn paths(bytes: &[u8]) {
    use axum::body::Body;
    use axum::http::{Method, Request};
    use tower::ServiceExt;
    let (method, path) = match bytes.split_first() {
        Some((first, rest)) => (first % 4, rest),
        None => return,
    };
    let method = [Method::GET, Method::POST, Method::HEAD, Method::DELETE][method as usize].clone();
    let path = [b"/", path].concat();
    let Ok(request) = Request::builder()
        .method(method)
        .uri(&*path)
        .body(Body::empty())
    else {
        return;
    };
    thread_local! {
        static APP: (tokio::runtime::Runtime, axum::Router) = {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let target = perfkit::serve::Target::new(2_000, None).unwrap();
            (runtime, perfkit::serve::app(std::sync::Arc::new(target)))
        };
    }
    let status = APP.with(|(runtime, app)| {
        runtime
            .block_on(app.clone().oneshot(request))
            .unwrap()
            .status()
    });
    assert!(!status.is_server_error(), "{status}");
}

/// Summaries that decode survive a round trip, merge with others and make a report. Reads the bytes both
/// as a whole file and as its uncompressed content.
pub fn summary(bytes: &[u8]) {
    let parts = [
        perfkit::analysed::decode(bytes).ok(),
        perfkit::analysed::decode_text(bytes).ok(),
    ];
    for part in parts.into_iter().flatten() {
        let stored = perfkit::analysed::encode(&part).unwrap();
        let mut again = perfkit::analysed::decode(&stored).unwrap();
        let json = report_of(part.clone());
        assert_eq!(report_of(again.clone()), json);
        let _may_depend_on_the_whole = again.append(part);
        let _no_panic = report_of(again);
    }
}

/// A saved report that passes its checks is compared and rendered without a panic.
pub fn report(bytes: &[u8]) {
    let Ok(report) = serde_json::from_slice::<Report>(bytes) else {
        return;
    };
    if report.check().is_err() {
        return;
    }
    let percentiles = Percentile::DEFAULTS.to_vec();
    let settings = Settings {
        confidence: 0.95,
        threshold_ratio: 0.05,
        threshold_ms: 1.0,
        percentiles: percentiles.clone(),
        tested_percentiles: percentiles,
    };
    let sides = [Side::of("a", report.clone()), Side::of("b", report.clone())];
    let comparison = compare::compare(&sides, &settings);
    let _no_panic = render::compare::markdown(&comparison, render::compare::Extent::All);
    let _no_panic = render::compare::json(&comparison, &[]).unwrap();
    let _no_panic = render::terminal::render(&report, Some(80));
}

/// Gives its bytes in steps, and has no more for now before each.
struct Steps {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
    has_paused: bool,
    has_ended: Arc<AtomicBool>,
}

impl Read for Steps {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.has_paused = !self.has_paused;
        if self.has_paused {
            return Err(ErrorKind::WouldBlock.into());
        }
        let end = self.bytes.len().min(self.at + self.step.min(buffer.len()));
        let step = &self.bytes[self.at..end];
        buffer[..step.len()].copy_from_slice(step);
        self.at = end;
        self.has_ended.store(step.is_empty(), Ordering::Relaxed);
        Ok(step.len())
    }
}

/// However a file grows, following it gives the rows of reading it. The first byte is the step.
pub fn follow(bytes: &[u8]) {
    let Some((&step, bytes)) = bytes.split_first() else {
        return;
    };
    let text = [HEADER.as_bytes(), bytes].concat();
    let Some(whole) = read(&text, 64, Rows::default) else {
        return;
    };
    let mut options = options(64);
    // A wrong guess about the layout is made again at most once per row.
    for _ in 0..=whole.rows_read + 2 {
        let has_ended = Arc::new(AtomicBool::new(false));
        let steps = Steps {
            bytes: text.clone(),
            at: 0,
            step: usize::from(step).max(1),
            has_paused: false,
            has_ended: Arc::clone(&has_ended),
        };
        let input = input(steps);
        let mut growing = Growing::new(input, &options, Rows::default());
        loop {
            match growing.read_on(usize::MAX).unwrap() {
                Progress::Misjudged => break,
                Progress::ToTheEnd if has_ended.load(Ordering::Relaxed) => {
                    assert_eq!(growing.rows(), whole.rows_read);
                    assert_eq!(growing.outcome().rejected(), whole.rejected());
                    assert_eq!(growing.into_sink().0, whole.sinks[0].0);
                    return;
                }
                _ => {}
            }
        }
        options = growing.options_for_next(&options);
    }
    panic!("the layout is never settled");
}

fn report_of(part: perfkit::analysed::Analysed) -> String {
    let report = Report::new(&part, Presentation::default()).unwrap();
    render::json::render(&report).unwrap()
}

/// The whole pipeline: from any bytes to every renderer.
pub fn analyze(bytes: &[u8]) {
    let Some(outcome) = read(bytes, 4096, Recorder::default) else {
        return;
    };
    let report = Report::new(&outcome.into(), Presentation::default()).unwrap();
    let json = render::json::render(&report).unwrap();
    let again: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(render::json::render(&again).unwrap(), json);
    let table = render::csv::render(&report, render::csv::Formulas::Keep).unwrap();
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(table.as_bytes());
    assert!(rows.records().all(|row| row.is_ok()), "{table}");
    let _no_panic = render::terminal::render(&report, Some(80));
    let _no_panic = render::markdown::report(&report, &[]);
    let _no_panic = render::markdown::platform_block(&report);
    let _no_panic = render::prometheus::render(&report);
    let _no_panic = render::hgrm::render(&report);
    let _no_panic = render::html::render(&report, &chart::figures(&report)).unwrap();
    let junit = render::junit::render(&report);
    let mut xml = quick_xml::Reader::from_str(&junit);
    while !matches!(xml.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}
