//! What the columns of a file are: delimiter, names, time stamp format.

use super::default_order::{self, ROWS_ASKED, first_lines, most_frequent};
use super::timestamp::{Pattern, TimestampFormat};

/// The columns that perfkit reads, by their place in a row. Other columns are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// `timeStamp`
    pub time_stamp: usize,
    /// `elapsed`
    pub elapsed: usize,
    /// `label`
    pub label: usize,
    /// `success`
    pub success: usize,
    /// `responseCode`
    pub response_code: Option<usize>,
    /// `responseMessage`
    pub response_message: Option<usize>,
    /// `threadName`
    pub thread_name: Option<usize>,
    /// `failureMessage`
    pub failure_message: Option<usize>,
    /// `bytes`
    pub bytes: Option<usize>,
    /// `sentBytes`
    pub sent_bytes: Option<usize>,
    /// `grpThreads`
    pub grp_threads: Option<usize>,
    /// `allThreads`
    pub all_threads: Option<usize>,
    /// `URL`
    pub url: Option<usize>,
    /// `Latency`
    pub latency: Option<usize>,
    /// `IdleTime`
    pub idle_time: Option<usize>,
    /// `Connect`
    pub connect: Option<usize>,
    /// `Hostname`
    pub hostname: Option<usize>,
    /// `SampleCount`
    pub sample_count: Option<usize>,
    /// `ErrorCount`
    pub error_count: Option<usize>,
}

impl Columns {
    /// JMeter's default columns since 5.0, which files without a header mostly have.
    pub const JMETER_5: Columns = Columns {
        time_stamp: 0,
        elapsed: 1,
        label: 2,
        response_code: Some(3),
        response_message: Some(4),
        thread_name: Some(5),
        success: 7,
        failure_message: Some(8),
        bytes: Some(9),
        sent_bytes: Some(10),
        grp_threads: Some(11),
        all_threads: Some(12),
        url: Some(13),
        latency: Some(14),
        idle_time: Some(15),
        connect: Some(16),
        hostname: None,
        sample_count: None,
        error_count: None,
    };

    /// Number of JMeter's default columns since 5.0.
    pub const JMETER_5_WIDTH: usize = 17;
}

/// What the columns of a file, or of a part of it behind its own header, are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What separates fields.
    pub delimiter: u8,
    /// Number of columns in a row.
    pub width: usize,
    /// Their names, as far as they have any.
    pub names: Vec<String>,
    /// Where the columns are that perfkit reads.
    pub columns: Columns,
    /// How `timeStamp` is written.
    pub timestamp_format: TimestampFormat,
    /// Whether the first line is a header.
    pub has_header: bool,
}

impl Layout {
    /// Finds out the layout from the first lines of a file, or of the part behind a further header.
    ///
    /// # Errors
    ///
    /// A sentence for the user: what is wrong with the first line, and what to do.
    pub fn detect(start: &[u8], given_format: Option<&Pattern>) -> Result<Self, String> {
        let first = first_line(start);
        let mut layout = match Header::parse(first)? {
            Some(header) => header.into_layout(),
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

    /// The name of a column, for messages.
    pub fn column_name(&self, index: usize) -> String {
        match self.names.get(index) {
            Some(name) => name.clone(),
            None => format!("column {}", index + 1),
        }
    }

    /// Learns from the first rows what the header does not tell: the time stamp format, and whether
    /// rows have columns beyond the header's (sample_variables of a run appended to an older file).
    /// Most of them decide, or one damaged row would make all others look damaged.
    fn learn_from(&mut self, rows: &[u8], given_format: Option<&Pattern>) {
        if let Some(pattern) = given_format {
            self.timestamp_format = TimestampFormat::Pattern(pattern.clone());
        }
        let rows = first_lines(rows).filter_map(|line| {
            // A record may go on over several lines.
            let fields = split_record(line, self.delimiter);
            let is_good = fields.len() >= self.width && self.is_row(&fields, given_format);
            let stamp = fields.get(self.columns.time_stamp);
            is_good.then(|| (fields.len(), stamp.and_then(|s| TimestampFormat::detect(s))))
        });
        let mut rows: Vec<_> = rows.take(ROWS_ASKED).collect();
        // Of widths as frequent the header's.
        rows.sort_by_key(|(width, _)| *width);
        if let Some((width, format)) = most_frequent(rows) {
            self.width = width;
            if given_format.is_none()
                && let Some(format) = format
            {
                self.timestamp_format = format;
            }
        }
    }

    /// Whether fields make sense as a row.
    pub(super) fn is_row(&self, fields: &[Vec<u8>], given_format: Option<&Pattern>) -> bool {
        let field = |index: usize| fields.get(index).map(Vec::as_slice).unwrap_or_default();
        let stamp = field(self.columns.time_stamp);
        let elapsed = field(self.columns.elapsed);
        (given_format.is_some() || TimestampFormat::detect(stamp).is_some())
            && super::number::parse(elapsed, 0, elapsed.len()).is_some()
            && parse_flag(field(self.columns.success)).is_some()
    }
}

/// The column names of a header line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub delimiter: u8,
    pub names: Vec<String>,
}

impl Header {
    /// Reads a line as a header; `None` when it is not one at all.
    fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let line = trim_line_end(line);
        let Some(delimiter) = find_delimiter(line) else {
            return Ok(None);
        };
        let names: Vec<String> = split_record(line, delimiter)
            .into_iter()
            .map(|name| String::from_utf8_lossy(&name).trim().to_owned())
            .collect();
        let has = |name: &str| names.iter().any(|n| n == name);
        if !has("elapsed") && !has("timeStamp") {
            return Ok(None);
        }
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| !has(name)).collect();
        if !missing.is_empty() {
            return Err(format!(
                "the header lacks {}: perfkit needs the columns timeStamp, elapsed, label and success \
                 (jmeter.save.saveservice.* properties switch them on); it has {}",
                missing.join(" and "),
                names.join(", ")
            ));
        }
        for name in COLUMN_NAMES {
            if names.iter().filter(|n| *n == name).count() > 1 {
                return Err(format!(
                    "the header names the column {name} twice: which one is meant cannot be known"
                ));
            }
        }
        Ok(Some(Header { delimiter, names }))
    }

    pub fn into_layout(self) -> Layout {
        let find = |name: &str| self.names.iter().position(|n| n == name);
        let required = |name: &str| find(name).unwrap_or_default();
        let columns = Columns {
            time_stamp: required("timeStamp"),
            elapsed: required("elapsed"),
            label: required("label"),
            success: required("success"),
            response_code: find("responseCode"),
            response_message: find("responseMessage"),
            thread_name: find("threadName"),
            failure_message: find("failureMessage"),
            bytes: find("bytes"),
            sent_bytes: find("sentBytes"),
            grp_threads: find("grpThreads"),
            all_threads: find("allThreads"),
            url: find("URL"),
            latency: find("Latency"),
            idle_time: find("IdleTime"),
            connect: find("Connect"),
            hostname: find("Hostname"),
            sample_count: find("SampleCount"),
            error_count: find("ErrorCount"),
        };
        Layout {
            delimiter: self.delimiter,
            width: self.names.len(),
            names: self.names,
            columns,
            timestamp_format: TimestampFormat::EpochMs,
            has_header: true,
        }
    }
}

const REQUIRED: [&str; 4] = ["timeStamp", "elapsed", "label", "success"];

/// Every column name that perfkit gives a meaning to.
const COLUMN_NAMES: [&str; 19] = [
    "timeStamp",
    "elapsed",
    "label",
    "success",
    "responseCode",
    "responseMessage",
    "threadName",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
    "Hostname",
    "SampleCount",
    "ErrorCount",
];

/// What every header names, and hardly any row holds.
pub const HEADER_MARK: &[u8] = b"timeStamp";

/// Whether a line is a header that JMeter could have written.
///
/// Where a run was killed within a row, and another appended, the row's start precedes the header on
/// its line: that line is a damaged row, or columns would be taken for shifted by the row's.
pub fn is_header(line: &[u8]) -> bool {
    // Rows begin with a time, names never with a digit. Taking a line apart is slow, and this is
    // asked of many rows.
    !line.first().is_some_and(u8::is_ascii_digit)
        && memchr::memmem::find(line, HEADER_MARK).is_some()
        && matches!(Header::parse(line), Ok(Some(_)))
}

/// `true` or `false` in any case, as Java reads it; nothing else, lest damage be counted.
#[inline(always)]
pub fn parse_flag(text: &[u8]) -> Option<bool> {
    if text == b"true" || text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text == b"false" || text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// The delimiter of a header: the first character that is not part of a word, outside quotes.
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

pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => &bytes[..=end],
        None => bytes,
    }
}

/// A line without its line end.
pub fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields of the record that `bytes` begin with, unquoted.
pub(super) fn split_record(bytes: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(<[u8]>::to_vec).collect(),
        _ => Vec::new(),
    }
}

/// Text from a file, shortened and made harmless for a message.
pub fn quote(text: &[u8]) -> String {
    const LONGEST: usize = 80;
    let text = String::from_utf8_lossy(text);
    let mut shown: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,success\n";

    fn detect(text: &str) -> Result<Layout, String> {
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
                .contains("lacks success")
        );
        assert!(
            detect("timeStamp,elapsed,label,success,label\n")
                .unwrap_err()
                .contains("label twice")
        );
        assert!(
            detect("hello world\n")
                .unwrap_err()
                .contains("neither a JTL header")
        );
    }
}
