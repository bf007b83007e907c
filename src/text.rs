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

/// Whether a character must not be shown as it is: it drives a terminal, changes the order of text, or has
/// no shape, so that two names which differ only in it look the same. [`letters`] knows exceptions.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control() || is_unseen(letter)
}

/// The characters of a text, each with whether it must not be shown as it is. What has no shape of its own
/// is harmless where it gives another character its shape: in an emoji such as 👩‍💻 or ❤️, and between
/// letters of scripts that join them, such as Persian.
pub fn letters(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut shown_before = None;
    text.char_indices().map(move |(at, letter)| {
        let next = || text[at + letter.len_utf8()..].chars().next();
        let is_hidden = is_unsafe(letter) && !is_shaping(shown_before, letter, next());
        shown_before = (!is_hidden).then_some(letter);
        (letter, is_hidden)
    })
}

/// Text with a sign for every character that must not be shown as it is.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (letter, is_hidden) in letters(text) {
        match is_hidden {
            true => push_sign(&mut shown, letter),
            false => shown.push(letter),
        }
    }
    shown
}

/// Appends what stands for a character that must not be shown as it is: Unicode's picture of a control
/// character, such as `␛`, or the number of another, such as `⟨U+202E⟩`.
pub fn push_sign(text: &mut String, letter: char) {
    let picture = match letter {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(letter)),
        '\u{7F}' => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => text.push(picture),
        None => text.push_str(&format!("⟨U+{:04X}⟩", u32::from(letter))),
    }
}

/// JSON with an escape for every character that must not be shown as it is, for whoever reads it as text.
/// It means the same.
pub fn readable_json(json: String) -> String {
    // Outside strings there is only ASCII, and JSON escapes ASCII's control characters itself.
    let is_escaped = |letter: char, is_hidden: bool| is_hidden && letter >= '\u{7F}';
    if !letters(&json).any(|(letter, is_hidden)| is_escaped(letter, is_hidden)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for (letter, is_hidden) in letters(&json) {
        match is_escaped(letter, is_hidden) {
            true => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
            false => escaped.push(letter),
        }
    }
    escaped
}

/// Whether a character without a shape gives one to what is beside it.
fn is_shaping(before: Option<char>, letter: char, next: Option<char>) -> bool {
    /// A digit in a box has this behind it.
    const KEYCAP: char = '\u{20E3}';
    let are_both = |is: fn(char) -> bool| before.is_some_and(is) && next.is_some_and(is);
    match letter {
        '\u{FE0E}' | '\u{FE0F}' => before.is_some_and(is_emoji) || next == Some(KEYCAP),
        '\u{200D}' if next.is_some_and(is_emoji) => {
            before.is_some_and(|before| is_emoji(before) || before == '\u{FE0F}')
        }
        '\u{200C}' | '\u{200D}' => are_both(is_joined),
        _ => false,
    }
}

/// Whether a character may be part of an emoji.
fn is_emoji(letter: char) -> bool {
    matches!(letter, '©' | '®' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21AA}'
        | '\u{231A}'..='\u{23FF}' | '\u{24C2}' | '\u{25AA}'..='\u{27BF}' | '\u{2934}' | '\u{2935}'
        | '\u{2B05}'..='\u{2B55}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether a letter is of a script in which joiners change how letters look: Arabic to Sinhala.
fn is_joined(letter: char) -> bool {
    matches!(letter, '\u{620}'..='\u{DFF}')
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
            letter if letter.is_whitespace() || is_unsafe(letter) => push_sign(&mut text, letter),
            letter => text.push(letter),
        }
    }
    text
}

/// Whether a character has no shape of its own, such as a zero-width space, or changes the order of text.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
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
    fn invisible_characters_get_a_sign() {
        assert_eq!(
            printable("a\u{1b}[31m\u{9b}2J\u{7f}\n\u{202e}b\u{200b}\u{feff}\u{61c}\u{e0041}"),
            "a␛[31m⟨U+009B⟩2J␡␊⟨U+202E⟩b⟨U+200B⟩⟨U+FEFF⟩⟨U+061C⟩⟨U+E0041⟩"
        );
        for usual in ["Größe \"x\" 北京 ⟨U+1⟩", "عربي", "हिन्दी", "e\u{301}"]
        {
            assert_eq!(printable(usual), usual);
        }
    }

    #[test]
    fn joiners_that_shape_their_neighbours_stay() {
        for usual in ["👩‍💻 ❤️‍🔥 1️⃣ 👨🏽‍🚀 ☎︎", "می‌خواهم", "क्‍ष"]
        {
            assert_eq!(printable(usual), usual);
        }
        for (text, shown) in [
            ("👩\u{200d}", "👩⟨U+200D⟩"),
            ("\u{200d}👩", "⟨U+200D⟩👩"),
            ("a\u{200d}b\u{200c}ج", "a⟨U+200D⟩b⟨U+200C⟩ج"),
            ("a\u{fe0f}", "a⟨U+FE0F⟩"),
            ("👩\u{200d}\u{200d}💻", "👩⟨U+200D⟩⟨U+200D⟩💻"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn json_means_the_same() {
        let raw = "a\u{1b}\u{7f}\u{9b}\u{202e}\u{200b}\u{e0041}\"\\ 👩‍💻\n";
        let json = readable_json(serde_json::to_string_pretty(&[raw]).unwrap());
        assert_eq!(
            json,
            "[\n  \"a\\u001b\\u007f\\u009b\\u202e\\u200b\\udb40\\udc41\\\"\\\\ 👩‍💻\\n\"\n]"
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [raw]);
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
