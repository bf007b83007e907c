//! What is known about XML results.

use serde::{Deserialize, Serialize};

/// What is known about XML results after reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlSummary {
    /// Number of `<testResults>` elements: more than one if a file has several runs.
    pub documents: u64,
    /// Number of samples within samples that were left out.
    pub nested_samples: u64,
    /// Whether the file ends with `</testResults>`.
    pub is_closed: bool,
}
