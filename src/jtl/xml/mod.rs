//! XML results: `<testResults>` with a `<httpSample>` or `<sample>` for each sample.
//!
//! Only samples directly below the root count, as in JMeter's listeners, unless samples within samples
//! are asked for. [`tokens`] cuts the input in bounded memory, [`rows`] decides which elements are
//! samples and where reading resumes after damage, and [`fields`] reads one sample.

mod extras;
mod fields;
mod path;
mod reader;
mod references;
mod rows;
mod summary;
mod tokens;
mod unreadable;

pub(super) use self::fields::Stamps;
pub(super) use self::reader::{XmlInput, XmlReader, is_xml};
pub use self::summary::XmlSummary;
