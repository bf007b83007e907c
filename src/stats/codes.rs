//! Response codes by number, in bounded memory.

use serde::{Deserialize, Serialize};

use super::interner::Interner;

/// Codes told apart; a run with more has them told apart by class only.
const MOST_CODES: usize = 64;

/// Bytes of the longest text taken for a response code: a longer one is none, and not kept.
const LONGEST_CODE: usize = 256;

/// The response codes of a run by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Codes {
    names: Interner,
    are_classes: bool,
    /// A code of three bytes that was met before, and its number: the next one is most often the
    /// same.
    #[serde(skip)]
    usual: (u32, usize),
}

/// Three bytes as a number, and anything else as 0: no code is three NULs.
#[inline(always)]
fn three(code: &[u8]) -> u32 {
    match *code {
        [a, b, c] => u32::from_le_bytes([a, b, c, 0]),
        _ => 0,
    }
}

impl Codes {
    /// The number of a code, if it is known at once.
    #[inline(always)]
    pub fn known(&self, code: &[u8]) -> Option<usize> {
        let (usual, number) = self.usual;
        let code = three(code);
        (code != 0 && code == usual).then_some(number)
    }

    /// The number of a code.
    pub fn number(&mut self, code: &[u8]) -> usize {
        let number = match self.are_classes || code.len() > LONGEST_CODE {
            false => self.names.number(code),
            true => self.names.number(class_of(code)),
        };
        self.usual = (three(code), number);
        number
    }

    /// The codes by number.
    pub fn names(&self) -> &[Box<[u8]>] {
        self.names.names()
    }

    /// Whether there are so many codes that they must become classes.
    pub fn are_too_many(&self) -> bool {
        self.names.names().len() > MOST_CODES
    }

    /// Whether codes are told apart by class only.
    pub fn are_classes(&self) -> bool {
        self.are_classes
    }

    /// Tells codes apart by class from now on: the new number of each by its old one.
    pub fn become_classes(&mut self) -> Vec<usize> {
        let codes = std::mem::take(self).names;
        self.are_classes = true;
        let codes = codes.names().iter();
        codes.map(|code| self.number(code)).collect()
    }

    /// The numbers here of another run's codes, by their numbers there.
    pub fn numbers_of(&mut self, other: &Codes) -> Vec<usize> {
        let names = other.names().iter();
        names.map(|name| self.names.number(name)).collect()
    }
}

/// `2xx` of `204`; what is no such code is `other`.
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
