//! A server or a load generator that is much slower than the others. Both are judged from a sample of
//! the run's rows: see [`crate::stats::RowSample`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::Told;
use super::super::times::{self, Counts};
use super::super::words;
use super::slow_label::SlowLabel;
use crate::format;
use crate::jtl::InputRead;
use crate::percentile::Percentile;
use crate::report::engines;
use crate::stats::{Aggregate, Label, SampledRow};
use crate::text;

/// Fewest rows of the origin, and of the others.
const MIN_ROWS: u64 = 40;

/// Smallest ratio of its median to that of the others if they have the same labels.
const MIN_RATIO: f64 = 3.0;

/// Smallest ratio if it has labels that the others do not have: different requests take different
/// times.
const MIN_RATIO_OTHER_LABELS: f64 = 5.0;

/// Smallest share of rows with labels that the others have too, to say that they do the same work.
const MIN_SHARED_LABELS: f64 = 0.5;

/// Smallest difference of the medians, ms.
const MIN_DIFFERENCE_MS: i64 = 20;

/// Its median must reach this percentile of the others.
const OTHERS_PERCENTILE: f64 = 75.0;

/// Largest share of a host's rows that have a slow label: with more, the insight on the label suffices.
const MAX_SHARE_OF_SLOW_LABELS: f64 = 0.8;

/// A server whose samples are much slower than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowHost {
    /// Host and port in its URLs.
    pub host: String,
    /// Number of hosts.
    pub hosts: u64,
    /// Its rows in the sample of 256 to 512 rows spread evenly over the run; smaller runs are sampled
    /// completely.
    pub sampled_rows: u64,
    /// The others' rows in the sample.
    pub others_sampled_rows: u64,
    /// Median elapsed time of its rows, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' rows, ms.
    pub others_median_ms: i64,
}

impl Told for SlowHost {
    fn sentence(&self) -> String {
        let others = match self.hosts {
            2 => "the other host".to_owned(),
            hosts => format!("the other {} hosts", format::thousands(hosts - 1)),
        };
        sentence(
            &format!("Host {} is", words::quoted(&self.host)),
            &others,
            (self.median_ms, self.others_median_ms),
            (self.sampled_rows, self.others_sampled_rows),
        )
    }
}

/// A load generator whose samples are much slower than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowEngine {
    /// The engine: the host in its thread names, its Hostname, or its file.
    pub engine: String,
    /// Number of engines.
    pub engines: u64,
    /// Its rows in the sample of 256 to 512 rows spread evenly over the run; smaller runs are sampled
    /// completely.
    pub sampled_rows: u64,
    /// The others' rows in the sample.
    pub others_sampled_rows: u64,
    /// Median elapsed time of its rows, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' rows, ms.
    pub others_median_ms: i64,
}

impl Told for SlowEngine {
    fn sentence(&self) -> String {
        let others = match self.engines {
            2 => "those of the other".to_owned(),
            engines => format!("those of the other {}", format::thousands(engines - 1)),
        };
        sentence(
            &format!(
                "Samples of load generator {} are",
                words::quoted(&self.engine)
            ),
            &others,
            (self.median_ms, self.others_median_ms),
            (self.sampled_rows, self.others_sampled_rows),
        ) + " It may be overloaded or farther away."
    }
}

fn sentence(one: &str, others: &str, medians: (i64, i64), rows: (u64, u64)) -> String {
    let times = match medians.1 {
        0 => String::new(),
        median => format!(
            " ({} times as long)",
            words::times(medians.0 as f64 / median as f64)
        ),
    };
    format!(
        "{one} much slower than {others}: median {} ms against {} ms{times}, from {} and {} \
         sampled evenly over the run.",
        format::thousands(medians.0.unsigned_abs()),
        format::thousands(medians.1.unsigned_abs()),
        format::thousands(rows.0),
        format::counted(rows.1, "row"),
    )
}

pub(super) fn slow_host(
    aggregate: &Aggregate,
    labels: &[Label<'_>],
    slow_labels: &[SlowLabel],
) -> Option<SlowHost> {
    let rows: Vec<OriginRow<'_>> = aggregate.row_sample().rows().map(of_host).collect();
    let slow = slowest(&rows)?;
    // If the host serves mostly slow labels, the insight on the label says it better.
    let is_label = |row: &OriginRow<'_>| {
        let label = labels.iter().find(|label| label.number == row.label);
        label.is_some_and(|label| {
            let name = text::of(label.name);
            slow_labels.iter().any(|slow| slow.label == name)
        })
    };
    let own = rows.iter().filter(|row| row.origin == slow.origin);
    let of_slow_labels = own.filter(|row| is_label(row)).count();
    (of_slow_labels as f64 <= slow.rows as f64 * MAX_SHARE_OF_SLOW_LABELS).then(|| SlowHost {
        host: text::of(slow.origin).into_owned(),
        hosts: slow.origins,
        sampled_rows: slow.rows,
        others_sampled_rows: slow.others_rows,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
    })
}

pub(super) fn slow_engine(aggregate: &Aggregate, inputs: &[InputRead]) -> Option<SlowEngine> {
    let pieces = engines::pieces(aggregate.timeline());
    let rows = aggregate.row_sample().rows().map(|row| OriginRow {
        // All pieces of an engine count as its first one.
        origin: pieces.get(row.engine).map_or(row.engine, |keys| keys[0]),
        ..of_engine(row)
    });
    let slow = slowest(&rows.collect::<Vec<_>>())?;
    let own = [slow.origin];
    let keys = pieces.get(slow.origin).map_or(&own[..], Vec::as_slice);
    Some(SlowEngine {
        engine: engines::name(keys.iter().copied(), inputs),
        engines: slow.origins,
        sampled_rows: slow.rows,
        others_sampled_rows: slow.others_rows,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
    })
}

/// A sampled row with its origin: a host or an engine.
struct OriginRow<'a> {
    origin: &'a [u8],
    label: usize,
    elapsed: i64,
}

fn of_host(row: SampledRow<'_>) -> OriginRow<'_> {
    OriginRow {
        origin: row.host,
        label: row.label,
        elapsed: row.elapsed,
    }
}

fn of_engine(row: SampledRow<'_>) -> OriginRow<'_> {
    OriginRow {
        origin: row.engine,
        label: row.label,
        elapsed: row.elapsed,
    }
}

/// The slowest origin, and how it compares with the others.
struct Slowest<'a> {
    origin: &'a [u8],
    origins: u64,
    rows: u64,
    others_rows: u64,
    median: i64,
    others_median: i64,
}

/// Returns the slowest origin if it is clearly slower than the others together.
fn slowest<'a>(rows: &[OriginRow<'a>]) -> Option<Slowest<'a>> {
    let mut origins: BTreeMap<&[u8], Vec<&OriginRow<'a>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.origin.is_empty()) {
        origins.entry(row.origin).or_default().push(row);
    }
    let all = origins.len() as u64;
    if all < 2 {
        return None;
    }
    let enough = origins
        .iter()
        .filter(|(_, rows)| rows.len() as u64 >= MIN_ROWS);
    let (origin, own, median) = enough
        .filter_map(|(origin, rows)| Some((*origin, rows, times::median(&counts(rows))?)))
        .max_by_key(|(_, _, median)| *median)?;
    let others = origins.iter().filter(|(other, _)| **other != origin);
    let others: Vec<&OriginRow<'a>> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
    let of_others = counts(&others);
    let others_median = times::median(&of_others)?.max(0);
    let is_shared = |row: &&&OriginRow<'a>| others.iter().any(|other| other.label == row.label);
    let shared = own.iter().filter(is_shared).count();
    let slower = match shared as f64 >= own.len() as f64 * MIN_SHARED_LABELS {
        true => MIN_RATIO,
        false => MIN_RATIO_OTHER_LABELS,
    };
    let is_slow = others.len() as u64 >= MIN_ROWS
        && median as f64 >= others_median as f64 * slower
        && median.saturating_sub(others_median) >= MIN_DIFFERENCE_MS
        && median >= times::percentile(&of_others, Percentile::new(OTHERS_PERCENTILE)?)?;
    is_slow.then_some(Slowest {
        origin,
        origins: all,
        rows: own.len() as u64,
        others_rows: others.len() as u64,
        median,
        others_median,
    })
}

fn counts(rows: &[&OriginRow<'_>]) -> Counts {
    let each: Vec<Counts> = rows.iter().map(|row| vec![(row.elapsed, 1)]).collect();
    times::merged(&each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
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

    fn host(aggregate: &Aggregate) -> Option<SlowHost> {
        let labels = aggregate.labels();
        let slow = super::super::slow_label::find(&labels, &aggregate.samplers());
        slow_host(aggregate, &labels, &slow)
    }

    #[test]
    fn a_host_much_slower_than_the_others() {
        let run = run(&[
            ("http://a/", "T", "Home", 300, 20),
            ("http://b/", "T", "Home", 300, 25),
            ("http://c/x", "T", "Home", 300, 90),
        ]);
        insta::assert_snapshot!(host(&run).unwrap().sentence());
        assert_eq!(slow_engine(&run, &[]), None);
    }

    #[test]
    fn a_load_generator_much_slower_than_the_other() {
        let run = run(&[
            ("http://a/", "10.0.0.1:1099-T", "Home", 300, 20),
            ("http://a/", "10.0.0.2:1099-T", "Home", 300, 90),
        ]);
        insta::assert_snapshot!(slow_engine(&run, &[]).unwrap().sentence());
        assert_eq!(host(&run), None);
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
            assert_eq!(host(&run(&rows)), None, "{rows:?}");
        }
        assert_eq!(host(&Aggregate::default()), None);
    }
}
