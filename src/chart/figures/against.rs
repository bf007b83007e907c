//! Response times against load: one point per bucket of time.

use super::run::{Run, Words};
use super::{TimesAxis, panel, which_labels};
use crate::chart::model::{Arrangement, Axis, Figure, Mark, Section, Series};
use crate::chart::{palette, scale};

/// Builds these figures.
pub fn figures(run: &Run<'_>) -> Vec<Figure> {
    let mut figures = vec![response_time(run)];
    figures.extend(latency(run));
    figures.extend(threads(run));
    figures
}

/// Builds the figure of median response times against samples per second, for successes and failures.
fn response_time(run: &Run<'_>) -> Figure {
    let medians = [
        ("succeeded", palette::OK, &run.series.ok_median),
        ("failed", palette::KO, &run.series.ko_median),
    ];
    let values = medians.iter().flat_map(|(_, _, values)| values.iter());
    let axis = TimesAxis::of(
        "median response time",
        values.flatten().map(|&value| value as f64),
    );
    let rates = rates(run);
    let mut series = Vec::from(medians.map(|(name, color, values)| Series {
        name: name.to_owned(),
        color,
        mark: Mark::Points,
        full: None,
        pieces: points(&rates, |bucket| {
            Some(axis.place(values.get(bucket).copied().flatten()? as f64))
        }),
    }));
    series.retain(|series| !series.pieces.is_empty());
    let words = Words {
        slug: "response-time-against-throughput",
        section: Section::Throughput,
        title: "Response time against throughput",
        what: "median; one point per",
        description: "Median response time against samples per second.".to_owned(),
    };
    figure(run, words, rate_axis(&rates), axis.axis, series)
}

/// Builds the figure of mean latency against samples per second; `None` if the results lack latency.
fn latency(run: &Run<'_>) -> Option<Figure> {
    let latency = &run.series.total.latency_mean;
    let axis = TimesAxis::of("mean latency", latency.iter().flatten().copied());
    let rates = rates(run);
    let series = vec![Series {
        name: "latency".to_owned(),
        color: palette::OK,
        mark: Mark::Points,
        full: None,
        pieces: points(&rates, |bucket| {
            Some(axis.place(latency.get(bucket).copied().flatten()?))
        }),
    }];
    let words = Words {
        slug: "latency-against-throughput",
        section: Section::Throughput,
        title: "Latency against throughput",
        what: &format!("{}mean; one point per", run.partial(&["latency"])),
        description: "Mean latency against samples per second.".to_owned(),
    };
    (!latency.is_empty()).then(|| figure(run, words, rate_axis(&rates), axis.axis, series))
}

/// Builds the figure of mean response time by label against active threads; `None` if the results lack
/// threads.
fn threads(run: &Run<'_>) -> Option<Figure> {
    let threads = &run.series.active_threads;
    let labels = run.labels();
    let values = labels
        .iter()
        .flat_map(|label| &label.activity.elapsed_mean)
        .flatten();
    let axis = TimesAxis::of("mean response time", values.copied());
    let mut series = run.lines(|label| {
        points(threads, |bucket| {
            let mean = label.activity.elapsed_mean.get(bucket).copied().flatten()?;
            Some(axis.place(mean))
        })
    });
    for one in &mut series {
        one.mark = Mark::Points;
    }
    let most = threads.iter().flatten().copied().fold(0.0, f64::max);
    let what = format!(
        "{}{}mean by label; one point per",
        run.partial(&["active_threads"]),
        which_labels(run.report, run.names)
    );
    let words = Words {
        slug: "response-time-against-threads",
        section: Section::ResponseTimes,
        title: "Response time against active threads",
        what: &what,
        description: format!(
            "Mean response time by label against active threads, up to {}.",
            scale::grouped(most, 0)
        ),
    };
    let x = scale::linear("active threads", most);
    (!threads.is_empty() && !series.is_empty()).then(|| figure(run, words, x, axis.axis, series))
}

fn figure(run: &Run<'_>, words: Words<'_>, x: Axis, y: Axis, series: Vec<Series>) -> Figure {
    Figure {
        slug: words.slug,
        section: words.section,
        title: words.title.to_owned(),
        subtitle: run.subtitle(words.what),
        description: words.description,
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: vec![panel(x, y, series)],
    }
}

/// Returns the number of samples that ended per second, by bucket.
fn rates(run: &Run<'_>) -> Vec<Option<f64>> {
    let total = &run.series.total;
    let all: Vec<u64> = total
        .ok
        .iter()
        .zip(&total.ko)
        .map(|(ok, ko)| ok + ko)
        .collect();
    (0..all.len())
        .map(|bucket| run.rate(bucket, &all))
        .collect()
}

fn rate_axis(rates: &[Option<f64>]) -> Axis {
    let most = rates.iter().flatten().copied().fold(0.0, f64::max);
    scale::linear("samples per second", most)
}

/// Returns all points as one piece, in the order of time.
fn points(x: &[Option<f64>], y: impl Fn(usize) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<(f64, f64)> = x
        .iter()
        .enumerate()
        .filter_map(|(bucket, x)| Some(((*x)?, y(bucket)?)))
        .collect();
    if points.is_empty() {
        Vec::new()
    } else {
        vec![points]
    }
}
