//! Parsing of the `timeStamp` column.

use std::cell::Cell;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::zone::Zone;
use super::{DatePattern, EpochUnit, TimestampFormat};
use crate::jtl::number;

/// Turns the `timeStamp` column into epoch ms.
#[derive(Debug)]
pub struct TimestampParser {
    format: TimestampFormat,
    zone: TimeZone,
    /// The last hour that was converted, and its epoch ms: time zones are slow to look up, and
    /// neighbouring rows are usually in the same hour.
    last_hour: Cell<Option<(DateTime, i64)>>,
    last_head: Cell<Head>,
    evidence: Cell<DateEvidence>,
}

/// What dates showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateEvidence {
    /// A date confirms the assumed order of day and month: the other order is not a date.
    pub confirms_order: bool,
    /// A time is in an hour that occurs twice, when clocks were set back.
    pub is_repeated_hour: bool,
}

impl DateEvidence {
    /// What both show.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        DateEvidence {
            confirms_order: self.confirms_order || other.confirms_order,
            is_repeated_hour: self.is_repeated_hour || other.is_repeated_hour,
        }
    }
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
    /// A parser of `format`, with dates local to `zone` unless they say their zone.
    pub fn new(format: TimestampFormat, zone: TimeZone) -> Self {
        let zone = match &format {
            TimestampFormat::Pattern(pattern) if pattern.has_zone() => TimeZone::UTC,
            _ => zone,
        };
        TimestampParser {
            format,
            zone,
            last_hour: Cell::new(None),
            last_head: Cell::default(),
            evidence: Cell::default(),
        }
    }

    /// Reads the time stamp in `bytes[start..end]` as epoch ms.
    #[inline(always)]
    pub fn parse(&self, bytes: &[u8], start: usize, end: usize) -> Option<i64> {
        match &self.format {
            TimestampFormat::Epoch(EpochUnit::Milliseconds) => {
                self.parse_epoch_ms(bytes, start, end)
            }
            other => self.parse_other(other, bytes.get(start..end)?),
        }
    }

    /// What the dates showed so far.
    pub fn evidence(&self) -> DateEvidence {
        self.evidence.get()
    }

    /// Whether text is a date only with day and month the other way round than assumed.
    pub fn contradicts_order(&self, text: &[u8]) -> bool {
        let TimestampFormat::Pattern(pattern) = &self.format else {
            return false;
        };
        let other = pattern.in_other_order();
        pattern.read(text).is_none() && other.is_some_and(|other| other.read(text).is_some())
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
        parse_rare_ms(bytes, start, end)
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
    fn parse_other(&self, format: &TimestampFormat, text: &[u8]) -> Option<i64> {
        match format {
            TimestampFormat::Epoch(unit) => unit.parse(text),
            TimestampFormat::Pattern(pattern) => self.parse_date(pattern, text),
        }
    }

    fn parse_date(&self, pattern: &DatePattern, text: &[u8]) -> Option<i64> {
        let written = pattern.read(text)?;
        if written.civil.day() > 12 && pattern.assumed_order().is_some() {
            self.evidence.set(DateEvidence {
                confirms_order: true,
                ..self.evidence.get()
            });
        }
        match written.zone {
            None => self.to_epoch_ms(written.civil),
            Some(Zone::Offset(seconds)) => Some(self.to_epoch_ms(written.civil)? - seconds * 1_000),
            Some(Zone::Named(zone)) => {
                Some(zone.to_timestamp(written.civil).ok()?.as_millisecond())
            }
        }
    }

    fn to_epoch_ms(&self, civil: DateTime) -> Option<i64> {
        let time = civil.time();
        let hour = civil.date().at(time.hour(), 0, 0, 0);
        let hour_ms = match self.last_hour.get() {
            Some((last, ms)) if last == hour => ms,
            _ => {
                let time = self.zone.to_ambiguous_timestamp(hour);
                if matches!(time.offset(), AmbiguousOffset::Fold { .. }) {
                    self.evidence.set(DateEvidence {
                        is_repeated_hour: true,
                        ..self.evidence.get()
                    });
                }
                let ms = time.compatible().ok()?.as_millisecond();
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

/// Epoch ms that do not have 13 digits.
#[inline(never)]
fn parse_rare_ms(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    let number = number::parse(bytes, start, end);
    number.or_else(|| EpochUnit::Milliseconds.parse(bytes.get(start..end)?))
}
