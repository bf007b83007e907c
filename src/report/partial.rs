//! Columns that only some samples have: the figures from them describe only a part of the samples.

use serde::{Deserialize, Serialize};

use crate::format;

/// A column of results files that may be missing, in a whole file or in some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum OptionalColumn {
    /// Bytes received.
    #[serde(rename = "bytes")]
    Bytes,
    /// Bytes sent.
    #[serde(rename = "sentBytes")]
    SentBytes,
    /// Time to the first byte of the response.
    Latency,
    /// Time to connect.
    Connect,
    /// Active threads of the engine.
    #[serde(rename = "allThreads")]
    AllThreads,
}

/// A column that only some samples have. Averages and percentiles from it cover those samples; rates
/// and numbers of threads are too low by the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PartialColumn {
    /// The column.
    pub column: OptionalColumn,
    /// The figures computed from it, by the names of their fields.
    pub figures: Vec<String>,
    /// Number of samples that have it.
    pub samples: u64,
    /// Number of all samples.
    pub of_samples: u64,
}

impl OptionalColumn {
    /// Returns its name in a file's header.
    pub fn name(self) -> &'static str {
        match self {
            OptionalColumn::Bytes => "bytes",
            OptionalColumn::SentBytes => "sentBytes",
            OptionalColumn::Latency => "Latency",
            OptionalColumn::Connect => "Connect",
            OptionalColumn::AllThreads => "allThreads",
        }
    }

    fn figures(self) -> &'static [&'static str] {
        match self {
            OptionalColumn::Bytes => &["received_kb_per_sec", "average_bytes"],
            OptionalColumn::SentBytes => &["sent_kb_per_sec"],
            OptionalColumn::Latency => &["latency"],
            OptionalColumn::Connect => &["connect"],
            OptionalColumn::AllThreads => &["active_threads"],
        }
    }
}

impl PartialColumn {
    /// Returns the mark of a column that `samples` of `of_samples` have; `None` if all or none have it.
    pub(super) fn new(column: OptionalColumn, samples: u64, of_samples: u64) -> Option<Self> {
        (0 < samples && samples < of_samples).then(|| PartialColumn {
            column,
            figures: column.figures().iter().map(ToString::to_string).collect(),
            samples,
            of_samples,
        })
    }

    /// Returns the column of `partial` that a figure is computed from.
    pub(super) fn of_figure<'a>(partial: &'a [PartialColumn], figure: &str) -> Option<&'a Self> {
        let mut columns = partial.iter();
        columns.find(|column| column.figures.iter().any(|known| known == figure))
    }

    /// Says how many samples have the column: `bytes in 1,000 of 2,000 samples`.
    pub fn in_words(&self) -> String {
        format!(
            "{} in {} of {} samples",
            self.column.name(),
            format::thousands(self.samples),
            format::thousands(self.of_samples)
        )
    }
}
