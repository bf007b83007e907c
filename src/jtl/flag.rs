//! The values of `success`.

/// Reads `true` or `false`, ignoring case as Java does. Other text is damage.
#[inline(always)]
pub fn parse(text: &[u8]) -> Option<bool> {
    if text == b"true" || text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text == b"false" || text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}
