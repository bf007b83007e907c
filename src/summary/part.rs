//! A run, or a part of it, analysed.

use serde::{Deserialize, Serialize};

use crate::jtl::{InputRead, RejectionTally};
use crate::report::Filtered;
use crate::select::LabelSet;
use crate::stats::{Aggregate, Inconsistent};

/// A run, or a part of it, analysed: what a report is built from, but for what only shows in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Part {
    /// The statistics.
    pub aggregate: Aggregate,
    /// The inputs read, in order.
    pub inputs: Vec<InputRead>,
    /// Rows found.
    pub rows_read: u64,
    /// Rows rejected, in the order of the first of each kind.
    pub rejections: Vec<RejectionTally>,
    /// Rows left out on request, by option.
    pub filtered: Vec<Filtered>,
    /// What was chosen where the options leave it to the run, in words.
    pub choices: Vec<String>,
    /// The labels as the inputs have them, where others took their place.
    pub file_labels: Option<LabelSet>,
    /// The options that chose what counts.
    pub selection: Vec<String>,
    /// Whether those depend on the run as a whole, such as on its start.
    pub depends_on_whole: bool,
    /// Whether `timeStamp` was taken as the end of a sample.
    pub timestamp_is_end: bool,
}

impl Part {
    /// Adds the part whose inputs follow: as if all had been read at once.
    ///
    /// # Errors
    ///
    /// A sentence that says why the two cannot be put together. Nothing is added then.
    pub fn append(&mut self, mut next: Part) -> Result<(), String> {
        self.compare_options(&next)?;
        // No row's position is beyond its input's length, and a line end that may be added.
        let lengths = self.inputs.iter().map(|input| input.summary.bytes);
        let positions = lengths.fold(0, |sum: u64, bytes| {
            sum.saturating_add(bytes).saturating_add(1)
        });
        let inputs = u32::try_from(self.inputs.len())
            .map_err(|_| "there are too many inputs to tell apart".to_owned())?;
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
        Ok(())
    }

    /// Whether both were made in the same way.
    fn compare_options(&self, next: &Part) -> Result<(), String> {
        let words = |options: &[String]| match options {
            [] => "none".to_owned(),
            options => options.join(" "),
        };
        if self.selection != next.selection {
            return Err(format!(
                "cannot be put together with what comes before it: options that choose what counts \
                 are {} here and {} there; make all with the same",
                words(&next.selection),
                words(&self.selection)
            ));
        }
        if self.depends_on_whole {
            return Err(format!(
                "cannot be put together with what comes before it: {} depends on the whole run, and \
                 each was made of a part; make them without, or with absolute times",
                words(&self.selection)
            ));
        }
        if self.timestamp_is_end != next.timestamp_is_end {
            return Err(
                "cannot be put together with what comes before it: --timestamp-is-end was given for \
                 one of them only; make all in the same way"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether what was stored holds together.
    ///
    /// # Errors
    ///
    /// What does not.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let counted = self.aggregate.check().map_err(Inconsistent::reason)?;
        let rejected = self.rejections.iter().map(|tally| tally.count);
        let left_out = self.filtered.iter().map(|filter| filter.count);
        let mut others = rejected.chain(left_out);
        let read = others.try_fold(counted, |sum, count| sum.checked_add(count));
        if read != Some(self.rows_read) {
            return Err("it has other rows than it read");
        }
        let inputs = self.inputs.len();
        let is_known = |tally: &RejectionTally| (tally.first_input as usize) < inputs;
        if !self.rejections.iter().all(is_known) {
            return Err("a row was rejected of an input that is not there");
        }
        match self.file_labels.as_ref().is_none_or(LabelSet::is_sound) {
            true => Ok(()),
            false => Err("its set of labels is none"),
        }
    }
}
