//! XML results: `<testResults>` with a `<httpSample>` or `<sample>` for each sample.
//!
//! Only samples directly below the root count, as in JMeter's listeners, unless samples within samples
//! are asked for. Workers read an input in blocks at the same time: [`cut`] makes them, and [`block`]
//! explains why the result is that of one thread. Within blocks, [`tokens`] cuts the XML in bounded
//! memory, [`rows`] decides which elements are samples and where reading resumes after damage, and
//! [`fields`] reads one sample.

mod ahead;
mod attributes;
mod batch;
mod block;
mod cut;
mod extras;
mod fields;
mod known;
mod markup;
mod path;
mod reader;
mod references;
mod relay;
mod rows;
mod summary;
mod tokens;
mod unreadable;
mod usual;

pub(super) use self::block::XmlBlock;
pub(super) use self::cut::XmlCutter;
pub(super) use self::fields::Stamps;
pub(super) use self::reader::{Setup, XmlEnd, is_xml, without_mark};
pub use self::summary::XmlSummary;
