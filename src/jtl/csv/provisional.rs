//! Layouts that were detected before the whole detection window was there.
//!
//! The layout of a file that is still being written is detected from the rows it has so far. Later
//! rows may contradict it, for example if the only row so far was damaged. Then everything is read
//! again.

use super::header::separator_line;
use super::layout::Layout;
use super::unknown_layout::UnknownLayout;

/// Sections of an input whose layout was detected from less than a whole window.
#[derive(Debug, Default)]
pub struct ProvisionalLayouts(Vec<Provisional>);

#[derive(Debug)]
struct Provisional {
    layout: Layout,
    /// The section's first bytes, up to the size of the window.
    bytes: Vec<u8>,
}

impl ProvisionalLayouts {
    /// Adds a section that begins with `bytes`, from which `layout` was detected.
    pub fn begin(&mut self, bytes: &[u8], layout: &Layout) {
        self.0.push(Provisional {
            layout: layout.clone(),
            bytes: bytes.to_vec(),
        });
    }

    /// Appends bytes that were read since to every section, up to `window` bytes.
    pub fn extend(&mut self, bytes: &[u8], window: usize) {
        for section in &mut self.0 {
            let room = window.saturating_sub(section.bytes.len());
            section
                .bytes
                .extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// Detects all layouts again and returns whether they are still the same. Sections with a whole
    /// window are dropped then: their layouts are final.
    pub fn are_confirmed(
        &mut self,
        detect: impl Fn(&[u8]) -> Result<Layout, UnknownLayout>,
        window: usize,
    ) -> bool {
        let are_confirmed = self.0.iter().all(|section| {
            let now = detect(&section.bytes);
            now.is_ok_and(|now| now == section.layout)
        });
        if are_confirmed {
            self.0.retain(|section| section.bytes.len() < window);
        }
        are_confirmed
    }
}

/// Whether a whole first line is there, from which a layout can be detected for now. Without one,
/// detection could fail on half a line.
pub fn is_detectable(bytes: &[u8]) -> bool {
    let table = &bytes[separator_line(bytes).unwrap_or(0)..];
    let Some(line_end) = memchr::memchr(b'\n', table) else {
        return false;
    };
    // The line break may be inside quotes.
    let is_whole = memchr::memchr(b'"', &table[..line_end]).is_none();
    let is_blank = table[..line_end].trim_ascii().is_empty();
    is_whole && !is_blank
}
