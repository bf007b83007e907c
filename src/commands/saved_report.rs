//! Reads reports saved as `report.json` or in a saved run, and selects a part of them.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::analysed::Analysis;
use crate::analysed::saved::{self, Sections};
use crate::error::{Error, Result};
use crate::report::{Report, SCHEMA_VERSION, TimeSeries};
use crate::select::Bound;

/// Whether a file starts like JSON or a saved run, which no results file does. `false` for standard input,
/// and for a file that cannot be opened: reading it later reports the error.
pub fn is_report(path: &Path) -> bool {
    const MAX_START: u64 = 64;
    let mut start = Vec::new();
    // A pipe can be read only once: look only into regular files.
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    if is_file && let Ok(file) = File::open(path) {
        let _ = file.take(MAX_START).read_to_end(&mut start);
    }
    start.starts_with(&saved::MAGIC) || start.trim_ascii_start().first() == Some(&b'{')
}

/// Reads a report.
///
/// # Errors
///
/// If the file cannot be read, is cut short, is not a report, has another layout, or contradicts itself.
pub fn read(path: &Path) -> Result<Report> {
    /// The field that every layout has.
    #[derive(serde::Deserialize)]
    struct Layout {
        schema_version: u32,
    }
    let mut bytes = fs::read(path).map_err(|error| Error::read(path, error))?;
    let name = path.display().to_string();
    if bytes.starts_with(&saved::MAGIC) {
        let sections = Sections::decode(&bytes);
        bytes = sections.map_err(|why| Error::input(&name, why))?.report;
    }
    let damaged = |error: serde_json::Error| {
        let why = match error.is_eof() {
            true => "is cut short: analyze those results again",
            false => "is not a report.json of perfkit analyze",
        };
        Error::input(&name, format!("{why}: {error}"))
    };
    // Check this first: a report of another layout would look damaged.
    let layout: Layout = serde_json::from_slice(&bytes).map_err(damaged)?;
    if layout.schema_version != SCHEMA_VERSION {
        return Err(Error::input(
            &name,
            format!(
                "has version {} of the layout, but this perfkit reads version {SCHEMA_VERSION}: analyze those results again",
                layout.schema_version
            ),
        ));
    }
    let report: Report = serde_json::from_slice(&bytes).map_err(damaged)?;
    match report.check() {
        Ok(()) => Ok(report),
        Err(contradiction) => Err(Error::input(
            &name,
            format!(
                "is a report that contradicts itself ({contradiction}): analyze those results again"
            ),
        )),
    }
}

/// Applies the selection of an analysis to a saved run, unless the run was saved with that selection.
/// Only a part of its time can be selected, in whole slices.
///
/// # Errors
///
/// If the analysis selects anything but a time that the run was not saved with, or a time without
/// samples.
pub fn select(report: Report, analysis: &Analysis, name: &str) -> Result<Report> {
    let selection = &analysis.selection;
    let chosen = selection.options();
    if chosen.is_empty() || report.options.selection == chosen {
        return Ok(report);
    }
    let (times, rest) = selection.split_times();
    let rest = rest.options();
    if !rest.is_empty() && report.options.selection != rest {
        return Err(Error::input(
            name,
            format!(
                "was not saved with {}: give its results file, or save it with the same options. For a \
                 saved report, only --from, --to and --trim-ramp can be chosen",
                rest.join(" ")
            ),
        ));
    }
    let refused = |why: String| Error::input(name, why);
    let window = report
        .window
        .ok_or_else(|| refused("has no samples".to_owned()))?;
    let (mut from, mut to) = (window.start_ms, window.end_ms.saturating_add(1));
    if times.trim_ramp {
        let series = report.time_series.as_ref();
        (from, to) = series.and_then(TimeSeries::plateau).ok_or_else(|| {
            refused(
                "has no steady state for --trim-ramp: choose a time with --from and --to"
                    .to_owned(),
            )
        })?;
    }
    let zone = &analysis.reading.timestamps.zone;
    let moment = |bound: &Bound| bound.moment.in_run(window.start_ms, window.end_ms, zone);
    if let Some(bound) = &times.from {
        from = from.max(moment(bound));
    }
    if let Some(bound) = &times.to {
        to = to.min(moment(bound));
    }
    let times = times.options();
    let words = times.join(" ");
    let mut part = report.within(from, to).ok_or_else(|| {
        refused(match &report.slices {
            None => {
                format!("was saved without slices, which {words} needs: analyze its results again")
            }
            Some(_) => format!("has no samples within {words}"),
        })
    })?;
    part.options.selection.extend(times);
    Ok(part)
}
