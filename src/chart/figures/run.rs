//! Builds series over time of one run, for its figures.

use std::ops::RangeInclusive;

use super::names::LabelNames;
use super::{TimesAxis, busiest, panel, which_labels};
use crate::chart::model::{Arrangement, Axis, Figure, Mark, Section, Series};
use crate::chart::{palette, scale};
use crate::format;
use crate::report::{LabelSeries, Report, TimeSeries, Window};

/// Share of the first or last bucket that the run must cover for a rate of its own: less is mostly noise,
/// so that its samples count with those of the next or previous bucket.
const MIN_COVERAGE: f64 = 0.2;

/// Number of buckets up to which each counts, however short.
const FEW_BUCKETS: usize = 20;

/// Points of a line; gaps separate the pieces.
pub type Pieces = Vec<Vec<(f64, f64)>>;

/// A run with its time series.
pub struct Run<'a> {
    pub report: &'a Report,
    pub series: &'a TimeSeries,
    pub window: Window,
    pub names: &'a LabelNames,
}

/// The texts of a figure.
pub struct Words<'a> {
    pub slug: &'static str,
    pub section: Section,
    pub title: &'a str,
    /// What is counted and how; the width of a bucket and the start of the run follow it.
    pub what: &'a str,
    pub description: String,
}

impl<'a> Run<'a> {
    /// Takes the time series of a report; `None` if the run has no duration.
    pub fn of(report: &'a Report, names: &'a LabelNames) -> Option<Self> {
        let window = report.window.filter(|window| window.duration_ms() > 0)?;
        Some(Run {
            report,
            series: report.time_series.as_ref()?,
            window,
            names,
        })
    }

    /// Builds a figure of series over time.
    pub fn figure(&self, words: Words<'_>, y: Axis, series: Vec<Series>) -> Figure {
        Figure {
            slug: words.slug,
            section: words.section,
            title: words.title.to_owned(),
            subtitle: self.subtitle(words.what),
            description: words.description,
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![panel(self.time_axis(), y, series)],
        }
    }

    /// Writes what is counted, the width of a bucket, and when the run started.
    pub fn subtitle(&self, what: &str) -> String {
        format!(
            "{what} {}; start {}",
            self.bucket(),
            format::utc(self.window.start_ms)
        )
    }

    /// Says for a subtitle which columns of these figures only some samples have; empty if all have
    /// them.
    pub fn partial(&self, figures: &[&str]) -> String {
        let total = &self.report.total;
        let partial = figures.iter().filter_map(|figure| total.partial(figure));
        partial.fold(String::new(), |words, partial| {
            words + &partial.in_words() + "; "
        })
    }

    /// Builds the axis of time that all figures share.
    pub fn time_axis(&self) -> Axis {
        scale::elapsed_time(self.window.duration_ms())
    }

    /// Builds a figure of a mean time with one line per label.
    pub fn by_label(
        &self,
        words: Words<'_>,
        axis: &str,
        of: fn(&LabelSeries) -> &[Option<f64>],
    ) -> Option<Figure> {
        let labels = self.labels();
        let values = labels.iter().flat_map(|label| of(label));
        let axis = TimesAxis::of(axis, values.flatten().copied());
        let series = self.lines(|label| {
            self.pieces(|bucket| Some(axis.place(of(label).get(bucket).copied().flatten()?)))
        });
        let has_points = series.iter().any(|series| !series.pieces.is_empty());
        let what = format!("{}{}", which_labels(self.report, self.names), words.what);
        let words = Words {
            what: &what,
            ..words
        };
        has_points.then(|| self.figure(words, axis.axis, series))
    }

    /// Builds one line per label that is drawn.
    pub fn lines(&self, pieces: impl Fn(&LabelSeries) -> Pieces) -> Vec<Series> {
        let labels = self.labels().into_iter().enumerate();
        labels
            .map(|(number, label)| self.series(&label.label, number, pieces(label)))
            .collect()
    }

    /// Builds the line of a label.
    pub fn series(&self, label: &str, color: usize, pieces: Pieces) -> Series {
        let (name, full) = self.names.of_label(label);
        Series {
            name,
            full,
            color,
            mark: Mark::Line,
            pieces,
        }
    }

    /// Returns the busiest labels in the order and with the colours that they have in all figures.
    pub fn labels(&self) -> Vec<&'a LabelSeries> {
        let busiest = busiest(self.report);
        let all = self.series.labels.iter();
        let mut found: Vec<&LabelSeries> = all
            .filter(|series| busiest.iter().any(|label| label.label == series.label))
            .collect();
        found.truncate(palette::PALETTE_SIZE);
        found
    }

    /// Returns the width of a bucket in words: "1 s".
    pub fn bucket(&self) -> String {
        let seconds = self.series.bucket_ms as f64 / 1000.0;
        match self.series.bucket_ms {
            0..60_000 => format!("{seconds} s"),
            60_000..3_600_000 => format!("{} min", seconds / 60.0),
            _ => format!("{} h", seconds / 3600.0),
        }
    }

    /// Places points at the middle of the part of each bucket that the run covers; a bucket without a
    /// value ends a piece.
    pub fn pieces(&self, value: impl Fn(usize) -> Option<f64>) -> Pieces {
        let mut pieces = vec![Vec::new()];
        for bucket in 0..self.series.len() {
            let (from, to) = self.covered(bucket);
            // Of many buckets, a short one at either end is mostly noise.
            let is_shown = self.series.len() <= FEW_BUCKETS || self.rated(bucket).is_some();
            match is_shown.then(|| value(bucket)).flatten() {
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

    /// Turns counts by bucket into rates per second. Every count is part of exactly one rate.
    pub fn rates(&self, counts: &[u64]) -> Pieces {
        self.pieces(|bucket| self.rate(bucket, counts))
    }

    /// Returns the rate per second within the part of a bucket that the run covers; `None` if the run
    /// covers too little of it, whose samples then count in the rate of its neighbour.
    pub fn rate(&self, bucket: usize, counts: &[u64]) -> Option<f64> {
        let buckets = self.rated(bucket)?;
        let (from, to) = self.spanned(&buckets);
        let count = counts.get(buckets)?.iter().sum::<u64>() as f64;
        (to > from).then(|| count / (to - from) * 1000.0)
    }

    /// Returns the sum of counts that belong to a bucket's rate; `None` where [`Run::rate`] is.
    pub fn count(&self, bucket: usize, counts: &[u64]) -> Option<u64> {
        Some(counts.get(self.rated(bucket)?)?.iter().sum())
    }

    /// Returns the buckets that a bucket's rate is of: usually itself alone; `None` if it counts with its
    /// neighbour.
    fn rated(&self, bucket: usize) -> Option<RangeInclusive<usize>> {
        let last = self.series.len().checked_sub(1)?;
        let min = MIN_COVERAGE * self.series.bucket_ms as f64;
        let is_short = |bucket| {
            let (from, to) = self.covered(bucket);
            to - from < min
        };
        let first_rated = usize::from(last > 0 && is_short(0));
        let last_rated = match last > first_rated && is_short(last) {
            true => last - 1,
            false => last,
        };
        let from = if bucket == first_rated { 0 } else { bucket };
        let to = if bucket == last_rated { last } else { bucket };
        (first_rated..=last_rated)
            .contains(&bucket)
            .then_some(from..=to)
    }

    /// Returns the part of some buckets that the run covers, in ms since its start.
    fn spanned(&self, buckets: &RangeInclusive<usize>) -> (f64, f64) {
        (
            self.covered(*buckets.start()).0,
            self.covered(*buckets.end()).1,
        )
    }

    /// Returns the part of a bucket that the run covers, in ms since its start.
    pub fn covered(&self, bucket: usize) -> (f64, f64) {
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

/// Returns the largest value of all pieces, at least 0.
pub fn highest<'p>(pieces: impl IntoIterator<Item = &'p Vec<(f64, f64)>>) -> f64 {
    let values = pieces.into_iter().flatten().map(|(_, value)| *value);
    values.fold(0.0, f64::max)
}

/// Returns the largest value of all series, at least 0.
pub fn highest_of(series: &[Series]) -> f64 {
    highest(series.iter().flat_map(|series| &series.pieces))
}
