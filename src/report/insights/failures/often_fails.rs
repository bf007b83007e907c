//! A run, or some of its labels, that often fail: at no special moment, and for no reason that another
//! finding tells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::super::origins::Failing;
use super::super::words as common;
use super::super::{Evidence, Part, Told, Totals, severity};
use super::changes;
use super::parts::{Found, covered};
use super::rates::{RunRates, Tally};
use super::steps;
use super::timeouts::Timeouts;
use super::words::{in_words, percent_of, shortest};
use crate::format;
use crate::report::error_kinds;
use crate::select::is_sub_result;
use crate::stats::Label;
use crate::text;

/// Smallest error rate, and fewest errors. One error in twenty is one that every user meets.
const MIN_RATIO: f64 = 0.05;
const MIN_ERRORS: u64 = 10;

/// Smallest error rate of a run with many errors, and how many those are.
const MIN_RATIO_OF_MANY: f64 = 0.01;
const MANY: u64 = 100;

/// Smallest ratio of the odds that a sample of a label fails to those of the usual labels.
const MIN_ODDS_RATIO: f64 = 3.0;

/// Smallest logarithm of the likelihood ratio to the error rate of the usual labels. Errors that come in
/// groups of up to four reach it for one of 100 labels in one of many runs.
const MIN_EVIDENCE: f64 = 15.0;

/// Share of the samples, at least, that is of usual labels before others are compared with them.
const MIN_USUAL_SHARE: f64 = 0.25;

/// Fewest samples of usual labels.
const MIN_USUAL_SAMPLES: u64 = 20;

/// Most labels that are named if the run as a whole often fails: of more, it is the run's.
const MAX_LABELS: usize = 10;

/// Longest message in a sentence, in characters.
const MAX_LENGTH: usize = 75;

/// The run, or some of its labels, fail at 5% or more, or the run at 1% or more with 100 errors, and no
/// other finding tells half of these errors. Figures are of all of their samples, without those of
/// transaction controllers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OftenFails {
    /// What fails: the run or labels.
    pub part: Part,
    /// Its name; `None` for the run. Of several labels, the one with the most errors.
    pub name: Option<String>,
    /// The other labels that often fail, those with most errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Their samples.
    pub samples: u64,
    /// How many of these failed.
    pub errors: u64,
    /// The most frequent kind of their errors, such as `expected ‹number› rows`.
    pub error: Option<String>,
    /// Their failed samples with an error of that kind.
    pub error_samples: u64,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
}

impl Told for OftenFails {
    fn sentence(&self) -> String {
        let errors = format::thousands(self.errors);
        let samples = format::thousands(self.samples);
        let share = percent_of(self.errors as f64 / self.samples.max(1) as f64);
        let failed = match &self.name {
            None => format!("{errors} of {samples} requests failed ({share})"),
            Some(name) => {
                let name = common::quoted(name);
                let others = match self.others.len() as i128 {
                    0 => String::new(),
                    count => format!(" and {}", format::counted(count, "other label")),
                };
                format!("{name}{others} failed {errors} of {samples} times ({share})")
            }
        };
        let with = match self.error_samples {
            kind if kind >= self.errors => "all with",
            kind if kind > self.errors / 2 => "mostly with",
            _ => "most often with",
        };
        let Some(error) = self.error.as_deref().map(readable) else {
            return format!("{failed}.");
        };
        shortest(&[
            format!("{failed}, {with} {}.", in_words(&error)),
            format!("{failed}, {with} {}.", common::error(&error)),
            format!("{failed}."),
        ])
    }

    fn next_step(&self) -> Vec<String> {
        let names = || self.name.iter().chain(&self.others);
        match names().count() {
            // The codes of the errors, and all samples and errors in TOTAL.
            0 => {
                let mut step = vec!["--group-by".to_owned(), "code".to_owned()];
                step.extend(steps::of([], (None, None), self.beside_controllers));
                step
            }
            1..=MAX_LABELS => steps::of(names(), (None, None), self.beside_controllers),
            _ => Vec::new(),
        }
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.errors) * severity::FAILED
    }
}

/// Replaces what messages of a kind differ in: `expected … rows`.
fn readable(kind: &str) -> String {
    let mut text = String::new();
    for (place, part) in kind.split('‹').enumerate() {
        match part.split_once('›') {
            Some((_, rest)) if place > 0 => {
                text.push('…');
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    // A message may have several lines.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_long = text.chars().count() > MAX_LENGTH && !text.starts_with("Non HTTP");
    match text.char_indices().nth(MAX_LENGTH) {
        // Of a sentence, the beginning says most.
        Some((end, _)) if is_long => {
            let start = text.get(..end).unwrap_or_default();
            let start = start.rsplit_once(' ').map_or(start, |(start, _)| start);
            format!("{}…", start.trim_end_matches(['…', ',', ' ']))
        }
        _ => text,
    }
}

/// A label, its samples, and those that other findings tell.
struct Share<'a> {
    label: &'a Label<'a>,
    total: Tally,
    explained: Tally,
}

impl Share<'_> {
    fn rest(&self) -> Tally {
        self.total.without(self.explained)
    }

    /// Whether its own errors are enough for a finding.
    fn fails_often(&self) -> bool {
        let rest = self.rest();
        rest.errors >= MIN_ERRORS
            && rest.ratio() >= MIN_RATIO
            && self.explained.errors * 2 < self.total.errors
    }
}

fn tally(samples: u64, errors: u64) -> Tally {
    Tally {
        samples,
        errors: errors.min(samples),
        first: None,
    }
}

/// Failures that other findings already report.
pub(super) struct Known<'a> {
    pub failing: &'a Failing,
    pub changes: &'a [Found],
    pub timeouts: &'a [Timeouts],
}

/// Finds labels that often fail, and whether the run does.
pub(super) fn find(
    evidence: &Evidence<'_>,
    run: Option<&RunRates<'_>>,
    known: &Known<'_>,
) -> Vec<OftenFails> {
    let has_samplers = evidence.samplers.samples > 0;
    let labels = evidence.labels.iter().filter_map(|label| {
        let stats = match has_samplers {
            true => std::borrow::Cow::Borrowed(label.samplers),
            false => label.counted_by_dashboard(),
        };
        let total = tally(stats.samples, stats.errors);
        (total.samples > 0).then(|| Share {
            label,
            total,
            explained: explained(label, total, run, known),
        })
    });
    let mut shares: Vec<Share<'_>> = labels.collect();
    let mut all = Tally::default();
    shares.iter().for_each(|share| all.add(share.total));
    spread_timeouts(&mut shares, all, known.timeouts);
    let mut told = Tally::default();
    shares.iter().for_each(|share| told.add(share.explained));
    // Labels are not told apart by what always fails, or not over time.
    let is_unknown = told.errors < known.failing.errors
        || run.is_some_and(|run| run.labels.is_empty() && !known.changes.is_empty());
    if let Some(run) = run.filter(|run| run.labels.is_empty()) {
        told.add(covered(&run.whole, known.changes.iter()));
    }
    told.errors = told.errors.max(known.failing.errors).min(all.errors);
    told.samples = told.samples.max(told.errors).min(all.samples);
    let mut often: Vec<&Share<'_>> = match is_unknown {
        true => Vec::new(),
        false => outstanding(&shares),
    };
    let often_of = |rest: Tally| {
        rest.errors >= MIN_ERRORS && rest.ratio() >= MIN_RATIO
            || rest.errors >= MANY && rest.ratio() >= MIN_RATIO_OF_MANY
    };
    let rest = all.without(told);
    if often.len() > MAX_LABELS && rest.ratio() >= MIN_RATIO {
        often.clear();
    }
    let teller = Teller { evidence };
    let mut found = Vec::new();
    if !often.is_empty() {
        for share in &often {
            told.add(share.rest());
        }
        let labels: Vec<Label<'_>> = own_labels(evidence, &often);
        found.extend(teller.labels(&often, &labels));
    }
    if often_of(all.without(told)) && told.errors * 2 < all.errors {
        let labels: Vec<Label<'_>> = shares.iter().map(|share| *share.label).collect();
        found.push(teller.tell(Part::Run, Vec::new(), all, &labels));
    }
    found
}

/// Returns the samples of a label that other findings tell, except for timeouts of several labels.
fn explained(
    label: &Label<'_>,
    total: Tally,
    run: Option<&RunRates<'_>>,
    known: &Known<'_>,
) -> Tally {
    if known.failing.labels.contains(&label.number) {
        return total;
    }
    let mut sum = Tally::default();
    if let Some(&(samples, errors)) = known.failing.explained.get(&label.number) {
        sum.add(tally(samples, errors));
    }
    let rates = run.and_then(|run| {
        let place = run
            .labels
            .iter()
            .position(|(own, _)| own.number == label.number)?;
        Some((place, &run.labels.get(place)?.1))
    });
    if let Some((place, rates)) = rates {
        let own = known.changes.iter().filter(|found| found.is_of(place));
        sum.add(covered(rates, own));
    }
    let timeouts = known.timeouts.iter();
    let is_own = |found: &&Timeouts| found.label.as_deref() == Some(&*text::of(label.name));
    for found in timeouts.filter(is_own) {
        sum.add(tally(found.errors, found.errors));
    }
    tally(sum.samples.min(total.samples), sum.errors.min(total.errors))
}

/// Counts timeouts of several labels as theirs, each in proportion to its errors.
fn spread_timeouts(shares: &mut [Share<'_>], all: Tally, timeouts: &[Timeouts]) {
    let own = timeouts.iter().filter(|found| found.label.is_none());
    let errors: u64 = own.map(|found| found.errors).sum();
    if errors == 0 || all.errors == 0 {
        return;
    }
    let ratio = (errors as f64 / all.errors as f64).min(1.0);
    for share in shares {
        let own = (share.total.errors as f64 * ratio).round() as u64;
        share.explained.add(tally(own, own));
        share.explained.errors = share.explained.errors.min(share.total.errors);
        share.explained.samples = share.explained.samples.min(share.total.samples);
    }
}

/// Returns the labels that fail far more often than the usual ones.
fn outstanding<'a, 'b>(shares: &'b [Share<'a>]) -> Vec<&'b Share<'a>> {
    // Of a million labels, few have enough errors.
    if !shares.iter().any(Share::fails_often) {
        return Vec::new();
    }
    let mut by_ratio: Vec<&Share<'_>> = shares.iter().collect();
    by_ratio.sort_by(|a, b| a.rest().ratio().total_cmp(&b.rest().ratio()));
    let samples: u64 = by_ratio.iter().map(|share| share.rest().samples).sum();
    let mut usual = Tally::default();
    for share in &by_ratio {
        if usual.samples >= MIN_USUAL_SAMPLES
            && usual.samples as f64 >= samples as f64 * MIN_USUAL_SHARE
        {
            break;
        }
        usual.add(share.rest());
    }
    let is_far = |share: &Share<'_>, usual: Tally| {
        let (own, others) = (share.rest().ratio(), usual.ratio());
        share.fails_often()
            && own * (1.0 - others) >= others * (1.0 - own) * MIN_ODDS_RATIO
            && changes::evidence(share.rest(), usual) >= MIN_EVIDENCE
    };
    let mut is_high: Vec<bool> = shares.iter().map(|share| is_far(share, usual)).collect();
    for _ in 0..5 {
        usual = Tally::default();
        let rest = shares.iter().zip(&is_high).filter(|(_, high)| !**high);
        rest.for_each(|(share, _)| usual.add(share.rest()));
        let next: Vec<bool> = shares.iter().map(|share| is_far(share, usual)).collect();
        if next == is_high {
            break;
        }
        is_high = next;
    }
    if usual.samples < MIN_USUAL_SAMPLES {
        return Vec::new();
    }
    let high = shares.iter().zip(is_high).filter(|(_, high)| *high);
    high.map(|(share, _)| share).collect()
}

/// Returns the labels without those of sub-results of others.
fn own_labels<'a>(evidence: &Evidence<'a>, often: &[&Share<'a>]) -> Vec<Label<'a>> {
    let all: HashSet<&[u8]> = evidence.labels.iter().map(|label| label.name).collect();
    let names: HashSet<&[u8]> = often.iter().map(|share| share.label.name).collect();
    let labels = often.iter().map(|share| *share.label);
    labels
        .filter(|label| {
            !is_sub_result(
                label.name,
                |name| all.contains(name),
                |name| names.contains(name),
            )
        })
        .collect()
}

struct Teller<'a, 'b> {
    evidence: &'b Evidence<'a>,
}

impl<'a> Teller<'a, '_> {
    fn labels(&self, often: &[&Share<'a>], labels: &[Label<'a>]) -> Option<OftenFails> {
        let numbers: HashSet<usize> = labels.iter().map(|label| label.number).collect();
        let mut own: Vec<&&Share<'_>> = often
            .iter()
            .filter(|share| numbers.contains(&share.label.number))
            .collect();
        own.sort_by_key(|share| std::cmp::Reverse(share.total.errors));
        let mut sum = Tally::default();
        own.iter().for_each(|share| sum.add(share.total));
        let names = own
            .iter()
            .map(|share| text::of(share.label.name).into_owned());
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| self.tell(Part::Label, names, sum, labels))
    }

    fn tell(
        &self,
        part: Part,
        mut names: Vec<String>,
        sum: Tally,
        labels: &[Label<'a>],
    ) -> OftenFails {
        let aggregate = self.evidence.aggregate;
        let error = error_kinds::most_frequent(aggregate, labels);
        let (error, error_samples) = error.unwrap_or_default();
        OftenFails {
            part,
            name: (!names.is_empty()).then(|| names.remove(0)),
            others: names,
            samples: sum.samples,
            errors: sum.errors,
            error: (!error.is_empty()).then_some(error),
            error_samples,
            beside_controllers: self.evidence.samplers.samples > 0
                && aggregate.controller_rows() > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: Option<&str>, others: usize, errors: (u64, u64), error: &str) -> OftenFails {
        OftenFails {
            part: if name.is_some() {
                Part::Label
            } else {
                Part::Run
            },
            name: name.map(str::to_owned),
            others: vec!["B".to_owned(); others],
            samples: 300,
            errors: errors.0,
            error: (!error.is_empty()).then(|| error.to_owned()),
            error_samples: errors.1,
            beside_controllers: false,
        }
    }

    #[test]
    fn sentences() {
        for (found, said) in [
            (
                found(Some("Pay"), 0, (150, 100), "502/Bad Gateway"),
                "“Pay” failed 150 of 300 times (50%), mostly with 502 Bad Gateway.",
            ),
            (
                found(Some("Pay"), 2, (150, 60), "502/Bad Gateway"),
                "“Pay” and 2 other labels failed 150 of 300 times (50%), most often with 502 Bad Gateway.",
            ),
            (
                found(None, 0, (15, 15), "It took ‹number› ms,\nnot ‹duration›"),
                "15 of 300 requests failed (5.0%), all with “It took … ms, not …”.",
            ),
            (
                found(None, 0, (15, 0), ""),
                "15 of 300 requests failed (5.0%).",
            ),
            (
                found(
                    None,
                    0,
                    (150, 100),
                    "Non HTTP response code: a.B/Non HTTP response message: \
                     a b c d e f g h i j k l m n o p q r s t",
                ),
                "150 of 300 requests failed (50%), mostly with “B: a b c d e f g h i j k l m n o p q r s t”.",
            ),
        ] {
            assert_eq!(found.sentence(), said);
        }
        assert_eq!(
            found(None, 0, (9, 9), "").next_step(),
            ["--group-by", "code"]
        );
        assert_eq!(found(Some("A"), 10, (9, 9), "").next_step(), [""; 0]);
        let label = found(Some("A"), 1, (9, 9), "").next_step();
        assert_eq!(label, ["--include", "^A$", "--include", "^B$"]);
        assert_eq!(readable("a › b ‹c"), "a › b c");
        let long = "The operation lasted too long: It took ‹duration›, but should not have lasted longer than \
                    ‹duration›.";
        let short = "The operation lasted too long: It took …, but should not have lasted…";
        assert_eq!(readable(long), short);
    }

    #[test]
    fn labels_that_stand_out() {
        let name = |errors: &[(u64, u64)]| -> Vec<u64> {
            let stats = crate::stats::LabelStats::default();
            let label = Label {
                number: 0,
                name: b"",
                samplers: &stats,
                controllers: None,
            };
            let shares: Vec<Share<'_>> = errors
                .iter()
                .map(|&(samples, errors)| Share {
                    label: &label,
                    total: tally(samples, errors),
                    explained: Tally::default(),
                })
                .collect();
            let found = outstanding(&shares).into_iter();
            found.map(|share| share.total.errors).collect()
        };
        assert_eq!(name(&[(100, 50), (100, 0), (100, 0)]), [50]);
        assert_eq!(name(&[(100, 50), (100, 40), (100, 1)]), [50, 40]);
        // About as often as the others; too few; alone.
        assert_eq!(name(&[(100, 20), (100, 12), (100, 16)]), [0; 0]);
        assert_eq!(name(&[(100, 9), (1_000, 0), (1_000, 0)]), [0; 0]);
        assert_eq!(name(&[(100, 50)]), [0; 0]);
        assert_eq!(name(&[]), [0; 0]);
    }
}
