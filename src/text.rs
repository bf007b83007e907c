//! Text from outside, made harmless to show.

/// Whether a character could drive a terminal, or forge what is shown by reversing its order.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control() || is_bidi_control(letter)
}

/// Text with every unsafe character replaced.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_unsafe(c) { '\u{FFFD}' } else { c })
        .collect()
}

fn is_bidi_control(letter: char) -> bool {
    matches!(letter, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
