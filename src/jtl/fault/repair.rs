//! Rows that are damaged but still say what they mean.

use serde::{Deserialize, Serialize};

use super::MAX_TEXT;

/// What was wrong with a row that was repaired.
///
/// A repair depends only on the row and the layout of its file, never on other rows. Every number of a
/// repaired row is valid, as is `success`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Repair {
    /// A text contains delimiters but is not quoted, so the row has too many fields.
    Unquoted(TextColumn),
    /// Text follows the closing quote of a field.
    TextAfterQuote,
    /// The row is quoted as a whole, like a single field.
    QuotedRow,
    /// Empty fields follow the last column.
    EmptyFields,
    /// The row has only the columns that the header names, though others have more.
    NoVariables,
    /// NUL bytes precede the row.
    Nul,
    /// A text of the row is longer than [`MAX_TEXT`](super::MAX_TEXT).
    LongText(TextColumn),
}

/// A column of text, which may contain delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TextColumn {
    /// `failureMessage`
    FailureMessage,
    /// `responseMessage`
    ResponseMessage,
    /// `URL`
    Url,
    /// `threadName`
    ThreadName,
    /// `responseCode`
    ResponseCode,
    /// A column that perfkit does not read, such as a variable.
    Other,
    /// `label`
    Label,
}

impl Repair {
    /// The repair in words, the same for every row that has it.
    pub fn reason(self) -> String {
        match self {
            Repair::Unquoted(TextColumn::Other) => {
                "a text with unquoted delimiters was read as one field".to_owned()
            }
            Repair::Unquoted(column) => format!(
                "{} has unquoted delimiters and was read as one field",
                column.name()
            ),
            Repair::TextAfterQuote => "text after a closing quote was kept".to_owned(),
            Repair::QuotedRow => "the row was quoted as a whole and was unwrapped".to_owned(),
            Repair::EmptyFields => "empty fields after the last column were ignored".to_owned(),
            Repair::NoVariables => {
                "the row has only the header's columns, though others have more".to_owned()
            }
            Repair::Nul => "NUL bytes (0x00) before the row were skipped".to_owned(),
            Repair::LongText(column) => format!(
                "{} is longer than {} KiB and was shortened to its start, its length and a hash",
                column.name(),
                MAX_TEXT >> 10
            ),
        }
    }

    /// The name of the repaired column, if the repair has one.
    pub fn column(self) -> Option<&'static str> {
        match self {
            Repair::Unquoted(TextColumn::Other) | Repair::LongText(TextColumn::Other) => None,
            Repair::Unquoted(column) | Repair::LongText(column) => Some(column.name()),
            _ => None,
        }
    }
}

impl TextColumn {
    fn name(self) -> &'static str {
        match self {
            TextColumn::FailureMessage => "failureMessage",
            TextColumn::ResponseMessage => "responseMessage",
            TextColumn::Url => "URL",
            TextColumn::ThreadName => "threadName",
            TextColumn::ResponseCode => "responseCode",
            TextColumn::Other => "another column",
            TextColumn::Label => "label",
        }
    }
}
