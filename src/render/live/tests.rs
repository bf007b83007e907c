use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::jtl::{Sample, Sink};
use crate::report::{Presentation, Report};
use crate::stats::{Aggregate, NewestErrors, Recent};

/// Two minutes of three samples a second, of which one in 40 fails.
fn run(labels: &[&str], with_errors: bool) -> Live {
    let mut aggregate = Aggregate::default();
    let mut recent = Recent::default();
    let mut newest = NewestErrors::default();
    for number in 0..360_i64 {
        let success = !with_errors || number % 40 != 39;
        let sample = Sample {
            position: number as u64,
            time_stamp: 1_700_000_000_000 + number * 333,
            elapsed: 20 + number * 7 % 90 + number / 4,
            label: labels[number as usize % labels.len()].as_bytes(),
            response_code: if success { b"200" } else { b"503" },
            response_message: if success {
                b"OK"
            } else {
                b"Service Unavailable"
            },
            success,
            error_count: u64::from(!success),
            all_threads: Some(1 + number / 9),
            ..crate::stats::tests::sample()
        };
        aggregate.record(&sample);
        recent.record(&sample);
        newest.record(&sample);
    }
    let report = Report::new(&aggregate.into(), Presentation::default()).unwrap();
    Live::new(report, &recent, &newest)
}

fn drawn(view: &View<'_>, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    terminal.backend().clone()
}

fn view(live: Option<&Live>) -> View<'_> {
    View {
        name: "results.jtl",
        live,
        state: "live",
        is_warning: false,
        footer: "q ends and writes the report",
        first_label: 0,
        sort: None,
        has_colors: true,
    }
}

#[test]
fn a_small_and_a_large_terminal_show_the_run() {
    let live = run(&["Fibonacci", "IsPrime"], true);
    insta::assert_snapshot!("80x24", drawn(&view(Some(&live)), 80, 24));
    insta::assert_snapshot!("200x50", drawn(&view(Some(&live)), 200, 50));
    insta::assert_snapshot!("line", line(&live));
}

#[test]
fn many_labels_scroll_and_long_ones_are_cut() {
    let labels: Vec<String> = (0..40)
        .map(|number| format!("{number} GET /api/v1/customers/{{id}}/orders/{{order}}/items"))
        .collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let live = run(&labels, false);
    let view = View {
        first_label: 7,
        sort: Some(Sort::File),
        state: "no new row for 34 s",
        is_warning: true,
        ..view(Some(&live))
    };
    insta::assert_snapshot!("many-labels", drawn(&view, 80, 24));
}

#[test]
fn the_worst_of_many_labels_are_visible_until_another_order_is_chosen() {
    let labels: Vec<String> = (0..40).map(|number| format!("Page {number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    // Of 40 labels, only the last one fails.
    let live = run(&labels, true);
    let first_label = |sort| {
        let screen = drawn(
            &View {
                sort,
                ..view(Some(&live))
            },
            80,
            24,
        );
        let screen = screen.to_string();
        let mut lines = screen.lines().skip_while(|line| !line.contains("Label"));
        let line = lines.nth(1).unwrap_or_default().to_owned();
        line.split_whitespace()
            .find_map(|word| word.parse().ok())
            .unwrap_or(-1)
    };
    let labels = (0..).zip(&live.report.labels);
    let (slowest, _) = labels
        .clone()
        .max_by_key(|(number, label)| {
            let elapsed = label.elapsed.as_ref().unwrap();
            (elapsed.percentiles[2].value, std::cmp::Reverse(*number))
        })
        .unwrap();
    // All have as many samples.
    let mean = |label: &crate::report::LabelReport| label.elapsed.as_ref().unwrap().mean;
    let (busiest, _) = labels
        .max_by(|(_, a), (_, b)| mean(a).total_cmp(&mean(b)))
        .unwrap();
    assert_eq!(first_label(None), 39);
    let mut sort = None;
    let orders: Vec<i32> = (0..4)
        .map(|_| {
            sort = Some(Sort::next(sort));
            first_label(sort)
        })
        .collect();
    assert_eq!(orders, [39, slowest, busiest, 0]);
    assert_eq!(Sort::next(sort), Sort::Worst);
}

#[test]
fn every_size_can_be_drawn() {
    let live = run(&["Fibonacci", "IsPrime"], true);
    for width in [0, 1, 2, 10, 39, 80, 119, 120, 300] {
        for height in [0, 1, 2, 5, 9, 14, 19, 24, 100] {
            drawn(&view(Some(&live)), width, height);
            drawn(&view(None), width, height);
        }
    }
    insta::assert_snapshot!("40x12", drawn(&view(Some(&live)), 40, 12));
    insta::assert_snapshot!("waiting", drawn(&view(None), 60, 6));
}

#[test]
fn labels_cannot_drive_the_terminal() {
    let live = run(&["\u{1b}[31mred\u{202e}", "b\tc"], true);
    let screen = drawn(&view(Some(&live)), 80, 24).to_string();
    assert!(screen.contains("␛[31mred⟨U+202E⟩"), "{screen}");
    let is_unsafe = |letter| letter != '\n' && crate::render::text::is_unsafe(letter);
    assert!(!screen.contains(is_unsafe), "{screen}");
}

#[test]
fn without_colors_there_are_none() {
    let live = run(&["Fibonacci"], true);
    let colors = |has_colors| {
        let view = View {
            has_colors,
            ..view(Some(&live))
        };
        let screen = drawn(&view, 80, 24);
        let cells = screen.buffer().content.iter();
        cells.filter(|cell| cell.fg != Color::Reset).count()
    };
    assert_eq!(colors(false), 0);
    assert_ne!(colors(true), 0);
}
