//! Load generators: which engine of a distributed run wrote a row.

use std::borrow::Cow;

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
    /// The engine of a row: by the prefix `host:port-` of the thread name in distributed runs,
    /// which tells two engines on one host apart; else by the Hostname column, else by the input.
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

/// `192.168.1.5:1099` of the thread name `192.168.1.5:1099-Thread Group 1-1`.
#[inline(always)]
pub fn host_prefix(thread_name: &[u8]) -> Option<&[u8]> {
    match begins_with_a_word(thread_name) {
        true => None,
        false => find_host(thread_name),
    }
}

#[inline(never)]
fn find_host(thread_name: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', thread_name)?;
    let (host, port) = (thread_name.get(..colon)?, thread_name.get(colon + 1..)?);
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_host = !host.is_empty() && !host.contains(&b' ');
    (is_host && digits > 0 && port.get(digits) == Some(&b'-'))
        .then(|| &thread_name[..colon + 1 + digits])
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
        fn no_host_is_before_a_word(name in "[ :1\\-a-b\\x00\\x1f\\x21\\x39\\x3bé]{0,12}") {
            if begins_with_a_word(name.as_bytes()) {
                prop_assert_eq!(find_host(name.as_bytes()), None);
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
