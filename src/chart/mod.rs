//! Charts: builds a report's figures, and draws them for the page and as PNG.

mod backend;
mod drawing;
mod figures;
mod fonts;
mod histogram;
mod layout;
mod measures;
mod model;
pub(crate) mod palette;
mod path;
mod png;
mod scale;
pub(crate) mod style;

pub use drawing::svg;
pub(crate) use figures::LabelNames;
pub use figures::{METRIC_SLUGS, SLUGS, figures, of_history, of_label, overlaid};
pub(crate) use layout::max_letters;
pub use measures::{MEASURES, Measures};
pub use model::{
    Arrangement, Axis, Cells, Figure, Mark, Panel, Scale, Section, Series, Span, Tick,
};
pub use palette::Theme;
pub use png::{Chart, draw, png};
pub use style::{Medium, Size, SizeError, Style};
