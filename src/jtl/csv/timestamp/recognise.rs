//! Recognition of date formats from dates.

use super::pattern::{DateOrder, DatePattern};

/// Formats that are not built from numbers alone: those of Java's `Date`, of HTTP and of logs.
const WITH_NAMES: [&str; 5] = [
    "EEE MMM d HH:mm:ss z yyyy",
    "EEE, d MMM yyyy HH:mm:ss z",
    "d/MMM/yyyy:HH:mm:ss Z",
    "d-MMM-yyyy HH:mm:ss",
    "d MMM yyyy HH:mm:ss",
];

/// A recognised format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The format, with day and month in the usual order for its punctuation.
    pub pattern: DatePattern,
    /// The only possible order of day and month, if this date shows it.
    pub order: Option<DateOrder>,
}

/// Recognises the format of a date: numbers of year, month and day in one of the usual orders, then
/// the time, and perhaps AM or PM and a zone.
pub fn recognise(text: &[u8]) -> Option<Recognised> {
    if !text.is_ascii() {
        return None;
    }
    with_numbers(text).or_else(|| with_names(text))
}

fn with_numbers(text: &[u8]) -> Option<Recognised> {
    let mut rest = text;
    let first = digits(&mut rest)?;
    let separator = punctuation(&mut rest, b"/-.")?;
    let second = digits(&mut rest)?;
    punctuation(&mut rest, &[separator])?;
    let third = digits(&mut rest)?;
    let joint = match punctuation(&mut rest, b" T")? {
        b'T' => "'T'",
        _ => " ",
    };
    let separator = char::from(separator);
    let (date, usual, order) = match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => (format!("yyyy{separator}MM{separator}dd"), None, None),
        (1..=2, 1..=2, year @ (2 | 4)) => {
            let year = &"yyyy"[..year];
            // With dots, the day is first everywhere, and with slashes JMeter writes the month first.
            let (usual, days) = match separator {
                '/' => (DateOrder::MonthFirst, "MM/dd".to_owned()),
                _ => (DateOrder::DayFirst, format!("dd{separator}MM")),
            };
            let order = match (number(first), number(second)) {
                (13.., _) => Some(DateOrder::DayFirst),
                (_, 13..) => Some(DateOrder::MonthFirst),
                _ => None,
            };
            let usual = (separator != '.').then_some(usual);
            (format!("{days}{separator}{year}"), usual, order)
        }
        _ => return None,
    };
    digits(&mut rest)?;
    punctuation(&mut rest, b":")?;
    digits(&mut rest)?;
    let mut seconds = "";
    if punctuation(&mut rest, b":").is_some() {
        digits(&mut rest)?;
        seconds = ":ss";
        if let Some(mark) = punctuation(&mut rest, b".,") {
            digits(&mut rest)?;
            seconds = if mark == b'.' { ":ss.SSS" } else { ":ss,SSS" };
        }
    }
    let space = if punctuation(&mut rest, b" ").is_some() {
        " "
    } else {
        ""
    };
    let (hour, behind) = match rest {
        b"" if space.is_empty() => ("HH", String::new()),
        b"Z" => ("HH", format!("{space}XXX")),
        [b'+' | b'-', offset @ ..] => {
            let zone = match (offset.contains(&b':'), offset.len()) {
                (true, _) => "XXX",
                (false, 3..) => "XX",
                (false, _) => "X",
            };
            ("HH", format!("{space}{zone}"))
        }
        [b'A' | b'P' | b'a' | b'p', b'M' | b'm'] => ("hh", format!("{space}a")),
        _ => ("HH", format!("{space}z")),
    };
    let before = format!("{date}{joint}{hour}:mm");
    let pattern = DatePattern::recognised((&before, seconds, &behind), usual)?;
    // The date must be one in either order.
    let other = pattern.in_other_order();
    let is_date = |pattern: &DatePattern| pattern.read(text).is_some();
    (is_date(&pattern) || other.as_ref().is_some_and(is_date)).then_some(Recognised {
        pattern,
        order: order.filter(|_| usual.is_some()),
    })
}

fn with_names(text: &[u8]) -> Option<Recognised> {
    if !text.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let patterns = WITH_NAMES
        .iter()
        .filter_map(|source| DatePattern::new(source).ok());
    let mut fitting = patterns.filter(|pattern| pattern.read(text).is_some());
    let pattern = fitting.next()?;
    Some(Recognised {
        pattern,
        order: None,
    })
}

/// Takes digits off the front of `rest`.
fn digits<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at_checked(count)?;
    *rest = behind;
    (count > 0).then_some(digits)
}

/// Takes one of these characters off the front of `rest`.
fn punctuation(rest: &mut &[u8], any_of: &[u8]) -> Option<u8> {
    let (&first, behind) = rest.split_first()?;
    any_of.contains(&first).then(|| *rest = behind)?;
    Some(first)
}

fn number(digits: &[u8]) -> u32 {
    let value = |value: u32, digit: &u8| value * 10 + u32::from(digit - b'0');
    digits.iter().fold(0, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_formats() {
        for (text, source, order) in [
            ("2023/11/14 22:13:20.123", "yyyy/MM/dd HH:mm:ss.SSS", None),
            ("2023/11/14 22:13:20", "yyyy/MM/dd HH:mm:ss", None),
            ("2023-11-14 22:13:20,123", "yyyy-MM-dd HH:mm:ss,SSS", None),
            ("2023.11.14 22:13:20", "yyyy.MM.dd HH:mm:ss", None),
            ("2023-11-14T22:13:20.1", "yyyy-MM-dd'T'HH:mm:ss.SSS", None),
            ("2023-11-14T22:13", "yyyy-MM-dd'T'HH:mm", None),
            ("2023-11-14T22:13:20Z", "yyyy-MM-dd'T'HH:mm:ssXXX", None),
            (
                "2023-11-14T22:13:20.1+02:00",
                "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
                None,
            ),
            ("2023-11-14 22:13:20 +0200", "yyyy-MM-dd HH:mm:ss XX", None),
            ("2023-11-14 22:13:20+02", "yyyy-MM-dd HH:mm:ssX", None),
            ("2023-11-14 22:13:20 UTC", "yyyy-MM-dd HH:mm:ss z", None),
            ("11/04/2023 13:02:03", "MM/dd/yyyy HH:mm:ss", None),
            ("11/4/2023 1:02:03 PM", "MM/dd/yyyy hh:mm:ss a", None),
            (
                "11/14/23 22:13:20",
                "MM/dd/yy HH:mm:ss",
                Some(DateOrder::MonthFirst),
            ),
            (
                "14/11/23 22:13:20",
                "MM/dd/yy HH:mm:ss",
                Some(DateOrder::DayFirst),
            ),
            ("14.11.2023 22:13:20,123", "dd.MM.yyyy HH:mm:ss,SSS", None),
            ("04-11-2023 22:13:20", "dd-MM-yyyy HH:mm:ss", None),
            (
                "11-14-2023 22:13:20",
                "dd-MM-yyyy HH:mm:ss",
                Some(DateOrder::MonthFirst),
            ),
            (
                "Tue Nov 14 22:13:20 UTC 2023",
                "EEE MMM d HH:mm:ss z yyyy",
                None,
            ),
        ] {
            let found = recognise(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (found.pattern.source(), found.order),
                (source, order),
                "{text}"
            );
        }
    }

    #[test]
    fn other_text() {
        for text in [
            "",
            "2023/11/14",
            "2023/13/14 22:13:20",
            "2023/11-14 22:13:20",
            "13/13/23 22:13:20",
            "11/14/23 25:13:20",
            "13.14.2023 22:13:20",
            "2023-11-14 22:13:20 today",
            "14.11.2023",
            "22:13:20",
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }
}
