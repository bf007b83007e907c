//! The attributes of a start tag, read as a [`Sample`].

use std::ops::Range;

use super::attributes::{Attribute, Attributes, Damaged};
use super::extras::Extras;
use super::known::{Known, Span};
use super::references::{self, Within};
use super::usual;
use crate::jtl::csv::{EpochUnit, TimestampFormat};
use crate::jtl::fault::{Fault, MAX_ROW, XmlFault};
use crate::jtl::metric::{MetricColumn, thousandths};
use crate::jtl::options::TimestampOptions;
use crate::jtl::sample::{self, Origin, Sample};
use crate::jtl::{flag, number};

/// Bytes of a value that are kept for messages.
pub(super) const MAX_VALUE: usize = 200;

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
#[derive(Debug)]
pub(super) struct Fields {
    /// The start tag, [`PADDING`], and the texts of fields that are not in it as they are.
    text: Vec<u8>,
    spans: [Span; Known::COUNT],
    /// Bytes of all texts that are kept.
    kept: usize,
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

impl Default for Fields {
    fn default() -> Self {
        Fields {
            text: Vec::new(),
            spans: [Span::ABSENT; Known::COUNT],
            kept: 0,
            url: 0..0,
            failure_message: None,
            numbers: Numbers::default(),
            metric_names: Vec::new(),
            metrics: Vec::new(),
            extras: Extras::default(),
            group_name: None,
            group: 0..0,
        }
    }
}

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
        self.url = 0..0;
        self.failure_message = None;
        self.metrics.fill(None);
        self.extras.begin_sample();
        self.group = 0..0;
        self.text.clear();
        self.text.extend_from_slice(tag);
        self.text.extend_from_slice(&[0; number::WORD]);
        self.split(tag)
            .map_err(|Damaged| Rejection::new(XmlFault::Markup, tag))?;
        self.read_numbers(stamps).map_err(|wrong| match wrong {
            Wrong::Missing(known) => Rejection::new(XmlFault::Missing(known.name()), tag),
            Wrong::Value(known) => {
                let value = self.attribute(known).unwrap_or_default();
                Rejection::new(XmlFault::Value(known.name()), value)
            }
        })
    }

    /// Splits a tag into attributes.
    #[inline(always)]
    fn split(&mut self, tag: &[u8]) -> Result<(), Damaged> {
        self.spans = [Span::ABSENT; Known::COUNT];
        let start = name_of(tag).len();
        let is_plain = references::is_plain(tag);
        let has_others =
            self.extras.are_learned() || self.group_name.is_some() || !self.metrics.is_empty();
        if is_plain
            && !has_others
            && let Some(kept) = usual::split(&self.text, tag.len(), start, &mut self.spans)
        {
            self.kept = kept;
            return Ok(());
        }
        self.split_any(tag, start, is_plain, has_others)
    }

    /// Splits a tag into any attributes.
    #[inline(never)]
    fn split_any(
        &mut self,
        tag: &[u8],
        start: usize,
        is_plain: bool,
        has_others: bool,
    ) -> Result<(), Damaged> {
        self.kept = 0;
        self.spans = [Span::ABSENT; Known::COUNT];
        for attribute in Attributes::new(tag, start) {
            let Attribute { name, value } = attribute?;
            let known = Known::of(name);
            let is_group = has_others && self.take_other(name, &tag[value.clone()]);
            if known.is_none() && !is_group {
                continue;
            }
            let range = match is_plain {
                true => value,
                false => self.decode(&tag[value])?,
            };
            self.kept += range.len();
            if let Some(known) = known {
                let span = &mut self.spans[known as usize];
                if !span.is_absent() {
                    return Err(Damaged);
                }
                *span = Span::new(range.start, range.end);
            }
            if is_group {
                self.group = range;
            }
        }
        Ok(())
    }

    /// Takes an attribute that may be a metric, an extra one, or that samples are grouped by. Returns whether
    /// samples are grouped by it.
    #[inline(never)]
    fn take_other(&mut self, name: &[u8], value: &[u8]) -> bool {
        let name = String::from_utf8_lossy(name);
        self.extras.take(&name, value);
        if let Some(metric) = self.metric(&name) {
            self.metrics[metric] = thousandths(value);
        }
        self.group_name.as_deref() == Some(&*name)
    }

    /// Decodes the value of an attribute, and returns where it is.
    fn decode(&mut self, value: &[u8]) -> Result<Range<usize>, Damaged> {
        let start = self.text.len();
        references::decode(value, Within::Attribute, &mut self.text).map_err(|_| Damaged)?;
        Ok(start..self.text.len())
    }

    #[inline(always)]
    fn read_numbers(&mut self, stamps: Stamps) -> Result<(), Wrong> {
        let elapsed = self.number(Known::T)?.ok_or(Wrong::Missing(Known::T))?;
        let stamp = self.stamp(stamps.unit)?.ok_or(Wrong::Missing(Known::Ts))?;
        let success = self.attribute(Known::S).ok_or(Wrong::Missing(Known::S))?;
        let success = flag::parse(success).ok_or(Wrong::Value(Known::S))?;
        self.attribute(Known::Lb).ok_or(Wrong::Missing(Known::Lb))?;
        // Start and end must both exist as epoch ms.
        let (start, end) = if stamps.are_ends {
            (stamp.checked_sub(elapsed), Some(stamp))
        } else {
            (Some(stamp), stamp.checked_add(elapsed))
        };
        let (Some(time_stamp), Some(_)) = (start, end) else {
            return Err(Wrong::Value(Known::T));
        };
        self.numbers = Numbers {
            time_stamp,
            elapsed,
            success,
            latency: self.number(Known::Lt)?,
            connect: self.number(Known::Ct)?,
            idle_time: self.number(Known::It)?,
            bytes: self.number(Known::By)?,
            sent_bytes: self.number(Known::Sby)?,
            grp_threads: self.number(Known::Ng)?,
            all_threads: self.number(Known::Na)?,
            sample_count: self.count(Known::Sc)?.unwrap_or(1),
            error_count: self.count(Known::Ec)?.unwrap_or(u64::from(!success)),
        };
        Ok(())
    }

    #[inline(always)]
    fn count(&self, known: Known) -> Result<Option<u64>, Wrong> {
        match self.number(known)? {
            None => Ok(None),
            Some(number) => sample::count(number).map(Some).ok_or(Wrong::Value(known)),
        }
    }

    /// The time stamp, epoch ms.
    #[inline(always)]
    fn stamp(&self, unit: EpochUnit) -> Result<Option<i64>, Wrong> {
        match (unit, self.attribute(Known::Ts)) {
            (EpochUnit::Milliseconds, _) | (_, None | Some(b"" | b"null")) => {
                self.number(Known::Ts)
            }
            (unit, Some(text)) => unit.parse(text).map(Some).ok_or(Wrong::Value(Known::Ts)),
        }
    }

    #[inline(always)]
    fn attribute(&self, known: Known) -> Option<&[u8]> {
        let span = self.spans[known as usize];
        (!span.is_absent()).then(|| &self.text[span.range()])
    }

    /// An absent attribute, an empty one and `null` are `None`; other text must be a number.
    #[inline(always)]
    fn number(&self, known: Known) -> Result<Option<i64>, Wrong> {
        let span = self.spans[known as usize];
        if span.is_absent() {
            return Ok(None);
        }
        let range = span.range();
        match number::parse_long(&self.text, range.start, range.end) {
            Some(number) => Ok(Some(number)),
            None if matches!(&self.text[range], b"" | b"null") => Ok(None),
            None => Err(Wrong::Value(known)),
        }
    }

    /// Takes the text of a child element, with references not yet decoded.
    ///
    /// # Errors
    ///
    /// When a reference in it cannot be resolved, or the sample gets too long.
    pub fn take(&mut self, child: Child, text: &ChildText) -> Result<(), Rejection> {
        let start = self.text.len();
        if text.is_too_long || self.kept + text.raw.len() > MAX_ROW {
            return Err(Rejection::new(Fault::TooLong, &text.raw));
        }
        references::decode(&text.raw, Within::Element, &mut self.text)
            .map_err(|_| Rejection::new(XmlFault::Markup, &text.raw))?;
        let range = start..self.text.len();
        self.kept += range.len();
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
        self.attribute(Known::Lb).unwrap_or_default()
    }

    /// The sample.
    pub fn sample(&self, origin: Origin) -> Sample<'_> {
        let text = |known| match self.attribute(known) {
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
            response_code: match self.attribute(Known::Rs) {
                Some(code) => code,
                None => text(Known::Rc),
            },
            response_message: text(Known::Rm),
            failure_message: &self.text[failure_message],
            thread_name: text(Known::Tn),
            url: &self.text[self.url.clone()],
            hostname: text(Known::Hn),
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

    /// Ignores extra attributes from now on.
    pub fn settle_extras(&mut self) {
        self.extras.settle();
    }

    /// Exchanges the extra attributes with those of others.
    pub fn swap_extras(&mut self, other: &mut Fields) {
        std::mem::swap(&mut self.extras, &mut other.extras);
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

/// What is wrong with an attribute.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Missing(Known),
    Value(Known),
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

    /// Appends a piece. Of text that is too long, the rest is dropped and remembered as such.
    pub fn push(&mut self, text: &[u8]) {
        let kept = text.len().min(MAX_ROW - self.raw.len());
        self.is_too_long |= kept < text.len();
        self.raw.extend_from_slice(&text[..kept]);
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
