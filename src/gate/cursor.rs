//! A cursor over the text of a criterion.

use super::criterion::Timing;

/// A position in a text, as a byte offset.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor `at` bytes into `text`.
    pub fn new(text: &'a str, at: usize) -> Self {
        Cursor { text, at }
    }

    /// Skips spaces and returns the offset after them.
    pub fn at(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    /// Skips spaces, then takes letters as long as they are `wanted`. Returns their offset and text.
    pub fn take(&mut self, wanted: impl Fn(char) -> bool) -> (usize, &'a str) {
        self.at();
        self.take_here(wanted)
    }

    /// Takes letters as long as they are `wanted`, without skipping spaces. Returns their offset and text.
    pub fn take_here(&mut self, wanted: impl Fn(char) -> bool) -> (usize, &'a str) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += length;
        (start, rest.get(..length).unwrap_or_default())
    }

    /// Takes everything up to the next space.
    pub fn word(&mut self) -> (usize, &'a str) {
        self.take(|letter| !letter.is_whitespace())
    }

    /// Takes what is in double quotes, with the quotes, if `prefix` and a quote follow. Returns the
    /// prefix, too.
    pub fn quoted(&mut self, prefix: &str) -> Option<(usize, &'a str)> {
        let start = self.at();
        let rest = self.text.get(start..)?;
        let quoted = rest.strip_prefix(prefix)?.strip_prefix('"')?;
        let length = prefix.len() + 1 + quoted.find('"')? + 1;
        self.at += length;
        Some((start, rest.get(..length)?))
    }

    /// Takes a unit; an empty one if the keyword of a timing follows instead.
    pub fn unit(&mut self) -> (usize, &'a str) {
        let start = self.at;
        match self.word() {
            (at, word) if Timing::named(word).is_some() => {
                self.at = start;
                (at, "")
            }
            unit => unit,
        }
    }
}
