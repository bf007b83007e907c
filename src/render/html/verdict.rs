//! The run in a few sentences: figures of the report, picked and put into words.

use super::escape::shortened;
use super::numbers::{percent, thousands, two_decimals};
use crate::report::{LabelReport, Report, Summary};
use crate::units;

/// Percentiles that a verdict mentions, in percent.
const MENTIONED: [f64; 3] = [50.0, 95.0, 99.0];

/// The sentences, as plain text; labels and messages in them have at most `letters` letters.
pub fn sentences(report: &Report, letters: usize) -> Vec<String> {
    let mut sentences = vec![outcome(report)];
    sentences.extend(times(&report.total));
    sentences.extend(slowest_label(report, letters));
    sentences.extend(most_frequent_error(report, letters));
    sentences
}

/// How many, how long, how fast, how many failed.
fn outcome(report: &Report) -> String {
    let total = &report.total;
    let mut text = format!(
        "{} {}",
        thousands(total.samples),
        if total.samples == 1 {
            "sample"
        } else {
            "samples"
        }
    );
    if let Some(window) = report.window {
        text += &format!(" in {}", units::duration(window.duration_ms()));
    }
    if let Some(rate) = total.throughput {
        text += &format!(", {} a second", two_decimals(rate));
    }
    text += &match (total.errors, total.error_ratio) {
        (0, _) => ": none failed.".to_owned(),
        (errors, _) if errors == total.samples => ": all failed.".to_owned(),
        (errors, Some(ratio)) => format!(": {} failed ({}).", thousands(errors), percent(ratio)),
        (errors, None) => format!(": {} failed.", thousands(errors)),
    };
    text
}

/// How long they took.
fn times(total: &LabelReport) -> Option<String> {
    let elapsed = total.elapsed.as_ref()?;
    let mut parts: Vec<String> = elapsed
        .percentiles
        .iter()
        .filter(|found| MENTIONED.contains(&found.percent.percent()))
        .map(|found| {
            let share = match found.percent.percent() {
                50.0 => "Half".to_owned(),
                percent => format!("{percent}%"),
            };
            format!("{share} took at most {} ms", thousands(found.value))
        })
        .collect();
    let slowest = format!("the slowest {} ms", thousands(elapsed.max));
    if let Some((_, rest)) = parts.split_first_mut() {
        for part in rest {
            *part = part.replacen(" took at most", " at most", 1);
        }
        parts.push(slowest);
        Some(format!("{}.", parts.join(", ")))
    } else {
        Some(format!("On average {:.0} ms, {slowest}.", elapsed.mean))
    }
}

/// The label with the highest 95th percentile, or mean where there is none; `None` for one label.
fn slowest_label(report: &Report, letters: usize) -> Option<String> {
    let p95 = |summary: &Summary| {
        let all = &summary.percentiles;
        all.iter()
            .find(|found| found.percent.percent() == 95.0)
            .map(|found| found.value)
    };
    let timed = report
        .labels
        .iter()
        .filter_map(|label| Some((label, label.elapsed.as_ref()?)));
    let slowness = |summary: &Summary| (p95(summary), summary.mean);
    let (label, elapsed) = timed.clone().max_by(|(_, one), (_, other)| {
        let (one, other) = (slowness(one), slowness(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    })?;
    let name = shortened(&label.label, letters);
    let figure = match p95(elapsed) {
        Some(value) => format!("95% of its samples took at most {} ms", thousands(value)),
        None => format!("{:.0} ms on average", elapsed.mean),
    };
    (timed.count() > 1).then(|| format!("The slowest label is “{name}”: {figure}."))
}

fn most_frequent_error(report: &Report, letters: usize) -> Option<String> {
    let error = report.errors.first()?;
    Some(format!(
        "The most frequent error is “{}”: {}.",
        shortened(&error.error, letters),
        match error.count {
            1 => "once".to_owned(),
            count => format!("{} times", thousands(count)),
        }
    ))
}
