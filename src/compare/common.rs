//! Decides for how long two runs can be compared: over the part that their plans have in common.

use crate::format;
use crate::report::{Report, Slices, TimeSeries};

/// Runs whose lengths differ by no more than this share count as equally long.
const MAX_LENGTH_DIFFERENCE: f64 = 0.02;

/// Thread counts within this share of a level are at that level.
const LEVEL_TOLERANCE: f64 = 0.1;

/// Shortest level, as a share of the run.
const MIN_LEVEL_LENGTH: f64 = 0.05;

/// Returns for how long two runs can be compared, in ms since the start of each, and a note if that
/// is not all of both. `None` if a report has no slices.
///
/// If the lengths differ, the comparison ends with the shorter run, or earlier if the threads of
/// either start to ramp down before that.
pub fn length(
    (baseline_name, baseline): (&str, &Report),
    (candidate_name, candidate): (&str, &Report),
) -> Option<(u64, Option<String>)> {
    let lengths = [baseline, candidate].map(|report| report.slices.as_ref().map(run_ms));
    let [a, b] = lengths;
    let (a, b) = (a?, b?);
    let (shorter, longer) = (a.min(b), a.max(b));
    if (longer - shorter) as f64 <= longer as f64 * MAX_LENGTH_DIFFERENCE {
        return Some((shorter, None));
    }
    let leave = |report: &Report| {
        let leave = threads_leave(report.time_series.as_ref()?)?;
        let start = report.slices.as_ref()?.start_ms;
        u64::try_from(leave.saturating_sub(start))
            .ok()
            .filter(|&ms| ms > 0)
    };
    let leaving = [baseline, candidate].map(leave);
    let length = leaving.into_iter().flatten().fold(shorter, u64::min);
    let words = |ms: u64| format::duration(ms as i64);
    let until = match length < shorter {
        true => ", before threads began to finish,",
        false => "",
    };
    Some((
        length,
        Some(format!(
            "{baseline_name} ran for {} and {candidate_name} for {}: only the first {}{until} are compared.",
            words(a),
            words(b),
            words(length),
        )),
    ))
}

/// Returns the time from the start of the first slice to the end of the last, ms.
fn run_ms(slices: &Slices) -> u64 {
    let labels = slices.labels.iter().map(|label| &label.cells);
    let cells = labels.chain([&slices.others]);
    let last = cells
        .filter_map(|cells| Some(cells.0.last()?.index + 1))
        .max();
    last.unwrap_or(0).saturating_mul(slices.slice_ms)
}

/// Returns when the final ramp-down begins, epoch ms: the end of the last level that the threads
/// held. `None` if the file does not report threads.
fn threads_leave(series: &TimeSeries) -> Option<i64> {
    let threads: Vec<(usize, f64)> = series
        .active_threads
        .iter()
        .enumerate()
        .filter_map(|(bucket, threads)| Some((bucket, (*threads)?)))
        .collect();
    let min_buckets = ((threads.len() as f64 * MIN_LEVEL_LENGTH).ceil() as usize).max(1);
    let mut level = 0.0_f64;
    let mut reached = threads.len();
    // Backwards from the end of the run, up to the level from which threads left.
    for (place, &(_, count)) in threads.iter().enumerate().rev() {
        if count > level * (1.0 + LEVEL_TOLERANCE) {
            level = count;
            reached = place;
        } else if count < level * (1.0 - LEVEL_TOLERANCE) || reached - place >= min_buckets {
            break;
        }
        level = level.max(count);
    }
    let is_at_level = |of: &&(usize, f64)| of.1 >= level * (1.0 - LEVEL_TOLERANCE / 2.0);
    let (bucket, _) = threads.iter().rev().find(is_at_level)?;
    let width = i64::try_from(series.bucket_ms).ok()?;
    let end = (*bucket as i64 + 1).saturating_mul(width);
    Some(series.start_ms.saturating_add(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leave(threads: &[u64]) -> Option<i64> {
        let series = TimeSeries {
            start_ms: 5_000,
            bucket_ms: 1_000,
            active_threads: threads.iter().map(|&count| Some(count as f64)).collect(),
            ..TimeSeries::default()
        };
        threads_leave(&series)
    }

    #[test]
    fn threads_leave_where_their_last_level_ends() {
        let ramp = |from: u64, to: u64| -> Vec<u64> {
            match from < to {
                true => (from..=to).collect(),
                false => (to..=from).rev().collect(),
            }
        };
        // Up to 50 within 50 s, 100 s there, then down by ten a second.
        let down: Vec<u64> = ramp(0, 4).into_iter().rev().map(|tens| tens * 10).collect();
        let run = [ramp(1, 50), vec![50; 100], down].concat();
        assert_eq!(leave(&run), Some(5_000 + 150_000));
        // All until the end.
        let run = [ramp(1, 50), vec![50; 100]].concat();
        assert_eq!(leave(&run), Some(5_000 + 150_000));
        // A spike in the middle is no level that they leave from.
        let run = [vec![50; 60], vec![500; 30], vec![50; 60]].concat();
        assert_eq!(leave(&run), Some(5_000 + 150_000));
        assert_eq!(leave(&[]), None);
    }
}
