//! A server or a load generator that is much slower than the others. Only successful samples count: how
//! long a host takes to refuse a connection, or to fail, is not how long it takes to answer.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::super::times::{self, Counts};
use super::super::words;
use super::super::{Told, Totals, severity};
use super::parts::{Origin, Origins, Part};
use super::steps;
use crate::format;
use crate::percentile::Percentile;
use crate::stats::OriginCell;

/// Fewest successes of the origin, and of the others.
const MIN_SAMPLES: u64 = 40;

/// Smallest ratio of its median to that of the others if they have the same labels.
const MIN_RATIO: f64 = 3.0;

/// Smallest ratio if it has labels that the others do not have: different requests take different
/// times.
const MIN_RATIO_OTHER_LABELS: f64 = 5.0;

/// Smallest share of its successes with labels that the others have too, to say that they do the same
/// work.
const MIN_SHARED_LABELS: f64 = 0.5;

/// Fewest successes of a label on either side for it to be compared.
const MIN_SAMPLES_OF_LABEL: u64 = 10;

/// Smallest ratio of the medians of a label, and the share of the successes whose labels must have it:
/// otherwise the origin is not slow but has more of the slow requests.
const MIN_RATIO_OF_LABEL: f64 = 2.0;
const MIN_SHARE_OF_SLOWER_LABELS: f64 = 0.7;

/// Smallest difference of the medians, ms.
const MIN_DIFFERENCE_MS: i64 = 20;

/// Its median must reach this percentile of the others.
const OTHERS_PERCENTILE: f64 = 75.0;

/// Largest share of a host's successes that have a slow label: with more, the insight on the label
/// suffices.
const MAX_SHARE_OF_SLOW_LABELS: f64 = 0.8;

/// A server whose successful samples are much slower than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowHost {
    /// Host and port in its URLs.
    pub host: String,
    /// Number of hosts with successful samples.
    pub hosts: u64,
    /// Its successful samples.
    pub samples: u64,
    /// The others' successful samples.
    pub others_samples: u64,
    /// Median elapsed time of its successful samples, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' successful samples together, ms.
    pub others_median_ms: i64,
    /// The smallest of the others' medians, ms.
    pub others_min_median_ms: i64,
    /// The largest of the others' medians, ms.
    pub others_max_median_ms: i64,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
    /// Whether some hosts of the run differ only by their ports.
    #[serde(default)]
    pub told_by_port: bool,
}

impl Told for SlowHost {
    fn sentence(&self) -> String {
        let others = match self.hosts {
            2 => "the other host".to_owned(),
            hosts => format!("the other {} hosts", format::thousands(hosts - 1)),
        };
        format!(
            "Host {} answers in {} at the median, {others} in {}.",
            words::quoted(&self.host),
            range(self.median_ms, self.median_ms),
            range(self.others_min_median_ms, self.others_max_median_ms),
        )
    }

    fn next_step(&self) -> Vec<String> {
        let mut step = steps::group_by(Part::Host, self.told_by_port, self.beside_controllers);
        step.push("--only-success".to_owned());
        step
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// A load generator whose successful samples are much slower than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowEngine {
    /// The engine: the host in its thread names, its Hostname, or its file.
    pub engine: String,
    /// Number of engines with successful samples.
    pub engines: u64,
    /// Its successful samples.
    pub samples: u64,
    /// The others' successful samples.
    pub others_samples: u64,
    /// Median elapsed time of its successful samples, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' successful samples together, ms.
    pub others_median_ms: i64,
    /// The smallest of the others' medians, ms.
    pub others_min_median_ms: i64,
    /// The largest of the others' medians, ms.
    pub others_max_median_ms: i64,
    /// Whether the run has rows of transaction controllers too: they are left out.
    #[serde(default)]
    pub beside_controllers: bool,
}

impl Told for SlowEngine {
    fn sentence(&self) -> String {
        let others = match self.engines {
            2 => "the other".to_owned(),
            engines => format!("the other {}", format::thousands(engines - 1)),
        };
        format!(
            "Requests from load generator {} take {} at the median, those from {others} {}.",
            words::quoted(&self.engine),
            range(self.median_ms, self.median_ms),
            range(self.others_min_median_ms, self.others_max_median_ms),
        )
    }

    fn next_step(&self) -> Vec<String> {
        let mut step = steps::group_by(Part::Engine, false, self.beside_controllers);
        step.push("--only-success".to_owned());
        step
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::SLOW
    }
}

/// Formats a median, or the smallest and the largest of several: `39 to 41 ms`.
fn range(from: i64, to: i64) -> String {
    let ms = |ms: i64| format::thousands(ms.max(0).unsigned_abs());
    match from == to {
        true => format!("{} ms", ms(from)),
        false => format!("{} to {} ms", ms(from), ms(to)),
    }
}

pub(super) fn slow_host(
    origins: &Origins<'_>,
    slow_labels: &HashSet<usize>,
    not: &HashSet<String>,
    beside_controllers: bool,
) -> Option<SlowHost> {
    let slow = slowest(origins, &origins.hosts, not)?;
    // If the host serves mostly slow labels, the insight on the label says it better.
    let cells = slow.origin.cells.iter().map(|&place| &origins.cells[place]);
    let is_slow = |label: Option<usize>| label.is_some_and(|label| slow_labels.contains(&label));
    let of_slow = cells.filter(|cell| is_slow(cell.label));
    let of_slow: u64 = of_slow.map(|cell| cell.stats.elapsed_ok.count()).sum();
    let is_explained = of_slow as f64 > slow.samples as f64 * MAX_SHARE_OF_SLOW_LABELS;
    (!is_explained).then(|| SlowHost {
        host: slow.origin.name.clone(),
        hosts: slow.origins,
        samples: slow.samples,
        others_samples: slow.others_samples,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
        others_min_median_ms: slow.others_medians.0,
        others_max_median_ms: slow.others_medians.1,
        beside_controllers,
        told_by_port: origins.are_hosts_told_by_port,
    })
}

pub(super) fn slow_engine(
    origins: &Origins<'_>,
    not: &HashSet<String>,
    beside_controllers: bool,
) -> Option<SlowEngine> {
    let slow = slowest(origins, &origins.engines, not)?;
    Some(SlowEngine {
        engine: slow.origin.name.clone(),
        engines: slow.origins,
        samples: slow.samples,
        others_samples: slow.others_samples,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
        others_min_median_ms: slow.others_medians.0,
        others_max_median_ms: slow.others_medians.1,
        beside_controllers,
    })
}

/// The slowest origin, and how it compares with the others.
struct Slowest<'a> {
    origin: &'a Origin,
    origins: u64,
    samples: u64,
    others_samples: u64,
    median: i64,
    others_median: i64,
    others_medians: (i64, i64),
}

/// Returns the slowest of some hosts or engines if it is clearly slower than the others together.
/// Those in `not` always fail.
fn slowest<'a>(
    origins: &Origins<'_>,
    of: &'a [Origin],
    not: &HashSet<String>,
) -> Option<Slowest<'a>> {
    let answering = of.iter().filter(|origin| !not.contains(&origin.name));
    let answering = answering.filter_map(|origin| {
        let counts = origin.stats.elapsed_ok.counts();
        let median = times::median(&counts)?;
        Some((origin, counts, median))
    });
    let answering: Vec<(&Origin, Counts, i64)> = answering.collect();
    if answering.len() < 2 {
        return None;
    }
    let enough = answering.iter();
    let enough = enough.filter(|(_, counts, _)| times::count(counts) >= MIN_SAMPLES);
    let (origin, own, median) = enough.max_by_key(|(_, _, median)| *median)?;
    let others = || {
        answering
            .iter()
            .filter(|(other, _, _)| other.name != origin.name)
    };
    let of_others = times::merged(others().map(|(_, counts, _)| counts));
    let others_median = times::median(&of_others)?.max(0);
    let medians = || others().map(|(_, _, median)| *median);
    let (samples, others_samples) = (times::count(own), times::count(&of_others));
    let shared = compare_labels(&origins.cells, origin, others().map(|(other, _, _)| *other));
    let slower = match shared.samples as f64 >= samples as f64 * MIN_SHARED_LABELS {
        true => MIN_RATIO,
        false => MIN_RATIO_OTHER_LABELS,
    };
    let is_slow = others_samples >= MIN_SAMPLES
        && *median as f64 >= others_median as f64 * slower
        && median.saturating_sub(others_median) >= MIN_DIFFERENCE_MS
        && *median >= times::percentile(&of_others, Percentile::new(OTHERS_PERCENTILE)?)?
        && shared.slower as f64 >= shared.compared as f64 * MIN_SHARE_OF_SLOWER_LABELS;
    is_slow.then_some(Slowest {
        origin,
        origins: answering.len() as u64,
        samples,
        others_samples,
        median: *median,
        others_median,
        others_medians: (medians().min()?, medians().max()?),
    })
}

/// Successes of an origin whose labels others have too.
#[derive(Debug, Default)]
struct Shared {
    samples: u64,
    /// Those of labels with enough successes on either side.
    compared: u64,
    /// Those of them whose label is slower on this origin.
    slower: u64,
}

fn compare_labels<'a>(
    cells: &[OriginCell<'_>],
    origin: &Origin,
    others: impl Iterator<Item = &'a Origin>,
) -> Shared {
    let own = by_label(cells, origin.cells.iter().copied());
    let others = by_label(cells, others.flat_map(|other| other.cells.iter().copied()));
    let mut shared = Shared::default();
    for (label, own) in &own {
        let (count, Some(of_others)) = (times::count(own), others.get(label)) else {
            continue;
        };
        shared.samples += count;
        let (Some(median), Some(others_median)) = (times::median(own), times::median(of_others))
        else {
            continue;
        };
        if count.min(times::count(of_others)) >= MIN_SAMPLES_OF_LABEL {
            shared.compared += count;
            if median as f64 >= others_median as f64 * MIN_RATIO_OF_LABEL {
                shared.slower += count;
            }
        }
    }
    shared
}

/// Returns the elapsed times of the successes in some cells, by label.
fn by_label(
    cells: &[OriginCell<'_>],
    places: impl Iterator<Item = usize>,
) -> BTreeMap<Option<usize>, Counts> {
    let mut by_label: BTreeMap<Option<usize>, Vec<Counts>> = BTreeMap::new();
    for cell in places.filter_map(|place| cells.get(place)) {
        let counts = cell.stats.elapsed_ok.counts();
        if !counts.is_empty() {
            by_label.entry(cell.label).or_default().push(counts);
        }
    }
    let by_label = by_label.into_iter();
    by_label
        .map(|(label, counts)| (label, times::merged(&counts)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::Finding;
    use crate::jtl::Sample;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    /// Rows given as (URL, thread name, label, count, elapsed).
    fn run(rows: &[(&str, &str, &str, u64, i64)]) -> Aggregate {
        let mut aggregate = Aggregate::default();
        let mut time_stamp = 0;
        for &(url, thread_name, label, count, elapsed) in rows {
            for _ in 0..count {
                time_stamp += 10;
                aggregate.record(&Sample {
                    time_stamp,
                    url: url.as_bytes(),
                    thread_name: thread_name.as_bytes(),
                    label: label.as_bytes(),
                    elapsed,
                    ..sample()
                });
            }
        }
        aggregate
    }

    /// The findings on hosts and engines, each sample's label being its own.
    fn found(aggregate: Aggregate) -> Vec<Finding> {
        let found = super::super::tests::found(aggregate).into_iter();
        found
            .filter(|finding| matches!(finding, Finding::SlowHost(_) | Finding::SlowEngine(_)))
            .collect()
    }

    #[test]
    fn a_host_much_slower_than_the_others() {
        let run = run(&[
            ("http://a/", "T", "Home", 300, 20),
            ("http://b/", "T", "Home", 300, 25),
            ("http://c/x", "T", "Home", 300, 90),
        ]);
        let found = found(run);
        assert_eq!(found.len(), 1);
        insta::assert_snapshot!(found[0].told().sentence(), @"Host “c” answers in 90 ms at the median, the other 2 hosts in 20 to 25 ms.");
    }

    #[test]
    fn a_load_generator_much_slower_than_the_other() {
        let run = run(&[
            ("http://a/", "10.0.0.1:1099-T", "Home", 300, 20),
            ("http://a/", "10.0.0.2:1099-T", "Home", 300, 90),
        ]);
        let found = found(run);
        assert_eq!(found.len(), 1);
        insta::assert_snapshot!(found[0].told().sentence(), @"Requests from load generator “10.0.0.2:1099” take 90 ms at the median, those from the other 20 ms.");
    }

    #[test]
    fn weak_evidence_says_nothing() {
        for rows in [
            // Twice as long; a few ms; too few rows; without a URL.
            [
                ("http://a/", "T", "Home", 300, 50),
                ("http://b/", "T", "Home", 300, 100),
            ],
            [
                ("http://a/", "T", "Home", 300, 1),
                ("http://b/", "T", "Home", 300, 9),
            ],
            [
                ("http://a/", "T", "Home", 300, 20),
                ("http://b/", "T", "Home", 39, 90),
            ],
            [
                ("http://a/", "T", "Home", 300, 20),
                ("", "T", "Home", 300, 90),
            ],
            // Other work takes other times; a slow label says it.
            [
                ("http://a/", "T", "Home", 300, 20),
                ("http://b/", "T", "Pay", 300, 90),
            ],
            [
                ("http://a/", "T", "Home", 300, 20),
                ("http://b/", "T", "Pay", 300, 900),
            ],
        ] {
            assert_eq!(found(run(&rows)), [], "{rows:?}");
        }
        assert_eq!(found(Aggregate::default()), []);
    }
}
