//! The record of an analysed run, from whatever source.
//!
//! An [`Analysed`] holds the statistics of a run and accounts for every row of its inputs. An
//! [`Analysis`] computes it from results files. Following a file and decoding a summary file give the
//! same type.
//!
//! Results on several machines can be analysed in place. [`encode`] turns each record into a small
//! summary file; [`Analysed::append`] merges them, in the order of their inputs. The result is the same,
//! bit for bit, as if all inputs had been read at once. [`decode`] takes untrusted bytes: it rejects
//! damaged or inconsistent ones, and limits memory in proportion to their length.

mod error;
mod file;
mod inputs;
mod read;
mod repeats;
pub mod saved;

use serde::{Deserialize, Serialize};

pub use error::{AppendError, DecodeError, Inconsistent};
pub use file::{MAGIC, decode, encode};
#[doc(hidden)]
pub use file::{decode_text, encode_text};
pub use inputs::is_summary;
pub use read::{Analysis, Recorded, SoFar};
pub(crate) use repeats::copies;

use crate::error::Error;
use crate::jtl::{self, InputRead, MetricColumn, RejectionTally, RepairTally, RowTally};
use crate::select::{Filtered, LabelSet};
use crate::stats::{Aggregate, DashboardTable};

/// The statistics of a run, or of a part of one, with an account of every row.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Analysed {
    /// The statistics.
    pub aggregate: Aggregate,
    /// The inputs read, in order.
    pub inputs: Vec<InputRead>,
    /// Rows found: those in the aggregate, rejected or filtered out.
    pub rows_read: u64,
    /// Rejected rows by kind, with the first row of each.
    pub rejections: Vec<RejectionTally>,
    /// Repaired rows by kind, with the first row of each. Each is in the aggregate or filtered out.
    pub repairs: Vec<RepairTally>,
    /// Rows filtered out, by option.
    pub filtered: Vec<Filtered>,
    /// What the selection chose in this run, in words.
    pub choices: Vec<String>,
    /// The labels in the inputs, if grouping or renaming replaced them.
    pub file_labels: Option<LabelSet>,
    /// The options of the selection, as on the command line.
    pub selection: Vec<String>,
    /// Whether those options depend on the whole run, for example on its start.
    pub depends_on_whole: bool,
    /// Whether `timeStamp` was taken as the end of a sample.
    pub timestamp_is_end: bool,
    /// The columns of numbers that were read beside the times.
    pub metrics: Vec<MetricColumn>,
    /// The figures of JMeter's dashboard, if requested. They depend on the order of rows, so summary
    /// files do not keep them.
    #[serde(skip)]
    pub dashboard: Option<DashboardTable>,
}

/// Wraps samples without an input, such as generated ones. Every row counts.
impl From<Aggregate> for Analysed {
    fn from(aggregate: Aggregate) -> Self {
        Analysed {
            rows_read: aggregate.rows(),
            aggregate,
            ..Analysed::default()
        }
    }
}

impl Analysed {
    /// Returns the number of rejected rows.
    pub fn rejected(&self) -> u64 {
        self.rejections.iter().map(|tally| tally.count).sum()
    }

    /// Returns the number of rows that were repaired: counted ones and those filtered out.
    pub fn repaired(&self) -> u64 {
        self.repairs.iter().map(|tally| tally.count).sum()
    }

    /// Returns the number of rows filtered out.
    pub fn filtered_out(&self) -> u64 {
        self.filtered.iter().map(|filter| filter.count).sum()
    }

    /// Returns the number of rows in the statistics.
    ///
    /// # Errors
    ///
    /// If the rows counted, filtered out and rejected do not add up to the rows read: perfkit lost some,
    /// or counted some twice.
    pub fn counted(&self) -> Result<u64, Error> {
        let counted = self.aggregate.rows();
        match self.is_every_row_accounted_for(counted) {
            true => Ok(counted),
            false => Err(Error::Internal(format!(
                "perfkit lost rows: this is a bug, and no figure can be trusted. Of {} rows read, \
                 {counted} were counted, {} filtered out and {} rejected. Please report it.",
                self.rows_read,
                self.filtered_out(),
                self.rejected()
            ))),
        }
    }

    /// Returns the error for `--strict`: the first row that was rejected or repaired, if any.
    pub fn first_fault(&self) -> Option<Error> {
        jtl::first_fault(&self.rejections, &self.repairs, &self.inputs)
    }

    /// Appends the record of the next inputs, as if all had been read at once.
    ///
    /// # Errors
    ///
    /// If the two were made with different options, or there are too many inputs. `self` is then unchanged.
    pub fn append(&mut self, mut next: Analysed) -> Result<(), AppendError> {
        self.compare_options(&next)?;
        // A row's position is at most its input's length, plus a line end that reading may add.
        let lengths = self.inputs.iter().map(|input| input.summary.bytes);
        let positions = lengths.fold(0, |sum: u64, bytes| {
            sum.saturating_add(bytes).saturating_add(1)
        });
        let inputs = u32::try_from(self.inputs.len()).map_err(|_| AppendError::TooManyInputs)?;
        next.aggregate.shift(positions, inputs);
        self.aggregate.merge(next.aggregate);
        self.inputs.extend(next.inputs);
        self.rows_read += next.rows_read;
        append_tallies(&mut self.rejections, next.rejections, inputs);
        append_tallies(&mut self.repairs, next.repairs, inputs);
        for filter in next.filtered {
            match self
                .filtered
                .iter_mut()
                .find(|own| own.option == filter.option)
            {
                Some(own) => own.count += filter.count,
                None => self.filtered.push(filter),
            }
        }
        for choice in next.choices {
            if !self.choices.contains(&choice) {
                self.choices.push(choice);
            }
        }
        match (&mut self.file_labels, next.file_labels) {
            (Some(own), Some(labels)) => own.merge(&labels),
            (own @ None, labels) => *own = labels,
            (Some(_), None) => {}
        }
        // These figures depend on the order of all rows, which neither record knows.
        self.dashboard = None;
        Ok(())
    }

    /// Checks that both were made with the same options.
    fn compare_options(&self, next: &Analysed) -> Result<(), AppendError> {
        let words = |options: &[String]| match options {
            [] => "none".to_owned(),
            options => options.join(" "),
        };
        if self.selection != next.selection {
            return Err(AppendError::Selection {
                own: words(&self.selection),
                next: words(&next.selection),
            });
        }
        if !same_names(&self.metrics, &next.metrics) {
            return Err(AppendError::Metrics {
                own: metric_options(&self.metrics),
                next: metric_options(&next.metrics),
            });
        }
        if self.depends_on_whole {
            return Err(AppendError::DependsOnWhole(words(&self.selection)));
        }
        match self.timestamp_is_end == next.timestamp_is_end {
            true => Ok(()),
            false => Err(AppendError::TimestampIsEnd),
        }
    }

    /// Checks that the figures of a stored record agree with each other.
    fn check(&self) -> Result<(), Inconsistent> {
        let aggregate = self.aggregate.check(self.metrics.len());
        let counted = aggregate.map_err(Inconsistent::new)?;
        if !self.is_every_row_accounted_for(counted) {
            return Err(Inconsistent::new("its numbers of rows do not add up"));
        }
        let inputs = self.inputs.len();
        let rejected = self.rejections.iter().map(|tally| tally.first_input);
        let repaired = self.repairs.iter().map(|tally| tally.first_input);
        if rejected
            .chain(repaired)
            .any(|input| input as usize >= inputs)
        {
            return Err(Inconsistent::new(
                "it rejects or repairs a row of an input that it does not list",
            ));
        }
        let repaired = self.repairs.iter().map(|tally| tally.count);
        let repaired = repaired.fold(0, u64::saturating_add);
        if repaired > self.rows_read.saturating_sub(self.rejected()) {
            return Err(Inconsistent::new("it repairs more rows than it has"));
        }
        match self.file_labels.as_ref().is_none_or(LabelSet::is_sound) {
            true => Ok(()),
            false => Err(Inconsistent::new("its set of labels is invalid")),
        }
    }

    fn is_every_row_accounted_for(&self, counted: u64) -> bool {
        let rejected = self.rejections.iter().map(|tally| tally.count);
        let filtered = self.filtered.iter().map(|filter| filter.count);
        let read = rejected
            .chain(filtered)
            .try_fold(counted, |sum, count| sum.checked_add(count));
        read == Some(self.rows_read)
    }
}

/// Whether two lists have the same columns. Their units are only words.
fn same_names(one: &[MetricColumn], other: &[MetricColumn]) -> bool {
    let names = |metrics: &[MetricColumn]| -> Vec<String> {
        metrics.iter().map(|metric| metric.name.clone()).collect()
    };
    names(one) == names(other)
}

/// The options that ask for these metrics, for messages.
fn metric_options(metrics: &[MetricColumn]) -> String {
    let options: Vec<String> = metrics
        .iter()
        .map(|metric| format!("--metric {}", metric.name))
        .collect();
    match options.is_empty() {
        true => "without --metric".to_owned(),
        false => format!("with {}", options.join(" ")),
    }
}

/// Adds the tallies of the next inputs, which come behind `inputs` others.
fn append_tallies<F: PartialEq>(own: &mut Vec<RowTally<F>>, next: Vec<RowTally<F>>, inputs: u32) {
    for tally in next {
        match own.iter_mut().find(|own| own.fault == tally.fault) {
            Some(own) => own.count += tally.count,
            None => own.push(RowTally {
                first_input: tally.first_input.saturating_add(inputs),
                ..tally
            }),
        }
    }
}
