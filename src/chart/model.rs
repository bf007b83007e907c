//! What a figure shows, before anything is drawn.

/// A figure: one or two panels side by side under a title and a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without extension.
    pub slug: &'static str,
    /// Title.
    pub title: String,
    /// A line below the title: when, how long, what is left out.
    pub subtitle: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The panels, left to right; all show the same series by colour.
    pub panels: Vec<Panel>,
}

/// One pair of axes with what is drawn between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Heading, where there are several panels.
    pub title: Option<String>,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, the first below the others.
    pub series: Vec<Series>,
}

/// An axis. Values are plotted as they are: a logarithmic axis holds logarithms.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Title with unit.
    pub label: String,
    /// Value at the start; finite and below `max`.
    pub min: f64,
    /// Value at the end.
    pub max: f64,
    /// Where values are written.
    pub ticks: Vec<Tick>,
}

/// A place on an axis with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Place, between the axis' `min` and `max`.
    pub at: f64,
    /// Text.
    pub text: String,
}

/// A named run of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Number of its colour in the palette.
    pub color: usize,
    /// How it is drawn.
    pub kind: Kind,
    /// Points in pieces: nothing connects one piece to the next.
    pub pieces: Vec<Vec<(f64, f64)>>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line from point to point.
    Line,
    /// A line with the area below it tinted.
    Area,
}
