//! Several runs in one file, by a header or XML element for each.

use serde::{Deserialize, Serialize};

use crate::jtl::InputRead;

/// A file with a header for each of several runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeveralRuns {
    /// The input's name.
    pub input: String,
    /// Its header rows, or `<testResults>` elements in XML.
    pub runs: u64,
    /// Whether it is XML.
    pub is_xml: bool,
}

impl SeveralRuns {
    pub(super) fn sentence(&self) -> String {
        let heads = match self.is_xml {
            true => "<testResults> elements",
            false => "header rows",
        };
        format!(
            "{} has {} {heads}: several runs in one file are read as one.",
            self.input, self.runs
        )
    }
}

pub(super) fn find(inputs: &[InputRead]) -> Vec<SeveralRuns> {
    let runs = inputs.iter().map(|input| {
        let summary = &input.summary;
        let runs = match &summary.xml {
            Some(xml) => xml.documents,
            None => summary.headers,
        };
        SeveralRuns {
            input: summary.name.clone(),
            runs,
            is_xml: summary.xml.is_some(),
        }
    });
    runs.filter(|found| found.runs > 1).collect()
}
