//! The places of delimiters, line ends and quotes in a block, found with SIMD in one pass.

use fearless_simd::{Level, dispatch, mask8x64, prelude::*, u8x64};

/// Bytes that are compared at once.
pub const CHUNK: usize = 64;

/// Positions in a block, from which it is split into fields.
#[derive(Debug, Default)]
pub struct Index {
    marks: Positions,
    line_ends: Positions,
    quotes: Positions,
}

impl Index {
    /// The position before the first byte (wrapped around), then the positions of all delimiters
    /// and line feeds, ascending. Field `n` of a block lies between marks `n` and `n + 1`.
    pub fn marks(&self) -> &[u32] {
        self.marks.get()
    }

    /// The indices of the marks that are line feeds.
    pub fn line_ends(&self) -> &[u32] {
        self.line_ends.get()
    }

    /// The positions of all double quotes, ascending.
    pub fn quotes(&self) -> &[u32] {
        self.quotes.get()
    }

    /// Indexes `bytes[..len]`. Padding must follow, up to a multiple of [`CHUNK`].
    pub fn build(&mut self, bytes: &[u8], len: usize, delimiter: u8) {
        // Compiled for every level of SIMD, and chosen by the processor's.
        dispatch!(Level::new(), simd => self.build_with(simd, bytes, len, delimiter));
    }

    #[inline(always)]
    fn build_with<S: Simd>(&mut self, simd: S, bytes: &[u8], len: usize, delimiter: u8) {
        self.marks.clear();
        self.line_ends.clear();
        self.quotes.clear();
        self.marks.push(u32::MAX);
        let (chunks, _) = bytes.as_chunks::<CHUNK>();
        let (whole, rest) = (len / CHUNK, len % CHUNK);
        let mut base = 0;
        for chunk in chunks.iter().take(whole) {
            self.add_chunk(simd, (chunk, base), delimiter, u64::MAX);
            base += CHUNK as u32;
        }
        if let Some(chunk) = chunks.get(whole) {
            self.add_chunk(simd, (chunk, base), delimiter, (1 << rest) - 1);
        }
    }

    /// Indexes the bytes of a chunk whose bits are set in `inside`.
    #[inline(always)]
    fn add_chunk<S: Simd>(
        &mut self,
        simd: S,
        (chunk, base): (&[u8; CHUNK], u32),
        delimiter: u8,
        inside: u64,
    ) {
        let text = u8x64::simd_from(simd, *chunk);
        let bits = |wanted: u8| text.simd_eq(wanted).to_bitmask() & inside;
        let mut line_feed_bits = bits(b'\n');
        let mark_bits = bits(delimiter) | line_feed_bits;
        let quote_bits = bits(b'"');
        // The index of a line feed is the number of marks before it.
        let before = self.marks.count as u32;
        while line_feed_bits != 0 {
            let below = line_feed_bits.wrapping_sub(1) & !line_feed_bits;
            self.line_ends
                .push(before + (mark_bits & below).count_ones());
            line_feed_bits &= line_feed_bits - 1;
        }
        self.marks.push_bits(simd, base, mark_bits);
        if quote_bits != 0 {
            self.quotes.push_bits(simd, base, quote_bits);
        }
    }
}

/// Ascending positions. The memory is reused from block to block.
#[derive(Debug, Default)]
struct Positions {
    /// The positions, followed by room for more.
    places: Vec<u32>,
    count: usize,
}

impl Positions {
    fn get(&self) -> &[u32] {
        &self.places[..self.count]
    }

    fn clear(&mut self) {
        self.count = 0;
    }

    #[inline(always)]
    fn push(&mut self, position: u32) {
        if self.places.len() == self.count {
            self.make_room();
        }
        self.places[self.count] = position;
        self.count += 1;
    }

    /// Appends the positions of the set bits, counted from `base`.
    #[inline(always)]
    fn push_bits<S: Simd>(&mut self, simd: S, base: u32, bits: u64) {
        if self.places.len() - self.count < CHUNK {
            self.make_room();
        }
        let count = bits.count_ones() as usize;
        let room = &mut self.places[self.count..];
        if can_compress(simd) {
            compress(simd, room, base, bits);
        } else {
            spread(room, base, bits);
        }
        self.count += count;
    }

    #[cold]
    fn make_room(&mut self) {
        self.places
            .resize((self.places.len() * 2).max(16 * CHUNK), 0);
    }
}

/// Whether the processor can compress a vector, which moves its chosen bytes together, in one
/// instruction.
#[inline(always)]
fn can_compress<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let can = matches!(simd.level(), Level::Avx512(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let can = false;
    can
}

/// Writes the positions of the set bits to the front of `room`, and arbitrary values behind them.
#[inline(always)]
fn compress<S: Simd>(simd: S, room: &mut [u32], base: u32, bits: u64) {
    let all = u8x64::from_fn(simd, |position| position as u8);
    let chosen = all.compress(mask8x64::from_bitmask(simd, bits));
    let (sixteens, _) = room.as_chunks_mut::<16>();
    let (offsets, _) = chosen.as_slice().as_chunks::<16>();
    let mut left = bits.count_ones();
    for (places, offsets) in sixteens.iter_mut().zip(offsets) {
        for (place, &offset) in places.iter_mut().zip(offsets) {
            *place = base + u32::from(offset);
        }
        if left <= 16 {
            break;
        }
        left -= 16;
    }
}

/// Like [`compress`], bit by bit. Several positions at a time are written without checking how many
/// are left, because a branch per bit would often be mispredicted: first eight, which most chunks
/// have, then four.
#[inline(always)]
fn spread(room: &mut [u32], base: u32, mut bits: u64) {
    let Some((eight, rest)) = room.split_first_chunk_mut::<8>() else {
        return;
    };
    for place in eight {
        *place = base + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
    let (fours, _) = rest.as_chunks_mut::<4>();
    for four in fours {
        if bits == 0 {
            break;
        }
        for place in four {
            *place = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    }
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
        assert_eq!(index.marks(), [u32::MAX, 1, 5, 7, 9]);
        assert_eq!(index.line_ends(), [2, 4]);
        assert_eq!(index.quotes(), [2, 4]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_search(text in proptest::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'x')], 0..300)) {
            let index = build(&text);
            let find = |wanted: &[u8]| -> Vec<u32> {
                (0..text.len()).filter(|&i| wanted.contains(&text[i])).map(|i| i as u32).collect()
            };
            prop_assert_eq!(&index.marks()[1..], &find(b",\n"));
            prop_assert_eq!(index.quotes(), &find(b"\""));
            let ends: Vec<u32> = index.line_ends().iter().map(|&e| index.marks()[e as usize]).collect();
            prop_assert_eq!(ends, find(b"\n"));
        }
    }
}
