//! The account of every row of the inputs.

use serde::{Deserialize, Serialize};

use crate::analysed::Analysed;
use crate::error::Result;
use crate::jtl::{Fault, RowTally};
use crate::select::Filtered;
use crate::text;

/// The account of every row: `rows_read = counted + filtered + rejected`.
///
/// Repaired rows are counted or filtered out like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Accounting {
    /// Rows found, without headers and blank lines.
    pub rows_read: u64,
    /// Rows in the figures.
    pub counted: u64,
    /// Rows filtered out.
    pub filtered: u64,
    /// Rows filtered out by each option, in the order in which options apply. A row counts only for the
    /// first option that filters it out.
    #[serde(default)]
    pub filters: Vec<Filtered>,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Rejected rows that the end of their file cuts short: JMeter was still writing, or was stopped.
    #[serde(default)]
    pub cut_short: u64,
    /// The kinds of rejection, most frequent first.
    pub rejections: Vec<RowFault>,
    /// Rows that were damaged but could be read: each is among those counted or filtered out.
    #[serde(default)]
    pub repaired: u64,
    /// The kinds of repair, most frequent first.
    #[serde(default)]
    pub repairs: Vec<RowFault>,
}

/// One kind of rejected or repaired row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RowFault {
    /// What is wrong with the rows, or how they were repaired.
    pub reason: String,
    /// Number of such rows.
    pub count: u64,
    /// File of the first such row.
    pub first_input: String,
    /// Line of the first such row, counted from 1.
    pub first_line: u64,
    /// The wrong column, if the kind has one.
    pub first_column: Option<String>,
    /// The wrong value of the first such row, or the whole row, shortened.
    pub first_value: Option<String>,
}

impl Accounting {
    /// Accounts for every row.
    ///
    /// # Errors
    ///
    /// If the record does not account for every row: see [`Analysed::counted`].
    pub fn new(analysed: &Analysed) -> Result<Accounting> {
        let is_cut_short = |tally: &&RowTally<Fault>| tally.fault == Fault::CutShort;
        let cut_short = analysed.rejections.iter().find(is_cut_short);
        Ok(Accounting {
            rows_read: analysed.rows_read,
            counted: analysed.counted()?,
            filtered: analysed.filtered_out(),
            filters: analysed.filtered.clone(),
            rejected: analysed.rejected(),
            cut_short: cut_short.map_or(0, |tally| tally.count),
            rejections: by_count(&analysed.rejections, analysed, |fault| {
                (fault.reason(), fault.column())
            }),
            repaired: analysed.repaired(),
            repairs: by_count(&analysed.repairs, analysed, |repair| {
                (repair.reason(), repair.column())
            }),
        })
    }

    /// Rejected rows that are whole: damage, rather than the last row of a file that was cut short.
    pub fn rejected_whole(&self) -> u64 {
        self.rejected.saturating_sub(self.cut_short)
    }

    /// The account in a phrase, such as "8 rows read, 2 of them repaired: 5 counted, 0 filtered out,
    /// 3 rejected".
    pub fn phrase(&self) -> String {
        let repaired = match self.repaired {
            0 => String::new(),
            _ if self.rows_read == 1 => ", repaired".to_owned(),
            repaired => format!(", {repaired} of them repaired"),
        };
        let rows = match self.rows_read {
            1 => "row",
            _ => "rows",
        };
        format!(
            "{} {rows} read{repaired}: {} counted, {} filtered out, {} rejected",
            self.rows_read, self.counted, self.filtered, self.rejected
        )
    }
}

/// The kinds of fault, most frequent first, each with its reason and column.
fn by_count<F: Copy>(
    tallies: &[RowTally<F>],
    analysed: &Analysed,
    words: impl Fn(F) -> (String, Option<&'static str>),
) -> Vec<RowFault> {
    let name = |tally: &RowTally<F>| {
        let input = analysed.inputs.get(tally.first_input as usize);
        input.map(|input| input.summary.name.clone())
    };
    let row_fault = |tally: &RowTally<F>| {
        let (reason, column) = words(tally.fault);
        RowFault {
            reason,
            count: tally.count,
            first_input: name(tally).unwrap_or_default(),
            first_line: tally.first_line,
            first_column: column.map(str::to_owned),
            first_value: Some(text::of(&tally.first_value).into_owned()),
        }
    };
    let mut faults: Vec<RowFault> = tallies.iter().map(row_fault).collect();
    faults.sort_by_key(|fault| std::cmp::Reverse(fault.count));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::{InputRead, RejectionTally, Repair};

    fn tally<F>(fault: F, count: u64) -> RowTally<F> {
        RowTally {
            fault,
            count,
            first_input: 0,
            first_line: 7,
            first_value: b"x".to_vec(),
        }
    }

    #[test]
    fn repaired_rows_and_rows_cut_short_are_told_apart() {
        let rejections: Vec<RejectionTally> =
            vec![tally(Fault::CutShort, 1), tally(Fault::Quote, 3)];
        let analysed = Analysed {
            rows_read: 4,
            rejections,
            repairs: vec![tally(Repair::QuotedRow, 0)],
            inputs: Vec::<InputRead>::new(),
            ..Analysed::default()
        };
        let mut accounting = Accounting::new(&analysed).unwrap();
        assert_eq!((accounting.rejected, accounting.cut_short), (4, 1));
        assert_eq!(accounting.rejected_whole(), 3);
        assert_eq!(accounting.rejections[0].count, 3);
        assert_eq!(
            accounting.phrase(),
            "4 rows read: 0 counted, 0 filtered out, 4 rejected"
        );
        accounting.repaired = 2;
        assert_eq!(
            accounting.phrase(),
            "4 rows read, 2 of them repaired: 0 counted, 0 filtered out, 4 rejected"
        );
    }
}
