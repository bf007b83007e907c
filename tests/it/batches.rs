//! Rows counted in batches have the figures of rows counted one by one.

use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions, Sample, Sink};
use perfkit::render;
use perfkit::report::{Presentation, Report};
use perfkit::stats::{Aggregate, Recorder};
use proptest::prelude::*;

use crate::common::checked;

/// A row: its texts by number, start, elapsed, and what is unusual about it.
#[derive(Debug, Clone)]
struct Row {
    label: usize,
    thread: usize,
    host: usize,
    code: usize,
    start: i64,
    elapsed: i64,
    oddity: Oddity,
}

#[derive(Debug, Clone, Copy)]
enum Oddity {
    None,
    Failure,
    NoConnect,
    Controller,
    Aggregated,
}

/// Runs with few texts or with many, in batches that are full or not.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let run = (
        prop_oneof![Just(2_usize), Just(120), Just(600)],
        prop_oneof![Just(1_usize), Just(5), Just(1_500)],
        prop_oneof![Just(1_usize), Just(90)],
        prop_oneof![Just(20_i64), Just(3_000), Just(300_000)],
    );
    run.prop_flat_map(|(labels, hosts, codes, slowest)| {
        let oddity = prop_oneof![
            20 => Just(Oddity::None),
            1 => Just(Oddity::Failure),
            1 => Just(Oddity::NoConnect),
            1 => Just(Oddity::Controller),
            1 => Just(Oddity::Aggregated),
        ];
        let start = prop_oneof![99 => 0..400_000_i64, 1 => 0..4_000_000_000_000_i64];
        let elapsed = prop_oneof![99 => 0..slowest, 1 => -5..5_000_000_000_i64];
        let texts = (0..labels, 0..60_usize, 0..hosts, 0..codes);
        let row = (texts, start, elapsed, oddity);
        let row = row.prop_map(
            |((label, thread, host, code), start, elapsed, oddity)| Row {
                label,
                thread,
                host,
                code,
                start,
                elapsed,
                oddity,
            },
        );
        proptest::collection::vec(row, 0..3_000)
    })
}

/// Records each row as a sample.
fn record(rows: &[Row], sink: &mut impl Sink) {
    for (place, row) in rows.iter().enumerate() {
        let engine = ["", "10.0.0.1-", "10.0.0.2-"][row.thread % 3];
        let texts = [
            format!("label {} of a run", row.label),
            format!("{}", 200 + row.code),
            format!("{engine}Users {}-{}", row.thread % 2, row.thread),
            format!("http://host-{}/{place}", row.host),
        ];
        let mut sample = Sample::default();
        // With a gap of 8 GB now and then.
        sample.position = place as u64 * 100 + (place as u64 / 1_000) * (1 << 33);
        sample.input = (place / 2_500) as u32;
        sample.time_stamp = 1_700_000_000_000 + row.start;
        sample.elapsed = row.elapsed;
        sample.latency = Some(row.elapsed / 2);
        sample.connect = Some(1);
        sample.bytes = Some(700);
        sample.sent_bytes = Some(120);
        sample.all_threads = Some(row.thread as i64);
        sample.label = texts[0].as_bytes();
        sample.response_code = texts[1].as_bytes();
        sample.response_message = b"OK";
        sample.thread_name = texts[2].as_bytes();
        sample.url = texts[3].as_bytes();
        match row.oddity {
            Oddity::None => {}
            Oddity::Failure => (sample.success, sample.error_count) = (false, 1),
            Oddity::NoConnect => sample.connect = None,
            Oddity::Controller => {
                sample.response_message =
                    b"Number of samples in transaction : 2, number of failing samples : 0";
            }
            Oddity::Aggregated => sample.sample_count = 3,
        }
        sink.record(&sample);
    }
}

fn report(aggregate: Aggregate) -> String {
    let report = Report::new(&aggregate.into(), Presentation::default()).unwrap();
    render::json::render(&checked(report)).unwrap()
}

const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

/// Fields that most rows share, and some that are unlike them or wrong.
fn field(
    usual: &'static [&'static str],
    odd: &'static [&'static str],
) -> impl Strategy<Value = &'static str> {
    prop_oneof![
        20 => proptest::sample::select(usual),
        1 => proptest::sample::select(odd),
    ]
}

/// Results in JMeter's default columns, with lines that end in one way or in several.
fn results() -> impl Strategy<Value = String> {
    let thread = prop_oneof![
        20 => (0..3_usize, 0..2_u32, 0..2_000_u32).prop_map(|(engine, group, thread)| {
            let engine = ["", "10.0.0.1:1099-", "10.0.0.2:1099-"][engine];
            format!("{engine}Users of the shop {group}-{thread}")
        }),
        1 => field(&["main", "T 1-1", "T 1-12345678"], &["", "null", "T 1-123456789", "T 1-x1"])
            .prop_map(str::to_owned),
    ];
    let url = prop_oneof![
        20 => (0..2_usize, 0..99_u32).prop_map(|(host, path)| {
            format!("http://{}/{path}", ["shop.example", "192.168.178.20:8080"][host])
        }),
        1 => field(&["", "null", "jdbc:mysql"], &["http://a", "http://a?b", "\"http://a/,\""])
            .prop_map(str::to_owned),
    ];
    let texts = (
        field(
            &["Log in", "Search for articles by name", "Pay"],
            &["", "null", "\"a, b\""],
        ),
        field(&["200"], &["302", "", "null", "Non HTTP response code: x"]),
        field(
            &["OK"],
            &[
                "",
                "null",
                "Number of samples in transaction : 2, number of failing samples : 0",
            ],
        ),
        thread,
        field(&["text", "bin"], &["", "null"]),
        field(&["true"], &["false", "TRUE", "", "maybe"]),
        field(&[""], &["null", "too slow"]),
        url,
    );
    let number = |usual: &'static [&'static str]| {
        field(
            usual,
            &[
                "",
                "null",
                "-1",
                "123456789",
                "1x",
                "12345678",
                "99999999999999999999",
            ],
        )
    };
    let numbers = (
        prop_oneof![30 => 0..9_999_i64, 1 => Just(-1_699_999_999_999), 1 => Just(9_000_000_000_000)],
        number(&["7", "12", "230", "45000", "140000"]),
        number(&["512", "10240"]),
        number(&["125"]),
        number(&["1", "20"]),
        number(&["1", "20"]),
        number(&["6", "11"]),
        number(&["0"]),
        number(&["0", "1"]),
    );
    let line_end = prop_oneof![30 => Just("\n"), 1 => Just("\r\n")];
    let row = (texts, numbers, line_end).prop_map(|(texts, numbers, line_end)| {
        let (label, code, message, thread, kind, success, failure, url) = texts;
        let (start, elapsed, bytes, sent, group, all, latency, idle, connect) = numbers;
        let start = 1_700_000_000_000 + start;
        format!(
            "{start},{elapsed},{label},{code},{message},{thread},{kind},{success},{failure},{bytes},{sent},\
             {group},{all},{url},{latency},{idle},{connect}{line_end}"
        )
    });
    let rows = proptest::collection::vec(row, 0..600);
    (rows, any::<bool>()).prop_map(|(rows, is_dos)| {
        let text = format!("{HEADER}{}", rows.concat());
        match is_dos {
            true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => text,
        }
    })
}

/// Reads results, and returns the sink and what became of the rows.
fn read<S: Sink + Send>(text: &str, make_sink: impl Fn() -> S + Sync) -> (S, String) {
    let input = Input {
        name: "results.jtl".to_owned(),
        reader: Box::new(std::io::Cursor::new(text.to_owned().into_bytes())),
        size: None,
    };
    let options = ReadOptions::default().threads(1).block_size(4_096);
    let mut outcome = jtl::read(vec![input], &options, &|_| (), make_sink).unwrap();
    let sink = outcome.sinks.remove(0);
    let tallies = format!("{:?} {:?}", outcome.rejections, outcome.repairs);
    (sink, format!("{} {tallies}", outcome.rows_read))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn of_a_file_have_the_figures_of_rows_read_one_by_one(text in results()) {
        let (aggregate, expected) = read(&text, Aggregate::default);
        let (recorder, found) = read(&text, Recorder::default);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(report(recorder.into_aggregate()), report(aggregate));
    }

    #[test]
    fn have_the_figures_of_rows_counted_one_by_one(rows in rows()) {
        let mut one_by_one = Aggregate::default();
        record(&rows, &mut one_by_one);
        let expected = report(one_by_one);
        let mut in_batches = Recorder::default();
        record(&rows, &mut in_batches);
        prop_assert_eq!(report(in_batches.into_aggregate()), expected);
    }
}
