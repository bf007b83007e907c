//! Load generators to small numbers. JMeter counts `allThreads` per load generator.

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::interner::Interner;
use crate::jtl::{Edge, Engine, Reach, Sample, shifted_engine};

/// Engines that are told apart. If a run has more, threads are not summed over engines.
pub const MAX_ENGINES: usize = 256;

/// The engines of a run by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Engines {
    names: Interner,
    /// The first and last row of each that is known by its input; as long as needed.
    reaches: Vec<Option<Reach>>,
    /// The latest rows of the last input whose rows name no engine. They are not in its reach yet.
    latest: Option<Latest>,
}

/// Successive rows of an input whose rows name no engine.
#[derive(Debug, Clone, Copy)]
struct Latest {
    input: u32,
    number: usize,
    reach: Reach,
}

/// Engines as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    names: Interner,
    reaches: Vec<Option<Reach>>,
}

impl From<Engines> for Stored {
    fn from(mut engines: Engines) -> Self {
        engines.settle();
        Stored {
            names: engines.names,
            reaches: engines.reaches,
        }
    }
}

impl From<Stored> for Engines {
    fn from(stored: Stored) -> Self {
        Engines {
            names: stored.names,
            reaches: stored.reaches,
            latest: None,
        }
    }
}

impl Engines {
    /// The number of the engine that wrote a row. Rows of an input come in their order.
    pub fn number(&mut self, sample: &Sample<'_>) -> usize {
        match Engine::of(sample) {
            Engine::Input(input) => self.number_of_input(input, Edge::of(sample)),
            named @ Engine::Named(_) => self.number_of(&named.key()),
        }
    }

    /// Does the same for a row whose engine is known already: its number, and whether it is known by the
    /// input of its rows.
    pub fn note(&mut self, (number, is_input): (usize, bool), sample: &Sample<'_>) {
        if is_input {
            let row = Edge::of(sample);
            self.extend_known(number, Reach::new(row, row));
        }
    }

    /// Adds rows to the reach of their engine, if it is known by its input and has rows already.
    pub fn extend_known(&mut self, number: usize, rows: Reach) {
        match (&mut self.latest, self.reaches.get_mut(number)) {
            (Some(latest), _) if latest.number == number => latest.reach.merge(rows),
            (_, Some(Some(reach))) => reach.merge(rows),
            _ => {}
        }
    }

    #[inline(never)]
    fn number_of_input(&mut self, input: u32, row: Edge) -> usize {
        if let Some(latest) = &mut self.latest
            && latest.input == input
        {
            latest.reach.merge(Reach::new(row, row));
            return latest.number;
        }
        let number = self.number_of(&Engine::Input(input).key());
        self.settle();
        self.latest = Some(Latest {
            input,
            number,
            reach: Reach::new(row, row),
        });
        number
    }

    /// Adds the latest rows to the reach of their engine.
    fn settle(&mut self) {
        if let Some(latest) = self.latest.take() {
            self.extend(latest.number, latest.reach);
        }
    }

    fn extend(&mut self, number: usize, reach: Reach) {
        if number >= MAX_ENGINES {
            return;
        }
        if self.reaches.len() <= number {
            self.reaches.resize(number + 1, None);
        }
        match &mut self.reaches[number] {
            Some(own) => own.merge(reach),
            own @ None => *own = Some(reach),
        }
    }

    /// All engines beyond [`MAX_ENGINES`] share one number, so that memory is bounded. Numbers are
    /// not used then.
    fn number_of(&mut self, name: &[u8]) -> usize {
        match self.count() > MAX_ENGINES {
            true => MAX_ENGINES,
            false => self.names.number(name),
        }
    }

    /// Adds the engines of another run. Returns the number of each here by its number there.
    pub fn merge(&mut self, mut other: Engines) -> Vec<usize> {
        self.settle();
        other.settle();
        let names = other.names.names();
        let numbers: Vec<usize> = names.map(|name| self.number_of(name)).collect();
        for (&number, reach) in numbers.iter().zip(other.reaches) {
            if let Some(reach) = reach {
                self.extend(number, reach);
            }
        }
        numbers
    }

    /// Their keys by number.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.names.names()
    }

    /// The first and last row of an engine that is known by its input.
    pub fn reach(&self, number: usize) -> Option<Reach> {
        let settled = self.reaches.get(number).copied().flatten();
        let latest = self.latest.filter(|latest| latest.number == number);
        let latest = latest.map(|latest| latest.reach);
        match (settled, latest) {
            (Some(mut reach), Some(latest)) => {
                reach.merge(latest);
                Some(reach)
            }
            (settled, latest) => settled.or(latest),
        }
    }

    /// Moves its rows by this many bytes, and adds to the input numbers that engines without a name
    /// are known by.
    pub(super) fn shift(&mut self, positions: u64, inputs: u32) {
        self.settle();
        for name in std::mem::take(&mut self.names).names() {
            self.names.number(&shifted_engine(name, inputs));
        }
        for reach in self.reaches.iter_mut().flatten() {
            reach.shift(positions);
        }
    }

    /// Checks stored engines.
    pub(super) fn check(&self) -> Checked<()> {
        let mut reaches = self.reaches.iter().flatten();
        let are_sound =
            self.reaches.len() <= self.count().min(MAX_ENGINES) && reaches.all(Reach::is_sound);
        consistency::ensure(are_sound, "it contains no valid inputs of load generators")
    }

    /// Number of engines.
    pub fn count(&self) -> usize {
        self.names.len()
    }
}
