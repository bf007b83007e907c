//! Parts of thread names and URLs.

use super::engine::host_prefix;

/// `Users` of the thread name `10.0.0.5:1099-Users 1-12`.
pub fn thread_group(thread_name: &[u8]) -> &[u8] {
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

/// The numbers of a thread's group and of the thread in it: 1 and 12 of the name `Users 1-12`.
#[inline]
pub fn thread_number(thread_name: &[u8]) -> Option<(u32, u32)> {
    let (rest, thread) = last_number(thread_name)?;
    let (rest, group) = last_number(rest.strip_suffix(b"-")?)?;
    rest.ends_with(b" ").then_some((group, thread))
}

/// Splits the number off the end of a text.
#[inline]
fn last_number(text: &[u8]) -> Option<(&[u8], u32)> {
    let (mut number, mut unit, mut end) = (0_u32, 1_u32, text.len());
    while let Some(digit) = end.checked_sub(1).and_then(|at| text.get(at))
        && digit.is_ascii_digit()
    {
        number = number.checked_add(u32::from(digit - b'0').checked_mul(unit)?)?;
        unit = unit.saturating_mul(10);
        end -= 1;
    }
    (end < text.len()).then_some((&text[..end], number))
}

/// `http://example.org/` of `http://example.org/a`: the delimiter shows where the host ends. `None` for a URL
/// without a host, or without anything behind it.
pub fn up_to_host(url: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split(url)?;
    url.get(..url.len() - rest.len() + 1)
}

/// `example.org` of `https://user@example.org:8080/a?b`.
pub fn host(url: &[u8]) -> Option<&[u8]> {
    let host = host_and_port(url)?;
    // Colons in brackets belong to an IPv6 address.
    let from = memchr::memchr(b']', host).unwrap_or(0);
    let port = memchr::memchr(b':', host.get(from..)?).map(|at| from + at);
    host.get(..port.unwrap_or(host.len()))
}

/// `example.org:8080` of `https://user@example.org:8080/a?b`.
pub fn host_and_port(url: &[u8]) -> Option<&[u8]> {
    let (authority, _) = split(url)?;
    let user = authority.iter().rposition(|&byte| byte == b'@');
    authority.get(user.map_or(0, |at| at + 1)..)
}

/// `/a` of `https://example.org/a?b#c`.
pub fn path(url: &[u8]) -> Option<&[u8]> {
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
    fn thread_numbers() {
        for (name, number) in [
            ("Users 1-12", Some((1, 12))),
            ("127.0.0.1:21099-Users 10-200", Some((10, 200))),
            (" 1-4294967295", Some((1, u32::MAX))),
            ("Users 1-4294967296", None),
            ("Users 1-99999999999999999999", None),
            ("1-12", None),
            ("Users 1-", None),
            ("Users -1", None),
            ("main", None),
            ("", None),
        ] {
            assert_eq!(thread_number(name.as_bytes()), number, "{name}");
        }
    }

    #[test]
    fn beginnings_of_urls() {
        for (url, beginning) in [
            ("http://example.org/a?b", Some("http://example.org/")),
            ("http://example.org?a/b", Some("http://example.org?")),
            ("http://example.org", None),
            ("jdbc:mysql", None),
            ("", None),
        ] {
            assert_eq!(up_to_host(url.as_bytes()).map(text), beginning, "{url}");
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
}
