//! The block of a README that `--update` rewrites, between two marker comments.
//!
//! Files are bytes here: what is not between the markers stays as it is, whatever it is.

mod choice;
mod content;
mod origin;

use std::fmt::Write;

pub use choice::{Choice, Wanted, choose, key_of_platform, name};
pub use origin::Origin;

const BEGIN: &[u8] = b"<!-- perfkit:begin";
const END: &[u8] = b"<!-- perfkit:end";
const CLOSE: &[u8] = b"-->";

/// Maximum length of a key that the user gives, in characters.
pub const MAX_KEY: usize = 100;

/// Markers that do not make pairs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkerError {
    /// A block within a block.
    #[error(
        "line {line} begins a block within the one that line {begin} begins: put `{end_marker}` \
         before it"
    )]
    Nested {
        /// The line that begins the inner block.
        line: usize,
        /// The line that begins the outer one.
        begin: usize,
        /// What is missing between them.
        end_marker: String,
    },
    /// Two blocks with one key.
    #[error("lines {first} and {line} both begin the block `{key}`: remove one of the two blocks")]
    Twice {
        /// The line that begins the first block.
        first: usize,
        /// The line that begins the second.
        line: usize,
        /// Their key.
        key: String,
    },
    /// A block without an end.
    #[error(
        "line {line} begins the block `{key}`, which no line ends: put `{end_marker}` behind it"
    )]
    NeverEnded {
        /// The line that begins the block.
        line: usize,
        /// Its key.
        key: String,
        /// What is missing.
        end_marker: String,
    },
    /// An end with another key than the beginning.
    #[error(
        "line {line} ends the block `{key}`, but line {begin} begins `{begin_key}`: give both the \
         same key"
    )]
    OtherKey {
        /// The line that ends the block.
        line: usize,
        /// Its key.
        key: String,
        /// The line that begins the block.
        begin: usize,
        /// Its key.
        begin_key: String,
    },
    /// An end without a beginning.
    #[error(
        "line {line} ends the block `{key}`, which no line before it begins: remove it, or put \
         `{begin_marker}` where the block begins"
    )]
    NeverBegun {
        /// The line that ends the block.
        line: usize,
        /// Its key.
        key: String,
        /// What is missing.
        begin_marker: String,
    },
    /// A marker that cannot be read.
    #[error("line {line} is a damaged marker: it should read `{expected}`")]
    Damaged {
        /// The line.
        line: usize,
        /// What it should look like.
        expected: String,
    },
}

/// A file with its block in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// The line, counted from 1, of the marker that begins the block.
    pub line: usize,
    /// Whether the markers were put in, at the end of the file.
    pub is_new: bool,
}

/// A block of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// Its key.
    pub key: String,
    /// The line, counted from 1, of the marker that begins it.
    pub line: usize,
    /// Where it comes from; `None` if an earlier version or a person wrote it.
    pub origin: Option<Origin>,
    /// The text between its markers, without the comment on its origin.
    pub content: String,
    /// Where its first marker starts, in bytes.
    start: usize,
    /// Where its last marker ends.
    end: usize,
}

/// A block whose end has not been found yet.
struct Open {
    key: Vec<u8>,
    line: usize,
    start: usize,
    /// The end of its first marker.
    inside: usize,
}

/// Makes a key of at most `max` characters: letters, digits, `.` and `_`, and a hyphen for whatever
/// stands between them, so that it cannot end the comment that it is in. Empty if nothing is left.
pub fn key_of(text: &str, max: usize) -> String {
    let mut key = String::new();
    let mut gap = false;
    for letter in text.chars() {
        if !(letter.is_alphanumeric() || matches!(letter, '.' | '_')) {
            gap = true;
            continue;
        }
        if gap && !key.is_empty() {
            key.push('-');
        }
        gap = false;
        key.push(letter);
    }
    let key: String = key.chars().take(max).collect();
    key.trim_end_matches('-').to_owned()
}

/// The marker that begins the block of a key.
pub fn begin_marker(key: &str) -> String {
    format!("{} {key} {}", text(BEGIN), text(CLOSE))
}

/// The marker that ends the block of a key.
pub fn end_marker(key: &str) -> String {
    format!("{} {key} {}", text(END), text(CLOSE))
}

/// Puts a block in its place: where the chosen one is, or at the end of the file. Lines end as those of
/// the file do.
pub fn put(file: &[u8], choice: &Choice<'_>, key: &str, origin: &Origin, block: &str) -> Updated {
    let text = format!(
        "{}\n{}\n\n{}\n\n{}",
        begin_marker(key),
        origin.comment(),
        block.trim_end(),
        end_marker(key)
    );
    let Choice::Replace(old) = choice else {
        return append(file, &text);
    };
    let after = file.get(old.start..).unwrap_or_default();
    let line_end = line_end(
        after
            .split_inclusive(|&byte| byte == b'\n')
            .next()
            .unwrap_or(after),
    );
    let before = file.get(..old.start).unwrap_or_default();
    let behind = file.get(old.end..).unwrap_or_default();
    Updated {
        bytes: [before, with_line_ends(&text, line_end).as_bytes(), behind].concat(),
        line: old.line,
        is_new: false,
    }
}

fn append(file: &[u8], block: &str) -> Updated {
    let mut added = String::new();
    if !file.is_empty() && !file.ends_with(b"\n") {
        added.push('\n');
    }
    if !file.is_empty() {
        added.push('\n');
    }
    let line = count_lines(file) + count_lines(added.as_bytes()) + 1;
    let _ = writeln!(added, "{block}");
    // The file's way is that of its first line.
    let first = file.iter().position(|&byte| byte == b'\n');
    let line_end = line_end(first.map_or(&[], |at| &file[..=at]));
    Updated {
        bytes: [file, with_line_ends(&added, line_end).as_bytes()].concat(),
        line,
        is_new: true,
    }
}

/// The blocks of a file.
///
/// # Errors
///
/// If the markers do not make pairs.
pub fn blocks(file: &[u8]) -> Result<Vec<Block>, MarkerError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Open> = None;
    let mut start = 0;
    for (number, line) in file.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let number = number + 1;
        let end = start + line.len();
        if let Some(key) = marked(line, BEGIN, number)? {
            if let Some(open) = &open {
                return Err(MarkerError::Nested {
                    line: number,
                    begin: open.line,
                    end_marker: end_marker(&text(&open.key)),
                });
            }
            if let Some(first) = blocks.iter().find(|block| block.key == text(key)) {
                return Err(MarkerError::Twice {
                    first: first.line,
                    line: number,
                    key: text(key),
                });
            }
            if !line.ends_with(b"\n") {
                return Err(never_ended(number, key));
            }
            open = Some(Open {
                key: key.to_owned(),
                line: number,
                start,
                inside: end,
            });
        } else if let Some(key) = marked(line, END, number)? {
            match open.take() {
                Some(open) if open.key == key => {
                    let inside = file.get(open.inside..start).unwrap_or_default();
                    let end = start + line.trim_ascii_end().len();
                    blocks.push(open.closed(inside, end));
                }
                Some(open) => {
                    return Err(MarkerError::OtherKey {
                        line: number,
                        key: text(key),
                        begin: open.line,
                        begin_key: text(&open.key),
                    });
                }
                None => {
                    return Err(MarkerError::NeverBegun {
                        line: number,
                        key: text(key),
                        begin_marker: begin_marker(&text(key)),
                    });
                }
            }
        }
        start = end;
    }
    match open {
        Some(open) => Err(never_ended(open.line, &open.key)),
        None => Ok(blocks),
    }
}

impl Open {
    fn closed(self, inside: &[u8], end: usize) -> Block {
        let inside = text(inside);
        let (first, rest) = inside.split_once('\n').unwrap_or((&inside, ""));
        let origin = Origin::parse(first);
        Block {
            key: text(&self.key),
            line: self.line,
            content: match origin {
                Some(_) => rest.to_owned(),
                None => inside,
            },
            origin,
            start: self.start,
            end,
        }
    }
}

fn never_ended(line: usize, key: &[u8]) -> MarkerError {
    MarkerError::NeverEnded {
        line,
        key: text(key),
        end_marker: end_marker(&text(key)),
    }
}

/// The key of a line that is a marker of this kind. A marker stands at the start of its line.
fn marked<'a>(line: &'a [u8], kind: &[u8], number: usize) -> Result<Option<&'a [u8]>, MarkerError> {
    let Some(rest) = line.strip_prefix(kind) else {
        return Ok(None);
    };
    let key = rest.trim_ascii_end().strip_suffix(CLOSE);
    match key.map(<[u8]>::trim_ascii) {
        Some(key) if !key.is_empty() && rest.starts_with(b" ") => Ok(Some(key)),
        _ => Err(MarkerError::Damaged {
            line: number,
            expected: format!("{} KEY {}", text(kind), text(CLOSE)),
        }),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// How the last line of some text ends.
fn line_end(text: &[u8]) -> &'static str {
    if text.ends_with(b"\r\n") {
        "\r\n"
    } else {
        "\n"
    }
}

fn with_line_ends(text: &str, line_end: &str) -> String {
    text.replace('\n', line_end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(platform: &str) -> Origin {
        Origin {
            date: Some("2026-11-02".to_owned()),
            platforms: vec![platform.to_owned()],
            results: None,
        }
    }

    /// Puts the block of a platform into a file.
    fn update(file: &[u8], key: &str, platform: &str, block: &str) -> Updated {
        let wanted = Wanted {
            key: key.to_owned(),
            is_key_given: true,
            origin: of(platform),
            ..Wanted::default()
        };
        let blocks = blocks(file).unwrap();
        put(
            file,
            &choose(&blocks, &wanted).unwrap(),
            key,
            &of(platform),
            block,
        )
    }

    const PI: &str = "# Title

<!-- perfkit:begin pi -->
<!-- perfkit:run date=\"2026-11-02\" platform=\"Pi 5\" -->

| a |

<!-- perfkit:end pi -->
";

    #[test]
    fn a_block_is_added_at_the_end_and_replaced_in_place() {
        let first = update(b"# Title\n", "pi", "Pi 5", "| a |\n");
        assert_eq!(text(&first.bytes), PI);
        assert_eq!((first.line, first.is_new), (3, true));
        let again = update(&first.bytes, "pi", "Pi 5", "| b |\n| c |\n");
        assert_eq!(text(&again.bytes), PI.replace("| a |", "| b |\n| c |"));
        assert_eq!((again.line, again.is_new), (3, false));
    }

    #[test]
    fn blocks_without_an_origin_get_one() {
        for older in [
            "<!-- perfkit:begin pi -->\n\nold\n\n<!-- perfkit:end pi -->\n",
            "<!--  perfkit:begin pi -->\n<!-- perfkit:end pi -->\n",
            "<!-- perfkit:begin   pi  -->  \n<!-- perfkit:end pi-->",
        ] {
            let older = older.replace("<!--  ", "<!-- ");
            let file = format!("# Title\n\n{older}");
            let updated = text(&update(file.as_bytes(), "pi", "Pi 5", "| a |").bytes);
            assert_eq!(updated.trim_end(), PI.trim_end(), "{older}");
            assert_eq!(updated.ends_with('\n'), file.ends_with('\n'));
        }
    }

    #[test]
    fn lines_end_as_the_files_do() {
        let first = update(b"a\r\nb", "k", "p", "x\ny");
        assert_eq!(
            text(&first.bytes),
            "a\r\nb\r\n\r\n<!-- perfkit:begin k -->\r\n<!-- perfkit:run date=\"2026-11-02\" \
             platform=\"p\" -->\r\n\r\nx\r\ny\r\n\r\n<!-- perfkit:end k -->\r\n"
        );
        assert_eq!(first.line, 4);
        assert_eq!(update(&first.bytes, "k", "p", "x\ny").bytes, first.bytes);
    }

    #[test]
    fn damaged_markers_are_told_with_their_lines() {
        let said = |file: &str| blocks(file.as_bytes()).unwrap_err().to_string();
        let (begin, end) = (begin_marker("k"), end_marker("k"));
        insta::assert_snapshot!(
            [
                said(&begin),
                said(&format!("\n{begin}\n")),
                said(&format!("\n{end}\n")),
                said(&format!("{begin}\n{}\n{end}\n", begin_marker("l"))),
                said(&format!("{begin}\n{end}\n{begin}\n{end}\n")),
                said(&format!("{begin}\n{}\n", end_marker("l"))),
                said("<!-- perfkit:begin k\n"),
                said("<!-- perfkit:begin -->\n"),
            ]
            .join("\n")
        );
    }

    #[test]
    fn keys_cannot_end_their_comment() {
        let key_of = |text: &str| key_of(text, MAX_KEY);
        assert_eq!(key_of("Raspberry Pi 5, 8 GB"), "Raspberry-Pi-5-8-GB");
        assert_eq!(key_of("a --> <b>--"), "a-b");
        assert_eq!(key_of("-->"), "");
    }

    proptest! {
        #[test]
        fn every_byte_outside_the_block_stays(
            before in proptest::collection::vec(any::<u8>(), 0..60),
            after in proptest::collection::vec(any::<u8>(), 0..60),
            key in "[^\u{0}]{1,20}",
        ) {
            let key = key_of(&key, MAX_KEY);
            prop_assume!(!key.is_empty());
            prop_assert!(!key.contains("--") && !key.contains('>'));
            let added = update(&before, &key, "p", "old\nblock");
            prop_assert!(added.is_new && added.bytes.starts_with(&before));
            let file = [&added.bytes[..], &after].concat();
            let replaced = update(&file, &key, "p", "new");
            prop_assert!(!replaced.is_new);
            prop_assert_eq!(replaced.line, added.line);
            prop_assert!(replaced.bytes.starts_with(&before) && replaced.bytes.ends_with(&after));
            // Back again, byte for byte.
            prop_assert_eq!(update(&replaced.bytes, &key, "p", "old\nblock").bytes, file);
        }
    }
}
