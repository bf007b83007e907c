//! Cuts a run into segments of constant error rate.

use std::ops::Range;

use super::rates::Slice;

/// Most blocks that are told apart while looking for cuts.
const MAX_BLOCKS: usize = 160;

/// By how much a cut must raise the logarithm of the likelihood: among the cuts that chance offers in a
/// run of constant error rate, one in hundreds does.
const MIN_GAIN: f64 = 10.0;

/// Samples in parts of segments whose errors are counted to see whether they come in groups: a large group
/// fits into many samples, and a short segment has several parts of few.
const PART_SAMPLES: [u64; 2] = [5, 20];

/// Slices with a constant error rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// Their places.
    pub places: Range<usize>,
    /// Samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
}

impl Segment {
    fn of(place: usize, slice: &Slice) -> Self {
        Segment {
            places: place..place + 1,
            samples: slice.tally.samples,
            errors: slice.tally.errors,
        }
    }

    fn extend(&mut self, next: &Segment) {
        self.places.end = next.places.end;
        self.samples += next.samples;
        self.errors += next.errors;
    }

    /// Whether all of its samples failed or none did.
    fn is_pure(&self) -> bool {
        self.errors == 0 || self.errors == self.samples
    }

    fn ratio(&self) -> f64 {
        self.errors as f64 / self.samples.max(1) as f64
    }
}

/// Returns the logarithm of the likelihood of the samples at their own error rate.
pub(super) fn log_likelihood(samples: u64, errors: u64) -> f64 {
    let part = |count: u64| match count {
        0 => 0.0,
        count => count as f64 * (count as f64 / samples as f64).ln(),
    };
    part(errors) + part(samples.saturating_sub(errors))
}

/// Returns how many times as much the number of errors varies within segments as that of independent
/// errors, at least: 1 if errors come alone, 3 if they come in groups of three.
///
/// It divides a logarithm of a likelihood ratio, which takes errors for independent. Source: McCullagh and
/// Nelder, "Generalized Linear Models" (1989), section 4.5.
pub(super) fn dispersion(slices: &[Slice], segments: &[Segment]) -> f64 {
    let of_parts = PART_SAMPLES.map(|samples| dispersion_of_parts(slices, segments, samples));
    of_parts.into_iter().fold(1.0, f64::max)
}

/// The same between parts of segments that have this many samples or a few more; less than it seems by a
/// standard deviation.
fn dispersion_of_parts(slices: &[Slice], segments: &[Segment], min_samples: u64) -> f64 {
    let (mut chi_squared, mut degrees) = (0.0, 0.0);
    for segment in segments.iter().filter(|segment| !segment.is_pure()) {
        let ratio = segment.ratio();
        let (mut samples, mut errors, mut parts) = (0, 0, 0.0);
        for slice in slices.get(segment.places.clone()).unwrap_or_default() {
            samples += slice.tally.samples;
            errors += slice.tally.errors;
            if samples >= min_samples {
                let expected = samples as f64 * ratio;
                chi_squared += (errors as f64 - expected).powi(2) / (expected * (1.0 - ratio));
                parts += 1.0;
                (samples, errors) = (0, 0);
            }
        }
        degrees += f64::max(parts - 1.0, 0.0);
    }
    match degrees > 0.0 {
        true => chi_squared / degrees - (2.0 / degrees).sqrt(),
        false => 1.0,
    }
}

/// Cuts slices where it makes their errors most likely, at a price per cut.
///
/// Source: Jackson et al., "An algorithm for optimal partitioning of data on an interval" (2005).
pub(super) fn segments(slices: &[Slice]) -> Vec<Segment> {
    let blocks = blocks(slices);
    let mut sums = vec![(0, 0)];
    for block in &blocks {
        let (samples, errors) = sums.last().copied().unwrap_or_default();
        sums.push((samples + block.samples, errors + block.errors));
    }
    // The best value of the first blocks, and where their last segment begins.
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
    for end in 1..=blocks.len() {
        let value = |begin: usize| {
            let (samples, errors) = (sums[end].0 - sums[begin].0, sums[end].1 - sums[begin].1);
            best[begin].0 + log_likelihood(samples, errors) - MIN_GAIN
        };
        let values = (0..end).map(|begin| (value(begin), begin));
        let found = values.max_by(|a, b| a.0.total_cmp(&b.0));
        best.push(found.unwrap_or_default());
    }
    let mut segments = Vec::new();
    let mut end = blocks.len();
    while end > 0 {
        let begin = best[end].1;
        if let Some((first, rest)) = blocks[begin..end].split_first() {
            let mut segment = first.clone();
            rest.iter().for_each(|block| segment.extend(block));
            segments.push(segment);
        }
        end = begin;
    }
    segments.reverse();
    refine(slices, &mut segments);
    segments
}

/// Joins neighbours until there are few: first those without a failure or without a success, between
/// which there is no cut.
fn blocks(slices: &[Slice]) -> Vec<Segment> {
    let mut blocks: Vec<Segment> = Vec::new();
    for (place, slice) in slices.iter().enumerate() {
        let next = Segment::of(place, slice);
        match blocks.last_mut() {
            Some(last) if last.is_pure() && next.is_pure() && last.ratio() == next.ratio() => {
                last.extend(&next);
            }
            _ => blocks.push(next),
        }
    }
    while blocks.len() > MAX_BLOCKS {
        let pairs = blocks.chunks(2).map(|pair| {
            let mut joined = pair[0].clone();
            pair.iter().skip(1).for_each(|next| joined.extend(next));
            joined
        });
        blocks = pairs.collect();
    }
    blocks
}

/// Moves each cut to the slice that makes the errors on both sides most likely.
fn refine(slices: &[Slice], segments: &mut [Segment]) {
    for at in 1..segments.len() {
        let (left, right) = (segments[at - 1].clone(), segments[at].clone());
        let both = left.places.start..right.places.end;
        let [before, after] = [&left, &right].map(|segment| {
            // Not 0 or 1, of which the logarithm is infinite.
            (segment.errors as f64 + 0.5) / (segment.samples as f64 + 1.0)
        });
        let (failed, passed) = ((before / after).ln(), ((1.0 - before) / (1.0 - after)).ln());
        let mut best = (f64::NEG_INFINITY, left.places.end);
        let mut gain = 0.0;
        for place in both.clone() {
            if place > both.start && gain > best.0 {
                best = (gain, place);
            }
            let tally = slices[place].tally;
            let ok = tally.samples.saturating_sub(tally.errors);
            gain += tally.errors as f64 * failed + ok as f64 * passed;
        }
        for (segment, places) in [(at - 1, both.start..best.1), (at, best.1..both.end)] {
            let tallies = slices[places.clone()].iter().map(|slice| slice.tally);
            let (samples, errors) = tallies.fold((0, 0), |sum, tally| {
                (sum.0 + tally.samples, sum.1 + tally.errors)
            });
            segments[segment] = Segment {
                places,
                samples,
                errors,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::Tally;
    use super::*;

    fn cuts(counts: impl IntoIterator<Item = (u64, u64)>) -> Vec<(usize, u64, u64)> {
        let slices = (0..).zip(counts).map(|(number, (samples, errors))| Slice {
            number,
            tally: Tally {
                samples,
                errors,
                first: None,
            },
        });
        let slices: Vec<Slice> = slices.collect();
        let segments = segments(&slices).into_iter();
        segments
            .map(|segment| (segment.places.start, segment.samples, segment.errors))
            .collect()
    }

    #[test]
    fn cuts_are_where_the_error_rate_changes() {
        assert_eq!(cuts([]), []);
        assert_eq!(cuts([(5, 1); 50]), [(0, 250, 50)]);
        // 1,000 slices: blocks of several are refined.
        let step = (0..1_000).map(|place| match place {
            0..333 => (10, u64::from(place % 7 == 0)),
            _ => (10, 9),
        });
        assert_eq!(cuts(step), [(0, 3_330, 48), (333, 6_670, 6_003)]);
        let burst = (0..1_000).map(|place| (10, if (500..512).contains(&place) { 7 } else { 0 }));
        assert_eq!(
            cuts(burst),
            [(0, 5_000, 0), (500, 120, 84), (512, 4_880, 0)]
        );
    }

    #[test]
    fn errors_in_groups_vary_more() {
        let of = |failing: fn(usize) -> u64| {
            let slices = (0..300).map(|number| Slice {
                number: number as i64,
                tally: Tally {
                    samples: 10,
                    errors: failing(number),
                    first: None,
                },
            });
            let slices: Vec<Slice> = slices.collect();
            let whole = Segment {
                places: 0..300,
                samples: 3_000,
                errors: (0..300).map(failing).sum(),
            };
            dispersion(&slices, &[whole])
        };
        assert_eq!(of(|_| 0), 1.0);
        // As many in each slice: they vary less than chance has it.
        assert_eq!(of(|_| 2), 1.0);
        // One in every tenth slice; three in every thirtieth.
        assert_eq!(of(|number| u64::from(number % 10 == 0)), 1.0);
        let groups = of(|number| 3 * u64::from(number % 30 == 0));
        assert!((2.6..3.0).contains(&groups), "{groups}");
        // The rate changes between segments, not within them.
        let slices = (0..20).map(|number| Slice {
            number,
            tally: Tally {
                samples: 10,
                errors: if number < 10 { 1 } else { 9 },
                first: None,
            },
        });
        let slices: Vec<Slice> = slices.collect();
        assert_eq!(dispersion(&slices, &segments(&slices)), 1.0);
    }

    #[test]
    fn a_likelihood_of_nothing_is_one() {
        assert_eq!(log_likelihood(0, 0), 0.0);
        assert_eq!(log_likelihood(7, 7), 0.0);
        assert!((log_likelihood(4, 2) - 4.0 * 0.5_f64.ln()).abs() < 1e-12);
    }
}
