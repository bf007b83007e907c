//! Reading results: arguments to an aggregate and what a report says of it, told on standard error.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;

use super::parts;
use super::selection::{self, Chosen};
use crate::cli::{Compat, ReadingArgs, SelectionArgs};
use crate::error::{Error, Result};
use crate::jtl::input::{self, BytesRead, Input};
use crate::jtl::{self, DatePattern, Outcome, ReadOptions, Sink, TimestampOptions};
use crate::render;
use crate::report::{self, Report, Sources};
use crate::select::{Choice, Needs, Selected, Survey};
use crate::stats::{Aggregate, DashboardTable};
use crate::summary::Part;

/// The results of a run: where they are, how they are read, and what of them counts.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    /// The files, or summaries of them; `-` is standard input.
    pub paths: &'a [PathBuf],
    /// How they are read.
    pub reading: &'a ReadingArgs,
    /// What counts.
    pub selection: &'a SelectionArgs,
    /// The tool whose figures are wanted too.
    pub compat: Option<Compat>,
}

impl Results<'_> {
    /// How they are read.
    ///
    /// # Errors
    ///
    /// When a time stamp's format or a time zone makes no sense.
    pub fn options(&self) -> Result<ReadOptions> {
        read_options(self)
    }

    /// Reads the results: their aggregate, and what the results tell of a report's sources.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or the selection makes no sense; if that is asked for, when a row
    /// cannot be read.
    pub fn read(&self, report_options: report::Options) -> Result<(Aggregate, Sources)> {
        let (part, dashboard) = parts::read(self)?;
        let sources = Sources {
            options: report::Options {
                timestamp_is_end: part.timestamp_is_end,
                selection: part.selection,
                ..report_options
            },
            inputs: part.inputs,
            rows_read: part.rows_read,
            rejections: part.rejections,
            filtered: part.filtered,
            choices: part.choices,
            file_labels: part.file_labels,
            dashboard,
            ..Sources::default()
        };
        Ok((part.aggregate, sources))
    }

    /// Reads results of which none is a summary; with them JMeter's dashboard's figures, where they
    /// are wanted.
    ///
    /// # Errors
    ///
    /// As [`Results::read`].
    pub fn read_files(&self) -> Result<(Part, Option<DashboardTable>)> {
        let options = read_options(self)?;
        let zone = &options.timestamps.zone;
        let choice = selection::settle(self.selection, zone, |needs, cause| {
            survey(self, &options, needs, cause)
        })?;
        let (chosen, dashboard) = match self.compat {
            None => {
                let chosen = read_chosen(self, &options, &choice, Aggregate::default)?;
                (chosen, None)
            }
            Some(Compat::Dashboard) => {
                let both = <(Aggregate, DashboardTable)>::default;
                let (chosen, mut tables) = read_chosen(self, &options, &choice, both)?.split();
                (chosen, tables.pop())
            }
        };
        let outcome = chosen.outcome;
        if options.strict
            && let Some(error) = outcome.first_rejection()
        {
            return Err(error);
        }
        let mut parts = outcome.sinks.into_iter();
        let mut aggregate = parts.next().unwrap_or_default();
        for part in parts {
            aggregate.merge(part);
        }
        let part = Part {
            aggregate,
            inputs: outcome.inputs,
            rows_read: outcome.rows_read,
            rejections: outcome.rejections,
            filtered: chosen.filtered,
            choices: choice.notes,
            file_labels: chosen.file_labels,
            selection: selection::echo(self.selection),
            depends_on_whole: selection::parse(self.selection, zone)?.needs().any(),
            timestamp_is_end: self.reading.timestamp_is_end,
        };
        Ok((part, dashboard))
    }
}

/// The report of what was read, told on standard error; `run` names the run if there are several.
///
/// # Errors
///
/// When there are no samples.
pub fn report(aggregate: &Aggregate, sources: Sources, run: Option<&str>) -> Result<Report> {
    let report = Report::new(aggregate, sources);
    tell(&report, run);
    match report.total.samples {
        0 => Err(no_samples(&report)),
        _ => Ok(report),
    }
}

/// The time zone of times that have none.
///
/// # Errors
///
/// When there is no such time zone.
pub fn time_zone(reading: &ReadingArgs) -> Result<TimeZone> {
    match &reading.timezone {
        Some(name) => TimeZone::get(name).map_err(|_| {
            Error::Usage(format!(
                "`{name}` is not a time zone that this machine knows: give a name such as UTC or Europe/Berlin"
            ))
        }),
        None => Ok(TimeZone::system()),
    }
}

fn read_options(results: &Results<'_>) -> Result<ReadOptions> {
    let reading = results.reading;
    let defaults = ReadOptions::default();
    let format = match &reading.timestamp_format {
        Some(pattern) => Some(DatePattern::new(pattern).map_err(Error::usage)?),
        None => None,
    };
    let zone = time_zone(reading)?;
    Ok(ReadOptions {
        threads: match results.compat {
            // In file order: the dashboard's figures depend on it.
            Some(Compat::Dashboard) => 1,
            None => reading.threads.map_or(defaults.threads, usize::from),
        },
        timestamps: TimestampOptions {
            format,
            zone,
            is_end: reading.timestamp_is_end,
        },
        strict: reading.strict,
        ..defaults
    })
}

/// Reads the inputs into sinks, with a progress bar on a terminal.
fn read<S: Sink + Send>(
    (inputs, bytes_read): (Vec<Input>, BytesRead),
    options: &ReadOptions,
    make_sink: impl Fn() -> S + Sync,
) -> Result<Outcome<S>> {
    let size = inputs.iter().map(|input| input.size).sum::<Option<u64>>();
    let bar = progress_bar(size);
    let rows_read = AtomicU64::new(0);
    let outcome = jtl::read(
        inputs,
        options,
        &|rows| {
            let rows = rows_read.fetch_add(rows, Ordering::Relaxed) + rows;
            bar.set_position(bytes_read.load(Ordering::Relaxed));
            bar.set_message(format!("{rows} rows"));
        },
        make_sink,
    );
    bar.finish_and_clear();
    outcome
}

/// Opens the inputs, and counts what will be read of them.
fn open(results: &Results<'_>) -> Result<(Vec<Input>, BytesRead)> {
    let bytes_read = BytesRead::default();
    let paths = results.paths.iter();
    let inputs = paths.map(|path| input::open(path, &bytes_read));
    Ok((inputs.collect::<Result<_>>()?, bytes_read))
}

/// Reads what a choice leaves of the inputs into sinks.
fn read_chosen<S: Sink + Send>(
    results: &Results<'_>,
    options: &ReadOptions,
    choice: &Choice,
    make_sink: impl Fn() -> S + Sync,
) -> Result<Chosen<S>> {
    let opened = open(results)?;
    if choice.is_everything() {
        return Ok(Chosen::everything(read(opened, options, make_sink)?));
    }
    let selected = || Selected::new(choice, make_sink());
    Ok(Chosen::new(choice, read(opened, options, selected)?))
}

/// A first pass over the inputs, for the options that `cause` names.
fn survey(
    results: &Results<'_>,
    options: &ReadOptions,
    needs: Needs,
    cause: &str,
) -> Result<Vec<Survey>> {
    let opened = open(results)?;
    if let Some(input) = opened.0.iter().find(|input| input.size.is_none()) {
        return Err(Error::input(
            input.name.as_str(),
            format!("can be read only once, too little for {cause}: save it to a file first"),
        ));
    }
    // The second pass is the one that is strict.
    let lenient = ReadOptions {
        strict: false,
        ..options.clone()
    };
    Ok(read(opened, &lenient, || Survey::new(needs))?.sinks)
}

/// A bar that shows itself only on a terminal, and only when reading takes longer than a blink.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    const BLINK: Duration = Duration::from_millis(300);
    const PER_SECOND: u8 = 10;
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        Some(size) => (
            ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::hidden()),
            "{bar:30} {percent:>3}%  {bytes} of {total_bytes}  {binary_bytes_per_sec}  {msg}  {eta} left",
        ),
        None => (
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            "{spinner} {bytes}  {binary_bytes_per_sec}  {msg}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let shown = bar.clone();
    // Ends by itself: a bar that is finished by then stays hidden.
    std::thread::spawn(move || {
        std::thread::sleep(BLINK);
        if !shown.is_finished() {
            shown.set_draw_target(ProgressDrawTarget::stderr_with_hz(PER_SECOND));
        }
    });
    bar
}

/// Tells insights, notes and the accounting of a run on standard error.
fn tell(report: &Report, run: Option<&str>) {
    let from = match run {
        Some(run) => format!("perfkit: {}", render::text::printable(run)),
        None => "perfkit".to_owned(),
    };
    for insight in &report.insights {
        let sentence = render::text::printable(&insight.sentence);
        eprintln!("{from}: insight: {sentence}");
    }
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    for note in report.notes.iter().chain(verdict) {
        eprintln!("{from}: note: {note}");
    }
    if let Some(dashboard) = &report.dashboard {
        eprintln!("{from}: note: {}", dashboard.difference);
    }
    let accounting = &report.accounting;
    eprintln!(
        "{from}: {} rows read: {} counted, {} filtered out, {} rejected",
        accounting.rows_read, accounting.counted, accounting.filtered, accounting.rejected
    );
    for filter in &accounting.filters {
        eprintln!("{from}: {} filtered out by {}", filter.count, filter.option);
    }
    for rejection in &accounting.rejections {
        eprintln!(
            "{from}: warning: {} rejected: {}; first at {}:{}: {:?}",
            rejection.count,
            rejection.reason,
            rejection.first_input,
            rejection.first_line,
            crate::format::shorten(rejection.first_value.as_deref().unwrap_or_default(), 80),
        );
    }
}

fn no_samples(report: &Report) -> Error {
    let names: Vec<&str> = report
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let accounting = &report.accounting;
    let why = if accounting.filtered > 0 {
        let filters = accounting.filters.iter().filter(|filter| filter.count > 0);
        let filters: Vec<String> = filters
            .map(|filter| format!("{} by {}", filter.count, filter.option))
            .collect();
        format!("every row was filtered out, {}", filters.join(", "))
    } else if accounting.rejected > 0 {
        "no row could be read (see above)".to_owned()
    } else {
        "there is no row: did the test run?".to_owned()
    };
    Error::input(names.join(", "), format!("no samples to report: {why}"))
}
