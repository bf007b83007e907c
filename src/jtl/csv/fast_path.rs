//! The fast path: usual rows in JMeter 5's default columns, read with SIMD.
//!
//! A row is usual if it succeeded, has no failure message, and each of its numbers has 1 to 8
//! digits. [`RowParser::parse`] reads all other rows.

use fearless_simd::{i16x32, prelude::*, u16x32, u32x8, u64x8};

use super::columns::Columns;
use super::layout::Layout;
use super::row::{Row, RowParser};
use crate::jtl::sample::{Origin, Sample};
use crate::jtl::sink::Sink;

/// A faster way to read the usual rows of a layout.
pub trait FastPath {
    /// Whether it takes nearly all rows of the layout.
    const TAKES_MOST_ROWS: bool;

    /// Reads a usual row, whose fields lie between neighbouring `marks`, and pushes into `sink` the
    /// sample that [`RowParser::parse`] would return. Returns false, with nothing pushed, for a row
    /// that is not usual.
    fn read(
        &self,
        parser: &RowParser,
        bytes: &[u8],
        marks: &[u32],
        origin: Origin,
        sink: &mut impl Sink,
    ) -> bool;
}

/// For any other layout: takes no row.
pub struct NoFastPath;

impl FastPath for NoFastPath {
    const TAKES_MOST_ROWS: bool = false;

    #[inline(always)]
    fn read(&self, _: &RowParser, _: &[u8], _: &[u32], _: Origin, _: &mut impl Sink) -> bool {
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

/// Marks of a row in JMeter 5's default columns.
const MARKS: usize = Columns::JMETER_5_WIDTH + 1;

/// The first of the last eight columns: bytes, sentBytes, grpThreads, allThreads, URL, Latency,
/// IdleTime, Connect. All except the URL are numbers.
const LAST_EIGHT: usize = MARKS - 9;

/// The place of the URL among the last eight columns.
const URL: usize = 4;

/// Bytes of a usual row's response message. Transaction controllers write longer ones, and their
/// rows take more work.
const MAX_MESSAGE: usize = 31;

impl<S: Simd> FastPath for Jmeter5<S> {
    const TAKES_MOST_ROWS: bool = true;

    #[inline(always)]
    fn read(
        &self,
        parser: &RowParser,
        bytes: &[u8],
        marks: &[u32],
        origin: Origin,
        sink: &mut impl Sink,
    ) -> bool {
        let columns = &Columns::JMETER_5;
        let Ok(marks) = <&[u32; MARKS]>::try_from(marks) else {
            return false;
        };
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
        let Some(numbers) = numbers(self.0, bytes, marks) else {
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
        ] = numbers.map(|number| number as i64);
        let stamp = parser.stamp(row, columns);
        let Some(time_stamp) = stamp.and_then(|stamp| parser.start(stamp, elapsed)) else {
            return false;
        };
        sink.record(&Sample {
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
        });
        true
    }
}

/// The numbers in the last eight columns, with the elapsed time in the place of the URL. Returns
/// `None` if one of them does not have 1 to 8 digits.
#[inline(always)]
fn numbers<S: Simd>(simd: S, bytes: &[u8], marks: &[u32; MARKS]) -> Option<[u64; 8]> {
    // The marks before and after each number.
    let mut before: [u32; 8] = *marks[LAST_EIGHT..].first_chunk()?;
    let mut behind: [u32; 8] = *marks[LAST_EIGHT + 1..].first_chunk()?;
    before[URL] = marks[Columns::JMETER_5.elapsed];
    behind[URL] = marks[Columns::JMETER_5.elapsed + 1];
    let mut texts = [0; 8];
    for (text, before) in texts.iter_mut().zip(before) {
        let start = before as usize + 1;
        *text = u64::from_le_bytes(*bytes.get(start..start + 8)?.first_chunk()?);
    }
    let lengths_and_1 = u32x8::simd_from(simd, behind) - u32x8::simd_from(simd, before);
    let (low, high) = lengths_and_1.widen();
    let lengths_and_1: u64x8<S> = low.combine(high);
    // A length of 0 wraps around.
    let beyond_1 = lengths_and_1 - 2;
    // As in `number::parse_up_to_8`: shift the digits to the high bytes, the last one highest, and
    // combine neighbours.
    let shift = ((u64x8::splat(simd, 9) - lengths_and_1) << 3) & 56;
    let digits = (u64x8::simd_from(simd, texts) ^ 0x3030_3030_3030_3030) << shift;
    let no_digits = (digits | (digits + 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0;
    let wrong = no_digits | (beyond_1 & !7);
    if !wrong.simd_eq(0).all_true() {
        return None;
    }
    let digits: u16x32<S> = digits.bitcast();
    let pairs = (digits * 10 + (digits >> 8)) & 0xFF;
    let quads = pairs
        .bitcast::<i16x32<S>>()
        .pairwise_dot_product(alternating(simd, [100, 1, 100, 1]))
        .bitcast::<u64x8<S>>();
    let quads = (quads | (quads >> 16)).bitcast::<i16x32<S>>();
    let eights = quads.pairwise_dot_product(alternating(simd, [10_000, 1, 0, 0]));
    Some(*eights.bitcast::<u64x8<S>>())
}

/// The factors, repeated over all lanes.
#[inline(always)]
fn alternating<S: Simd>(simd: S, factors: [i16; 4]) -> i16x32<S> {
    i16x32::from_fn(simd, |lane| factors[lane % 4])
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

    /// Whether the parser's start of a sample is its time stamp, and a row: what [`FastPath::read`]
    /// and what [`RowParser::parse`] make of it.
    fn both(is_end: bool, row: &str) -> (Option<String>, Option<String>) {
        let header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                      failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";
        let layout = Layout::detect(&[header, USUAL].concat().into_bytes(), None).unwrap();
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
            Jmeter5(simd).read(&parser, &bytes, &marks, origin, &mut seen)
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
