//! Date formats, compiled from the letters of Java's `SimpleDateFormat`.

use jiff::civil::{Date, DateTime, Time};

use super::zone::{self, Zone};

/// A date format in the letters of Java's `SimpleDateFormat`.
///
/// | letters | meaning |
/// |---|---|
/// | `yyyy`, `yy`, `uuuu` | year; two digits are of this century |
/// | `MM`, `MMM`, `MMMM` | month: number, or English name |
/// | `dd` | day of the month |
/// | `HH`, `kk` | hour, 0 to 23 or 1 to 24 |
/// | `hh`, `KK` with `a` | hour, 1 to 12 or 0 to 11, with AM or PM |
/// | `mm`, `ss` | minute, second |
/// | `SSS` | milliseconds, or a longer decimal fraction |
/// | `EEE`, `u` | day of the week, which is not checked |
/// | `X`, `XX`, `XXX`, `Z`, `z` | offset from UTC, or the zone's abbreviation or name |
///
/// Text in single quotes, punctuation and other characters stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern {
    source: String,
    parts: Vec<Part>,
    /// The order of day and month, if the format was recognised and the order is only assumed.
    order: Option<DateOrder>,
}

/// Which of the first two numbers of a date is the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, then day.
    MonthFirst,
    /// Day, then month.
    DayFirst,
}

impl DateOrder {
    /// The other order.
    pub fn other(self) -> Self {
        match self {
            DateOrder::MonthFirst => DateOrder::DayFirst,
            DateOrder::DayFirst => DateOrder::MonthFirst,
        }
    }
}

/// A date and time as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Date and time.
    pub civil: DateTime,
    /// Their zone; `None` if it is not written.
    pub zone: Option<Zone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year {
        letters: usize,
    },
    Number {
        field: Field,
        letters: usize,
    },
    Milliseconds {
        letters: usize,
    },
    MonthName,
    Weekday,
    HalfDay,
    Zone,
    Literal(char),
    /// `:ss` and a fraction, each only if it is there. A fraction of up to three digits is a number
    /// of ms, or decimal.
    Seconds {
        is_decimal: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Month,
    Day,
    /// With what is added or left out: 0 to 23, 1 to 24, 0 to 11, 1 to 12.
    Hour {
        max: i64,
    },
    Minute,
    Second,
    Weekday,
}

/// Text that is not a date format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatePattern {
    /// A letter that is not supported.
    #[error(
        "`{letters}` in the time stamp format `{pattern}` is not supported: use y, M, d, H, h, K, k, \
         m, s, S, a, E, u, X, Z, z, text in single quotes, and punctuation"
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
    /// Hours up to 12 without AM or PM.
    #[error(
        "the hours of the time stamp format `{0}` go to 12 only: add `a` for AM and PM, \
         or use H, which goes to 23"
    )]
    HalfDay(String),
}

impl DatePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// When the pattern has a letter that is not supported, lacks the year, month, day or hour, or
    /// has hours up to 12 without AM or PM.
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
            let mut count = 1;
            while letters.next_if_eq(&letter).is_some() {
                count += 1;
            }
            let part = part_of(letter, count).ok_or_else(|| InvalidDatePattern::Letters {
                letters: letter.to_string().repeat(count),
                pattern: source.to_owned(),
            })?;
            parts.push(part);
        }
        let has = |is_wanted: fn(&Part) -> bool| parts.iter().any(is_wanted);
        let is_hour = |part: &Part| {
            matches!(
                part,
                Part::Number {
                    field: Field::Hour { .. },
                    ..
                }
            )
        };
        let is_month = |part: &Part| {
            matches!(
                part,
                Part::MonthName
                    | Part::Number {
                        field: Field::Month,
                        ..
                    }
            )
        };
        let is_complete = has(|part| matches!(part, Part::Year { .. }))
            && has(is_month)
            && has(|part| {
                matches!(
                    part,
                    Part::Number {
                        field: Field::Day,
                        ..
                    }
                )
            })
            && has(is_hour);
        if !is_complete {
            return Err(InvalidDatePattern::Incomplete(source.to_owned()));
        }
        let counts_to_12 = has(|part| {
            matches!(
                part,
                Part::Number {
                    field: Field::Hour { max: ..=12 },
                    ..
                }
            )
        });
        if counts_to_12 && !has(|part| *part == Part::HalfDay) {
            return Err(InvalidDatePattern::HalfDay(source.to_owned()));
        }
        Ok(DatePattern {
            source: source.to_owned(),
            parts,
            order: None,
        })
    }

    /// A recognised format: `before` and `behind` are patterns of what precedes and follows the
    /// seconds, whose own pattern is `seconds`.
    pub(super) fn recognised(
        (before, seconds, behind): (&str, &str, &str),
        order: Option<DateOrder>,
    ) -> Option<Self> {
        let mut pattern = DatePattern::new(&[before, behind].concat()).ok()?;
        let minute = |part: &Part| {
            matches!(
                part,
                Part::Number {
                    field: Field::Minute,
                    ..
                }
            )
        };
        let at = pattern.parts.iter().position(minute)? + 1;
        let is_decimal = before.contains('T');
        pattern.parts.insert(at, Part::Seconds { is_decimal });
        pattern.source = [before, seconds, behind].concat();
        pattern.order = order;
        Some(pattern)
    }

    /// The pattern as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The assumed order of day and month; `None` if the pattern was given, or has no such doubt.
    pub fn assumed_order(&self) -> Option<DateOrder> {
        self.order
    }

    /// The same format with this order of day and month, if the order is only assumed.
    #[must_use]
    pub fn in_order(mut self, order: DateOrder) -> Self {
        if self.order.is_some_and(|own| own != order) {
            self.order = Some(order);
            for part in &mut self.parts {
                if let Part::Number { field, .. } = part {
                    *field = match *field {
                        Field::Month => Field::Day,
                        Field::Day => Field::Month,
                        other => other,
                    };
                }
            }
            let swapped = |letter| match letter {
                'M' => 'd',
                'd' => 'M',
                other => other,
            };
            self.source = self.source.chars().map(swapped).collect();
        }
        self
    }

    /// The same format with day and month the other way round, if their order is only assumed.
    pub fn in_other_order(&self) -> Option<Self> {
        let order = self.order?;
        Some(self.clone().in_order(order.other()))
    }

    /// Whether dates say their zone.
    pub(super) fn has_zone(&self) -> bool {
        self.parts.contains(&Part::Zone)
    }

    /// Reads `text` as a date and time. All of it must match the format.
    pub(super) fn read(&self, text: &[u8]) -> Option<Written> {
        let (mut year, mut month, mut day) = (0_i16, 1_i8, 1_i8);
        let (mut hour, mut minute, mut second, mut ms) = (0, 0_i8, 0_i8, 0_i32);
        let (mut is_afternoon, mut zone) = (false, None);
        let mut rest = text;
        for (index, part) in self.parts.iter().enumerate() {
            // Adjacent numbers have exact widths. Other numbers may have fewer digits.
            let is_adjacent = || {
                matches!(
                    self.parts.get(index + 1),
                    Some(Part::Number { .. } | Part::Year { .. } | Part::Milliseconds { .. })
                )
            };
            match *part {
                Part::Literal(letter) => {
                    let mut utf8 = [0; 4];
                    rest = rest.strip_prefix(letter.encode_utf8(&mut utf8).as_bytes())?;
                }
                Part::Year { letters } => {
                    let is_short = letters <= 2 && (is_adjacent() || !has_four_digits(rest));
                    let before = rest.len();
                    let number = take_number(&mut rest, if is_short { 2 } else { 4 })?;
                    // Java reads 03 as the year 3 here, and so 03/04/25 as a day in that year.
                    if !is_short && before - rest.len() < 4 {
                        return None;
                    }
                    // Two digits mean this century.
                    year = i16::try_from(number).ok()? + if is_short { 2000 } else { 0 };
                }
                Part::Number { field, letters } => {
                    let max_digits = if is_adjacent() { letters } else { 2 };
                    let number = take_number(&mut rest, max_digits)?;
                    let small = || i8::try_from(number).ok();
                    match field {
                        Field::Month => month = small()?,
                        Field::Day => day = small()?,
                        Field::Hour { max } => {
                            let min = if matches!(max, 12 | 24) { 1 } else { 0 };
                            if !(min..=max).contains(&i64::from(number)) {
                                return None;
                            }
                            hour = i64::from(number) % (max + 1 - min);
                        }
                        Field::Minute => minute = small()?,
                        Field::Second => second = small()?,
                        Field::Weekday => {}
                    }
                }
                Part::Milliseconds { letters } => {
                    let max_digits = if is_adjacent() { letters } else { usize::MAX };
                    let digits = take_digits(&mut rest, max_digits)?;
                    // As SimpleDateFormat writes it, unless it has too many digits for that.
                    let written = (digits.len() <= letters.max(3)).then(|| value_of(digits));
                    ms = match written.flatten() {
                        Some(number @ 0..=999) => i32::try_from(number).ok()?,
                        _ => decimal_ms(digits),
                    };
                }
                Part::Seconds { is_decimal } => {
                    if let Some(behind) = rest.strip_prefix(b":") {
                        rest = behind;
                        second = i8::try_from(take_number(&mut rest, 2)?).ok()?;
                        if let [b'.' | b',', behind @ ..] = rest {
                            rest = behind;
                            let digits = take_digits(&mut rest, usize::MAX)?;
                            ms = match digits.len() {
                                ..=3 if !is_decimal => i32::try_from(value_of(digits)?).ok()?,
                                _ => decimal_ms(digits),
                            };
                        }
                    }
                }
                Part::MonthName => month = take_name(&mut rest, &MONTHS)?,
                Part::Weekday => {
                    take_name(&mut rest, &WEEKDAYS)?;
                }
                Part::HalfDay => is_afternoon = take_half_day(&mut rest)?,
                Part::Zone => zone = Some(zone::take(&mut rest)?),
            }
        }
        if !rest.is_empty() {
            return None;
        }
        if is_afternoon {
            hour += 12;
        }
        let date = Date::new(year, month, day).ok()?;
        let hour = i8::try_from(hour).ok()?;
        let time = Time::new(hour, minute, second, ms * 1_000_000).ok()?;
        let civil = DateTime::from_parts(date, time);
        Some(Written { civil, zone })
    }
}

fn part_of(letter: char, letters: usize) -> Option<Part> {
    let number = |field| Some(Part::Number { field, letters });
    match letter {
        'u' if letters <= 2 => number(Field::Weekday),
        'y' | 'u' => Some(Part::Year { letters }),
        'M' | 'L' if letters <= 2 => number(Field::Month),
        'M' | 'L' => Some(Part::MonthName),
        'd' => number(Field::Day),
        'H' => number(Field::Hour { max: 23 }),
        'k' => number(Field::Hour { max: 24 }),
        'K' => number(Field::Hour { max: 11 }),
        'h' => number(Field::Hour { max: 12 }),
        'm' => number(Field::Minute),
        's' => number(Field::Second),
        'S' => Some(Part::Milliseconds { letters }),
        'E' => Some(Part::Weekday),
        'a' => Some(Part::HalfDay),
        'X' | 'Z' | 'z' => Some(Part::Zone),
        _ => None,
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

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Takes an English name off the front of `rest`, whole or its first three letters, and returns its
/// number, counted from 1.
fn take_name(rest: &mut &[u8], names: &[&str]) -> Option<i8> {
    let letters = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (word, mut behind) = rest.split_at_checked(letters)?;
    let is_of = |name: &&str| {
        let name = name.as_bytes();
        word.eq_ignore_ascii_case(name)
            || word.eq_ignore_ascii_case(&name[..3])
            || word.eq_ignore_ascii_case(b"Sept") && name == b"September"
    };
    let number = names.iter().position(|name| is_of(name))? + 1;
    // Newer versions of Java abbreviate with a dot in some languages.
    if letters < 5 {
        behind = behind.strip_prefix(b".").unwrap_or(behind);
    }
    *rest = behind;
    i8::try_from(number).ok()
}

/// Takes AM or PM off the front of `rest`, and returns whether it is PM.
fn take_half_day(rest: &mut &[u8]) -> Option<bool> {
    // Newer versions of Java write a narrow space before it.
    let text = rest.strip_prefix("\u{202F}".as_bytes()).unwrap_or(rest);
    let (half, behind) = text.split_at_checked(2)?;
    *rest = behind;
    match half.to_ascii_uppercase().as_slice() {
        b"AM" => Some(false),
        b"PM" => Some(true),
        _ => None,
    }
}

fn has_four_digits(text: &[u8]) -> bool {
    text.get(..4)
        .is_some_and(|year| year.iter().all(u8::is_ascii_digit))
}

/// Takes 1 to `max_digits` digits off the front of `rest`.
fn take_number(rest: &mut &[u8], max_digits: usize) -> Option<u32> {
    take_digits(rest, max_digits.min(9)).and_then(value_of)
}

fn take_digits<'a>(rest: &mut &'a [u8], max_digits: usize) -> Option<&'a [u8]> {
    let digits = rest
        .iter()
        .take(max_digits)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (digits, behind) = rest.split_at_checked(digits)?;
    *rest = behind;
    (!digits.is_empty()).then_some(digits)
}

/// The number that digits are; `None` if it has too many.
fn value_of(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    })
}

/// The whole ms of a decimal fraction of a second.
fn decimal_ms(digits: &[u8]) -> i32 {
    let three = digits.iter().chain(b"000").take(3);
    three.fold(0, |ms, digit| ms * 10 + i32::from(digit - b'0'))
}
