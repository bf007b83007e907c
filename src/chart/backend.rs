//! A plotters backend that writes compact SVG: elements have CSS classes instead of colours, and marks
//! with the same attributes share one path.

use std::convert::Infallible;

use maud::html;
use plotters::element::{Drawable, PointCollection};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind,
};

use super::path::{self, Path};
use crate::text;

/// Number of plotters' integer coordinate units per pixel.
pub const UNITS: f64 = 10.0;

/// The result of drawing. Writing to a string cannot fail.
pub type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Writes drawn elements to a string.
pub struct SvgBackend<'s> {
    size: (u32, u32),
    svg: &'s mut String,
    attributes: String,
    path: Path,
}

impl<'s> SvgBackend<'s> {
    /// Creates a backend that appends to `svg`; `size` is in units.
    pub fn new(svg: &'s mut String, size: (u32, u32)) -> Self {
        SvgBackend {
            size,
            svg,
            attributes: String::new(),
            path: Path::default(),
        }
    }

    /// Writes the pending path, if any.
    fn flush(&mut self) {
        let path = std::mem::take(&mut self.path);
        if !path.text().is_empty() {
            let d = path.text();
            self.svg
                .push_str(&format!("<path {} d=\"{d}\"/>", self.attributes));
        }
    }

    fn text(&mut self, class: &str, at: BackendCoord, text: &str) {
        self.flush();
        let (x, y) = (path::number(at.0), path::number(at.1));
        let text = escaped(text);
        self.svg.push_str(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
    }

    fn polyline(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (number, at) in points.into_iter().enumerate() {
            match number {
                0 => self.path.move_to(at),
                _ => self.path.line_to(at),
            }
        }
    }
}

impl DrawingBackend for SvgBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, _: BackendColor) -> Drawn {
        self.path.dot(at);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        _: &S,
    ) -> Drawn {
        self.polyline(points);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        _: &S,
    ) -> Drawn {
        self.polyline(corners);
        self.path.close();
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        lower_right: BackendCoord,
        _: &S,
        _: bool,
    ) -> Drawn {
        self.path.rectangle(upper_left, lower_right);
        Ok(())
    }

    /// Draws a dot as a line without length, because lines have round ends. Its class sets the size.
    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        _: u32,
        _: &S,
        _: bool,
    ) -> Drawn {
        self.path.dot(center);
        Ok(())
    }
}

/// Sets the attributes of the elements drawn after it, such as `class="line c0"`.
pub struct Attributes<'a>(pub &'a str);

impl<'a> PointCollection<'a, BackendCoord> for &'a Attributes<'_> {
    type Point = BackendCoord;
    type IntoIter = std::iter::Empty<BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::empty()
    }
}

impl<'s> Drawable<SvgBackend<'s>> for Attributes<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        _: I,
        backend: &mut SvgBackend<'s>,
        _: (u32, u32),
    ) -> Drawn {
        if backend.attributes != self.0 {
            backend.flush();
            self.0.clone_into(&mut backend.attributes);
        }
        Ok(())
    }
}

/// A line of text; its class sets alignment and size.
pub struct Label<'t> {
    /// The start, end or centre of its baseline.
    pub at: BackendCoord,
    /// The classes.
    pub class: &'t str,
    /// The text.
    pub text: &'t str,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Label<'_> {
    type Point = BackendCoord;
    type IntoIter = std::iter::Once<BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(self.at)
    }
}

impl<'s> Drawable<SvgBackend<'s>> for Label<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        backend: &mut SvgBackend<'s>,
        _: (u32, u32),
    ) -> Drawn {
        points.for_each(|at| backend.text(self.class, at, self.text));
        Ok(())
    }
}

/// Escapes text for use between tags or within a quoted attribute. Replaces characters that could hide
/// or reorder text.
pub fn escaped(raw: &str) -> String {
    html! { (text::printable(raw)) }.into_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(
            escaped("<b title=\"x\" id='y'>&\u{7}\u{202E}"),
            "&lt;b title=&quot;x&quot; id='y'&gt;&amp;␇⟨U+202E⟩"
        );
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(raw in any::<String>()) {
            let escaped = escaped(&raw);
            prop_assert!(!escaped.contains(['<', '>', '"']));
            prop_assert!(text::letters(&escaped).all(|(_, is_hidden)| !is_hidden));
        }
    }
}
