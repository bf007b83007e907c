//! What samples are grouped by.

use std::borrow::Cow;

use regex::bytes::Regex;

use super::pattern::{InvalidRegex, regex};
use crate::jtl::{Sample, host_prefix};

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
    /// What a regular expression captures in the label.
    Captures(Regex),
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
        "`{0}` is neither label, thread-group, host, code or url-path nor a \
         regular expression with (captures)"
    )]
    NoCaptures(String),
}

impl GroupBy {
    /// Reads `label`, `thread-group`, `host`, `code`, `url-path`, or a regular expression with
    /// capture groups.
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
            GroupBy::Captures(regex) => regex.as_str(),
        }
    }

    /// The text of the sample that it is grouped by, from which [`GroupBy::name`] makes the label.
    #[inline]
    pub fn key<'a>(&self, sample: &Sample<'a>) -> &'a [u8] {
        match self {
            GroupBy::Label | GroupBy::Captures(_) => sample.label,
            GroupBy::ThreadGroup => or(thread_group(sample.thread_name), b"(no thread name)"),
            GroupBy::Host => or(host(sample.url).unwrap_or_default(), b"(no URL)"),
            GroupBy::Code => or(sample.response_code, b"(no response code)"),
            GroupBy::UrlPath => or(path(sample.url).unwrap_or_default(), b"(no URL)"),
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

fn or<'a>(text: &'a [u8], otherwise: &'static [u8]) -> &'a [u8] {
    match text {
        b"" => otherwise,
        text => text,
    }
}

/// `Users` of the thread name `10.0.0.5:1099-Users 1-12`.
fn thread_group(thread_name: &[u8]) -> &[u8] {
    let name = match host_prefix(thread_name) {
        Some(prefix) => thread_name.get(prefix.len() + 1..).unwrap_or_default(),
        None => thread_name,
    };
    let digits = |text: &[u8]| {
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
        digits.count()
    };
    let without = |text: &'_ [u8], separator| -> Option<usize> {
        let number = digits(text);
        let end = text.len().checked_sub(number + 1)?;
        (number > 0 && text.get(end) == Some(&separator)).then_some(end)
    };
    let group = without(name, b'-').and_then(|thread| without(name.get(..thread)?, b' '));
    group.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// `example.org` of `https://user@example.org:8080/a?b`.
fn host(url: &[u8]) -> Option<&[u8]> {
    let (authority, _) = split(url)?;
    let user = authority.iter().rposition(|&byte| byte == b'@');
    let host = authority.get(user.map_or(0, |at| at + 1)..)?;
    // Colons in brackets belong to an IPv6 address.
    let from = memchr::memchr(b']', host).unwrap_or(0);
    let port = memchr::memchr(b':', host.get(from..)?).map(|at| from + at);
    host.get(..port.unwrap_or(host.len()))
}

/// `/a` of `https://example.org/a?b#c`.
fn path(url: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split(url)?;
    let end = rest.iter().position(|byte| b"?#".contains(byte));
    match rest.get(..end.unwrap_or(rest.len()))? {
        b"" => Some(b"/"),
        path => Some(path),
    }
}

/// Splits a URL behind `://` into the authority and the rest.
fn split(url: &[u8]) -> Option<(&[u8], &[u8])> {
    let scheme = memchr::memmem::find(url, b"://")?;
    let rest = url.get(scheme + 3..)?;
    let end = rest.iter().position(|byte| b"/?#".contains(byte));
    rest.split_at_checked(end.unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn thread_groups() {
        for (name, group) in [
            ("Users 1-12", "Users"),
            ("127.0.0.1:21099-Users 1-2", "Users"),
            ("Thread Group 10-1", "Thread Group"),
            (
                "bzm - Concurrency Thread Group 1-3",
                "bzm - Concurrency Thread Group",
            ),
            (" 1-12", ""),
            ("1-12", "1-12"),
            ("Users 1-", "Users 1-"),
            ("Users -1", "Users -1"),
            ("main", "main"),
            ("", ""),
        ] {
            assert_eq!(text(thread_group(name.as_bytes())), group, "{name}");
        }
    }

    #[test]
    fn hosts_and_paths() {
        for (url, host_of, path_of) in [
            ("http://127.0.0.1:43169/fibo/459", "127.0.0.1", "/fibo/459"),
            (
                "https://user:word@example.org:8080/a/b?c=/d#e",
                "example.org",
                "/a/b",
            ),
            ("https://example.org", "example.org", "/"),
            ("https://example.org?a=b", "example.org", "/"),
            ("https://[::1]:80/x#y?z", "[::1]", "/x"),
            ("https://[::1]", "[::1]", "/"),
            (
                "https://example.org/a?to=http://other/b",
                "example.org",
                "/a",
            ),
        ] {
            assert_eq!(host(url.as_bytes()).map(text), Some(host_of), "{url}");
            assert_eq!(path(url.as_bytes()).map(text), Some(path_of), "{url}");
        }
        for url in ["", "null", "/a/b", "jdbc:mysql"] {
            assert_eq!(host(url.as_bytes()), None, "{url}");
            assert_eq!(path(url.as_bytes()), None, "{url}");
        }
    }

    #[test]
    fn missing_attributes_are_named() {
        let bare = Sample {
            url: b"",
            thread_name: b"",
            response_code: b"",
            ..sample()
        };
        let key = |group: &str| text(GroupBy::new(group).unwrap().key(&bare));
        assert_eq!(key("host"), "(no URL)");
        assert_eq!(key("url-path"), "(no URL)");
        assert_eq!(key("code"), "(no response code)");
        assert_eq!(key("thread-group"), "(no thread name)");
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
