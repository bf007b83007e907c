//! What is wrong with a sample element.

/// What is wrong with a sample element, or with what stands in the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum XmlFault {
    /// An attribute is missing without which nothing can be counted.
    Missing(&'static str),
    /// The value of an attribute cannot be read as what it should be.
    Value(&'static str),
    /// Its markup is damaged: tags, attributes, references or end tags that do not match.
    Markup,
    /// It has no end, and another begins.
    Unclosed,
    /// Something between samples that is none: text, or an element of another name.
    Stray,
}

impl XmlFault {
    /// The reason in words, the same for every element with this fault.
    pub fn reason(self) -> String {
        match self {
            XmlFault::Missing(name) => format!("no attribute {name} ({})", meaning(name)),
            XmlFault::Value("ts") => "ts (timeStamp) is not a time in milliseconds".to_owned(),
            XmlFault::Value("s") => "s (success) is neither true nor false".to_owned(),
            XmlFault::Value(name) => {
                format!("{name} ({}) is not a whole number in range", meaning(name))
            }
            XmlFault::Markup => "the XML of the sample is damaged".to_owned(),
            XmlFault::Unclosed => "the sample has no end tag".to_owned(),
            XmlFault::Stray => "between samples, something that is none".to_owned(),
        }
    }

    /// The attribute to blame, if one is.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            XmlFault::Missing(name) | XmlFault::Value(name) => Some(name),
            _ => None,
        }
    }
}

/// The name in a CSV header of what an attribute holds.
fn meaning(attribute: &str) -> &str {
    match attribute {
        "t" => "elapsed",
        "it" => "IdleTime",
        "lt" => "Latency",
        "ct" => "Connect",
        "ts" => "timeStamp",
        "s" => "success",
        "lb" => "label",
        "by" => "bytes",
        "sby" => "sentBytes",
        "ng" => "grpThreads",
        "na" => "allThreads",
        "sc" => "SampleCount",
        "ec" => "ErrorCount",
        other => other,
    }
}
