//! Several runs in one file, each with its own header or XML document.

use serde::{Deserialize, Serialize};

use super::super::words;
use crate::format;
use crate::jtl::InputRead;

/// A file that holds several runs, each with its own header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeveralRuns {
    /// The input's name.
    pub input: String,
    /// The number of header rows, or of `<testResults>` elements in XML.
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
            "{} has {} {heads}: it holds several runs, which are analyzed as one.",
            words::quoted(&self.input),
            format::thousands(self.runs)
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
