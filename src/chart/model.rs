//! What a figure shows, before anything is drawn.

use serde::Serialize;

/// A figure: one or two panels side by side under a title and a legend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// File name without extension.
    pub slug: &'static str,
    /// Where it belongs.
    pub section: Section,
    /// Title.
    pub title: String,
    /// A line below the title: what is counted, when the run started, what is left out.
    pub subtitle: String,
    /// What it shows, for screen readers.
    pub description: String,
    /// The panels, left to right; all show the same series by colour.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// The series that a legend names: none if there is only one and its axis names it.
    pub fn legend(&self) -> &[Series] {
        match &self.panels[..] {
            [panel] => match &panel.series[..] {
                [only] if panel.y.label.contains(&only.name) => &[],
                series => series,
            },
            panels => panels.first().map_or(&[], |panel| &panel.series),
        }
    }
}

/// The sections of JMeter's dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Time series of the run.
    OverTime,
    /// Requests and responses per second.
    Throughput,
    /// Distributions of response times.
    ResponseTimes,
    /// CPU, memory and connections of the server.
    Server,
}

/// One pair of axes with what is drawn between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// Heading, if there are several panels.
    pub title: Option<String>,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, the first on top of the others.
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

/// An axis. Places are plotted as they are: a logarithmic axis holds logarithms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Axis {
    /// Title with unit.
    pub label: String,
    /// The meaning of a place on it.
    pub scale: Scale,
    /// Value at the start; finite and below `max`.
    pub min: f64,
    /// Value at the end.
    pub max: f64,
    /// The labelled places.
    pub ticks: Vec<Tick>,
}

/// The meaning of a place on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The value.
    Linear,
    /// The decimal logarithm of the value.
    Logarithmic,
    /// Time since the start of the run, ms: all such axes are one.
    Time,
    /// The decimal logarithm of 1 / (1 - share): each nine of a percentile takes the same room.
    Nines,
    /// The index of a name; only the ticks have meaning.
    Names,
}

/// A place on an axis with its text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// Place, between the axis' `min` and `max`.
    pub at: f64,
    /// Text.
    pub text: String,
}

/// A named series of points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Index of its colour in the palette.
    pub color: usize,
    /// How it is drawn.
    pub mark: Mark,
    /// Points in pieces: nothing connects one piece to the next.
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
    /// Points that nothing connects.
    Points,
    /// Horizontal bars from the start of the axis.
    Bars,
}
