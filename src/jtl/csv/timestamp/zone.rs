//! Time zones in dates: offsets from UTC, abbreviations and names.

use jiff::tz::TimeZone;

/// A zone, read from a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Offset(i64),
    /// A zone with a name, such as Europe/Berlin.
    Named(TimeZone),
}

/// Common abbreviations, with their hours and minutes east of UTC. Some have several meanings in the
/// world; these are the ones that Java knows first.
const ABBREVIATIONS: [(&[u8], i64, i64); 30] = [
    (b"UTC", 0, 0),
    (b"GMT", 0, 0),
    (b"WET", 0, 0),
    (b"WEST", 1, 0),
    (b"BST", 1, 0),
    (b"CET", 1, 0),
    (b"CEST", 2, 0),
    (b"EET", 2, 0),
    (b"EEST", 3, 0),
    (b"MSK", 3, 0),
    (b"IST", 5, 30),
    (b"SGT", 8, 0),
    (b"HKT", 8, 0),
    (b"AWST", 8, 0),
    (b"JST", 9, 0),
    (b"KST", 9, 0),
    (b"ACST", 9, 30),
    (b"AEST", 10, 0),
    (b"AEDT", 11, 0),
    (b"NZST", 12, 0),
    (b"NZDT", 13, 0),
    (b"EST", -5, 0),
    (b"EDT", -4, 0),
    (b"CST", -6, 0),
    (b"CDT", -5, 0),
    (b"MST", -7, 0),
    (b"MDT", -6, 0),
    (b"PST", -8, 0),
    (b"PDT", -7, 0),
    (b"HST", -10, 0),
];

/// Takes a zone off the front of `rest`: `Z`, `+02`, `+0200`, `+02:00`, `GMT+2`, an abbreviation, or
/// a name of the time zone database.
pub fn take(rest: &mut &[u8]) -> Option<Zone> {
    if matches!(rest.first(), Some(b'+' | b'-')) {
        return take_offset(rest).map(Zone::Offset);
    }
    let is_name = |byte: &&u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_');
    let letters = rest.iter().take_while(is_name).count();
    let (name, behind) = rest.split_at_checked(letters)?;
    let mut next = behind;
    let has_sign = matches!(next.first(), Some(b'+' | b'-'));
    let zone = match name {
        b"Z" | b"z" => Zone::Offset(0),
        b"GMT" | b"UTC" | b"UT" if has_sign => Zone::Offset(take_offset(&mut next)?),
        _ => match ABBREVIATIONS.iter().find(|known| known.0 == name) {
            Some((_, hours, minutes)) => Zone::Offset(hours * 3_600 + minutes * 60),
            None => {
                // Such as Etc/GMT+2 and America/Port-au-Prince.
                let is_more = |byte: &&u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
                let length = rest.iter().take_while(is_more).count();
                let (name, behind) = rest.split_at_checked(length)?;
                next = behind;
                let name = std::str::from_utf8(name)
                    .ok()
                    .filter(|name| name.contains('/'))?;
                Zone::Named(TimeZone::get(name).ok()?)
            }
        },
    };
    *rest = next;
    Some(zone)
}

/// Takes a sign, hours, and perhaps minutes and seconds off the front of `rest`.
fn take_offset(rest: &mut &[u8]) -> Option<i64> {
    let (&sign, mut next) = rest.split_first()?;
    let is_digit = |text: &[u8], at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let two = |text: &[u8]| i64::from(text[0] - b'0') * 10 + i64::from(text[1] - b'0');
    let mut seconds = match (is_digit(next, 0), is_digit(next, 1)) {
        (true, true) => two(next) * 3_600,
        (true, false) => i64::from(next[0] - b'0') * 3_600,
        _ => return None,
    };
    next = &next[if is_digit(next, 1) { 2 } else { 1 }..];
    for unit in [60, 1] {
        let colon = usize::from(next.first() == Some(&b':'));
        if !(is_digit(next, colon) && is_digit(next, colon + 1)) {
            break;
        }
        let value = two(&next[colon..]);
        if value > 59 {
            return None;
        }
        seconds += value * unit;
        next = &next[colon + 2..];
    }
    *rest = next;
    // No zone is further from UTC.
    let is_possible = seconds <= 18 * 3_600;
    is_possible.then_some(if sign == b'-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(text: &str) -> Option<i64> {
        let mut rest = text.as_bytes();
        let zone = take(&mut rest)?;
        assert!(rest.is_empty(), "{text}");
        match zone {
            Zone::Offset(seconds) => Some(seconds),
            Zone::Named(_) => None,
        }
    }

    #[test]
    fn offsets_and_abbreviations() {
        for text in ["+02:00", "+0200", "+02", "+2", "GMT+2", "UTC+02:00", "CEST"] {
            assert_eq!(offset(text), Some(7_200), "{text}");
        }
        assert_eq!(offset("Z"), Some(0));
        assert_eq!(offset("UTC"), Some(0));
        assert_eq!(offset("-05:30"), Some(-19_800));
        assert_eq!(offset("PST"), Some(-28_800));
        assert_eq!(offset("+01:00:30"), Some(3_630));
        for text in [
            "",
            "+",
            "+x",
            "+99:00",
            "+02:60",
            "Nowhere",
            "Europe/Nowhere",
        ] {
            let mut rest = text.as_bytes();
            assert_eq!(take(&mut rest), None, "{text}");
        }
    }

    #[test]
    fn names() {
        for name in ["Europe/Berlin", "Etc/GMT+2", "America/Port-au-Prince"] {
            let mut rest = name.as_bytes();
            assert_eq!(
                take(&mut rest),
                Some(Zone::Named(TimeZone::get(name).unwrap()))
            );
            assert!(rest.is_empty());
        }
    }
}
