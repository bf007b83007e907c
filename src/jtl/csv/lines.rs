//! Lines and records at the start of a file.

pub fn first_line(bytes: &[u8]) -> &[u8] {
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

/// The fields of the record that `bytes` begin with, unquoted, even if it is quoted as a whole.
pub fn split_record(bytes: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let fields = split_once(bytes, delimiter);
    let [inner, rest @ ..] = &fields[..] else {
        return fields;
    };
    let is_quoted = bytes.starts_with(b"\"") && inner.contains(&delimiter);
    match is_quoted && rest.iter().all(Vec::is_empty) {
        true => split_once(inner, delimiter),
        false => fields,
    }
}

fn split_once(bytes: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
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

/// The bytes from the start of each of the first lines to the end.
pub fn first_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const LINES_TRIED: usize = 100;
    let mut start = 0;
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines.take(LINES_TRIED).map(move |line| {
        let rest = &bytes[start..];
        start += line.len();
        rest
    })
}
