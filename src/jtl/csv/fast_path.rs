//! The fast path: usual rows in JMeter 5's default columns, read with SIMD.
//!
//! A row is usual if it succeeded, has no failure message, and each of its numbers has 1 to 8
//! digits. [`RowParser::parse`] reads all other rows.

use fearless_simd::prelude::*;

use super::columns::Columns;
use super::kinds::{Kinds, MARKS};
use super::layout::Layout;
use super::numbers::numbers;
use super::row::{Row, RowParser};
use crate::jtl::fault::MAX_TEXT;
use crate::jtl::sample::{Origin, Sample};
use crate::jtl::sink::Sink;
use crate::jtl::usual::{AT_ONCE, Kind, UsualRow};

/// A faster way to read the usual rows of a layout.
pub trait FastPath {
    /// Whether it takes nearly all rows of the layout.
    const TAKES_MOST_ROWS: bool;

    /// Reads the next rows as long as they are usual and of kinds that are known. Returns how many it read.
    fn read_known(
        &self,
        parser: &RowParser,
        rows: Rows<'_>,
        kinds: &mut Kinds,
        sink: &mut impl Sink,
    ) -> usize;

    /// Reads a usual row, whose fields lie between neighbouring `marks`, and pushes into `sink` the
    /// sample that [`RowParser::parse`] would return. Returns false, with nothing pushed, for a row
    /// that is not usual.
    fn read(
        &self,
        parser: &RowParser,
        bytes: &[u8],
        marks: &[u32],
        origin: Origin,
        kinds: &mut Kinds,
        sink: &mut impl Sink,
    ) -> bool;
}

/// Rows without quotes, one behind the other.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The block.
    pub bytes: &'a [u8],
    /// The marks of the block.
    pub marks: &'a [u32],
    /// The indices of the marks that are the rows' line feeds.
    pub line_ends: &'a [u32],
    /// The index of the mark before the first row.
    pub first_mark: usize,
    /// The first quote behind them.
    pub next_quote: usize,
    /// The origin of the start of the block.
    pub origin: Origin,
}

/// For any other layout: takes no row.
pub struct NoFastPath;

impl FastPath for NoFastPath {
    const TAKES_MOST_ROWS: bool = false;

    #[inline(always)]
    fn read_known(&self, _: &RowParser, _: Rows<'_>, _: &mut Kinds, _: &mut impl Sink) -> usize {
        0
    }

    #[inline(always)]
    fn read(
        &self,
        _: &RowParser,
        _: &[u8],
        _: &[u32],
        _: Origin,
        _: &mut Kinds,
        _: &mut impl Sink,
    ) -> bool {
        false
    }
}

/// For JMeter 5's default columns.
pub struct Jmeter5<S: Simd>(pub S);

/// Whether [`Jmeter5`] can read the rows of a layout. It takes SIMD lanes apart into narrower ones
/// in the order of little-endian bytes: big-endian processors read every row the general way.
pub fn is_jmeter5(layout: &Layout) -> bool {
    cfg!(target_endian = "little")
        && layout.width == Columns::JMETER_5_WIDTH
        && layout.columns == Columns::JMETER_5
}

/// Bytes of a usual row's response message. Transaction controllers write longer ones, and their
/// rows take more work.
const MAX_MESSAGE: usize = 31;

impl<S: Simd> FastPath for Jmeter5<S> {
    const TAKES_MOST_ROWS: bool = true;

    #[inline(always)]
    fn read_known(
        &self,
        parser: &RowParser,
        rows: Rows<'_>,
        kinds: &mut Kinds,
        sink: &mut impl Sink,
    ) -> usize {
        read_known_rows(self.0, parser, rows, kinds, sink)
    }

    #[inline(always)]
    fn read(
        &self,
        parser: &RowParser,
        bytes: &[u8],
        marks: &[u32],
        origin: Origin,
        kinds: &mut Kinds,
        sink: &mut impl Sink,
    ) -> bool {
        let Ok(marks) = <&[u32; MARKS]>::try_from(marks) else {
            return false;
        };
        read_new(self.0, parser, (bytes, marks), origin, kinds, sink)
    }
}

/// Reads rows as long as they are of known kinds and labels. Returns how many it read.
///
/// The sink gets them together, so that it waits for the memory of several labels at once.
#[inline(always)]
fn read_known_rows<K: Sink, S: Simd>(
    simd: S,
    parser: &RowParser,
    rows: Rows<'_>,
    kinds: &mut Kinds,
    sink: &mut K,
) -> usize {
    if !sink.takes_usual_rows() {
        return 0;
    }
    let mut labels = [&b""[..]; AT_ONCE];
    let mut usual = [UsualRow::default(); AT_ONCE];
    let mut read = 0;
    loop {
        let mut found = 0;
        for (usual, label) in usual.iter_mut().zip(&mut labels) {
            // A closure would be compiled for the least level of SIMD.
            let Some(marks) = rows.marks_of(read + found) else {
                break;
            };
            let input = rows.origin.input;
            let Some(kind) = kinds.find(simd, rows.bytes, marks, input) else {
                break;
            };
            let fields = (rows.bytes, marks);
            let Some(row) = read_known(simd, parser, fields, rows.origin, kind) else {
                break;
            };
            *usual = row;
            *label = Row {
                bytes: rows.bytes,
                marks,
            }
            .text(Columns::JMETER_5.label);
            found += 1;
        }
        let taken = sink.record_usual(&usual[..found], &labels[..found]);
        read += taken;
        if taken < AT_ONCE {
            return read;
        }
    }
}

impl<'a> Rows<'a> {
    /// The marks of a row, if it and those before have as many as usual, and it is not too long.
    #[inline(always)]
    fn marks_of(&self, row: usize) -> Option<&'a [u32; MARKS]> {
        let line_end = *self.line_ends.get(row)? as usize;
        let first = self.first_mark + row * (MARKS - 1);
        let marks: &'a [u32; MARKS] = self.marks.get(first..)?.first_chunk()?;
        let (start, end) = (marks[0].wrapping_add(1), marks[MARKS - 1]);
        let is_usual = line_end == first + MARKS - 1
            && (end as usize) < self.next_quote
            && end.wrapping_sub(start) as usize <= MAX_TEXT;
        is_usual.then_some(marks)
    }
}

/// Reads a row of a known kind, by a thread with this number.
#[inline(always)]
fn read_known<S: Simd>(
    simd: S,
    parser: &RowParser,
    (bytes, marks): (&[u8], &[u32; MARKS]),
    block: Origin,
    (kind, thread): (Kind, u32),
) -> Option<UsualRow> {
    let row = Row { bytes, marks };
    let [
        bytes,
        sent_bytes,
        _,
        all_threads,
        elapsed,
        latency,
        _,
        connect,
    ] = numbers(simd, bytes, marks)?;
    let stamp = parser.stamp(row, &Columns::JMETER_5)?;
    Some(UsualRow {
        kind,
        position: block.position + u64::from(marks[0].wrapping_add(1)),
        time_stamp: parser.start(stamp, i64::from(elapsed))?,
        elapsed,
        latency,
        connect,
        bytes,
        sent_bytes,
        all_threads,
        thread,
    })
}

/// Reads a usual row of any kind, which is known from then on.
#[inline(never)]
fn read_new<K: Sink, S: Simd>(
    simd: S,
    parser: &RowParser,
    (bytes, marks): (&[u8], &[u32; MARKS]),
    origin: Origin,
    kinds: &mut Kinds,
    sink: &mut K,
) -> bool {
    simd.vectorize(
        #[inline(always)]
        || {
            // A row that ends with a carriage return may be of a known kind too.
            let rows = Rows {
                bytes,
                marks,
                line_ends: &[MARKS as u32 - 1],
                first_mark: 0,
                next_quote: usize::MAX,
                origin,
            };
            if read_known_rows(simd, parser, rows, kinds, sink) == 1 {
                return true;
            }
            let columns = &Columns::JMETER_5;
            let row = Row { bytes, marks };
            if row.text(columns.success) != b"true"
                || !row.optional_text(columns.failure_message).is_empty()
            {
                return false;
            }
            let response_message = row.optional_text(columns.response_message);
            if response_message.len() > MAX_MESSAGE {
                return false;
            }
            let Some(numbers) = numbers(simd, bytes, marks) else {
                return false;
            };
            let [
                received,
                sent,
                grp_threads,
                all_threads,
                elapsed,
                latency,
                idle_time,
                connect,
            ] = numbers.map(i64::from);
            let stamp = parser.stamp(row, columns);
            let Some(time_stamp) = stamp.and_then(|stamp| parser.start(stamp, elapsed)) else {
                return false;
            };
            let sample = Sample {
                position: origin.position,
                input: origin.input,
                time_stamp,
                elapsed,
                latency: Some(latency),
                connect: Some(connect),
                idle_time: Some(idle_time),
                label: row.text(columns.label),
                response_code: row.optional_text(columns.response_code),
                response_message,
                failure_message: b"",
                thread_name: row.optional_text(columns.thread_name),
                url: row.optional_text(columns.url),
                hostname: b"",
                group_text: b"",
                is_sub_result: None,
                success: true,
                bytes: Some(received),
                sent_bytes: Some(sent),
                grp_threads: Some(grp_threads),
                all_threads: Some(all_threads),
                sample_count: 1,
                error_count: 0,
                metrics: &[],
            };
            let kind = match sink.takes_usual_rows() {
                true => kinds.learn(simd, bytes, marks, &sample),
                false => None,
            };
            match kind {
                Some(kind) => sink.record_of_kind(&sample, kind),
                None => sink.record(&sample),
            }
            true
        },
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fearless_simd::{Level, dispatch};
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::super::block::PADDING;
    use super::*;

    const USUAL: &str = "1700000002983,17,Fibonacci,200,OK,Users 1-153,text,true,,185,125,1,1,\
                         http://host/fibonacci?n=15,16,0,12345678\n";

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
         failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

    /// Whether the parser's start of a sample is its time stamp, and a row: what [`FastPath::read`]
    /// and what [`RowParser::parse`] make of it.
    fn both(is_end: bool, row: &str) -> (Option<String>, Option<String>) {
        let layout = Layout::detect(&[HEADER, USUAL].concat().into_bytes(), None).unwrap();
        assert_eq!(layout.columns, Columns::JMETER_5);
        let parser = RowParser::new(Arc::new(layout), TimeZone::UTC, is_end);
        let mut bytes = row.as_bytes().to_vec();
        let marks: Vec<u32> = std::iter::once(u32::MAX)
            .chain((0..bytes.len() as u32).filter(|&at| b",\n".contains(&bytes[at as usize])))
            .collect();
        bytes.resize(bytes.len() + PADDING, b'7');
        let origin = Origin {
            position: 5,
            input: 1,
        };
        let mut seen = Seen(None);
        let is_usual = dispatch!(Level::new(), simd => {
            Jmeter5(simd).read(&parser, &bytes, &marks, origin, &mut Kinds::default(), &mut seen)
        });
        assert_eq!(is_usual, seen.0.is_some());
        let parsed = parser.parse(&bytes, &marks, origin).ok();
        (seen.0, parsed.map(|sample| format!("{sample:?}")))
    }

    struct Seen(Option<String>);

    impl Sink for Seen {
        fn record(&mut self, sample: &Sample<'_>) {
            self.0 = Some(format!("{sample:?}"));
        }
    }

    #[test]
    fn reads_a_usual_row_like_any_other() {
        let (fast, parsed) = both(false, USUAL);
        assert!(fast.is_some());
        assert_eq!(fast, parsed);
    }

    #[test]
    fn leaves_rows_that_are_not_usual() {
        for (from, to) in [
            (",true,", ",false,"),
            (",185,", ",,"),
            (",185,", ",-1,"),
            (",185,", ",123456789,"),
            (",185,", ",1x5,"),
            (",17,", ",null,"),
            (",text,", ","),
            (",true,,", ",true,slow,"),
            (
                "OK",
                "Number of samples in transaction : 1, number of failing samples : 0",
            ),
        ] {
            assert_eq!(both(false, &USUAL.replace(from, to)).0, None, "{to}");
        }
    }

    /// Takes rows of the kind of the first one, if their label is `Fibonacci`.
    #[derive(Default)]
    struct Taking {
        kind: Kind,
        /// What it received, in order: with all texts, or the number of the thread, elapsed and connect.
        received: Vec<Option<(u32, u32, u32)>>,
    }

    impl Sink for Taking {
        fn record(&mut self, _: &Sample<'_>) {
            self.received.push(None);
        }

        fn takes_usual_rows(&self) -> bool {
            true
        }

        fn record_of_kind(&mut self, sample: &Sample<'_>, kind: Kind) {
            self.kind = kind;
            self.record(sample);
        }

        fn record_usual(&mut self, rows: &[UsualRow], labels: &[&[u8]]) -> usize {
            let all = rows.iter().zip(labels);
            let known =
                all.take_while(|(row, label)| row.kind == self.kind && **label == b"Fibonacci");
            let received = known.map(|(row, _)| Some((row.thread, row.elapsed, row.connect)));
            let before = self.received.len();
            self.received.extend(received);
            self.received.len() - before
        }
    }

    #[test]
    fn rows_of_a_known_kind_are_read_without_their_texts() {
        let other = |from, to| USUAL.replace(from, to);
        let rows = [
            USUAL.to_owned(),
            other("1-153", "1-7"),
            other(",17,", ",18,"),
            other("fibonacci?n=15", "other/path"),
            // Each is of another kind, has another label, or is not usual.
            other("1-153", "2-7"),
            other("//host", "//other"),
            other("Fibonacci", "IsPrime"),
            other("text", "bin"),
            other("200", "302"),
            other("1-153", "1-x"),
            other(",185,", ",x,"),
        ];
        let text = rows.concat();
        let layout = Layout::detect(&[HEADER, USUAL].concat().into_bytes(), None).unwrap();
        let parser = RowParser::new(Arc::new(layout), TimeZone::UTC, false);
        let mut bytes = text.into_bytes();
        let all = 0..bytes.len() as u32;
        let ends = all.filter(|&at| b",\n".contains(&bytes[at as usize]));
        let marks: Vec<u32> = std::iter::once(u32::MAX).chain(ends).collect();
        bytes.resize(bytes.len() + PADDING, b'7');
        let (mut kinds, mut sink) = (Kinds::default(), Taking::default());
        let line_ends: Vec<u32> = (1..=rows.len() as u32).map(|row| row * 17).collect();
        let mut row = 0;
        while row < rows.len() {
            let all = Rows {
                bytes: &bytes,
                marks: &marks,
                line_ends: &line_ends[row..],
                first_mark: row * 17,
                next_quote: usize::MAX,
                origin: Origin {
                    position: 0,
                    input: 1,
                },
            };
            let fields = &marks[row * 17..=(row + 1) * 17];
            row += dispatch!(Level::new(), simd => {
                let path = Jmeter5(simd);
                match path.read_known(&parser, all, &mut kinds, &mut sink) {
                    0 => {
                        path.read(&parser, &bytes, fields, all.origin, &mut kinds, &mut sink);
                        1
                    }
                    known => known,
                }
            });
        }
        let known = |row: (u32, u32, u32)| Some(row);
        let expected = [
            None,
            known((7, 17, 12_345_678)),
            known((153, 18, 12_345_678)),
            known((153, 17, 12_345_678)),
        ];
        assert_eq!(sink.received[..4], expected);
        // The last one is not usual.
        assert_eq!(sink.received[4..], [None; 6]);
    }

    /// Numbers, most of them usual.
    fn number() -> impl Strategy<Value = String> {
        prop_oneof![20 => "[0-9]{1,8}", 1 => "[-+]?[0-9]{0,12}", 1 => "[0-9:/]{1,4}", 1 => Just("null".to_owned())]
    }

    proptest! {
        #[test]
        fn agrees_with_the_parser_of_any_row(
            numbers in proptest::collection::vec(number(), 8),
            texts in proptest::collection::vec("[a-z]{0,20}|null", 5),
            failure in prop_oneof![9 => "(null)?", 1 => "[a-z]{1,5}"],
            success in prop_oneof![9 => Just("true"), 1 => "[a-zA-Z]{0,5}".prop_map(|_| "TRUE")],
            stamp in "1[0-9]{12}|-?[0-9]{1,19}",
            is_end in any::<bool>(),
        ) {
            let [received, sent, group, all, elapsed, latency, idle, connect] = &numbers[..] else {
                unreachable!()
            };
            let [label, code, message, thread, url] = &texts[..] else { unreachable!() };
            let row = format!(
                "{stamp},{elapsed},{label},{code},{message},{thread},text,{success},{failure},\
                 {received},{sent},{group},{all},{url},{latency},{idle},{connect}\n"
            );
            if let (Some(fast), parsed) = both(is_end, &row) {
                prop_assert_eq!(Some(fast), parsed);
            } else {
                let are_usual = numbers.iter().all(|number| {
                    (1..=8).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
                });
                let is_failure = success != "true" || !matches!(&failure[..], "" | "null");
                prop_assert!(!are_usual || is_failure || stamp.parse::<i64>().is_err());
            }
        }
    }
}
