//! The ends of blocks: between two records, or before a further header.

use memchr::{memchr, memchr2_iter, memrchr};

use super::header::{HEADER_MARK, is_header};
use super::quoted::{self, Record};
use super::row::RowParser;
use super::unquoted::Unquoted;

/// The place in [`HEADER_MARK`] of its rarest letter, which is searched for together with quotes.
const HEADER_MARK_RARE: usize = 4;

/// The length of the whole records of the parser's layout at the start of `bytes`, and whether a
/// further header begins there. A length of 0 without a header means that more bytes are needed.
pub fn cut(
    parser: &RowParser,
    bytes: &[u8],
    is_all: bool,
    unquoted: &mut Unquoted,
) -> (usize, bool) {
    let Some(limit) = memrchr(b'\n', bytes).map(|at| at + 1) else {
        return (0, false);
    };
    let delimiter = parser.layout().delimiter;
    // Up to `done` everything is decided and no quote is open. The record at `done` begins at a
    // line start at or after `base`.
    let (mut base, mut done) = (0, 0);
    for at in memchr2_iter(b'"', HEADER_MARK[HEADER_MARK_RARE], &bytes[..limit]) {
        if at < done {
            continue;
        }
        if bytes[at] != b'"' {
            let is_mark =
                at >= HEADER_MARK_RARE && bytes[at - HEADER_MARK_RARE..].starts_with(HEADER_MARK);
            if is_mark && at - HEADER_MARK_RARE >= done {
                let line = line_start(bytes, base, at);
                if is_header_line(bytes, line, limit) {
                    return (line, true);
                }
            }
            continue;
        }
        let line = line_start(bytes, base, at);
        let opens_field = at == line || bytes[at - 1] == delimiter;
        if !opens_field {
            continue;
        }
        match closing(&bytes[at + 1..limit]) {
            // Closed on its line: any other damage there ends with the line.
            Some(length) if memchr(b'\n', &bytes[at..at + 1 + length]).is_none() => {
                done = at + 1 + length;
                continue;
            }
            _ => {}
        }
        if is_header_line(bytes, line, limit) {
            return (line, true);
        }
        base = match quoted::read(parser, &bytes[line..], is_all, unquoted) {
            Record::Whole { end } | Record::Damaged { end } => line + end,
            Record::TooLong => match memchr(b'\n', &bytes[line..]) {
                Some(end) => line + end + 1,
                None => return (line, false),
            },
            Record::Unfinished => return (line, false),
        };
        done = base;
    }
    (limit.max(done), false)
}

fn line_start(bytes: &[u8], from: usize, at: usize) -> usize {
    memrchr(b'\n', &bytes[from..at]).map_or(from, |end| from + end + 1)
}

fn is_header_line(bytes: &[u8], line: usize, limit: usize) -> bool {
    memchr(b'\n', &bytes[line..limit]).is_some_and(|end| is_header(&bytes[line..line + end]))
}

/// The length of a quoted field from behind its opening quote to behind its closing quote.
fn closing(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + memchr(b'"', &bytes[at..])?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote + 1);
        }
        at = quote + 2;
    }
}
