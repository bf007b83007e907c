//! Units and how numbers are written: KB = 1024 bytes, times in milliseconds, rates per second.

/// Bytes in a KB, as in JMeter's KB/sec.
pub const BYTES_PER_KB: f64 = 1024.0;

/// Milliseconds in a second.
pub const MS_PER_SECOND: f64 = 1000.0;

/// A moment in UTC, such as `2026-11-24 13:16:05 UTC`; the number itself if no calendar has it.
pub fn utc(epoch_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(epoch_ms) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{epoch_ms} ms after 1970"),
    }
}

/// A duration to read: `0.8 s`, `42 s`, `8 min 20 s`, `3 h 5 min`.
pub fn duration(ms: i64) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    match seconds {
        _ if ms < 10_000 => format!("{:.1} s", ms as f64 / MS_PER_SECOND),
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A whole number with its thousands apart: `999,900`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first `most` characters of a text, with an ellipsis if there are more.
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(0), "0.0 s");
        assert_eq!(duration(812), "0.8 s");
        assert_eq!(duration(42_499), "42 s");
        assert_eq!(duration(500_000), "8 min 20 s");
        assert_eq!(duration(499_930), "8 min 20 s");
        assert_eq!(duration(59_600), "1 min 0 s");
        assert_eq!(duration(11_100_000), "3 h 5 min");
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(999_900), "999,900");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(utc(1_700_000_000_123), "2023-11-14 22:13:20 UTC");
        assert_eq!(utc(i64::MAX), "9223372036854775807 ms after 1970");
    }
}
