//! The run's main figures in a few sentences.

use crate::format;
use crate::report::{LabelReport, Report, Summary};

/// Percentiles that the verdict mentions, in percent.
const MENTIONED: [f64; 3] = [50.0, 95.0, 99.0];

/// Writes the sentences as plain text; labels and messages are shortened to `letters` characters.
pub fn sentences(report: &Report, letters: usize) -> Vec<String> {
    let mut sentences = vec![outcome(report)];
    sentences.extend(times(&report.total));
    sentences.extend(slowest_label(report, letters));
    sentences.extend(most_frequent_error(report, letters));
    sentences
}

/// Says how many samples there were, over how long, at what rate, and how many failed.
fn outcome(report: &Report) -> String {
    let total = &report.total;
    let mut text = format::counted(total.samples, "sample");
    if let Some(window) = report.window {
        text += &format!(" in {}", format::duration(window.duration_ms()));
    }
    if let Some(rate) = report.throughput() {
        text += &format!(", {} per second", format::decimals(rate, 2));
    }
    text += &match (total.errors, total.error_ratio) {
        (0, _) => ": none failed.".to_owned(),
        (errors, _) if errors == total.samples => ": all failed.".to_owned(),
        (errors, Some(ratio)) => format!(
            ": {} failed ({}).",
            format::thousands(errors),
            format::nonzero_percent(ratio)
        ),
        (errors, None) => format!(": {} failed.", format::thousands(errors)),
    };
    text
}

/// Says how long samples took.
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
            format!("{share} took {}", at_most(found.value))
        })
        .collect();
    let slowest = format!("the slowest {} ms", format::thousands(elapsed.max));
    if let Some((_, rest)) = parts.split_first_mut() {
        for part in rest {
            *part = part.replacen(" took ", " ", 1);
        }
        parts.push(slowest);
        Some(format!("{}.", parts.join(", ")))
    } else {
        Some(format!("On average {:.0} ms, {slowest}.", elapsed.mean))
    }
}

/// Words an upper bound; JMeter's 0 ms means less than 1 ms.
fn at_most(ms: i64) -> String {
    match ms {
        0 => "less than 1 ms".to_owned(),
        ms => format!("at most {} ms", format::thousands(ms)),
    }
}

/// Names the label with the highest p95, or the highest mean if p95 was not requested. `None` with a
/// single label.
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
    let name = match label.label.trim() {
        "" => "the one without a name".to_owned(),
        label => format!("“{}”", format::shorten_middle(label, letters)),
    };
    let figure = match p95(elapsed) {
        Some(value) => format!("95% of its samples took {}", at_most(value)),
        None => format!("{:.0} ms on average", elapsed.mean),
    };
    (timed.count() > 1).then(|| format!("The slowest label is {name}: {figure}."))
}

/// Names the most frequent kind of error: by its message, or by what its messages have in common.
fn most_frequent_error(report: &Report, letters: usize) -> Option<String> {
    let kind = report.error_kinds.first()?;
    let count = match kind.count {
        1 => "once".to_owned(),
        count => format!("{} times", format::thousands(count)),
    };
    let (error, messages) = match kind.messages {
        1 => (&kind.example, String::new()),
        messages => (
            &kind.kind,
            format!(", in {} variants", format::thousands(messages)),
        ),
    };
    Some(format!(
        "The most frequent error is “{}”: {count}{messages}.",
        format::shorten_middle(error, letters),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysed::Analysed;
    use crate::percentile::Percentile;
    use crate::report::{PercentileValue, Presentation};

    fn label(name: &str, samples: u64, errors: u64, percentiles: &[(f64, i64)]) -> LabelReport {
        let empty = Report::new(&Analysed::default(), presentation())
            .unwrap()
            .total;
        LabelReport {
            label: name.to_owned(),
            samples,
            errors,
            error_ratio: Some(errors as f64 / samples as f64),
            throughput: Some(1_234.5),
            elapsed: Some(Summary {
                count: samples,
                mean: 12.4,
                std_dev: 1.0,
                min: 1,
                max: 1_270,
                percentiles: percentiles
                    .iter()
                    .map(|&(percent, value)| PercentileValue {
                        percent: Percentile::new(percent).unwrap(),
                        value,
                    })
                    .collect(),
            }),
            ..empty
        }
    }

    fn presentation() -> Presentation {
        Presentation {
            options: crate::report::Options {
                percentiles: Vec::new(),
                ..crate::report::Options::default()
            },
            ..Presentation::default()
        }
    }

    fn report(total: LabelReport, labels: Vec<LabelReport>) -> Report {
        Report {
            total,
            labels,
            ..Report::new(&Analysed::default(), presentation()).unwrap()
        }
    }

    #[test]
    fn no_time_at_all_is_less_than_a_millisecond() {
        assert_eq!(at_most(0), "less than 1 ms");
        assert_eq!(at_most(1_270), "at most 1,270 ms");
    }

    #[test]
    fn a_run_in_words() {
        let percentiles = [(50.0, 9), (90.0, 18), (95.0, 24), (99.0, 57)];
        let report = report(
            label("TOTAL", 300_000, 1, &percentiles),
            vec![
                label("Slow in the mean", 1, 0, &[(95.0, 23)]),
                label("Slow", 1, 0, &[(95.0, 24)]),
            ],
        );
        assert_eq!(
            sentences(&report, 20),
            [
                "300,000 samples, 1,234.50 per second: 1 failed (less than 0.001%).",
                "Half took at most 9 ms, 95% at most 24 ms, 99% at most 57 ms, the slowest 1,270 ms.",
                "The slowest label is “Slow”: 95% of its samples took at most 24 ms.",
            ]
        );
    }

    #[test]
    fn other_percentiles_and_outcomes() {
        let all_failed = label("TOTAL", 1, 1, &[(42.0, 5)]);
        let nameless = vec![label("A", 1, 0, &[]), label(" ", 1, 0, &[])];
        assert_eq!(
            sentences(&report(all_failed, nameless), 20),
            [
                "1 sample, 1,234.50 per second: all failed.",
                "On average 12 ms, the slowest 1,270 ms.",
                "The slowest label is the one without a name: 12 ms on average.",
            ]
        );
        let none_failed = label("TOTAL", 3, 0, &[(99.0, 5)]);
        assert_eq!(
            sentences(&report(none_failed, Vec::new()), 20),
            [
                "3 samples, 1,234.50 per second: none failed.",
                "99% took at most 5 ms, the slowest 1,270 ms.",
            ]
        );
    }
}
