//! Why sample elements of XML are rejected.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// What is wrong with a sample element, or with something in the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "Stored")]
#[non_exhaustive]
pub enum XmlFault {
    /// A required attribute is missing.
    Missing(&'static str),
    /// The value of an attribute is not valid.
    Value(&'static str),
    /// Damaged markup: a tag, attribute or reference, or an end tag that does not match.
    Markup,
    /// The end tag is missing before the next sample.
    Unclosed,
    /// Something between samples that is not a sample: text, or another element.
    Stray,
}

impl XmlFault {
    /// The fault in words, the same for every element that has it.
    pub fn reason(self) -> String {
        match self {
            XmlFault::Missing(name) => format!("no attribute {name} ({})", meaning(name)),
            XmlFault::Value("ts") => {
                "ts (timeStamp) is not a number (--timestamp-unit says its unit)".to_owned()
            }
            XmlFault::Value("s") => "s (success) is neither true nor false".to_owned(),
            XmlFault::Value(name) => {
                format!("{name} ({}) is not a whole number in range", meaning(name))
            }
            XmlFault::Markup => "the XML of the sample is damaged".to_owned(),
            XmlFault::Unclosed => "the sample has no end tag".to_owned(),
            XmlFault::Stray => "something other than a sample between samples".to_owned(),
        }
    }

    /// The wrong attribute, if the fault has one.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            XmlFault::Missing(name) | XmlFault::Value(name) => Some(name),
            _ => None,
        }
    }
}

/// Attributes, and the CSV columns that they correspond to.
const ATTRIBUTES: [(&str, &str); 13] = [
    ("t", "elapsed"),
    ("it", "IdleTime"),
    ("lt", "Latency"),
    ("ct", "Connect"),
    ("ts", "timeStamp"),
    ("s", "success"),
    ("lb", "label"),
    ("by", "bytes"),
    ("sby", "sentBytes"),
    ("ng", "grpThreads"),
    ("na", "allThreads"),
    ("sc", "SampleCount"),
    ("ec", "ErrorCount"),
];

/// The CSV column that an attribute corresponds to.
fn meaning(attribute: &str) -> &str {
    let mut attributes = ATTRIBUTES.into_iter();
    let known = attributes.find(|(name, _)| *name == attribute);
    known.map_or(attribute, |(_, meaning)| meaning)
}

/// The stored form, with owned names.
#[derive(Serialize, Deserialize)]
enum Stored {
    Missing(String),
    Value(String),
    Markup,
    Unclosed,
    Stray,
}

impl From<XmlFault> for Stored {
    fn from(fault: XmlFault) -> Self {
        match fault {
            XmlFault::Missing(name) => Stored::Missing(name.to_owned()),
            XmlFault::Value(name) => Stored::Value(name.to_owned()),
            XmlFault::Markup => Stored::Markup,
            XmlFault::Unclosed => Stored::Unclosed,
            XmlFault::Stray => Stored::Stray,
        }
    }
}

// Written by hand, because the names are static.
impl<'de> Deserialize<'de> for XmlFault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = |text: String| {
            let mut attributes = ATTRIBUTES.into_iter();
            let found = attributes.find(|(name, _)| *name == text);
            let unknown = || D::Error::custom("JMeter has no such attribute");
            found.map(|(name, _)| name).ok_or_else(unknown)
        };
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Missing(name) => XmlFault::Missing(known(name)?),
            Stored::Value(name) => XmlFault::Value(known(name)?),
            Stored::Markup => XmlFault::Markup,
            Stored::Unclosed => XmlFault::Unclosed,
            Stored::Stray => XmlFault::Stray,
        })
    }
}
