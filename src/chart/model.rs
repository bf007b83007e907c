//! The data of a figure, before it is drawn.

use serde::Serialize;

/// A figure: one or more panels under a title and a legend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// File name without extension.
    pub slug: &'static str,
    /// The section it belongs to.
    pub section: Section,
    /// Title.
    pub title: String,
    /// The line below the title: what is counted, when the run started, what is left out.
    pub subtitle: String,
    /// The content in words, for screen readers.
    pub description: String,
    /// How the panels are arranged.
    pub arrangement: Arrangement,
    /// Stretches of time that all panels mark, such as those of findings.
    pub spans: Vec<Span>,
    /// The panels in order.
    pub panels: Vec<Panel>,
}

/// How the panels of a figure are arranged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrangement {
    /// Side by side; all show the same series by colour.
    #[default]
    Beside,
    /// Above each other on one horizontal axis, each with its own series.
    Stacked,
}

/// A stretch of time that is marked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// Start, ms since the start of the run.
    pub from: f64,
    /// End, ms since the start of the run.
    pub to: f64,
    /// What stands at its upper end.
    pub name: String,
}

impl Figure {
    /// Returns the series of the legend: empty if there is only one, which its axis names.
    pub fn legend(&self) -> Vec<&Series> {
        match (&self.panels[..], self.arrangement) {
            ([panel], _) => match &panel.series[..] {
                [only] if panel.y.label.contains(&only.name) => Vec::new(),
                series => series.iter().collect(),
            },
            (panels, Arrangement::Stacked) => {
                panels.iter().flat_map(|panel| &panel.series).collect()
            }
            (panels, Arrangement::Beside) => panels
                .iter()
                .take(1)
                .flat_map(|panel| &panel.series)
                .collect(),
        }
    }
}

/// The sections of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// The course of the run at a glance.
    Overview,
    /// Time series of the run.
    OverTime,
    /// Requests and responses per second.
    Throughput,
    /// Distributions of response times.
    ResponseTimes,
    /// Columns of numbers beside the times.
    Metrics,
    /// CPU, memory and connections of the server.
    Server,
}

/// A pair of axes and the marks between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// Heading, if there are several panels.
    pub title: Option<String>,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The series, the first on top.
    pub series: Vec<Series>,
    /// A heatmap below the series.
    pub cells: Option<Cells>,
}

/// A heatmap: a grid of cells, darker for more requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cells {
    /// Left edge of each column, ascending, and the right edge of the last.
    pub x: Vec<f64>,
    /// Lower edge of each row, ascending, and the upper edge of the last.
    pub y: Vec<f64>,
    /// Index of their colour in the palette.
    pub color: usize,
    /// Counts by column, then by row.
    pub counts: Vec<Vec<u64>>,
}

/// An axis. Positions are plotted as they are: on a logarithmic axis they are logarithms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Axis {
    /// Title with unit.
    pub label: String,
    /// The meaning of a position on it.
    pub scale: Scale,
    /// Value at the start; finite and below `max`.
    pub min: f64,
    /// Value at the end.
    pub max: f64,
    /// The labelled positions.
    pub ticks: Vec<Tick>,
}

/// The meaning of a position on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The value.
    Linear,
    /// The decimal logarithm of the value.
    Logarithmic,
    /// Time since the start of the run, ms. All such axes zoom together.
    Time,
    /// The decimal logarithm of 1 / (1 - share): each nine of a percentile takes equal room.
    Nines,
    /// The index of a name; only the ticks have meaning.
    Names,
}

/// A labelled position on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// Position, between the axis' `min` and `max`.
    pub at: f64,
    /// Text.
    pub text: String,
    /// The whole name, if the text has only a part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
}

impl Tick {
    /// Creates a tick with this text.
    pub fn new(at: f64, text: impl Into<String>) -> Self {
        Tick {
            at,
            text: text.into(),
            full: None,
        }
    }
}

/// A named series of points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// The whole name, if the legend has only a part of it.
    pub full: Option<String>,
    /// Index of its colour in the palette.
    pub color: usize,
    /// How it is drawn.
    pub mark: Mark,
    /// Points in pieces that are not connected with each other.
    pub pieces: Vec<Vec<(f64, f64)>>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A line from point to point.
    Line,
    /// A line with the area below it tinted.
    Area,
    /// Unconnected points.
    Points,
    /// Horizontal bars from the start of the axis, or from the end of the bars of earlier series.
    Bars,
    /// An area between two lines: the outline of each piece.
    Band,
}
