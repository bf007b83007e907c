//! Files without a header: which of JMeter's default column orders most of their first rows have.

use super::given_header::guess_header;
use super::header::Header;
use super::layout::Layout;
use super::lines::{first_line, first_lines, split_record, trim_line_end};
use super::timestamp::DatePattern;
use super::unknown_layout::UnknownLayout;
use crate::jtl::excerpt::excerpt;

/// JMeter's default column orders, newest first.
pub const DEFAULT_ORDERS: [&str; 5] = [
    // JMeter 5.0 and later
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
     bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect",
    // 3.2 to 4.0
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
     bytes,sentBytes,grpThreads,allThreads,Latency,IdleTime,Connect",
    // 3.0 and 3.1
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
     bytes,grpThreads,allThreads,Latency,IdleTime",
    // 2.13
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,grpThreads,allThreads,\
     Latency",
    // 2.12 and earlier
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,Latency",
];

/// Delimiters tried on a file without a header, in this order.
pub const DELIMITERS: [u8; 5] = [b',', b'\t', b';', b'|', b':'];

/// Number of rows that decide: enough to outvote a few damaged ones.
pub const DECIDING_ROWS: usize = 10;

/// The layout of a file whose first line is a row.
///
/// # Errors
///
/// When the first line is not a row in any of JMeter's default orders.
pub fn detect(start: &[u8], given_format: Option<&DatePattern>) -> Result<Layout, UnknownLayout> {
    let layouts = first_lines(start).map(|line| layout_of(line, given_format));
    let mut layouts = layouts.peekable();
    if let Some(Some(_)) = layouts.peek()
        && let Some(layout) = most_frequent(layouts.flatten().take(DECIDING_ROWS))
    {
        return Ok(layout);
    }
    let first_line = trim_line_end(first_line(start));
    match guess_header(first_line, &DELIMITERS) {
        Some(guess) => Err(UnknownLayout::UnnamedColumns(guess)),
        None => Err(UnknownLayout::NotResults(excerpt(first_line))),
    }
}

/// The layout, except for its width, in which the first line of `rows` is a row.
fn layout_of(rows: &[u8], given_format: Option<&DatePattern>) -> Option<Layout> {
    let line = trim_line_end(first_line(rows));
    for delimiter in DELIMITERS {
        let fields = split_record(line, delimiter);
        for order in DEFAULT_ORDERS {
            let names: Vec<&str> = order.split(',').collect();
            // The newest order may be followed by sample_variables.
            let fits = names.len() == fields.len()
                || (order == DEFAULT_ORDERS[0] && fields.len() > names.len());
            if !fits {
                continue;
            }
            let header = Header {
                delimiter,
                names: names.into_iter().map(str::to_owned).collect(),
                respelled: Vec::new(),
            };
            let layout = Layout {
                has_header: false,
                ..Layout::of(header)
            };
            if layout.is_row(&fields, given_format) {
                return Some(layout);
            }
        }
    }
    None
}

/// The most frequent item; of equally frequent ones, the first.
pub fn most_frequent<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(known, _)| *known == item) {
            Some((_, count)) => *count += 1,
            None => counts.push((item, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(item, _)| item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equally_frequent_items_are_taken_in_order() {
        assert_eq!(most_frequent([1, 2, 2, 1, 3]), Some(1));
        assert_eq!(most_frequent([1, 2, 2]), Some(2));
        assert_eq!(most_frequent::<u8>([]), None);
    }
}
