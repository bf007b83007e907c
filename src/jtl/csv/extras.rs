//! Columns of an input that perfkit does not read, and which of them have numbers.

use super::columns::COLUMN_NAMES;
use super::default_order::DECIDING_ROWS;
use super::layout::Layout;
use super::lines::{first_lines, split_records};
use super::timestamp::DatePattern;
use crate::jtl::metric::thousandths;

/// Columns that JMeter may write and perfkit does not read.
const OTHERS_OF_JMETER: [&str; 3] = ["dataType", "Encoding", "Filename"];

/// Extra columns, such as `sample_variables`: named in the header, and not read without a metric.
#[derive(Debug, Default)]
pub struct ExtraColumns {
    names: Vec<String>,
    /// The first layout with extra columns.
    layout: Option<Layout>,
    /// The rows after its header, up to the size of the detection window.
    rows: Vec<u8>,
}

impl ExtraColumns {
    /// Learns the names of a layout. `section` are the first bytes of its part of the file, header
    /// included.
    pub fn begin(&mut self, layout: &Layout, section: &[u8]) {
        let names = layout.names.iter();
        let extra: Vec<&String> = names.filter(|name| is_extra(name)).collect();
        if extra.is_empty() || !layout.has_header {
            return;
        }
        if self.layout.is_none() {
            let header = memchr::memchr(b'\n', section).map_or(section.len(), |end| end + 1);
            self.rows = section.get(header..).unwrap_or_default().to_vec();
            self.layout = Some(layout.clone());
        }
        for name in extra {
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
        }
    }

    /// Appends bytes that were read since, up to `window` bytes.
    pub fn extend(&mut self, bytes: &[u8], window: usize) {
        if self.layout.is_some() && self.rows.len() < window {
            let room = window - self.rows.len();
            let bytes = &bytes[..bytes.len().min(room)];
            self.rows.extend_from_slice(bytes);
        }
    }

    /// The names, in the order of columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that have a number in one of the first rows, and no text in any.
    pub fn numeric(&self, given_format: Option<&DatePattern>) -> Vec<String> {
        let Some(layout) = &self.layout else {
            return Vec::new();
        };
        // The last line may be half there.
        let end = memchr::memrchr(b'\n', &self.rows).map_or(0, |end| end + 1);
        let rows = split_records(first_lines(&self.rows[..end]), layout.delimiter)
            .filter(|fields| fields.len() == layout.width && layout.is_row(fields, given_format));
        let rows: Vec<Vec<Vec<u8>>> = rows.take(DECIDING_ROWS).collect();
        let is_numeric = |column: usize| {
            let fields = rows.iter().filter_map(|fields| fields.get(column));
            let mut fields = fields.filter(|field| !matches!(field.trim_ascii(), b"" | b"null"));
            let has_number = fields.clone().next().is_some();
            has_number && fields.all(|field| thousandths(field).is_some())
        };
        let names = layout.names.iter().enumerate();
        names
            .filter(|(column, name)| is_extra(name) && is_numeric(*column))
            .map(|(_, name)| name.clone())
            .collect()
    }
}

fn is_extra(name: &str) -> bool {
    !name.is_empty() && !COLUMN_NAMES.contains(&name) && !OTHERS_OF_JMETER.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_the_first_rows_make_a_column_numeric() {
        let text = "timeStamp,elapsed,label,success,dataType,ttft,user,queue,unset\n\
                    1700000000000,1,A,true,text,0.35,ann,,null\n\
                    1700000000001,1,A,true,text,12,7,3,\n\
                    1700000000002,1,A,true,tex";
        let layout = Layout::detect(text.as_bytes(), None).unwrap();
        // Whatever the pieces in which it arrives.
        for cut in [64, 90, text.len()] {
            let mut extras = ExtraColumns::default();
            extras.begin(&layout, &text.as_bytes()[..cut]);
            extras.extend(&text.as_bytes()[cut..], 1 << 16);
            assert_eq!(extras.names(), ["ttft", "user", "queue", "unset"]);
            assert_eq!(extras.numeric(None), ["ttft", "queue"], "{cut}");
        }
    }
}
