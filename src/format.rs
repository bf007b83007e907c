//! Formats numbers, times and long texts for people.

use std::fmt::Display;

use unicode_width::UnicodeWidthStr;

use crate::units::MS_PER_SECOND;

/// Formats a whole number with thousands separators: `999,900`.
pub fn thousands(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

/// Formats with fixed decimals, rounded half-even on the exact binary value, as Java's `DecimalFormat`
/// does.
pub fn fixed(value: f64, decimals: usize) -> String {
    match scaled(value, decimals) {
        Some(scaled) => with_point(scaled, decimals),
        None => format!("{value:.decimals$}"),
    }
}

/// A number times a power of ten, rounded half-even: `None` if 128 bits are too few to compute that, or if
/// it is negative. A table of a million labels has millions of numbers, and this is faster than to format
/// them.
fn scaled(value: f64, decimals: usize) -> Option<u64> {
    const MANTISSA: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = value.to_bits();
    if bits == 0 {
        return Some(0);
    }
    // Its sign is the highest bit.
    let exponent = bits >> MANTISSA;
    let mantissa = bits & ((1 << MANTISSA) - 1) | 1 << MANTISSA;
    // The value is the mantissa divided by two to the power of this.
    let shift = u32::try_from(1_075_u64.checked_sub(exponent)?).ok()?;
    let power = 10_u128.checked_pow(u32::try_from(decimals).ok()?)?;
    let product = u128::from(mantissa).checked_mul(power)?;
    let (whole, half) = (product.checked_shr(shift)?, 1_u128.checked_shl(shift)? / 2);
    let rest = product - (whole << shift);
    let is_up = rest > half || rest == half && half > 0 && whole % 2 == 1;
    u64::try_from(whole + u128::from(is_up)).ok()
}

/// Writes a scaled number with its decimal point.
fn with_point(scaled: u64, decimals: usize) -> String {
    let mut text = scaled.to_string();
    if decimals > 0 {
        let missing = (decimals + 1).saturating_sub(text.len());
        text.insert_str(0, &"0".repeat(missing));
        text.insert(text.len() - decimals, '.');
    }
    text
}

/// Formats with at most three decimals, without trailing zeros: `0.35`, `12`.
pub fn number(value: f64) -> String {
    let text = fixed(value, 3);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Formats with fixed decimals and thousands separators: `1,399.94`.
pub fn decimals(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    // Infinity and NaN have no digits.
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return text;
    }
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    format!("{sign}{}{fraction}", grouped(whole))
}

/// Formats like JavaScript's `toFixed`, which JMeter's dashboard uses: rounds the exact binary value, and
/// ties away from zero.
pub fn to_fixed(value: f64, decimals: usize) -> String {
    let scale = 2.0_f64.powi(decimals as i32 + 1);
    // Only an odd multiple of 2^-(decimals + 1) can lie in the middle between two decimals.
    let may_be_in_the_middle = (value * scale).fract() == 0.0;
    let value = match may_be_in_the_middle {
        true if value > 0.0 => value.next_up(),
        true if value < 0.0 => value.next_down(),
        _ => value,
    };
    fixed(value, decimals)
}

/// Formats a ratio as percent with three decimals, as JMeter does: `20.000%`.
pub fn percent(ratio: f64) -> String {
    fixed(ratio * 100.0, 3) + "%"
}

/// Formats a ratio as percent with three decimals, but a ratio above 0 never as 0.000%.
pub fn nonzero_percent(ratio: f64) -> String {
    match ratio * 100.0 {
        percent if percent > 0.0 && percent < 0.0005 => "less than 0.001%".to_owned(),
        _ => percent(ratio),
    }
}

/// Formats a ratio as percent for a sentence: whole from 10% up, with one decimal below.
pub fn brief_percent(ratio: f64) -> String {
    match ratio * 100.0 {
        percent if percent >= 9.95 => format!("{percent:.0}%"),
        percent if percent >= 0.05 || percent == 0.0 => format!("{percent:.1}%"),
        _ => "less than 0.1%".to_owned(),
    }
}

/// Formats a count with its noun: `1 label`, `1,200 labels`.
pub fn counted(count: impl Into<i128>, noun: impl Display) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{} {noun}s", thousands(count)),
    }
}

/// Joins arguments to text that a shell reads back as those arguments: quoted where needed.
pub fn arguments(arguments: &[String]) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    let quoted = arguments.iter().map(|argument| {
        match !argument.is_empty() && argument.chars().all(is_plain) {
            true => argument.clone(),
            false => format!("'{}'", argument.replace('\'', r"'\''")),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Formats a moment in UTC: `2026-11-24 13:16:05 UTC`. A moment beyond the calendar stays a number.
pub fn utc(epoch_ms: i64) -> String {
    moment(epoch_ms, "%Y-%m-%d %H:%M:%S UTC")
}

/// Formats a moment in UTC to the millisecond: `2026-11-24 13:16:05.250 UTC`.
pub fn utc_ms(epoch_ms: i64) -> String {
    moment(epoch_ms, "%Y-%m-%d %H:%M:%S%.3f UTC")
}

/// Formats a moment in UTC without naming the zone, for tables whose heading does: `2026-11-24 13:16:05`.
pub fn utc_bare(epoch_ms: i64) -> String {
    moment(epoch_ms, "%Y-%m-%d %H:%M:%S")
}

/// Formats the date in UTC: `2026-11-24`.
pub fn utc_date(epoch_ms: i64) -> String {
    moment(epoch_ms, "%Y-%m-%d")
}

/// Formats the time of day in UTC: `13:16:05`.
pub fn utc_time(epoch_ms: i64) -> String {
    moment(epoch_ms, "%H:%M:%S")
}

/// Formats the time of day in UTC without seconds: `13:16`.
pub fn utc_minute(epoch_ms: i64) -> String {
    moment(epoch_ms, "%H:%M")
}

/// Formats a duration for people: `0.8 s`, `42 s`, `8 min 20 s`, `3 h 5 min`.
pub fn duration(ms: i64) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    match seconds {
        _ if ms < 10_000 => format!("{:.1} s", ms as f64 / MS_PER_SECOND),
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Shortens a text to its first `max` characters, and adds an ellipsis if there are more.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Shortens a text to `max` characters by removing its middle: labels often differ at both ends.
pub fn shorten_middle(text: &str, max: usize) -> String {
    let characters = text.chars().count();
    if characters <= max {
        return text.to_owned();
    }
    let kept = max.saturating_sub(1);
    let tail = kept / 2;
    let head = text.chars().take(kept - tail);
    head.chain(['…'])
        .chain(text.chars().skip(characters - tail))
        .collect()
}

/// Shortens a text to `width` columns of a terminal by removing its end.
pub fn fit(text: &str, width: usize) -> String {
    narrowed(text, width, |characters| {
        shorten(text, characters.saturating_sub(1))
    })
}

/// Shortens a text to `width` columns of a terminal by removing its middle.
pub fn fit_middle(text: &str, width: usize) -> String {
    narrowed(text, width, |characters| shorten_middle(text, characters))
}

/// Returns the longest shortened text that fits; some characters are two columns wide.
fn narrowed(text: &str, width: usize, shortened: impl Fn(usize) -> String) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let longest = text.chars().count().min(width);
    let texts = (1..=longest).rev().map(shortened);
    let mut fitting = texts.filter(|text| text.width() <= width);
    fitting.next().unwrap_or_default()
}

fn moment(epoch_ms: i64, form: &str) -> String {
    match jiff::Timestamp::from_millisecond(epoch_ms) {
        Ok(time) => time.strftime(form).to_string(),
        Err(_) => format!("{epoch_ms} ms after 1970"),
    }
}

/// Inserts thousands separators into digits.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999_u64), "999");
        assert_eq!(thousands(999_900), "999,900");
        assert_eq!(thousands(10_000_000_u64), "10,000,000");
        assert_eq!(thousands(-1_270_i64), "-1,270");
        assert_eq!(decimals(1_399.944, 2), "1,399.94");
        assert_eq!(decimals(0.5, 2), "0.50");
        assert_eq!(decimals(-1_234.0, 0), "-1,234");
        assert_eq!(decimals(f64::INFINITY, 2), "inf");
        assert_eq!(counted(1, "label"), "1 label");
        assert_eq!(counted(1_200, "label"), "1,200 labels");
    }

    proptest! {
        #[test]
        fn fixed_decimals_are_those_of_the_standard_library(
            value in prop_oneof![
                any::<f64>(),
                -10.0..1e6,
                0.0..1e-3,
                // In the middle between two decimals.
                (0..100_000_u32).prop_map(|number| f64::from(number) / 32.0),
                (0..1_000_u32).prop_map(f64::from),
            ],
            decimals in 0..7_usize,
        ) {
            prop_assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
        }
    }

    #[test]
    fn a_shell_reads_arguments_back() {
        let joined = |words: &[&str]| {
            arguments(
                &words
                    .iter()
                    .map(|&word| word.to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            joined(&["--include", "Pay", "--from", "2023-11-14T22:15:00Z"]),
            "--include Pay --from 2023-11-14T22:15:00Z"
        );
        assert_eq!(joined(&["--include", "a|b c"]), "--include 'a|b c'");
        assert_eq!(
            joined(&["it's", "", "$HOME", "~", "é"]),
            r"'it'\''s' '' '$HOME' '~' 'é'"
        );
    }

    #[test]
    fn ratios_are_percent() {
        assert_eq!(percent(0.2), "20.000%");
        assert_eq!(nonzero_percent(0.0), "0.000%");
        assert_eq!(nonzero_percent(0.000_000_1), "less than 0.001%");
        assert_eq!(
            [0.0, 0.0001, 0.0123, 0.0994, 0.0996, 1.0].map(brief_percent),
            ["0.0%", "less than 0.1%", "1.2%", "9.9%", "10%", "100%"]
        );
    }

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
    fn moments_are_utc() {
        assert_eq!(utc(1_700_000_000_123), "2023-11-14 22:13:20 UTC");
        assert_eq!(utc_ms(1_700_000_000_123), "2023-11-14 22:13:20.123 UTC");
        assert_eq!(utc_ms(1_700_000_000_000), "2023-11-14 22:13:20.000 UTC");
        assert_eq!(utc_bare(1_700_000_000_123), "2023-11-14 22:13:20");
        assert_eq!(utc_time(1_700_000_000_123), "22:13:20");
        assert_eq!(utc_minute(1_700_000_000_123), "22:13");
        assert_eq!(utc(i64::MAX), "9223372036854775807 ms after 1970");
    }

    #[test]
    fn long_text_is_shortened() {
        assert_eq!(shorten("abcdef", 5), "abcde…");
        assert_eq!(shorten_middle("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten_middle("abcdefghijk", 10), "abcde…hijk");
        assert_eq!(shorten_middle("äöüäöüäöü", 4), "äö…ü");
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert_eq!(fit_middle("GET /a/very/long/path/1", 12), "GET /a…ath/1");
        assert!(fit_middle("负载测试负载测试负载测试", 13).width() <= 13);
        assert_eq!(fit("负载", 1), "…");
        assert_eq!(fit("ab", 0), "");
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        assert_eq!(fixed(0.125, 2), "0.12");
        assert_eq!(fixed(0.375, 2), "0.38");
        assert_eq!(fixed(2.5, 0), "2");
        assert_eq!(fixed(1.005, 2), "1.00"); // in binary it lies below
    }

    #[test]
    fn javascripts_ties_go_away_from_zero() {
        assert_eq!(to_fixed(0.125, 2), "0.13");
        assert_eq!(to_fixed(8917.5, 2), "8917.50");
        assert_eq!(to_fixed(0.375, 2), "0.38");
        assert_eq!(to_fixed(-0.125, 2), "-0.13");
        assert_eq!(to_fixed(1.005, 2), "1.00"); // in binary it lies below
        assert_eq!(to_fixed(0.0625, 3), "0.063");
        assert_eq!(to_fixed(0.0, 2), "0.00");
    }

    /// Rounds half-even in exact integers: value = mantissa · 2^exponent with exponent <= 0.
    fn exact(value: f64, decimals: u32) -> String {
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7FF) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match exponent {
            0 => (fraction, -1074),
            _ => (fraction | (1 << 52), exponent - 1075),
        };
        let scaled = BigInt::from(mantissa) * BigInt::from(10).pow(decimals);
        let digits = if exponent >= 0 {
            scaled << exponent as usize
        } else {
            let divisor = BigInt::from(1) << (-exponent) as usize;
            let whole = &scaled / &divisor;
            let twice = (&scaled % &divisor) * 2;
            let is_odd = &whole % 2 == BigInt::from(1);
            if twice > divisor || (twice == divisor && is_odd) {
                whole + 1
            } else {
                whole
            }
        };
        let digits = format!("{digits:0>width$}", width = decimals as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
        format!("{whole}.{fraction}")
    }

    proptest! {
        #[test]
        fn rounding_is_exact(value in 0.0..1e9_f64, eighths in 0..1_000_000_u32, decimals in 1..6_u32) {
            prop_assert_eq!(fixed(value, decimals as usize), exact(value, decimals));
            let tie = f64::from(eighths) / 64.0;
            prop_assert_eq!(fixed(tie, decimals as usize), exact(tie, decimals));
        }

        #[test]
        fn shortened_text_fits(text in any::<String>(), max in 1..20_usize) {
            prop_assert!(shorten_middle(&text, max).chars().count() <= max);
            prop_assert!(fit(&text, max).width() <= max);
            prop_assert!(fit_middle(&text, max).width() <= max);
        }
    }
}
