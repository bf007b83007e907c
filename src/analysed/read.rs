//! Reads results files into an [`Analysed`].

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Analysed;
use crate::error::{Error, Result};
use crate::jtl::input::{self, BytesRead, Input};
use crate::jtl::{self, Outcome, ReadOptions, Sample, Sink};
use crate::select::{Choice, Parts, Selected, Selection, Survey};
use crate::stats::{Aggregate, DashboardSettings, DashboardTable, Recorder};

/// How to read results, and which samples count. By default all do, each under its own label.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Analysis {
    /// How to read results.
    pub reading: ReadOptions,
    /// Which samples count, and under which label.
    pub selection: Selection,
    /// Whether to compute the figures of JMeter's dashboard too, and with which of its properties. They
    /// depend on the order of rows, so a single thread then reads all results.
    pub dashboard: Option<DashboardSettings>,
    /// The name of the only input; `None` for its path.
    pub input_name: Option<String>,
    /// Whether the same input may be given twice. Its rows then count twice.
    pub allow_repeats: bool,
}

/// The progress of reading. It restarts for a second pass, and after each summary file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SoFar {
    /// Bytes read from the files, compressed ones as stored.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
}

/// The statistics of the samples that count.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The statistics.
    pub aggregate: Aggregate,
    /// The figures of JMeter's dashboard, if requested.
    pub dashboard: Option<DashboardTable>,
}

impl Sink for Recorded {
    fn record(&mut self, sample: &Sample<'_>) {
        self.aggregate.record(sample);
        if let Some(dashboard) = &mut self.dashboard {
            dashboard.record(sample);
        }
    }
}

impl From<Recorder> for Recorded {
    fn from(recorder: Recorder) -> Self {
        Recorded {
            aggregate: recorder.into_aggregate(),
            dashboard: None,
        }
    }
}

impl From<(Aggregate, DashboardTable)> for Recorded {
    fn from((aggregate, dashboard): (Aggregate, DashboardTable)) -> Self {
        Recorded {
            aggregate,
            dashboard: Some(dashboard),
        }
    }
}

/// Converts the outcome of reading with one sink; every sample counts.
impl From<Outcome<Recorder>> for Analysed {
    fn from(outcome: Outcome<Recorder>) -> Self {
        let (recorder, read) = outcome.merge_sinks(Recorder::default, Recorder::merge);
        Analysed {
            aggregate: recorder.into_aggregate(),
            inputs: read.inputs,
            rows_read: read.rows_read,
            rejections: read.rejections,
            repairs: read.repairs,
            ..Analysed::default()
        }
    }
}

impl Analysed {
    /// Reads inputs as one run, in which every sample counts, on any number of threads.
    ///
    /// # Errors
    ///
    /// If an input cannot be read or is not a results file; with [`ReadOptions::strict`], also if a row is
    /// rejected or repaired.
    pub fn read(inputs: Vec<Input>, options: &ReadOptions) -> Result<Analysed> {
        let outcome = jtl::read(inputs, options, &|_rows| (), Recorder::default)?;
        let analysed = Analysed {
            timestamp_is_end: options.timestamps.is_end,
            metrics: options.metrics.clone(),
            ..outcome.into()
        };
        analysed.check_strictly(options)
    }

    /// Returns the record, or an error if [`ReadOptions::strict`] is set and a row was rejected or
    /// repaired.
    pub(super) fn check_strictly(self, options: &ReadOptions) -> Result<Self> {
        match self.first_fault() {
            Some(error) if options.strict => Err(error),
            _ => Ok(self),
        }
    }
}

impl Analysis {
    /// Reads results files as one run. Reads them twice if the selection depends on the whole run.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or not a second time if needed; if the run lacks what the selection
    /// needs; with [`ReadOptions::strict`], also if a row is rejected or repaired.
    pub(super) fn read_files(
        &self,
        paths: &[PathBuf],
        progress: &(dyn Fn(SoFar) + Sync),
    ) -> Result<Analysed> {
        let survey = self.survey(paths, progress)?;
        let choice = self.settle(&survey, paths)?;
        let analysed = match self.dashboard {
            None => self.read_into(paths, &choice, progress, Recorder::default, Recorder::merge)?,
            Some(settings) => {
                let empty = || (Aggregate::default(), DashboardTable::new(settings));
                // One thread has one sink: there is nothing to merge.
                let merge = |_: &mut (Aggregate, DashboardTable), _| ();
                self.read_into(paths, &choice, progress, empty, merge)?
            }
        };
        analysed.check_strictly(&self.reading)
    }

    /// Decides which samples count in the surveyed run of these inputs.
    ///
    /// # Errors
    ///
    /// If the run lacks what the selection needs.
    pub fn settle(&self, survey: &Survey, paths: &[PathBuf]) -> Result<Choice> {
        let zone = &self.reading.timestamps.zone;
        let choice = self.selection.settle(survey, zone);
        let choice = choice.map_err(|why| Error::Usage(why.to_string()))?;
        Ok(match &self.input_name {
            Some(name) => choice.with_inputs([name.as_str()]),
            None => choice.with_inputs(paths.iter().map(|path| path.to_string_lossy())),
        })
    }

    /// Checks that there was a sample to group, if samples are grouped by more than their label.
    ///
    /// # Errors
    ///
    /// If all samples lack the text to group them by.
    pub fn check_groups<S>(&self, selected: &Parts<S>, samples: u64) -> Result<()> {
        let group_by = &self.selection.group_by;
        match group_by.column() {
            Some(column) if samples > 0 && selected.ungrouped == samples => {
                Err(Error::Usage(format!(
                    "--group-by {}: no sample has a value of {column}",
                    group_by.as_str()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Builds the record of what was read through a choice.
    pub fn record(
        &self,
        read: Outcome<()>,
        choice: &Choice,
        selected: Parts<impl Into<Recorded>>,
    ) -> Analysed {
        let Recorded {
            aggregate,
            dashboard,
        } = selected.inner.into();
        Analysed {
            aggregate,
            inputs: read.inputs,
            rows_read: read.rows_read,
            rejections: read.rejections,
            repairs: read.repairs,
            filtered: selected.filtered,
            choices: choice.notes.clone(),
            file_labels: selected.file_labels,
            selection: self.selection.options(),
            depends_on_whole: self.selection.needs().any(),
            timestamp_is_end: self.reading.timestamps.is_end,
            metrics: self.reading.metrics.clone(),
            dashboard,
        }
    }

    /// Finds out what the selection needs to know about the whole run, in a first pass if necessary.
    fn survey(&self, paths: &[PathBuf], progress: &(dyn Fn(SoFar) + Sync)) -> Result<Survey> {
        let needs = self.selection.needs();
        let survey = || Survey::new(needs);
        if !needs.any() {
            return Ok(survey());
        }
        let opened = Opened::new(paths, self.reading.threads)?;
        if let Some(input) = opened.inputs.iter().find(|input| input.size.is_none()) {
            let cause = self.selection.options_on_whole_run().join(" and ");
            return Err(Error::input(
                input.name.as_str(),
                format!(
                    "must be read twice for {cause}, but can be read only once: save it to a file first"
                ),
            ));
        }
        // Only the second pass is strict.
        let lenient = ReadOptions {
            strict: false,
            ..self.reading.clone()
        };
        drop(opened);
        let outcome = read_in_order(paths, lenient, progress, survey)?;
        let (whole, _) = outcome.merge_sinks(survey, |whole, part| whole.merge(&part));
        Ok(whole)
    }

    /// Reads the samples of the files that a choice lets through.
    fn read_into<S: Sink + Send + Into<Recorded>>(
        &self,
        paths: &[PathBuf],
        choice: &Choice,
        progress: &(dyn Fn(SoFar) + Sync),
        empty: impl Fn() -> S + Sync,
        merge: impl Fn(&mut S, S),
    ) -> Result<Analysed> {
        let options = ReadOptions {
            threads: match self.dashboard.is_some() || self.selection.needs_order() {
                true => 1,
                false => self.reading.threads,
            },
            ..self.reading.clone()
        };
        let (selected, read) = if choice.is_everything() {
            let outcome = read_in_order(paths, options, progress, &empty)?;
            let (whole, read) = outcome.merge_sinks(&empty, merge);
            (Parts::everything(whole), read)
        } else {
            let sink = || Selected::new(choice, empty());
            let outcome = read_in_order(paths, options, progress, sink)?;
            let (whole, read) = outcome.merge_sinks(sink, |whole, part| whole.merge(part, &merge));
            (whole.into_parts(), read)
        };
        let counted = read.rows_read - read.rejected() - selected.filtered_out();
        self.check_groups(&selected, counted)?;
        Ok(self.record(read, choice, selected))
    }
}

/// Reads files, again if a date shows that day and month were read the wrong way round.
fn read_in_order<S: Sink + Send>(
    paths: &[PathBuf],
    mut options: ReadOptions,
    progress: &(dyn Fn(SoFar) + Sync),
    make_sink: impl Fn() -> S + Sync,
) -> Result<Outcome<S>> {
    loop {
        let opened = Opened::new(paths, options.threads)?;
        // A stream can be read only once.
        let can_repeat = opened.inputs.iter().all(|input| input.size.is_some());
        let outcome = opened.read(&options, progress, &make_sink)?;
        let orders = &mut options.timestamps.orders;
        match outcome.other_order() {
            Some((input, order)) if can_repeat && !orders.contains_key(&input) => {
                orders.insert(input, order);
            }
            _ => match &outcome.contradiction {
                Some(found) => return Err(found.refuse(orders.contains_key(&found.input))),
                None => return Ok(outcome),
            },
        }
    }
}

/// Opened inputs, with counters of what was read.
struct Opened {
    inputs: Vec<Input>,
    bytes_read: BytesRead,
}

impl Opened {
    fn new(paths: &[PathBuf], threads: usize) -> Result<Self> {
        let bytes_read = BytesRead::default();
        Ok(Opened {
            inputs: input::open_all(paths, threads, &bytes_read)?,
            bytes_read,
        })
    }

    fn read<S: Sink + Send>(
        self,
        options: &ReadOptions,
        progress: &(dyn Fn(SoFar) + Sync),
        make_sink: impl Fn() -> S + Sync,
    ) -> Result<Outcome<S>> {
        let rows_read = AtomicU64::new(0);
        let on_rows = |rows| {
            progress(SoFar {
                bytes: self.bytes_read.load(Ordering::Relaxed),
                rows: rows_read.fetch_add(rows, Ordering::Relaxed) + rows,
            });
        };
        jtl::read_unchecked(self.inputs, options, &on_rows, make_sink)
    }
}
