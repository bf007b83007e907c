//! `perfkit analyze`: results in, table and report out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::gate::{self, Gate};
use super::publish::Publication;
use super::reading::{self, Results};
use super::report_directory::{self, ReportFile};
use super::server::Server;
use super::{columns, follow, output, selection, summary};
use crate::chart::{self, Style, Theme};
use crate::cli::{AnalyzeArgs, ChartTheme, Format};
use crate::error::Result;
use crate::render::{self, markdown::ChartLink};
use crate::report::{self, Report, Sources};
use crate::stats::Aggregate;

/// Runs `perfkit analyze`.
///
/// # Errors
///
/// Options that make no sense, inputs that cannot be read or hold no samples, outputs that cannot
/// be written; with `--strict`, a row that cannot be read.
pub fn run(args: AnalyzeArgs) -> Result<ExitCode> {
    if args.format == Format::Summary {
        return summary::run(&args);
    }
    let report_options = report_options(&args)?;
    // Before the results are read, which may take long.
    let gate = Gate::of(
        &args.gate,
        args.baseline.as_deref(),
        &report_options.percentiles,
    )?;
    let publication = Publication::of(&args, &stem_of(first_input(&args)))?;
    let mut server = Server::of(&args)?;
    let results = Results {
        paths: &args.results,
        reading: &args.reading,
        selection: &args.selection,
        compat: args.compat,
    };
    let (aggregate, sources) = if args.follow.follow {
        let read = follow::read(&args, &results, &gate, &server, report_options)?;
        // Its monitor has gone on as well.
        server.resources = server.look()?;
        read
    } else {
        results.read(report_options)?
    };
    let sources = Sources {
        title: args.title.clone(),
        details: server.details.clone(),
        resources: server.resources.clone(),
        ..sources
    };
    let mut report = reading::report(&aggregate, sources, None)?;
    server.check(&report)?;
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
        Format::Table => render::terminal::render(&report, output::terminal_width()),
        Format::Csv => csv(&aggregate, &report, &args)?,
        Format::Json => render::json::render(&report)?,
        Format::Prometheus => render::prometheus::render(&report),
        Format::Hgrm => render::hgrm::render(&report),
        // Written above, by itself.
        Format::Summary => String::new(),
    });
    let is_platform_shown = matches!(args.format, Format::Markdown | Format::Json)
        || directory.is_some()
        || publication.is_wanted()
        || args.follow.listen.is_some();
    if is_platform_shown {
        server.caution();
    }
    if let Some(directory) = &directory {
        eprintln!(
            "perfkit: report in {} and report.html",
            directory.join("report.md").display()
        );
    }
    gate::tell(&report);
    gate::exit_code(gate::is_failed(&report), printed)
}

fn report_options(args: &AnalyzeArgs) -> Result<report::Options> {
    Ok(report::Options {
        percentiles: args.percentiles.clone(),
        timestamp_is_end: args.reading.timestamp_is_end,
        max_labels: args
            .max_labels
            .map_or(report::DEFAULT_MAX_LABELS, |most| most as usize),
        columns: columns::parse(args.columns.as_deref(), &args.percentiles)?,
        selection: selection::echo(&args.selection),
        apdex: args.apdex.clone(),
        expected_interval_ms: args.expected_interval,
    })
}

/// The platform block; before it what became of the criteria, and behind it JMeter's dashboard's
/// table, where they were asked for.
fn markdown(report: &Report) -> String {
    let parts = [
        render::criteria::markdown(report),
        render::markdown::platform_block(report),
        render::markdown::dashboard(report),
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
    for extension in [".gz", ".zst", ".jtl", ".csv", ".xml", ".json", ".summary"] {
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
    let theme = match args.chart_theme {
        ChartTheme::Light => Theme::Light,
        ChartTheme::Dark => Theme::Dark,
    };
    let style = Style::picture(args.chart_size, theme);
    let figures = chart::figures(report);
    let charts = chart::draw(&figures, &style, &args.wanted_charts())?;
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
        ReportFile::new("report.html", render::html::render(report, &figures)?),
        ReportFile::new("report.md", render::markdown::report(report, &links)),
    ]);
    let charts = charts.into_iter().zip(&links);
    files.extend(charts.map(|(chart, link)| ReportFile::new(&link.path, chart.png)));
    report_directory::write(directory, &files)
}
