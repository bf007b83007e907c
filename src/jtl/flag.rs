//! The values of `success`.

/// `true` or `false` in any case, as Java reads it; nothing else, lest damage be counted.
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
