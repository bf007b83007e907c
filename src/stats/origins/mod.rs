//! What each host, load generator and thread group did, exactly.
//!
//! A cell counts the samples with the same label, host, engine and thread group, so that the figures of
//! any of these are sums of cells. Rows of transaction controllers are left out.
//!
//! The elapsed times of a label are known already, so the first of its cells does without its own: they
//! are what the other cells leave (see [`Origins::complete`]). Most labels have no other.
//!
//! Memory is bounded: if there are more than [`MAX_CELLS`], cells are told apart by fewer parts (see
//! [`Detail`]). The detail depends only on the set of cells, so merging is associative and commutative.

mod cell;
mod failed_connects;
mod memo;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::FirstFailure;
use super::consistency::{self, Checked, Inconsistent};
use super::distribution::Distribution;
use super::interner::Interner;
use super::label::LabelStats;
use super::run::Run;
use crate::jtl::{Engine, Sample, host_and_port, shifted_engine, thread_group, thread_number};

pub use cell::OriginStats;
pub use failed_connects::FailedConnects;
pub use memo::KnownEngine;
use memo::Memos;

/// Cells that are told apart. A run has a few per label.
const MAX_CELLS: usize = 1_000;

/// Bytes of the longest host name (RFC 1035) with a port, and of any other name that is kept.
const MAX_NAME: usize = 261;

/// Stands for a part that is not told apart.
const UNKNOWN: u32 = u32::MAX;

/// By what cells are told apart, finest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Detail {
    /// By label, host, engine and thread group.
    #[default]
    Label,
    /// By host, engine and thread group.
    Group,
    /// By host and engine.
    Engine,
    /// By host.
    Host,
    /// There are no cells: the run has too many hosts.
    Nothing,
}

/// The parts by which a cell is told apart, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Key {
    label: u32,
    host: u32,
    engine: u32,
    group: u32,
}

/// The cells of a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Origins {
    detail: Detail,
    names: Names,
    places: HashMap<Key, usize>,
    keys: Vec<Key>,
    cells: Vec<OriginStats>,
    failed_connects: FailedConnects,
    /// By label, whether it has a cell that is the rest of the others.
    rests: Vec<bool>,
    memos: Memos,
}

/// Names by number. Empty ones mean that the row has none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Names {
    hosts: Interner,
    engines: Interner,
    groups: Interner,
}

/// Cells as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    detail: Detail,
    names: Names,
    cells: Vec<(Key, OriginStats)>,
    failed_connects: FailedConnects,
}

/// A cell, and by what it is told apart.
#[derive(Debug, Clone, Copy)]
pub struct OriginCell<'a> {
    /// Number of its label; `None` if labels are not told apart.
    pub label: Option<usize>,
    /// Host and port in the URLs; empty without one.
    pub host: &'a [u8],
    /// Key of the engine; empty if engines are not told apart.
    pub engine: &'a [u8],
    /// The thread group; empty without one, or if groups are not told apart.
    pub group: &'a [u8],
    /// Its figures.
    pub stats: &'a OriginStats,
}

impl Origins {
    /// The place of the cell of a row of the label with this number, and its engine, if they are known by
    /// the rows before. Notes the number of its thread.
    pub fn find(&mut self, sample: &Sample<'_>, label: usize) -> Option<(u32, KnownEngine)> {
        let known = self.memos.find(sample, self.label_of_cell(label))?;
        if let Some(numbers) = known.numbers {
            self.record_thread(known.place as usize, numbers);
        }
        Some((known.place, known.engine))
    }

    /// Notes the number of a thread, and of its group, of the cell at this place.
    #[inline(always)]
    pub fn record_thread(&mut self, place: usize, numbers: (u32, u32)) {
        if let Some(cell) = self.cells.get_mut(place) {
            cell.record_thread(numbers);
        }
    }

    /// By what cells are told apart.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// What stands for a label where cells are not told apart by labels.
    #[inline(always)]
    fn label_of_cell(&self, label: usize) -> usize {
        match self.detail {
            Detail::Label => label,
            _ => 0,
        }
    }

    /// Counts a row of the cell at this place.
    pub fn record(&mut self, place: usize, sample: &Sample<'_>) {
        if let Some(cell) = self.cells.get_mut(place) {
            cell.record(sample);
        }
    }

    /// Counts rows of the cell at this place.
    pub fn record_run(&mut self, place: usize, run: &Run<'_>) {
        if let Some(cell) = self.cells.get_mut(place) {
            cell.record_run(run);
        }
    }

    /// Whether one more cell would be too many, so that places would change.
    pub fn is_full(&self) -> bool {
        self.cells.len() >= MAX_CELLS
    }

    /// Adds what only failed rows have. The row's type of error has this number.
    pub fn record_failure(&mut self, place: usize, sample: &Sample<'_>, error: usize) {
        let is_unconnected = failed_connects::is_one(sample);
        if let Some(cell) = self.cells.get_mut(place) {
            cell.record_failure(sample, error, is_unconnected);
        }
        if is_unconnected {
            self.failed_connects.record(sample);
        }
    }

    /// The place of the cell of a row of the label with this number, which `labels` do not contain yet, and
    /// which this engine wrote. Notes the number of its thread.
    pub fn look_up(
        &mut self,
        sample: &Sample<'_>,
        engine: usize,
        label: usize,
        labels: &[LabelStats],
    ) -> usize {
        if self.detail == Detail::Nothing {
            return u32::MAX as usize;
        }
        let known_engine = KnownEngine {
            number: engine as u16,
            is_input: matches!(Engine::of(sample), Engine::Input(_)),
        };
        let name = Engine::of(sample).key();
        let names = self.detail.of([
            host_and_port(sample.url).unwrap_or_default(),
            &name,
            thread_group(sample.thread_name),
        ]);
        let place = self.place(names, label);
        match self.is_too_large() {
            true => {
                self.coarsen(labels);
                self.look_up(sample, engine, label, labels)
            }
            false => {
                if let Some(cell) = self.cells.get_mut(place)
                    && let Some(numbers) = thread_number(sample.thread_name)
                {
                    cell.record_thread(numbers);
                }
                let label = self.label_of_cell(label);
                self.memos.keep(sample, label, place, known_engine);
                place
            }
        }
    }

    /// The place of the cell of these names and this label.
    fn place(&mut self, names: [Option<&[u8]>; 3], label: usize) -> usize {
        let number = |interner: &mut Interner, name: Option<&[u8]>| match name {
            Some(name) if name.len() <= MAX_NAME => interner.number(name) as u32,
            Some(_) => interner.number(b"") as u32,
            None => UNKNOWN,
        };
        let [host, engine, group] = names;
        let key = Key {
            label: match self.detail {
                Detail::Label => label as u32,
                _ => UNKNOWN,
            },
            host: number(&mut self.names.hosts, host),
            engine: number(&mut self.names.engines, engine),
            group: number(&mut self.names.groups, group),
        };
        let next = self.cells.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.keys.push(key);
            let is_rest = self.takes_rest(key.label);
            self.cells.push(OriginStats {
                is_rest,
                ..OriginStats::default()
            });
        }
        place
    }

    /// Whether a new cell of a label is the rest of the others: the first one is.
    fn takes_rest(&mut self, label: u32) -> bool {
        if label == UNKNOWN {
            return false;
        }
        let label = label as usize;
        if self.rests.len() <= label {
            self.rests.resize(label + 1, false);
        }
        let has_rest = self.rests.get_mut(label);
        has_rest.is_some_and(|has_rest| !std::mem::replace(has_rest, true))
    }

    fn is_too_large(&self) -> bool {
        self.cells.len() > MAX_CELLS
    }

    /// Tells cells apart by less until there are not too many. `labels` have the same rows.
    pub(super) fn bound(&mut self, labels: &[LabelStats]) {
        while self.is_too_large() {
            self.coarsen(labels);
        }
    }

    #[cold]
    fn coarsen(&mut self, labels: &[LabelStats]) {
        let finer = std::mem::take(self);
        let finer = finer.complete(labels);
        self.detail = finer.detail.coarser();
        self.failed_connects = finer.failed_connects.clone();
        self.add_cells(&finer, |label| label, &|error| error);
    }

    /// Gives every cell its elapsed times. `labels` have the same rows.
    #[must_use]
    pub(super) fn complete(mut self, labels: &[LabelStats]) -> Self {
        self.cells.iter_mut().for_each(OriginStats::settle);
        let mut others: HashMap<u32, Distribution> = HashMap::new();
        for (key, cell) in self.keys.iter().zip(&self.cells) {
            if !cell.is_rest && key.label != UNKNOWN {
                let others = others.entry(key.label).or_default();
                others.merge(&cell.elapsed_ok);
            }
        }
        for (key, cell) in self.keys.iter().zip(&mut self.cells) {
            if cell.is_rest
                && let Some(label) = labels.get(key.label as usize)
            {
                let all = label.distributions();
                cell.is_rest = false;
                cell.elapsed_ok = match others.get(&key.label) {
                    Some(others) => all.elapsed_ok.without(others),
                    None => all.elapsed_ok.clone(),
                };
            }
        }
        self.rests = Vec::new();
        self.memos = Memos::default();
        self
    }

    /// Adds the cells of another one, which are complete. Its detail must not be coarser than this one's.
    fn add_cells(
        &mut self,
        other: &Origins,
        label: impl Fn(usize) -> usize,
        error: &dyn Fn(usize) -> usize,
    ) {
        if self.detail == Detail::Nothing {
            return;
        }
        for cell in other.cells() {
            let names = self.detail.of([cell.host, cell.engine, cell.group]);
            let place = self.place(names, cell.label.map_or(0, &label));
            if let Some(own) = self.cells.get_mut(place) {
                own.merge(cell.stats, error);
            }
        }
    }

    /// Adds another part of the run, whose labels and types of error have these numbers here. `own` and
    /// `others` are the labels of the parts. Once they are merged, call [`Origins::bound`].
    pub fn merge(
        &mut self,
        other: Origins,
        numbers: [&[usize]; 2],
        own: &[LabelStats],
        others: &[LabelStats],
    ) {
        while self.detail < other.detail {
            self.coarsen(own);
        }
        let [labels, errors] = numbers;
        let number = |numbers: &[usize], number: usize| numbers.get(number).copied().unwrap_or(0);
        let other = other.complete(others);
        self.add_cells(&other, |label| number(labels, label), &|error| {
            number(errors, error)
        });
        self.failed_connects.merge(&other.failed_connects);
    }

    /// Gives types of error new numbers. Several may get the same one.
    pub fn renumber_errors(&mut self, numbers: &[usize]) {
        for cell in &mut self.cells {
            cell.renumber_errors(numbers);
        }
    }

    /// Moves its rows by this many bytes, and adds to the input numbers that engines without a name are
    /// known by.
    pub(super) fn shift(&mut self, positions: u64, inputs: u32) {
        for name in std::mem::take(&mut self.names.engines).names() {
            self.names.engines.number(&shifted_engine(name, inputs));
        }
        for cell in &mut self.cells {
            cell.shift(positions);
        }
        self.memos = Memos::default();
    }

    /// Checks stored cells against the number of labels, types of error, samples and errors.
    pub(super) fn check(
        &self,
        labels: &[LabelStats],
        errors: usize,
        [samples, failed]: [u64; 2],
    ) -> Checked<()> {
        let numbers = |names: &Interner, is_known: bool| match is_known {
            true => 0..names.len(),
            // `UNKNOWN` as the only one.
            false => UNKNOWN as usize..UNKNOWN as usize + 1,
        };
        let hosts = numbers(&self.names.hosts, self.detail < Detail::Nothing);
        let engines = numbers(&self.names.engines, self.detail < Detail::Host);
        let groups = numbers(&self.names.groups, self.detail < Detail::Engine);
        let known_labels = match self.detail {
            Detail::Label => 0..labels.len(),
            _ => UNKNOWN as usize..UNKNOWN as usize + 1,
        };
        let is_known = |key: &Key| {
            known_labels.contains(&(key.label as usize))
                && hosts.contains(&(key.host as usize))
                && engines.contains(&(key.engine as usize))
                && groups.contains(&(key.group as usize))
        };
        let is_sound = !self.is_too_large()
            && self.keys.iter().all(is_known)
            && (self.detail < Detail::Nothing || self.cells.is_empty());
        consistency::ensure(is_sound, "its hosts and thread groups are invalid")?;
        let complete = self.clone().complete(labels);
        let cells = complete.cells.iter();
        cells.clone().try_for_each(|cell| cell.check(errors))?;
        let succeeded = cells.clone().map(|cell| cell.elapsed_ok.check());
        let succeeded = consistency::total(succeeded.collect::<Checked<Vec<u64>>>()?)?;
        let own = labels
            .iter()
            .map(|label| label.distributions().elapsed_ok.check());
        let own = consistency::total(own.collect::<Checked<Vec<u64>>>()?)?;
        let is_same = self.detail == Detail::Nothing || succeeded == own;
        consistency::ensure(is_same, "it has different successes by label and by host")?;
        let total = consistency::total(cells.clone().map(|cell| cell.samples))?;
        let of_failed = consistency::total(cells.map(|cell| cell.errors))?;
        let is_total = self.detail == Detail::Nothing || (total, of_failed) == (samples, failed);
        consistency::ensure(is_total, "it has different samples by label and by host")?;
        self.failed_connects.check(samples)
    }

    /// The cells, in no particular order.
    pub fn cells(&self) -> impl Iterator<Item = OriginCell<'_>> {
        let cells = self.keys.iter().zip(&self.cells);
        cells.map(|(key, stats)| OriginCell {
            label: (key.label != UNKNOWN).then_some(key.label as usize),
            host: name(&self.names.hosts, key.host),
            engine: name(&self.names.engines, key.engine),
            group: name(&self.names.groups, key.group),
            stats,
        })
    }

    /// The requests of the whole run that got no connection.
    pub fn failed_connects(&self) -> &FailedConnects {
        &self.failed_connects
    }
}

impl Detail {
    fn coarser(self) -> Self {
        match self {
            Detail::Label => Detail::Group,
            Detail::Group => Detail::Engine,
            Detail::Engine => Detail::Host,
            Detail::Host | Detail::Nothing => Detail::Nothing,
        }
    }

    /// Of host, engine and group the names that are told apart.
    fn of(self, [host, engine, group]: [&[u8]; 3]) -> [Option<&[u8]>; 3] {
        [
            Some(host),
            (self <= Detail::Engine).then_some(engine),
            (self <= Detail::Group).then_some(group),
        ]
    }
}

fn name(names: &Interner, number: u32) -> &[u8] {
    names.name(number as usize)
}

impl From<Origins> for Stored {
    fn from(mut origins: Origins) -> Self {
        origins.cells.iter_mut().for_each(OriginStats::settle);
        Stored {
            detail: origins.detail,
            names: origins.names,
            cells: origins.keys.into_iter().zip(origins.cells).collect(),
            failed_connects: origins.failed_connects,
        }
    }
}

impl TryFrom<Stored> for Origins {
    type Error = Inconsistent;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let mut origins = Origins {
            detail: stored.detail,
            names: stored.names,
            failed_connects: stored.failed_connects,
            ..Origins::default()
        };
        for (place, (key, cell)) in stored.cells.into_iter().enumerate() {
            if origins.places.insert(key, place).is_some() {
                return Err(Inconsistent("it has a host or thread group twice"));
            }
            if cell.is_rest && !origins.takes_rest(key.label) {
                return Err(Inconsistent("a label has too many hosts without times"));
            }
            origins.keys.push(key);
            origins.cells.push(cell);
        }
        Ok(origins)
    }
}

#[cfg(test)]
mod tests;
