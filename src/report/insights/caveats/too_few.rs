//! Percentiles that are shown although they have too few samples.

use serde::{Deserialize, Serialize};

use super::super::words;
use crate::format;
use crate::percentile::Percentile;
use crate::report::{LabelReport, TOTAL};

/// Largest acceptable probability that the slowest sample is below the percentile.
const ERROR_PROBABILITY: f64 = 0.05;

/// Lowest percentile that is checked: lower ones need only a few samples.
const MIN_PERCENT: f64 = 75.0;

/// Percentiles that a table shows although the samples do not bound them from above.
///
/// All of n independent samples are below the quantile p with probability p^n. If that is above 5%,
/// even the slowest sample may be below the true percentile, and the figure shown is a guess.
///
/// Source: David and Nagaraja, "Order Statistics" (2003), section 7.1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TooFewSamples {
    /// The label with the fewest samples; `None` if even all samples of the run are too few.
    pub label: Option<String>,
    /// Number of samples of that label, or of the run.
    pub samples: u64,
    /// The percentiles that have too few samples.
    pub percentiles: Vec<Percentile>,
    /// Number of samples that the highest of them needs.
    pub samples_needed: u64,
    /// Number of labels shown that have too few samples.
    pub labels: u64,
}

impl TooFewSamples {
    pub(super) fn sentence(&self) -> String {
        let names = self.percentiles.iter().map(|percent| format!("p{percent}"));
        let names: Vec<String> = names.collect();
        let needed = format::thousands(self.samples_needed);
        let (names, needed) = match &names[..] {
            [first, between @ .., last] => {
                let join = if between.is_empty() { "and" } else { "to" };
                (
                    format!("{first} {join} {last}"),
                    format!("{last} needs {needed}"),
                )
            }
            names => (names.concat(), format!("needs {needed}")),
        };
        let samples = format::counted(self.samples, "sample");
        match (&self.label, self.labels) {
            (None, _) => {
                let are = if self.samples == 1 { "is" } else { "are" };
                format!("{samples} {are} too few to trust {names} ({needed}).")
            }
            (Some(label), ..=1) => format!(
                "The {samples} of {} are too few to trust {names} ({needed}).",
                words::quoted(label)
            ),
            (Some(label), labels) => format!(
                "{} labels, such as {} with {samples}, have too few to trust {names} ({needed}).",
                format::thousands(labels),
                words::quoted(label)
            ),
        }
    }
}

/// Finds percentiles of too few samples. `rows` are those of the table, TOTAL last.
pub(super) fn find(rows: &[&LabelReport]) -> Option<TooFewSamples> {
    let concerned: Vec<(&LabelReport, Vec<Percentile>)> = rows
        .iter()
        .map(|row| (*row, percentiles(row)))
        .filter(|(_, percentiles)| !percentiles.is_empty())
        .collect();
    let total = concerned.last().filter(|(row, _)| row.label == TOTAL);
    let fewest = concerned.iter().min_by_key(|(row, _)| row.samples);
    let (row, percentiles) = total.or(fewest)?;
    Some(TooFewSamples {
        label: total.is_none().then(|| row.label.clone()),
        samples: row.samples,
        percentiles: percentiles.clone(),
        samples_needed: percentiles.last().map(|last| needed(*last))?,
        labels: concerned.len() as u64 - u64::from(total.is_some()),
    })
}

/// Returns the percentiles for which a row has too few samples, ascending.
fn percentiles(row: &LabelReport) -> Vec<Percentile> {
    let shown = row.elapsed.iter().flat_map(|elapsed| &elapsed.percentiles);
    let mut percentiles: Vec<Percentile> = shown
        .map(|found| found.percent)
        // The 100th is the slowest by definition.
        .filter(|percent| (MIN_PERCENT..100.0).contains(&percent.percent()))
        .filter(|percent| row.samples < needed(*percent))
        .collect();
    percentiles.sort_by(|a, b| a.percent().total_cmp(&b.percent()));
    percentiles
}

/// Returns the smallest n with p^n <= 5%.
fn needed(percent: Percentile) -> u64 {
    (ERROR_PROBABILITY.ln() / (percent.percent() / 100.0).ln()).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{PercentileValue, Summary};

    fn row(label: &str, samples: u64) -> LabelReport {
        let percentiles = [50.0, 90.0, 99.0, 100.0].map(|percent| PercentileValue {
            percent: Percentile::new(percent).unwrap(),
            value: 1,
        });
        LabelReport {
            label: label.to_owned(),
            samples,
            elapsed: Some(Summary {
                count: samples,
                mean: 1.0,
                std_dev: 0.0,
                min: 1,
                max: 1,
                percentiles: percentiles.to_vec(),
            }),
            ..LabelReport::default()
        }
    }

    fn found(rows: &[LabelReport]) -> Option<TooFewSamples> {
        find(&rows.iter().collect::<Vec<_>>())
    }

    #[test]
    fn samples_needed_follow_from_chance() {
        // 0.9^28 = 5.2%, 0.9^29 = 4.7%.
        let needed = |percent| needed(Percentile::new(percent).unwrap());
        assert_eq!([90.0, 95.0, 99.0, 99.9].map(needed), [29, 59, 299, 2_995]);
    }

    #[test]
    fn few_samples_in_all() {
        let found = found(&[row("A", 28), row(TOTAL, 28)]).unwrap();
        assert_eq!((found.labels, found.label.is_none()), (1, true));
        insta::assert_snapshot!(found.sentence());
    }

    #[test]
    fn few_samples_of_some_labels() {
        let rows = [
            row("A", 900),
            row("B", 298),
            row("C", 40),
            row(TOTAL, 1_238),
        ];
        insta::assert_snapshot!(found(&rows).unwrap().sentence());
    }

    #[test]
    fn enough_samples_say_nothing() {
        assert_eq!(
            found(&[row("A", 299), row("B", 299), row(TOTAL, 598)]),
            None
        );
        assert_eq!(found(&[]), None);
    }
}
