//! What reading showed about the time stamps of an input.

use serde::{Deserialize, Serialize};

use super::csv::{DateEvidence, DateOrder, EpochUnit, Layout, TimestampFormat};
use super::excerpt::excerpt;
use super::options::TimestampOptions;
use crate::error::Error;

/// How the time stamps of an input were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampsRead {
    /// The unit of numbers, if it was detected and is not JMeter's.
    pub detected_unit: Option<EpochUnit>,
    /// The format of dates, if the order of day and month is only assumed or shown by rows.
    pub dates: Option<AssumedDates>,
    /// Whether times are in an hour that occurs twice, because clocks were set back.
    pub has_repeated_hour: bool,
}

/// Dates whose format has day and month first, in one order or the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumedDates {
    /// The format as read.
    pub format: String,
    /// The same format with day and month the other way round.
    pub other: String,
    /// Whether a row shows that the order is right.
    pub is_confirmed: bool,
}

impl TimestampsRead {
    /// Adds the layout of a part of the input. The first part decides.
    pub(super) fn add_layout(&mut self, layout: &Layout, options: &TimestampOptions) {
        match &layout.timestamp_format {
            TimestampFormat::Epoch(EpochUnit::Milliseconds) => {}
            TimestampFormat::Epoch(unit) if options.unit.is_none() => {
                self.detected_unit.get_or_insert(*unit);
            }
            TimestampFormat::Epoch(_) => {}
            TimestampFormat::Pattern(pattern) => {
                if let Some(other) = pattern.in_other_order() {
                    self.dates.get_or_insert_with(|| AssumedDates {
                        format: pattern.source().to_owned(),
                        other: other.source().to_owned(),
                        is_confirmed: false,
                    });
                }
            }
        }
    }

    /// Adds what the rows showed.
    pub(super) fn add_evidence(&mut self, evidence: DateEvidence) {
        self.has_repeated_hour |= evidence.is_repeated_hour;
        if let Some(dates) = &mut self.dates {
            dates.is_confirmed |= evidence.confirms_order;
        }
    }
}

impl AssumedDates {
    fn order(&self) -> DateOrder {
        match self.format.starts_with('M') {
            true => DateOrder::MonthFirst,
            false => DateOrder::DayFirst,
        }
    }

    /// The other order, if no row of this input shows the order but another input has the same form
    /// of dates and shows it to be the other one.
    pub(super) fn order_of_others<'a>(
        &self,
        mut others: impl Iterator<Item = &'a AssumedDates>,
    ) -> Option<DateOrder> {
        let is_other = |other: &AssumedDates| other.is_confirmed && other.format == self.other;
        (!self.is_confirmed && others.any(is_other)).then(|| self.order().other())
    }
}

/// The first row whose date contradicts the assumed order of day and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Number of its input.
    pub input: u32,
    /// Name of its input.
    pub name: String,
    /// Its line, counted from 1.
    pub line: u64,
    /// Its time stamp.
    pub value: Vec<u8>,
    /// The formats of the input's dates.
    pub dates: AssumedDates,
}

impl Contradiction {
    /// The order that the row shows.
    pub fn order(&self) -> DateOrder {
        self.dates.order().other()
    }

    /// The error of a row that contradicts the rows before it. `is_mixed` says that a row shows the
    /// assumed order as well; if not, the input cannot be read again in the other order.
    pub fn refuse(&self, is_mixed: bool) -> Error {
        let AssumedDates { format, other, .. } = &self.dates;
        let value = excerpt(&self.value);
        let why = match is_mixed {
            true => format!(
                "timeStamp {value} is a date only as {other}, but dates of other rows only as {format}: \
                 the file mixes both, so neither reads it right. Split it, or give \
                 --timestamp-format '{format}' to reject the rows that do not fit"
            ),
            false => format!(
                "timeStamp {value} is a date only as {other}, but the rows before it were read as \
                 {format}, and the input can be read only once. Give --timestamp-format '{other}'"
            ),
        };
        Error::input(format!("{}:{}", self.name, self.line), why)
    }
}
