//! Text from outside: bytes to text, and text made harmless to show.

use std::borrow::Cow;

/// The bytes that stand for a byte that an input's encoding does not know: those of the lone
/// surrogate U+DC00 plus the byte, which no valid UTF-8 contains.
pub fn undecodable(byte: u8) -> [u8; 3] {
    [0xED, 0xB0 | byte >> 6, 0x80 | byte & 0x3F]
}

/// Bytes as text. UTF-8 stays as it is; each other byte becomes an escape such as `\xE9`, or `\x{E9}`
/// if it was [`undecodable`], so that different bytes are always different text. In text that contains
/// what looks like such an escape, the backslashes before it are doubled.
pub fn of(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !has_escape(text) => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(bytes)),
    }
}

/// Whether bytes are text without any escape.
pub fn is_valid(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// Whether text contains what looks like an escape.
fn has_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\\', bytes).any(|at| is_escape(&bytes[at..]))
}

/// Whether `bytes` begin with what looks like an escape.
fn is_escape(bytes: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    match bytes {
        [b'\\', b'x', b'{', high, low, b'}', ..] | [b'\\', b'x', high, low, ..] => {
            is_digit(high) && is_digit(low)
        }
        _ => false,
    }
}

#[cold]
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(valid) => valid,
            Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
        };
        // Backslashes before an escape, written or real, are doubled: an odd number of them means
        // that the last one begins a real one.
        let mut backslashes = 0;
        for (at, letter) in valid.char_indices() {
            if letter == '\\' {
                backslashes += 1;
            } else {
                if is_escape(&valid.as_bytes()[at.saturating_sub(1)..]) {
                    text.push_str(&"\\".repeat(backslashes));
                }
                backslashes = 0;
            }
            text.push(letter);
        }
        rest = &rest[valid.len()..];
        if rest.is_empty() {
            break;
        }
        text.push_str(&"\\".repeat(backslashes));
        match *rest {
            [0xED, high @ 0xB0..=0xB3, low @ 0x80..=0xBF, ref behind @ ..] => {
                let byte = high << 6 | low & 0x3F;
                text.push_str(&format!("\\x{{{byte:02X}}}"));
                rest = behind;
            }
            [byte, ref behind @ ..] => {
                text.push_str(&format!("\\x{byte:02X}"));
                rest = behind;
            }
            [] => break,
        }
    }
    text
}

/// Whether a character could drive a terminal, or forge what is shown by reversing its order.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control() || is_bidi_control(letter)
}

/// Text with every unsafe character replaced.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_unsafe(c) { '\u{FFFD}' } else { c })
        .collect()
}

fn is_bidi_control(letter: char) -> bool {
    matches!(letter, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_and_other_bytes_are_escaped() {
        assert!(matches!(
            of("Größe \\ \u{1F600}".as_bytes()),
            Cow::Borrowed(_)
        ));
        assert_eq!(of(b"R\xE9q"), "R\\xE9q");
        assert_eq!(of(b"\xED\xB3\xA9\xFF"), "\\x{E9}\\xFF");
        assert_eq!(of(b"R\\xE9q"), "R\\\\xE9q");
        assert_eq!(of(b"R\\\xE9q"), "R\\\\\\xE9q");
        assert_eq!(of(b"C:\\xeno\\xylophone\\"), "C:\\xeno\\xylophone\\");
    }

    #[test]
    fn every_byte_has_its_own_stand_in() {
        for byte in 0..=255 {
            assert!(!is_valid(&undecodable(byte)));
            assert_eq!(of(&undecodable(byte)), format!("\\x{{{byte:02X}}}"));
        }
    }

    /// Pieces of text that escapes could confuse.
    fn confusing() -> impl Strategy<Value = Vec<u8>> {
        let pieces: &[&[u8]] = &[
            b"\\",
            b"x",
            b"{",
            b"}",
            b"E",
            b"9",
            b"\xE9",
            b"\xC3\xA9",
            b"\xED\xB3\xA9",
        ];
        proptest::collection::vec(proptest::sample::select(pieces), 0..9)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn different_bytes_are_different_text(one in confusing(), other in confusing()) {
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }
}
