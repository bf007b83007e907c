//! Kinds of files, told apart by their first bytes.

/// The kind of a file.
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
