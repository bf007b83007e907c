//! Rows counted in batches have the figures of rows counted one by one.

use perfkit::jtl::{Sample, Sink};
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
        let row = row.prop_map(|((label, thread, host, code), start, elapsed, oddity)| Row {
            label,
            thread,
            host,
            code,
            start,
            elapsed,
            oddity,
        });
        proptest::collection::vec(row, 0..5_000)
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
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
