//! Percentile distributions in HdrHistogram's text format (`.hgrm`), which its plotter draws.
//!
//! One block per label and one for TOTAL, each after a comment with its name; the plotter expects one
//! curve per file. Values are exact, in ms.
//!
//! Source: `outputPercentileDistribution` of HdrHistogram 2.2, five ticks per half distance.

use std::f64::consts::LN_2;
use std::fmt::Write;

use super::text;
use crate::format;
use crate::report::{LabelReport, Report, Summary};

const TICKS_PER_HALF_DISTANCE: f64 = 5.0;

/// Renders the distributions of elapsed time, of each label and of TOTAL.
pub fn render(report: &Report) -> String {
    let blocks: Vec<String> = report
        .rows()
        .filter_map(|label| Some(block(label, label.elapsed.as_ref()?)))
        .collect();
    blocks.join("\n")
}

fn block(label: &LabelReport, summary: &Summary) -> String {
    let mut block = format!(
        "# {}\n{:>12} {:>14} {:>10} {:>14}\n\n",
        text::printable(&label.label),
        "Value",
        "Percentile",
        "TotalCount",
        "1/(1-Percentile)"
    );
    for (value, level, count) in levels(&label.distribution) {
        let _ = write!(
            block,
            "{:>12} {level:>14.12} {count:>10}",
            format::fixed(value as f64, 3)
        );
        let _ = match level < 1.0 {
            true => writeln!(block, " {:>14.2}", 1.0 / (1.0 - level)),
            false => writeln!(block),
        };
    }
    let _ = write!(
        block,
        "#[Mean    = {:>12}, StdDeviation   = {:>12}]\n\
         #[Max     = {:>12}, Total count    = {:>12}]\n\
         #[Buckets = {:>12}, SubBuckets     = {:>12}]\n",
        format::fixed(summary.mean, 3),
        format::fixed(summary.std_dev, 3),
        format::fixed(summary.max as f64, 3),
        summary.count,
        1,
        label.distribution.len(),
    );
    block
}

/// Returns the lines of a block: value, percentile level (0 to 1), samples up to the value. Levels get
/// denser towards 1.
fn levels(distribution: &[(i64, u64)]) -> Vec<(i64, f64, u64)> {
    let total: u64 = distribution.iter().map(|(_, count)| count).sum();
    let mut lines = Vec::new();
    let (mut level, mut seen) = (0.0, 0);
    for &(value, count) in distribution {
        seen += count;
        let reached = 100.0 * seen as f64 / total as f64;
        // The last value reaches every level: HdrHistogram stops at the first.
        while level <= reached && level < 100.0 {
            lines.push((value, level / 100.0, seen));
            if seen == total {
                break;
            }
            level = next(level);
        }
    }
    lines.extend(distribution.last().map(|&(value, _)| (value, 1.0, total)));
    lines
}

/// Returns the next level: a step is a fifth of the rest, rounded up to a power of two.
fn next(level: f64) -> f64 {
    let halves = ((100.0 / (100.0 - level)).ln() / LN_2).trunc() + 1.0;
    let half_distance = halves.exp2();
    level + 100.0 / (TICKS_PER_HALF_DISTANCE * half_distance)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn levels_are_hdrhistograms(
            distribution in proptest::collection::btree_map(1..2_000_u64, 1..500_u64, 1..60)
        ) {
            // Three digits are exact for values this small.
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            for (&value, &count) in &distribution {
                histogram.record_n(value, count).unwrap();
            }
            let mut seen = 0;
            let expected: Vec<(i64, f64, u64)> = histogram
                .iter_quantiles(5)
                .map(|step| {
                    seen += step.count_since_last_iteration();
                    (step.value_iterated_to() as i64, step.quantile_iterated_to(), seen)
                })
                .collect();
            let counts: Vec<(i64, u64)> = distribution
                .iter()
                .map(|(&value, &count)| (value as i64, count))
                .collect();
            let lines = levels(&counts);
            // Where a share of the samples is a level, to the last bit, the crate's rounding is not
            // that of HdrHistogram in Java, which is ours.
            let is_level = |&(_, level, count): &(i64, f64, u64)| {
                count < seen && (count as f64 / seen as f64 - level).abs() < 1e-12
            };
            prop_assume!(!lines.iter().chain(&expected).any(is_level));
            prop_assert_eq!(lines.len(), expected.len());
            for (line, step) in lines.iter().zip(&expected) {
                prop_assert_eq!((line.0, line.2), (step.0, step.2));
                prop_assert!((line.1 - step.1).abs() < 1e-12, "{line:?} {step:?}");
            }
        }
    }
}
