//! A custom exporter: prints a [`Report`] in InfluxDB's line protocol, with a line for each label and
//! one for TOTAL, at the end of the run.
//!
//!     cargo run --example custom_exporter -- fixtures/standard.jtl.gz
//!
//! A report has raw numbers, and `None` for undefined ones: exporters round and format them.
//! perfkit's own renderers get the same report. Saved as `report.json`, it is read back with
//! `serde_json::from_slice::<Report>`.

use std::path::PathBuf;

use perfkit::analysed::Analysis;
use perfkit::error::Result;
use perfkit::report::{LabelReport, Presentation, Report};

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let analysed = Analysis::default().read(&paths, &|_so_far| ())?;
    let report = Report::new(&analysed, Presentation::default())?;
    print!("{}", line_protocol(&report));
    Ok(())
}

/// Formats a report as lines: `jmeter,label=Log\ in samples=20i,errors=1i,p95=310i 1700000000000000000`.
pub fn line_protocol(report: &Report) -> String {
    // InfluxDB's times are in ns.
    let Some(time) = report
        .window
        .map(|window| i128::from(window.end_ms) * 1_000_000)
    else {
        return String::new();
    };
    report
        .rows()
        .map(|row| format!("jmeter,label={} {} {time}\n", tag(&row.label), fields(row)))
        .collect()
}

fn fields(row: &LabelReport) -> String {
    let mut fields = vec![
        format!("samples={}i", row.samples),
        format!("errors={}i", row.errors),
    ];
    // Undefined values, such as the throughput of an instant, are left out rather than sent as 0.
    if let Some(throughput) = row.throughput {
        fields.push(format!("throughput={throughput}"));
    }
    if let Some(elapsed) = &row.elapsed {
        fields.push(format!("mean={}", elapsed.mean));
        let percentiles = elapsed.percentiles.iter();
        fields.extend(percentiles.map(|found| format!("{}={}i", found.percent.key(), found.value)));
    }
    fields.join(",")
}

/// Formats a tag's value: escapes commas, spaces and equals signs, and turns line breaks into spaces.
fn tag(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            ',' | ' ' | '=' => escaped.extend(['\\', letter]),
            '\n' | '\r' => escaped.push_str("\\ "),
            letter => escaped.push(letter),
        }
    }
    match escaped.is_empty() {
        true => "(none)".to_owned(),
        false => escaped,
    }
}
