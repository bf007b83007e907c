//! Writes saved runs, and reads their indexes.

use std::io::Read;

use super::Index;
use crate::analysed::saved::{self, SavedError, Sections};
use crate::error::{Error, Result};

/// Encodes a saved run: its index, its report as JSON, and its summary file. An index that is too large
/// loses the labels with the fewest samples.
///
/// # Errors
///
/// If compression fails, which it does not in memory.
pub fn encode(index: &Index, report: Vec<u8>, summary: Vec<u8>) -> Result<Vec<u8>> {
    let internal = |why: String| Error::Internal(format!("cannot save the run: {why}"));
    let mut index = index.clone();
    let mut sections = Sections {
        index: Vec::new(),
        report,
        summary,
    };
    loop {
        sections.index = serde_json::to_vec(&index).map_err(|error| internal(error.to_string()))?;
        let file = sections.encode();
        if let Some(file) = file.map_err(|error| internal(error.to_string()))? {
            return Ok(file);
        }
        if !shrink(&mut index) {
            return Err(internal("its details are too long".to_owned()));
        }
    }
}

/// Leaves the rarer half of the labels out of an index, then its details; `false` if nothing is left.
fn shrink(index: &mut Index) -> bool {
    let mut samples: Vec<u64> = index.labels.iter().map(|label| label.samples).collect();
    samples.sort_unstable();
    match samples.get(samples.len() / 2) {
        Some(&median) => {
            index.labels.retain(|label| label.samples > median);
            true
        }
        None => !std::mem::take(&mut index.details).is_empty(),
    }
}

/// Reads the index of a saved run, and nothing else of it.
///
/// # Errors
///
/// If the file cannot be read, is no saved run, is damaged as far as it is read, or of a newer version.
pub fn read_index(file: impl Read) -> Result<Index, SavedError> {
    let text = saved::read_index(file)?;
    serde_json::from_slice(&text).map_err(|_| SavedError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::super::LabelIndex;
    use super::*;

    fn index(labels: u64) -> Index {
        let label = |number: u64| LabelIndex {
            // Digits that compression does not shrink much.
            label: format!("{:x}", u128::from(number + 1).wrapping_pow(29)).repeat(3),
            samples: number,
            ..LabelIndex::default()
        };
        Index {
            perfkit: "0.1.0".to_owned(),
            start_ms: 5,
            labels: (0..labels).map(label).collect(),
            ..Index::default()
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = encode(&index(2), b"{}".to_vec(), b"summary".to_vec()).unwrap();
        assert_eq!(read_index(&*file).unwrap(), index(2));
        let sections = Sections::decode(&file).unwrap();
        assert_eq!(
            (&*sections.report, &*sections.summary),
            (&b"{}"[..], &b"summary"[..])
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let text = br#"{"perfkit":"9","start_ms":1,"end_ms":2,"label_count":0,"labels":[],
            "total":{"label":"TOTAL","samples":1,"errors":0,"mood":"good"},"weather":"fine"}"#;
        let file = Sections {
            index: text.to_vec(),
            ..Sections::default()
        };
        let found = read_index(&*file.encode().unwrap().unwrap()).unwrap();
        assert_eq!((found.end_ms, found.total.samples), (2, 1));
    }

    #[test]
    fn an_index_that_is_too_large_loses_its_rarest_labels() {
        let file = encode(&index(4_000), Vec::new(), Vec::new()).unwrap();
        let found = read_index(&*file).unwrap();
        let samples: Vec<u64> = found.labels.iter().map(|label| label.samples).collect();
        assert!((100..4_000).contains(&samples.len()), "{}", samples.len());
        assert_eq!(samples[0], 4_000 - samples.len() as u64);
    }
}
