//! Response codes to small numbers, in bounded memory.

use serde::{Deserialize, Serialize};

use super::interner::Interner;

/// Codes that are told apart. If a run has more, they are told apart by class only (2xx, 4xx).
const MAX_CODES: usize = 64;

/// Bytes of the longest response code. Longer text counts as a code of the class `other`.
const MAX_CODE: usize = 256;

/// The response codes of a run by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Codes {
    names: Interner,
    are_classes: bool,
    /// The last code of three bytes and its number. The next code is usually the same.
    #[serde(skip)]
    usual: (u32, usize),
}

/// A code of three bytes as a number; 0 for other codes. No code is three NULs.
#[inline(always)]
fn three(code: &[u8]) -> u32 {
    match *code {
        [a, b, c] => u32::from_le_bytes([a, b, c, 0]),
        _ => 0,
    }
}

impl Codes {
    /// The number of a code, if it is the same as the last one.
    #[inline(always)]
    pub fn known(&self, code: &[u8]) -> Option<usize> {
        let (usual, number) = self.usual;
        let code = three(code);
        (code != 0 && code == usual).then_some(number)
    }

    /// The number of a code.
    pub fn number(&mut self, code: &[u8]) -> usize {
        let number = match self.are_classes || code.len() > MAX_CODE {
            false => self.names.number(code),
            true => self.names.number(class_of(code)),
        };
        self.usual = (three(code), number);
        number
    }

    /// The codes by number.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.names.names()
    }

    /// Whether one more code may be too many to tell apart.
    pub fn are_all_used(&self) -> bool {
        !self.are_classes && self.names.len() >= MAX_CODES
    }

    /// Whether there are too many codes to tell apart.
    pub fn are_too_many(&self) -> bool {
        self.names.len() > MAX_CODES
    }

    /// Whether codes are told apart by class only.
    pub fn are_classes(&self) -> bool {
        self.are_classes
    }

    /// Replaces codes by their classes. Returns the new number of each code by its old number.
    pub fn become_classes(&mut self) -> Vec<usize> {
        let codes = std::mem::take(self).names;
        self.are_classes = true;
        let codes = codes.names();
        codes.map(|code| self.number(code)).collect()
    }

    /// Adds the codes of another run. Returns the number of each here by its number there.
    pub fn numbers_of(&mut self, other: &Codes) -> Vec<usize> {
        let names = other.names();
        names.map(|name| self.names.number(name)).collect()
    }
}

/// The class of a code: `2xx` for `204`, and `other` for text that is not a code.
fn class_of(code: &[u8]) -> &'static [u8] {
    match code {
        [b'1', b'0'..=b'9', b'0'..=b'9'] | b"1xx" => b"1xx",
        [b'2', b'0'..=b'9', b'0'..=b'9'] | b"2xx" => b"2xx",
        [b'3', b'0'..=b'9', b'0'..=b'9'] | b"3xx" => b"3xx",
        [b'4', b'0'..=b'9', b'0'..=b'9'] | b"4xx" => b"4xx",
        [b'5', b'0'..=b'9', b'0'..=b'9'] | b"5xx" => b"5xx",
        _ => b"other",
    }
}
