//! Time stamps: numbers since 1970, or dates.

mod epoch;
mod parser;
mod pattern;
mod recognise;
mod zone;

pub use self::epoch::EpochUnit;
pub use self::parser::{DateEvidence, TimestampParser};
pub use self::pattern::{DateOrder, DatePattern, InvalidDatePattern};
use self::recognise::recognise;

/// Format of `timeStamp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampFormat {
    /// A number since 1970-01-01T00:00:00Z.
    Epoch(EpochUnit),
    /// A date and time.
    Pattern(DatePattern),
}

impl Default for TimestampFormat {
    /// Epoch ms.
    fn default() -> Self {
        TimestampFormat::Epoch(EpochUnit::Milliseconds)
    }
}

impl TimestampFormat {
    /// The format that most of these time stamps have, if they have a known one. Several dates show
    /// the order of day and month if one of them does.
    pub fn of_most<'a>(stamps: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut formats: Vec<(TimestampFormat, usize)> = Vec::new();
        let mut orders = Vec::new();
        for stamp in stamps {
            let Some((format, order)) = of_one(stamp) else {
                continue;
            };
            orders.extend(order);
            match formats.iter_mut().find(|(known, _)| *known == format) {
                Some((_, count)) => *count += 1,
                None => formats.push((format, 1)),
            }
        }
        // The first of equally frequent ones.
        let most = formats.iter().map(|(_, count)| *count).max()?;
        let (format, _) = formats.into_iter().find(|(_, count)| *count == most)?;
        Some(match orders.first() {
            // If others contradict it, reading finds the first that does.
            Some(&order) => format.in_order(order),
            None => format,
        })
    }

    /// The known format that `text` has, if any.
    pub fn detect(text: &[u8]) -> Option<Self> {
        TimestampFormat::of_most([text])
    }

    /// The same format with this order of day and month, if the order is only assumed.
    #[must_use]
    pub fn in_order(self, order: DateOrder) -> Self {
        match self {
            TimestampFormat::Pattern(pattern) => TimestampFormat::Pattern(pattern.in_order(order)),
            epoch => epoch,
        }
    }

    /// The assumed order of day and month, if there is doubt.
    pub fn assumed_order(&self) -> Option<DateOrder> {
        match self {
            TimestampFormat::Pattern(pattern) => pattern.assumed_order(),
            TimestampFormat::Epoch(_) => None,
        }
    }
}

/// The format of one time stamp, and the order of day and month if it shows it.
fn of_one(stamp: &[u8]) -> Option<(TimestampFormat, Option<DateOrder>)> {
    if EpochUnit::Seconds.parse(stamp).is_some() || EpochUnit::Nanoseconds.parse(stamp).is_some() {
        let unit = EpochUnit::of(stamp).unwrap_or_default();
        return Some((TimestampFormat::Epoch(unit), None));
    }
    let found = recognise(stamp)?;
    Some((TimestampFormat::Pattern(found.pattern), found.order))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

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
        let parser = TimestampParser::new(TimestampFormat::default(), TimeZone::UTC);
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

    /// Reads text in a pattern, in UTC.
    fn read(pattern: &str, text: &str) -> Option<i64> {
        let pattern = DatePattern::new(pattern).unwrap();
        let parser = TimestampParser::new(TimestampFormat::Pattern(pattern), TimeZone::UTC);
        parser.parse(text.as_bytes(), 0, text.len())
    }

    #[test]
    fn letters_of_simple_date_format() {
        let ms = Some(1_700_000_000_123);
        let second = Some(1_700_000_000_000);
        for (pattern, text, expected) in [
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
                "2023-11-15T00:13:20.123+02:00",
                ms,
            ),
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
                "2023-11-14T22:13:20.123Z",
                ms,
            ),
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
                "2023-11-14T22:13:20.123456Z",
                ms,
            ),
            (
                "yyyy-MM-dd HH:mm:ss.SSSZ",
                "2023-11-14 17:13:20.123-0500",
                ms,
            ),
            (
                "yyyy-MM-dd HH:mm:ss,SSS X",
                "2023-11-15 00:13:20,123 +02",
                ms,
            ),
            ("yyyy-MM-dd HH:mm:ss z", "2023-11-14 14:13:20 PST", second),
            (
                "yyyy-MM-dd HH:mm:ss z",
                "2023-11-14 23:13:20 Europe/Berlin",
                second,
            ),
            ("MM/dd/yyyy hh:mm:ss a", "11/14/2023 10:13:20 PM", second),
            ("M/d/yy K:mm:ss a", "11/14/23 10:13:20 pm", second),
            ("dd MMM yyyy kk:mm:ss", "14 Nov 2023 22:13:20", second),
            (
                "EEEE, dd MMMM yyyy HH:mm:ss",
                "Tuesday, 14 November 2023 22:13:20",
                second,
            ),
            (
                "EEE MMM dd HH:mm:ss zzz yyyy",
                "Tue Nov 14 22:13:20 UTC 2023",
                second,
            ),
            ("uuuu-MM-dd HH:mm:ss", "2023-11-14 22:13:20", second),
            ("yyyy-MM-dd u HH:mm:ss", "2023-11-14 2 22:13:20", second),
            // Milliseconds as SimpleDateFormat writes them; more digits are a decimal fraction.
            ("yyyy-MM-dd HH:mm:ss.S", "2023-11-14 22:13:20.123", ms),
            (
                "yyyy-MM-dd HH:mm:ss.S",
                "2023-11-14 22:13:20.5",
                Some(1_700_000_000_005),
            ),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2023-11-14 22:13:20.123999", ms),
            (
                "yyyy-MM-dd HH:mm:ss.SSSSSS",
                "2023-11-14 22:13:20.000123",
                ms,
            ),
            (
                "yyyy-MM-dd HH:mm:ss.SSSSSS",
                "2023-11-14 22:13:20.123456",
                ms,
            ),
        ] {
            assert_eq!(read(pattern, text), expected, "{pattern}: {text}");
        }
        // Midnight and noon.
        let midnight = Some(1_699_920_000_000);
        let noon = Some(1_699_963_200_000);
        for (pattern, text, expected) in [
            ("yyyy-MM-dd hh a", "2023-11-14 12 AM", midnight),
            ("yyyy-MM-dd hh a", "2023-11-14 12 PM", noon),
            ("yyyy-MM-dd KK a", "2023-11-14 00 AM", midnight),
            ("yyyy-MM-dd KK a", "2023-11-14 00 PM", noon),
            ("yyyy-MM-dd kk", "2023-11-14 24", midnight),
            ("yyyy-MM-dd kk", "2023-11-14 12", noon),
            ("yyyy-MM-dd hh a", "2023-11-14 13 PM", None),
            ("yyyy-MM-dd hh a", "2023-11-14 00 AM", None),
            ("yyyy-MM-dd kk", "2023-11-14 0", None),
        ] {
            assert_eq!(read(pattern, text), expected, "{pattern}: {text}");
        }
    }

    #[test]
    fn dates_with_an_offset_ignore_the_zone() {
        let format = TimestampFormat::detect(b"2023-11-15T00:13:20.123+02:00").unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let parser = TimestampParser::new(format, zone);
        for text in [
            "2023-11-15T00:13:20.123+02:00",
            "2023-11-15T00:13:20.123456789+0200",
            "2023-11-15T00:13:20.123+02",
            "2023-11-14T22:13:20.123Z",
        ] {
            let ms = parser.parse(text.as_bytes(), 0, text.len());
            assert_eq!(ms, Some(1_700_000_000_123), "{text}");
        }
        // Java leaves out a fraction of 0.
        assert_eq!(
            parser.parse(b"2023-11-14T22:13:20Z", 0, 20),
            Some(1_700_000_000_000)
        );
        assert_eq!(
            parser.parse(b"2023-11-14T22:13:20.5Z", 0, 22),
            Some(1_700_000_000_500)
        );
        assert_eq!(parser.parse(b"2023-11-14T22:13:20", 0, 19), None);
    }

    #[test]
    fn more_forms_are_recognised() {
        for text in [
            "11/14/2023 22:13:20.123",
            "14/11/2023 22:13:20,123",
            "14.11.2023 22:13:20.123",
            "14-11-2023 22:13:20.123",
            "2023-11-14 22:13:20,123",
            "2023-11-14T22:13:20.123456",
            "11/14/2023 10:13:20.123 PM",
        ] {
            assert_eq!(parse(text), Some(1_700_000_000_123), "{text}");
        }
        assert_eq!(parse("1700000000"), Some(1_700_000_000_000));
        assert_eq!(parse("1700000000123456"), Some(1_700_000_000_123));
    }

    #[test]
    fn dates_show_the_order_of_day_and_month() {
        let of = |stamps: &[&str]| {
            let format = TimestampFormat::of_most(stamps.iter().map(|stamp| stamp.as_bytes()));
            match format.unwrap() {
                TimestampFormat::Pattern(pattern) => pattern.source().to_owned(),
                TimestampFormat::Epoch(unit) => unit.name().to_owned(),
            }
        };
        assert_eq!(of(&["01/11/23 00:00:00"]), "MM/dd/yy HH:mm:ss");
        let stamps = [
            "01/11/23 00:00:00",
            "01/11/23 00:00:01",
            "31/10/23 23:59:59",
        ];
        assert_eq!(of(&stamps), "dd/MM/yy HH:mm:ss");
        assert_eq!(
            of(&["01-11-23 00:00:00", "01-13-23 00:00:00"]),
            "MM-dd-yy HH:mm:ss"
        );
        assert_eq!(of(&["0", "1700000000", "1700000001"]), "seconds");
        assert_eq!(of(&["0", "1000", "1700000000"]), "milliseconds");
        let format = TimestampFormat::detect(b"01/11/23 00:00:00").unwrap();
        let parser = TimestampParser::new(format, TimeZone::UTC);
        assert!(parser.contradicts_order(b"31/10/23 00:00:00"));
        assert!(!parser.contradicts_order(b"31/13/23 00:00:00"));
        assert!(!parser.contradicts_order(b"10/31/23 00:00:00"));
        assert_eq!(parser.evidence(), DateEvidence::default());
        assert!(parser.parse(b"10/31/23 00:00:00", 0, 17).is_some());
        assert!(parser.evidence().confirms_order);
    }

    #[test]
    fn an_hour_that_occurs_twice_is_noted() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let format = TimestampFormat::detect(b"2023-10-29 02:30:00").unwrap();
        let parser = TimestampParser::new(format, zone);
        assert!(parser.parse(b"2023-10-29 01:30:00", 0, 19).is_some());
        assert!(!parser.evidence().is_repeated_hour);
        assert!(parser.parse(b"2023-10-29 02:30:00", 0, 19).is_some());
        assert!(parser.evidence().is_repeated_hour);
    }

    #[test]
    fn unsupported_patterns_say_so() {
        for (pattern, problem) in [
            ("yyyy-MM-dd hh:mm", "add `a`"),
            ("yyyy-MM-dd HH:mm w", "`w`"),
            ("HH:mm:ss", "at least a year"),
        ] {
            let error = DatePattern::new(pattern).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
