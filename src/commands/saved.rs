//! Reports that were saved as `report.json`.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::report::{Report, SCHEMA_VERSION};

/// Whether a file begins as JSON does, and as no result file of JMeter. A file that cannot be
/// opened is none: whoever reads it says why. Standard input is not looked into.
pub fn is_report(path: &Path) -> bool {
    const LOOKED_AT: u64 = 64;
    let mut start = Vec::new();
    // What is no plain file, such as a pipe, can be read only once.
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    if is_file && let Ok(file) = File::open(path) {
        let _ = file.take(LOOKED_AT).read_to_end(&mut start);
    }
    start.trim_ascii_start().first() == Some(&b'{')
}

/// The report of a file.
///
/// # Errors
///
/// When it cannot be read, is cut short or no report, or has another layout.
pub fn read(path: &Path) -> Result<Report> {
    /// What a report of any layout has.
    #[derive(serde::Deserialize)]
    struct Layout {
        schema_version: u32,
    }
    let bytes = fs::read(path).map_err(|error| Error::read(path, error))?;
    let name = path.display().to_string();
    let damaged = |error: serde_json::Error| {
        let why = match error.is_eof() {
            true => "is cut short: analyze those results again",
            false => "is not a report.json of perfkit analyze",
        };
        Error::input(&name, format!("{why}: {error}"))
    };
    // First, for a report of another layout would be taken for a damaged one.
    let layout: Layout = serde_json::from_slice(&bytes).map_err(damaged)?;
    if layout.schema_version != SCHEMA_VERSION {
        return Err(Error::input(
            &name,
            format!(
                "was written in version {} of the layout, and this perfkit reads version {SCHEMA_VERSION}: analyze those results again",
                layout.schema_version
            ),
        ));
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}
