//! Rows that are kept for a while.

use std::ops::ControlFlow;

use super::reader::{RejectedRow, Row};
use crate::jtl::fault::Fault;
use crate::jtl::sample::{Sample, TEXTS};

/// The rows of a block.
#[derive(Debug, Default)]
pub(super) struct Batch {
    rows: Vec<StoredRow>,
    /// Their texts, one after the other.
    text: Vec<u8>,
    /// The metrics of samples.
    metrics: Vec<Option<i64>>,
}

#[derive(Debug)]
struct StoredRow {
    /// Lines before it.
    lines: u64,
    content: Content,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all rows are samples")]
enum Content {
    /// A sample without its texts and metrics, and how long they are.
    Sample(Sample<'static>, [u32; TEXTS], u32),
    /// A rejected row: its position, fault, and the length of its value.
    Rejected(u64, Fault, u32),
}

impl Batch {
    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.text.clear();
        self.metrics.clear();
    }

    /// Keeps a row with this many lines before it.
    pub fn push(&mut self, lines: u64, row: Row<'_>) {
        let content = match row {
            Ok(sample) => {
                let texts = sample.texts();
                for text in texts {
                    self.text.extend_from_slice(text);
                }
                self.metrics.extend_from_slice(sample.metrics);
                Content::Sample(
                    sample.with_texts([b""; TEXTS], &[]),
                    texts.map(|text| text.len() as u32),
                    sample.metrics.len() as u32,
                )
            }
            Err(RejectedRow {
                position,
                fault,
                value,
            }) => {
                self.text.extend_from_slice(value);
                Content::Rejected(position, fault, value.len() as u32)
            }
        };
        self.rows.push(StoredRow { lines, content });
    }

    /// Gives the rows to `take` in order until it breaks, as if there were more lines before them.
    pub fn give(&self, lines: u64, mut take: impl FnMut(u64, Row<'_>) -> ControlFlow<()>) {
        let (mut text, mut metrics) = (&self.text[..], &self.metrics[..]);
        for row in &self.rows {
            let content = match &row.content {
                Content::Sample(sample, lengths, width) => {
                    let texts = lengths.map(|length| first(&mut text, length));
                    Ok(sample.with_texts(texts, first(&mut metrics, *width)))
                }
                Content::Rejected(position, fault, length) => Err(RejectedRow {
                    position: *position,
                    fault: *fault,
                    value: first(&mut text, *length),
                }),
            };
            if take(lines + row.lines, content).is_break() {
                return;
            }
        }
    }
}

/// Takes the first elements off a slice.
fn first<'s, T>(rest: &mut &'s [T], length: u32) -> &'s [T] {
    let (first, others) = rest.split_at(length as usize);
    *rest = others;
    first
}
