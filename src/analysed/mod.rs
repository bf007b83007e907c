//! Analysed results: one record of a run, whoever made it.
//!
//! An [`Analysed`] holds the statistics of a run and accounts for every row of its inputs. An
//! [`Analysis`] makes one of result files; following a file and decoding a summary make the same.
//!
//! Results that lie on several machines can be analysed where they are. [`encode`] turns each record
//! into a small file, a summary; [`Analysed::append`] puts them together, in the order of their inputs.
//! The whole is bit for bit what reading all inputs at once gives. [`decode`] takes bytes from anywhere:
//! it refuses what is damaged or inconsistent, and its memory stays in proportion to them.

mod error;
mod file;
mod inputs;
mod read;

use serde::{Deserialize, Serialize};

pub use error::{AppendError, DecodeError, Inconsistent};
pub use file::{MAGIC, decode, encode};
#[doc(hidden)]
pub use file::{decode_text, encode_text};
pub use inputs::is_summary;
pub use read::{Analysis, Recorded, SoFar};

use crate::error::Error;
use crate::jtl::{InputRead, RejectionTally};
use crate::select::{Filtered, LabelSet};
use crate::stats::{Aggregate, DashboardTable};

/// A run, or a part of one, analysed: its statistics, and what became of every row.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Analysed {
    /// The statistics.
    pub aggregate: Aggregate,
    /// The inputs read, in order.
    pub inputs: Vec<InputRead>,
    /// Rows found: `aggregate.rows()`, and those rejected or filtered out.
    pub rows_read: u64,
    /// Rows rejected, by the first row of each kind.
    pub rejections: Vec<RejectionTally>,
    /// Rows left out on request, by option.
    pub filtered: Vec<Filtered>,
    /// What the selection came to in this run, in words.
    pub choices: Vec<String>,
    /// The labels as the inputs have them, if grouping or renaming replaced them.
    pub file_labels: Option<LabelSet>,
    /// The options that chose what counts.
    pub selection: Vec<String>,
    /// Whether those options depend on the run as a whole, such as on its start.
    pub depends_on_whole: bool,
    /// Whether `timeStamp` was taken as the end of a sample.
    pub timestamp_is_end: bool,
    /// The figures of JMeter's dashboard, if asked for. They depend on the order of rows, so a summary
    /// does not keep them.
    #[serde(skip)]
    pub dashboard: Option<DashboardTable>,
}

/// A record of samples that came from no input, such as generated ones: every row counts.
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
    /// Number of rows that could not be read.
    pub fn rejected(&self) -> u64 {
        self.rejections.iter().map(|tally| tally.count).sum()
    }

    /// Number of rows left out on request.
    pub fn filtered_out(&self) -> u64 {
        self.filtered.iter().map(|filter| filter.count).sum()
    }

    /// Number of rows in the statistics.
    ///
    /// # Errors
    ///
    /// Rows read are not those counted, filtered out and rejected: perfkit lost some, or counted
    /// some twice.
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

    /// The error of `--strict`: the first rejected row, if there is one.
    pub fn first_rejection(&self) -> Option<Error> {
        let tally = self.rejections.first()?;
        Some(tally.refuse(&self.inputs))
    }

    /// Appends the record whose inputs follow, as if all had been read at once.
    ///
    /// # Errors
    ///
    /// The two were made in different ways, or there are too many inputs. Nothing is appended then.
    pub fn append(&mut self, mut next: Analysed) -> Result<(), AppendError> {
        self.compare_options(&next)?;
        // No row's position is beyond its input's length, and a line end that may be added.
        let lengths = self.inputs.iter().map(|input| input.summary.bytes);
        let positions = lengths.fold(0, |sum: u64, bytes| {
            sum.saturating_add(bytes).saturating_add(1)
        });
        let inputs = u32::try_from(self.inputs.len()).map_err(|_| AppendError::TooManyInputs)?;
        next.aggregate.shift(positions, inputs);
        self.aggregate.merge(next.aggregate);
        self.inputs.extend(next.inputs);
        self.rows_read += next.rows_read;
        for tally in next.rejections {
            match self
                .rejections
                .iter_mut()
                .find(|own| own.fault == tally.fault)
            {
                Some(own) => own.count += tally.count,
                None => self.rejections.push(RejectionTally {
                    first_input: tally.first_input.saturating_add(inputs),
                    ..tally
                }),
            }
        }
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
        // Neither's figures are those of all rows in order.
        self.dashboard = None;
        Ok(())
    }

    /// Checks that both were made in the same way.
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
        if self.depends_on_whole {
            return Err(AppendError::DependsOnWhole(words(&self.selection)));
        }
        match self.timestamp_is_end == next.timestamp_is_end {
            true => Ok(()),
            false => Err(AppendError::TimestampIsEnd),
        }
    }

    /// Checks the figures of a record that was stored against each other.
    fn check(&self) -> Result<(), Inconsistent> {
        let aggregate = self.aggregate.check();
        let counted = aggregate.map_err(Inconsistent::new)?;
        if !self.is_every_row_accounted_for(counted) {
            return Err(Inconsistent::new("it has other rows than it read"));
        }
        let inputs = self.inputs.len();
        let is_known = |tally: &RejectionTally| (tally.first_input as usize) < inputs;
        if !self.rejections.iter().all(is_known) {
            return Err(Inconsistent::new("a row was rejected of a missing input"));
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
