//! The live page before the first sample.

use maud::html;

use super::document::{Parts, document};
use super::{DETAILS, charts};
use crate::error::Result;
use crate::render::print::html::BREAK;

/// Renders a page that waits, and shows the run once it has a sample.
pub fn waiting(revision: u64) -> Result<String> {
    let drawn = charts::sections(None, Vec::new(), DETAILS[0])?;
    Ok(document(&Parts {
        title: "Load test",
        head: html! { p.verdict { "Waiting for the first sample." } (BREAK) },
        heading: None,
        has_controls: false,
        sections: &[],
        data: &drawn.data,
        version: env!("CARGO_PKG_VERSION"),
        revision: Some(revision),
    }))
}
