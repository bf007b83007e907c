//! The data from which the page's script draws the chart of a series.

use std::path::Path;

use serde::Serialize;

use super::super::Detail;
use crate::format;
use crate::history::{History, PlatformHistory, Run, Series};

/// Values of all series together at the usual detail; the oldest runs are left out beyond.
const MAX_VALUES: usize = 80_000;

/// Minimum runs that are shown however many series there are.
const MIN_RUNS: usize = 60;

/// The most points of a series that the usual detail has.
const USUAL_POINTS: usize = 400;

#[derive(Serialize)]
pub struct Data {
    platforms: Vec<Platform>,
}

#[derive(Serialize)]
struct Platform {
    /// Index of the first run that is shown.
    first: usize,
    runs: Vec<RunData>,
    series: Vec<SeriesData>,
}

/// Number, name, date, and the page of its report.
#[derive(Serialize)]
struct RunData(usize, String, String, Option<String>);

#[derive(Serialize)]
struct SeriesData {
    label: String,
    metric: String,
    unit: &'static str,
    values: Vec<Option<f64>>,
    /// First run, last run, level, lower and upper end of the usual range.
    levels: Vec<(usize, usize, f64, f64, f64)>,
    outliers: Vec<usize>,
}

/// Returns the index of the first run that the page shows.
pub fn first_run(of: &PlatformHistory, detail: Detail) -> usize {
    let share = MAX_VALUES * detail.points.min(USUAL_POINTS) / USUAL_POINTS;
    let runs = (share / of.series.len().max(1)).max(MIN_RUNS);
    of.runs.len().saturating_sub(runs)
}

/// Takes the newest runs of all series; links lead from the directory of `output`.
pub fn of(history: &History, output: Option<&Path>, detail: Detail) -> Data {
    let platform = |of: &PlatformHistory| {
        let first = first_run(of, detail);
        Platform {
            first,
            runs: of
                .runs
                .iter()
                .skip(first)
                .map(|run| of_run(run, output))
                .collect(),
            series: of
                .series
                .iter()
                .map(|series| of_series(series, first))
                .collect(),
        }
    };
    Data {
        platforms: history.platforms.iter().map(platform).collect(),
    }
}

fn of_run(run: &Run, output: Option<&Path>) -> RunData {
    let page = run
        .report
        .as_deref()
        .map(|page| link(Path::new(page), output));
    let name = format::shorten(&run.name, 80);
    RunData(run.number, name, format::utc_date(run.start_ms), page)
}

fn of_series(series: &Series, first: usize) -> SeriesData {
    let levels = series.levels.iter().filter(|level| level.last >= first);
    SeriesData {
        label: series.label.clone(),
        metric: series.metric.key(),
        unit: series.unit,
        values: series
            .values
            .iter()
            .skip(first)
            .map(|value| value.map(rounded))
            .collect(),
        levels: levels
            .map(|level| {
                let [value, low, high] = [level.value, level.low, level.high].map(rounded);
                (
                    level.first.max(first) - first,
                    level.last - first,
                    value,
                    low,
                    high,
                )
            })
            .collect(),
        outliers: series
            .outliers
            .iter()
            .filter_map(|run| run.checked_sub(first))
            .collect(),
    }
}

/// Rounds to four digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// The address of a page, relative to the directory of the file that links to it.
fn link(page: &Path, output: Option<&Path>) -> String {
    let directory = output.and_then(Path::parent);
    let beside = directory.and_then(|directory| page.strip_prefix(directory).ok());
    let path = beside.unwrap_or(page).to_string_lossy().replace('\\', "/");
    let mut address = if path.starts_with('/') {
        String::new()
    } else {
        "./".to_owned()
    };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_page_and_are_harmless() {
        let of = |page: &str, output: Option<&str>| link(Path::new(page), output.map(Path::new));
        assert_eq!(
            of("site/runs/a-report/report.html", Some("site/history.html")),
            "./runs/a-report/report.html"
        );
        assert_eq!(of("runs/a b/report.html", None), "./runs/a%20b/report.html");
        assert_eq!(of("/abs/report.html", Some("out.html")), "/abs/report.html");
        assert_eq!(
            of("javascript:alert(1)", None),
            "./javascript%3Aalert%281%29"
        );
    }
}
