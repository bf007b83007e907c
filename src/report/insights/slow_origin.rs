//! A server or a load generator much slower than the others. Both are known of a sample of the run's
//! rows: see [`crate::stats::RowSample`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::slow_label::SlowLabel;
use super::times::{self, Counts};
use super::words;
use crate::format;
use crate::jtl::InputRead;
use crate::percentile::Percentile;
use crate::stats::{Aggregate, Label, SampledRow};

/// Rows of the one and of the others, fewest.
const FEWEST_ROWS: u64 = 40;

/// How often as long as the others' its samples take, by the medians, at least, where they are of
/// the same labels.
const SLOWER: f64 = 3.0;

/// The same where they are of labels that the others do not have: other requests take other times.
const SLOWER_AT_OTHER_WORK: f64 = 5.0;

/// Share of rows whose labels others have too, if they do the same work.
const SAME_WORK: f64 = 0.5;

/// By how much longer they take, at least, ms.
const SLOWER_MS: i64 = 20;

/// The percentile of the others that its median is not below.
const OTHERS: f64 = 75.0;

/// Share of a host's rows that are of one slow label, if that says it all.
const OF_ONE_LABEL: f64 = 0.8;

/// A server whose samples take much longer than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowHost {
    /// Host and port of its URLs.
    pub host: String,
    /// How many hosts there are.
    pub hosts: u64,
    /// Rows of it looked at, of 256 to 512 spread evenly over the run, or of all if there are fewer.
    pub sampled_rows: u64,
    /// Rows of the others looked at.
    pub others_sampled_rows: u64,
    /// Median elapsed time of its rows, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' rows, ms.
    pub others_median_ms: i64,
}

impl SlowHost {
    pub(super) fn sentence(&self) -> String {
        let others = match self.hosts {
            2 => "the other host".to_owned(),
            hosts => format!("the other {} hosts", format::thousands(hosts - 1)),
        };
        sentence(
            &format!("The host {} is", words::quoted(&self.host)),
            &others,
            (self.median_ms, self.others_median_ms),
            (self.sampled_rows, self.others_sampled_rows),
        )
    }
}

/// A load generator whose samples take much longer than those of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlowEngine {
    /// The engine: `host:port` of its thread names, its Hostname, or its file.
    pub engine: String,
    /// How many engines there are.
    pub engines: u64,
    /// Rows of it looked at, of 256 to 512 spread evenly over the run, or of all if there are fewer.
    pub sampled_rows: u64,
    /// Rows of the others looked at.
    pub others_sampled_rows: u64,
    /// Median elapsed time of its rows, ms.
    pub median_ms: i64,
    /// Median elapsed time of the others' rows, ms.
    pub others_median_ms: i64,
}

impl SlowEngine {
    pub(super) fn sentence(&self) -> String {
        let others = match self.engines {
            2 => "those of the other".to_owned(),
            engines => format!("those of the other {}", format::thousands(engines - 1)),
        };
        sentence(
            &format!(
                "Samples of the load generator {} are",
                words::quoted(&self.engine)
            ),
            &others,
            (self.median_ms, self.others_median_ms),
            (self.sampled_rows, self.others_sampled_rows),
        ) + " Is it overloaded, or farther away?"
    }
}

fn sentence(one: &str, others: &str, medians: (i64, i64), rows: (u64, u64)) -> String {
    let times = match medians.1 {
        0 => String::new(),
        median => format!(
            ", {} times as long",
            words::times(medians.0 as f64 / median as f64)
        ),
    };
    format!(
        "{one} much slower than {others}: median {} ms against {} ms{times} (of {} and {} rows, taken \
         evenly from all).",
        format::thousands(medians.0.unsigned_abs()),
        format::thousands(medians.1.unsigned_abs()),
        format::thousands(rows.0),
        format::thousands(rows.1),
    )
}

pub(super) fn slow_host(
    aggregate: &Aggregate,
    labels: &[Label<'_>],
    slow_labels: &[SlowLabel],
) -> Option<SlowHost> {
    let rows: Vec<Row<'_>> = aggregate.row_sample().rows().map(of_host).collect();
    let slow = slowest(&rows)?;
    // Where all that it does is a label that is known to be slow, that says it better.
    let is_label = |row: &Row<'_>| {
        let label = labels.iter().find(|label| label.number == row.label);
        label.is_some_and(|label| {
            let name = String::from_utf8_lossy(label.name);
            slow_labels.iter().any(|slow| slow.label == name)
        })
    };
    let own = rows.iter().filter(|row| row.origin == slow.origin);
    let of_slow_labels = own.filter(|row| is_label(row)).count();
    (of_slow_labels as f64 <= slow.rows as f64 * OF_ONE_LABEL).then(|| SlowHost {
        host: String::from_utf8_lossy(slow.origin).into_owned(),
        hosts: slow.origins,
        sampled_rows: slow.rows,
        others_sampled_rows: slow.others_rows,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
    })
}

pub(super) fn slow_engine(aggregate: &Aggregate, inputs: &[InputRead]) -> Option<SlowEngine> {
    let rows: Vec<Row<'_>> = aggregate.row_sample().rows().map(of_engine).collect();
    let slow = slowest(&rows)?;
    Some(SlowEngine {
        engine: words::engine(slow.origin, inputs),
        engines: slow.origins,
        sampled_rows: slow.rows,
        others_sampled_rows: slow.others_rows,
        median_ms: slow.median,
        others_median_ms: slow.others_median,
    })
}

/// A row by where it comes from.
struct Row<'a> {
    origin: &'a [u8],
    label: usize,
    elapsed: i64,
}

fn of_host(row: SampledRow<'_>) -> Row<'_> {
    Row {
        origin: row.host,
        label: row.label,
        elapsed: row.elapsed,
    }
}

fn of_engine(row: SampledRow<'_>) -> Row<'_> {
    Row {
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

/// The slowest origin, if it clearly is slower than the others together.
fn slowest<'a>(rows: &[Row<'a>]) -> Option<Slowest<'a>> {
    let mut origins: BTreeMap<&[u8], Vec<&Row<'a>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.origin.is_empty()) {
        origins.entry(row.origin).or_default().push(row);
    }
    let all = origins.len() as u64;
    if all < 2 {
        return None;
    }
    let enough = origins
        .iter()
        .filter(|(_, rows)| rows.len() as u64 >= FEWEST_ROWS);
    let (origin, own, median) = enough
        .filter_map(|(origin, rows)| Some((*origin, rows, times::median(&counts(rows))?)))
        .max_by_key(|(_, _, median)| *median)?;
    let others = origins.iter().filter(|(other, _)| **other != origin);
    let others: Vec<&Row<'a>> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
    let of_others = counts(&others);
    let others_median = times::median(&of_others)?.max(0);
    let is_shared = |row: &&&Row<'a>| others.iter().any(|other| other.label == row.label);
    let shared = own.iter().filter(is_shared).count();
    let slower = match shared as f64 >= own.len() as f64 * SAME_WORK {
        true => SLOWER,
        false => SLOWER_AT_OTHER_WORK,
    };
    let is_slow = others.len() as u64 >= FEWEST_ROWS
        && median as f64 >= others_median as f64 * slower
        && median.saturating_sub(others_median) >= SLOWER_MS
        && median >= times::percentile(&of_others, Percentile::new(OTHERS)?)?;
    is_slow.then_some(Slowest {
        origin,
        origins: all,
        rows: own.len() as u64,
        others_rows: others.len() as u64,
        median,
        others_median,
    })
}

fn counts(rows: &[&Row<'_>]) -> Counts {
    let each: Vec<Counts> = rows.iter().map(|row| vec![(row.elapsed, 1)]).collect();
    times::merged(&each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    /// Rows of these: URL, thread name, label, how many, how long.
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
