//! The attributes of a start tag: where their names and values are.

use std::ops::Range;

use memchr::memchr;

/// A tag whose attributes are not all `name="value"` or `name='value'`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// The attributes of a tag, in order. It ends at the first damage.
#[derive(Debug, Clone)]
pub(super) struct Attributes<'t> {
    tag: &'t [u8],
    at: usize,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute<'t> {
    pub name: &'t [u8],
    /// Where its value is in the tag, without quotes and with references.
    pub value: Range<usize>,
}

impl<'t> Attributes<'t> {
    /// The attributes after the name of a tag, which ends at `start`.
    pub fn new(tag: &'t [u8], start: usize) -> Self {
        Attributes { tag, at: start }
    }

    #[inline(always)]
    fn skip_blanks(&mut self) {
        while self.tag.get(self.at).copied().is_some_and(is_blank) {
            self.at += 1;
        }
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = Result<Attribute<'t>, Damaged>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks();
        let rest = self.tag.get(self.at..)?;
        let (_, others) = rest.split_first()?;
        // As in quick-xml, a name may begin with any byte.
        let ends_name = |byte: &u8| *byte == b'=' || is_blank(*byte);
        let length = others.iter().position(ends_name).unwrap_or(others.len());
        let name = &rest[..1 + length];
        self.at += name.len();
        self.skip_blanks();
        if self.tag.get(self.at) != Some(&b'=') {
            return Some(Err(Damaged));
        }
        self.at += 1;
        self.skip_blanks();
        let Some(&quote @ (b'"' | b'\'')) = self.tag.get(self.at) else {
            return Some(Err(Damaged));
        };
        let start = self.at + 1;
        let Some(length) = find(quote, &self.tag[start..]) else {
            return Some(Err(Damaged));
        };
        let value = start..start + length;
        self.at = value.end + 1;
        Some(Ok(Attribute { name, value }))
    }
}

/// The first `byte`. Fast if it is one of the first eight.
#[inline(always)]
fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    if let Some(eight) = bytes.first_chunk() {
        let zeroed = u64::from_le_bytes(*eight) ^ (LOW * u64::from(byte));
        // The lowest set bit belongs to the first such byte.
        let found = zeroed.wrapping_sub(LOW) & !zeroed & (LOW << 7);
        if found != 0 {
            return Some(found.trailing_zeros() as usize / 8);
        }
    }
    memchr(byte, bytes)
}

#[inline(always)]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::events::attributes::Attributes as Expected;

    use super::*;

    /// Names and values up to the first damage, which is `None`.
    fn found(tag: &str, start: usize) -> Vec<Option<(&str, &str)>> {
        let attributes = Attributes::new(tag.as_bytes(), start).map(|attribute| {
            let Attribute { name, value } = attribute.ok()?;
            Some((std::str::from_utf8(name).unwrap(), &tag[value]))
        });
        up_to_damage(attributes)
    }

    fn up_to_damage<T>(attributes: impl Iterator<Item = Option<T>>) -> Vec<Option<T>> {
        let mut found = Vec::new();
        for attribute in attributes {
            let is_damage = attribute.is_none();
            found.push(attribute);
            if is_damage {
                break;
            }
        }
        found
    }

    #[test]
    fn names_and_values() {
        assert_eq!(
            found("sample t=\"5\" lb='a \"b\"'\n rc = \"\"  ", 6),
            [Some(("t", "5")), Some(("lb", "a \"b\"")), Some(("rc", ""))]
        );
        for damaged in ["s t", "s t=", "s t=5", "s t=\"5", "s t u=\"5\""] {
            assert_eq!(found(damaged, 1), [None], "{damaged}");
        }
    }

    proptest! {
        #[test]
        fn they_are_those_of_quick_xml(tag in "( ?(lb|t|é|=|\n|=\"|\"|='|'| x=\"[a-zé']{0,12}\")){0,12}") {
            let mut expected = Expected::new(&tag, 0);
            let expected = expected.with_checks(false).map(|attribute| {
                let attribute = attribute.ok()?;
                Some((attribute.key.0.to_owned(), attribute.value.into_owned()))
            });
            let expected = up_to_damage(expected);
            let found: Vec<_> = found(&tag, 0)
                .into_iter()
                .map(|found| found.map(|(name, value)| (name.to_owned(), value.to_owned())))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
