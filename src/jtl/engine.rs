//! Load generators: which engine of a distributed run wrote a row.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use super::sample::Sample;

/// Which load generator wrote a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine<'a> {
    /// Known by a name in its rows.
    Named(&'a [u8]),
    /// Known by the input of its rows.
    Input(u32),
}

impl<'a> Engine<'a> {
    /// The engine of a row: by the prefix `host:port-` or `address-` of the thread name in
    /// distributed runs, which tells two engines on one host apart; else by the Hostname column, else
    /// by the input.
    #[inline(always)]
    pub fn of(sample: &Sample<'a>) -> Self {
        match (host_prefix(sample.thread_name), sample.hostname) {
            (Some(host_and_port), _) => Engine::Named(host_and_port),
            (None, b"") => Engine::Input(sample.input),
            (None, hostname) => Engine::Named(hostname),
        }
    }

    /// A unique name of the engine.
    #[inline(always)]
    pub fn key(self) -> Cow<'a, [u8]> {
        match self {
            Engine::Named(name) => Cow::Borrowed(name),
            // No host name begins with NUL.
            Engine::Input(0) => Cow::Borrowed(b"\0"),
            Engine::Input(number) => Cow::Owned(format!("\0{number}").into_bytes()),
        }
    }
}

/// The key of an engine after `inputs` other inputs were put before its own. The key of a named
/// engine stays the same.
pub fn shifted_engine(key: &[u8], inputs: u32) -> Cow<'_, [u8]> {
    let digits = key
        .strip_prefix(b"\0")
        .and_then(|digits| std::str::from_utf8(digits).ok());
    let number = digits.and_then(|digits| match digits {
        "" => Some(0),
        digits => digits
            .parse::<u32>()
            .ok()
            .filter(|number| number.to_string() == digits),
    });
    match number.and_then(|number| number.checked_add(inputs)) {
        Some(number) => Cow::Owned(Engine::Input(number).key().into_owned()),
        None => Cow::Borrowed(key),
    }
}

/// Whether a space comes before the first colon in the first eight bytes. This quick check rules
/// out a host in most thread names.
#[inline(always)]
fn begins_with_a_word(thread_name: &[u8]) -> bool {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    let Some(eight) = thread_name.first_chunk() else {
        return false;
    };
    // The lowest set bit belongs to the first such byte.
    let first = |byte: u8| {
        let zeroed = u64::from_le_bytes(*eight) ^ (LOW * u64::from(byte));
        (zeroed.wrapping_sub(LOW) & !zeroed & (LOW << 7)).trailing_zeros()
    };
    first(b' ') < first(b':')
}

/// `192.168.1.5:1099` of the thread name `192.168.1.5:1099-Thread Group 1-1`, or `172.18.33.7` of
/// `172.18.33.7-Thread Group 1-1`, as Azure Load Testing writes it. A host name needs a port, because
/// a thread group may be called `web-1`; an IPv4 or IPv6 address does not.
#[inline(always)]
pub fn host_prefix(thread_name: &[u8]) -> Option<&[u8]> {
    match begins_with_a_word(thread_name) {
        true => None,
        false => find_host(thread_name),
    }
}

#[inline(never)]
fn find_host(thread_name: &[u8]) -> Option<&[u8]> {
    let first = *thread_name.first()?;
    if let Some(end) = end_of_ipv4(thread_name)
        && thread_name.get(end) == Some(&b'-')
    {
        return thread_name.get(..end);
    }
    let colon = memchr::memchr(b':', thread_name)?;
    let end = match (end_of_port(thread_name, colon), first) {
        (Some(end), _) => Some(end),
        (None, b'[') => end_of_brackets(thread_name),
        (None, _) => end_of_ipv6(thread_name),
    };
    thread_name.get(..end?)
}

/// The end of the IPv4 address that a thread name begins with. `0.1.2.3` is a version rather than an
/// address. Written by hand, because every row of a distributed run has one.
fn end_of_ipv4(thread_name: &[u8]) -> Option<usize> {
    let mut end = 0;
    for part in 0..4 {
        if part > 0 {
            if thread_name.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
        let start = end;
        let mut value = 0;
        while let Some(digit @ b'0'..=b'9') = thread_name.get(end)
            && end < start + 3
        {
            value = value * 10 + u32::from(digit - b'0');
            end += 1;
        }
        let has_leading_zero = end > start + 1 && thread_name.get(start) == Some(&b'0');
        if end == start || has_leading_zero || value > 255 || part == 0 && value == 0 {
            return None;
        }
    }
    Some(end)
}

/// The end of `host:1099`, whose colon is at this place.
fn end_of_port(thread_name: &[u8], colon: usize) -> Option<usize> {
    let (host, port) = (thread_name.get(..colon)?, thread_name.get(colon + 1..)?);
    let is_host = !host.is_empty() && !host.contains(&b' ') && host != b"[";
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (is_host && digits > 0 && port.get(digits) == Some(&b'-')).then_some(colon + 1 + digits)
}

/// The end of `[fe80::1]` or `[fe80::1]:1099`.
fn end_of_brackets(thread_name: &[u8]) -> Option<usize> {
    let bracket = memchr::memchr(b']', thread_name)?;
    let is_address = is_ipv6(thread_name.get(1..bracket)?);
    let end = match thread_name.get(bracket + 1)? {
        b'-' => bracket + 1,
        b':' => end_of_port(thread_name, bracket + 1)?,
        _ => return None,
    };
    is_address.then_some(end)
}

/// The end of `fe80::1%eth0` or `2001:db8:0:0:0:0:0:1:1099`.
fn end_of_ipv6(thread_name: &[u8]) -> Option<usize> {
    let end = memchr::memchr(b'-', thread_name)?;
    let text = thread_name.get(..end)?;
    let without_port = || {
        let colon = memchr::memrchr(b':', text)?;
        let port = text.get(colon + 1..)?;
        let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
        is_port.then_some(text.get(..colon)?)
    };
    let is_address = is_ipv6(text) || without_port().is_some_and(is_ipv6);
    is_address.then_some(end)
}

/// Whether a text is an IPv6 address, maybe with a zone. `db::add` is a name rather than an address.
fn is_ipv6(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |&byte| byte == b'%');
    let address = parts.next().unwrap_or_default();
    let is_zone = |zone: &[u8]| !zone.is_empty() && !zone.contains(&b' ');
    parts.next().is_none_or(is_zone)
        && address.iter().any(u8::is_ascii_digit)
        && std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Engine, begins_with_a_word, find_host, host_prefix, shifted_engine};

    #[test]
    fn a_host_and_port_before_the_thread_name() {
        let prefix = |name: &'static str| host_prefix(name.as_bytes());
        assert_eq!(
            prefix("10.0.0.5:1099-Users 1-1"),
            Some(&b"10.0.0.5:1099"[..])
        );
        for name in [
            "Users 1-1",
            ":1-Users",
            "host:-Users",
            "host:1099 Users",
            "Step 2:10-20 1-1",
        ] {
            assert_eq!(prefix(name), None, "{name}");
        }
    }

    #[test]
    fn an_address_before_the_thread_name() {
        for (name, address) in [
            ("172.18.33.7-Thread Group 1-5", "172.18.33.7"),
            ("1.1.1.1-T 1-1", "1.1.1.1"),
            ("::1-Users 1-1", "::1"),
            ("fe80::1%eth0-Users 1-1", "fe80::1%eth0"),
            ("2001:db8:0:0:0:0:0:1-Users 1-1", "2001:db8:0:0:0:0:0:1"),
            ("2001:db8::1:1099-Users 1-1", "2001:db8::1:1099"),
            (
                "2001:db8:0:0:0:0:0:1:1099-Users 1-1",
                "2001:db8:0:0:0:0:0:1:1099",
            ),
            ("[2001:db8::1]-Users 1-1", "[2001:db8::1]"),
            ("[::1]:1099-Users 1-1", "[::1]:1099"),
            ("[::ffff:10.0.0.1]:1099-U 1-1", "[::ffff:10.0.0.1]:1099"),
        ] {
            assert_eq!(
                host_prefix(name.as_bytes()),
                Some(address.as_bytes()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_thread_group_that_only_looks_like_an_address() {
        for name in [
            "10-users 1-1",
            "10.0-users 1-1",
            "1.2.3-rc 1-1",
            "0.1.2.3-rc 1-1",
            "172.18.33.256-Users 1-1",
            "172.18.33.7.1-Users 1-1",
            "172.18.33.07-Users 1-1",
            "172.18.33.7 -Users 1-1",
            "172.18.33.7",
            "172.18.33.7 Users 1",
            "ip-10-0-0-5-Thread Group 1-5",
            "web-1-Users 1-1",
            "db::add-row 1-1",
            "Order::new-1 1-1",
            "[::1]Users 1-1",
            "[::1]:-Users 1-1",
            "[1-Users 1-1",
            "[:1-Users 1-1",
            "[",
            "-",
            "",
        ] {
            assert_eq!(host_prefix(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn a_space_before_the_colon_rules_out_a_host() {
        for (name, is_word) in [
            ("Users 1-1", true),
            ("Step 2:10-20 1-1", true),
            (" :1-Users 1", true),
            ("10.0.0.5:1099-Users 1-1", false),
            ("a:1-b c 1-1", false),
            ("Fibonacci 1-1", false),
            ("U 1-1", false),
        ] {
            assert_eq!(begins_with_a_word(name.as_bytes()), is_word, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_host_is_before_a_word(name in "[ :1.\\[\\]%\\-a-b\\x00\\x1f\\x21\\x39\\x3bé]{0,12}") {
            if begins_with_a_word(name.as_bytes()) {
                prop_assert_eq!(find_host(name.as_bytes()), None);
            }
        }

        #[test]
        fn ipv4_addresses_are_those_of_the_standard_library(text in "([0-9]{1,4}[.]){2,4}[0-9]{1,4}") {
            let address = text.parse::<std::net::Ipv4Addr>().ok();
            let is_host = address.is_some_and(|address| address.octets()[0] > 0);
            let name = format!("{text}-Users 1-1");
            let expected = is_host.then_some(text.as_bytes());
            prop_assert_eq!(host_prefix(name.as_bytes()), expected);
        }

        #[test]
        fn a_host_is_followed_by_a_dash(
            host in "([0-9]{1,3}[.]){3}[0-9]{1,3}|\\[?([0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4}\\]?(:[0-9]{1,5})?",
            separator in "-| |",
            group in "[ :1.\\-ab]{0,6}",
        ) {
            let name = format!("{host}{separator}{group}");
            if let Some(found) = host_prefix(name.as_bytes()) {
                prop_assert_eq!(name.as_bytes().get(found.len()), Some(&b'-'));
                prop_assert!(!found.contains(&b' '));
            }
        }
    }

    #[test]
    fn engines_named_after_inputs_follow_their_inputs() {
        for input in [0, 1, 9, 300] {
            let shifted = shifted_engine(&Engine::Input(input).key(), 7).into_owned();
            assert_eq!(shifted, *Engine::Input(input + 7).key());
        }
        for name in [
            &b"10.0.0.5:1099"[..],
            b"",
            b"7",
            b"\x00x",
            b"\x0007",
            b"\x00+7",
        ] {
            assert_eq!(&*shifted_engine(name, 7), name);
        }
    }
}
