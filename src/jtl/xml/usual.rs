//! Tags as JMeter writes them: its own attributes in its own order, with double quotes.

use memchr::memchr;

use super::known::{Known, Span};
use crate::jtl::number::WORD;

/// An attribute: its name with the blank before it and the quote after it, as the first bytes of a word.
struct Usual {
    start: u64,
    mask: u64,
    len: usize,
    /// `None` if its value is not needed.
    known: Option<Known>,
}

/// JMeter's attributes in its order. Which of them are in a file depends on its configuration.
const USUAL: [Usual; 20] = [
    usual(b" t=\"", Some(Known::T)),
    usual(b" it=\"", Some(Known::It)),
    usual(b" lt=\"", Some(Known::Lt)),
    usual(b" ct=\"", Some(Known::Ct)),
    usual(b" ts=\"", Some(Known::Ts)),
    usual(b" s=\"", Some(Known::S)),
    usual(b" lb=\"", Some(Known::Lb)),
    usual(b" rc=\"", Some(Known::Rc)),
    usual(b" rm=\"", Some(Known::Rm)),
    usual(b" tn=\"", Some(Known::Tn)),
    usual(b" dt=\"", None),
    usual(b" de=\"", None),
    usual(b" by=\"", Some(Known::By)),
    usual(b" sby=\"", Some(Known::Sby)),
    usual(b" sc=\"", Some(Known::Sc)),
    usual(b" ec=\"", Some(Known::Ec)),
    usual(b" ng=\"", Some(Known::Ng)),
    usual(b" na=\"", Some(Known::Na)),
    usual(b" hn=\"", Some(Known::Hn)),
    usual(b" rs=\"", Some(Known::Rs)),
];

const fn usual(start: &[u8], known: Option<Known>) -> Usual {
    let (mut word, mut at) = ([0; WORD], 0);
    while at < start.len() {
        word[at] = start[at];
        at += 1;
    }
    Usual {
        start: u64::from_le_bytes(word),
        mask: u64::MAX >> (8 * (WORD - start.len())),
        len: start.len(),
        known,
    }
}

/// Splits a tag of `length` bytes at the start of `text`, which has at least a word of zeros behind it.
/// The name ends at `at`. Returns the length of the values that are known, or `None` if the tag is unusual: then
/// `spans` are of no use.
#[inline]
pub(super) fn split(
    text: &[u8],
    length: usize,
    mut at: usize,
    spans: &mut [Span; Known::COUNT],
) -> Option<usize> {
    let mut kept = 0;
    for usual in &USUAL {
        if word(text, at)? & usual.mask != usual.start {
            continue;
        }
        let start = at + usual.len;
        let value = find_quote(text.get(start..)?)?;
        if let Some(known) = usual.known {
            spans[known as usize] = Span::new(start, start + value);
            kept += value;
        }
        at = start + value + 1;
    }
    (at == length).then_some(kept)
}

#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + WORD)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// The first double quote, which is usually among the first bytes.
#[inline(always)]
pub(super) fn find_quote(text: &[u8]) -> Option<usize> {
    for at in [0, WORD] {
        const LOW: u64 = u64::from_le_bytes([1; WORD]);
        let zeroed = word(text, at)? ^ (LOW * b'"' as u64);
        // The lowest set bit belongs to the first quote.
        let found = zeroed.wrapping_sub(LOW) & !zeroed & (LOW << 7);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
    }
    memchr(b'"', text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::attributes::Attributes;
    use super::*;

    /// The known attributes of a tag, by both ways of splitting.
    fn split_both_ways(tag: &str) -> (Option<Vec<Span>>, Vec<Span>) {
        let padded = [tag.as_bytes(), &[0; WORD]].concat();
        let mut spans = [Span::ABSENT; Known::COUNT];
        let kept = split(&padded, tag.len(), 0, &mut spans);
        let mut expected = [Span::ABSENT; Known::COUNT];
        for attribute in Attributes::new(tag.as_bytes(), 0) {
            let attribute = attribute.unwrap();
            if let Some(known) = Known::of(attribute.name) {
                expected[known as usize] = Span::new(attribute.value.start, attribute.value.end);
            }
        }
        if let Some(kept) = kept {
            let lengths = spans.iter().map(|span| span.range().len());
            assert_eq!(kept, lengths.sum::<usize>());
        }
        (kept.map(|_| spans.to_vec()), expected.to_vec())
    }

    #[test]
    fn jmeter_writes_usual_tags() {
        for tag in [
            " t=\"5\" it=\"0\" lt=\"4\" ct=\"1\" ts=\"1700000000000\" s=\"true\" lb=\"Log in, then out\" rc=\"200\" \
             rm=\"OK\" tn=\"Users 1-1\" dt=\"text\" by=\"241\" sby=\"126\" ng=\"1\" na=\"1\"",
            " t=\"5\" lt=\"4\" ts=\"1700000000000\" s=\"true\" lb=\"\" rc=\"\" rm=\"\" tn=\"\" dt=\"\" de=\"\" \
             by=\"241\" sc=\"1\" ec=\"0\" ng=\"1\" na=\"1\" hn=\"host\"",
            "",
        ] {
            let (usual, expected) = split_both_ways(tag);
            assert_eq!(usual, Some(expected));
        }
        for tag in [
            " t='5'",
            " t=\"5\"  s=\"true\"",
            " s=\"true\" t=\"5\"",
            " t=\"5\" x=\"1\"",
            " t=\"5\" ",
        ] {
            assert_eq!(split_both_ways(tag).0, None, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn usual_tags_are_split_as_others_are(
            values in prop::collection::vec("[a-zé>' =/]{0,20}", USUAL.len()),
            left_out in any::<u32>(),
            order in prop_oneof![3 => Just(0), 1 => 0..USUAL.len()],
        ) {
            let mut pairs: Vec<String> = (0..USUAL.len())
                .filter(|number| left_out & (1 << number) == 0)
                .map(|number| {
                    let start = &USUAL[number].start.to_le_bytes()[..USUAL[number].len];
                    format!("{}{}\"", std::str::from_utf8(start).unwrap(), values[number])
                })
                .collect();
            let turned = order.min(pairs.len());
            pairs.rotate_left(turned);
            let (usual, expected) = split_both_ways(&pairs.concat());
            prop_assert!(usual.is_some() || turned > 0);
            prop_assert_eq!(usual.unwrap_or_else(|| expected.clone()), expected);
        }
    }
}
