//! Cuts a part out of a saved run, using its slices.

use super::{Cells, LabelReport, LabelSlices, Options, Report, Slice, Slices, Summary, Window};
use crate::stats::CompactHistogram;
use crate::units::MS_PER_SECOND;

impl Report {
    /// Returns the part of the run between two times (epoch ms), rounded to whole slices. It has the
    /// elapsed times and errors by label that a comparison needs; percentiles are within 1.6%. `None` if
    /// the report has no slices, or no sample in that time.
    pub fn within(&self, from: i64, to: i64) -> Option<Report> {
        let slices = self.slices.as_ref()?;
        let (start, width) = (slices.start_ms, i64::try_from(slices.slice_ms).ok()?);
        let index = |time: i64| {
            let offset = time.saturating_sub(start).max(0);
            (offset.saturating_add(width / 2) / width) as u64
        };
        let (first, end) = (index(from), index(to));
        let cut = |of: &[Slice]| -> Vec<Slice> {
            let within = of
                .iter()
                .filter(|slice| (first..end).contains(&slice.index));
            within
                .map(|slice| Slice {
                    index: slice.index - first,
                    ..slice.clone()
                })
                .collect()
        };
        let start_ms = start.saturating_add((first as i64).saturating_mul(width));
        let part = Slices {
            start_ms,
            slice_ms: slices.slice_ms,
            labels: slices
                .labels
                .iter()
                .map(|of| LabelSlices {
                    label: of.label.clone(),
                    cells: Cells(cut(&of.cells.0)),
                })
                .filter(|of| !of.cells.0.is_empty())
                .collect(),
            others: Cells(cut(&slices.others.0)),
        };
        let total = part.total();
        let length = (total.last()?.index + 1).min(end.saturating_sub(first));
        let window = Window {
            start_ms,
            end_ms: start_ms.saturating_add(width.saturating_mul(length as i64)),
        };
        let row = |label: &str, of: &[Slice]| row(label, of, window, &self.options);
        let others = self.other_labels.as_ref();
        Some(Report {
            schema_version: self.schema_version,
            perfkit_version: self.perfkit_version.clone(),
            title: self.title.clone(),
            details: self.details.clone(),
            platform: self.platform.clone(),
            analysed_on: self.analysed_on.clone(),
            options: self.options.clone(),
            inputs: self.inputs.clone(),
            accounting: self.accounting.clone(),
            window: Some(window),
            label_count: self.label_count,
            labels: part
                .labels
                .iter()
                .map(|of| row(&of.label, &of.cells.0))
                .collect(),
            other_labels: others.map(|others| row(&others.label, &part.others.0)),
            total: row(&self.total.label, &total),
            slices: Some(part),
            ..Report::default()
        })
    }
}

/// Computes the figures of a label from its slices.
fn row(label: &str, slices: &[Slice], window: Window, options: &Options) -> LabelReport {
    let mut all = Slice::default();
    slices.iter().for_each(|slice| all.merge(slice));
    let (samples, errors) = (all.samples(), all.failures());
    let distribution = middles(&all.elapsed());
    let mean = all.elapsed_sum as f64 / samples as f64;
    let seconds = window.duration_ms() as f64 / MS_PER_SECOND;
    let rate = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
    LabelReport {
        label: label.to_owned(),
        samples,
        errors,
        error_ratio: (samples > 0).then(|| errors as f64 / samples as f64),
        elapsed: Summary::of_counts(&distribution, samples, mean, &options.percentiles),
        window: Some(window),
        throughput: rate(samples),
        goodput: rate(samples - errors),
        distribution,
        ..LabelReport::default()
    }
}

/// Replaces each step by its middle value, ms.
pub fn middles(steps: &[(u16, u64)]) -> Vec<(i64, u64)> {
    let steps = steps.iter();
    steps
        .map(|&(step, count)| {
            let (low, high) = CompactHistogram::range(step);
            (low + (high - low) / 2, count)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Presentation;
    use crate::stats::Aggregate;
    use crate::stats::tests::sample;

    /// 100 samples of `Fibonacci`, one every 16 ms from 1,700,000,000,000 on, of 1 to 100 ms; the
    /// last 10 failed.
    fn report() -> Report {
        let mut aggregate = Aggregate::default();
        for number in 0..100 {
            aggregate.record(&crate::jtl::Sample {
                position: number as u64,
                time_stamp: 1_700_000_000_000 + number * 16,
                elapsed: number + 1,
                success: number < 90,
                error_count: u64::from(number >= 90),
                ..sample()
            });
        }
        Report::new(&aggregate.into(), Presentation::default()).unwrap()
    }

    #[test]
    fn a_part_has_the_figures_of_its_slices() {
        let report = report();
        let start = 1_700_000_000_000;
        // From the 51st to the 95th sample: 51 to 95 ms, 5 of them failed.
        let part = report.within(start + 800, start + 1_520).unwrap();
        assert_eq!((part.total.samples, part.total.errors), (45, 5));
        let elapsed = part.total.elapsed.as_ref().unwrap();
        assert_eq!((elapsed.mean, elapsed.min), (73.0, 51));
        // 73 ms, in the step of 72 and 73 ms.
        assert_eq!(elapsed.percentiles[0].value, 72);
        assert_eq!(part.labels[0].samples, 45);
        assert_eq!(part.total.throughput, Some(45.0 / 0.72));
        // All of it is all of it, and nothing is nothing.
        let whole = report.within(start, start + 1_600).unwrap();
        assert_eq!(whole.total.samples, 100);
        assert_eq!(whole.slices, report.slices);
        assert!(report.within(start + 5_000, start + 9_000).is_none());
    }
}
