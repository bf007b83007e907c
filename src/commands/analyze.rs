//! `perfkit analyze`: results in, table and report out.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;

use super::gate::{self, Gate};
use super::publish::Publication;
use super::report_directory::{self, ReportFile};
use super::selection::Chosen;
use super::server::Server;
use super::{columns, output, selection};
use crate::chart::{self, Look, Theme};
use crate::cli::{AnalyzeArgs, ChartTheme, Compat, Format};
use crate::error::{Error, Result};
use crate::jtl::blocks::TimestampOptions;
use crate::jtl::input::{self, BytesRead, Input};
use crate::jtl::timestamp::Pattern;
use crate::jtl::{self, Outcome, ReadOptions, Sink};
use crate::render::{self, markdown::ChartLink};
use crate::report::{self, Report, Sources};
use crate::select::{Choice, Needs, Selected, Survey};
use crate::stats::{Aggregate, DashboardTable};

/// Runs `perfkit analyze`.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read or hold no samples, outputs that cannot
/// be written; with `--strict`, a row that cannot be read.
pub fn run(args: AnalyzeArgs) -> Result<ExitCode> {
    let report_options = report_options(&args)?;
    // Before the results are read, which may take long.
    let gate = Gate::of(&args.gate, &report_options.percentiles)?;
    let publication = Publication::of(&args, &stem_of(first_input(&args)))?;
    let (aggregate, mut report) = analyzed(&args, report_options)?;
    report.criteria = gate.evaluate(&report)?;
    gate::write_junit(&args.gate, &report)?;
    let directory = directory_of(&args);
    if let Some(directory) = &directory {
        let tables = vec![
            ReportFile::new("aggregate.csv", csv(&aggregate, &report, &args)?),
            ReportFile::new("statistics.json", statistics(&aggregate, &report)?),
        ];
        write_report(directory, &report, &args, tables)?;
    }
    publication.write(&report, &markdown(&report))?;
    let printed = output::print(&match args.format {
        Format::Markdown => markdown(&report),
        Format::Table => render::table::render(&report, output::terminal_width()),
        Format::Csv => csv(&aggregate, &report, &args)?,
        Format::Json => render::json::render(&report)?,
        Format::Prometheus => render::prometheus::render(&report),
        Format::Hgrm => render::hgrm::render(&report),
    });
    if let Some(directory) = &directory {
        eprintln!(
            "perfkit: report in {} and report.html",
            directory.join("report.md").display()
        );
    }
    gate::tell(&report);
    gate::exit_code(&report, printed)
}

/// The report of results.
///
/// # Errors
///
/// As [`run`], but for outputs.
pub fn report_of(args: &AnalyzeArgs) -> Result<Report> {
    Ok(analyzed(args, report_options(args)?)?.1)
}

/// Reads the results, and tells of them on standard error.
fn analyzed(args: &AnalyzeArgs, report_options: report::Options) -> Result<(Aggregate, Report)> {
    let options = read_options(args)?;
    let server = Server::of(args)?;
    let zone = &options.timestamps.zone;
    let choice = selection::settle(&args.selection, zone, |needs, cause| {
        survey(args, &options, needs, cause)
    })?;
    let (mut chosen, dashboard) = match args.compat {
        None => {
            let chosen = read_chosen(args, &options, &choice, Aggregate::default)?;
            (chosen, None)
        }
        Some(Compat::Dashboard) => {
            let both = <(Aggregate, DashboardTable)>::default;
            let (chosen, mut tables) = read_chosen(args, &options, &choice, both)?.split();
            (chosen, tables.pop())
        }
    };
    if options.strict
        && let Some(error) = chosen.outcome.first_rejection()
    {
        return Err(error);
    }
    let mut parts = std::mem::take(&mut chosen.outcome.sinks).into_iter();
    let mut aggregate = parts.next().unwrap_or_default();
    for part in parts {
        aggregate.merge(part);
    }
    let sources = Sources {
        dashboard,
        ..sources(args, report_options, chosen, choice.notes, server.clone())
    };
    let report = Report::new(&aggregate, sources);
    tell(&report);
    if report.total.samples == 0 {
        return Err(no_samples(&report));
    }
    server.check(&report)?;
    Ok((aggregate, report))
}

fn read_options(args: &AnalyzeArgs) -> Result<ReadOptions> {
    let defaults = ReadOptions::default();
    let format = match &args.timestamp_format {
        Some(pattern) => Some(Pattern::new(pattern).map_err(Error::Usage)?),
        None => None,
    };
    let zone = match &args.timezone {
        Some(name) => TimeZone::get(name).map_err(|_| {
            Error::Usage(format!(
                "`{name}` is not a time zone that this machine knows: give a name such as UTC or Europe/Berlin"
            ))
        })?,
        None => TimeZone::system(),
    };
    Ok(ReadOptions {
        threads: match args.compat {
            // In file order: the dashboard's figures depend on it.
            Some(Compat::Dashboard) => 1,
            None => args.threads.map_or(defaults.threads, usize::from),
        },
        timestamps: TimestampOptions {
            format,
            zone,
            is_end: args.timestamp_is_end,
        },
        strict: args.strict,
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
fn open(args: &AnalyzeArgs) -> Result<(Vec<Input>, BytesRead)> {
    let bytes_read = BytesRead::default();
    let paths = args.results.iter();
    let inputs = paths.map(|path| input::open(path, &bytes_read));
    Ok((inputs.collect::<Result<_>>()?, bytes_read))
}

/// Reads what a choice leaves of the inputs into sinks.
fn read_chosen<S: Sink + Send>(
    args: &AnalyzeArgs,
    options: &ReadOptions,
    choice: &Choice,
    make_sink: impl Fn() -> S + Sync,
) -> Result<Chosen<S>> {
    let opened = open(args)?;
    if choice.is_everything() {
        return Ok(Chosen::everything(read(opened, options, make_sink)?));
    }
    let selected = || Selected::new(choice, make_sink());
    Ok(Chosen::new(choice, read(opened, options, selected)?))
}

/// A first pass over the inputs, for the options that `cause` names.
fn survey(
    args: &AnalyzeArgs,
    options: &ReadOptions,
    needs: Needs,
    cause: &str,
) -> Result<Vec<Survey>> {
    let opened = open(args)?;
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

fn report_options(args: &AnalyzeArgs) -> Result<report::Options> {
    Ok(report::Options {
        percentiles: args.percentiles.clone(),
        timestamp_is_end: args.timestamp_is_end,
        max_labels: args
            .max_labels
            .map_or(report::DEFAULT_MAX_LABELS, |most| most as usize),
        columns: columns::parse(args.columns.as_deref(), &args.percentiles)?,
        selection: selection::echo(&args.selection),
        apdex: args.apdex.clone(),
        expected_interval_ms: args.expected_interval,
    })
}

fn sources(
    args: &AnalyzeArgs,
    options: report::Options,
    chosen: Chosen<Aggregate>,
    choices: Vec<String>,
    server: Server,
) -> Sources {
    let outcome = chosen.outcome;
    Sources {
        title: args.title.clone(),
        details: server.details,
        options,
        inputs: outcome.inputs,
        rows_read: outcome.rows_read,
        rejections: outcome.rejections,
        resources: server.resources,
        filtered: chosen.filtered,
        choices,
        file_labels: chosen.file_labels,
        dashboard: None,
    }
}

/// Notes and the accounting, on standard error.
fn tell(report: &Report) {
    let verdict = report.resources.iter().map(|resources| &resources.verdict);
    for note in report.notes.iter().chain(verdict) {
        eprintln!("perfkit: note: {note}");
    }
    if let Some(dashboard) = &report.dashboard {
        eprintln!("perfkit: note: {}", dashboard.difference);
    }
    let accounting = &report.accounting;
    eprintln!(
        "perfkit: {} rows read: {} counted, {} filtered out, {} rejected",
        accounting.rows_read, accounting.counted, accounting.filtered, accounting.rejected
    );
    for filter in &accounting.filters {
        eprintln!(
            "perfkit: {} filtered out by {}",
            filter.count, filter.option
        );
    }
    for rejection in &accounting.rejections {
        eprintln!(
            "perfkit: warning: {} rejected: {}; first at {}:{}: {:?}",
            rejection.count,
            rejection.reason,
            rejection.first_input,
            rejection.first_line,
            crate::units::shorten(rejection.first_value.as_deref().unwrap_or_default(), 80),
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

/// The platform block; before it what became of the criteria, and behind it JMeter's dashboard's
/// table, where they were asked for.
fn markdown(report: &Report) -> String {
    let parts = [
        render::criteria::markdown(report),
        render::markdown::platform_block(report),
        render::dashboard::comparison(report),
    ];
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
    let there = parts.into_iter().filter(|part| !part.is_empty());
    there.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// JMeter's CSV: of all labels, unless it is said how many.
fn csv(aggregate: &Aggregate, report: &Report, args: &AnalyzeArgs) -> Result<String> {
    if report.other_labels.is_none() || args.max_labels.is_some() {
        return render::csv::render(report);
    }
    let percentiles = &report.options.percentiles;
    let labels = report::label_rows(aggregate, percentiles);
    render::csv::render_rows(&report.options, labels.chain([report.total.clone()]))
}

/// Most labels in `statistics.json`: with a million it would take half a GB.
const MOST_STATISTICS: u64 = 10_000;

/// JMeter's `statistics.json`: of all labels, or where there are very many, of those that are shown.
fn statistics(aggregate: &Aggregate, report: &Report) -> Result<String> {
    match &report.dashboard {
        Some(dashboard) => render::statistics::render(&dashboard.statistics),
        None if report.other_labels.is_none() || report.label_count > MOST_STATISTICS => {
            render::statistics::render(&report.statistics)
        }
        None => render::statistics::render(&report::statistics_of_all(aggregate)),
    }
}

/// The report's directory: as given, or named after the first input, where the user stands.
fn directory_of(args: &AnalyzeArgs) -> Option<PathBuf> {
    if args.no_report {
        return None;
    }
    if let Some(directory) = &args.output {
        return Some(directory.clone());
    }
    let first = args.results.first()?;
    Some(PathBuf::from(format!("{}-report", stem_of(first))))
}

/// The first of the results; `-` stands for standard input.
fn first_input(args: &AnalyzeArgs) -> &Path {
    args.results
        .first()
        .map_or(Path::new("-"), PathBuf::as_path)
}

/// The name of a results file without its extensions.
pub fn stem_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let mut stem = name.as_deref().unwrap_or("-");
    for extension in [".gz", ".zst", ".jtl", ".csv", ".xml", ".json"] {
        stem = stem.strip_suffix(extension).unwrap_or(stem);
    }
    if matches!(stem, "" | "-") {
        stem = "stdin";
    }
    stem.to_owned()
}

/// Writes the report's directory; `tables` are files that hold more than the report shows.
fn write_report(
    directory: &Path,
    report: &Report,
    args: &AnalyzeArgs,
    tables: Vec<ReportFile>,
) -> Result<()> {
    let look = Look {
        size: args.chart_size,
        theme: match args.chart_theme {
            ChartTheme::Light => Theme::Light,
            ChartTheme::Dark => Theme::Dark,
        },
    };
    let charts = chart::draw(report, &look, &args.wanted_charts())?;
    let links: Vec<ChartLink> = charts
        .iter()
        .map(|chart| ChartLink {
            path: format!("charts/{}.png", chart.slug),
            title: chart.title.clone(),
            description: chart.description.clone(),
        })
        .collect();
    let mut files = tables;
    files.extend([
        ReportFile::new("report.json", render::json::render(report)?),
        ReportFile::new("report.html", render::html::render(report)?),
        ReportFile::new("report.md", render::markdown::report(report, &links)),
    ]);
    let charts = charts.into_iter().zip(&links);
    files.extend(charts.map(|(chart, link)| ReportFile::new(&link.path, chart.png)));
    report_directory::write(directory, &files)
}
