//! Where parts of a compressed file end that can be unpacked by themselves: blocks of BGZF and frames of
//! zstd. Their headers say it, so that nothing has to be unpacked to find it.

/// Most bytes of text in any such part. Larger ones would take much memory: they are unpacked in a stream.
pub const MAX_TEXT: usize = 16 << 20;

/// Most bytes of text in a block of zstd.
const MAX_BLOCK: usize = 128 << 10;

/// Most bytes of text in a block of BGZF.
const MAX_BGZF_BLOCK: usize = 64 << 10;

/// Most compressed bytes in a frame that zstd skips, for it to be looked at as a whole.
const MAX_SKIPPED: usize = 1 << 20;

/// What is known about the end of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// It has this many compressed bytes, and unpacks to at most this many.
    Known {
        /// Compressed bytes.
        packed: usize,
        /// Most bytes of text.
        text: usize,
    },
    /// At least this many compressed bytes are needed to know.
    Needs(usize),
    /// It is found only by unpacking, or the part is too large.
    Unknown,
}

/// Finds the end of a gzip member that is a block of BGZF: the extra field `BC` has its length (SAM/BAM
/// specification, section 4.1).
pub fn bgzf_block(bytes: &[u8]) -> Extent {
    const HEAD: usize = 12;
    const TRAILER: usize = 8;
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else {
        return Extent::Needs(HEAD);
    };
    let [0x1F, 0x8B, 8, flags, .., low, high] = *head else {
        return Extent::Unknown;
    };
    if flags & 4 == 0 {
        return Extent::Unknown;
    }
    let extra = usize::from(u16::from_le_bytes([low, high]));
    let Some(mut fields) = rest.get(..extra) else {
        return Extent::Needs(HEAD + extra);
    };
    let mut packed = None;
    while let [a, b, low, high, rest @ ..] = fields {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if let (b"BC", [low, high, ..], 2) = (&[*a, *b], rest, length) {
            packed = Some(usize::from(u16::from_le_bytes([*low, *high])) + 1);
        }
        fields = rest.get(length..).unwrap_or_default();
    }
    match packed {
        Some(packed) if packed >= HEAD + extra + TRAILER => within(bytes, packed, MAX_BGZF_BLOCK),
        _ => Extent::Unknown,
    }
}

/// Finds the end of a frame of zstd with up to `max_text` bytes of text, by the lengths of its blocks
/// (RFC 8878, section 3.1).
pub fn zstd_frame(bytes: &[u8], max_text: usize) -> Extent {
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
        return Extent::Needs(4);
    };
    if let [0x50..=0x5F, 0x2A, 0x4D, 0x18] = magic {
        return skipped_frame(bytes);
    }
    let Some(&descriptor) = rest.first() else {
        return Extent::Needs(5);
    };
    let is_single_segment = descriptor & 0x20 != 0;
    let window = usize::from(!is_single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content = match descriptor >> 6 {
        0 => usize::from(is_single_segment),
        flag => 1 << flag,
    };
    let checksum = if descriptor & 4 == 0 { 0 } else { 4 };
    let before = 5 + window + dictionary;
    let mut packed = before + content;
    let Some(field) = bytes.get(before..packed) else {
        return Extent::Needs(packed);
    };
    let known_text = content_size(field);
    let mut text = known_text.unwrap_or(0);
    loop {
        let Some(&[a, b, c]) = bytes.get(packed..).and_then(<[u8]>::first_chunk) else {
            return Extent::Needs(packed + 3);
        };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let size = (header >> 3) as usize;
        let (more, unpacked) = match header >> 1 & 3 {
            0 => (size, size),
            // One byte, repeated.
            1 => (1, size),
            2 => (size, MAX_BLOCK),
            _ => return Extent::Unknown,
        };
        packed += 3 + more;
        text += known_text.map_or(unpacked, |_| 0);
        if text > max_text {
            return Extent::Unknown;
        }
        if header & 1 == 1 {
            return within(bytes, packed + checksum, text);
        }
    }
}

/// The length of a frame's text, as its header has it, if it does.
fn content_size(field: &[u8]) -> Option<usize> {
    let size = match *field {
        [size] => size.into(),
        // Shorter texts have the field of one byte.
        [a, b] => u64::from(u16::from_le_bytes([a, b])) + 256,
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]).into(),
        _ => u64::from_le_bytes(*field.first_chunk()?),
    };
    Some(usize::try_from(size).unwrap_or(usize::MAX))
}

fn skipped_frame(bytes: &[u8]) -> Extent {
    const HEAD: usize = 8;
    let Some(&[.., a, b, c, d]) = bytes.first_chunk::<HEAD>() else {
        return Extent::Needs(HEAD);
    };
    match u32::from_le_bytes([a, b, c, d]) as usize {
        size if size <= MAX_SKIPPED => within(bytes, HEAD + size, 0),
        _ => Extent::Unknown,
    }
}

fn within(bytes: &[u8], packed: usize, text: usize) -> Extent {
    match packed <= bytes.len() {
        true => Extent::Known { packed, text },
        false => Extent::Needs(packed),
    }
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use super::*;

    /// A block of BGZF.
    pub fn bgzf(text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::fast();
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
        encoder.write_all(text).unwrap();
        let deflated = encoder.finish().unwrap();
        let mut block = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0".to_vec();
        block.extend((deflated.len() as u16 + 25).to_le_bytes());
        block.extend(deflated);
        block.extend(crc32fast::hash(text).to_le_bytes());
        block.extend((text.len() as u32).to_le_bytes());
        block
    }

    fn frame(bytes: &[u8]) -> Extent {
        zstd_frame(bytes, MAX_TEXT)
    }

    /// Asserts that the end is found from all bytes and no fewer, whatever follows.
    fn assert_found(find: fn(&[u8]) -> Extent, part: &[u8], text: usize) {
        let known = find(&[part, b"whatever follows"].concat());
        let Extent::Known {
            packed,
            text: found,
        } = known
        else {
            panic!("{known:?}");
        };
        assert_eq!(packed, part.len());
        assert!((text..=MAX_TEXT).contains(&found), "{found}");
        for length in 0..part.len() {
            let Extent::Needs(needed) = find(&part[..length]) else {
                panic!("{length}");
            };
            assert!(
                length < needed && needed <= part.len(),
                "{length}: {needed}"
            );
        }
    }

    #[test]
    fn the_end_of_a_block_is_in_its_header() {
        for text in [
            &b""[..],
            b"one\ntwo\n",
            &b"timeStamp,elapsed\n".repeat(3_000),
        ] {
            assert_found(bgzf_block, &bgzf(text), text.len());
        }
        // Other extra fields may come before.
        let mut block = bgzf(b"one\n");
        block[10] += 5;
        let size = block.len() as u16 + 5 - 1;
        block.splice(12..12, *b"XY\x01\0z");
        block[21..23].copy_from_slice(&size.to_le_bytes());
        assert_found(bgzf_block, &block, 4);
    }

    #[test]
    fn other_members_say_nothing_of_their_end() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"one\n").unwrap();
        assert_eq!(bgzf_block(&encoder.finish().unwrap()), Extent::Unknown);
        let mut block = bgzf(b"one\n");
        // Shorter than its own header.
        block[16..18].copy_from_slice(&3_u16.to_le_bytes());
        assert_eq!(bgzf_block(&block), Extent::Unknown);
        assert_eq!(bgzf_block(b"no gzip at all"), Extent::Unknown);
    }

    #[test]
    fn the_end_of_a_frame_is_found_from_its_blocks() {
        let random: Vec<u8> = (0..300_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let zeros = vec![0; 700_000];
        for text in [
            &b""[..],
            b"one\ntwo\n",
            &b"a,b\n".repeat(1_000),
            &random,
            &zeros,
        ] {
            for level in [1, 19] {
                // With the length of its text in the header, and without.
                let packed = zstd::bulk::compress(text, level).unwrap();
                assert_found(frame, &packed, text.len());
                let known = Extent::Known {
                    packed: packed.len(),
                    text: text.len(),
                };
                assert_eq!(frame(&packed), known);
                let mut encoder = zstd::Encoder::new(Vec::new(), level).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(text).unwrap();
                assert_found(frame, &encoder.finish().unwrap(), text.len());
            }
        }
        let skipped = [&b"\x50\x2A\x4D\x18\x04\0\0\0"[..], b"abcd"].concat();
        assert_found(frame, &skipped, 0);
    }

    #[test]
    fn large_frames_are_not_looked_for_to_their_end() {
        let text = vec![b'x'; MAX_TEXT + 1];
        let large = zstd::bulk::compress(&text, 1).unwrap();
        assert_eq!(frame(&large), Extent::Unknown);
        assert_eq!(frame(b"\x50\x2A\x4D\x18\xff\xff\xff\xff"), Extent::Unknown);
        assert_eq!(frame(b"\x28\xB5\x2F\xFD\x20\x00\x07\0\0"), Extent::Unknown);
    }
}
