//! Summary files that someone changed and gave a right checksum again: perfkit refuses them with a reason,
//! or reads them with figures that agree with each other. It never panics or hangs.

use std::fs;
use std::time::Duration;

use perfkit::analysed::{self, Analysed};
use perfkit::compare::{self, Side};
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions};
use perfkit::render::{self, compare::Extent};
use perfkit::report::{Presentation, Report};
use perfkit::stats::Recorder;

use crate::common::simulated::settings;
use crate::common::{Perfkit, checked, fixtures};

/// Recorded runs: with errors of many kinds, with several load generators, with counts per row.
const RUNS: [&str; 3] = ["errors.jtl", "distributed.jtl", "sample-count.jtl"];

/// Changes per run. Debug builds decode some 100 a second.
const CHANGES: u64 = 250;

fn recorded(name: &str) -> Analysed {
    let input = Input {
        name: name.to_owned(),
        reader: Box::new(fs::File::open(fixtures().join(name)).unwrap()),
        size: None,
    };
    let mut options = ReadOptions::default().threads(1);
    options.timestamps.zone = jiff::tz::TimeZone::UTC;
    let outcome = jtl::read(vec![input], &options, &|_| (), Recorder::default).unwrap();
    outcome.into()
}

/// A summary file of this record, with the head of a sound file and a right checksum.
fn sealed(sound: &[u8], record: &[u8]) -> Vec<u8> {
    let (head, version) = (&sound[..8], &sound[8..12]);
    let length = (record.len() as u64).to_le_bytes();
    let packed = zstd::bulk::compress(record, 1).unwrap();
    let mut checksum = crc32fast::Hasher::new();
    for part in [version, &length, &packed] {
        checksum.update(part);
    }
    let checksum = checksum.finalize().to_le_bytes();
    [head, version, &length, &checksum, &packed].concat()
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Changes a record in one place.
fn tamper(record: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut changed = record.to_vec();
    let at = dice.below(record.len());
    let length = dice.below(64).min(record.len() - at);
    match dice.below(10) {
        // A number, or one byte of it, becomes a little larger or smaller.
        0..3 => changed[at] = changed[at].wrapping_add(1),
        3 => changed[at] = changed[at].wrapping_sub(1),
        4 => changed[at] = dice.below(256) as u8,
        // A number becomes the largest, or 0.
        5 => drop(changed.splice(at..=at, [[0xff; 9].as_slice(), &[1]].concat())),
        6 => changed[at..at + length].fill(0),
        7 => drop(changed.drain(at..at + length)),
        8 => drop(changed.splice(at..at, record[at..at + length].to_vec())),
        // Two parts change places.
        _ => {
            let from = dice.below(record.len() - length);
            changed[at..at + length].copy_from_slice(&record[from..from + length]);
            changed[from..from + length].copy_from_slice(&record[at..at + length]);
        }
    }
    changed
}

/// Checks everything that is made of a record that was accepted.
fn assert_consistent(part: &Analysed, sound: &Analysed) {
    let report = |part: &Analysed| Report::new(part, Presentation::default()).map(checked);
    let Ok(own) = report(part) else {
        return;
    };
    let json = render::json::render(&own).unwrap();
    let _no_panic = render::markdown::report(&own, &[]);
    let _no_panic = render::terminal::render(&own, Some(80));
    let again = analysed::decode(&analysed::encode(part).unwrap()).unwrap();
    let again = render::json::render(&report(&again).unwrap()).unwrap();
    assert_eq!(again, json);
    let mut whole = sound.clone();
    if whole.append(part.clone()).is_ok() {
        let _may_be_too_large = report(&whole);
    }
    let sides = [
        Side::of("sound", report(sound).unwrap()),
        Side::of("changed", own),
    ];
    let comparison = compare::compare(&sides, &settings(0.95));
    let _no_panic = render::compare::markdown(&comparison, Extent::All);
}

#[test]
fn a_changed_record_is_refused_or_consistent() {
    for (number, name) in RUNS.into_iter().enumerate() {
        let sound = recorded(name);
        let file = analysed::encode(&sound).unwrap();
        let record = analysed::encode_text(&sound).unwrap();
        let mut dice = Dice(number as u64);
        let (mut refused, mut accepted) = (0, 0);
        for change in 0..CHANGES {
            let changed = tamper(&record, &mut dice);
            // Shown if it fails.
            println!("{name}, change {change}");
            match analysed::decode(&sealed(&file, &changed)) {
                Ok(part) => {
                    accepted += 1;
                    assert_consistent(&part, &sound);
                }
                Err(why) => {
                    refused += 1;
                    assert!(why.to_string().contains("summary file"), "{why}");
                }
            }
        }
        assert!(
            refused > 20 && accepted > 20,
            "{name}: {refused}, {accepted}"
        );
    }
}

#[test]
fn the_program_refuses_it_in_words_or_reads_it() {
    let perfkit = Perfkit::new();
    let sound = recorded(RUNS[0]);
    let file = analysed::encode(&sound).unwrap();
    let record = analysed::encode_text(&sound).unwrap();
    perfkit.write("sound.summary", &file);
    assert_eq!(
        analysed::decode(&sealed(&file, &record)).unwrap().rows_read,
        sound.rows_read
    );
    let mut dice = Dice(99);
    for _ in 0..12 {
        perfkit.write(
            "changed.summary",
            sealed(&file, &tamper(&record, &mut dice)),
        );
        for arguments in [
            &["analyze", "changed.summary", "--no-report"][..],
            &["analyze", "sound.summary", "changed.summary", "--no-report"],
            &["compare", "sound.summary", "changed.summary"],
            &["summarize", "changed.summary", "-o", "again.summary"],
        ] {
            let output = perfkit
                .command(arguments)
                .timeout(Duration::from_secs(60))
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let is_refused = output.status.code() == Some(2);
            assert!(is_refused || output.status.code() == Some(0), "{said}");
            assert!(!is_refused || said.contains("perfkit: error: "), "{said}");
        }
    }
}
