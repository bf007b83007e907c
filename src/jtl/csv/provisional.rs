//! Sections whose layout was found out from their first rows before the rest was there.
//!
//! A file that is still being written shows its layout by what there is of it. Where more of the
//! same window tells otherwise, as when the only row so far was damaged, what was read is to be
//! read again.

use super::layout::Layout;
use super::timestamp::DatePattern;

/// The sections of an input that began with less than the window that decides on their layout.
#[derive(Debug, Default)]
pub struct Openings(Vec<Opening>);

#[derive(Debug)]
struct Opening {
    layout: Layout,
    /// The section from its start, as far as it was read and as the window is wide.
    bytes: Vec<u8>,
}

impl Openings {
    /// Keeps the beginning of a section that was taken to have this layout.
    pub fn begin(&mut self, bytes: &[u8], layout: &Layout) {
        self.0.push(Opening {
            layout: layout.clone(),
            bytes: bytes.to_vec(),
        });
    }

    /// Takes what was read behind all that was read before; of a section `window` bytes decide.
    pub fn extend(&mut self, bytes: &[u8], window: usize) {
        for opening in &mut self.0 {
            let room = window.saturating_sub(opening.bytes.len());
            opening
                .bytes
                .extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// Whether all that is there by now tells of the same layouts. What cannot change any more is
    /// forgotten.
    pub fn hold(&mut self, format: Option<&DatePattern>, window: usize) -> bool {
        let hold = self.0.iter().all(|opening| {
            let now = Layout::detect(&opening.bytes, format);
            now.is_ok_and(|now| now == opening.layout)
        });
        if hold {
            self.0.retain(|opening| opening.bytes.len() < window);
        }
        hold
    }
}

/// Whether the first lines of a file are there that decide on its layout, if only for now: rows may
/// follow that tell more, but an error would stay one.
pub fn can_begin(bytes: &[u8]) -> bool {
    let Some(line_end) = memchr::memchr(b'\n', bytes) else {
        return false;
    };
    // A quoted line break may be the first one.
    let is_whole = memchr::memchr(b'"', &bytes[..line_end]).is_none();
    let is_blank = bytes[..line_end].trim_ascii().is_empty();
    is_whole && !is_blank
}
