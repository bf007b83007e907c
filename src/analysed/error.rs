//! Why records cannot be put together or decoded.

/// Why two records cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Other options chose what counts.
    #[error(
        "cannot be put together with what comes before it: options that choose what counts are \
         {next} here and {own} there; make all with the same"
    )]
    Selection {
        /// Those of the record that is appended to.
        own: String,
        /// Those of the record to append.
        next: String,
    },
    /// The options of both depend on the whole run.
    #[error(
        "cannot be put together with what comes before it: {0} depends on the whole run, and each \
         was made of a part; make them without, or with absolute times"
    )]
    DependsOnWhole(String),
    /// Only one takes `timeStamp` as the end of a sample.
    #[error(
        "cannot be put together with what comes before it: --timestamp-is-end was given for one of \
         them only; make all in the same way"
    )]
    TimestampIsEnd,
    /// There are more inputs than numbers for them.
    #[error("there are too many inputs to tell apart")]
    TooManyInputs,
}

/// Why bytes are not a summary that this perfkit reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The head, the checksum or the compression is wrong.
    #[error("is a summary that is cut short or damaged: make it again")]
    Damaged,
    /// The format has another version.
    #[error(
        "is a summary in version {found} of the format, and this perfkit reads versions {first} and \
         {last}: make it again with this perfkit, or use the one that made it"
    )]
    Version {
        /// The file's version.
        found: u32,
        /// The first version that is read.
        first: u32,
        /// The last version that is read.
        last: u32,
    },
    /// The figures contradict each other.
    #[error("is a summary that does not hold together ({0}): make it again")]
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
