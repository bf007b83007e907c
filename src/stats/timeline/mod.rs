//! The run over time, in buckets that widen as the run gets longer, so that memory is bounded.

mod buckets;
mod dense;

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, FirstFailure, Numbers, Renumbering};
use super::codes::Codes;
use super::consistency::{self, Checked};
use super::engines::{Engines, MAX_ENGINES};
use super::label_codes::LabelCodes;
use super::origins::KnownEngine;
use super::run::{BatchRow, Run, Texts};
use crate::jtl::{self, Sample, Trace};

use buckets::Buckets;
pub(super) use buckets::WIDTHS;
pub use dense::DenseTimeline;

/// Labels that are told apart over time. If a run has more, they are counted together here.
const MAX_LABELS: usize = 100;

/// The run over time. A sample belongs to the bucket of its end; only hits belong to the bucket of
/// the start.
///
/// Buckets start at multiples of their width since the epoch. Only buckets with samples exist, and
/// the width is the narrowest that keeps their number within bounds. So stray time stamps widen
/// nothing while they are few, and merging is associative and commutative. [`DenseTimeline`] is the
/// form for charts: without gaps, in buckets as wide as that needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Timeline {
    buckets: Buckets,
    are_labels_joined: bool,
    codes: Codes,
    label_codes: LabelCodes,
    engines: Engines,
}

impl Timeline {
    /// Adds a sample of the label with this number.
    pub fn record(&mut self, sample: &Sample<'_>, label: usize) {
        let engine = self.engine(sample);
        self.record_of_engine(sample, label, engine);
    }

    /// Does the same for a sample whose engine has this number.
    pub fn record_of_engine(&mut self, sample: &Sample<'_>, label: usize, engine: usize) {
        let code = self.code(sample.response_code);
        self.label_codes.record(label, code, sample.sample_count);
        let label = self.label_over_time(label);
        let end = sample.end();
        let bucket = self.buckets.at(sample.time_stamp);
        bucket.hits += sample.sample_count;
        bucket.hits_span.add(sample.time_stamp, end);
        let numbers = Numbers {
            label,
            code,
            engine,
        };
        self.buckets.at(end).record(sample, numbers);
        self.buckets.note_end(end, sample.is_controller());
    }

    /// Counts the response code with this number for samples of a label.
    #[inline(always)]
    pub fn record_code(&mut self, label: usize, code: usize, samples: u64) {
        self.label_codes.record(label, code, samples);
    }

    /// Adds rows with these texts. Their response code is yet to be recorded for their labels.
    pub fn record_run(&mut self, run: &Run<'_>, texts: Texts) {
        let engine = usize::from(texts.engine);
        if let Some(reach) = run.reach() {
            self.engines.extend_known(engine, reach);
        }
        let numbers = Numbers {
            label: texts
                .label
                .map_or(0, |label| self.label_over_time(label as usize)),
            code: usize::from(texts.code),
            engine,
        };
        self.buckets.record_starts(run);
        let end = run.rows.first().map_or(run.last_end, BatchRow::end);
        self.buckets.at(end).record_run(run, numbers);
        self.buckets.note_ends(run);
    }

    /// Returns how many of the first rows end in the same bucket.
    pub fn ends_together(&mut self, rows: &[BatchRow]) -> usize {
        self.buckets.ends_together(rows)
    }

    /// The number of a label over time, which all share if there are too many.
    fn label_over_time(&mut self, label: usize) -> usize {
        if label >= MAX_LABELS {
            self.join_labels();
        }
        if self.are_labels_joined { 0 } else { label }
    }

    /// The number of the engine that wrote a row. Rows of an input come in their order.
    pub fn engine(&mut self, sample: &Sample<'_>) -> usize {
        self.engines.number(sample)
    }

    /// Does the same for a row whose engine is known already.
    pub fn note_engine(&mut self, engine: KnownEngine, sample: &Sample<'_>) {
        let KnownEngine { number, is_input } = engine;
        self.engines.note((usize::from(number), is_input), sample);
    }

    /// Whether one more response code would be too many, so that their numbers would change.
    pub fn is_full_of_codes(&self) -> bool {
        self.codes.are_all_used()
    }

    /// Whether response codes are told apart by class only.
    pub fn has_code_classes(&self) -> bool {
        self.codes.are_classes()
    }

    /// The number of a response code.
    pub fn code(&mut self, code: &[u8]) -> usize {
        if let Some(number) = self.codes.known(code) {
            return number;
        }
        let number = self.codes.number(code);
        if !self.codes.are_too_many() {
            return number;
        }
        self.join_codes();
        self.codes.number(code)
    }

    /// Adds a failed sample, whose type of error has this number.
    pub fn record_failure(&mut self, sample: &Sample<'_>, error: usize) {
        self.buckets.at(sample.end()).add_failure(FirstFailure {
            time: sample.end(),
            position: sample.position,
            error,
        });
    }

    /// Gives types of error new numbers. Several may get the same one.
    pub fn renumber_errors(&mut self, numbers: &[usize]) {
        for bucket in self.buckets.all_mut() {
            bucket.renumber_errors(numbers);
        }
    }

    /// Adds another timeline, whose labels and types of error have these numbers here.
    pub fn merge(&mut self, mut other: Timeline, label_numbers: &[usize], error_numbers: &[usize]) {
        let are_too_many = label_numbers.iter().any(|&number| number >= MAX_LABELS);
        if are_too_many || self.are_labels_joined || other.are_labels_joined {
            self.join_labels();
            other.join_labels();
        }
        if self.codes.are_classes() || other.codes.are_classes() {
            self.join_codes();
            other.join_codes();
        }
        let renumbering = Renumbering {
            labels: match self.are_labels_joined {
                true => vec![0],
                false => label_numbers.to_vec(),
            },
            codes: self.codes.numbers_of(&other.codes),
            engines: self.engines.merge(std::mem::take(&mut other.engines)),
            errors: error_numbers.to_vec(),
        };
        self.label_codes
            .merge(&other.label_codes, label_numbers, &renumbering.codes);
        self.buckets.merge(other.buckets, &renumbering);
        if self.codes.are_too_many() {
            self.join_codes();
        }
    }

    /// Moves its rows by this many bytes, and its inputs by this many numbers.
    pub(super) fn shift(&mut self, positions: u64, inputs: u32) {
        for bucket in self.buckets.all_mut() {
            bucket.shift(positions);
        }
        self.engines.shift(positions, inputs);
    }

    /// Checks a stored timeline against the number of labels, types of error and samples.
    pub(super) fn check(&self, labels: usize, errors: usize, samples: u64) -> Checked<()> {
        self.buckets.check()?;
        self.engines.check()?;
        let are_few = self.codes.are_classes() || !self.codes.are_too_many();
        consistency::ensure(are_few, "it has too many response codes")?;
        let are_labels = self.are_labels_joined || labels <= MAX_LABELS;
        consistency::ensure(are_labels, "it has too many labels over time")?;
        let of_labels = self.label_codes.check(labels, self.codes.names().len())?;
        consistency::ensure(
            of_labels == samples,
            "it has different samples by response code and by label",
        )?;
        let labels = if self.are_labels_joined { 1 } else { labels };
        let (codes, engines) = (self.codes.names().len(), self.engines.count());
        let ended = self.buckets.all();
        let ended = ended.map(|bucket| bucket.check(labels, codes, engines, errors));
        let ended = consistency::total(ended.collect::<Checked<Vec<u64>>>()?)?;
        let started = consistency::total(self.buckets.all().map(|bucket| bucket.hits))?;
        consistency::ensure(
            ended == samples && started == samples,
            "it has different samples over time and by label",
        )
    }

    #[inline(never)]
    fn join_labels(&mut self) {
        if !self.are_labels_joined {
            self.are_labels_joined = true;
            self.buckets.all_mut().for_each(Bucket::join_labels);
        }
    }

    #[cold]
    fn join_codes(&mut self) {
        if !self.codes.are_classes() {
            let numbers = self.codes.become_classes();
            self.label_codes.renumber(&numbers);
            for bucket in self.buckets.all_mut() {
                bucket.renumber_codes(&numbers);
            }
        }
    }

    /// Whether there were too many labels to tell apart over time.
    pub fn are_labels_joined(&self) -> bool {
        self.are_labels_joined
    }

    /// The response codes by number.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.codes.names()
    }

    /// The numbers of the response codes of the label with this number and their samples, in no particular
    /// order.
    pub fn codes_of(&self, label: usize) -> impl Iterator<Item = (usize, u64)> {
        self.label_codes.of_label(label)
    }

    /// The keys of the engines by number; `None` if there are too many to tell apart.
    pub fn engines(&self) -> Option<Vec<&[u8]>> {
        (self.engines.count() <= MAX_ENGINES).then(|| self.engines.names().collect())
    }

    /// Width of a bucket in ms.
    pub fn bucket_ms(&self) -> i64 {
        self.buckets.width_ms()
    }

    /// The buckets with samples and their numbers, in order. The number of a bucket is its start in
    /// epoch ms, divided by the width.
    pub fn occupied(&self) -> impl Iterator<Item = (i64, &Bucket)> {
        self.buckets.numbered()
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        self.buckets.all().map(|bucket| bucket.hits).sum()
    }

    /// The engines by chain: inputs that are pieces of one engine's results, in the order of time,
    /// are one chain. Any other engine is a chain of its own. `None` if there are too many to tell
    /// apart.
    pub fn engine_chains(&self) -> Option<Vec<Vec<usize>>> {
        let engines = self.engines()?.len();
        let reaches = (0..engines).map(|number| self.engines.reach(number));
        let (inputs, named): (Vec<_>, Vec<_>) =
            (0..).zip(reaches).partition(|(_, reach)| reach.is_some());
        let mut chains: Vec<Vec<usize>> = named.iter().map(|&(number, _)| vec![number]).collect();
        let traces: Vec<(usize, Trace)> = inputs
            .into_iter()
            .filter_map(|(number, reach)| {
                let rows = match engines {
                    1 => Vec::new(),
                    _ => self.rows_of_engine(number),
                };
                let reach = reach?;
                Some((number, Trace { reach, rows }))
            })
            .collect();
        let (numbers, traces): (Vec<usize>, Vec<Trace>) = traces.into_iter().unzip();
        let found = jtl::chains(&traces).into_iter();
        chains.extend(found.map(|chain| chain.iter().map(|&place| numbers[place]).collect()));
        Some(chains)
    }

    /// An engine's rows with `allThreads` by the number of their bucket.
    fn rows_of_engine(&self, engine: usize) -> Vec<(i64, u64)> {
        self.occupied()
            .map(|(number, bucket)| (number, bucket.rows_of_engines().nth(engine).unwrap_or(0)))
            .filter(|&(_, rows)| rows > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::buckets::MAX_BUCKETS;
    use super::*;
    use crate::stats::tests::sample;

    fn of(times: &[(i64, i64)]) -> Timeline {
        let mut series = Timeline::default();
        for &(time_stamp, elapsed) in times {
            let sample = Sample {
                time_stamp,
                elapsed,
                ..sample()
            };
            series.record(&sample, 0);
        }
        series
    }

    fn dense(series: &Timeline) -> DenseTimeline {
        series.dense(i64::MIN..=i64::MAX)
    }

    fn buckets(series: &Timeline) -> (i64, Vec<i64>, Vec<Bucket>) {
        let (numbers, buckets) = series
            .occupied()
            .map(|(number, bucket)| (number, bucket.clone()))
            .unzip();
        (series.bucket_ms(), numbers, buckets)
    }

    #[test]
    fn a_sample_starts_in_one_bucket_and_ends_in_another() {
        let series = of(&[(1_000, 50), (1_050, 60)]);
        let series = dense(&series);
        let counts: Vec<(u64, u64)> = series.buckets().map(|b| (b.hits, b.total().ok)).collect();
        assert_eq!(
            (series.start_ms(), series.timeline().bucket_ms()),
            (1_000, 100)
        );
        assert_eq!(counts, [(2, 1), (0, 1)]);
    }

    #[test]
    fn buckets_widen_as_the_run_grows() {
        // 400 buckets of 100 ms hold 40 s; from there on they are 500 ms wide.
        let width = |times: &[(i64, i64)]| dense(&of(times)).timeline().bucket_ms();
        assert_eq!(width(&[(0, 0), (39_999, 0)]), 100);
        assert_eq!(width(&[(0, 0), (40_000, 0)]), 500);
        assert_eq!(width(&[(0, 0), (500_000, 0)]), 5_000);
        // Those without samples are made only for the dense form.
        assert_eq!(of(&[(0, 0), (500_000, 0)]).bucket_ms(), 100);
        assert_eq!(dense(&of(&[(0, 0), (500_000, 0)])).buckets().count(), 101);
    }

    #[test]
    fn a_stray_time_stamp_widens_nothing() {
        let run: Vec<(i64, i64)> = (0..300).map(|n| (1_700_000_000_000 + 100 * n, 0)).collect();
        let with_stray = of(&[&run[..], &[(0, 0)]].concat());
        assert_eq!(with_stray.bucket_ms(), 100);
        let part = with_stray.dense(1..=i64::MAX);
        assert_eq!(
            part.buckets().map(|bucket| bucket.hits).collect::<Vec<_>>(),
            [1; 300]
        );
        assert_eq!(dense(&Timeline::default()).buckets().count(), 0);
    }

    #[test]
    fn threads_are_summed_over_engines() {
        let mut series = Timeline::default();
        for (thread_name, threads) in [("10.0.0.1:1099-T 1-1", 3), ("10.0.0.2:1099-T 1-1", 5)] {
            for more in [0, 2] {
                let sample = Sample {
                    thread_name: thread_name.as_bytes(),
                    all_threads: Some(threads + more),
                    ..sample()
                };
                series.record(&sample, 0);
            }
        }
        assert_eq!(
            dense(&series).active_threads().next(),
            Some(Some(4.0 + 6.0))
        );
    }

    #[test]
    fn an_engine_without_rows_for_a_while_keeps_its_threads() {
        let mut series = Timeline::default();
        let rows = [
            (0, 1, 3),
            (100, 2, 5),
            (300, 1, 4),
            (400, 2, 6),
            (500, 2, 7),
        ];
        for (time_stamp, engine, threads) in rows {
            let thread_name = format!("10.0.0.{engine}:1099-T 1-1");
            let sample = Sample {
                thread_name: thread_name.as_bytes(),
                all_threads: Some(threads),
                time_stamp,
                elapsed: 0,
                ..sample()
            };
            series.record(&sample, 0);
        }
        let series = dense(&series);
        // Engine 1 ends at 300 ms; nothing is known at 200 ms.
        let up = [3.0, 8.0, f64::NAN, 9.0, 6.0, 7.0]
            .map(|number: f64| Some(number).filter(|n| !n.is_nan()));
        assert_eq!(series.threads_up(), up);
        let in_buckets: Vec<Option<f64>> = series.active_threads().collect();
        assert_eq!(in_buckets[1], Some(5.0));
    }

    /// Samples of these labels and codes, one a second.
    fn of_kinds(kinds: &[(usize, u16)]) -> Timeline {
        let mut series = Timeline::default();
        for (second, &(label, code)) in kinds.iter().enumerate() {
            let code = code.to_string();
            let sample = Sample {
                time_stamp: second as i64 * 1_000,
                response_code: code.as_bytes(),
                ..sample()
            };
            series.record(&sample, label);
        }
        series
    }

    /// Counts by label and by code, codes by name.
    fn kinds(series: &Timeline) -> (Vec<u64>, BTreeMap<String, u64>) {
        let (mut labels, mut codes) = (Vec::new(), BTreeMap::new());
        for bucket in series.buckets.all() {
            labels.resize(labels.len().max(bucket.labels.len()), 0);
            for (number, label) in bucket.labels.iter().enumerate() {
                labels[number] += label.samples();
            }
            for (count, code) in bucket.codes.iter().zip(series.codes()) {
                let code = String::from_utf8(code.to_vec()).unwrap();
                *codes.entry(code).or_default() += count;
            }
        }
        (labels, codes)
    }

    #[test]
    fn labels_and_codes_are_told_apart_while_they_are_few() {
        let (labels, codes) = kinds(&of_kinds(&[(0, 200), (1, 404), (0, 200)]));
        assert_eq!(labels, [2, 1]);
        assert_eq!(
            codes,
            BTreeMap::from([("200".to_owned(), 2), ("404".to_owned(), 1)])
        );
        let many: Vec<(usize, u16)> = (0..101).map(|n| (n, 200 + 3 * n as u16)).collect();
        let (labels, codes) = kinds(&of_kinds(&many));
        assert_eq!(labels, [101]);
        let classes: Vec<(&str, u64)> = codes.iter().map(|(k, &v)| (k.as_str(), v)).collect();
        assert_eq!(classes, [("2xx", 34), ("3xx", 33), ("4xx", 33), ("5xx", 1)]);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_labels_and_codes(
            kinds_of in proptest::collection::vec((0..120_usize, 200..290_u16), 0..200),
            at in 0..200_usize,
        ) {
            let (a, b) = kinds_of.split_at(at.min(kinds_of.len()));
            // The second part lies at other times; that is of no matter here.
            let (mut ab, mut ba) = (of_kinds(a), of_kinds(b));
            let labels: Vec<usize> = (0..120).collect();
            ab.merge(of_kinds(b), &labels, &[]);
            ba.merge(of_kinds(a), &labels, &[]);
            let all = kinds(&of_kinds(&kinds_of));
            let is_joined = kinds_of.iter().any(|&(label, _)| label >= MAX_LABELS);
            prop_assert_eq!(kinds(&ab).1, all.1.clone());
            prop_assert_eq!(kinds(&ba).1, all.1);
            if is_joined {
                prop_assert_eq!(kinds(&ab).0, all.0);
            }
        }

        #[test]
        fn any_split_and_order_gives_the_same(
            times in proptest::collection::vec(
                (prop_oneof![6 => 0..100_000_i64, 2 => 0..i64::MAX / 4, 1 => any::<i64>()], 0..5_000_i64),
                0..40,
            ),
            at in 0..40_usize,
        ) {
            let (a, b) = times.split_at(at.min(times.len()));
            let (mut ab, mut ba) = (of(a), of(b));
            ab.merge(of(b), &[0], &[]);
            ba.merge(of(a), &[0], &[]);
            let all = of(&times);
            prop_assert!(all.buckets.all().count() <= MAX_BUCKETS);
            prop_assert!(dense(&all).buckets().count() <= MAX_BUCKETS);
            prop_assert_eq!(buckets(&ab), buckets(&all));
            prop_assert_eq!(buckets(&ba), buckets(&all));
        }
    }
}
