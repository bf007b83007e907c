//! The `d` of an SVG path, in as few bytes as it takes: tenths of a pixel, relative, no spare spaces.

use std::fmt::Write;

/// A path under construction.
#[derive(Debug, Default)]
pub struct Path {
    d: String,
    /// Where the pen is, in tenths of a pixel; `None` before it was put down.
    at: Option<(i64, i64)>,
    /// Whether the last command was a line, so that the next needs no letter.
    is_line: bool,
}

impl Path {
    /// Puts the pen down somewhere else.
    pub fn move_to(&mut self, x: f64, y: f64) {
        let to = (tenths(x), tenths(y));
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

    /// Draws a line; nothing if it has no length.
    pub fn line_to(&mut self, x: f64, y: f64) {
        let to = (tenths(x), tenths(y));
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

    /// Draws a dot, where lines have round ends.
    pub fn dot(&mut self, x: f64, y: f64) {
        self.move_to(x, y);
        self.d.push_str("h0");
    }

    /// Draws a rectangle from one corner to the opposite one.
    pub fn rectangle(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.move_to(from.0, from.1);
        let (right, down) = (tenths(to.0) - tenths(from.0), tenths(to.1) - tenths(from.1));
        self.command('h', right);
        self.command('v', down);
        self.command('h', -right);
        self.close();
    }

    /// Goes back to where the pen was put down last.
    pub fn close(&mut self) {
        self.d.push('z');
        self.is_line = false;
    }

    /// The path's text; empty if nothing was drawn.
    pub fn text(&self) -> &str {
        &self.d
    }

    fn command(&mut self, letter: char, by: i64) {
        self.d.push(letter);
        self.number(by, false);
        self.is_line = false;
    }

    fn pair(&mut self, x: i64, y: i64) {
        let follows_number = self.d.ends_with(|last: char| last.is_ascii_digit());
        self.number(x, follows_number);
        self.number(y, true);
    }

    fn number(&mut self, tenths: i64, follows_number: bool) {
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

/// A number of pixels as drawings have it: `12`, `12.5`, `-.5`.
pub fn pixels(number: f64) -> String {
    let mut path = Path::default();
    path.number(tenths(number), false);
    path.d
}

fn tenths(pixels: f64) -> i64 {
    (pixels * 10.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_relative_and_short() {
        let mut path = Path::default();
        path.move_to(10.0, 20.04);
        path.line_to(11.5, 19.5);
        path.line_to(11.5, 19.5);
        path.line_to(12.0, 20.5);
        path.line_to(12.0, 30.0);
        path.line_to(9.0, 30.0);
        path.line_to(8.0, 29.0);
        assert_eq!(path.text(), "M10 20l1.5-.5 .5 1v9.5h-3l-1-1");
    }

    #[test]
    fn rounding_does_not_add_up() {
        let mut path = Path::default();
        path.move_to(0.0, 0.0);
        for step in 1..=1000 {
            path.line_to(f64::from(step) * 0.04, 0.0);
        }
        let total: f64 = path
            .text()
            .split('h')
            .skip(1)
            .map(|by| by.parse::<f64>().unwrap())
            .sum();
        assert!((total - 40.0).abs() < 1e-6, "{total}");
    }

    #[test]
    fn dots_and_rectangles() {
        let mut path = Path::default();
        path.dot(1.0, 1.0);
        path.dot(3.0, 0.0);
        path.rectangle((0.0, 0.0), (2.0, 5.0));
        assert_eq!(path.text(), "M1 1h0m2-1h0m-3 0h2v5h-2z");
        assert_eq!(pixels(-0.5), "-.5");
    }
}
