//! Why rows are rejected or repaired.

mod repair;
mod xml;

use serde::{Deserialize, Serialize};

pub use self::repair::{Repair, TextColumn};
pub use self::xml::XmlFault;

/// Bytes of the longest row that is read. Longer rows are rejected, so that memory stays bounded.
pub const MAX_ROW: usize = 4 << 20;

/// Bytes of the longest text that is kept whole. Longer ones are shortened, so that memory and reports
/// stay bounded.
pub const MAX_TEXT: usize = 64 << 10;

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Fault {
    /// The row does not have as many fields as there are columns.
    Columns,
    /// A field's value is not valid for its column.
    Value(Field),
    /// A quoted field is not closed, or is followed by other text than a delimiter.
    Quote,
    /// The file ends within the row.
    CutShort,
    /// The row is longer than [`MAX_ROW`].
    TooLong,
    /// The row contains a run of NUL bytes.
    Nul,
    /// The row is an element of XML results with a fault that only XML has.
    Xml(XmlFault),
}

impl From<XmlFault> for Fault {
    fn from(fault: XmlFault) -> Self {
        Fault::Xml(fault)
    }
}

/// A column whose values are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Field {
    /// `timeStamp`
    TimeStamp,
    /// `elapsed`
    Elapsed,
    /// `success`
    Success,
    /// `bytes`
    Bytes,
    /// `sentBytes`
    SentBytes,
    /// `grpThreads`
    GrpThreads,
    /// `allThreads`
    AllThreads,
    /// `Latency`
    Latency,
    /// `IdleTime`
    IdleTime,
    /// `Connect`
    Connect,
    /// `SampleCount`
    SampleCount,
    /// `ErrorCount`
    ErrorCount,
}

impl Field {
    /// The column's name in a JTL header.
    pub fn name(self) -> &'static str {
        match self {
            Field::TimeStamp => "timeStamp",
            Field::Elapsed => "elapsed",
            Field::Success => "success",
            Field::Bytes => "bytes",
            Field::SentBytes => "sentBytes",
            Field::GrpThreads => "grpThreads",
            Field::AllThreads => "allThreads",
            Field::Latency => "Latency",
            Field::IdleTime => "IdleTime",
            Field::Connect => "Connect",
            Field::SampleCount => "SampleCount",
            Field::ErrorCount => "ErrorCount",
        }
    }
}

impl Fault {
    /// The fault in words, the same for every row that has it.
    pub fn reason(self) -> String {
        match self {
            Fault::Columns => "wrong number of columns".to_owned(),
            Fault::Value(Field::TimeStamp) => {
                "timeStamp is not a time in the file's format (--timestamp-format names another)"
                    .to_owned()
            }
            Fault::Value(Field::Success) => "success is neither true nor false".to_owned(),
            Fault::Value(field) => format!("{} is not a whole number in range", field.name()),
            Fault::Quote => "a quoted field is not closed properly".to_owned(),
            Fault::CutShort => "the file ends within the row".to_owned(),
            Fault::TooLong => format!("longer than {} MiB", MAX_ROW >> 20),
            Fault::Nul => {
                "NUL bytes in place of text, as a crash or a full disk leaves them; rows around them \
                 are read"
                    .to_owned()
            }
            Fault::Xml(fault) => fault.reason(),
        }
    }

    /// The name of the wrong column or attribute, if the fault has one.
    pub fn column(self) -> Option<&'static str> {
        match self {
            Fault::Value(field) => Some(field.name()),
            Fault::Xml(fault) => fault.attribute(),
            _ => None,
        }
    }
}
