//! An exporter of one's own: a [`Report`] as InfluxDB's line protocol, a line for each label and one
//! for TOTAL, at the end of the run.
//!
//!     perfkit analyze results.jtl
//!     cargo run --example custom_exporter -- results-report/report.json
//!
//! A report has raw numbers, and `None` for what is undefined; how they are shown is for whoever shows
//! them. The same report is what perfkit's own renderers get.

use std::error::Error;
use std::fs;

use perfkit::report::{LabelReport, Report};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("give a report.json")?;
    let report: Report = serde_json::from_slice(&fs::read(path)?)?;
    print!("{}", line_protocol(&report));
    Ok(())
}

/// The lines of a report: `jmeter,label=Log\ in samples=20i,errors=1i,p95=310i 1700000000000000000`.
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
    // What is undefined, such as the throughput of an instant, is left out and not sent as 0.
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

/// A tag's value: commas, blanks and equals signs are escaped, and a line break would end the line.
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
