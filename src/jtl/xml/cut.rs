//! Cutting of XML into blocks, preferably between samples.

use std::sync::Arc;

use memchr::{memmem, memrchr, memrchr_iter};

use super::block::XmlBlock;
use super::reader::Setup;
use super::relay::Relay;

/// The start tags of samples, without what follows the name.
const STARTS: [&[u8]; 2] = [b"<httpSample", b"<sample"];

/// Cuts an input of XML into blocks.
#[derive(Debug)]
pub struct XmlCutter {
    relay: Arc<Relay>,
    /// The white space before the first sample on its line; `None` if there is other text before it.
    indent: Option<Vec<u8>>,
    index: u64,
    input: u32,
    blocks: u64,
}

impl XmlCutter {
    /// A cutter of the input with this number, of which these are the first bytes. It begins at `position`, and `index`
    /// is that of its blocks.
    pub fn new(setup: Setup, start: &[u8], (index, input): (u64, u32), position: u64) -> Self {
        XmlCutter {
            relay: Arc::new(Relay::new(setup, position)),
            indent: indent_of_samples(start),
            index,
            input,
            blocks: 0,
        }
    }

    /// The length of the block to cut off the front of these bytes: up to the last sample that begins in
    /// them. Without one, all of them are a block.
    pub fn cut(&self, bytes: &[u8]) -> usize {
        let Some(indent) = &self.indent else {
            return bytes.len();
        };
        let mut line_feeds = memrchr_iter(b'\n', bytes);
        let last = line_feeds.find(|&at| {
            let line = &bytes[at + 1..];
            line.strip_prefix(&indent[..]).is_some_and(begins_sample)
        });
        last.map_or(bytes.len(), |at| at + 1)
    }

    /// The next block, which has this many bytes and begins at `position`.
    pub fn block(&mut self, len: usize, position: u64, is_last: bool) -> XmlBlock {
        let number = self.blocks;
        self.blocks += 1;
        XmlBlock {
            number,
            index: self.index,
            input: self.input,
            position,
            len,
            is_last,
            relay: Arc::clone(&self.relay),
        }
    }
}

/// The white space before the first sample on its line.
fn indent_of_samples(start: &[u8]) -> Option<Vec<u8>> {
    let found = STARTS.iter().filter_map(|name| memmem::find(start, name));
    let before = &start[..found.min()?];
    let line = &before[memrchr(b'\n', before)? + 1..];
    let is_blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    is_blank.then(|| line.to_vec())
}

fn begins_sample(text: &[u8]) -> bool {
    STARTS.iter().any(|start| {
        let rest = text.strip_prefix(*start);
        rest.and_then(<[u8]>::first)
            .is_some_and(u8::is_ascii_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cutter(start: &[u8]) -> XmlCutter {
        let setup = Setup {
            name: String::new(),
            stamps: Default::default(),
            is_encoding_known: false,
            group: None,
            metrics: Vec::new(),
            reads_nested: false,
        };
        XmlCutter::new(setup, start, (0, 0), 0)
    }

    #[test]
    fn blocks_end_before_a_sample_at_the_indent_of_the_first() {
        for (text, expected) in [
            ("<r>\n<sample t=\"1\"/>\n<httpSample t", "<httpSample t"),
            (
                "<r>\n<sample >\n  <sample t=\"1\">",
                "<sample >\n  <sample t=\"1\">",
            ),
            (
                "<r>\n <sample />\n <sample \n<sample ",
                " <sample \n<sample ",
            ),
            ("<r>\n<sample />\n<sampler />", "<sample />\n<sampler />"),
            // All of it: there is no place.
            ("<r>\n<sample/>\n", ""),
            ("<r>x<sample />\n<sample />", ""),
            ("<r>\n", ""),
        ] {
            let text = text.as_bytes();
            let end = cutter(text).cut(text);
            assert_eq!(&text[end..], expected.as_bytes());
        }
    }
}
