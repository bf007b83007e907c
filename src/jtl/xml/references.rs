//! Decoding of XML text: references, line ends and white space.

use memchr::{memchr, memchr2, memchr3};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::BytesRef;

/// Bytes of the longest reference between `&` and `;`: `#x10FFFF` with some leading zeros.
const MAX_REFERENCE: usize = 16;

/// A reference that stands for no character, or an `&` that begins no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadReference;

/// Where text stands, which decides on white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In the value of an attribute: line ends and tabs become spaces.
    Attribute,
    /// In the content of an element: `\r\n` and `\r` become line feeds.
    Element,
}

/// Whether all attributes of a tag are the text that they stand for, as in most tags.
#[inline]
pub(super) fn is_plain(tag: &[u8]) -> bool {
    memchr3(b'&', b'\n', b'\t', tag).is_none() && memchr(b'\r', tag).is_none()
}

/// Decodes `raw` and appends it to `text`. Bytes that are not UTF-8 stay as they are.
///
/// # Errors
///
/// When a reference cannot be resolved. Only XML's own five entities are known.
pub(super) fn decode(raw: &[u8], within: Within, text: &mut Vec<u8>) -> Result<(), BadReference> {
    let next_special = |text: &[u8]| match within {
        Within::Attribute => text
            .iter()
            .position(|byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t')),
        Within::Element => memchr2(b'&', b'\r', text),
    };
    let mut rest = raw;
    while let Some(at) = next_special(rest) {
        text.extend_from_slice(&rest[..at]);
        let taken = match rest[at] {
            b'&' => reference(&rest[at..], text).ok_or(BadReference)?,
            special => {
                text.push(match within {
                    Within::Attribute => b' ',
                    Within::Element => b'\n',
                });
                1 + usize::from(special == b'\r' && rest.get(at + 1) == Some(&b'\n'))
            }
        };
        rest = &rest[at + taken..];
    }
    text.extend_from_slice(rest);
    Ok(())
}

/// Appends the character that the reference at the start of `raw` stands for, and returns the
/// reference's length.
fn reference(raw: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let window = &raw[..raw.len().min(MAX_REFERENCE + 2)];
    let end = memchr(b';', window)?;
    let name = std::str::from_utf8(&window[1..end]).ok()?;
    if is_nul(name) {
        text.push(0);
    } else if let Some(entity) = resolve_xml_entity(name) {
        text.extend_from_slice(entity.as_bytes());
    } else {
        // JMeter also writes characters that XML does not allow, such as &#x1;.
        let character = BytesRef::new(name).resolve_char_ref().ok()??;
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(end + 1)
}

/// Whether a reference stands for NUL, which XML forbids and JMeter writes as `&#x0;`.
fn is_nul(name: &str) -> bool {
    let Some(number) = name.strip_prefix('#') else {
        return false;
    };
    let digits = number.strip_prefix('x').unwrap_or(number);
    !digits.is_empty() && digits.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &[u8], within: Within) -> Result<Vec<u8>, BadReference> {
        let mut text = Vec::new();
        decode(raw, within, &mut text).map(|()| text)
    }

    #[test]
    fn references_are_resolved_once() {
        let raw = b"a &lt;b&gt; &amp;amp; &quot;&apos; &#65;&#x42;&#x1F600;";
        assert_eq!(
            decoded(raw, Within::Attribute).unwrap(),
            "a <b> &amp; \"' AB\u{1F600}".as_bytes()
        );
    }

    #[test]
    fn characters_that_xml_forbids_are_what_jmeter_writes() {
        assert_eq!(
            decoded(b"&#x0;&#0;&#x1;&#x85;&#xffff;", Within::Element).unwrap(),
            "\0\0\u{1}\u{85}\u{FFFF}".as_bytes()
        );
    }

    #[test]
    fn references_to_nothing_are_refused() {
        for raw in [
            "&",
            "a & b",
            "&;",
            "&#;",
            "&#x;",
            "&nbsp;",
            "&#xD800;",
            "&#x110000;",
            "&#-1;",
            "&#xG;",
            "&#99999999999999999999;",
            "&lt",
            "&\u{fc};",
        ] {
            assert_eq!(
                decoded(raw.as_bytes(), Within::Element),
                Err(BadReference),
                "{raw}"
            );
        }
    }

    #[test]
    fn white_space_is_normalised() {
        let raw = b"a\r\nb\rc\nd\te&#xa;&#13;f";
        assert_eq!(decoded(raw, Within::Attribute).unwrap(), b"a b c d e\n\rf");
        assert_eq!(
            decoded(raw, Within::Element).unwrap(),
            b"a\nb\nc\nd\te\n\rf"
        );
    }

    #[test]
    fn invalid_utf_8_is_kept() {
        assert_eq!(
            decoded(b"\xFF&lt;\xC3", Within::Attribute).unwrap(),
            b"\xFF<\xC3"
        );
    }
}
