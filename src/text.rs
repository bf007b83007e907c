//! Text from outside: bytes to text, and text made harmless to show.

use std::borrow::Cow;
use std::collections::HashMap;

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

/// Finds the names that look like others of them: they differ in blanks, in characters that are not
/// seen, or in unsafe ones. Returns those names with the difference made visible, such as `␠lead`.
pub fn look_alikes<'n>(names: impl Iterator<Item = &'n str> + Clone) -> HashMap<&'n str, String> {
    let mut looks: HashMap<String, usize> = HashMap::new();
    for name in names.clone() {
        *looks.entry(look(name)).or_default() += 1;
    }
    let is_alone = |name: &&str| looks.get(&look(name)) == Some(&1);
    names
        .filter(|name| !is_alone(name))
        .map(|name| (name, visible(name)))
        .filter(|(name, visible)| name != visible)
        .collect()
}

/// What a reader sees of a name.
fn look(name: &str) -> String {
    let seen = name.chars().filter(|&letter| !is_unseen(letter));
    let seen: String = seen
        .map(|letter| match letter {
            letter if letter.is_whitespace() => ' ',
            letter if is_unsafe(letter) => '\u{FFFD}',
            letter => letter,
        })
        .collect();
    let words: Vec<&str> = seen.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A name with signs for what is not seen: for blanks at its ends and beside others, for other blanks
/// than the space, and for all other characters without a shape.
fn visible(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 8);
    for (at, &letter) in letters.iter().enumerate() {
        let is_space = |place: Option<usize>| {
            let letter = place.and_then(|place| letters.get(place));
            letter.is_none_or(|letter| letter.is_whitespace() || is_unseen(*letter))
        };
        match letter {
            ' ' if is_space(at.checked_sub(1)) || is_space(at.checked_add(1)) => text.push('␠'),
            ' ' => text.push(' '),
            // Unicode has a picture of each.
            '\0'..='\u{1F}' => text.extend(char::from_u32(0x2400 + u32::from(letter))),
            '\u{7F}' => text.push('␡'),
            letter if letter.is_whitespace() || is_unsafe(letter) || is_unseen(letter) => {
                text.push_str(&format!("⟨U+{:04X}⟩", u32::from(letter)));
            }
            letter => text.push(letter),
        }
    }
    text
}

/// Whether a character takes no room and has no shape, such as a zero-width space.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E0FFF}')
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

    fn found(names: &[&str]) -> Vec<String> {
        let found = look_alikes(names.iter().copied());
        let shown = names
            .iter()
            .map(|name| found.get(name).map_or(*name, String::as_str));
        shown.map(str::to_owned).collect()
    }

    #[test]
    fn names_that_look_alike_are_told_apart() {
        assert_eq!(
            found(&["lead", " lead", "lead "]),
            ["lead", "␠lead", "lead␠"]
        );
        assert_eq!(
            found(&["a b", "a  b", "a\u{A0}b"]),
            ["a b", "a␠␠b", "a⟨U+00A0⟩b"]
        );
        assert_eq!(
            found(&["ab", "a\u{200B}b", "\u{FEFF}ab"]),
            ["ab", "a⟨U+200B⟩b", "⟨U+FEFF⟩ab"]
        );
        assert_eq!(found(&["a\tb", "a\nb"]), ["a␉b", "a␊b"]);
        assert_eq!(found(&["a\u{7}", "a\u{8}", "a\u{7F}"]), ["a␇", "a␈", "a␡"]);
        assert_eq!(found(&["ab", "a\u{202E}b"]), ["ab", "a⟨U+202E⟩b"]);
        assert_eq!(found(&["", " "]), ["", "␠"]);
    }

    #[test]
    fn names_that_differ_to_the_eye_stay() {
        let names = [" lead", "trail ", "a  b", "c\u{A0}d", "e\u{7}"];
        assert_eq!(found(&names), names);
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

        #[test]
        fn look_alikes_are_distinct(names in proptest::collection::hash_set("[ a\u{A0}\u{200B}\t\u{7}]{0,4}", 0..9)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let shown: std::collections::HashSet<String> = found(&names).into_iter().collect();
            prop_assert_eq!(shown.len(), names.len());
        }
    }
}
