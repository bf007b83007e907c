//! Writes the `d` attribute of SVG paths compactly: tenths of a pixel, relative, without extra spaces.

use std::fmt::Write;

/// A path under construction. Coordinates are in tenths of a pixel.
#[derive(Debug, Default)]
pub struct Path {
    d: String,
    /// The pen's position; `None` before the first move.
    at: Option<(i32, i32)>,
    /// Whether the last command was a line; the next line then needs no letter.
    is_line: bool,
}

impl Path {
    /// Moves the pen without drawing.
    pub fn move_to(&mut self, to: (i32, i32)) {
        match self.at {
            Some(at) => {
                self.d.push('m');
                self.pair(to.0 - at.0, to.1 - at.1);
            }
            None => {
                self.d.push('M');
                self.pair(to.0, to.1);
            }
        }
        self.at = Some(to);
        self.is_line = false;
    }

    /// Draws a line, unless it has no length.
    pub fn line_to(&mut self, to: (i32, i32)) {
        let at = self.at.unwrap_or(to);
        let (right, down) = (to.0 - at.0, to.1 - at.1);
        match (right, down) {
            (0, 0) => return,
            (_, 0) => self.command('h', right),
            (0, _) => self.command('v', down),
            _ => {
                if !self.is_line {
                    self.d.push('l');
                }
                self.pair(right, down);
                self.is_line = true;
            }
        }
        self.at = Some(to);
    }

    /// Draws a dot: a line without length, which round ends make visible.
    pub fn dot(&mut self, at: (i32, i32)) {
        self.move_to(at);
        self.d.push_str("h0");
    }

    /// Draws a rectangle from one corner to the opposite one.
    pub fn rectangle(&mut self, from: (i32, i32), to: (i32, i32)) {
        self.move_to(from);
        let (right, down) = (to.0 - from.0, to.1 - from.1);
        self.command('h', right);
        self.command('v', down);
        self.command('h', -right);
        self.close();
    }

    /// Closes the path with a line to the last move.
    pub fn close(&mut self) {
        self.d.push('z');
        self.is_line = false;
    }

    /// Returns the `d` attribute; empty if nothing was drawn.
    pub fn text(&self) -> &str {
        &self.d
    }

    fn command(&mut self, letter: char, by: i32) {
        self.d.push(letter);
        self.number(by, false);
        self.is_line = false;
    }

    fn pair(&mut self, x: i32, y: i32) {
        let follows_number = self.d.ends_with(|last: char| last.is_ascii_digit());
        self.number(x, follows_number);
        self.number(y, true);
    }

    fn number(&mut self, tenths: i32, follows_number: bool) {
        if follows_number && tenths >= 0 {
            self.d.push(' ');
        }
        if tenths < 0 {
            self.d.push('-');
        }
        let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        // Writing to a string cannot fail.
        let _ = match (whole, tenth) {
            (whole, 0) => write!(self.d, "{whole}"),
            (0, tenth) => write!(self.d, ".{tenth}"),
            (whole, tenth) => write!(self.d, "{whole}.{tenth}"),
        };
    }
}

/// Formats tenths of a pixel in pixels: `12`, `12.5`, `-.5`.
pub fn number(tenths: i32) -> String {
    let mut path = Path::default();
    path.number(tenths, false);
    path.d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_relative_and_short() {
        let mut path = Path::default();
        path.move_to((100, 200));
        path.line_to((115, 195));
        path.line_to((115, 195));
        path.line_to((120, 205));
        path.line_to((120, 300));
        path.line_to((90, 300));
        path.line_to((80, 290));
        assert_eq!(path.text(), "M10 20l1.5-.5 .5 1v9.5h-3l-1-1");
    }

    #[test]
    fn dots_and_rectangles() {
        let mut path = Path::default();
        path.dot((10, 10));
        path.dot((30, 0));
        path.rectangle((0, 0), (20, 50));
        assert_eq!(path.text(), "M1 1h0m2-1h0m-3 0h2v5h-2z");
        assert_eq!(number(-5), "-.5");
    }
}
