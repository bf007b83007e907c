//! The attributes of a start tag, read as a [`Sample`].

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::events::attributes::Attributes;

use super::extras::Extras;
use super::references::{self, Within};
use crate::jtl::csv::{EpochUnit, TimestampFormat};
use crate::jtl::fault::{Fault, MAX_ROW, XmlFault};
use crate::jtl::metric::{MetricColumn, thousandths};
use crate::jtl::options::TimestampOptions;
use crate::jtl::sample::{self, Origin, Sample};
use crate::jtl::{flag, number};

/// An element that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub fault: Fault,
    /// The value to blame, or the beginning of the element.
    pub value: Vec<u8>,
}

impl Rejection {
    /// A rejection with as much of `value` as a message shows.
    pub fn new(fault: impl Into<Fault>, value: &[u8]) -> Self {
        const MAX_VALUE: usize = 200;
        Rejection {
            fault: fault.into(),
            value: value[..value.len().min(MAX_VALUE)].to_vec(),
        }
    }
}

/// How time stamps are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stamps {
    /// Whether they are the ends of samples.
    pub are_ends: bool,
    /// Their unit.
    pub unit: EpochUnit,
}

impl Stamps {
    /// Finds the unit of an input that begins with `start`, if none is given.
    pub fn of(start: &[u8], timestamps: &TimestampOptions) -> Self {
        const ATTRIBUTE: &[u8] = b" ts=\"";
        const MAX_ROWS: usize = 100;
        let detect = || {
            let found = memchr::memmem::find_iter(start, ATTRIBUTE).take(MAX_ROWS);
            let stamps = found.map(|at| {
                let text = &start[at + ATTRIBUTE.len()..];
                &text[..memchr::memchr(b'"', text).unwrap_or(0)]
            });
            match TimestampFormat::of_most(stamps) {
                Some(TimestampFormat::Epoch(unit)) => unit,
                _ => EpochUnit::default(),
            }
        };
        Stamps {
            are_ends: timestamps.is_end,
            unit: timestamps.unit.unwrap_or_else(detect),
        }
    }
}

/// The fields of a sample: first from the attributes of its start tag, then from its children.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The text of all fields, one after the other.
    text: Vec<u8>,
    ranges: [Option<Range<usize>>; NAMES.len()],
    url: Range<usize>,
    failure_message: Option<Range<usize>>,
    numbers: Numbers,
    /// The names of the metrics, and their values in this sample.
    metric_names: Vec<String>,
    metrics: Vec<Option<i64>>,
    extras: Extras,
    /// The attribute that samples are grouped by.
    group_name: Option<String>,
    group: Range<usize>,
}

#[derive(Debug, Default)]
struct Numbers {
    time_stamp: i64,
    elapsed: i64,
    success: bool,
    latency: Option<i64>,
    connect: Option<i64>,
    idle_time: Option<i64>,
    bytes: Option<i64>,
    sent_bytes: Option<i64>,
    grp_threads: Option<i64>,
    all_threads: Option<i64>,
    sample_count: u64,
    error_count: u64,
}

/// The attributes that are read, under JMeter's names.
const NAMES: [&str; 18] = [
    "t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rm", "tn", "by", "sby", "ng", "na", "sc", "ec",
    "hn", "rs",
];

/// The attributes of columns that are otherwise not kept as text, by their names in CSV.
const COLUMN_ATTRIBUTES: [(&str, &str); 14] = [
    ("timeStamp", "ts"),
    ("elapsed", "t"),
    ("IdleTime", "it"),
    ("Latency", "lt"),
    ("Connect", "ct"),
    ("success", "s"),
    ("dataType", "dt"),
    ("Encoding", "de"),
    ("bytes", "by"),
    ("sentBytes", "sby"),
    ("grpThreads", "ng"),
    ("allThreads", "na"),
    ("SampleCount", "sc"),
    ("ErrorCount", "ec"),
];

impl Fields {
    /// Keeps the text of a column, named as in CSV.
    pub fn keep(&mut self, column: Option<&str>) {
        self.group_name = column.map(|column| {
            let known = COLUMN_ATTRIBUTES.iter().find(|(name, _)| *name == column);
            known.map_or(column, |(_, attribute)| attribute).to_owned()
        });
    }

    /// Takes these fields, which are no longer needed, for another sample that is read like `other`.
    pub fn take_for(&mut self, other: &Fields) -> Fields {
        let mut fields = std::mem::take(self);
        fields.group_name.clone_from(&other.group_name);
        fields
    }

    /// Reads a start tag: name and attributes.
    ///
    /// # Errors
    ///
    /// When a required attribute is missing, a value cannot be read, or the tag is not valid XML.
    pub fn read(&mut self, tag: &[u8], stamps: Stamps) -> Result<(), Rejection> {
        self.text.clear();
        self.ranges = Default::default();
        self.url = 0..0;
        self.failure_message = None;
        self.metrics.fill(None);
        self.extras.begin_sample();
        self.group = 0..0;
        self.split(tag)?;
        self.numbers = self.numbers(tag, stamps)?;
        Ok(())
    }

    /// Splits a tag into attributes.
    fn split(&mut self, tag: &[u8]) -> Result<(), Rejection> {
        let damaged = || Rejection::new(XmlFault::Markup, tag);
        let masked = masked(tag);
        let mut attributes = Attributes::new(&masked, name_of(tag).len());
        for attribute in attributes.with_checks(false) {
            let attribute = attribute.map_err(|_| damaged())?;
            let known = NAMES.iter().position(|name| *name == attribute.key.0);
            let is_group = self.group_name.as_deref() == Some(attribute.key.0);
            let value = match &attribute.value {
                Cow::Borrowed(value) => &tag[place_in(&masked, value)],
                Cow::Owned(value) => value.as_bytes(),
            };
            self.extras.take(attribute.key.0, value);
            if let Some(metric) = self.metric(attribute.key.0) {
                self.metrics[metric] = thousandths(value);
            }
            if known.is_none() && !is_group {
                continue;
            }
            let start = self.text.len();
            references::decode(value, Within::Attribute, &mut self.text).map_err(|_| damaged())?;
            let range = start..self.text.len();
            if is_group {
                self.group = range.clone();
            }
            if let Some(known) = known
                && self.ranges[known].replace(range).is_some()
            {
                return Err(damaged());
            }
        }
        Ok(())
    }

    fn numbers(&self, tag: &[u8], stamps: Stamps) -> Result<Numbers, Rejection> {
        let missing = |name| Rejection::new(XmlFault::Missing(name), tag);
        let elapsed = self.number("t")?.ok_or_else(|| missing("t"))?;
        let stamp = self.stamp(stamps.unit)?.ok_or_else(|| missing("ts"))?;
        let success = self.attribute("s").ok_or_else(|| missing("s"))?;
        let success =
            flag::parse(success).ok_or_else(|| Rejection::new(XmlFault::Value("s"), success))?;
        self.attribute("lb").ok_or_else(|| missing("lb"))?;
        // Start and end must both exist as epoch ms.
        let (start, end) = if stamps.are_ends {
            (stamp.checked_sub(elapsed), Some(stamp))
        } else {
            (Some(stamp), stamp.checked_add(elapsed))
        };
        let (Some(time_stamp), Some(_)) = (start, end) else {
            return Err(self.rejected("t"));
        };
        let count = |name| match self.number(name)? {
            Some(number) => match sample::count(number) {
                Some(count) => Ok(Some(count)),
                None => Err(self.rejected(name)),
            },
            None => Ok(None),
        };
        Ok(Numbers {
            time_stamp,
            elapsed,
            success,
            latency: self.number("lt")?,
            connect: self.number("ct")?,
            idle_time: self.number("it")?,
            bytes: self.number("by")?,
            sent_bytes: self.number("sby")?,
            grp_threads: self.number("ng")?,
            all_threads: self.number("na")?,
            sample_count: count("sc")?.unwrap_or(1),
            error_count: count("ec")?.unwrap_or(u64::from(!success)),
        })
    }

    /// The time stamp, epoch ms.
    fn stamp(&self, unit: EpochUnit) -> Result<Option<i64>, Rejection> {
        match (unit, self.attribute("ts")) {
            (EpochUnit::Milliseconds, _) | (_, None | Some(b"" | b"null")) => self.number("ts"),
            (unit, Some(text)) => match unit.parse(text) {
                Some(ms) => Ok(Some(ms)),
                None => Err(self.rejected("ts")),
            },
        }
    }

    fn attribute(&self, name: &str) -> Option<&[u8]> {
        let known = NAMES.iter().position(|known| *known == name)?;
        let range = self.ranges[known].clone()?;
        Some(&self.text[range])
    }

    /// An absent attribute, an empty one and `null` are `None`; other text must be a number.
    fn number(&self, name: &'static str) -> Result<Option<i64>, Rejection> {
        match self.attribute(name) {
            None | Some(b"" | b"null") => Ok(None),
            Some(text) => match number::parse(text, 0, text.len()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.rejected(name)),
            },
        }
    }

    #[cold]
    fn rejected(&self, name: &'static str) -> Rejection {
        Rejection::new(
            XmlFault::Value(name),
            self.attribute(name).unwrap_or_default(),
        )
    }

    /// Takes the text of a child element, with references not yet decoded.
    ///
    /// # Errors
    ///
    /// When a reference in it cannot be resolved, or the sample gets too long.
    pub fn take(&mut self, child: Child, text: &ChildText) -> Result<(), Rejection> {
        let start = self.text.len();
        if text.is_too_long || start + text.raw.len() > MAX_ROW {
            return Err(Rejection::new(Fault::TooLong, &text.raw));
        }
        references::decode(&text.raw, Within::Element, &mut self.text)
            .map_err(|_| Rejection::new(XmlFault::Markup, &text.raw))?;
        let range = start..self.text.len();
        match child {
            Child::Url => self.url = range,
            // JMeter writes the first message to CSV, whichever assertion it comes from.
            Child::FailureMessage => {
                self.failure_message.get_or_insert(range);
            }
            Child::Metric(metric) => {
                if let Some(value) = self.metrics.get_mut(metric) {
                    *value = thousandths(&self.text[range]);
                }
            }
        }
        Ok(())
    }

    /// The sample's label; empty if it is missing.
    pub fn label(&self) -> &[u8] {
        self.attribute("lb").unwrap_or_default()
    }

    /// The sample.
    pub fn sample(&self, origin: Origin) -> Sample<'_> {
        let text = |name| match self.attribute(name) {
            None | Some(b"null") => &b""[..],
            Some(text) => text,
        };
        let failure_message = self.failure_message.clone().unwrap_or_default();
        let numbers = &self.numbers;
        Sample {
            position: origin.position,
            input: origin.input,
            time_stamp: numbers.time_stamp,
            elapsed: numbers.elapsed,
            latency: numbers.latency,
            connect: numbers.connect,
            idle_time: numbers.idle_time,
            label: self.label(),
            // Very old files call it rs. JMeter's own reader accepts that too.
            response_code: match self.attribute("rs") {
                Some(code) => code,
                None => text("rc"),
            },
            response_message: text("rm"),
            failure_message: &self.text[failure_message],
            thread_name: text("tn"),
            url: &self.text[self.url.clone()],
            hostname: text("hn"),
            group_text: match &self.text[self.group.clone()] {
                b"null" => b"",
                text => text,
            },
            is_sub_result: None,
            success: numbers.success,
            bytes: numbers.bytes,
            sent_bytes: numbers.sent_bytes,
            grp_threads: numbers.grp_threads,
            all_threads: numbers.all_threads,
            sample_count: numbers.sample_count,
            error_count: numbers.error_count,
            metrics: &self.metrics,
        }
    }

    /// Reads these metrics too.
    pub fn read_metrics(&mut self, metrics: &[MetricColumn]) {
        let names = metrics.iter().map(|metric| metric.name.clone());
        self.metric_names = names.collect();
        self.metrics = vec![None; metrics.len()];
    }

    /// The number of the metric that an attribute or an element holds.
    pub fn metric(&self, name: &str) -> Option<usize> {
        let mut metrics = self.metric_names.iter();
        metrics.position(|metric| metric == name || attribute_of(metric) == Some(name))
    }

    /// The attributes that are neither read nor JMeter's own.
    pub fn extras(&self) -> &Extras {
        &self.extras
    }
}

/// The attribute that has the numbers of one of JMeter's own columns.
fn attribute_of(column: &str) -> Option<&'static str> {
    match column {
        "bytes" => Some("by"),
        "sentBytes" => Some("sby"),
        "IdleTime" => Some("it"),
        "grpThreads" => Some("ng"),
        "allThreads" => Some("na"),
        "SampleCount" => Some("sc"),
        "ErrorCount" => Some("ec"),
        _ => None,
    }
}

/// A child element whose text is a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    Url,
    FailureMessage,
    /// The metric with this number.
    Metric(usize),
}

/// The text of a child element, which comes in pieces. A reference may continue in the next piece.
#[derive(Debug, Default)]
pub(super) struct ChildText {
    raw: Vec<u8>,
    is_too_long: bool,
}

impl ChildText {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.raw.clear();
        self.is_too_long = false;
    }

    /// Appends a piece. Text that is too long is dropped and remembered as such.
    pub fn push(&mut self, text: &[u8]) {
        if self.raw.len() + text.len() > MAX_ROW {
            self.is_too_long = true;
        } else {
            self.raw.extend_from_slice(text);
        }
    }

    /// Appends a piece without references, such as CDATA.
    pub fn push_literal(&mut self, text: &[u8]) {
        for (number, piece) in text.split(|&byte| byte == b'&').enumerate() {
            if number > 0 {
                self.push(b"&amp;");
            }
            self.push(piece);
        }
    }
}

/// The name that a tag begins with.
pub(super) fn name_of(tag: &[u8]) -> &[u8] {
    let end = tag.iter().position(u8::is_ascii_whitespace);
    &tag[..end.unwrap_or(tag.len())]
}

/// A tag as text of the same length. If it is not UTF-8, every byte outside ASCII becomes an `x`:
/// only the places of names and values matter.
pub(super) fn masked(tag: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(tag) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            tag.iter()
                .map(|&byte| {
                    if byte.is_ascii() {
                        char::from(byte)
                    } else {
                        'x'
                    }
                })
                .collect(),
        ),
    }
}

/// Where `part`, a slice of `whole`, lies in it.
fn place_in(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}
