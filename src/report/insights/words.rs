//! Formats figures and names for sentences.

use crate::format;

/// Longest name or message in a sentence, in characters; `report.json` has it in full.
const MAX_LENGTH: usize = 80;

/// Quotes a name or message, and shortens it in the middle: labels often differ at the end.
pub(super) fn quoted(name: &str) -> String {
    format!("“{}”", format::shorten_middle(name, MAX_LENGTH))
}

/// Quotes the key of a type of error as people say it: “503 Service Unavailable”,
/// “SocketTimeoutException: Read timed out”.
pub(super) fn error(key: &str) -> String {
    let (code, message) = key.split_once('/').unwrap_or((key, ""));
    let is_number = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let text = match code.strip_prefix("Non HTTP response code: ") {
        Some(class) => {
            let class = class.rsplit('.').next().unwrap_or(class);
            let prefix = "Non HTTP response message: ";
            let message = message.strip_prefix(prefix).unwrap_or(message);
            format!("{class}: {message}")
        }
        None if is_number => format!("{code} {message}"),
        None => key.to_owned(),
    };
    quoted(text.trim_end_matches([':', ' ']))
}

/// The options that select exactly this label; `None` if it is no valid text, which no option can name.
pub(super) fn only(label: &str) -> Option<Vec<String>> {
    let pattern = || format!("^{}$", regex::escape(label));
    (!label.contains(char::REPLACEMENT_CHARACTER)).then(|| vec!["--include".to_owned(), pattern()])
}

/// A rate: three digits or more.
pub(super) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 999.5 => format::thousands(rate.round() as u64),
        rate if rate >= 99.95 => format!("{rate:.0}"),
        rate if rate >= 9.995 => format!("{rate:.1}"),
        rate => format!("{rate:.2}"),
    }
}

/// A number of times as large: `6.2`, `48`.
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 9.95 => format!("{ratio:.0}"),
        ratio => format!("{ratio:.1}"),
    }
}

/// A time in ms, in the unit that reads best below an hour.
pub(super) fn ms(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        _ => format::duration(ms),
    }
}

/// A time in whole ms, as the table has it.
pub(super) fn whole_ms(ms: i64) -> String {
    format!("{} ms", format::thousands(ms))
}

/// A period in ms, without a last part of zero: `2 min`, not `2 min 0 s`.
pub(super) fn period(ms: i64) -> String {
    let text = format::duration(ms);
    let trimmed = [" 0 s", " 0 min"].map(|zero| text.strip_suffix(zero));
    trimmed
        .into_iter()
        .flatten()
        .next()
        .unwrap_or(&text)
        .to_owned()
}

/// From this time after the start of a run on, moments have a date, ms.
const DAY_MS: i64 = 24 * 3_600_000;

/// From this length on, periods are given in minutes, ms.
const MIN_LENGTH_IN_MINUTES_MS: i64 = 10 * MINUTE_MS;

const MINUTE_MS: i64 = 60_000;

/// A moment of a run: `22:15:04 UTC (1 min 44 s in)`, with its date in runs longer than a day.
pub(super) fn moment(since_start_ms: i64, time_ms: i64) -> String {
    let clock = match since_start_ms >= DAY_MS {
        true => format::utc(time_ms),
        false => format!("{} UTC", format::utc_time(time_ms)),
    };
    format!("{clock} ({})", offset(since_start_ms))
}

/// A period of a run: `22:15–22:25 UTC (1 min 44 s in)`, to the second if it is short and does not
/// begin and end at full minutes.
pub(super) fn span(since_start_ms: i64, start_ms: i64, end_ms: i64) -> String {
    let length_ms = end_ms.saturating_sub(start_ms);
    let is_at_minutes = start_ms % MINUTE_MS == 0 && end_ms % MINUTE_MS == 0;
    let in_minutes = length_ms >= MIN_LENGTH_IN_MINUTES_MS || is_at_minutes;
    let clock = match in_minutes {
        true => format::utc_minute,
        false => format::utc_time,
    };
    let (start, end) = (clock(start_ms), clock(end_ms));
    let [first_day, last_day] = [start_ms, end_ms].map(format::utc_date);
    let has_date = since_start_ms.saturating_add(length_ms) >= DAY_MS;
    let clocks = match has_date {
        _ if length_ms <= 0 || (start == end && length_ms < MINUTE_MS) => {
            return moment(since_start_ms, start_ms);
        }
        true if first_day == last_day => format!("{first_day} {start}–{end}"),
        true => format!("{first_day} {start} to {last_day} {end}"),
        false => format!("{start}–{end}"),
    };
    format!("{clocks} UTC ({})", offset(since_start_ms))
}

/// A time since the start of a run: `1 min 44 s in`.
fn offset(since_start_ms: i64) -> String {
    match since_start_ms {
        // Less would read as 0.0 s.
        ..50 => "at the start".to_owned(),
        _ => format!("{} in", period(since_start_ms)),
    }
}

/// Longest sentence, in words. A quoted name counts as one.
const MAX_WORDS: usize = 25;

/// Returns the first sentence that is short enough, or the last.
pub(super) fn shortest(sentences: &[String]) -> String {
    let is_short = |sentence: &&String| {
        let parts = sentence.split(['“', '”']).step_by(2);
        let words = parts.map(|part| part.split_whitespace().count());
        // Between two parts is a name, at which a word may end.
        let names = sentence.matches('“').count();
        words.sum::<usize>() + names <= MAX_WORDS
    };
    let found = sentences.iter().find(is_short).or(sentences.last());
    found.cloned().unwrap_or_default()
}

/// A whole number of threads.
pub(super) fn threads(threads: f64) -> String {
    format::counted(threads.round().max(0.0) as u64, "thread")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-11-14 22:13:20 UTC.
    const T: i64 = 1_700_000_000_000;

    #[test]
    fn moments_are_clock_and_offset() {
        let at = |since: i64| moment(since, T + since);
        assert_eq!(at(0), "22:13:20 UTC (at the start)");
        assert_eq!(at(104_250), "22:15:04 UTC (1 min 44 s in)");
        assert_eq!(at(120_000), "22:15:20 UTC (2 min in)");
        assert_eq!(at(7_200_000), "00:13:20 UTC (2 h in)");
        assert_eq!(at(DAY_MS), "2023-11-15 22:13:20 UTC (24 h in)");
    }

    #[test]
    fn periods_are_as_exact_as_they_are_short() {
        let of = |since: i64, ms: i64| span(since, T + since, T + since + ms);
        assert_eq!(of(104_000, 30_000), "22:15:04–22:15:34 UTC (1 min 44 s in)");
        assert_eq!(of(100_000, 60_000), "22:15–22:16 UTC (1 min 40 s in)");
        assert_eq!(of(104_000, 600_000), "22:15–22:25 UTC (1 min 44 s in)");
        assert_eq!(of(0, 7_200_000), "22:13–00:13 UTC (at the start)");
        assert_eq!(of(104_000, 200), "22:15:04 UTC (1 min 44 s in)");
        let day = DAY_MS;
        assert_eq!(of(day, 600_000), "2023-11-15 22:13–22:23 UTC (24 h in)");
        assert_eq!(
            of(0, day),
            "2023-11-14 22:13 to 2023-11-15 22:13 UTC (at the start)"
        );
        // A clock set back, and times beyond the calendar.
        assert_eq!(of(104_000, -5), "22:15:04 UTC (1 min 44 s in)");
        assert!(span(i64::MAX, i64::MIN, i64::MAX).contains("ms after 1970"));
    }

    #[test]
    fn errors_read_as_people_say_them() {
        let timeout = "Non HTTP response code: java.net.SocketTimeoutException/Non HTTP response message: \
                       Read timed out";
        assert_eq!(error(timeout), "“SocketTimeoutException: Read timed out”");
        assert_eq!(
            error("Non HTTP response code: java.net.ConnectException/"),
            "“ConnectException”"
        );
        assert_eq!(
            error("503/Service Unavailable"),
            "“503 Service Unavailable”"
        );
        assert_eq!(error("503/"), "“503”");
        assert_eq!(
            error("expected to contain /home/"),
            "“expected to contain /home/”"
        );
        assert_eq!(error(""), "“”");
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [0.5, 12.34, 123.4, 999.9, 12_345.6].map(rate),
            ["0.50", "12.3", "123", "1,000", "12,346"]
        );
        assert_eq!([1.25, 9.96].map(times), ["1.2", "10"]);
        assert_eq!(
            [7, 999, 1_500, 90_000].map(ms),
            ["7 ms", "999 ms", "1.5 s", "1 min 30 s"]
        );
        assert_eq!([0.7, 1_999.6].map(threads), ["1 thread", "2,000 threads"]);
        assert_eq!(quoted("Home"), "“Home”");
        let url = format!("https://shop.example/{}/1", "x".repeat(80));
        assert!(quoted(&url).ends_with("x/1”"));
        assert_eq!(
            [120_000, 3_600_000, 10_000, 90_000].map(period),
            ["2 min", "1 h", "10 s", "1 min 30 s"]
        );
    }
}
