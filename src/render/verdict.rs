//! The verdict on a run: passed or failed, and the worst fact first.

use crate::format::{self, brief_percent, counted, thousands};
use crate::render::table::Tone;
use crate::report::{CriterionResult, LabelReport, Report, Summary};

/// Maximum number of failed criteria that are quoted.
const MAX_QUOTED: usize = 3;

/// What a run comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `Failed`, `Passed`, `Not judged` or `No criteria`.
    pub word: &'static str,
    /// What the word means.
    pub tone: Option<Tone>,
    /// The worst fact.
    pub headline: String,
    /// What else to know at once, in sentences.
    pub facts: Vec<String>,
}

/// Judges a run. Labels and messages are shortened to `letters` characters.
pub fn of(report: &Report, letters: usize) -> Verdict {
    let criteria = &report.criteria;
    let count = |is_one: fn(&CriterionResult) -> bool| {
        criteria.iter().filter(|result| is_one(result)).count()
    };
    let failed = count(|result| result.is_failed);
    let undecided = count(|result| result.is_undecided && !result.is_failed);
    let all = counted(criteria.len() as u64, "criterion").replace("criterions", "criteria");
    let of_all = |some: usize, word: &str| format!("{} of {all} {word}", thousands(some as u64));
    let worst = worst_fact(report);
    let (word, tone, criteria_in_words) = match (criteria.is_empty(), failed, undecided) {
        (true, ..) => ("No criteria", None, None),
        (_, 1.., _) => ("Failed", Some(Tone::Bad), Some(of_all(failed, "failed"))),
        (_, 0, 1..) => {
            let words = of_all(undecided, "could not be judged");
            ("Not judged", Some(Tone::Open), Some(words))
        }
        _ => ("Passed", Some(Tone::Good), Some(format!("{all} passed"))),
    };
    let mut facts: Vec<String> = Vec::new();
    let headline = match criteria_in_words {
        Some(words) => words,
        None => worst.clone(),
    };
    let quoted = criteria.iter().filter(|result| result.is_failed);
    facts.extend(quoted.take(MAX_QUOTED).map(|result| {
        let label = format::shorten_middle(&result.label, letters);
        format!("{} ({label}): {}.", result.text, result.in_words())
    }));
    facts.extend((!criteria.is_empty()).then(|| format!("{worst}.")));
    facts.extend(slowest_label(report, letters));
    facts.extend(most_frequent_error(report, letters));
    Verdict {
        word,
        tone,
        headline,
        facts,
    }
}

/// Says what is worst about a run, without a full stop.
fn worst_fact(report: &Report) -> String {
    let total = &report.total;
    let labels = &report.labels;
    let is_failing = |label: &&LabelReport| label.errors > 0 && label.errors >= label.samples;
    let failing = labels.iter().filter(is_failing).count();
    match (total.errors, total.error_ratio) {
        _ if total.samples == 0 => "No samples".to_owned(),
        (0, _) if total.samples == 1 => "The only request succeeded".to_owned(),
        (0, _) => format!("All {} requests succeeded", thousands(total.samples)),
        (errors, _) if errors >= total.samples => "Every request failed".to_owned(),
        _ if failing > 0 && labels.len() > 1 => match failing {
            1 => format!(
                "1 of {} fails every request",
                counted(labels.len() as u64, "label")
            ),
            _ => format!(
                "{} of {} fail every request",
                thousands(failing as u64),
                counted(labels.len() as u64, "label")
            ),
        },
        (errors, Some(ratio)) => {
            let (some, all) = (thousands(errors), thousands(total.samples));
            format!("{some} of {all} requests failed ({})", brief_percent(ratio))
        }
        (errors, None) => counted(errors, "request") + " failed",
    }
}

/// Words an upper bound; JMeter's 0 ms means less than 1 ms.
fn at_most(ms: i64) -> String {
    match ms {
        0 => "less than 1 ms".to_owned(),
        ms => format!("at most {} ms", thousands(ms)),
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
        count => format!("{} times", thousands(count)),
    };
    let (error, messages) = match kind.messages {
        1 => (&kind.example, String::new()),
        messages => (&kind.kind, format!(", in {} variants", thousands(messages))),
    };
    Some(format!(
        "The most frequent error is “{}”: {count}{messages}.",
        format::shorten_middle(error, letters),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentile::Percentile;
    use crate::report::PercentileValue;

    fn label(name: &str, samples: u64, errors: u64, p95: Option<i64>) -> LabelReport {
        let percentiles = p95.into_iter().map(|value| PercentileValue {
            percent: Percentile::DEFAULTS[2],
            value,
        });
        LabelReport {
            label: name.to_owned(),
            samples,
            errors,
            error_ratio: Some(errors as f64 / samples as f64),
            elapsed: Some(Summary {
                count: samples,
                mean: 12.4,
                std_dev: 1.0,
                min: 1,
                max: 1_270,
                percentiles: percentiles.collect(),
            }),
            ..LabelReport::default()
        }
    }

    fn report(total: LabelReport, labels: Vec<LabelReport>) -> Report {
        Report {
            total,
            labels,
            ..Report::default()
        }
    }

    fn criterion(is_failed: bool, is_undecided: bool) -> CriterionResult {
        CriterionResult {
            text: "p95 > 20ms".to_owned(),
            label: "Login".to_owned(),
            is_failed,
            is_undecided,
            message: "p95 is 24 ms".to_owned(),
            ..CriterionResult::default()
        }
    }

    fn headline(errors: [u64; 3]) -> String {
        let labels = errors.map(|errors| label("A", 10, errors, None)).to_vec();
        let total = label("TOTAL", 30, errors.iter().sum(), None);
        of(&report(total, labels), 20).headline
    }

    #[test]
    fn the_worst_fact_comes_first() {
        assert_eq!(headline([0, 0, 0]), "All 30 requests succeeded");
        assert_eq!(headline([3, 0, 0]), "3 of 30 requests failed (10%)");
        assert_eq!(headline([10, 0, 1]), "1 of 3 labels fails every request");
        assert_eq!(headline([10, 10, 0]), "2 of 3 labels fail every request");
        assert_eq!(headline([10, 10, 10]), "Every request failed");
        assert_eq!(of(&Report::default(), 20).headline, "No samples");
    }

    #[test]
    fn criteria_decide() {
        let run = |criteria: Vec<CriterionResult>| {
            let run = report(label("TOTAL", 10, 0, None), Vec::new());
            of(&Report { criteria, ..run }, 20)
        };
        let failed = run(vec![criterion(true, false), criterion(false, false)]);
        assert_eq!((failed.word, failed.tone), ("Failed", Some(Tone::Bad)));
        assert_eq!(failed.headline, "1 of 2 criteria failed");
        assert_eq!(
            failed.facts,
            [
                "p95 > 20ms (Login): p95 is 24 ms.",
                "All 10 requests succeeded."
            ]
        );
        let undecided = run(vec![criterion(false, true)]);
        assert_eq!(undecided.headline, "1 of 1 criterion could not be judged");
        let passed = run(vec![criterion(false, false), criterion(false, false)]);
        assert_eq!(
            (passed.word, &*passed.headline),
            ("Passed", "2 criteria passed")
        );
        assert_eq!(run(Vec::new()).word, "No criteria");
    }

    #[test]
    fn the_slowest_label_is_named() {
        let labels = vec![label("Fast", 1, 0, Some(23)), label("Slow", 1, 0, Some(24))];
        let facts = of(&report(label("TOTAL", 2, 0, None), labels), 20).facts;
        assert_eq!(
            facts,
            ["The slowest label is “Slow”: 95% of its samples took at most 24 ms."]
        );
        let labels = vec![label("A", 1, 0, None), label(" ", 1, 0, None)];
        let facts = of(&report(label("TOTAL", 2, 0, None), labels), 20).facts;
        assert_eq!(
            facts,
            ["The slowest label is the one without a name: 12 ms on average."]
        );
        assert_eq!(at_most(0), "less than 1 ms");
    }
}
