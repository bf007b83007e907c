//! A place in the text of a criterion, and what stands there.

/// A place in a text, as a byte offset.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The place `at` bytes into a text.
    pub fn new(text: &'a str, at: usize) -> Self {
        Cursor { text, at }
    }

    /// Skips spaces: the place behind them.
    pub fn at(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    /// Behind spaces: where they end, and the letters there that are `wanted`.
    pub fn take(&mut self, wanted: impl Fn(char) -> bool) -> (usize, &'a str) {
        let start = self.at();
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += length;
        (start, rest.get(..length).unwrap_or_default())
    }

    /// What is there up to the next space.
    pub fn word(&mut self) -> (usize, &'a str) {
        self.take(|letter| !letter.is_whitespace())
    }

    /// A unit; nothing where `for` follows instead.
    pub fn unit(&mut self) -> (usize, &'a str) {
        let start = self.at;
        match self.word() {
            (at, "for") => {
                self.at = start;
                (at, "")
            }
            unit => unit,
        }
    }
}
