//! A history as JSON.

use crate::error::{Error, Result};
use crate::history::History;
use crate::render::text::readable_json;

/// The whole history.
///
/// # Errors
///
/// None in practice: JSON can hold the whole model.
pub fn json(history: &History) -> Result<String> {
    let json = serde_json::to_string(history);
    json.map(|json| readable_json(json) + "\n")
        .map_err(|error| Error::Internal(format!("cannot write JSON: {error}")))
}
