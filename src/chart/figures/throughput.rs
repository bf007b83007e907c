//! Figures of requests and responses per second.

use super::names::elided;
use super::run::{Run, Words, highest_of};
use super::which_labels;
use crate::chart::model::{Figure, Mark, Section, Series};
use crate::chart::{palette, scale};
use crate::report::{Activity, CodeSeries, LabelSeries};

const THROUGHPUT: Section = Section::Throughput;

/// Builds the figures of this section.
pub fn figures(run: &Run<'_>) -> Vec<Figure> {
    let mut figures = vec![total(run)];
    figures.extend(error_rate(run));
    figures.push(hits(run));
    figures.extend(codes(run));
    figures.extend(by_label(run));
    figures
}

/// Builds the figure of samples per second, successes and failures.
fn total(run: &Run<'_>) -> Figure {
    let total = &run.series.total;
    let failed: u64 = total.ko.iter().sum();
    let all: u64 = failed + total.ok.iter().sum::<u64>();
    let (name, outcome) = match failed {
        0 => ("failed (none)".to_owned(), "none failed".to_owned()),
        _ => (
            "failed".to_owned(),
            format!("{} failed", scale::grouped(failed as f64, 0)),
        ),
    };
    let series = vec![
        Series {
            name: "succeeded".to_owned(),
            color: palette::OK,
            mark: Mark::Area,
            full: None,
            pieces: run.rates(&total.ok),
        },
        Series {
            name,
            color: palette::KO,
            mark: Mark::Line,
            full: None,
            pieces: match failed {
                0 => Vec::new(),
                _ => run.rates(&total.ko),
            },
        },
    ];
    let max = highest_of(&series);
    let words = Words {
        slug: "throughput-and-errors-over-time",
        section: THROUGHPUT,
        title: "Throughput and errors over time",
        what: "samples by end time, mean per",
        description: format!(
            "Samples per second over time, up to {}; of {} samples {outcome}.",
            scale::grouped(max, 1),
            scale::grouped(all as f64, 0)
        ),
    };
    run.figure(words, scale::linear("samples per second", max), series)
}

/// Builds the figure of the share of failures over time, of all samples and of the labels with most
/// failures; `None` if none failed.
fn error_rate(run: &Run<'_>) -> Option<Figure> {
    let share = |activity: &Activity| {
        run.pieces(|bucket| {
            let (ok, ko) = (
                run.count(bucket, &activity.ok)?,
                run.count(bucket, &activity.ko)?,
            );
            (ok + ko > 0).then(|| ko as f64 / (ok + ko) as f64 * 100.0)
        })
    };
    let failed = |activity: &Activity| activity.ko.iter().sum::<u64>();
    let mut labels: Vec<&LabelSeries> = run.series.labels.iter().collect();
    labels.retain(|label| failed(&label.activity) > 0);
    let with_failures = labels.len();
    labels.sort_by_key(|label| std::cmp::Reverse(failed(&label.activity)));
    labels.truncate(palette::PALETTE_SIZE - 1);
    let is_single = run.series.labels.len() < 2;
    let labels = labels.into_iter().filter(|_| !is_single).enumerate();
    let labels = labels.map(|(at, label)| {
        // The colour of failures is that of all.
        let color = if at == 0 { palette::OK } else { at + 1 };
        run.series(&label.label, color, share(&label.activity))
    });
    let total = Series {
        name: "all samples".to_owned(),
        full: None,
        color: palette::KO,
        mark: Mark::Area,
        pieces: share(&run.series.total),
    };
    let series: Vec<Series> = [total].into_iter().chain(labels).collect();
    let what = match with_failures >= palette::PALETTE_SIZE {
        true => format!(
            "the {} labels with most failures; failed samples by end time, per",
            palette::PALETTE_SIZE - 1
        ),
        false => "failed samples by end time, per".to_owned(),
    };
    let words = Words {
        slug: "error-rate-over-time",
        section: THROUGHPUT,
        title: "Error rate over time",
        what: &format!("{}{what}", run.names.note()),
        description: format!(
            "Share of failed samples over time, up to {}%.",
            scale::grouped(highest_of(&series), 1)
        ),
    };
    let axis = scale::linear("% of samples that failed", highest_of(&series));
    (failed(&run.series.total) > 0).then(|| run.figure(words, axis, series))
}

fn hits(run: &Run<'_>) -> Figure {
    let series = vec![Series {
        name: "hits".to_owned(),
        color: palette::OK,
        mark: Mark::Area,
        full: None,
        pieces: run.rates(&run.series.hits),
    }];
    let max = highest_of(&series);
    let words = Words {
        slug: "hits-per-second",
        section: THROUGHPUT,
        title: "Hits per second",
        what: "samples by start time, mean per",
        description: format!(
            "Samples started per second over time, up to {}.",
            scale::grouped(max, 1)
        ),
    };
    run.figure(words, scale::linear("hits per second", max), series)
}

/// Builds the figure of response codes per second; `None` if the results lack them.
fn codes(run: &Run<'_>) -> Option<Figure> {
    let mut codes: Vec<&CodeSeries> = run.series.codes.iter().collect();
    let all = codes.len();
    codes.sort_by_key(|code| std::cmp::Reverse(code.samples.iter().sum::<u64>()));
    codes.truncate(palette::PALETTE_SIZE);
    let series: Vec<Series> = codes
        .iter()
        .enumerate()
        .map(|(number, code)| Series {
            name: match code.code.as_str() {
                "" => "no code".to_owned(),
                code => elided(
                    code.strip_prefix("Non HTTP response code: ")
                        .unwrap_or(code),
                ),
            },
            color: number,
            mark: Mark::Line,
            full: None,
            pieces: run.rates(&code.samples),
        })
        .collect();
    let which = match all > codes.len() {
        true => format!("the {} most frequent of {all} codes; ", codes.len()),
        false => String::new(),
    };
    let max = highest_of(&series);
    let what = format!("{which}samples by end time, mean per");
    let words = Words {
        slug: "response-codes-per-second",
        section: THROUGHPUT,
        title: "Response codes per second",
        what: &what,
        description: format!(
            "Samples per second by response code over time, up to {}.",
            scale::grouped(max, 1)
        ),
    };
    (all > 0).then(|| run.figure(words, scale::linear("responses per second", max), series))
}

/// Builds the figure of transactions per second by label; `None` without labels.
fn by_label(run: &Run<'_>) -> Option<Figure> {
    let series = run.lines(|label| {
        let activity = &label.activity;
        let all: Vec<u64> = activity
            .ok
            .iter()
            .zip(&activity.ko)
            .map(|(ok, ko)| ok + ko)
            .collect();
        run.rates(&all)
    });
    let max = highest_of(&series);
    let what = format!(
        "{}samples by end time, mean per",
        which_labels(run.report, run.names)
    );
    let words = Words {
        slug: "transactions-per-second",
        section: THROUGHPUT,
        title: "Transactions per second by label",
        what: &what,
        description: format!(
            "Samples per second by label over time, up to {}.",
            scale::grouped(max, 1)
        ),
    };
    (!series.is_empty())
        .then(|| run.figure(words, scale::linear("samples per second", max), series))
}
