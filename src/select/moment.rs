//! Moments as given on the command line: clock times, or offsets from the run's start or end.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At an epoch ms.
    At(i64),
    /// At a time of day, on the day of the run.
    Clock(Time),
    /// Milliseconds after the run's start.
    AfterStart(i64),
    /// Milliseconds before the run's end.
    BeforeEnd(i64),
}

/// Text that is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMoment {
    /// A small number: an offset whose unit is missing.
    #[error("`{0}` has no unit: `{0}s` is an offset in seconds")]
    NoUnit(String),
    /// A number of seconds since 1970.
    #[error("`{0}` would be early in 1970: give milliseconds, not seconds, since then")]
    Seconds(String),
    /// Anything else.
    #[error(
        "`{0}` is not a time: give a time such as `2026-11-25 07:10:00` or 07:10:00, epoch ms, \
         an offset from the run's start such as +30s or 1m30s, or from its end such as -10s"
    )]
    Unknown(String),
}

impl InvalidMoment {
    fn unknown(text: &str) -> Self {
        InvalidMoment::Unknown(text.to_owned())
    }
}

impl Moment {
    /// Reads a moment: `2026-11-25 07:10:00` and `07:10:00` local to `zone`,
    /// `2026-11-25T07:10:00Z`, epoch ms, or an offset such as `+30s`, `1m30s` or `-10s`.
    ///
    /// # Errors
    ///
    /// The text is not one of these.
    pub fn new(text: &str, zone: &TimeZone) -> Result<Self, InvalidMoment> {
        let text = text.trim();
        if let Some(before_end) = text.strip_prefix('-') {
            return match duration(before_end) {
                Some(ms) => Ok(Moment::BeforeEnd(ms)),
                None => Err(InvalidMoment::unknown(text)),
            };
        }
        if let Some(ms) = duration(text.strip_prefix('+').unwrap_or(text)) {
            return Ok(Moment::AfterStart(ms));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return epoch_ms(text);
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Moment::At(time.as_millisecond()));
        }
        if let Ok(civil) = text.replace('/', "-").parse::<DateTime>()
            && text.contains(':')
        {
            return match zone.to_timestamp(civil) {
                Ok(time) => Ok(Moment::At(time.as_millisecond())),
                Err(_) => Err(InvalidMoment::unknown(text)),
            };
        }
        match text.parse::<Time>() {
            Ok(time) if text.contains(':') => Ok(Moment::Clock(time)),
            _ => Err(InvalidMoment::unknown(text)),
        }
    }

    /// Whether it depends on the run's start and end.
    pub fn needs_run(self) -> bool {
        !matches!(self, Moment::At(_))
    }

    /// This moment of a run from `start` to `end`, epoch ms. A time of day means its first
    /// occurrence during the run, or else the one nearest to the run.
    pub fn in_run(self, start: i64, end: i64, zone: &TimeZone) -> i64 {
        match self {
            Moment::At(ms) => ms,
            Moment::AfterStart(ms) => start.saturating_add(ms),
            Moment::BeforeEnd(ms) => end.saturating_sub(ms),
            Moment::Clock(time) => clock(time, start, end, zone).unwrap_or(start),
        }
    }
}

/// The best occurrence of a time of day; `None` outside the calendar.
fn clock(time: Time, start: i64, end: i64, zone: &TimeZone) -> Option<i64> {
    let first_day = date(start, zone)?;
    // The first occurrence is on the run's first or second day, the nearest on the days around it.
    let days = [
        first_day.checked_sub(1.day()).ok()?,
        first_day,
        first_day.checked_add(1.day()).ok()?,
        date(end, zone)?,
        date(end, zone)?.checked_add(1.day()).ok()?,
    ];
    let occurrences = days.into_iter().filter_map(|day| {
        let occurrence = zone.to_timestamp(day.to_datetime(time)).ok()?;
        Some(occurrence.as_millisecond())
    });
    occurrences.min_by_key(|&ms| (ms.clamp(start, end).abs_diff(ms), ms))
}

fn date(epoch_ms: i64, zone: &TimeZone) -> Option<Date> {
    let time = Timestamp::from_millisecond(epoch_ms).ok()?;
    Some(zone.to_datetime(time).date())
}

/// Reads digits without a unit as epoch ms if there are enough of them.
fn epoch_ms(text: &str) -> Result<Moment, InvalidMoment> {
    match text.len() {
        0..9 => Err(InvalidMoment::NoUnit(text.to_owned())),
        9..12 => Err(InvalidMoment::Seconds(text.to_owned())),
        _ => text
            .parse()
            .map(Moment::At)
            .map_err(|_| InvalidMoment::unknown(text)),
    }
}

/// A duration in ms: one or more numbers, each with its unit (ms, s, m, h).
fn duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, next) = behind.split_at_checked(letters.unwrap_or(behind.len()))?;
        let ms = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" | "min" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * ms;
        rest = next;
    }
    // Far longer than any run, and exact as a float.
    (!text.is_empty() && sum < (1_u64 << 52) as f64).then_some(sum.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25 06:10:00 UTC, 07:10:00 an hour east of it.
    const TEN_PAST: i64 = 1_795_587_000_000;
    const DAY: i64 = 86_400_000;

    fn east() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    fn moment(text: &str) -> Moment {
        Moment::new(text, &east()).unwrap()
    }

    #[test]
    fn times_are_local_unless_they_say_otherwise() {
        for text in [
            "2026-11-25 07:10:00",
            "2026-11-25T07:10:00",
            "2026-11-25 07:10",
            "2026/11/25 07:10:00.000",
            "2026-11-25T06:10:00Z",
            "2026-11-25T08:10:00+02:00",
            "1795587000000",
        ] {
            assert_eq!(moment(text), Moment::At(TEN_PAST), "{text}");
        }
        assert_eq!(
            moment("2026-11-25 07:10:00.250"),
            Moment::At(TEN_PAST + 250)
        );
    }

    #[test]
    fn offsets() {
        assert_eq!(moment("+30s"), Moment::AfterStart(30_000));
        assert_eq!(moment("1m"), Moment::AfterStart(60_000));
        assert_eq!(moment("1m30s"), Moment::AfterStart(90_000));
        assert_eq!(moment("1.5h"), Moment::AfterStart(5_400_000));
        assert_eq!(moment("250ms"), Moment::AfterStart(250));
        assert_eq!(moment("-10s"), Moment::BeforeEnd(10_000));
        assert_eq!(moment("-2min"), Moment::BeforeEnd(120_000));
        assert_eq!(moment("+30s").in_run(1_000, 90_000, &east()), 31_000);
        assert_eq!(moment("-10s").in_run(1_000, 90_000, &east()), 80_000);
    }

    #[test]
    fn a_time_of_day_is_one_during_the_run() {
        let hour = 3_600_000;
        let at = |text: &str, start, end| moment(text).in_run(start, end, &east());
        assert_eq!(at("07:10:00", TEN_PAST - 1_000, TEN_PAST + hour), TEN_PAST);
        // Just before the run, and just after it.
        assert_eq!(at("07:10", TEN_PAST + 1, TEN_PAST + hour), TEN_PAST);
        assert_eq!(at("07:10", TEN_PAST - hour, TEN_PAST - 1), TEN_PAST);
        // Over midnight.
        let start = TEN_PAST + DAY - 8 * hour; // 23:10
        assert_eq!(at("07:10:00", start, TEN_PAST + DAY + hour), TEN_PAST + DAY);
        // Twice during the run: the first.
        assert_eq!(at("07:10:00", TEN_PAST - 1, TEN_PAST + 3 * DAY), TEN_PAST);
    }

    #[test]
    fn other_text_is_refused_with_examples() {
        for text in [
            "",
            "soon",
            "-",
            "+",
            "10x",
            "1m30",
            "-07:10",
            "25:10:00",
            "2026-11-25",
        ] {
            let error = Moment::new(text, &east()).unwrap_err().to_string();
            assert!(
                error.contains("is not a time: give a time such as"),
                "{error}"
            );
        }
        let error = Moment::new("30", &east()).unwrap_err().to_string();
        assert_eq!(error, "`30` has no unit: `30s` is an offset in seconds");
        let error = Moment::new("1795587000", &east()).unwrap_err().to_string();
        assert!(error.contains("milliseconds, not seconds"), "{error}");
    }
}
