//! Checks on a report that was saved, which may be damaged or edited: code that uses it need not doubt it.

use super::{
    Activity, ApdexTable, LabelReport, Report, Requests, Slice, Slices, Summary, TimeSeries, Window,
};

/// Samples of the largest run that is read back, so that no sum of counts overflows.
const MAX_SAMPLES: u64 = 1 << 53;

/// The latest time that is read back, epoch ms either way: 280,000 years.
const MAX_TIME_MS: i64 = 1 << 53;

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
        self.window.iter().try_for_each(window)?;
        let stray_times = self.stray_times.iter();
        stray_times
            .clone()
            .try_for_each(|stray| window(&stray.window))?;
        ensure(
            sum(stray_times.map(|stray| stray.samples))? <= self.total.samples,
            "it has more samples at stray times than samples",
        )?;
        apdex(&self.apdex)?;
        requests(&self.requests)?;
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
    ensure(
        row.errors <= row.samples,
        "a label has more errors than samples",
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
    let times = [
        &row.elapsed,
        &row.elapsed_ok,
        &row.elapsed_ko,
        &row.latency,
        &row.connect,
    ];
    times.into_iter().flatten().try_for_each(summary)?;
    row.window.iter().try_for_each(window)
}

fn summary(times: &Summary) -> Checked {
    sum([times.count])?;
    let range = times.min..=times.max;
    let is_inside = |value: f64| {
        // The mean of aggregated rows is exact, and their extremes are truncated.
        (times.min as f64 - 1.0..=times.max as f64 + 1.0).contains(&value)
    };
    ensure(
        times.count > 0
            && is_inside(times.mean)
            && times.std_dev >= 0.0
            && times
                .percentiles
                .iter()
                .all(|percentile| range.contains(&percentile.value)),
        "a statistic lies outside the times that it sums up",
    )
}

fn window(window: &Window) -> Checked {
    let is_time = |time: i64| time.unsigned_abs() <= MAX_TIME_MS.unsigned_abs();
    ensure(
        window.start_ms <= window.end_ms && is_time(window.start_ms) && is_time(window.end_ms),
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

fn requests(requests: &Requests) -> Checked {
    let are_ratios = [requests.ok_ratio, requests.ko_ratio]
        .into_iter()
        .flatten()
        .all(|ratio| (0.0..=1.0).contains(&ratio));
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
    let span = (buckets as u64)
        .checked_mul(series.bucket_ms)
        .and_then(|span| i64::try_from(span).ok())
        .and_then(|span| series.start_ms.checked_add(span));
    ensure(
        series.bucket_ms > 0 && span.is_some_and(|end| end.abs() <= 2 * MAX_TIME_MS),
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
    let end = last
        .checked_add(1)
        .and_then(|count| count.checked_mul(slices.slice_ms))
        .and_then(|span| i64::try_from(span).ok())
        .and_then(|span| slices.start_ms.checked_add(span));
    ensure(
        slices.slice_ms > 0 && end.is_some_and(|end| end.abs() <= 2 * MAX_TIME_MS),
        "its slices contain no valid times",
    )
}
