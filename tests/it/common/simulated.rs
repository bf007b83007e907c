//! Simulated runs of seven labels: effects of the test plan, and variation between runs.

use perfkit::compare::Settings;
use perfkit::jtl::Sample;
use perfkit::percentile::Percentile;
use perfkit::report::{
    Cells, LabelReport, LabelSlices, Presentation, Report, Slice, Slices, Summary,
};
use perfkit::stats::{Aggregate, Cell, CompactHistogram};

/// The labels.
pub const LABELS: [&str; 7] = ["A", "B", "C", "D", "E", "F", "G"];

/// Their median response times without load, ms.
const MEDIANS: [f64; 7] = [40.0, 120.0, 80.0, 200.0, 60.0, 300.0, 500.0];

/// Deviation of the logarithm of times.
const SIGMA: f64 = 0.35;

/// Autocorrelation of the level from second to second, and the standard deviation of its noise.
const MEMORY: f64 = 0.9;
const INNOVATION: f64 = 0.02;

/// Duration of a run in seconds.
const SECONDS: usize = 1_800;

/// Share of samples that fail.
const ERRORS: f64 = 0.01;

/// The load profile of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Constant load.
    Flat,
    /// Load grows for a third of the run; above 70% load, response times grow, too.
    Ramp,
    /// Load grows for a third of the run, stays, and falls.
    UpAndDown,
    /// Three times the load for two minutes in the middle.
    Spike,
    /// Constant load, while response times grow by a third over the run, as with a leak.
    Soak,
    /// A closed model: users wait for a response and think for a second, so slower responses mean fewer samples.
    ClosedLoop,
}

/// When a run stalls; two runs stall at unrelated moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stalls {
    /// Never.
    None,
    /// Every 120 s, from a random moment on.
    Regular,
    /// At random moments, 120 s apart on average: the number of stalls is chance, too.
    Random,
}

impl Stalls {
    /// Which seconds are stalled.
    fn seconds(self, random: &mut Random) -> Vec<bool> {
        const APART: f64 = 120.0;
        let mut stalled = vec![false; SECONDS];
        let mut at = match self {
            Stalls::None => return stalled,
            Stalls::Regular => random.uniform() * APART,
            Stalls::Random => random.exponential(APART),
        };
        while (at as usize) < SECONDS {
            let end = (at as usize + 4).min(SECONDS);
            stalled[at as usize..end].fill(true);
            at += match self {
                Stalls::Random => random.exponential(APART),
                _ => APART,
            };
        }
        stalled
    }
}

/// A run that can be drawn repeatedly.
#[derive(Debug, Clone)]
pub struct Run {
    shape: Shape,
    /// Samples, of all labels.
    samples: usize,
    stalls: Stalls,
    medians: [f64; 7],
}

impl Run {
    /// Index of the label that [`Run::slower`] slows down.
    pub const SLOWER: usize = 1;

    /// A run of 17,000 samples per label.
    pub fn of(shape: Shape) -> Self {
        Run {
            shape,
            samples: 120_000,
            stalls: Stalls::None,
            medians: MEDIANS,
        }
    }

    /// With occasional stalls of all requests: for 4 s, each takes up to 800 ms longer.
    pub fn with(mut self, stalls: Stalls) -> Self {
        self.stalls = stalls;
        self
    }

    /// With response times divided by 20, so that whole milliseconds are coarse.
    pub fn with_short_times(mut self) -> Self {
        self.medians = self.medians.map(|median| median / 20.0);
        self
    }

    /// The same run with this number of samples.
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// The same run with one label's times multiplied.
    pub fn slower(&self, factor: f64) -> Self {
        let mut slower = self.clone();
        slower.medians[Run::SLOWER] *= factor;
        slower
    }

    /// Load at a time, 0 to 1 of the plateau (3 in the spike).
    fn load(&self, second: f64) -> f64 {
        let third = SECONDS as f64 / 3.0;
        let middle = SECONDS as f64 / 2.0;
        match self.shape {
            Shape::Flat | Shape::Soak => 1.0,
            Shape::Ramp | Shape::ClosedLoop => (second / third).min(1.0),
            Shape::UpAndDown => (second / third).min(3.0 - second / third).min(1.0),
            Shape::Spike if (second - middle).abs() < 60.0 => 3.0,
            Shape::Spike => 1.0,
        }
    }

    /// The factor by which load and time multiply response times.
    fn slowness(&self, second: f64) -> f64 {
        let busy = 1.0 + (self.load(second) - 0.7).max(0.0) * 4.0;
        match self.shape {
            Shape::Soak => 1.0 + second / SECONDS as f64 / 3.0,
            Shape::Flat => 1.0,
            _ => busy,
        }
    }

    /// The parts of one draw's report that a comparison reads.
    pub fn report(&self, seed: u64) -> Report {
        let mut drawn = Drawn::new(seed);
        self.draw(seed, |sample| drawn.record(sample));
        drawn.report()
    }

    /// The whole report of one draw, made from its samples.
    pub fn whole_report(&self, seed: u64) -> Report {
        let mut aggregate = Aggregate::default();
        let mut position = 0;
        self.draw(seed, |sample| {
            let mut row = Sample::default();
            row.position = position;
            row.time_stamp = 1_700_000_000_000 + sample.time_ms as i64;
            row.elapsed = sample.elapsed;
            row.label = LABELS[sample.label].as_bytes();
            row.response_code = b"200";
            row.response_message = b"OK";
            row.thread_name = b"Users 1-1";
            row.success = sample.success;
            row.error_count = u64::from(!sample.success);
            aggregate.record(&row);
            position += 1;
        });
        super::checked(Report::new(&aggregate.into(), Presentation::default()).unwrap())
    }

    /// Draws the samples of a run.
    fn draw(&self, seed: u64, mut record: impl FnMut(Sampled)) {
        let mut random = Random::new(seed);
        let stalls = self.stalls.seconds(&mut random);
        let loads = (0..SECONDS).map(|second| self.load(second as f64 + 0.5));
        let scale = self.samples as f64 / loads.sum::<f64>();
        let mut level = INNOVATION / (1.0 - MEMORY * MEMORY).sqrt() * random.normal();
        for (second, &is_stalled) in stalls.iter().enumerate() {
            level = MEMORY * level + INNOVATION * random.normal();
            let at = second as f64 + 0.5;
            let slowness = self.slowness(at) * level.exp();
            let mean = self.medians.iter().sum::<f64>() / 7.0 * slowness / 1_000.0;
            let offered = match self.shape {
                // A think time of a second.
                Shape::ClosedLoop => self.load(at) * 1.8 / (1.0 + mean),
                _ => self.load(at),
            };
            for _ in 0..random.poisson(offered * scale) {
                let label = (random.uniform() * 7.0) as usize % 7;
                let mut elapsed = self.medians[label] * slowness * (SIGMA * random.normal()).exp();
                if is_stalled {
                    elapsed += random.uniform() * 800.0;
                }
                record(Sampled {
                    time_ms: second * 1_000 + (random.uniform() * 1e3) as usize,
                    elapsed: elapsed.floor() as i64,
                    label,
                    success: random.uniform() >= ERRORS,
                });
            }
        }
    }
}

/// One sample drawn.
struct Sampled {
    time_ms: usize,
    elapsed: i64,
    label: usize,
    success: bool,
}

/// The parts of a report that a comparison reads.
struct Drawn {
    /// Random offset of the start within a slice, ms.
    phase: usize,
    slices: Vec<[Cell; 7]>,
    /// Per label: the number of samples by response time in ms.
    counts: [Vec<u64>; 7],
    errors: [u64; 7],
}

impl Drawn {
    const SLICE_MS: usize = 2_048;

    fn new(seed: u64) -> Self {
        Drawn {
            phase: (seed.wrapping_mul(2_654_435_761) >> 7) as usize % Drawn::SLICE_MS,
            slices: Vec::new(),
            counts: Default::default(),
            errors: [0; 7],
        }
    }

    fn record(&mut self, sample: Sampled) {
        let slice = (sample.time_ms + self.phase) / Drawn::SLICE_MS;
        if self.slices.len() <= slice {
            self.slices.resize_with(slice + 1, Default::default);
        }
        let cell = &mut self.slices[slice][sample.label];
        cell.elapsed.add(sample.elapsed);
        let failures = || CompactHistogram::default().into();
        match sample.success {
            true => cell.successes.record(sample.elapsed, 1),
            false => cell
                .failures
                .get_or_insert_with(failures)
                .record(sample.elapsed, 1),
        }
        let counts = &mut self.counts[sample.label];
        let elapsed = sample.elapsed as usize;
        if counts.len() <= elapsed {
            counts.resize(elapsed + 1, 0);
        }
        counts[elapsed] += 1;
        self.errors[sample.label] += u64::from(!sample.success);
    }

    fn report(&self) -> Report {
        let mut all = Vec::new();
        for counts in &self.counts {
            all.resize(all.len().max(counts.len()), 0);
            all.iter_mut()
                .zip(counts)
                .for_each(|(sum, count)| *sum += count);
        }
        let labels = (0..7).map(|label| {
            let slices = (0..).zip(&self.slices);
            let slices = slices.map(|(index, cells)| Slice::of(index, &cells[label]));
            LabelSlices {
                label: LABELS[label].to_owned(),
                cells: Cells(slices.filter(|slice| slice.samples() > 0).collect()),
            }
        });
        let rows = (0..7).map(|at| row(LABELS[at], &self.counts[at], self.errors[at]));
        Report {
            labels: rows.collect(),
            total: row("TOTAL", &all, self.errors.iter().sum()),
            slices: Some(Slices {
                slice_ms: Drawn::SLICE_MS as u64,
                labels: labels.collect(),
                ..Slices::default()
            }),
            ..Report::default()
        }
    }
}

fn row(label: &str, counts: &[u64], errors: u64) -> LabelReport {
    let counts = (0..).zip(counts).filter(|(_, count)| **count > 0);
    let distribution: Vec<(i64, u64)> = counts.map(|(value, &count)| (value, count)).collect();
    let moment = |power: i32| {
        let terms = distribution.iter();
        terms
            .map(|&(value, count)| (value as f64).powi(power) * count as f64)
            .sum::<f64>()
    };
    let (samples, mean) = (moment(0), moment(1) / moment(0));
    LabelReport {
        label: label.to_owned(),
        samples: samples as u64,
        errors,
        error_ratio: Some(errors as f64 / samples),
        elapsed: Some(Summary {
            count: samples as u64,
            mean,
            std_dev: (moment(2) / samples - mean * mean).sqrt(),
            min: distribution.first().map_or(0, |first| first.0),
            max: distribution.last().map_or(0, |last| last.0),
            percentiles: Vec::new(),
        }),
        distribution,
        ..LabelReport::default()
    }
}

/// Default settings with this ratio as the threshold.
pub fn settings(threshold: f64) -> Settings {
    let percentiles = [50.0, 95.0].map(|percent| Percentile::new(percent).unwrap());
    Settings {
        confidence: 0.95,
        threshold_ratio: threshold,
        threshold_ms: if threshold > 0.0 { 1.0 } else { 0.0 },
        percentiles: percentiles.to_vec(),
        tested_percentiles: percentiles.to_vec(),
    }
}

/// Vigna's splitmix64.
struct Random {
    state: u64,
    /// The second of a pair of normal values.
    spare: Option<f64>,
}

impl Random {
    fn new(seed: u64) -> Self {
        Random {
            state: seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d,
            spare: None,
        }
    }

    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// The Box–Muller transform.
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Knuth's algorithm, in steps small enough for its range.
    fn poisson(&mut self, mean: f64) -> usize {
        const PART: f64 = 20.0;
        let mut count = 0;
        let mut rest = mean;
        while rest > 0.0 {
            let end = (-rest.min(PART)).exp();
            let mut product = self.uniform();
            while product > end {
                count += 1;
                product *= self.uniform();
            }
            rest -= PART;
        }
        count
    }
}
