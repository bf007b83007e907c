//! Parsing HTML pages.

/// A parsed page: tags with their attributes, and the visible text.
pub struct Parts {
    pub tags: Vec<(String, Vec<(String, String)>)>,
    pub text: String,
}

/// Parses a page, and checks that tags nest and close.
pub fn parts(page: &str) -> Parts {
    const VOID: [&str; 2] = ["meta", "link"];
    let mut parts = Parts {
        tags: Vec::new(),
        text: String::new(),
    };
    let (mut open, mut ids_seen): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = page.strip_prefix("<!doctype html>\n").unwrap();
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text:?}");
        parts.text.push_str(text);
        if let Some(closing) = after.strip_prefix('/') {
            let (name, after) = closing.split_once('>').unwrap();
            assert_eq!(open.pop().as_deref(), Some(name));
            rest = after;
            continue;
        }
        let (name, attributes, is_closed, after) = tag(after);
        rest = after;
        if name == "script" || name == "style" {
            rest = rest.split_once(&format!("</{name}>")).unwrap().1;
        } else if !is_closed && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        let ids = attributes.iter().filter(|(name, _)| name == "id");
        for (_, id) in ids {
            assert!(!ids_seen.contains(id), "two elements are called {id}");
            ids_seen.push(id.clone());
        }
        parts.tags.push((name, attributes));
    }
    assert_eq!(open, [""; 0], "left open");
    parts.text.push_str(rest);
    parts
}

/// An opening tag: its name, its attributes, whether it closes itself, and what follows.
fn tag(after: &str) -> (String, Vec<(String, String)>, bool, &str) {
    let end = after.find([' ', '>', '/']).unwrap();
    let (name, mut rest) = after.split_at(end);
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name:?}");
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return (name.to_owned(), attributes, true, after);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (name.to_owned(), attributes, false, after);
        }
        let end = rest.find(['=', ' ', '>']).unwrap();
        let (key, after) = rest.split_at(end);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(!key.is_empty() && key.chars().all(is_word), "{key:?}");
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix("=\"") {
            (value, rest) = after.split_once('"').unwrap();
        } else if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = after.split_at(after.find([' ', '>']).unwrap());
        }
        attributes.push((key.to_owned(), value.to_owned()));
    }
}

/// The page without style, script, data and drawings, which other tests cover.
pub fn skeleton(page: &str) -> String {
    let mut page = page.to_owned();
    for (from, to) in [
        ("<style>", "</style>"),
        ("<script>", "</script>"),
        ("id=\"data\">", "</script>"),
        ("<svg ", "</svg>"),
    ] {
        let mut at = 0;
        while let Some(start) = page[at..].find(from).map(|start| at + start + from.len()) {
            let end = start + page[start..].find(to).unwrap();
            page.replace_range(start..end, "…");
            at = start;
        }
    }
    page
}

impl Parts {
    /// Checks that the page loads nothing: no source, and links only within the page.
    pub fn check_self_contained(&self) {
        for (tag, attributes) in &self.tags {
            for (key, value) in attributes {
                let is_local = value.starts_with('#') || value == "data:,";
                assert!(
                    key != "src" && (key != "href" || is_local),
                    "{tag} {key}={value}"
                );
            }
        }
    }
}
