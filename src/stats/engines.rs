//! Load generators to small numbers. JMeter counts `allThreads` per load generator.

use serde::{Deserialize, Serialize};

use super::interner::Interner;
use crate::jtl::{Engine, Sample, shifted_engine};

/// Engines that are told apart. If a run has more, threads are not summed over engines.
pub const MAX_ENGINES: usize = 256;

/// The engines of a run by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Engines {
    names: Interner,
    /// The last input whose rows name no engine, and its number as an engine.
    #[serde(skip)]
    latest_input: Option<(u32, usize)>,
}

impl Engines {
    /// The number of the engine that wrote a row.
    #[inline(always)]
    pub fn number(&mut self, sample: &Sample<'_>) -> usize {
        let engine = Engine::of(sample);
        match (&engine, self.latest_input) {
            (Engine::Input(input), Some((latest, number))) if *input == latest => number,
            _ => self.look_up(&engine),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, engine: &Engine<'_>) -> usize {
        let number = self.number_of(&engine.key());
        if let Engine::Input(input) = engine {
            self.latest_input = Some((*input, number));
        }
        number
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
    pub fn numbers_of(&mut self, other: &Engines) -> Vec<usize> {
        let names = other.names.names().iter();
        names.map(|name| self.number_of(name)).collect()
    }

    /// Their keys by number.
    pub fn names(&self) -> &[Box<[u8]>] {
        self.names.names()
    }

    /// Adds to the input numbers that engines without a name are known by.
    pub(super) fn shift(&mut self, inputs: u32) {
        let names = std::mem::take(self).names;
        for name in names.names() {
            self.names.number(&shifted_engine(name, inputs));
        }
    }

    /// Number of engines.
    pub fn count(&self) -> usize {
        self.names.names().len()
    }
}
