//! Which columns hold numbers, and which hold text.

use super::columns::Columns;
use super::layout::Layout;
use crate::jtl::fault::TextColumn;

/// Tells whether a column holds a number or a time.
pub fn numeric_columns(columns: &Columns) -> impl Fn(usize) -> bool {
    let numbers = [
        Some(columns.time_stamp),
        Some(columns.elapsed),
        columns.latency,
        columns.connect,
        columns.idle_time,
        columns.bytes,
        columns.sent_bytes,
        columns.grp_threads,
        columns.all_threads,
        columns.sample_count,
        columns.error_count,
    ];
    move |column| numbers.contains(&Some(column))
}

/// The columns whose text may contain delimiters, the likeliest first.
pub fn text_columns(layout: &Layout) -> Vec<(usize, TextColumn)> {
    let columns = &layout.columns;
    let known = [
        (columns.failure_message, TextColumn::FailureMessage),
        (columns.response_message, TextColumn::ResponseMessage),
        (columns.url, TextColumn::Url),
        (columns.thread_name, TextColumn::ThreadName),
        (columns.response_code, TextColumn::ResponseCode),
    ];
    let known = known
        .into_iter()
        .filter_map(|(column, text)| Some((column?, text)));
    let mut found: Vec<(usize, TextColumn)> = known.collect();
    let is_numeric = numeric_columns(columns);
    let name = |column: usize| layout.names.get(column).map_or("", String::as_str);
    let others = (0..layout.width).filter(|&column| {
        let is_read = found.iter().any(|(known, _)| *known == column)
            || [columns.label, columns.success].contains(&column)
            || columns.hostname == Some(column);
        !is_read && !is_numeric(column) && name(column) != "dataType"
    });
    let others: Vec<usize> = others.collect();
    found.extend(others.into_iter().map(|column| (column, TextColumn::Other)));
    found.push((columns.label, TextColumn::Label));
    found
}
