//! Load generators: JMeter counts `allThreads` for each on its own.

use serde::{Deserialize, Serialize};

use super::interner::Interner;
use crate::jtl::{Engine, Sample, shifted_engine};

/// Engines told apart; in a run with more, threads are not summed over engines.
pub const MOST_ENGINES: usize = 256;

/// The engines of a run by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Engines {
    names: Interner,
    /// The input last met whose rows name no engine, and its number as one.
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

    /// Beyond the most that are told apart all have one number, so that memory is bounded: then the
    /// numbers are asked for no longer.
    fn number_of(&mut self, name: &[u8]) -> usize {
        match self.count() > MOST_ENGINES {
            true => MOST_ENGINES,
            false => self.names.number(name),
        }
    }

    /// The numbers here of another run's engines, by their numbers there.
    pub fn numbers_of(&mut self, other: &Engines) -> Vec<usize> {
        let names = other.names.names().iter();
        names.map(|name| self.number_of(name)).collect()
    }

    /// Their keys by number.
    pub fn names(&self) -> &[Box<[u8]>] {
        self.names.names()
    }

    /// Counts the inputs that engines are named after from another number on.
    pub(super) fn shift(&mut self, inputs: u32) {
        let names = std::mem::take(self).names;
        for name in names.names() {
            self.names.number(&shifted_engine(name, inputs));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.names().len()
    }
}
