//! From a report to its figures.

use std::cmp::Reverse;

use super::histogram::Bins;
use super::model::{Axis, Figure, Kind, Panel, Series};
use super::palette;
use super::scale;
use crate::report::{LabelReport, Report, TimeSeries, Window};
use crate::units;

/// Colours of the percentiles over time, lowest first: they must differ from their neighbours.
const PERCENTILE_COLORS: [usize; 8] = [0, 2, 4, 1, 3, 5, 6, 7];

/// A range above this is drawn on a logarithmic axis, or the usual values would be one flat line.
const MOST_LINEAR_RANGE: f64 = 30.0;

/// Part of a bucket that the run must cover for a rate to be drawn: less is mostly noise.
const LEAST_COVERAGE: f64 = 0.3;

/// The share of samples, in percent, that a distribution shows; the rest is a tail without form.
const DISTRIBUTION_SHOWS: f64 = 99.5;

/// All figures of a report; none without samples.
pub fn figures(report: &Report) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let (Some(series), Some(window)) = (&report.time_series, report.window)
        && window.duration_ms() > 0
    {
        let run = Run { series, window };
        figures.push(run.percentiles());
        figures.push(run.throughput());
        figures.extend(run.threads());
    }
    figures.extend(distribution(report));
    figures
}

/// A run over time.
struct Run<'a> {
    series: &'a TimeSeries,
    window: Window,
}

impl Run<'_> {
    fn percentiles(&self) -> Figure {
        let all = || {
            self.series
                .percentiles
                .iter()
                .flat_map(|series| &series.values)
        };
        let max = all().flatten().copied().max().unwrap_or(0) as f64;
        let axis = ResponseTimeAxis::for_values(typical(all().flatten().copied()), max);
        let series = self
            .series
            .percentiles
            .iter()
            .enumerate()
            .map(|(number, percentile)| Series {
                name: ordinal(percentile.percent.percent()),
                color: PERCENTILE_COLORS[number % PERCENTILE_COLORS.len()],
                kind: Kind::Line,
                pieces: self.pieces(|bucket| {
                    let value = percentile.values.get(bucket).copied().flatten()?;
                    Some(axis.place(value as f64))
                }),
            })
            .collect();
        self.figure(
            "response-time-percentiles-over-time",
            "Response time percentiles over time",
            &format!(
                "successful samples by the time they ended, percentiles of each {}",
                self.bucket()
            ),
            format!(
                "Response time percentiles of successful samples over time; the largest is {} ms.",
                scale::grouped(max, 0)
            ),
            axis.axis,
            series,
        )
    }

    fn throughput(&self) -> Figure {
        let rate = |counts: &[u64]| self.pieces(|bucket| self.rate(bucket, counts));
        let (ok, ko) = (rate(&self.series.ok), rate(&self.series.ko));
        let max = highest(ok.iter().chain(&ko));
        let failed: u64 = self.series.ko.iter().sum();
        let all: u64 = failed + self.series.ok.iter().sum::<u64>();
        let (name, told) = match failed {
            0 => ("failed (none)".to_owned(), "none failed".to_owned()),
            _ => (
                "failed".to_owned(),
                format!("{} failed", scale::grouped(failed as f64, 0)),
            ),
        };
        let mut series = vec![Series {
            name: "succeeded".to_owned(),
            color: palette::OK,
            kind: Kind::Area,
            pieces: ok,
        }];
        series.push(Series {
            name,
            color: palette::KO,
            kind: Kind::Line,
            pieces: if failed == 0 { Vec::new() } else { ko },
        });
        self.figure(
            "throughput-and-errors-over-time",
            "Throughput and errors over time",
            &format!(
                "samples by the time they ended, mean of each {}",
                self.bucket()
            ),
            format!(
                "Samples per second over time, up to {}; of {} samples {told}.",
                scale::grouped(max, 1),
                scale::grouped(all as f64, 0)
            ),
            scale::linear("samples per second", max),
            series,
        )
    }

    /// Active threads; `None` where the results do not tell.
    fn threads(&self) -> Option<Figure> {
        let threads = &self.series.active_threads;
        if threads.is_empty() {
            return None;
        }
        let pieces = self.pieces(|bucket| threads.get(bucket).copied().flatten());
        let max = highest(&pieces);
        Some(self.figure(
            "active-threads-over-time",
            "Active threads over time",
            &format!(
                "JMeter threads (users) at the end of each sample, mean of each {}",
                self.bucket()
            ),
            format!(
                "Active threads over time, up to {}.",
                scale::grouped(max, 0)
            ),
            scale::linear("active threads", max),
            vec![Series {
                name: "active threads".to_owned(),
                color: 2,
                kind: Kind::Area,
                pieces,
            }],
        ))
    }

    fn figure(
        &self,
        slug: &'static str,
        title: &str,
        what: &str,
        description: String,
        y: Axis,
        series: Vec<Series>,
    ) -> Figure {
        Figure {
            slug,
            title: title.to_owned(),
            subtitle: format!("{what}; start {}", units::utc(self.window.start_ms)),
            description,
            panels: vec![Panel {
                title: None,
                x: scale::elapsed_time(self.window.duration_ms()),
                y,
                series,
            }],
        }
    }

    /// The width of a bucket in words: "1 s".
    fn bucket(&self) -> String {
        let seconds = self.series.bucket_ms as f64 / 1000.0;
        match self.series.bucket_ms {
            0..60_000 => format!("{seconds} s"),
            60_000..3_600_000 => format!("{} min", seconds / 60.0),
            _ => format!("{} h", seconds / 3600.0),
        }
    }

    /// Points at the middle of each bucket, in pieces where buckets without a value lie between.
    fn pieces(&self, value: impl Fn(usize) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
        let mut pieces = vec![Vec::new()];
        for bucket in 0..self.series.len() {
            let (from, to) = self.covered(bucket);
            match value(bucket) {
                Some(value) if value.is_finite() => {
                    if let Some(piece) = pieces.last_mut() {
                        piece.push(((from + to) / 2.0, value));
                    }
                }
                _ => pieces.push(Vec::new()),
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// Samples per second of the part of a bucket that the run covers.
    fn rate(&self, bucket: usize, counts: &[u64]) -> Option<f64> {
        let (from, to) = self.covered(bucket);
        let is_enough = to - from >= LEAST_COVERAGE * self.series.bucket_ms as f64;
        let count = *counts.get(bucket)? as f64;
        ((is_enough || self.series.len() == 1) && to > from).then(|| count / (to - from) * 1000.0)
    }

    /// The part of a bucket that the run covers, in ms since its start.
    fn covered(&self, bucket: usize) -> (f64, f64) {
        let width = self.series.bucket_ms as f64;
        let duration = self.window.duration_ms() as f64;
        let first = self.series.start_ms.saturating_sub(self.window.start_ms) as f64;
        let from = first + bucket as f64 * width;
        (
            from.clamp(0.0, duration),
            (from + width).clamp(0.0, duration),
        )
    }
}

/// The percentile curve and the distribution of every label; `None` without samples.
fn distribution(report: &Report) -> Option<Figure> {
    let labels = busiest(report);
    let total = report.total.elapsed.as_ref()?;
    let values = || labels.iter().flat_map(|label| &label.distribution);
    let max = values().map(|(value, _)| *value).max()?.max(0) as f64;
    let axis = ResponseTimeAxis::for_values(at_share(&report.total, 50.0) as f64, max);
    let shown = labels
        .iter()
        .map(|label| at_share(label, DISTRIBUTION_SHOWS))
        .max()?;
    let bins = Bins::up_to(shown);
    let of_label = |number: usize, kind: Kind, points: Vec<(f64, f64)>| Series {
        name: elided(&labels[number].label),
        color: number,
        kind,
        pieces: vec![points],
    };
    let curves = labels
        .iter()
        .enumerate()
        .map(|(number, label)| of_label(number, Kind::Line, percentile_curve(label, &axis)));
    let shares: Vec<Vec<f64>> = labels
        .iter()
        .map(|label| bins.shares(&label.distribution))
        .collect();
    let outlines = shares
        .iter()
        .enumerate()
        .map(|(number, shares)| of_label(number, Kind::Area, outline(bins, shares)));
    let highest_share = shares.iter().flatten().copied().fold(0.0, f64::max);
    let samples = labels.iter().map(|label| label.samples).max()?;
    let which = match report.label_count {
        all if all > labels.len() as u64 => format!(
            "the {} busiest of {} labels; ",
            labels.len(),
            units::thousands(all)
        ),
        _ => String::new(),
    };
    Some(Figure {
        slug: "response-time-distribution",
        title: "Response times by label".to_owned(),
        subtitle: format!(
            "{which}all samples; distribution up to the {DISTRIBUTION_SHOWS}th percentile, the slowest took {} ms",
            scale::grouped(total.max as f64, 0)
        ),
        description: format!(
            "Percentile curve and distribution of response times by label, from {} to {} ms.",
            scale::grouped(total.min as f64, 0),
            scale::grouped(total.max as f64, 0)
        ),
        panels: vec![
            Panel {
                title: Some("Percentiles".to_owned()),
                x: scale::percentiles(samples),
                y: axis.axis.clone(),
                series: curves.collect(),
            },
            Panel {
                title: Some("Distribution".to_owned()),
                x: scale::linear("response time (ms)", bins.start(bins.count) as f64),
                y: scale::linear(
                    &format!("% of samples per {} ms", bins.width),
                    highest_share,
                ),
                series: outlines.collect(),
            },
        ],
    })
}

/// The labels with the most samples, as many as there are colours, in their order in the report.
fn busiest(report: &Report) -> Vec<&LabelReport> {
    let mut labels: Vec<(usize, &LabelReport)> = report
        .labels
        .iter()
        .enumerate()
        .filter(|(_, label)| !label.distribution.is_empty())
        .collect();
    labels.sort_by_key(|(number, label)| (Reverse(label.samples), *number));
    labels.truncate(palette::COLORS_THERE_ARE);
    labels.sort_by_key(|(number, _)| *number);
    labels.into_iter().map(|(_, label)| label).collect()
}

/// A label's values against the share of samples that do not exceed them, as steps.
fn percentile_curve(label: &LabelReport, axis: &ResponseTimeAxis) -> Vec<(f64, f64)> {
    let all: u64 = label.distribution.iter().map(|(_, count)| count).sum();
    let mut curve = Vec::new();
    let mut below = 0;
    for &(value, count) in &label.distribution {
        // The largest value is reached by the last sample, not by 100%, which has no place.
        let reached = (below + count).min(all.saturating_sub(1));
        let y = axis.place(value as f64);
        curve.push((scale::nines(below.min(reached) as f64 / all as f64), y));
        curve.push((scale::nines(reached as f64 / all as f64), y));
        below += count;
    }
    curve
}

/// The outline of bins, as steps.
fn outline(bins: Bins, shares: &[f64]) -> Vec<(f64, f64)> {
    shares
        .iter()
        .enumerate()
        .flat_map(|(bin, &share)| {
            [
                (bins.start(bin) as f64, share),
                (bins.start(bin + 1) as f64, share),
            ]
        })
        .collect()
}

/// The value that so many percent of a label's samples do not exceed.
fn at_share(label: &LabelReport, percent: f64) -> i64 {
    let all: u64 = label.distribution.iter().map(|(_, count)| count).sum();
    let rank = (all as f64 * percent / 100.0).ceil() as u64;
    let mut seen = 0;
    label
        .distribution
        .iter()
        .find(|(_, count)| {
            seen += count;
            seen >= rank
        })
        .map_or(0, |(value, _)| *value)
}

/// The vertical axis of response times: linear, or logarithmic where the range is wide.
struct ResponseTimeAxis {
    axis: Axis,
    is_logarithmic: bool,
}

impl ResponseTimeAxis {
    fn for_values(typical: f64, max: f64) -> Self {
        let is_logarithmic = max > typical.max(1.0) * MOST_LINEAR_RANGE;
        let axis = if is_logarithmic {
            scale::logarithmic("response time (ms), logarithmic", 1.0, max)
        } else {
            scale::linear("response time (ms)", max)
        };
        ResponseTimeAxis {
            axis,
            is_logarithmic,
        }
    }

    /// Where a value is on the axis; what lies below its start is drawn at its start.
    fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            value.max(1.0).log10()
        } else {
            value
        };
        place.clamp(self.axis.min, self.axis.max)
    }
}

/// The middle of some values; 0 without any.
fn typical(values: impl Iterator<Item = i64>) -> f64 {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values
        .get(values.len() / 2)
        .map_or(0.0, |&value| value as f64)
}

fn highest<'a>(pieces: impl IntoIterator<Item = &'a Vec<(f64, f64)>>) -> f64 {
    let values = pieces.into_iter().flatten().map(|(_, value)| *value);
    values.fold(0.0, f64::max)
}

/// "50th percentile".
fn ordinal(percent: f64) -> String {
    let ending = match percent {
        _ if percent.fract() != 0.0 => "th",
        _ => match (percent as u32 % 10, percent as u32 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        },
    };
    format!("{percent}{ending} percentile")
}

/// A name of at most 32 characters, its middle left out: labels often differ at both ends.
fn elided(name: &str) -> String {
    const HALF: usize = 15;
    let letters: Vec<char> = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if letters.len() <= 2 * HALF + 2 {
        return letters.into_iter().collect();
    }
    let (head, tail) = (&letters[..HALF], &letters[letters.len() - HALF..]);
    head.iter().chain(&['…']).chain(tail).collect()
}
