//! The report model as JSON.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::text::readable_json;
use crate::error::{Error, Result};
use crate::report::Report;

/// The report as JSON, with a line feed at its end.
///
/// # Errors
///
/// None in practice: every report can be serialised.
pub fn render(report: &Report) -> Result<String> {
    let mut bytes = Vec::new();
    report
        .serialize(&mut Serializer::with_formatter(
            &mut bytes,
            Compact::default(),
        ))
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))?;
    bytes.push(b'\n');
    let json = String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(readable_json(json))
}

/// Pretty, but arrays of numbers on one line: series and distributions are long.
#[derive(Default)]
struct Compact {
    pretty: PrettyFormatter<'static>,
    /// Arrays around the current value that are written on one line.
    flat: usize,
    /// For each open array: not known yet, or whether it is flat.
    arrays: Vec<Option<bool>>,
}

impl Compact {
    /// Writes what was put off when an array began: its contents decide how it is written.
    fn begin_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        is_flat: bool,
    ) -> io::Result<()> {
        if let Some(array @ None) = self.arrays.last_mut() {
            *array = Some(is_flat);
            if is_flat {
                self.flat += 1;
                writer.write_all(b"[")?;
            } else {
                self.pretty.begin_array(writer)?;
                self.pretty.begin_array_value(writer, true)?;
            }
        }
        Ok(())
    }
}

macro_rules! write_flat {
    ($($name:ident: $type:ty),*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: $type) -> io::Result<()> {
            self.begin_value(writer, true)?;
            self.pretty.$name(writer, value)
        })*
    };
}

impl Formatter for Compact {
    write_flat!(write_u64: u64, write_i64: i64, write_u32: u32, write_f64: f64, write_bool: bool);

    fn write_null<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin_value(writer, true)?;
        self.pretty.write_null(writer)
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin_value(writer, false)?;
        self.pretty.begin_string(writer)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin_value(writer, false)?;
        self.arrays.push(None);
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.arrays.pop() {
            Some(Some(true)) => {
                self.flat -= 1;
                writer.write_all(b"]")
            }
            Some(Some(false)) => self.pretty.end_array(writer),
            Some(None) | None => writer.write_all(b"[]"),
        }
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        match self.arrays.last() {
            Some(Some(true)) => writer.write_all(b", "),
            Some(Some(false)) => self.pretty.begin_array_value(writer, first),
            Some(None) | None => Ok(()),
        }
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.flat {
            0 => self.pretty.end_array_value(writer),
            _ => Ok(()),
        }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin_value(writer, false)?;
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_numbers_take_one_line() {
        let value = serde_json::json!({
            "a": [1, 2.5, null], "b": [], "c": ["x"], "d": [[1, 2], [3, 4]], "e": [{"f": [7]}]
        });
        let mut bytes = Vec::new();
        value
            .serialize(&mut Serializer::with_formatter(
                &mut bytes,
                Compact::default(),
            ))
            .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "a": [1, 2.5, null],
          "b": [],
          "c": [
            "x"
          ],
          "d": [
            [1, 2],
            [3, 4]
          ],
          "e": [
            {
              "f": [7]
            }
          ]
        }
        "#);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
