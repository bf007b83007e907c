//! Errors of merging and decoding records.

/// Why two records cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// They were made with different selections.
    #[error(
        "cannot be merged with the inputs before it: its selection options are {next}, theirs \
         are {own}; use the same for all"
    )]
    Selection {
        /// The selection of the record that is appended to.
        own: String,
        /// The selection of the record to append.
        next: String,
    },
    /// Their selections depend on the whole run.
    #[error(
        "cannot be merged with the inputs before it: {0} depends on the whole run, but each has only \
         a part; make summary files without it, or with absolute times"
    )]
    DependsOnWhole(String),
    /// Only one of them takes `timeStamp` as the end of a sample.
    #[error(
        "cannot be merged with the inputs before it: only one of them was made with \
         --timestamp-is-end; make all with it, or none"
    )]
    TimestampIsEnd,
    /// They were made with different metrics.
    #[error(
        "cannot be merged with the inputs before it: it was made {next}, those {own}; use the same \
         metrics for all, in the same order"
    )]
    Metrics {
        /// How the record that is appended to was made.
        own: String,
        /// How the record to append was made.
        next: String,
    },
    /// There are more inputs than 32-bit numbers.
    #[error("there are too many inputs to tell apart")]
    TooManyInputs,
}

/// Why bytes cannot be decoded as a summary file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The head, the checksum or the compression is wrong.
    #[error("is a summary file that is cut short or damaged: make it again")]
    Damaged,
    /// The file has an unknown version of the format.
    #[error(
        "is a summary file in version {found} of the format, but this perfkit reads version {own}: \
         make it again with this perfkit, or read it with the one that made it"
    )]
    Version {
        /// The file's version.
        found: u32,
        /// The version that this perfkit reads.
        own: u32,
    },
    /// The figures contradict each other.
    #[error("is a summary file that contradicts itself ({0}): make it again")]
    Inconsistent(#[from] Inconsistent),
}

/// What is inconsistent in a stored record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Inconsistent(String);

impl Inconsistent {
    pub(super) fn new(why: impl ToString) -> Self {
        Inconsistent(why.to_string())
    }
}
