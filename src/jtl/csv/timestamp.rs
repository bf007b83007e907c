//! Time stamps: epoch milliseconds, or text in one of JMeter's date formats.

use std::cell::Cell;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::jtl::number;

/// The date formats that are detected, which are those of JMeter's own reader.
const KNOWN_PATTERNS: [&str; 6] = [
    "yyyy/MM/dd HH:mm:ss.SSS",
    "yyyy/MM/dd HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd HH:mm:ss",
    "MM/dd/yy HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSS",
];

/// Format of `timeStamp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampFormat {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    EpochMs,
    /// Local date and time.
    Pattern(DatePattern),
}

impl TimestampFormat {
    /// The first known format that `text` has, if any.
    pub fn detect(text: &[u8]) -> Option<Self> {
        if number::parse(text, 0, text.len()).is_some() {
            return Some(TimestampFormat::EpochMs);
        }
        KNOWN_PATTERNS
            .iter()
            .filter_map(|pattern| DatePattern::new(pattern).ok())
            .find(|pattern| pattern.civil(text).is_some())
            .map(TimestampFormat::Pattern)
    }
}

/// A date format in the letters of Java's `SimpleDateFormat`: `y M d H m s S`, text in single
/// quotes, and literal punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year { two_digits: bool },
    Number { field: Field, digits: usize },
    Literal(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// Text that is not a date format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatePattern {
    /// A letter that is not supported.
    #[error(
        "`{letters}` in the time stamp format `{pattern}` is not supported: use y, M, d, H, m, s, S, \
         text in single quotes, and punctuation"
    )]
    Letters {
        /// The letter, as often as it is repeated.
        letters: String,
        /// The whole pattern.
        pattern: String,
    },
    /// The year, month, day or hour is missing.
    #[error(
        "the time stamp format `{0}` needs at least a year, month, day and hour, \
         such as yyyy/MM/dd HH:mm:ss.SSS"
    )]
    Incomplete(String),
}

impl DatePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// When the pattern has a letter that is not supported, or lacks the year, month, day or hour.
    pub fn new(source: &str) -> Result<Self, InvalidDatePattern> {
        let mut parts = Vec::new();
        let mut letters = source.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                quoted(&mut letters, &mut parts);
                continue;
            }
            if !letter.is_ascii_alphabetic() {
                parts.push(Part::Literal(letter));
                continue;
            }
            let mut digits = 1;
            while letters.next_if_eq(&letter).is_some() {
                digits += 1;
            }
            let field = match letter {
                'y' => {
                    parts.push(Part::Year {
                        two_digits: digits <= 2,
                    });
                    continue;
                }
                'M' if digits <= 2 => Field::Month,
                'd' => Field::Day,
                'H' => Field::Hour,
                'm' => Field::Minute,
                's' => Field::Second,
                'S' => Field::Millisecond,
                _ => {
                    return Err(InvalidDatePattern::Letters {
                        letters: letter.to_string().repeat(digits),
                        pattern: source.to_owned(),
                    });
                }
            };
            parts.push(Part::Number { field, digits });
        }
        let has = |wanted| {
            parts
                .iter()
                .any(|part| matches!(part, Part::Number { field, .. } if *field == wanted))
        };
        let has_year = parts.iter().any(|part| matches!(part, Part::Year { .. }));
        if !(has_year && has(Field::Month) && has(Field::Day) && has(Field::Hour)) {
            return Err(InvalidDatePattern::Incomplete(source.to_owned()));
        }
        Ok(DatePattern {
            source: source.to_owned(),
            parts,
        })
    }

    /// The pattern as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Reads `text` as a local date and time. All of it must match the format.
    fn civil(&self, text: &[u8]) -> Option<DateTime> {
        let (mut year, mut month, mut day) = (0_i16, 1_i8, 1_i8);
        let (mut hour, mut minute, mut second, mut ms) = (0_i8, 0_i8, 0_i8, 0_i32);
        let mut rest = text;
        for (index, part) in self.parts.iter().enumerate() {
            match *part {
                Part::Literal(letter) => {
                    let mut utf8 = [0; 4];
                    rest = rest.strip_prefix(letter.encode_utf8(&mut utf8).as_bytes())?;
                }
                Part::Year { two_digits } => {
                    let before = rest.len();
                    let number = take_number(&mut rest, if two_digits { 2 } else { 4 })?;
                    // Java reads 03 as the year 3 here, and so 03/04/25 as a day in that year.
                    if !two_digits && before - rest.len() < 4 {
                        return None;
                    }
                    // Two digits mean this century.
                    year = i16::try_from(number).ok()? + if two_digits { 2000 } else { 0 };
                }
                Part::Number { field, digits } => {
                    // Adjacent fields have exact widths. Other fields may have fewer digits.
                    let adjacent =
                        !matches!(self.parts.get(index + 1), None | Some(Part::Literal(_)));
                    let max_digits = match field {
                        Field::Millisecond => 3,
                        _ if adjacent => digits,
                        _ => 2,
                    };
                    let number = take_number(&mut rest, max_digits)?;
                    match field {
                        Field::Month => month = i8::try_from(number).ok()?,
                        Field::Day => day = i8::try_from(number).ok()?,
                        Field::Hour => hour = i8::try_from(number).ok()?,
                        Field::Minute => minute = i8::try_from(number).ok()?,
                        Field::Second => second = i8::try_from(number).ok()?,
                        Field::Millisecond => ms = i32::try_from(number).ok()?,
                    }
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let date = Date::new(year, month, day).ok()?;
        let time = Time::new(hour, minute, second, ms * 1_000_000).ok()?;
        Some(DateTime::from_parts(date, time))
    }
}

/// Reads text in single quotes up to the closing quote. Two quotes stand for one.
fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, parts: &mut Vec<Part>) {
    if letters.next_if_eq(&'\'').is_some() {
        parts.push(Part::Literal('\''));
        return;
    }
    while let Some(letter) = letters.next() {
        if letter == '\'' && letters.next_if_eq(&'\'').is_none() {
            return;
        }
        parts.push(Part::Literal(letter));
    }
}

/// Takes 1 to `max_digits` digits off the front of `rest`.
fn take_number(rest: &mut &[u8], max_digits: usize) -> Option<u32> {
    let digits = rest
        .iter()
        .take(max_digits)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (number, behind) = rest.split_at_checked(digits)?;
    *rest = behind;
    (digits > 0).then(|| {
        number
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
    })
}

/// Turns the `timeStamp` column into epoch ms.
#[derive(Debug)]
pub struct TimestampParser {
    format: TimestampFormat,
    zone: TimeZone,
    /// The last hour that was converted, and its epoch ms: time zones are slow to look up, and
    /// neighbouring rows are usually in the same hour.
    last_hour: Cell<Option<(DateTime, i64)>>,
    last_head: Cell<Head>,
}

/// All except the last four digits of epoch ms, as text and as number. They change every ten
/// seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Head {
    text: [u8; HEAD],
    ms: i64,
}

/// Digits of [`Head`].
const HEAD: usize = 9;

impl TimestampParser {
    /// A parser of `format`, with dates local to `zone`.
    pub fn new(format: TimestampFormat, zone: TimeZone) -> Self {
        TimestampParser {
            format,
            zone,
            last_hour: Cell::new(None),
            last_head: Cell::default(),
        }
    }

    /// Reads the time stamp in `bytes[start..end]` as epoch ms.
    #[inline(always)]
    pub fn parse(&self, bytes: &[u8], start: usize, end: usize) -> Option<i64> {
        match &self.format {
            TimestampFormat::EpochMs => self.parse_epoch_ms(bytes, start, end),
            TimestampFormat::Pattern(pattern) => self.parse_date(pattern, bytes.get(start..end)?),
        }
    }

    #[inline(always)]
    fn parse_epoch_ms(&self, bytes: &[u8], start: usize, end: usize) -> Option<i64> {
        if end.wrapping_sub(start) == HEAD + 4
            && let Some(text) = bytes.get(start..start + HEAD)
            && let Some(tail) = number::parse_up_to_4(bytes, start + HEAD, 4)
            && let Some(ms) = self.head_ms(text)
        {
            return Some(ms + i64::from(tail));
        }
        number::parse(bytes, start, end)
    }

    #[inline(always)]
    fn head_ms(&self, text: &[u8]) -> Option<i64> {
        let head = self.last_head.get();
        if *text == head.text {
            return Some(head.ms);
        }
        self.parse_head(text)
    }

    #[inline(never)]
    fn parse_head(&self, text: &[u8]) -> Option<i64> {
        // With a minus sign, the last four digits would have to be subtracted.
        let text = text.first_chunk().filter(|text| text[0] != b'-')?;
        let ms = number::parse(text, 0, text.len())? * 10_000;
        self.last_head.set(Head { text: *text, ms });
        Some(ms)
    }

    #[inline(never)]
    fn parse_date(&self, pattern: &DatePattern, text: &[u8]) -> Option<i64> {
        self.to_epoch_ms(pattern.civil(text)?)
    }

    fn to_epoch_ms(&self, civil: DateTime) -> Option<i64> {
        let time = civil.time();
        let hour = civil.date().at(time.hour(), 0, 0, 0);
        let hour_ms = match self.last_hour.get() {
            Some((last, ms)) if last == hour => ms,
            _ => {
                let ms = self.zone.to_timestamp(hour).ok()?.as_millisecond();
                self.last_hour.set(Some((hour, ms)));
                ms
            }
        };
        Some(
            hour_ms
                + i64::from(time.minute()) * 60_000
                + i64::from(time.second()) * 1_000
                + i64::from(time.millisecond()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<i64> {
        let format = TimestampFormat::detect(text.as_bytes())?;
        TimestampParser::new(format, TimeZone::UTC).parse(text.as_bytes(), 0, text.len())
    }

    #[test]
    fn every_known_format() {
        assert_eq!(parse("1700000000123"), Some(1_700_000_000_123));
        assert_eq!(parse("2023/11/14 22:13:20.123"), Some(1_700_000_000_123));
        assert_eq!(parse("2023/11/14 22:13:20"), Some(1_700_000_000_000));
        assert_eq!(parse("2023-11-14 22:13:20.123"), Some(1_700_000_000_123));
        assert_eq!(parse("2023-11-14 22:13:20"), Some(1_700_000_000_000));
        assert_eq!(parse("2023-11-14T22:13:20.123"), Some(1_700_000_000_123));
        assert_eq!(parse("11/14/23 22:13:20"), Some(1_700_000_000_000));
        assert_eq!(parse("11/05/23 22:13:20"), Some(1_699_222_400_000));
    }

    #[test]
    fn epoch_ms_before_and_after_1970() {
        let parser = TimestampParser::new(TimestampFormat::EpochMs, TimeZone::UTC);
        for (text, ms) in [
            ("1700000000123", Some(1_700_000_000_123)),
            ("1700000004567", Some(1_700_000_004_567)),
            ("-170000004567", Some(-170_000_004_567)),
            ("+170000004567", Some(170_000_004_567)),
            ("-170000000000", Some(-170_000_000_000)),
            ("0", Some(0)),
            ("17000000x0123", None),
            ("170000000012x", None),
        ] {
            let bytes = format!("{text},99999999");
            assert_eq!(parser.parse(bytes.as_bytes(), 0, text.len()), ms, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused_as_a_time_stamp() {
        for text in [
            "",
            "timeStamp",
            "2023/13/14 22:13:20",
            "2023/11/14",
            "2023/11/14 22:13:20x",
            "14.11.2023",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_local_to_the_zone() {
        let pattern = DatePattern::new("dd.MM.yyyy HH:mm").unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let parser = TimestampParser::new(TimestampFormat::Pattern(pattern), zone);
        let text = b"15.11.2023 00:13";
        assert_eq!(parser.parse(text, 0, text.len()), Some(1_699_999_980_000));
    }

    #[test]
    fn patterns_without_separators_and_with_quotes() {
        let pattern = DatePattern::new("yyyyMMdd'T'HHmmssSSS").unwrap();
        let parser = TimestampParser::new(TimestampFormat::Pattern(pattern), TimeZone::UTC);
        let text = b"20231114T221320123";
        assert_eq!(parser.parse(text, 0, text.len()), Some(1_700_000_000_123));
    }

    #[test]
    fn unsupported_patterns_say_so() {
        assert!(
            DatePattern::new("yyyy-MM-dd hh:mm a")
                .unwrap_err()
                .to_string()
                .contains("`hh`")
        );
        assert!(
            DatePattern::new("HH:mm:ss")
                .unwrap_err()
                .to_string()
                .contains("at least a year")
        );
    }
}
