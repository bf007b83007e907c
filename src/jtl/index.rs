//! Where the delimiters, line ends and quotes of a block are: one pass with SIMD compares.

use wide::u8x16;

/// Positions in a block, for those who split it into fields.
#[derive(Debug, Default)]
pub struct Index {
    /// Every delimiter and every line feed, ascending.
    pub marks: Vec<u32>,
    /// Which of the marks are line feeds: indices into `marks`.
    pub line_ends: Vec<u32>,
    /// Every double quote, ascending.
    pub quotes: Vec<u32>,
}

impl Index {
    /// Indexes `bytes[..len]`; what stands behind is padding up to a multiple of 64.
    pub fn build(&mut self, bytes: &[u8], len: usize, delimiter: u8) {
        self.marks.clear();
        self.line_ends.clear();
        self.quotes.clear();
        let delimiters = u8x16::splat(delimiter);
        let line_feeds = u8x16::splat(b'\n');
        let quotes = u8x16::splat(b'"');
        let (chunks, _) = bytes.as_chunks::<64>();
        for (number, chunk) in chunks.iter().take(len.div_ceil(64)).enumerate() {
            let base = number * 64;
            let (mut delimiter_bits, mut line_feed_bits, mut quote_bits) = (0_u64, 0_u64, 0_u64);
            let (lanes, _) = chunk.as_chunks::<16>();
            for (lane, sixteen) in lanes.iter().enumerate() {
                let text = u8x16::new(*sixteen);
                let bits =
                    |wanted: u8x16| u64::from(text.simd_eq(wanted).to_bitmask()) << (16 * lane);
                delimiter_bits |= bits(delimiters);
                line_feed_bits |= bits(line_feeds);
                quote_bits |= bits(quotes);
            }
            if len < base + 64 {
                let inside = (1_u64 << (len - base)) - 1;
                delimiter_bits &= inside;
                line_feed_bits &= inside;
                quote_bits &= inside;
            }
            // A line end's index among the marks is how many marks come before it.
            let before = self.marks.len() as u32;
            let mark_bits = delimiter_bits | line_feed_bits;
            while line_feed_bits != 0 {
                let below = line_feed_bits.wrapping_sub(1) & !line_feed_bits;
                self.line_ends
                    .push(before + (mark_bits & below).count_ones());
                line_feed_bits &= line_feed_bits - 1;
            }
            push_positions(&mut self.marks, base as u32, mark_bits);
            if quote_bits != 0 {
                push_positions(&mut self.quotes, base as u32, quote_bits);
            }
        }
    }
}

/// Appends the positions of the set bits. Eight at a time are written without asking how many
/// there are, and the surplus cut off: a branch per bit would be guessed wrong too often.
#[inline]
fn push_positions(positions: &mut Vec<u32>, base: u32, mut bits: u64) {
    let end = positions.len() + bits.count_ones() as usize;
    while bits != 0 {
        let mut eight = [0_u32; 8];
        for position in &mut eight {
            *position = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        positions.extend_from_slice(&eight);
    }
    positions.truncate(end);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn build(text: &[u8]) -> Index {
        let mut bytes = text.to_vec();
        // Padding full of everything that must not be found.
        bytes.resize(text.len() + 64, b',');
        let mut index = Index::default();
        index.build(&bytes, text.len(), b',');
        index
    }

    #[test]
    fn finds_marks_line_ends_and_quotes() {
        let index = build(b"a,\"b\"\nc,d\n");
        assert_eq!(index.marks, [1, 5, 7, 9]);
        assert_eq!(index.line_ends, [1, 3]);
        assert_eq!(index.quotes, [2, 4]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(text in proptest::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'x')], 0..300)) {
            let index = build(&text);
            let find = |wanted: &[u8]| -> Vec<u32> {
                (0..text.len()).filter(|&i| wanted.contains(&text[i])).map(|i| i as u32).collect()
            };
            prop_assert_eq!(&index.marks, &find(b",\n"));
            prop_assert_eq!(&index.quotes, &find(b"\""));
            let ends: Vec<u32> = index.line_ends.iter().map(|&e| index.marks[e as usize]).collect();
            prop_assert_eq!(ends, find(b"\n"));
        }
    }
}
