//! Records as CSV.

use csv::WriterBuilder;

use crate::error::{Error, Result};

/// How to write cells that a spreadsheet would take for a formula, such as a label `=cmd|…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Formulas {
    /// They stay as they are, as JMeter writes them.
    #[default]
    Keep,
    /// They get a single quote in front, which makes them text.
    ///
    /// Source: OWASP, CSV Injection.
    Quote,
}

impl Formulas {
    /// Formulas are quoted if this is `--csv-safe`.
    pub fn of(is_safe: bool) -> Self {
        match is_safe {
            true => Formulas::Quote,
            false => Formulas::Keep,
        }
    }

    fn write(self, cell: String) -> String {
        match self == Formulas::Quote && is_formula(&cell) {
            true => format!("'{cell}"),
            false => cell,
        }
    }
}

/// Whether a spreadsheet could take a cell for a formula. A signed number is not a formula.
fn is_formula(cell: &str) -> bool {
    // The last four are full-width forms, which some spreadsheets read like the first four.
    let starts_one =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let number = cell.strip_suffix('%').unwrap_or(cell);
    let is_numeric = |letter: char| matches!(letter, '0'..='9' | '.' | '+' | '-' | 'e' | 'E');
    let is_number = || number.parse::<f64>().is_ok() && number.chars().all(is_numeric);
    starts_one && !is_number()
}

/// Records as CSV.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn records(records: impl Iterator<Item = Vec<String>>, formulas: Formulas) -> Result<String> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for record in records {
        writer
            .write_record(record.into_iter().map(|cell| formulas.write(cell)))
            .map_err(|error| Error::Internal(format!("cannot write CSV: {error}")))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::Internal(format!("cannot write CSV: {error}")))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cell: &str, formulas: Formulas) -> String {
        let record = vec![cell.to_owned(), "x".to_owned()];
        records([record].into_iter(), formulas).unwrap()
    }

    #[test]
    fn formulas_become_text_if_asked_for() {
        for (cell, kept, quoted) in [
            (
                "=cmd|' /C calc'!A0",
                "=cmd|' /C calc'!A0",
                "'=cmd|' /C calc'!A0",
            ),
            ("+1+1", "+1+1", "'+1+1"),
            ("-cmd", "-cmd", "'-cmd"),
            ("-", "-", "'-"),
            ("-inf", "-inf", "'-inf"),
            ("@SUM(A1)", "@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\t=1", "'\t=1"),
            ("\r=1", "\"\r=1\"", "\"'\r=1\""),
            ("＝1", "＝1", "'＝1"),
            ("=\"a\",b", "\"=\"\"a\"\",b\"", "\"'=\"\"a\"\",b\""),
            ("-5.25", "-5.25", "-5.25"),
            ("-1e-7", "-1e-7", "-1e-7"),
            ("-5.0%", "-5.0%", "-5.0%"),
            ("a=b", "a=b", "a=b"),
            ("", "", ""),
        ] {
            assert_eq!(written(cell, Formulas::Keep), format!("{kept},x\n"));
            assert_eq!(written(cell, Formulas::Quote), format!("{quoted},x\n"));
        }
    }
}
