//! Active threads over time, and the plateau during which all of them are up.

use std::collections::BTreeMap;

use crate::jtl::{Edge, Engine, Reach, Sample, Trace, chains};

/// Initial width of a cell, ms. Samplers first take the time and then count the threads, so a lower
/// number may follow a higher one by chance within a cell.
const CELL_MS: i64 = 1_000;

/// Cells per engine. If there are more, cells are made twice as wide.
const MAX_CELLS: usize = 4_096;

/// Rows that a cell stands for when engines are compared over time. Cells do not count theirs.
const ROWS_PER_CELL: u64 = 10;

/// Engines that are told apart.
const MAX_ENGINES: usize = 256;

/// `allThreads` over time per load generator, at a resolution that keeps memory bounded. Parts may
/// be merged in any order.
#[derive(Debug, Clone, Default)]
pub struct Threads {
    engines: BTreeMap<Box<[u8]>, Cells>,
    has_too_many: bool,
}

/// One engine's peak in each cell of time with samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Cells {
    /// The first and last row of an engine that is known by its input.
    reach: Option<Reach>,
    /// Cells are `2^doublings` times [`CELL_MS`] wide.
    doublings: u32,
    cells: BTreeMap<i64, Peak>,
}

/// The largest number of threads in a cell, and when it was first and last reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Peak {
    threads: i64,
    first: i64,
    last: i64,
}

/// The time while all threads are up: from the first to the last sample that ends with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plateau {
    /// Number of threads on all engines.
    pub threads: i64,
    /// When the last one was up, epoch ms.
    pub start: i64,
    /// When the first one left, epoch ms.
    pub end: i64,
}

/// Why there is no plateau.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPlateau {
    /// `allThreads` is missing in every row.
    #[error("no row tells how many threads were active (allThreads)")]
    NoFigures,
    /// There are more than 256 engines.
    #[error("there are too many load generators to tell apart")]
    TooManyEngines,
    /// The plateaus of the engines do not overlap.
    #[error("the threads of all load generators were never up at the same time")]
    NeverTogether,
}

impl Threads {
    /// Adds the number of threads at the end of a sample. JMeter writes 0 for unknown.
    pub fn record(&mut self, sample: &Sample<'_>) {
        let Some(threads) = sample.all_threads.filter(|&threads| threads > 0) else {
            return;
        };
        let end = sample.end();
        let peak = Peak {
            threads,
            first: end,
            last: end,
        };
        let engine = Engine::of(sample);
        if let Some(cells) = self.engine(&engine.key()) {
            cells.record(peak);
            if let Engine::Input(_) = engine {
                let row = Edge::of(sample);
                cells.extend(Reach::new(row, row));
            }
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Threads) {
        for (engine, cells) in &other.engines {
            if let Some(own) = self.engine(engine) {
                own.merge(cells);
            }
        }
        if other.has_too_many {
            *self = other.clone();
        }
    }

    fn engine(&mut self, name: &[u8]) -> Option<&mut Cells> {
        if self.has_too_many {
            return None;
        }
        if !self.engines.contains_key(name) {
            if self.engines.len() == MAX_ENGINES {
                *self = Threads {
                    engines: BTreeMap::new(),
                    has_too_many: true,
                };
                return None;
            }
            self.engines.insert(name.into(), Cells::default());
        }
        self.engines.get_mut(name)
    }

    /// The cells of each engine. Inputs that are pieces of one engine's results count as one.
    fn joined(&self) -> Vec<Cells> {
        let (inputs, mut joined): (Vec<&Cells>, Vec<&Cells>) = self
            .engines
            .values()
            .partition(|cells| cells.reach.is_some());
        if inputs.len() < 2 {
            joined.extend(inputs);
            return joined.into_iter().cloned().collect();
        }
        // Cells of different engines may have different widths.
        let widest = inputs.iter().map(|cells| cells.doublings).max();
        let traces = inputs.iter().filter_map(|cells| cells.trace(widest?));
        let chains = chains(&traces.collect::<Vec<_>>()).into_iter();
        let of_inputs = chains.map(|chain| {
            let mut whole = Cells::default();
            for number in chain {
                whole.merge(inputs[number]);
            }
            whole
        });
        of_inputs.chain(joined.into_iter().cloned()).collect()
    }

    /// The longest time during which all threads of every engine are up.
    ///
    /// # Errors
    ///
    /// When there is no such time.
    pub fn plateau(&self) -> Result<Plateau, NoPlateau> {
        if self.has_too_many {
            return Err(NoPlateau::TooManyEngines);
        }
        let engines = self.joined();
        let plateaus = engines.iter().filter_map(Cells::plateau);
        let together = plateaus.reduce(|a, b| Plateau {
            threads: a.threads.saturating_add(b.threads),
            start: a.start.max(b.start),
            end: a.end.min(b.end),
        });
        let plateau = together.ok_or(NoPlateau::NoFigures)?;
        match plateau.start <= plateau.end {
            true => Ok(plateau),
            false => Err(NoPlateau::NeverTogether),
        }
    }
}

impl Cells {
    fn record(&mut self, peak: Peak) {
        let cell = peak.first.div_euclid(CELL_MS) >> self.doublings;
        add(&mut self.cells, cell, peak);
        self.widen_to_bound();
    }

    fn extend(&mut self, reach: Reach) {
        match &mut self.reach {
            Some(own) => own.merge(reach),
            own @ None => *own = Some(reach),
        }
    }

    /// Its cells with samples, as wide as after this many doublings.
    fn trace(&self, doublings: u32) -> Option<Trace> {
        let narrower = doublings.saturating_sub(self.doublings);
        let mut rows: Vec<(i64, u64)> = Vec::new();
        for cell in self.cells.keys().map(|cell| cell >> narrower) {
            match rows.last_mut() {
                Some((last, count)) if *last == cell => *count += ROWS_PER_CELL,
                _ => rows.push((cell, ROWS_PER_CELL)),
            }
        }
        Some(Trace {
            reach: self.reach?,
            rows,
        })
    }

    fn merge(&mut self, other: &Cells) {
        if let Some(reach) = other.reach {
            self.extend(reach);
        }
        while self.doublings < other.doublings {
            self.widen();
        }
        for (&cell, &peak) in &other.cells {
            add(
                &mut self.cells,
                cell >> (self.doublings - other.doublings),
                peak,
            );
            self.widen_to_bound();
        }
    }

    /// Widens cells until their number is within bounds. The width does not depend on the order of
    /// samples.
    fn widen_to_bound(&mut self) {
        while self.cells.len() > MAX_CELLS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.doublings += 1;
        for (cell, peak) in std::mem::take(&mut self.cells) {
            add(&mut self.cells, cell >> 1, peak);
        }
    }

    /// The longest stretch of cells that all reach the engine's highest number of threads. Cells
    /// without samples do not interrupt it.
    fn plateau(&self) -> Option<Plateau> {
        let threads = self.cells.values().map(|peak| peak.threads).max()?;
        let mut longest: Option<Plateau> = None;
        let mut current: Option<Plateau> = None;
        for peak in self.cells.values() {
            if peak.threads < threads {
                current = None;
                continue;
            }
            let stretch = Plateau {
                threads,
                start: current.map_or(peak.first, |current| current.start),
                end: peak.last,
            };
            current = Some(stretch);
            let length = |stretch: Plateau| stretch.end.saturating_sub(stretch.start);
            if longest.is_none_or(|longest| length(stretch) > length(longest)) {
                longest = current;
            }
        }
        longest
    }
}

fn add(cells: &mut BTreeMap<i64, Peak>, cell: i64, peak: Peak) {
    cells
        .entry(cell)
        .and_modify(|own| {
            if peak.threads > own.threads {
                *own = peak;
            } else if peak.threads == own.threads {
                own.first = own.first.min(peak.first);
                own.last = own.last.max(peak.last);
            }
        })
        .or_insert(peak);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    /// Figures of one engine: when (ms) and how many threads.
    fn threads(input: u32, figures: &[(i64, i64)]) -> Threads {
        let mut threads = Threads::default();
        for &(end, count) in figures {
            threads.record(&Sample {
                input,
                time_stamp: end - 10,
                elapsed: 10,
                all_threads: Some(count),
                ..sample()
            });
        }
        threads
    }

    #[test]
    fn from_the_last_up_to_the_first_leaving() {
        let ramp = [
            (500, 1),
            (1_200, 2),
            (2_300, 3),
            (2_310, 2), // counted before, noted after
            (3_400, 3),
            (5_900, 3),
            (7_100, 2),
            (8_000, 1),
        ];
        assert_eq!(
            threads(0, &ramp).plateau(),
            Ok(Plateau {
                threads: 3,
                start: 2_300,
                end: 5_900
            })
        );
    }

    #[test]
    fn of_two_stretches_the_longer_one() {
        let twice = [
            (0, 5),
            (1_000, 5),
            (2_000, 1),
            (3_000, 5),
            (9_000, 5),
            (10_000, 2),
        ];
        let plateau = threads(0, &twice).plateau().unwrap();
        assert_eq!((plateau.start, plateau.end), (3_000, 9_000));
    }

    #[test]
    fn engines_must_be_up_together() {
        let mut both = threads(0, &[(0, 1), (1_000, 4), (8_000, 4), (9_000, 1)]);
        both.merge(&threads(1, &[(1_000, 1), (3_000, 6), (20_000, 6)]));
        assert_eq!(
            both.plateau(),
            Ok(Plateau {
                threads: 10,
                start: 3_000,
                end: 8_000
            })
        );
        let mut apart = threads(0, &[(0, 4), (1_000, 4), (2_000, 1)]);
        apart.merge(&threads(1, &[(3_000_000, 6), (9_000_000, 6)]));
        assert_eq!(apart.plateau(), Err(NoPlateau::NeverTogether));
    }

    #[test]
    fn pieces_of_one_engine_have_one_plateau() {
        let figures = [
            (0, 1),
            (1_000, 4),
            (3_000, 4),
            (5_000, 4),
            (8_000, 4),
            (9_000, 1),
        ];
        let mut pieces = threads(1, &figures[3..]);
        pieces.merge(&threads(0, &figures[..3]));
        assert_eq!(pieces.plateau(), threads(0, &figures).plateau());
        assert_eq!(pieces.plateau().unwrap().threads, 4);
    }

    #[test]
    fn without_thread_counts_there_is_no_plateau() {
        let unknown = Sample {
            all_threads: Some(0),
            ..sample()
        };
        let absent = Sample {
            all_threads: None,
            ..sample()
        };
        let mut threads = Threads::default();
        threads.record(&unknown);
        threads.record(&absent);
        assert_eq!(threads.plateau(), Err(NoPlateau::NoFigures));
    }

    #[test]
    fn engines_are_bounded() {
        let mut threads = Threads::default();
        for input in 0..=256 {
            assert_ne!(threads.plateau(), Err(NoPlateau::TooManyEngines));
            threads.record(&Sample { input, ..sample() });
        }
        assert_eq!(threads.plateau(), Err(NoPlateau::TooManyEngines));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_split_in_any_order_is_the_same(
            figures in prop::collection::vec((-20_000_000..20_000_000_i64, 1..5_i64), 0..10_000),
            chosen in any::<u64>(),
        ) {
            let one = threads(0, &figures);
            let (left, right): (Vec<_>, Vec<_>) = figures
                .iter()
                .enumerate()
                .partition(|(at, _)| chosen >> (at % 64) & 1 == 0);
            let part = |part: Vec<(usize, &(i64, i64))>| {
                let mut figures: Vec<_> = part.into_iter().map(|(_, &figure)| figure).collect();
                figures.reverse();
                threads(0, &figures)
            };
            let (mut ab, mut ba) = (part(left.clone()), part(right.clone()));
            ab.merge(&part(right));
            ba.merge(&part(left));
            for threads in [&ab, &ba] {
                prop_assert_eq!(&threads.engines, &one.engines);
            }
            prop_assert!(one.engines.values().all(|cells| cells.cells.len() <= MAX_CELLS));
        }
    }
}
