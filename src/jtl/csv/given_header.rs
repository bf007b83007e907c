//! Names of columns from the command line, for files without a header.

use super::default_order::DELIMITERS;
use super::header::Header;
use super::lines::{first_line, split_record, trim_line_end};
use super::timestamp::TimestampFormat;
use super::unknown_layout::UnknownLayout;
use crate::jtl::{flag, number};

/// The columns of files without a header, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenHeader(Vec<String>);

impl GivenHeader {
    /// Reads a list of names, such as `timeStamp,elapsed,label,success`. A name that perfkit does not know,
    /// such as `?`, stands for a column that it ignores.
    ///
    /// # Errors
    ///
    /// When a column that every result needs is missing, or a known one occurs twice.
    pub fn new(list: &str) -> Result<Self, UnknownLayout> {
        let names: Vec<String> = list
            .split([',', ';', '\t', '|'])
            .map(|name| name.trim().trim_matches('"').to_owned())
            .collect();
        let given = GivenHeader(names);
        match Header::parse(&given.line(b','))? {
            Some(_) => Ok(given),
            None => Err(UnknownLayout::MissingColumns {
                missing: "timeStamp and elapsed".to_owned(),
                names: given.0.join(", "),
            }),
        }
    }

    /// The header line for a file that starts like this, or `None` if the file has a header.
    ///
    /// # Errors
    ///
    /// When the first row has fewer columns.
    pub fn line_for(&self, start: &[u8]) -> Result<Option<Vec<u8>>, UnknownLayout> {
        let row = first_line(start);
        if !matches!(Header::parse(row), Ok(None)) {
            return Ok(None);
        }
        let width = |delimiter: &u8| split_record(row, *delimiter).len();
        let named = self.0.len();
        let exact = DELIMITERS
            .into_iter()
            .find(|delimiter| width(delimiter) == named);
        let widest = DELIMITERS.into_iter().rev().max_by_key(width);
        let delimiter = exact.or(widest).unwrap_or(b',');
        match width(&delimiter) {
            found if found < named => Err(UnknownLayout::GivenHeader { named, found }),
            _ => Ok(Some(self.line(delimiter))),
        }
    }

    /// The header, each name in quotes.
    fn line(&self, delimiter: u8) -> Vec<u8> {
        let names = self
            .0
            .iter()
            .map(|name| format!("\"{}\"", name.replace('"', "")));
        let names: Vec<String> = names.collect();
        (names.join(&char::from(delimiter).to_string()) + "\n").into_bytes()
    }
}

/// A row without a header, and what its columns may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderGuess {
    /// The names, `?` for an unknown one.
    pub names: Vec<&'static str>,
    /// The values of the row.
    pub values: Vec<String>,
}

impl HeaderGuess {
    /// The value of `--header`, to be completed.
    pub fn header(&self) -> String {
        self.names.join(",")
    }

    /// The columns with their values.
    pub fn row(&self) -> String {
        let pairs = self.names.iter().zip(&self.values);
        let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(", ")
    }
}

/// Guesses the columns of a line that looks like a row: it has a time and a `true` or `false`.
pub fn guess_header(line: &[u8], delimiters: &[u8]) -> Option<HeaderGuess> {
    const MAX_VALUE: usize = 24;
    const MIN_COLUMNS: usize = 4;
    let line = trim_line_end(line);
    let fields = delimiters
        .iter()
        .map(|&delimiter| split_record(line, delimiter))
        .max_by_key(Vec::len)?;
    let is_time = |field: &Vec<u8>| {
        !field.is_empty() && field.len() >= 10 && TimestampFormat::detect(field).is_some()
    };
    let time = fields.iter().position(is_time)?;
    let success = fields
        .iter()
        .position(|field| flag::parse(field).is_some())?;
    if fields.len() < MIN_COLUMNS {
        return None;
    }
    let mut names = vec!["?"; fields.len()];
    names[time] = "timeStamp";
    names[success] = "success";
    let is_number = |field: &[u8]| number::parse(field, 0, field.len()).is_some();
    let mut name = |name: &'static str, from: usize, fits: &dyn Fn(&[u8]) -> bool| {
        let mut open = (from..fields.len()).filter(|&at| names[at] == "?");
        if let Some(at) = open.find(|&at| fits(&fields[at])) {
            names[at] = name;
        }
    };
    name("URL", 0, &|field| {
        memchr::memmem::find(field, b"://").is_some()
    });
    name("elapsed", time + 1, &is_number);
    name("label", time + 1, &|field| {
        !field.is_empty() && !is_number(field)
    });
    name("responseCode", 0, &|field| {
        field.len() == 3 && is_number(field) && (b'1'..=b'5').contains(&field[0])
    });
    name("dataType", 0, &|field| matches!(field, b"text" | b"bin"));
    name("responseMessage", 0, &|field| {
        field.eq_ignore_ascii_case(b"OK")
    });
    name("threadName", 0, &|field| {
        let text = String::from_utf8_lossy(field);
        let mut parts = text.rsplitn(2, '-');
        let ends_with_digit = |part: Option<&str>| {
            part.is_some_and(|part| part.ends_with(|letter: char| letter.is_ascii_digit()))
        };
        ends_with_digit(parts.next()) && ends_with_digit(parts.next()) && !is_number(field)
    });
    let value = |field: &Vec<u8>| {
        let text = String::from_utf8_lossy(field);
        let shown: String = text.chars().take(MAX_VALUE).collect();
        shown.escape_debug().to_string()
    };
    Some(HeaderGuess {
        values: fields.iter().map(value).collect(),
        names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_suggests_its_header() {
        let line = b"1700000000000,100,Home,200,OK,Group 1-1,true,549,http://h/a,90,1,x";
        let guess = guess_header(line, &DELIMITERS).unwrap();
        assert_eq!(
            guess.header(),
            "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,?,URL,?,?,?"
        );
        assert!(
            guess
                .row()
                .starts_with("timeStamp=1700000000000, elapsed=100, label=Home")
        );
        assert!(GivenHeader::new(&guess.header()).is_ok());
        assert_eq!(
            guess_header(b"hello, world, it, is, true", &DELIMITERS),
            None
        );
        assert_eq!(guess_header(b"1,2,3,4", &DELIMITERS), None);
    }

    #[test]
    fn a_given_header_takes_the_delimiter_of_the_rows() {
        let given = GivenHeader::new("timeStamp, elapsed;label,success").unwrap();
        let line = |row: &str| {
            let line = given.line_for(row.as_bytes()).unwrap();
            line.map(|line| String::from_utf8(line).unwrap())
        };
        let semicolons = "\"timeStamp\";\"elapsed\";\"label\";\"success\"\n";
        assert_eq!(line("1700000000000;5;A, B;true\n").unwrap(), semicolons);
        assert_eq!(line("1700000000000;5;A, B;true;x\n").unwrap(), semicolons);
        assert_eq!(line("timeStamp,elapsed,label,success\n"), None);
        let short = given.line_for(b"1700000000000,5,A\n").unwrap_err();
        assert!(short.to_string().contains("has 3 columns"), "{short}");
        let missing = GivenHeader::new("elapsed,label,success").unwrap_err();
        assert!(missing.to_string().contains("lacks timeStamp"), "{missing}");
    }
}
