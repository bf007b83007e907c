//! What is known of XML results.

use serde::{Deserialize, Serialize};

/// What is known of XML results when they have been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlSummary {
    /// `<testResults>` elements: more than one if several runs are in one file.
    pub documents: u64,
    /// Samples within samples, which are not counted.
    pub nested_samples: u64,
    /// Whether `</testResults>` was the last thing read.
    pub is_closed: bool,
}
