//! What samples are grouped by.

use std::borrow::Cow;

use regex::bytes::Regex;

use super::pattern::{InvalidRegex, regex};
use crate::jtl::{Engine, Sample, host, path, thread_group};

/// What replaces a sample's label.
#[derive(Debug, Clone, Default)]
pub enum GroupBy {
    /// The label itself.
    #[default]
    Label,
    /// The thread group: the thread name without the prefix `host:port-` and the suffix ` 1-12`.
    ThreadGroup,
    /// The URL's host, without its port.
    Host,
    /// The response code.
    Code,
    /// The URL's path, without its query.
    UrlPath,
    /// The load generator: the host in the thread name, the Hostname or the input.
    Engine,
    /// The text of a column.
    Column(Column),
    /// What a regular expression captures in the label.
    Captures(Regex),
}

/// A column that samples are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As given: `column:region`.
    text: String,
    /// What stands for an empty text: `(no region)`.
    missing: String,
}

impl Column {
    /// Marks a column among the ways of grouping.
    const PREFIX: &'static str = "column:";

    fn new(name: &str) -> Self {
        Column {
            text: format!("{}{name}", Column::PREFIX),
            missing: format!("(no {name})"),
        }
    }

    fn name(&self) -> &str {
        &self.text[Column::PREFIX.len()..]
    }

    /// The column's text; `None` if a sample does not keep it under its own name.
    fn known<'a>(&self, sample: &Sample<'a>) -> Option<&'a [u8]> {
        Some(match self.name() {
            "label" => sample.label,
            "responseCode" => sample.response_code,
            "responseMessage" => sample.response_message,
            "failureMessage" => sample.failure_message,
            "threadName" => sample.thread_name,
            "URL" => sample.url,
            "Hostname" => sample.hostname,
            "success" => match sample.success {
                true => b"true",
                false => b"false",
            },
            _ => return None,
        })
    }
}

/// Text that names no way of grouping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidGroupBy {
    /// Not a keyword, and not a regular expression either.
    #[error(transparent)]
    Regex(#[from] InvalidRegex),
    /// A regular expression without a capture group.
    #[error(
        "`{0}` is neither label, thread-group, host, code, url-path, engine or column:NAME nor a \
         regular expression with (captures)"
    )]
    NoCaptures(String),
    /// `column:` without a name.
    #[error("`column:` names no column: write column:NAME, such as column:Hostname")]
    NoColumn,
}

impl GroupBy {
    /// Reads `label`, `thread-group`, `host`, `code`, `url-path`, `engine`, `column:NAME`, or a regular
    /// expression with capture groups.
    ///
    /// # Errors
    ///
    /// The text is not one of these.
    pub fn new(text: &str) -> Result<Self, InvalidGroupBy> {
        Ok(match text {
            "label" => GroupBy::Label,
            "thread-group" => GroupBy::ThreadGroup,
            "host" => GroupBy::Host,
            "code" => GroupBy::Code,
            "url-path" => GroupBy::UrlPath,
            "engine" => GroupBy::Engine,
            Column::PREFIX => return Err(InvalidGroupBy::NoColumn),
            _ if text.starts_with(Column::PREFIX) => {
                GroupBy::Column(Column::new(&text[Column::PREFIX.len()..]))
            }
            _ => {
                let regex = regex(text)?;
                if regex.captures_len() == 1 {
                    return Err(InvalidGroupBy::NoCaptures(text.to_owned()));
                }
                GroupBy::Captures(regex)
            }
        })
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        match self {
            GroupBy::Label => "label",
            GroupBy::ThreadGroup => "thread-group",
            GroupBy::Host => "host",
            GroupBy::Code => "code",
            GroupBy::UrlPath => "url-path",
            GroupBy::Engine => "engine",
            GroupBy::Column(column) => &column.text,
            GroupBy::Captures(regex) => regex.as_str(),
        }
    }

    /// The column that it needs beside the label; `None` if it needs none.
    pub fn column(&self) -> Option<&str> {
        match self {
            GroupBy::Label | GroupBy::Captures(_) | GroupBy::Engine => None,
            GroupBy::ThreadGroup => Some("threadName"),
            GroupBy::Host | GroupBy::UrlPath => Some("URL"),
            GroupBy::Code => Some("responseCode"),
            GroupBy::Column(column) => Some(column.name()),
        }
    }

    /// The column whose text it needs as [`Sample::group_text`].
    pub fn extra_column(&self) -> Option<&str> {
        match self {
            GroupBy::Column(column) if column.known(&Sample::default()).is_none() => {
                Some(column.name())
            }
            _ => None,
        }
    }

    /// The text of the sample that it is grouped by, from which [`GroupBy::name`] makes the label;
    /// `None` if the sample has none. `inputs` are the names of the inputs.
    #[inline]
    pub fn key<'a>(&self, sample: &Sample<'a>, inputs: &'a [Box<[u8]>]) -> Option<&'a [u8]> {
        let text = match self {
            GroupBy::Label | GroupBy::Captures(_) => return Some(sample.label),
            GroupBy::ThreadGroup => thread_group(sample.thread_name),
            GroupBy::Host => host(sample.url).unwrap_or_default(),
            GroupBy::Code => sample.response_code,
            GroupBy::UrlPath => path(sample.url).unwrap_or_default(),
            GroupBy::Engine => match Engine::of(sample) {
                Engine::Named(name) => name,
                Engine::Input(number) => inputs.get(number as usize)?,
            },
            GroupBy::Column(column) => column.known(sample).unwrap_or(sample.group_text),
        };
        (!text.is_empty()).then_some(text)
    }

    /// The label of samples without a key.
    pub fn missing(&self) -> &str {
        match self {
            GroupBy::Label | GroupBy::Captures(_) => "",
            GroupBy::ThreadGroup => "(no thread name)",
            GroupBy::Host | GroupBy::UrlPath => "(no URL)",
            GroupBy::Code => "(no response code)",
            GroupBy::Engine => "(no engine)",
            GroupBy::Column(column) => &column.missing,
        }
    }

    /// The label of samples with this key. A key that the expression does not match is the label.
    pub fn name<'a>(&self, key: &'a [u8]) -> Cow<'a, [u8]> {
        let GroupBy::Captures(regex) = self else {
            return Cow::Borrowed(key);
        };
        let Some(captures) = regex.captures(key) else {
            return Cow::Borrowed(key);
        };
        let groups = captures.iter().skip(1).flatten();
        let texts = groups.map(|group| group.as_bytes());
        let texts: Vec<&[u8]> = texts.filter(|text| !text.is_empty()).collect();
        match texts.is_empty() {
            true => Cow::Borrowed(key),
            false => Cow::Owned(texts.join(&b' ')),
        }
    }

    /// Whether labels stay as they are.
    pub fn is_label(&self) -> bool {
        matches!(self, GroupBy::Label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn missing_attributes_are_named() {
        let bare = Sample {
            url: b"",
            thread_name: b"",
            response_code: b"",
            ..sample()
        };
        for (group, label) in [
            ("host", "(no URL)"),
            ("url-path", "(no URL)"),
            ("code", "(no response code)"),
            ("thread-group", "(no thread name)"),
            ("engine", "(no engine)"),
            ("column:region", "(no region)"),
            ("column:Hostname", "(no Hostname)"),
        ] {
            let group = GroupBy::new(group).unwrap();
            assert_eq!(group.key(&bare, &[]), None, "{label}");
            assert_eq!(group.missing(), label);
        }
    }

    #[test]
    fn engines_and_columns() {
        let inputs = ["a.jtl", "b.jtl"].map(|name| Box::from(name.as_bytes()));
        let row = Sample {
            input: 1,
            group_text: b"eu",
            response_message: b"OK",
            success: false,
            ..sample()
        };
        let named = Sample {
            thread_name: b"172.18.33.7-Users 1-1",
            hostname: b"east",
            ..row
        };
        let hosted = Sample {
            hostname: b"east",
            ..row
        };
        for (group, row, key, extra) in [
            ("engine", row, "b.jtl", None),
            ("engine", named, "172.18.33.7", None),
            ("engine", hosted, "east", None),
            ("column:region", row, "eu", Some("region")),
            ("column:bytes", row, "eu", Some("bytes")),
            ("column:Hostname", hosted, "east", None),
            ("column:success", row, "false", None),
            ("column:responseMessage", row, "OK", None),
        ] {
            let group = GroupBy::new(group).unwrap();
            assert_eq!(group.key(&row, &inputs).map(text), Some(key));
            assert_eq!(group.extra_column(), extra);
        }
        assert!(matches!(
            GroupBy::new("column:"),
            Err(InvalidGroupBy::NoColumn)
        ));
    }

    #[test]
    fn captures_are_joined() {
        let group = GroupBy::new(r"^(\w+) (/\w+)/\d+(/\w+)?").unwrap();
        let name = |label: &'static str| {
            String::from_utf8(group.name(label.as_bytes()).into_owned()).unwrap()
        };
        assert_eq!(name("GET /users/17"), "GET /users");
        assert_eq!(name("GET /users/18/orders"), "GET /users /orders");
        assert_eq!(name("Login"), "Login");
    }

    #[test]
    fn a_mistyped_keyword_is_refused() {
        let error = GroupBy::new("threadgroup").unwrap_err().to_string();
        assert!(
            error.starts_with("`threadgroup` is neither label,"),
            "{error}"
        );
        assert!(
            GroupBy::new("(a")
                .unwrap_err()
                .to_string()
                .contains("unclosed group")
        );
    }
}
