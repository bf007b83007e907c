//! Texts of absurd length, shortened so that different ones stay different.

use super::fault::{MAX_TEXT, TextColumn};
use super::fingerprint::Fnv;
use super::sample::Sample;
use crate::format::thousands;

/// Bytes that are kept of a long text.
const KEPT: usize = 1_000;

/// Calls `record` with the sample, in which texts of more than [`MAX_TEXT`] bytes are shortened. Returns
/// the first of them and its column.
pub fn shorten<'a>(
    sample: &Sample<'a>,
    record: impl FnOnce(&Sample<'_>),
) -> Option<(TextColumn, &'a [u8])> {
    let texts: [(TextColumn, &'a [u8]); 8] = [
        (TextColumn::Label, sample.label),
        (TextColumn::ResponseCode, sample.response_code),
        (TextColumn::ResponseMessage, sample.response_message),
        (TextColumn::FailureMessage, sample.failure_message),
        (TextColumn::ThreadName, sample.thread_name),
        (TextColumn::Url, sample.url),
        (TextColumn::Other, sample.hostname),
        (TextColumn::Other, sample.group_text),
    ];
    let first = texts
        .iter()
        .find(|(_, text)| text.len() > MAX_TEXT)
        .copied();
    if first.is_none() {
        record(sample);
        return None;
    }
    let short = texts.map(|(_, text)| (text.len() > MAX_TEXT).then(|| shortened(text)));
    let [label, code, message, failure, thread, url, host, group] =
        std::array::from_fn(|at| short[at].as_deref().unwrap_or(texts[at].1));
    record(&Sample {
        label,
        response_code: code,
        response_message: message,
        failure_message: failure,
        thread_name: thread,
        url,
        hostname: host,
        group_text: group,
        ..*sample
    });
    first
}

/// The start of a text, with the length and the hash of the whole.
fn shortened(text: &[u8]) -> Vec<u8> {
    let is_inside = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    // A character of UTF-8 has up to four bytes.
    let cut = (KEPT - 3..=KEPT).rev().find(|at| !is_inside(at));
    let mut short = text[..cut.unwrap_or(KEPT)].to_vec();
    let (length, hash) = (thousands(text.len() as u64), Fnv::of(text));
    short.extend_from_slice(format!("… ({length} bytes, hash {hash:016x})").as_bytes());
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(label: &[u8]) -> (Option<TextColumn>, Vec<u8>) {
        let mut seen = Vec::new();
        let sample = Sample {
            label,
            ..Sample::default()
        };
        let first = shorten(&sample, |sample| seen = sample.label.to_vec());
        (first.map(|(column, _)| column), seen)
    }

    #[test]
    fn long_texts_are_short_and_different() {
        let long = "é".repeat(MAX_TEXT);
        let (column, short) = labelled(long.as_bytes());
        assert_eq!(column, Some(TextColumn::Label));
        let short = String::from_utf8(short).unwrap();
        assert!(short.starts_with(&"é".repeat(KEPT / 2)), "{short}");
        assert!(short.contains("é… (131,072 bytes, hash "), "{short}");
        let (_, other) = labelled(format!("{long}!").as_bytes());
        let (_, middle) = labelled(format!("é{long}").replace("éé", "ée").as_bytes());
        assert!(short.as_bytes() != other && other != middle);
    }

    #[test]
    fn others_stay_whole() {
        let text = vec![b'x'; MAX_TEXT];
        assert_eq!(labelled(&text), (None, text));
    }
}
