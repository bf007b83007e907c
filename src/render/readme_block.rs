//! The block of a README that `--update` rewrites, between two marker comments.
//!
//! Files are bytes here: what is not between the markers stays as it is, whatever it is.

use std::fmt::Write;

const BEGIN: &[u8] = b"<!-- perfkit:begin";
const END: &[u8] = b"<!-- perfkit:end";
const CLOSE: &[u8] = b"-->";

/// Letters of a key: enough for the name of any machine.
const MAX_KEY: usize = 100;

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

/// A block that the file has: from the end of its first marker to the start of its last.
struct Place {
    key: Vec<u8>,
    line: usize,
    from: usize,
    to: usize,
}

/// A text as a key: letters, digits, `.` and `_`, and a hyphen for whatever stands between them,
/// so that it cannot end the comment that it is in. Empty if nothing is left.
pub fn key_of(text: &str) -> String {
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
    let key: String = key.chars().take(MAX_KEY).collect();
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

/// Puts `block` between the markers of `key`, which are added at the end of a file that has none.
/// Lines end as those of the file do.
///
/// # Errors
///
/// When markers of any key do not make pairs.
pub fn update(file: &[u8], key: &str, block: &str) -> Result<Updated, MarkerError> {
    let places = places(file)?;
    match places.iter().find(|place| place.key == key.as_bytes()) {
        Some(place) => {
            let line_end = line_end(&file[..place.from]);
            let inside = with_line_ends(&format!("\n{}\n\n", block.trim_end()), line_end);
            Ok(Updated {
                bytes: [&file[..place.from], inside.as_bytes(), &file[place.to..]].concat(),
                line: place.line,
                is_new: false,
            })
        }
        None => Ok(append(file, key, block)),
    }
}

fn append(file: &[u8], key: &str, block: &str) -> Updated {
    let mut added = String::new();
    if !file.is_empty() && !file.ends_with(b"\n") {
        added.push('\n');
    }
    if !file.is_empty() {
        added.push('\n');
    }
    let line = count_lines(file) + count_lines(added.as_bytes()) + 1;
    let _ = write!(
        added,
        "{}\n\n{}\n\n{}\n",
        begin_marker(key),
        block.trim_end(),
        end_marker(key)
    );
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
fn places(file: &[u8]) -> Result<Vec<Place>, MarkerError> {
    let mut places: Vec<Place> = Vec::new();
    let mut open: Option<Place> = None;
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
            if let Some(first) = places.iter().find(|place| place.key == key) {
                return Err(MarkerError::Twice {
                    first: first.line,
                    line: number,
                    key: text(key),
                });
            }
            if !line.ends_with(b"\n") {
                return Err(never_ended(number, key));
            }
            open = Some(Place {
                key: key.to_owned(),
                line: number,
                from: end,
                to: end,
            });
        } else if let Some(key) = marked(line, END, number)? {
            match open.take() {
                Some(place) if place.key == key => places.push(Place { to: start, ..place }),
                Some(place) => {
                    return Err(MarkerError::OtherKey {
                        line: number,
                        key: text(key),
                        begin: place.line,
                        begin_key: text(&place.key),
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
        Some(place) => Err(never_ended(place.line, &place.key)),
        None => Ok(places),
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

    #[test]
    fn a_block_is_added_at_the_end_and_replaced_in_place() {
        let first = update(b"# Title\n", "pi", "| a |\n").unwrap();
        let expected = "# Title\n\n<!-- perfkit:begin pi -->\n\n| a |\n\n<!-- perfkit:end pi -->\n";
        assert_eq!(text(&first.bytes), expected);
        assert_eq!((first.line, first.is_new), (3, true));
        let again = update(&first.bytes, "pi", "| b |\n| c |\n").unwrap();
        assert_eq!(
            text(&again.bytes),
            expected.replace("| a |", "| b |\n| c |")
        );
        assert_eq!((again.line, again.is_new), (3, false));
    }

    #[test]
    fn lines_end_as_the_files_do() {
        let first = update(b"a\r\nb", "k", "x\ny").unwrap();
        assert_eq!(
            text(&first.bytes),
            "a\r\nb\r\n\r\n<!-- perfkit:begin k -->\r\n\r\nx\r\ny\r\n\r\n<!-- perfkit:end k -->\r\n"
        );
        assert_eq!(first.line, 4);
        assert_eq!(
            update(&first.bytes, "k", "x\ny").unwrap().bytes,
            first.bytes
        );
    }

    #[test]
    fn damaged_markers_are_told_with_their_lines() {
        let said = |file: &str| update(file.as_bytes(), "k", "x").unwrap_err().to_string();
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
            let key = key_of(&key);
            prop_assume!(!key.is_empty());
            prop_assert!(!key.contains("--") && !key.contains('>'));
            let added = update(&before, &key, "old\nblock").unwrap();
            prop_assert!(added.is_new && added.bytes.starts_with(&before));
            let file = [&added.bytes[..], &after].concat();
            let replaced = update(&file, &key, "new").unwrap();
            prop_assert!(!replaced.is_new);
            prop_assert_eq!(replaced.line, added.line);
            prop_assert!(replaced.bytes.starts_with(&before) && replaced.bytes.ends_with(&after));
            // Back again, byte for byte.
            prop_assert_eq!(update(&replaced.bytes, &key, "old\nblock").unwrap().bytes, file);
        }
    }
}
