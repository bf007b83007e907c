//! `perfkit analyze`: results in, table and report out.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;

use super::output;
use crate::chart;
use crate::cli::{AnalyzeArgs, Format};
use crate::error::{Error, Result};
use crate::jtl::blocks::TimestampOptions;
use crate::jtl::input::{self, BytesRead, Input};
use crate::jtl::timestamp::Pattern;
use crate::jtl::{self, Outcome, ReadOptions};
use crate::render::{self, markdown::ChartLink};
use crate::report::{self, Detail, Report, Sources};
use crate::serve::platform::Platform;
use crate::stats::Aggregate;

/// Runs `perfkit analyze`.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read or hold no samples, outputs that cannot
/// be written; with `--strict`, a row that cannot be read.
pub fn run(args: AnalyzeArgs) -> Result<ExitCode> {
    let options = read_options(&args)?;
    let bytes_read = BytesRead::default();
    let inputs = args
        .results
        .iter()
        .map(|path| input::open(path, &bytes_read))
        .collect::<Result<Vec<_>>>()?;
    let mut outcome = read(inputs, &options, &bytes_read)?;
    if options.strict
        && let Some(error) = outcome.first_rejection()
    {
        return Err(error);
    }
    let mut aggregate = Aggregate::default();
    for part in std::mem::take(&mut outcome.sinks) {
        aggregate.merge(part);
    }
    let report = Report::new(&aggregate, sources(&args, outcome));
    tell(&report);
    if report.total.samples == 0 {
        return Err(no_samples(&report));
    }
    let directory = report_directory(&args);
    if let Some(directory) = &directory {
        write_report(directory, &report)?;
    }
    output::print(&rendered(&report, args.format)?)?;
    if let Some(directory) = &directory {
        eprintln!(
            "perfkit: report in {} and report.html",
            directory.join("report.md").display()
        );
    }
    Ok(ExitCode::SUCCESS)
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
        threads: args.threads.map_or(defaults.threads, usize::from),
        timestamps: TimestampOptions {
            format,
            zone,
            is_end: args.timestamp_is_end,
        },
        strict: args.strict,
        ..defaults
    })
}

/// Reads the inputs, with a progress bar on a terminal.
fn read(
    inputs: Vec<Input>,
    options: &ReadOptions,
    bytes_read: &BytesRead,
) -> Result<Outcome<Aggregate>> {
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
        Aggregate::default,
    );
    bar.finish_and_clear();
    outcome
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

fn sources(args: &AnalyzeArgs, outcome: Outcome<Aggregate>) -> Sources {
    Sources {
        title: args.title.clone(),
        details: details(args),
        options: report::Options {
            percentiles: args.percentiles.clone(),
            timestamp_is_end: args.timestamp_is_end,
        },
        inputs: outcome.inputs,
        rows_read: outcome.rows_read,
        rejections: outcome.rejections,
    }
}

/// The platform's details: as given, or this machine's with a word of caution.
fn details(args: &AnalyzeArgs) -> Vec<Detail> {
    let platform = match &args.platform {
        Some(platform) => Some(platform.clone()),
        None if args.detail.is_empty() => {
            eprintln!(
                "perfkit: note: the platform named is this machine, the tester; name the server \
                 with --platform TEXT"
            );
            Some(Platform::detect().summary())
        }
        None => None,
    };
    let detail = |key: &str, value: &str| Detail {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    platform
        .iter()
        .map(|platform| detail("Platform", platform))
        .chain(args.detail.iter().map(|(key, value)| detail(key, value)))
        .chain([detail("perfkit", env!("CARGO_PKG_VERSION"))])
        .collect()
}

/// Notes and the accounting, on standard error.
fn tell(report: &Report) {
    for note in &report.notes {
        eprintln!("perfkit: note: {note}");
    }
    let accounting = &report.accounting;
    eprintln!(
        "perfkit: {} rows read: {} counted, {} filtered out, {} rejected",
        accounting.rows_read, accounting.counted, accounting.filtered, accounting.rejected
    );
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
    let why = if report.accounting.rejected > 0 {
        "no row could be read (see above)"
    } else {
        "there is a header but no row: did the test run?"
    };
    Error::input(names.join(", "), format!("no samples to report: {why}"))
}

fn rendered(report: &Report, format: Format) -> Result<String> {
    Ok(match format {
        Format::Markdown => render::markdown::platform_block(report),
        Format::Table => render::table::render(report, output::terminal_width()),
        Format::Csv => render::csv::render(report)?,
        Format::Json => render::json::render(report)?,
    })
}

/// The report's directory: as given, or named after the first input, where the user stands.
fn report_directory(args: &AnalyzeArgs) -> Option<PathBuf> {
    if args.no_report {
        return None;
    }
    if let Some(directory) = &args.output {
        return Some(directory.clone());
    }
    let first = args.results.first().map(PathBuf::as_path);
    let name = first
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy());
    let mut stem = name.as_deref().unwrap_or("-");
    for extension in [".gz", ".zst", ".jtl", ".csv"] {
        stem = stem.strip_suffix(extension).unwrap_or(stem);
    }
    if matches!(stem, "" | "-") {
        stem = "stdin";
    }
    Some(PathBuf::from(format!("{stem}-report")))
}

fn write_report(directory: &Path, report: &Report) -> Result<()> {
    let charts = chart::draw(report)?;
    let links: Vec<ChartLink> = charts
        .iter()
        .map(|chart| ChartLink {
            path: format!("charts/{}.png", chart.slug),
            title: chart.title.clone(),
            description: chart.description.clone(),
        })
        .collect();
    output::create_directory(&directory.join("charts"))?;
    for (chart, link) in charts.iter().zip(&links) {
        output::write(&directory.join(&link.path), &chart.png)?;
    }
    output::write(
        &directory.join("aggregate.csv"),
        render::csv::render(report)?.as_bytes(),
    )?;
    output::write(
        &directory.join("report.json"),
        render::json::render(report)?.as_bytes(),
    )?;
    output::write(
        &directory.join("report.md"),
        render::markdown::report(report, &links).as_bytes(),
    )?;
    output::write(
        &directory.join("report.html"),
        render::html::render(report)?.as_bytes(),
    )
}
