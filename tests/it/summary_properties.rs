//! Parts of a run that are analyzed separately, stored and merged equal the run analyzed at once.

use std::fs;
use std::io::{Cursor, Read};

use crate::common::{HEADER, checked, fixtures};
use perfkit::analysed::{self, Analysed};
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions};
use perfkit::render;
use perfkit::report::{Presentation, Report};
use perfkit::stats::Recorder;
use proptest::prelude::*;

/// A file name and its content.
type File = (String, Vec<u8>);

/// Reads all files at once.
fn read(files: &[File]) -> Analysed {
    let inputs = files.iter().map(|(name, bytes)| Input {
        name: name.clone(),
        reader: Box::new(Cursor::new(bytes.clone())),
        size: None,
    });
    let mut options = ReadOptions::default().threads(2).block_size(512);
    options.timestamps.zone = jiff::tz::TimeZone::UTC;
    let outcome = jtl::read(inputs.collect(), &options, &|_| (), Recorder::default).unwrap();
    outcome.into()
}

/// Reads each group separately, stores it, reads it back and merges all.
fn merged(groups: &[&[File]]) -> Analysed {
    let mut parts = groups.iter().map(|files| {
        let stored = analysed::encode(&read(files)).unwrap();
        analysed::decode(&stored).unwrap()
    });
    let mut whole = parts.next().unwrap();
    parts.for_each(|part| whole.append(part).unwrap());
    // Stored a second time, as a summary of summaries.
    analysed::decode(&analysed::encode(&whole).unwrap()).unwrap()
}

/// The report, and its JSON.
fn report(part: Analysed) -> (Report, String) {
    let report = checked(Report::new(&part, Presentation::default()).unwrap());
    let json = render::json::render(&report).unwrap();
    (report, json)
}

fn assert_same(groups: &[&[File]]) {
    let all: Vec<File> = groups.iter().flat_map(|files| files.to_vec()).collect();
    let (expected, expected_json) = report(read(&all));
    let (found, found_json) = report(merged(groups));
    assert_eq!(found.notes, expected.notes);
    assert_eq!(found.accounting, expected.accounting);
    assert_eq!(found.labels, expected.labels);
    assert_eq!(found.errors, expected.errors);
    assert_eq!(found.time_series, expected.time_series);
    assert_eq!(found_json, expected_json);
}

/// A file's text, unpacked.
fn text_of(path: &std::path::Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    match path.extension().is_some_and(|extension| extension == "gz") {
        false => bytes,
        true => {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&*bytes)
                .read_to_end(&mut text)
                .unwrap();
            text
        }
    }
}

/// Every recorded file of results.
fn recorded() -> Vec<File> {
    let paths = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<File> = paths
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .filter(|(name, _)| {
            name.ends_with(".jtl") || name.ends_with(".xml") || name.ends_with(".jtl.gz")
        })
        .map(|(name, path)| (name, text_of(&path)))
        .collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

/// Splits a CSV file between records into at most `parts` files, each with the header, if any.
fn split((name, bytes): &File, parts: usize) -> Vec<File> {
    let text = String::from_utf8_lossy(bytes);
    let mut records = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let record = records.last_mut().unwrap();
        record.push_str(line);
        if record.matches('"').count() % 2 == 0 {
            records.push(String::new());
        }
    }
    records.pop_if(|record| record.is_empty());
    let header = match records[0].contains("elapsed") {
        true => records.remove(0),
        false => String::new(),
    };
    let size = records.len().div_ceil(parts).max(1);
    let chunks = records.chunks(size).enumerate();
    chunks
        .map(|(number, rows)| {
            (
                format!("{number}-{name}"),
                format!("{header}{}", rows.concat()).into_bytes(),
            )
        })
        .collect()
}

#[test]
fn parts_of_recorded_files_merge_to_the_whole() {
    for file in recorded()
        .iter()
        .filter(|(name, _)| !name.ends_with(".xml"))
    {
        let parts = split(file, 3);
        let groups: Vec<&[File]> = parts.iter().map(std::slice::from_ref).collect();
        println!("{}: {} parts", file.0, groups.len());
        assert_same(&groups);
        if let [first, rest @ ..] = &*parts {
            assert_same(&[std::slice::from_ref(first), rest]);
        }
    }
}

#[test]
fn all_recorded_files_merge_to_one_run() {
    let files = recorded();
    let files: Vec<File> = files
        .into_iter()
        .filter(|(_, bytes)| bytes.len() < 1 << 20)
        .collect();
    assert!(files.iter().any(|(name, _)| name.ends_with(".xml")));
    let groups: Vec<&[File]> = files.chunks(2).collect();
    assert_same(&groups);
}

#[test]
fn limits_apply_the_same_after_merging() {
    // Labels over time, response codes, engines and kinds of errors, each over its limit.
    let file = |number: usize| {
        let rows: String = (0..6_000_i64)
            .map(|at| {
                let (time, id) = (1_700_000_000_000 + at * 37, number * 6_000 + at as usize);
                format!(
                    "{time},{},L{},{},no {id} in row {at},10.0.{}.{}:1099-Users 1-1,text,false,,10,10,1,1,,1,0,1\n",
                    at % 900,
                    id % 150,
                    400 + id % 90,
                    id % 200,
                    id % 3,
                )
            })
            .collect();
        (
            format!("{number}.jtl"),
            format!("{HEADER}{rows}").into_bytes(),
        )
    };
    let files: Vec<File> = (0..3).map(file).collect();
    let groups: Vec<&[File]> = files.iter().map(std::slice::from_ref).collect();
    let (report, _) = report(merged(&groups));
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.starts_with("More than 10,000 different errors"))
    );
    assert_same(&groups);
}

/// A row of a generated file.
#[derive(Debug, Clone)]
struct Row {
    time: i64,
    elapsed: i64,
    label: &'static str,
    code: &'static str,
    message: String,
    thread: &'static str,
    success: bool,
    host: &'static str,
    count: u32,
    is_damaged: bool,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let texts = prop_oneof![
        Just("OK".to_owned()),
        Just("\"said \"\"no\"\",\nand hung up\"".to_owned()),
        Just("\"Number of samples in transaction : 2, number of failing samples : 1\"".to_owned()),
        Just("\"Number of samples in transaction : 0, number of failing samples : 0\"".to_owned()),
        (0..40_u32).prop_map(|id| format!("no row {id}")),
    ];
    let row = (
        (
            prop_oneof![0..5_000_i64, 0..90_000_000_i64],
            prop_oneof![-5..300_i64, 0..200_000_i64, Just(1 << 40)],
        ),
        prop::sample::select(vec!["A", "B", "B-0", "\"a,b\"", "\"two\nlines\"", ""]),
        prop::sample::select(vec![
            "200",
            "404",
            "500",
            "",
            "Non HTTP response code: java.net.SocketTimeoutException",
        ]),
        texts,
        prop::sample::select(vec![
            "Users 1-1",
            "10.0.0.5:1099-Users 1-1",
            "10.0.0.6:1099-Users 1-2",
        ]),
        any::<bool>(),
        prop::sample::select(vec!["", "", "one", "two"]),
        (
            prop_oneof![8 => Just(1), 1 => 1..5_u32],
            prop::bool::weighted(0.05),
        ),
    );
    let row = row.prop_map(
        |((time, elapsed), label, code, message, thread, success, host, (count, is_damaged))| Row {
            time,
            elapsed,
            label,
            code,
            message,
            thread,
            success,
            host,
            count,
            is_damaged,
        },
    );
    prop::collection::vec(row, 0..60)
}

fn file(number: usize, rows: &[Row]) -> File {
    let mut text = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,sentBytes,allThreads,Latency,Connect,SampleCount,Hostname\n".to_owned();
    for row in rows {
        let Row {
            elapsed,
            label,
            code,
            message,
            thread,
            success,
            host,
            count,
            ..
        } = row;
        let time = match row.is_damaged {
            false => (1_700_000_000_000 + row.time).to_string(),
            true => "soon".to_owned(),
        };
        text += &format!(
            "{time},{elapsed},{label},{code},{message},{thread},{success},{},7,{},{},1,{count},{host}\n",
            elapsed * 3,
            elapsed.unsigned_abs() % 9,
            elapsed / 2
        );
    }
    (format!("{number}.jtl"), text.into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_parts_merge_to_the_whole(files in prop::collection::vec(rows(), 1..6), cut in 0..6_usize) {
        let files: Vec<File> = files.iter().enumerate().map(|(number, rows)| file(number, rows)).collect();
        let groups: Vec<&[File]> = files.iter().map(std::slice::from_ref).collect();
        assert_same(&groups);
        let (left, right) = files.split_at(cut.min(files.len()));
        let halves: Vec<&[File]> = [left, right].into_iter().filter(|half| !half.is_empty()).collect();
        assert_same(&halves);
    }
}

/// This version of the format wrote `fuzz/corpus/summary/errors`. If this test fails, the layout of
/// summaries has changed: raise VERSION in src/analysed/file.rs, and rewrite the file with `UPDATE_SUMMARY=1 cargo test --test it summary_properties`.
#[test]
fn the_current_format_is_stable() {
    let path = fixtures().join("../fuzz/corpus/summary/errors");
    let file = (
        "errors.jtl".to_owned(),
        text_of(&fixtures().join("errors.jtl")),
    );
    let part = read(std::slice::from_ref(&file));
    if std::env::var_os("UPDATE_SUMMARY").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, analysed::encode(&part).unwrap()).unwrap();
        // Its uncompressed content is a corpus entry, too.
        let text = analysed::encode_text(&part).unwrap();
        fs::write(path.with_file_name("errors-text"), text).unwrap();
    }
    let stored = analysed::decode(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(report(stored).1, report(part).1);
}
