//! Excerpts of results in messages.

/// Text from a file for a message: quoted, escaped and shortened.
pub fn excerpt(text: &[u8]) -> String {
    const MAX_CHARS: usize = 80;
    let mut shown = String::from('"');
    let mut length = 0;
    for chunk in text.utf8_chunks() {
        let letters = chunk.valid().chars().map(|c| c.escape_debug().to_string());
        let bytes = chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}"));
        for piece in letters.chain(bytes) {
            if length == MAX_CHARS {
                return shown + "…\"";
            }
            shown.push_str(&piece);
            length += 1;
        }
    }
    shown + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_are_escaped() {
        assert_eq!(excerpt(b"a\"\xE9\n"), r#""a\"\xE9\n""#);
        assert_eq!(excerpt(&[b'x'; 81]), format!("\"{}…\"", "x".repeat(80)));
    }
}
