//! JSON made harmless wherever it is put into the page.

use crate::render::text;

/// JSON that may stand in a `script` element: nothing in it can end the element or begin a comment.
///
/// `<` is only found within JSON's strings, where `\u003c` means the same.
pub fn json(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for (letter, is_hidden) in text::letters(raw) {
        match letter {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            _ if is_hidden => text::push_sign(&mut escaped, letter),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_stays_in_its_element_and_means_the_same() {
        let raw = r#"["</script><!-- & ]]>"]"#;
        let escaped = json(raw);
        assert!(!escaped.contains(['<', '>', '&']));
        let before: Vec<String> = serde_json::from_str(raw).unwrap();
        let after: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(after, before);
        assert_eq!(json("\"\u{202E}abc\""), "\"⟨U+202E⟩abc\"");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(raw in any::<String>()) {
            let escaped = json(&serde_json::to_string(&raw).unwrap());
            prop_assert!(!escaped.contains(['<', '>', '&']));
            prop_assert!(text::letters(&escaped).all(|(_, is_hidden)| !is_hidden));
            let back: String = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(text::printable(&back), text::printable(&raw));
        }
    }
}
