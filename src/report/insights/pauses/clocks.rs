//! Load generators whose clocks differ: one starts and ends earlier or later than another by the same
//! time.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::super::{Told, Totals, severity, words};
use crate::jtl::InputRead;
use crate::report::engines;
use crate::stats::{Bucket, DenseTimeline};

/// Fewest rows of an engine that show when it was active.
const MIN_ROWS: u64 = 100;

/// Smallest offset, ms: engines never start at exactly the same time.
const MIN_OFFSET_MS: i64 = 5_000;

/// Smallest offset in buckets of the time series, which limit its precision.
const MIN_OFFSET_BUCKETS: i64 = 3;

/// Fewest rows that the silent engine should have written while the other was active alone, both at
/// the start and at the end. If rows are rare, an engine may be silent for a while by chance.
const MIN_MISSED_ROWS: f64 = 8.0;

/// How far the offset at the end may differ from the offset at the start, as a share of it; at least
/// one bucket of the time series at either end.
const OFFSET_TOLERANCE: f64 = 0.1;

/// Which first and last rows of an engine are left out to tell when it was active: none, or one in 100.
/// The first may be rare in a ramp, and the last is the slowest of all that are under way.
const LEFT_OUT: [Option<u64>; 2] = [None, Some(100)];

/// How many rows more the silent engine should have written for each row that is left out.
const MISSED_PER_ROW_LEFT_OUT: f64 = 3.0;

/// A load generator that starts and ends earlier or later than another by the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClocksApart {
    /// The engine: the host in its thread names, its Hostname, or its file.
    pub engine: String,
    /// By how much its first row is later, ms, to a bucket of the time series; negative if it is earlier. If
    /// the first and the last rows do not agree, one in 100 of each engine's rows is left out at both ends.
    pub later_ms: i64,
    /// The engine that it is compared with: the one that starts in the middle of all.
    pub other_engine: String,
    /// Number of engines.
    pub engines: u64,
    /// Number of engines with an offset; this one's is the largest.
    pub engines_apart: u64,
    /// Rows of this engine with `allThreads`.
    #[serde(default)]
    pub samples: u64,
}

impl Told for ClocksApart {
    fn sentence(&self) -> String {
        let than = match self.later_ms {
            0.. => "later",
            _ => "earlier",
        };
        let more = match self.engines_apart {
            1 => String::new(),
            apart => format!(" ({apart} of {} engines are off)", self.engines),
        };
        format!(
            "Engine {} runs {} {than} than {}{more}: its clock is off, or it started {than}.",
            words::quoted(&self.engine),
            words::period(self.later_ms.saturating_abs()),
            words::quoted(&self.other_engine),
        )
    }

    fn cost(&self, run: &Totals) -> f64 {
        run.share(self.samples) * severity::MISLEADING
    }
}

/// When an engine was active, in buckets.
#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    /// Its numbers: several if it wrote several inputs one after the other.
    engine: &'a [usize],
    first: i64,
    last: i64,
    rows: u64,
    /// Rows left out before the first and after the last bucket.
    left_out: u64,
}

pub(super) fn find(series: &DenseTimeline, inputs: &[InputRead]) -> Option<ClocksApart> {
    let found = |of: Option<u64>| find_without(series, inputs, of);
    LEFT_OUT.into_iter().find_map(found)
}

/// Finds an engine with an offset, ignoring a share of the first and last rows of each: one in this many.
fn find_without(
    series: &DenseTimeline,
    inputs: &[InputRead],
    one_in: Option<u64>,
) -> Option<ClocksApart> {
    let names = series.timeline().engines()?;
    let chains = series.timeline().engine_chains()?;
    let spans = spans(series, &chains, one_in);
    if spans.len() < 2 {
        return None;
    }
    // The lower median is an engine that exists and can be named.
    let mut by_start: Vec<&Span> = spans.iter().collect();
    let key = |span: &Span<'_>| span.engine.first().map(|&number| names[number]);
    by_start.sort_by_key(|span| (span.first, span.last, key(span)));
    let middle = **by_start.get((by_start.len() - 1) / 2)?;
    let apart: Vec<(i64, Span<'_>)> = spans
        .iter()
        .filter_map(|span| Some((offset(*span, middle, series.timeline().bucket_ms())?, *span)))
        .filter(|(_, span)| is_silence_significant(series, *span, middle))
        .filter(|(ms, span)| !may_start_together(series, *span, middle, *ms))
        .collect();
    let &(later_ms, span) = apart
        .iter()
        .max_by_key(|(ms, span)| (ms.unsigned_abs(), std::cmp::Reverse(key(span))))?;
    let name = |span: Span<'_>| {
        let keys = span.engine.iter().map(|&number| names[number]);
        engines::name(keys, inputs)
    };
    Some(ClocksApart {
        engine: name(span),
        later_ms,
        other_engine: name(middle),
        engines: spans.len() as u64,
        engines_apart: apart.len() as u64,
        samples: span.rows,
    })
}

fn spans<'a>(
    series: &DenseTimeline,
    chains: &'a [Vec<usize>],
    one_in: Option<u64>,
) -> Vec<Span<'a>> {
    let spans = chains.iter().filter_map(|engine| {
        let buckets = series.buckets().map(|bucket| rows_of(bucket, engine));
        let counts: Vec<u64> = buckets.collect();
        let rows: u64 = counts.iter().sum();
        let left_out = one_in.map_or(0, |one_in| rows / one_in);
        Some(Span {
            engine,
            first: place_beyond(counts.iter(), left_out)?,
            last: counts.len() as i64 - 1 - place_beyond(counts.iter().rev(), left_out)?,
            rows,
            left_out,
        })
    });
    spans.filter(|span| span.rows >= MIN_ROWS).collect()
}

/// Returns the place of the first count with which the sum exceeds a number.
fn place_beyond<'c>(counts: impl Iterator<Item = &'c u64>, number: u64) -> Option<i64> {
    let mut sum = 0;
    let mut places = (0..).zip(counts);
    let found = places.find(|(_, count)| {
        sum += *count;
        sum > number
    });
    found.map(|(place, _)| place)
}

/// Rows of an engine in a bucket.
fn rows_of(bucket: &Bucket, engine: &[usize]) -> u64 {
    let rows = bucket.rows_of_engines().enumerate();
    rows.filter(|(number, _)| engine.contains(number))
        .map(|(_, rows)| rows)
        .sum()
}

/// Returns by how many ms a span is later than another at both ends, if the offset is clear.
fn offset(span: Span<'_>, other: Span<'_>, bucket_ms: i64) -> Option<i64> {
    let (start, end) = (span.first - other.first, span.last - other.last);
    let ms = start.saturating_mul(bucket_ms);
    let is_apart = start.abs() >= MIN_OFFSET_BUCKETS && ms.saturating_abs() >= MIN_OFFSET_MS;
    let differ = (start - end).abs() as f64;
    (is_apart && differ <= (start.abs() as f64 * OFFSET_TOLERANCE).max(2.0)).then_some(ms)
}

/// Whether one engine was silent at the start and the other at the end for longer than chance explains,
/// given their numbers of rows.
fn is_silence_significant(series: &DenseTimeline, one: Span<'_>, other: Span<'_>) -> bool {
    let (earlier, later) = match one.first < other.first {
        true => (one, other),
        false => (other, one),
    };
    let missed = |silent: Span<'_>, alone: Span<'_>, indices: Range<i64>| {
        let rows: u64 = (0..)
            .zip(series.buckets())
            .filter(|(index, _)| indices.contains(index))
            .map(|(_, bucket)| rows_of(bucket, alone.engine))
            .sum();
        rows as f64 * silent.rows as f64 / alone.rows as f64
    };
    let min = |silent: Span<'_>| MIN_MISSED_ROWS + MISSED_PER_ROW_LEFT_OUT * silent.left_out as f64;
    missed(later, earlier, earlier.first..later.first) >= min(later)
        && missed(earlier, later, earlier.last + 1..later.last + 1) >= min(earlier)
}

/// Whether the engine that seems to start later may have waited for its first response all the while:
/// engines are seen when their samples end.
fn may_start_together(series: &DenseTimeline, one: Span<'_>, other: Span<'_>, ms: i64) -> bool {
    let first = one.first.max(other.first);
    let longest = usize::try_from(first)
        .ok()
        .and_then(|first| series.buckets().nth(first))
        .map_or(0, |bucket| bucket.longest);
    let bucket_ms = series.timeline().bucket_ms();
    longest
        >= ms
            .saturating_abs()
            .saturating_sub(bucket_ms.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::Timeline;
    use crate::stats::tests::sample;

    /// Engines with 300 samples each, from when to when, in seconds.
    fn run(engines: &[(i64, i64)]) -> DenseTimeline {
        run_of(300, engines)
    }

    #[test]
    fn an_engine_that_waits_for_its_first_responses() {
        let mut series = Timeline::default();
        for (engine, wait) in [(1, 0), (2, 21_000)] {
            let thread_name = format!("10.0.0.{engine}:1099-Users 1-1");
            for second in 0..200 {
                let row = Sample {
                    time_stamp: 1_000 * second,
                    elapsed: wait,
                    thread_name: thread_name.as_bytes(),
                    ..sample()
                };
                series.record(&row, 0);
            }
        }
        assert_eq!(find(&series.dense(i64::MIN..=i64::MAX), &[]), None);
    }

    /// A series of engines with `samples` each, active from second to second.
    fn run_of(samples: i64, engines: &[(i64, i64)]) -> DenseTimeline {
        let mut series = Timeline::default();
        for (number, &(from, to)) in engines.iter().enumerate() {
            let thread_name = format!("10.0.0.{number}:1099-Users 1-1");
            for sample_number in 0..samples {
                let row = Sample {
                    time_stamp: 1_000 * from + sample_number * (to - from) * 1_000 / (samples - 1),
                    thread_name: thread_name.as_bytes(),
                    ..sample()
                };
                series.record(&row, 0);
            }
        }
        series.dense(i64::MIN..=i64::MAX)
    }

    #[test]
    fn an_engine_that_starts_and_ends_later() {
        let found = find(&run(&[(0, 100), (1, 101), (60, 160)]), &[]).unwrap();
        insta::assert_snapshot!(found.sentence());
        let sooner = find(&run(&[(60, 160), (0, 100)]), &[]).unwrap();
        assert_eq!((sooner.later_ms, sooner.engines_apart), (60_000, 1));
    }

    #[test]
    fn stragglers_do_not_hide_an_offset() {
        // The last row of one engine hangs for 30 s.
        let mut series = Timeline::default();
        for (engine, from) in [(1, 0), (2, 0), (3, 20)] {
            let thread_name = format!("10.0.0.{engine}:1099-Users 1-1");
            for number in 0..300 {
                let is_straggler = engine == 2 && number == 299;
                let row = Sample {
                    time_stamp: 1_000 * from + number * 500,
                    elapsed: if is_straggler { 30_000 } else { 50 },
                    thread_name: thread_name.as_bytes(),
                    ..sample()
                };
                series.record(&row, 0);
            }
        }
        let found = find(&series.dense(i64::MIN..=i64::MAX), &[]).unwrap();
        assert_eq!((&*found.engine, found.later_ms), ("10.0.0.3:1099", 20_000));
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // Together; a little apart; one longer at the end, or at the start; alone.
        for engines in [
            &[(0, 100), (0, 100)][..],
            &[(0, 100), (1, 101)],
            &[(0, 100), (0, 160)],
            &[(0, 100), (50, 100)],
            &[(0, 100)],
        ] {
            assert_eq!(find(&run(engines), &[]), None, "{engines:?}");
        }
        assert_eq!(find(&DenseTimeline::default(), &[]), None);
    }

    #[test]
    fn a_silence_that_few_rows_explain_says_nothing() {
        // A row in 5 s: 30 s without one may be chance, 60 s are not.
        for (later, is_found) in [(30, false), (60, true)] {
            let engines = [(0, 1_000), (later, 1_000 + later)];
            let found = find(&run_of(200, &engines), &[]);
            assert_eq!(found.is_some(), is_found, "{later}");
        }
    }
}
