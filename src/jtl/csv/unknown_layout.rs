//! Why an input cannot be read as CSV results.

use super::given_header::HeaderGuess;

/// Why an input cannot be read as CSV results.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownLayout {
    /// The input is empty or blank.
    #[error("is empty: no header and no row")]
    Empty,
    /// The text is UTF-16, read in another encoding.
    #[error("is UTF-16 text, and --encoding names another encoding: leave the option out")]
    Utf16,
    /// The header lacks columns that every result needs.
    #[error(
        "the header lacks {missing}: perfkit needs the columns timeStamp, elapsed, label and success \
         (jmeter.save.saveservice.* properties switch them on); it has {names}"
    )]
    MissingColumns {
        /// The missing columns.
        missing: String,
        /// The columns that the header names.
        names: String,
    },
    /// The header lacks a column that the selection needs.
    #[error("has no column {column}, which {option} needs{suggestion}; its columns are {names}")]
    NeededColumn {
        /// The missing column.
        column: String,
        /// The option that needs it.
        option: String,
        /// A similar column, as a question.
        suggestion: String,
        /// The columns that the header names.
        names: String,
    },
    /// The header names a column more than once.
    #[error("the header names the column {0} twice: which one is meant cannot be known")]
    RepeatedColumn(&'static str),
    /// The first line is neither a header nor a row.
    #[error(
        "the first line is neither a JTL header nor a row in JMeter's default column order: {0}. \
         A header names at least timeStamp, elapsed, label and success; \
         add one if the file was written without"
    )]
    NotResults(String),
    /// The first line is a row in none of the orders that perfkit knows.
    #[error(
        "has no header, and its {} columns are in none of JMeter's default orders. Name them in their order: \
         --header '{}' (replace each ? that matters). The first row: {}",
        .0.values.len(), .0.header(), .0.row()
    )]
    UnnamedColumns(HeaderGuess),
    /// The input is of another kind.
    #[error("{0}")]
    Other(String),
    /// `--header` does not name the columns of the first row.
    #[error(
        "has {found} columns in its first row, but --header names {named}: name every column, in the order of \
         the row"
    )]
    GivenHeader {
        /// Number of columns that `--header` names.
        named: usize,
        /// Number of columns in the row.
        found: usize,
    },
}
