//! Bars by label or by type of error.

use super::names::{LabelNames, elided};
use super::{panel, which_of};
use crate::chart::model::{Arrangement, Axis, Figure, Mark, Scale, Section, Series, Tick};
use crate::chart::{palette, scale};
use crate::format::{brief_percent, shorten_middle};
use crate::report::{LabelReport, Report, TOTAL};

/// Maximum number of bars beside that of all.
pub const MAX_BARS: usize = 12;

/// Length of the longest name shown on hover, in characters.
const MAX_FULL: usize = 300;

/// A bar: its name, the text behind the name, and the length of each of its parts.
pub struct Bar {
    /// Name.
    pub name: String,
    /// The whole name, if that is longer.
    pub full: Option<String>,
    /// What stands behind the name.
    pub value: String,
    /// Lengths, one per series.
    pub parts: Vec<f64>,
}

/// The bars of the first of these labels.
fn of_labels(
    labels: &[&LabelReport],
    names: &LabelNames,
    of: impl Fn(&LabelReport) -> (String, Vec<f64>),
) -> Vec<Bar> {
    let bars = labels.iter().take(MAX_BARS).map(|label| {
        let (name, full) = names.of_label(&label.label);
        let (value, parts) = of(label);
        Bar {
            name,
            full,
            value,
            parts,
        }
    });
    bars.collect()
}

/// Builds the axis of names and the series of bars, from top to bottom.
pub fn series(bars: &[Bar], title: &str, parts: &[(&str, usize)]) -> (Axis, Vec<Series>) {
    let count = bars.len() as f64;
    let place = |number: usize| count - 1.0 - number as f64;
    let ticks = bars.iter().enumerate().map(|(number, bar)| Tick {
        at: place(number),
        text: format!("{}  {}", bar.name, bar.value).trim_end().to_owned(),
        full: bar.full.clone(),
    });
    let axis = Axis {
        label: title.to_owned(),
        scale: Scale::Names,
        min: -0.5,
        max: count - 0.5,
        ticks: ticks.collect(),
    };
    let series = parts.iter().enumerate().map(|(part, &(name, color))| {
        let lengths = bars.iter().enumerate();
        let lengths =
            lengths.filter_map(|(number, bar)| Some((*bar.parts.get(part)?, place(number))));
        Series {
            name: name.to_owned(),
            full: None,
            color,
            mark: Mark::Bars,
            pieces: vec![lengths.collect()],
        }
    });
    (axis, series.collect())
}

/// The texts of a figure of bars.
struct Words {
    slug: &'static str,
    title: &'static str,
    subtitle: String,
    description: String,
    /// Titles of the horizontal and of the vertical axis.
    axes: [&'static str; 2],
}

fn figure(words: Words, bars: &[Bar], parts: &[(&str, usize)]) -> Option<Figure> {
    let lengths = bars.iter().map(|bar| bar.parts.iter().sum::<f64>());
    let longest = lengths.fold(0.0, f64::max);
    let (names, series) = series(bars, words.axes[1], parts);
    (longest > 0.0).then(|| Figure {
        slug: words.slug,
        section: Section::ResponseTimes,
        title: words.title.to_owned(),
        subtitle: words.subtitle,
        description: words.description,
        arrangement: Arrangement::Beside,
        spans: Vec::new(),
        panels: vec![panel(scale::linear(words.axes[0], longest), names, series)],
    })
}

/// Builds these figures: those that have something to show.
pub fn figures(report: &Report, names: &LabelNames) -> Vec<Figure> {
    let all = [
        time_by_label(report, names),
        outcomes_by_label(report, names),
        errors_by_type(report),
    ];
    all.into_iter().flatten().collect()
}

/// Builds the figure of each label's share of all response time; `None` with a single label.
fn time_by_label(report: &Report, names: &LabelNames) -> Option<Figure> {
    let mut labels: Vec<&LabelReport> = report.labels.iter().collect();
    labels.sort_by(|one, other| other.total_time_ms().total_cmp(&one.total_time_ms()));
    let all = report.total.total_time_ms();
    let share = |label: &LabelReport| (label.total_time_ms() / all).clamp(0.0, 1.0);
    let bars = of_labels(&labels, names, |label| {
        (brief_percent(share(label)), vec![100.0 * share(label)])
    });
    let words = Words {
        slug: "time-by-label",
        title: "Labels by total time",
        subtitle: format!(
            "{}{}where the time of all users went: response times of each label, added up",
            which_of(report.label_count, MAX_BARS, "largest"),
            names.note()
        ),
        description: "Share of all response time by label, largest first.".to_owned(),
        axes: ["% of all response time", "label and its share"],
    };
    (report.labels.len() > 1 && all > 0.0)
        .then(|| figure(words, &bars, &[("share", palette::OK)]))?
}

/// Builds the figure of successes and failures by label; `None` if none failed.
fn outcomes_by_label(report: &Report, names: &LabelNames) -> Option<Figure> {
    let mut labels: Vec<&LabelReport> = report.labels.iter().collect();
    labels.sort_by_key(|label| std::cmp::Reverse((label.errors, label.samples)));
    let bars = of_labels(&labels, names, |label| {
        let failed = label.error_ratio.map_or_else(String::new, brief_percent);
        let parts = [label.successes(), label.errors];
        (failed, parts.map(|count| count as f64).to_vec())
    });
    let words = Words {
        slug: "outcomes-by-label",
        title: "Successes and failures by label",
        subtitle: format!(
            "{}{}most failures first",
            which_of(report.label_count, MAX_BARS, "worst"),
            names.note()
        ),
        description: format!(
            "Successful and failed samples by label; {} of {} failed.",
            scale::grouped(report.total.errors as f64, 0),
            scale::grouped(report.total.samples as f64, 0)
        ),
        axes: ["samples", "label and its share of failures"],
    };
    let parts = [("succeeded", palette::OK), ("failed", palette::KO)];
    (report.total.errors > 0).then(|| figure(words, &bars, &parts))?
}

/// Builds the figure of errors by type; `None` if none failed.
fn errors_by_type(report: &Report) -> Option<Figure> {
    let bars = report.errors.iter().take(MAX_BARS).map(|error| {
        let name = elided(&error.error);
        Bar {
            full: (name != error.error).then(|| shorten_middle(&error.error, MAX_FULL)),
            name,
            value: brief_percent(error.ratio_of_errors),
            parts: vec![error.count as f64],
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let words = Words {
        slug: "errors-by-type",
        title: "Errors by type",
        subtitle: format!(
            "{}code and message, or failure message",
            match report.errors.len() {
                all if all > MAX_BARS => format!("the {MAX_BARS} most frequent; "),
                _ => String::new(),
            }
        ),
        description: "Failed samples by type of error, most frequent first.".to_owned(),
        axes: ["failed samples", "type and its share of all errors"],
    };
    (!bars.is_empty()).then(|| figure(words, &bars, &[("failed", palette::KO)]))?
}

/// The label of all labels together, whatever names are shortened to.
pub fn total(value: String, parts: Vec<f64>) -> Bar {
    Bar {
        name: TOTAL.to_owned(),
        full: None,
        value,
        parts,
    }
}
