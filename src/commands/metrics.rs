//! Refuses metrics that the results do not have.

use crate::analysed::Analysed;
use crate::error::{Error, Result};
use crate::suggest::did_you_mean;

/// Checks that each metric has a number in some row.
///
/// # Errors
///
/// If a metric has none; the message lists the columns that there are.
pub fn refuse_empty(analysed: &Analysed) -> Result<()> {
    refuse(analysed, |metric| {
        let labels = analysed.aggregate.labels();
        let mut values = labels.iter().map(|label| label.all());
        values.any(|stats| {
            stats
                .metric(metric)
                .is_some_and(|values| values.count() > 0)
        })
    })
}

/// Checks that each metric has a column. A part of a run may have no number in it.
///
/// # Errors
///
/// If a metric has no column; the message lists those that there are.
pub fn refuse_unknown(analysed: &Analysed) -> Result<()> {
    refuse(analysed, |metric| {
        let labels = analysed.aggregate.labels();
        let mut values = labels.iter().map(|label| label.all());
        let name = &analysed.metrics[metric].name;
        columns(analysed).contains(&name.as_str())
            || values.any(|stats| stats.metric(metric).is_some())
    })
}

fn refuse(analysed: &Analysed, has: impl Fn(usize) -> bool) -> Result<()> {
    // Without rows, that is what to say.
    let mut metrics = (0..analysed.metrics.len()).filter(|_| analysed.aggregate.rows() > 0);
    let Some(missing) = metrics.find(|&metric| !has(metric)) else {
        return Ok(());
    };
    let name = &analysed.metrics[missing].name;
    let columns = columns(analysed);
    let why = match columns.contains(&name.as_str()) {
        true => format!("no row has a number in the column `{name}`"),
        false => {
            let hint = did_you_mean(name, columns.iter().copied());
            format!("the results have no column `{name}`{hint}")
        }
    };
    let known = match columns[..] {
        [] => "there are no columns beside JMeter's own".to_owned(),
        _ => format!("the columns beside JMeter's own are {}", columns.join(", ")),
    };
    Err(Error::Usage(format!("--metric: {why}; {known}")))
}

/// The columns of the inputs that are not JMeter's own.
fn columns(analysed: &Analysed) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    let inputs = analysed.inputs.iter();
    for column in inputs.flat_map(|input| &input.summary.extra_columns) {
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    columns
}
