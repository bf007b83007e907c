//! Repair of rows that are damaged but still say what they mean.
//!
//! A repair depends on the row and its layout alone, never on its neighbours or on where blocks end. It is
//! strict: every number of the repaired row must be a number, and `success` must be true or false. If the
//! surplus may as well belong to a number (`1,234` without quotes), the row stays rejected.

use memchr::memmem;

use super::columns::COLUMN_NAMES;
use super::layout::Layout;
use super::lines::trim_line_end;
use super::row::RowParser;
use super::text_columns::{numeric_columns, text_columns};
use super::unquoted::{Fields, Unquoted, split_leniently, unwrap};
use crate::jtl::fault::{Repair, TextColumn};
use crate::jtl::sample::{Origin, Sample};

/// Maximum threads of a plausible row.
const MAX_THREADS: i64 = 1_000_000;

/// Delimiters that spreadsheets put behind the cells of a row.
const SPREADSHEET_DELIMITERS: &[u8] = b",;\t";

/// A row after its repair.
pub struct Repaired {
    /// What was wrong.
    pub fault: Repair,
    /// The fields.
    pub fields: Unquoted,
    /// The column that was repaired, if it was a single one.
    pub column: Option<usize>,
}

/// A row as read: like [`Repaired`], without a fault if nothing is wrong.
type Read = (Option<Repair>, Unquoted, Option<usize>);

/// Repairs a row. `may_lack_end` means that the file ends with the row.
#[cold]
#[inline(never)]
pub fn repair(parser: &RowParser, row: &[u8], may_lack_end: bool) -> Option<Repaired> {
    let row = trim_line_end(row);
    let start = row.iter().position(|&byte| byte != 0)?;
    let text = &row[start..];
    let delimiter = parser.layout().delimiter;
    if let Some(inner) = unwrap(text) {
        let (_, fields, _) = read(parser, &inner, false)?;
        return Some(Repaired {
            fault: Repair::QuotedRow,
            fields,
            column: None,
        });
    }
    let (fault, fields, column) = read(parser, text, may_lack_end).or_else(|| {
        let is_foreign = |byte: &u8| *byte != delimiter && SPREADSHEET_DELIMITERS.contains(byte);
        let kept = text.iter().rposition(|byte| !is_foreign(byte))? + 1;
        let (_, fields, _) = (kept < text.len()).then(|| read(parser, &text[..kept], false))??;
        Some((Some(Repair::EmptyFields), fields, None))
    })?;
    // A row that needs no repair has none, unless something precedes it.
    Some(Repaired {
        fault: fault.or((start > 0).then_some(Repair::Nul))?,
        fields,
        column,
    })
}

/// Whether a row has more fields than there are columns.
pub fn has_surplus(parser: &RowParser, row: &[u8]) -> bool {
    let fields = split_leniently(row, parser.layout().delimiter);
    fields.is_some_and(|fields| fields.raw.len() > parser.layout().width)
}

/// Whether a record over several lines is a row that is quoted as a whole.
#[cold]
#[inline(never)]
pub fn is_quoted_row(parser: &RowParser, record: &[u8]) -> bool {
    let repaired = repair(parser, record, false);
    repaired.is_some_and(|repaired| repaired.fault == Repair::QuotedRow)
}

/// Reads a row as readers of RFC 4180 do, and repairs its number of fields.
fn read(parser: &RowParser, row: &[u8], may_lack_end: bool) -> Option<Read> {
    let layout = parser.layout();
    let fields = split_leniently(row, layout.delimiter)?;
    let count = fields.raw.len();
    if count == layout.width {
        parse(parser, &fields.unquoted, &fields.unquoted.marks)?;
        let fault = fields.is_garbled.then_some(Repair::TextAfterQuote);
        return Some((fault, fields.unquoted, None));
    }
    if count < layout.width {
        let has_named = count >= layout.names.len() && !may_lack_end;
        return has_named.then(|| without_variables(parser, fields))?;
    }
    let mut surplus = fields.raw[layout.width..].iter();
    if surplus.all(|range| range.is_empty()) {
        let mut unquoted = fields.unquoted;
        unquoted.marks.truncate(layout.width + 1);
        parse(parser, &unquoted, &unquoted.marks)?;
        return Some((Some(Repair::EmptyFields), unquoted, None));
    }
    let joins = joins_of_surplus(parser, row, &fields)?;
    let first = joins.first()?;
    let places = (0..layout.width).map(|at| place(&joins, at));
    let unquoted = fields.joined(row, places);
    let fault = Repair::Unquoted(first.text);
    Some((Some(fault), unquoted, Some(first.column)))
}

/// Fills up a row that has only the columns that the header names.
fn without_variables(parser: &RowParser, fields: Fields) -> Option<Read> {
    let mut unquoted = fields.unquoted;
    for _ in fields.raw.len()..parser.layout().width {
        unquoted.push(b"");
    }
    let sample = parse(parser, &unquoted, &unquoted.marks)?;
    is_plausible(parser, &sample).then_some((Some(Repair::NoVariables), unquoted, None))
}

/// A column of text with the surplus fields that belong to it.
#[derive(Clone, Copy)]
struct Join {
    column: usize,
    text: TextColumn,
    surplus: usize,
}

/// The first and the last field of a column.
fn place(joins: &[Join], column: usize) -> (usize, usize) {
    let surplus = |fits: &dyn Fn(usize) -> bool| -> usize {
        let joins = joins.iter().filter(|join| fits(join.column));
        joins.map(|join| join.surplus).sum()
    };
    let first = column + surplus(&|joined| joined < column);
    (first, first + surplus(&|joined| joined == column))
}

/// The column of text to which the surplus fields of a row belong, if the rest of the row is then valid.
/// If that is so for several columns, the one with which the other texts are most plausible. If it is so
/// for none, two messages may have a part each.
fn joins_of_surplus(parser: &RowParser, row: &[u8], fields: &Fields) -> Option<Vec<Join>> {
    const MAX_SHARED: usize = 32;
    let surplus = fields.raw.len() - parser.layout().width;
    let columns = text_columns(parser.layout());
    let join = |&(column, text): &(usize, TextColumn), surplus| Join {
        column,
        text,
        surplus,
    };
    let single = columns.iter().map(|column| vec![join(column, surplus)]);
    let single = most_plausible(parser, row, fields, single);
    if single.is_some() || !(2..=MAX_SHARED).contains(&surplus) {
        return single;
    }
    let is_message = |(_, text): &&(usize, TextColumn)| {
        use TextColumn::{FailureMessage, ResponseMessage, ThreadName, Url};
        matches!(text, FailureMessage | ResponseMessage | ThreadName | Url)
    };
    let messages: Vec<_> = columns.iter().filter(is_message).collect();
    let pairs = messages.iter().enumerate().flat_map(|(number, one)| {
        let others = messages[number + 1..].iter();
        others.flat_map(move |other| {
            (1..surplus).map(move |own| vec![join(one, own), join(other, surplus - own)])
        })
    });
    most_plausible(parser, row, fields, pairs)
}

/// The most plausible way to join fields; of equally plausible ones, the first.
fn most_plausible(
    parser: &RowParser,
    row: &[u8],
    fields: &Fields,
    ways: impl Iterator<Item = Vec<Join>>,
) -> Option<Vec<Join>> {
    let mut best: Option<(u32, Vec<Join>)> = None;
    for joins in ways {
        let Some(score) = score(parser, row, fields, &joins) else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, joins));
        }
    }
    best.map(|(_, joins)| joins)
}

/// How plausible the row is if fields are joined so; `None` if the row is invalid or ambiguous then.
fn score(parser: &RowParser, row: &[u8], fields: &Fields, joins: &[Join]) -> Option<u32> {
    let layout = parser.layout();
    let ends = (0..layout.width).map(|at| fields.unquoted.marks[place(joins, at).1 + 1]);
    let marks: Vec<u32> = std::iter::once(u32::MAX).chain(ends).collect();
    let sample = parse(parser, &fields.unquoted, &marks)?;
    if !is_plausible(parser, &sample) {
        return None;
    }
    let is_numeric = numeric_columns(&layout.columns);
    let piece = |at: usize| &row[fields.raw[at].clone()];
    let first_piece = |at: usize| piece(place(joins, at).0);
    let whole = |at: usize| {
        let (first, last) = place(joins, at);
        &row[fields.raw[first].start..fields.raw[last].end]
    };
    let is_failure_message = |join: &Join| join.text == TextColumn::FailureMessage;
    let stamp = &fields.raw[place(joins, layout.columns.time_stamp).0];
    let around = [&row[..stamp.start], &row[stamp.end..]];
    let is_other_row = |text| holds_row(text, &row[stamp.clone()], layout.delimiter);
    let is_doubtful = |join: &Join| {
        let at = join.column;
        let precedes_number = at + 1 < layout.width && is_numeric(at + 1);
        may_split_number(layout, at, &is_numeric, first_piece)
            || precedes_number
                && may_begin_number(&piece, place(joins, at).1)
                && !lists_numbers(&piece, place(joins, at))
            || is_failure_message(join) && sample.success && first_piece(at).is_empty()
    };
    if joins.iter().any(is_doubtful) || around.into_iter().any(is_other_row) {
        return None;
    }
    let data_type = layout.names.iter().position(|name| name == "dataType");
    let texts = (0..layout.width).filter(|&at| !is_numeric(at));
    let starts_well = texts.filter(|&at| !whole(at).starts_with(b" ")).count() as u32;
    let fits = |column: Option<usize>, fits: fn(&[u8]) -> bool| column.map(whole).is_some_and(fits);
    let are_right = [
        fits(layout.columns.response_code, is_response_code),
        fits(layout.columns.thread_name, is_thread_name),
        fits(layout.columns.url, is_url),
        fits(data_type, |text| matches!(text, b"" | b"text" | b"bin")),
        !(sample.success && joins.iter().any(is_failure_message)),
    ];
    let right = are_right.into_iter().filter(|&is_right| is_right).count() as u32;
    Some(starts_well + right)
}

/// Whether a text behind a number may be a part of it, as in `1,234`, if `joined` is the column with the
/// surplus. A label, a URL or the like is hardly a number; a variable often is.
fn may_split_number<'a>(
    layout: &Layout,
    joined: usize,
    is_numeric: impl Fn(usize) -> bool,
    field: impl Fn(usize) -> &'a [u8],
) -> bool {
    let is_variable = |at: usize| {
        let is_known = |name: &String| COLUMN_NAMES.contains(&name.as_str());
        !layout.names.get(at).is_some_and(is_known)
    };
    let is_suspect = |at: usize| match is_variable(at) {
        true => is_variable(joined) && (at == joined || field(at).len() == 3),
        false => true,
    };
    let mut behind_numbers = (1..layout.width).filter(|&at| is_numeric(at - 1) && !is_numeric(at));
    behind_numbers.any(|at| is_digits(field(at)) && is_suspect(at))
}

/// Whether a piece of text before a number may be a part of it. Only the pieces of a number behind its first
/// start with 0.
fn may_begin_number<'a>(piece: &impl Fn(usize) -> &'a [u8], at: usize) -> bool {
    let continues_text = |text: &[u8]| text.len() > 1 && text.starts_with(b"0");
    is_digits(piece(at)) && (!continues_text(piece(at)) || is_digits(piece(at - 1)))
}

/// Whether a text of these pieces goes on with a list of numbers, as in `/a?ids=1,2,3`: it begins with letters,
/// and what follows it is a whole number, not the rest of one, as in `1,005`.
fn lists_numbers<'a>(piece: &impl Fn(usize) -> &'a [u8], (first, last): (usize, usize)) -> bool {
    let follows = piece(last + 1);
    let is_rest = follows.len() > 1 && follows.starts_with(b"0");
    piece(first).iter().any(u8::is_ascii_alphabetic) && !is_rest
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn parse<'a>(parser: &RowParser, fields: &'a Unquoted, marks: &[u32]) -> Option<Sample<'a>> {
    let origin = Origin {
        position: 0,
        input: 0,
    };
    parser.parse(&fields.text, marks, origin).ok()
}

/// Whether every number that the layout has is there and in a plausible range.
fn is_plausible(parser: &RowParser, sample: &Sample<'_>) -> bool {
    let columns = &parser.layout().columns;
    let is_amount = |column: Option<usize>, number: Option<i64>| {
        column.is_none() || number.is_some_and(|number| number >= 0)
    };
    let is_threads = |column, number: Option<i64>| {
        is_amount(column, number) && number.is_none_or(|number| number <= MAX_THREADS)
    };
    sample.elapsed >= 0
        && is_amount(columns.latency, sample.latency)
        && is_amount(columns.connect, sample.connect)
        && is_amount(columns.idle_time, sample.idle_time)
        && is_amount(columns.bytes, sample.bytes)
        && is_amount(columns.sent_bytes, sample.sent_bytes)
        && is_threads(columns.grp_threads, sample.grp_threads)
        && is_threads(columns.all_threads, sample.all_threads)
}

/// Whether a text contains the start of another row: two rows on one line.
fn holds_row(text: &[u8], stamp: &[u8], delimiter: u8) -> bool {
    const IN_COMMON: usize = 4;
    let Some(start) = stamp.get(..IN_COMMON) else {
        return false;
    };
    memmem::find_iter(text, start).any(|at| {
        let Some((found, behind)) = text[at..].split_at_checked(stamp.len()) else {
            return false;
        };
        let Some((first, elapsed)) = behind.split_first() else {
            return false;
        };
        let digits = elapsed.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        let ends = *first == delimiter && elapsed.get(digits) == Some(&delimiter);
        ends && digits > 0 && memchr::memchr(delimiter, found).is_none()
    })
}

fn is_response_code(text: &[u8]) -> bool {
    is_digits(text) || matches!(text, b"" | b"null") || text.starts_with(b"Non HTTP response code")
}

/// Whether a text ends like `Thread Group 1-12`.
fn is_thread_name(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let thread = digits(text);
    let rest = text[..text.len() - thread].strip_suffix(b"-");
    thread > 0 && rest.is_some_and(|group| digits(group) > 0)
}

fn is_url(text: &[u8]) -> bool {
    let scheme = memmem::find(text, b"://");
    let has_scheme = scheme.is_some_and(|at| text[..at].iter().all(u8::is_ascii_alphanumeric));
    has_scheme || matches!(text, b"" | b"null")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;

    use super::*;

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                          failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";
    const ROW: &str =
        "1700000000123,5,Home,200,OK,Users 1-1,text,false,,549,129,3,4,http://h/a,5,0,1";

    /// A repaired row: what was wrong, and its label, response message, failure message and URL.
    fn repaired_in(header: &str, row: &str) -> Option<(Repair, [String; 4])> {
        let layout = Layout::detect(format!("{header}\n").as_bytes(), None).unwrap();
        let parser = RowParser::new(Arc::new(layout), TimeZone::UTC, false);
        let Repaired { fault, fields, .. } = repair(&parser, row.as_bytes(), false)?;
        let sample = parse(&parser, &fields, &fields.marks).unwrap();
        let texts = [
            sample.label,
            sample.response_message,
            sample.failure_message,
            sample.url,
        ];
        Some((
            fault,
            texts.map(|text| String::from_utf8_lossy(text).into_owned()),
        ))
    }

    /// The repair of [`ROW`] with `from` replaced, and the text of the repaired column.
    fn repaired(from: &str, to: &str) -> Option<(Repair, String)> {
        let row = ROW.replace(from, to);
        assert_ne!(row, ROW);
        let (found, [label, message, failure, url]) = repaired_in(HEADER, &row)?;
        let text = match found {
            Repair::Unquoted(TextColumn::FailureMessage) | Repair::TextAfterQuote => failure,
            Repair::Unquoted(TextColumn::ResponseMessage) => message,
            Repair::Unquoted(TextColumn::Url) => url,
            _ => label,
        };
        Some((found, text))
    }

    #[test]
    fn a_text_with_unquoted_delimiters_is_one_field() {
        let unquoted = |column, text: &str| Some((Repair::Unquoted(column), text.to_owned()));
        for text in [
            "Test failed: text expected to contain /a, b/",
            "It took 3,226 milliseconds, not 3,000",
            "Expected \"a\",\"b\" and c",
            "\"a\", \"b, c\" found",
            ",,",
        ] {
            let found = repaired("false,", &format!("false,{text}"));
            assert_eq!(found, unquoted(TextColumn::FailureMessage, text));
        }
        let found = repaired(",OK,", ",Error, try, later,");
        assert_eq!(
            found,
            unquoted(TextColumn::ResponseMessage, "Error, try, later")
        );
        let found = repaired("http://h/a", "http://h/a?q=1,b,c");
        assert_eq!(found, unquoted(TextColumn::Url, "http://h/a?q=1,b,c"));
        // A list of numbers in a text, before a number.
        let found = repaired("http://h/a", "http://h/a?ids=1,2,3");
        assert_eq!(found, unquoted(TextColumn::Url, "http://h/a?ids=1,2,3"));
        let found = repaired("Home", "Home, page");
        assert_eq!(found, unquoted(TextColumn::Label, "Home, page"));
        let found = repaired("Users 1-1", "Users, all 1-1").unwrap();
        assert_eq!(found.0, Repair::Unquoted(TextColumn::ThreadName));
        // Two messages in one row.
        let found = repaired(
            "OK,Users 1-1,text,false,",
            "a, b, c,Users 1-1,text,false,d, e",
        );
        assert_eq!(found, unquoted(TextColumn::FailureMessage, "d, e"));
        // Quotes elsewhere in the row stay what they are.
        let found = repaired("Home,200,OK", "\"Ho,me\",200,Error, try later").unwrap();
        assert_eq!(found.0, Repair::Unquoted(TextColumn::ResponseMessage));
    }

    #[test]
    fn variables_may_follow() {
        let header = format!("{HEADER},\"id\",\"name\"");
        let row = format!("{},7,x", ROW.replace("false,", "false,a, b, c"));
        let (found, texts) = repaired_in(&header, &row).unwrap();
        assert_eq!(found, Repair::Unquoted(TextColumn::FailureMessage));
        assert_eq!(texts[2], "a, b, c");
        let (found, _) = repaired_in(&header, &format!("{ROW},7,x, y")).unwrap();
        assert_eq!(found, Repair::Unquoted(TextColumn::Other));
    }

    #[test]
    fn other_delimiters_and_orders() {
        let columns = "timeStamp,elapsed,label,responseMessage,success";
        let row = "1700000000100,100,Home,Error, try later,false";
        for delimiter in [";", "\t", "|"] {
            let (found, texts) = repaired_in(
                &columns.replace(',', delimiter),
                &row.replace(',', delimiter),
            )
            .unwrap();
            assert_eq!(found, Repair::Unquoted(TextColumn::ResponseMessage));
            assert_eq!(texts[1], "Error, try later".replace(',', delimiter));
        }
        let (found, texts) = repaired_in(
            "label,success,timeStamp,elapsed",
            "a,b,true,1700000000100,5",
        )
        .unwrap();
        assert_eq!(found, Repair::Unquoted(TextColumn::Label));
        assert_eq!(texts[0], "a,b");
    }

    #[test]
    fn what_may_belong_to_a_number_stays_rejected() {
        for (from, to) in [
            (",5,Home", ",1,234,Home"),
            (",549,", ",1,549,"),
            (",129,", ",1,129,"),
            (",4,http", ",1,004,http"),
            (",5,0,1", ",1,005,0,1"),
            ("1700000000123,", "2023-11-14 22:13:20,123,"),
            // Two rows on one line.
            (",OK,", ",OK,Users 1-11700000000124,6,Home,200,OK,"),
            // No number in the place of one.
            (",549,129,", ",a, b,,129,"),
            (",3,4,http", ",x, y,-3,4,http"),
            ("false", "maybe, not"),
        ] {
            assert_eq!(repaired(from, to), None, "{to}");
        }
        let succeeded = ROW.replace("false", "true");
        assert_eq!(
            repaired_in(HEADER, &succeeded.replace(",549,", ",1,024,")),
            None
        );
    }

    #[test]
    fn text_after_a_closing_quote_is_kept() {
        let found = repaired("false,", "false,\"a\"b");
        assert_eq!(found, Some((Repair::TextAfterQuote, "ab".to_owned())));
        let found = repaired("false,", "false,\"a, \"\"b\"\"\" c\"d");
        assert_eq!(
            found,
            Some((Repair::TextAfterQuote, "a, \"b\" c\"d".to_owned()))
        );
        assert_eq!(repaired("false,", "false,\"a"), None);
    }

    #[test]
    fn a_row_quoted_as_a_whole_is_unwrapped() {
        let quoted = |row: &str| format!("\"{}\"", row.replace('"', "\"\""));
        let failed = ROW.replace("false,", "false,\"took 3,226 ms\"");
        for end in ["", ",,,", ";;", "\t", "\r\n", ",\r\n"] {
            let (found, texts) = repaired_in(HEADER, &(quoted(&failed) + end)).unwrap();
            assert_eq!((found, &*texts[2]), (Repair::QuotedRow, "took 3,226 ms"));
        }
        let lines = ROW.replace("false,", "false,\"two\nlines, both\"");
        let (found, texts) = repaired_in(HEADER, &quoted(&lines)).unwrap();
        assert_eq!((found, &*texts[2]), (Repair::QuotedRow, "two\nlines, both"));
        let unquoted = quoted(&ROW.replace("false,", "false,a, b"));
        let (found, texts) = repaired_in(HEADER, &unquoted).unwrap();
        assert_eq!((found, &*texts[2]), (Repair::QuotedRow, "a, b"));
        assert_eq!(repaired_in(HEADER, "\"a,b\"").map(|found| found.0), None);
        let semicolons = HEADER.replace(',', ";");
        let row = quoted(&ROW.replace(',', ";").replace("false;", "false;a, b")) + ",,";
        let (found, texts) = repaired_in(&semicolons, &row).unwrap();
        assert_eq!((found, &*texts[2]), (Repair::QuotedRow, "a, b"));
    }

    #[test]
    fn empty_cells_and_nul_bytes_are_left_out() {
        let kind = |row: &str| repaired_in(HEADER, row).map(|found| found.0);
        assert_eq!(kind(&format!("{ROW},,")), Some(Repair::EmptyFields));
        assert_eq!(kind(&format!("{ROW};;;")), Some(Repair::EmptyFields));
        assert_eq!(
            kind(&format!("{}{ROW}", "\0".repeat(5000))),
            Some(Repair::Nul)
        );
        assert_eq!(kind("\0\0\0"), None);
        assert_eq!(kind(ROW), None);
    }
}
