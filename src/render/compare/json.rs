//! A comparison as JSON.

use serde::Serialize;

use crate::compare::Comparison;
use crate::error::{Error, Result};
use crate::render::text::readable_json;
use crate::report::CriterionResult;

/// The whole comparison, and the result of each criterion.
///
/// # Errors
///
/// None in practice: JSON can hold the whole model.
pub fn json(comparison: &Comparison, criteria: &[CriterionResult]) -> Result<String> {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        comparison: &'a Comparison,
        criteria: &'a [CriterionResult],
    }
    let json = serde_json::to_string_pretty(&Whole {
        comparison,
        criteria,
    });
    json.map(|json| readable_json(json) + "\n")
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))
}
