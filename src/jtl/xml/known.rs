//! The attributes of samples that are read.

use std::ops::Range;

/// The attributes that are read, under JMeter's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    T,
    It,
    Lt,
    Ct,
    Ts,
    S,
    Lb,
    Rc,
    Rm,
    Tn,
    By,
    Sby,
    Ng,
    Na,
    Sc,
    Ec,
    Hn,
    Rs,
}

impl Known {
    /// How many there are.
    pub const COUNT: usize = 18;

    /// Their names, in order.
    const NAMES: [&str; Known::COUNT] = [
        "t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rm", "tn", "by", "sby", "ng", "na", "sc",
        "ec", "hn", "rs",
    ];

    /// The attribute with this name.
    #[inline(always)]
    pub fn of(name: &[u8]) -> Option<Known> {
        Some(match name {
            b"t" => Known::T,
            b"it" => Known::It,
            b"lt" => Known::Lt,
            b"ct" => Known::Ct,
            b"ts" => Known::Ts,
            b"s" => Known::S,
            b"lb" => Known::Lb,
            b"rc" => Known::Rc,
            b"rm" => Known::Rm,
            b"tn" => Known::Tn,
            b"by" => Known::By,
            b"sby" => Known::Sby,
            b"ng" => Known::Ng,
            b"na" => Known::Na,
            b"sc" => Known::Sc,
            b"ec" => Known::Ec,
            b"hn" => Known::Hn,
            b"rs" => Known::Rs,
            _ => return None,
        })
    }

    /// Its name.
    #[cold]
    pub fn name(self) -> &'static str {
        Known::NAMES[self as usize]
    }
}

/// The place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// No place.
    pub const ABSENT: Span = Span {
        start: u32::MAX,
        end: u32::MAX,
    };

    /// From `start` to `end`, in a text that is at most a few times as long as the longest row.
    #[inline(always)]
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The place, of no length if it is absent.
    #[inline(always)]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether there is no text.
    #[inline(always)]
    pub fn is_absent(self) -> bool {
        self.start == u32::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_attributes() {
        for (number, name) in Known::NAMES.into_iter().enumerate() {
            let known = Known::of(name.as_bytes()).unwrap();
            assert_eq!((known as usize, known.name()), (number, name));
        }
        assert_eq!(Known::of(b"dt"), None);
    }
}
