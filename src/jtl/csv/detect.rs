//! Detection of the layout from the first lines of a file.

use super::default_order::{self, DECIDING_ROWS, most_frequent};
use super::header::Header;
use super::layout::Layout;
use super::lines::{first_line, first_lines, split_records};
use super::timestamp::{DateOrder, DatePattern, EpochUnit, TimestampFormat};
use super::unknown_layout::UnknownLayout;

impl Layout {
    /// Detects the layout from the first lines of a file, or of the part from a further header on.
    ///
    /// # Errors
    ///
    /// When the first line is neither a header nor a row.
    pub fn detect(start: &[u8], given_format: Option<&DatePattern>) -> Result<Self, UnknownLayout> {
        let first = first_line(start);
        let mut layout = match Header::parse(first)? {
            Some(header) => Layout::of(header),
            None => default_order::detect(start, given_format)?,
        };
        let rows = if layout.has_header {
            start.get(first.len()..).unwrap_or_default()
        } else {
            start
        };
        layout.learn_from(rows, given_format);
        Ok(layout)
    }

    /// Learns from the first rows what the header does not say: the time stamp format, and whether
    /// rows have more columns than the header (sample_variables of a run appended to an older
    /// file). The majority decides, or else one damaged row would make all others look damaged.
    fn learn_from(&mut self, rows: &[u8], given_format: Option<&DatePattern>) {
        if let Some(pattern) = given_format {
            self.timestamp_format = TimestampFormat::Pattern(pattern.clone());
        }
        // A record may continue over several lines.
        let wide: Vec<Vec<Vec<u8>>> = split_records(first_lines(rows), self.delimiter)
            .filter(|fields| fields.len() >= self.width)
            .collect();
        let is_row = |fields: &Vec<Vec<u8>>| self.is_row(fields, given_format);
        let mut rows: Vec<&Vec<Vec<u8>>> = wide.iter().filter(|fields| is_row(fields)).collect();
        let deciding = rows.iter().take(DECIDING_ROWS);
        let mut widths: Vec<usize> = deciding.map(|row| row.len()).collect();
        // Of equally frequent widths, the narrowest is that of the header.
        widths.sort_unstable();
        if let Some(width) = most_frequent(widths) {
            self.width = width;
        }
        if rows.is_empty() {
            // Rows to be repaired have time stamps, too.
            rows = wide.iter().collect();
        }
        if given_format.is_none() {
            let stamps = rows
                .iter()
                .map(|row| row[self.columns.time_stamp].as_slice());
            if let Some(format) = TimestampFormat::of_most(stamps) {
                self.timestamp_format = format;
            }
        }
    }

    /// Reads time stamps in this unit if they are numbers, and in this order if they are dates whose
    /// order of day and month is only assumed.
    pub fn adjust_timestamps(&mut self, unit: Option<EpochUnit>, order: Option<DateOrder>) {
        let format = std::mem::take(&mut self.timestamp_format);
        self.timestamp_format = match (format, unit, order) {
            (TimestampFormat::Epoch(_), Some(unit), _) => TimestampFormat::Epoch(unit),
            (format, _, Some(order)) => format.in_order(order),
            (format, _, None) => format,
        };
    }
}

/// Refuses inputs that are recognised as something other than results.
///
/// # Errors
///
/// When the input is empty or UTF-16.
pub fn refuse_other_text(start: &[u8]) -> Result<(), UnknownLayout> {
    if start.iter().all(u8::is_ascii_whitespace) {
        return Err(UnknownLayout::Empty);
    }
    let is_utf_16 = [&b"\xFF\xFE"[..], b"\xFE\xFF", b"<\0", b"\0<"]
        .iter()
        .any(|first| start.starts_with(first));
    match is_utf_16 {
        true => Err(UnknownLayout::Utf16),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Columns;
    use super::*;

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,success\n";

    fn detect(text: &str) -> Result<Layout, UnknownLayout> {
        Layout::detect(text.as_bytes(), None)
    }

    #[test]
    fn header_gives_delimiter_and_places() {
        for delimiter in [',', '\t', ';', '|', ':', '~', '^', ' '] {
            let text = HEADER.replace(',', &delimiter.to_string());
            let layout = detect(&text).unwrap();
            assert_eq!(char::from(layout.delimiter), delimiter);
            assert_eq!(layout.width, 5);
            assert_eq!(layout.columns.success, 4);
            assert_eq!(layout.columns.bytes, None);
        }
    }

    #[test]
    fn columns_in_any_order_with_quoted_variables() {
        let layout = detect("label,success,elapsed,\"my,var\",timeStamp\r\n").unwrap();
        assert_eq!(layout.columns.time_stamp, 4);
        assert_eq!(layout.names[3], "my,var");
    }

    #[test]
    fn the_usual_columns_are_known() {
        let layout = detect(&format!("{}\n", default_order::DEFAULT_ORDERS[0])).unwrap();
        assert_eq!(layout.columns, Columns::JMETER_5);
        assert_eq!(layout.width, Columns::JMETER_5_WIDTH);
    }

    #[test]
    fn no_header_means_a_default_order() {
        let row = "1700000000123,5,Fib,200,OK,T 1-1,text,true,,200,120,1,1,http://h/,5,0,1";
        let layout = detect(row).unwrap();
        assert!(!layout.has_header);
        assert_eq!((layout.width, layout.columns.connect), (17, Some(16)));
        let with_variables = format!("{row},a,b\n");
        assert_eq!(detect(&with_variables).unwrap().width, 19);
        let layout = detect(&row.replace(',', ";")).unwrap();
        assert_eq!(layout.delimiter, b';');
        let older = "1700000000123,5,Fib,200,OK,T 1-1,text,true,,200,120,1,1,5,0,1";
        assert_eq!(detect(older).unwrap().columns.url, None);
    }

    #[test]
    fn first_row_tells_the_time_stamp_format_and_extra_columns() {
        let text = format!("{HEADER}2023/11/14 22:13:20.123,5,Fib,200,true\n");
        let layout = detect(&text).unwrap();
        assert!(
            matches!(layout.timestamp_format, TimestampFormat::Pattern(p) if p.source() == "yyyy/MM/dd HH:mm:ss.SSS")
        );
        let text = format!("{HEADER}1700000000123,5,Fib,200,true,x,y\n");
        assert_eq!(detect(&text).unwrap().width, 7);
        // Neither a damaged row nor a record of several lines hides it.
        let text = format!("{HEADER}\"2023,5\n2023-11-14 22:13:20,5,\"a\nb\",200,true,x\n");
        let layout = detect(&text).unwrap();
        assert_eq!(layout.width, 6);
        assert!(matches!(
            layout.timestamp_format,
            TimestampFormat::Pattern(_)
        ));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        assert!(
            detect("timeStamp,elapsed,label\n")
                .unwrap_err()
                .to_string()
                .contains("lacks success")
        );
        assert!(
            detect("timeStamp,elapsed,label,success,label\n")
                .unwrap_err()
                .to_string()
                .contains("label twice")
        );
        assert!(
            detect("hello world\n")
                .unwrap_err()
                .to_string()
                .contains("neither a JTL header")
        );
    }

    #[test]
    fn most_rows_decide() {
        let row = "1700000000000,1,A,200,OK,T 1-1,text,true,,1,1,1,1,http://h/,1,0,0";
        let without_comma = row.replace(",OK", "OK");
        let width = |text: &str| Layout::detect(text.as_bytes(), None).map(|layout| layout.width);
        assert_eq!(width(&format!("{row}\n{row},extra\n{row}\n")), Ok(17));
        assert_eq!(
            width(&format!("{row},x\n{row}\n{row},y\n{row},z\n")),
            Ok(18)
        );
        assert_eq!(
            width(&format!("{without_comma}\n{row}\n{row}\n")).ok(),
            None
        );
    }
}
