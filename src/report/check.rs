//! Checks on a report that was saved, which may be damaged or edited: code that uses it need not doubt it.

use super::{
    Activity, ApdexTable, LabelReport, Report, Requests, Slice, Slices, Summary, TimeSeries, Window,
};

/// Samples of the largest run that is read back, so that no sum of counts overflows.
const MAX_SAMPLES: u64 = 1 << 53;

/// Figures of a saved report that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(&'static str);

type Checked<T = ()> = Result<T, Contradiction>;

impl Report {
    /// Checks that the figures agree with each other, as those of every report that perfkit writes do.
    ///
    /// # Errors
    ///
    /// The first contradiction, if any.
    pub fn check(&self) -> Checked {
        let accounting = &self.accounting;
        let rows = sum([accounting.counted, accounting.filtered, accounting.rejected])?;
        ensure(
            rows == accounting.rows_read,
            "its numbers of rows do not add up",
        )?;
        self.rows().try_for_each(label)?;
        if !self.has_odd_counts {
            self.rows().try_for_each(counts)?;
        }
        ensure(
            self.label_count >= self.labels.len() as u64,
            "it has more labels than it counts",
        )?;
        let labels = || self.labels.iter().chain(&self.other_labels);
        ensure(
            sum(labels().map(|row| row.samples))? == self.total.samples
                && sum(labels().map(|row| row.errors))? == self.total.errors,
            "its labels do not add up to TOTAL",
        )?;
        let shortest = shortest(&self.total);
        let windows = self
            .window
            .iter()
            .chain(self.stray_times.iter().map(|stray| &stray.window));
        windows.clone().try_for_each(|own| window(own, shortest))?;
        let stray_times = self.stray_times.iter();
        ensure(
            sum(stray_times.map(|stray| stray.samples))? <= self.total.samples,
            "it has more samples at stray times than samples",
        )?;
        apdex(&self.apdex)?;
        requests(&self.requests, self.has_odd_counts)?;
        self.time_series.iter().try_for_each(time_series)?;
        self.slices.iter().try_for_each(slices)?;
        sum(self.errors.iter().map(|error| error.count)).map(drop)
    }
}

fn ensure(condition: bool, problem: &'static str) -> Checked {
    match condition {
        true => Ok(()),
        false => Err(Contradiction(problem)),
    }
}

/// Adds up counts, at most [`MAX_SAMPLES`].
fn sum(counts: impl IntoIterator<Item = u64>) -> Checked<u64> {
    let mut counts = counts.into_iter();
    counts
        .try_fold(0_u64, |sum, count| sum.checked_add(count))
        .filter(|&sum| sum <= MAX_SAMPLES)
        .ok_or(Contradiction("it has more samples than there can be"))
}

fn label(row: &LabelReport) -> Checked {
    let counts = || row.distribution.iter();
    ensure(
        row.distribution.is_sorted_by(|(a, _), (b, _)| a < b),
        "the elapsed times of a label are not in order",
    )?;
    ensure(
        sum(counts().map(|(_, count)| *count))? == row.samples,
        "the samples and times of a label differ in number",
    )?;
    let ends = counts().next().zip(counts().next_back());
    ensure(
        ends.map(|(first, last)| (first.0, last.0))
            == row
                .elapsed
                .as_ref()
                .map(|elapsed| (elapsed.min, elapsed.max)),
        "the extremes of a label are not among its times",
    )?;
    let count = |summary: &Option<Summary>| summary.as_ref().map_or(0, |summary| summary.count);
    ensure(
        count(&row.elapsed) == row.samples
            && sum([count(&row.elapsed_ok), count(&row.elapsed_ko)])? == row.samples,
        "the samples and times of a label differ in number",
    )?;
    row.times().try_for_each(summary)?;
    let shortest = shortest(row);
    row.window.iter().try_for_each(|own| window(own, shortest))
}

/// Returns the shortest elapsed time of a row's samples, ms; 0 without samples.
fn shortest(row: &LabelReport) -> i64 {
    row.elapsed.as_ref().map_or(0, |elapsed| elapsed.min)
}

/// Checks what only rows with odd counts can contradict.
fn counts(row: &LabelReport) -> Checked {
    ensure(
        row.errors <= row.samples,
        "a label has more errors than samples",
    )?;
    let times = [
        &row.elapsed,
        &row.elapsed_ok,
        &row.elapsed_ko,
        &row.latency,
        &row.connect,
    ];
    let mut times = times.into_iter().flatten();
    ensure(
        times.all(|summary| summary.contains(summary.mean)),
        "a statistic lies outside the times that it sums up",
    )
}

fn summary(times: &Summary) -> Checked {
    sum([times.count])?;
    let range = times.min..=times.max;
    ensure(
        times.count > 0
            && times.mean.is_finite()
            && times.std_dev >= 0.0
            && times
                .percentiles
                .iter()
                .all(|percentile| range.contains(&percentile.value)),
        "a statistic lies outside the times that it sums up",
    )
}

/// A window ends before it starts only if samples do: JMeter writes negative times if a clock is set
/// back.
fn window(window: &Window, shortest: i64) -> Checked {
    ensure(
        window.start_ms <= window.end_ms || shortest < 0,
        "it ends before it starts",
    )
}

fn apdex(table: &ApdexTable) -> Checked {
    table.rows().try_for_each(|row| {
        ensure(
            sum([row.satisfied, row.tolerated])? <= sum([row.samples])?
                && row.apdex.is_none_or(|apdex| (0.0..=1.0).contains(&apdex)),
            "its Apdex does not follow from its samples",
        )
    })
}

fn requests(requests: &Requests, has_odd_counts: bool) -> Checked {
    let max = if has_odd_counts { f64::MAX } else { 1.0 };
    let are_ratios = [requests.ok_ratio, requests.ko_ratio]
        .into_iter()
        .flatten()
        .all(|ratio| (0.0..=max).contains(&ratio));
    sum([requests.ok, requests.ko])?;
    ensure(are_ratios, "a ratio is not between 0 and 1")
}

fn time_series(series: &TimeSeries) -> Checked {
    let buckets = series.len();
    let fits = |length: usize| length == buckets;
    let is_absent_or_fits = |length: usize| length == 0 || length == buckets;
    let activity = |activity: &Activity| {
        fits(activity.ok.len())
            && fits(activity.ko.len())
            && fits(activity.elapsed_mean.len())
            && is_absent_or_fits(activity.latency_mean.len())
            && is_absent_or_fits(activity.connect_mean.len())
    };
    let heatmap = &series.heatmap;
    let ranges = heatmap.bounds.len().saturating_sub(1);
    let labels = series.labels.iter().map(|label| &label.activity);
    ensure(
        labels.chain([&series.total]).all(activity)
            && series.codes.iter().all(|code| fits(code.samples.len()))
            && is_absent_or_fits(series.received_bytes.len())
            && is_absent_or_fits(series.sent_bytes.len())
            && is_absent_or_fits(series.active_threads.len())
            && series
                .percentiles
                .iter()
                .all(|percentile| fits(percentile.values.len()))
            && fits(series.ok_median.len())
            && fits(series.ko_median.len())
            && is_absent_or_fits(heatmap.counts.len())
            && heatmap.counts.iter().all(|counts| counts.len() == ranges)
            && heatmap.bounds.is_sorted_by(|a, b| a < b),
        "its figures over time differ in length",
    )?;
    ensure(
        is_time(series.start_ms, buckets as u64, series.bucket_ms),
        "it contains no valid times",
    )?;
    let of_labels = series.labels.iter().map(|label| &label.activity);
    for activity in of_labels.chain([&series.total]) {
        sum(activity.ok.iter().chain(&activity.ko).copied())?;
    }
    sum(series.hits.iter().copied())?;
    sum(heatmap.counts.iter().flatten().copied())?;
    series
        .codes
        .iter()
        .try_for_each(|code| sum(code.samples.iter().copied()).map(drop))
}

fn slices(slices: &Slices) -> Checked {
    let labels = slices.labels.iter().map(|label| &label.cells);
    let cells = || {
        labels
            .clone()
            .chain([&slices.others])
            .flat_map(|cells| &cells.0)
    };
    sum(cells().map(Slice::samples))?;
    let last = cells().map(|slice| slice.index).max().unwrap_or(0);
    ensure(
        is_time(slices.start_ms, last.saturating_add(1), slices.slice_ms),
        "its slices contain no valid times",
    )
}

/// Whether the last of `count` steps of `width_ms` since `start_ms` is a time, epoch ms.
fn is_time(start_ms: i64, count: u64, width_ms: u64) -> bool {
    let span = i128::from(count.saturating_sub(1)) * i128::from(width_ms);
    width_ms > 0 && i64::try_from(i128::from(start_ms) + span).is_ok()
}
