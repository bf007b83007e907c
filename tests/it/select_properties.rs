//! Properties of selections, on random runs.

use std::collections::BTreeMap;

use crate::common::checked;
use jiff::tz::TimeZone;
use perfkit::jtl::{Sample, Sink};
use perfkit::report::{Presentation, Report};
use perfkit::select::{
    Bound, Choice, Controllers, GroupBy, Moment, Rename, Selected, Selection, Survey, Unselectable,
    regex,
};
use perfkit::stats::Aggregate;
use proptest::prelude::*;

const LABELS: [&str; 6] = ["Home", "Home-0", "Home-1", "GET /a/1", "GET /a/22", "Buy"];
const START: i64 = 1_700_000_000_000;

/// The parts of a row that options select by.
#[derive(Debug, Clone)]
struct Row {
    label: usize,
    start: i64,
    elapsed: i64,
    success: bool,
    is_controller: bool,
    threads: i64,
    position: u64,
}

impl Row {
    fn sample(&self) -> Sample<'static> {
        let is_controller = self.is_controller;
        let mut sample = Sample::default();
        sample.position = self.position;
        sample.time_stamp = START + self.start;
        sample.elapsed = self.elapsed;
        sample.latency = Some(self.elapsed);
        sample.label = LABELS[self.label].as_bytes();
        sample.response_code = if self.success { b"200" } else { b"500" };
        sample.response_message = match is_controller {
            true => b"Number of samples in transaction : 1, number of failing samples : 0",
            false => b"OK",
        };
        sample.thread_name = b"Users 1-1";
        sample.url = b"http://localhost/";
        sample.success = self.success;
        sample.bytes = Some(100);
        sample.sent_bytes = Some(10);
        sample.grp_threads = Some(self.threads);
        sample.all_threads = Some(self.threads);
        sample.error_count = u64::from(!self.success);
        sample
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0..LABELS.len(),
        0..9_000_i64,
        0..1_000_i64,
        any::<[bool; 2]>(),
        1..4_i64,
    );
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(
            |(at, (label, start, elapsed, [success, is_controller], threads))| Row {
                label,
                start,
                elapsed,
                success,
                is_controller,
                threads,
                position: at as u64 * 100,
            },
        )
        .collect()
    })
}

fn moment(text: &str) -> Option<Bound> {
    Some(Bound {
        text: text.to_owned(),
        moment: Moment::new(text, &TimeZone::UTC).unwrap(),
    })
}

/// Selections that together use every option except `--trim-ramp`, which may reject a run.
fn selections() -> Vec<Selection> {
    let plain = Selection::default;
    vec![
        plain(),
        Selection {
            from: moment("+2s"),
            to: moment("-1s"),
            ..plain()
        },
        Selection {
            only_success: Some(true),
            include: vec![regex("Home").unwrap(), regex("GET").unwrap()],
            exclude: vec![regex("-1$").unwrap()],
            ..plain()
        },
        Selection {
            controllers: Controllers::Exclude,
            ..plain()
        },
        Selection {
            controllers: Controllers::Only,
            group_by: GroupBy::new(r"(\w+) /\w").unwrap(),
            renames: vec![Rename::new(r"s/-\d+//").unwrap()],
            ..plain()
        },
        Selection {
            only_success: Some(false),
            group_by: GroupBy::Code,
            renames: vec![Rename::new("s/^/HTTP /").unwrap()],
            ..plain()
        },
    ]
}

/// The selection resolved by a first pass over `parts`, in this order.
fn settled(selection: Selection, parts: &[&[Row]]) -> Result<Choice, Unselectable> {
    let needs = selection.needs();
    let mut whole = Survey::new(needs);
    for part in parts {
        let mut survey = Survey::new(needs);
        part.iter().for_each(|row| survey.record(&row.sample()));
        whole.merge(&survey);
    }
    selection.settle(&whole, &TimeZone::UTC)
}

/// The aggregate of `parts`, each read by its own sink, and the number of rows each filter rejects.
fn read(choice: &Choice, parts: &[&[Row]]) -> (Aggregate, Vec<u64>) {
    let mut all = Aggregate::default();
    let mut left_out = vec![0; choice.filters()];
    for part in parts {
        let mut sink = Selected::new(choice, Aggregate::default());
        part.iter().for_each(|row| sink.record(&row.sample()));
        let parts = sink.into_parts();
        all.merge(parts.inner);
        left_out
            .iter_mut()
            .zip(&parts.filtered)
            .for_each(|(sum, filter)| *sum += filter.count);
    }
    (all, left_out)
}

fn rows_of(aggregate: &Aggregate) -> u64 {
    let labels = aggregate.labels();
    labels.iter().map(|label| label.all().rows).sum()
}

fn report(aggregate: &Aggregate) -> Report {
    checked(Report::new(&aggregate.clone().into(), Presentation::default()).unwrap())
}

/// The expected rows per label for each of the selections above.
fn expected(number: usize, rows: &[Row]) -> BTreeMap<String, u64> {
    let start = rows.iter().map(|row| row.start).min().unwrap();
    let end = rows
        .iter()
        .map(|row| row.start + row.elapsed)
        .max()
        .unwrap();
    let mut counts = BTreeMap::new();
    for row in rows {
        let label = LABELS[row.label];
        let counts_here = match number {
            0 => true,
            1 => row.start >= start + 2_000 && row.start < end - 1_000,
            2 => row.success && label != "Buy" && label != "Home-1",
            3 => !row.is_controller,
            4 => row.is_controller,
            _ => !row.success,
        };
        let name = match (number, label) {
            (4, "GET /a/1" | "GET /a/22") => "GET",
            (4, "Home-0" | "Home-1") => "Home",
            (5, _) => "HTTP 500",
            _ => label,
        };
        if counts_here {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

proptest! {
    // About 2,000 rows, of 6 labels: every option meets every kind of row many times.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_option_does_what_it_says(rows in rows()) {
        for (number, selection) in selections().into_iter().enumerate() {
            let Ok(choice) = settled(selection, &[&rows]) else {
                // The run is too short for the time range.
                prop_assert_eq!(number, 1);
                prop_assert!(expected(number, &rows).is_empty());
                continue;
            };
            let (kept, left_out) = read(&choice, &[&rows]);
            let counts: BTreeMap<String, u64> = kept
                .labels()
                .into_iter()
                .map(|label| (String::from_utf8_lossy(label.name).into_owned(), label.all().rows))
                .collect();
            prop_assert_eq!(counts, expected(number, &rows), "selection {}", number);
            let left_out: u64 = left_out.iter().sum();
            prop_assert_eq!(rows_of(&kept) + left_out, rows.len() as u64);
        }
    }

    #[test]
    fn parts_merge_in_any_order(rows in rows(), at in any::<prop::sample::Index>()) {
        let (first, second) = rows.split_at(at.index(rows.len() + 1));
        for selection in selections() {
            let whole = settled(selection.clone(), &[&rows]);
            let parts = settled(selection, &[second, &[], first]);
            prop_assert_eq!(whole.as_ref().err(), parts.as_ref().err());
            let (Ok(whole), Ok(parts)) = (whole, parts) else { continue };
            prop_assert_eq!(&whole.notes, &parts.notes);
            let (one, one_left_out) = read(&whole, &[&rows]);
            let (two, two_left_out) = read(&parts, &[second, &[], first]);
            prop_assert_eq!(one_left_out, two_left_out);
            prop_assert_eq!(report(&one), report(&two));
        }
    }

    #[test]
    fn a_single_group_equals_the_total(rows in rows()) {
        let selection = Selection {
            group_by: GroupBy::ThreadGroup,
            ..Selection::default()
        };
        let choice = settled(selection, &[&rows]).unwrap();
        let grouped = report(&read(&choice, &[&rows]).0);
        let plain = report(&read(&Choice::default(), &[&rows]).0);
        prop_assert_eq!(grouped.labels.len(), 1);
        let mut users = grouped.labels[0].clone();
        prop_assert_eq!(&users.label, "Users");
        users.label = "TOTAL".to_owned();
        prop_assert_eq!(&users, &plain.total);
        prop_assert_eq!(&users, &grouped.total);
    }

    #[test]
    fn complements_add_up_to_the_whole(rows in rows()) {
        let home = || vec![regex("Home").unwrap()];
        let pairs = [
            (
                Selection { only_success: Some(true), ..Selection::default() },
                Selection { only_success: Some(false), ..Selection::default() },
            ),
            (
                Selection { controllers: Controllers::Only, ..Selection::default() },
                Selection { controllers: Controllers::Exclude, ..Selection::default() },
            ),
            (
                Selection { include: home(), ..Selection::default() },
                Selection { exclude: home(), ..Selection::default() },
            ),
            (
                Selection { from: moment("+3s"), ..Selection::default() },
                Selection { to: moment("+3s"), ..Selection::default() },
            ),
        ];
        let plain = report(&read(&Choice::default(), &[&rows]).0);
        for (one, other) in pairs {
            let one = settled(one, &[&rows]).unwrap();
            let other = settled(other, &[&rows]).unwrap();
            let (mut both, _) = read(&one, &[&rows]);
            both.merge(read(&other, &[&rows]).0);
            prop_assert_eq!(&report(&both), &plain);
        }
    }
}
