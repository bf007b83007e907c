//! The data of a figure, before it is drawn.

use serde::Serialize;

/// A figure: one or two panels side by side under a title and a legend.
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
    /// The panels, left to right; all show the same series by colour.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// Returns the series of the legend: empty if there is only one, which its axis names.
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
    /// Horizontal bars from the start of the axis.
    Bars,
}
