//! Kinds of files, told apart by their first bytes.

/// What a file is, by its first bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Gzip,
    Zstd,
    Unsupported(&'static str),
}

impl Kind {
    pub fn of(magic: &[u8]) -> Kind {
        match magic {
            [0x1F, 0x8B, ..] => Kind::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD] => Kind::Zstd,
            [b'P', b'K', 3, 4] => Kind::Unsupported("a ZIP archive"),
            [b'B', b'Z', b'h', _] => Kind::Unsupported("compressed with bzip2"),
            [0xFD, b'7', b'z', b'X'] => Kind::Unsupported("compressed with xz"),
            _ => Kind::Plain,
        }
    }
}

/// Says what a file is that is no CSV, in words that help.
///
/// # Errors
///
/// A sentence for the user, if it is one of those.
pub fn refuse_other_formats(start: &[u8]) -> Result<(), String> {
    if start.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty: no header and no row".to_owned());
    }
    let is_utf_16 = [&b"\xFF\xFE"[..], b"\xFE\xFF", b"<\0", b"\0<"]
        .iter()
        .any(|first| start.starts_with(first));
    if is_utf_16 {
        return Err(
            "is UTF-16 text, not UTF-8 as JMeter writes it: convert it first \
                    (iconv -f UTF-16 -t UTF-8)"
                .to_owned(),
        );
    }
    Ok(())
}
