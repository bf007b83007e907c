//! XML results: `<testResults>` with a `<httpSample>` or `<sample>` for each sample.
//!
//! JMeter's listeners count the samples directly below the root when they load such a file, and so
//! do we: samples within samples are passed over. [`tokens`] cuts the input in bounded memory,
//! [`rows`] knows which elements are samples and where reading resumes after damage, [`fields`]
//! reads one.

mod fields;
mod path;
mod reader;
mod references;
mod rows;
mod summary;
mod tokens;
mod unreadable;

pub(super) use self::reader::{XmlInput, XmlReader, is_xml};
pub use self::summary::XmlSummary;
