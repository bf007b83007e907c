//! Header rows.

use memchr::memmem;

use super::columns::{COLUMN_NAMES, REQUIRED};
use super::lines::{split_record, trim_line_end};
use super::unknown_layout::UnknownLayout;
use super::unquoted::unwrap;
use crate::text;

/// The column names of a header line.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub delimiter: u8,
    /// Known columns have JMeter's spelling.
    pub names: Vec<String>,
    /// The names that the line spells in another way, such as `timestamp`.
    pub respelled: Vec<String>,
}

impl Header {
    /// Reads a line as a header. Returns `None` if it is not a header at all.
    ///
    /// # Errors
    ///
    /// When a required column is missing, or a known one occurs twice.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, UnknownLayout> {
        let line = trim_line_end(line);
        if let Some(inner) = unwrap(line) {
            return Header::parse(&inner);
        }
        let Some(delimiter) = find_delimiter(line) else {
            return Ok(None);
        };
        let mut names: Vec<String> = split_record(line, delimiter)
            .into_iter()
            .map(|name| text::of(&name).trim().to_owned())
            .collect();
        let respelled = respell(&mut names);
        let has = |name: &str| names.iter().any(|n| n == name);
        let known = COLUMN_NAMES.into_iter().filter(|name| has(name)).count();
        if !has("elapsed") && !has("timeStamp") && known < MIN_KNOWN {
            return Ok(None);
        }
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| !has(name)).collect();
        if !missing.is_empty() {
            return Err(UnknownLayout::MissingColumns {
                missing: missing.join(" and "),
                names: names.join(", "),
            });
        }
        for name in COLUMN_NAMES {
            if names.iter().filter(|n| *n == name).count() > 1 {
                return Err(UnknownLayout::RepeatedColumn(name));
            }
        }
        Ok(Some(Header {
            delimiter,
            names,
            respelled,
        }))
    }
}

/// Names of columns that make a line a header even without a time.
const MIN_KNOWN: usize = 2;

/// Gives known columns JMeter's spelling: other tools write `timestamp` or `Response Code`. Returns the
/// names that were changed.
fn respell(names: &mut [String]) -> Vec<String> {
    let mut respelled = Vec::new();
    let plain = |name: &str| {
        let letters = name
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '_' | '-'));
        letters.collect::<String>().to_ascii_lowercase()
    };
    for known in COLUMN_NAMES.into_iter().chain(["dataType"]) {
        if names.iter().any(|name| name == known) {
            continue;
        }
        let wanted = plain(known);
        let mut alike = names.iter_mut().filter(|name| plain(name) == wanted);
        if let Some(name) = alike.next() {
            respelled.push(std::mem::replace(name, known.to_owned()));
        }
    }
    respelled
}

/// A text that every header contains, and hardly any row.
pub const HEADER_MARK: &[u8] = b"timeStamp";

/// Whether a line is a header that JMeter could have written.
///
/// If a run was killed while it wrote a row and another run was appended, the header stands behind
/// the start of that row on the same line. Such a line is a damaged row: read as a header, it would
/// have shifted columns.
pub fn is_header(line: &[u8]) -> bool {
    // Rows begin with a time, and names never with a digit. This check comes first because parsing
    // a header is slow.
    !line.first().is_some_and(u8::is_ascii_digit)
        && memmem::find(line, HEADER_MARK).is_some()
        && matches!(Header::parse(line), Ok(Some(_)))
}

/// The delimiter of a header: the first character outside quotes that is not part of a word.
fn find_delimiter(header: &[u8]) -> Option<u8> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let name = match header {
        [b'"', quoted @ ..] => &quoted[quoted.iter().position(|&b| b == b'"')? + 1..],
        plain => plain,
    };
    name.iter()
        .find(|byte| !is_word(byte))
        .copied()
        .filter(|byte| !matches!(byte, b'"' | b'\n' | b'\r' | 0))
}

/// The length of a first line `sep=;`, by which Excel is told the delimiter. It is no part of the table.
pub fn separator_line(start: &[u8]) -> Option<usize> {
    let rest = start
        .get(..4)?
        .eq_ignore_ascii_case(b"sep=")
        .then(|| &start[4..])?;
    let end = memchr::memchr(b'\n', rest)?;
    (trim_line_end(&rest[..=end]).len() == 1).then_some(4 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Option<(Vec<String>, Vec<String>)> {
        let header = Header::parse(line.as_bytes()).unwrap()?;
        Some((header.names, header.respelled))
    }

    #[test]
    fn names_in_another_case_are_known() {
        let (found, respelled) = names("timestamp;Elapsed;LABEL;success;Response Code;x").unwrap();
        assert_eq!(
            found,
            [
                "timeStamp",
                "elapsed",
                "label",
                "success",
                "responseCode",
                "x"
            ]
        );
        assert_eq!(
            respelled,
            ["timestamp", "Elapsed", "LABEL", "Response Code"]
        );
        // JMeter's own spelling comes first: a variable may be alike.
        let (found, respelled) = names("timeStamp,elapsed,label,success,url,URL").unwrap();
        assert_eq!(found[4..], ["url", "URL"]);
        assert_eq!(respelled, [""; 0]);
        assert_eq!(
            names("timeStamp,elapsed,label,success,Bytes").unwrap().0[4],
            "bytes"
        );
    }

    #[test]
    fn a_header_without_times_says_what_is_missing() {
        let error = Header::parse(b"label,responseCode,success,bytes").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the header lacks timeStamp and elapsed"),
            "{error}"
        );
        assert_eq!(names("Label,# Samples,Average,Median"), None);
        assert_eq!(names("1700000000000,5,label,200"), None);
    }

    #[test]
    fn a_header_quoted_as_a_whole() {
        let (found, _) = names("\"timeStamp,elapsed,label,success\",,").unwrap();
        assert_eq!(found, ["timeStamp", "elapsed", "label", "success"]);
    }

    #[test]
    fn a_separator_line_is_told_from_a_header() {
        assert_eq!(separator_line(b"sep=;\r\ntimeStamp"), Some(7));
        assert_eq!(separator_line(b"SEP=,\n"), Some(6));
        assert_eq!(separator_line(b"sep=\t\n"), Some(6));
        for other in ["sep=", "sep=;", "sep=ab\n", "september\n", ""] {
            assert_eq!(separator_line(other.as_bytes()), None);
        }
    }
}
