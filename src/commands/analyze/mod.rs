//! `perfkit analyze`: reads results, prints a table, writes a report.

pub mod job;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use self::job::{Job, Outputs};
use super::follow::{self, Followed};
use super::report_directory::{self, ReportFile};
use super::{gate, output, reading, reporting};
use crate::analysed::Analysed;
use crate::chart;
use crate::cli::{AnalyzeArgs, Format};
use crate::error::{Error, Result};
use crate::render::overview::Links;
use crate::render::{self, markdown::ChartLink};
use crate::report::{self, LabelRows, Report};
use crate::stats::Aggregate;
use crate::stderr;

/// Runs `perfkit analyze`. The report has `notes`, which were printed already.
///
/// # Errors
///
/// If an option is invalid, an input cannot be read or has no samples, or an output cannot be written;
/// with `--strict`, also if a row is rejected.
pub fn run(args: AnalyzeArgs, notes: Vec<String>) -> Result<ExitCode> {
    let mut job = Job::new(args, notes)?;
    let Followed { analysed, problem } = job.analyse()?;
    let report = job.report(&analysed)?;
    let code = job.write(&analysed, &report)?;
    // The process ends here, and the system frees memory at once: a million labels one by one would take a
    // while.
    std::mem::forget((analysed, report));
    problem.map_or(Ok(code), Err)
}

impl Job {
    /// Reads the results, or follows them to their end.
    fn analyse(&mut self) -> Result<Followed> {
        if !self.follow.follow {
            return Ok(reading::read(&self.analysis, &self.paths)?.into());
        }
        let followed = follow::read(self)?;
        // The monitor has written more rows meanwhile.
        self.server.resources = self.server.read_monitor()?;
        self.presentation.resources = self.server.resources.clone();
        Ok(followed)
    }

    fn report(&self, analysed: &Analysed) -> Result<Report> {
        let rest = match &self.outputs.directory {
            Some(directory) => format!("see {}", directory.join("report.md").display()),
            None => "--insights all prints them".to_owned(),
        };
        let rest = (!self.outputs.is_shown_once()).then_some(rest);
        let presentation = self.presentation.clone();
        let mut report = reporting::report(analysed, presentation, None, rest.as_deref())?;
        self.server.check(&report)?;
        report.criteria = self.gate.evaluate(&report);
        Ok(report)
    }

    /// Where the report is, and how to get its table as Markdown.
    fn links(&self) -> Links {
        const COPY: &str = match () {
            () if cfg!(windows) => "clip",
            () if cfg!(target_os = "macos") => "pbcopy",
            () => "xclip -selection clipboard",
        };
        let page = self.outputs.directory.as_ref();
        let page = page.map(|directory| directory.join("report.html"));
        let url = page.as_ref().and_then(|page| file_url(page));
        let markdown = format!(
            "Markdown to paste: add --format markdown | {COPY}, or --update README.md to keep it there."
        );
        Links {
            page: page.map(|page| page.display().to_string()),
            page_url: url,
            markdown: Some(markdown),
        }
    }

    fn write(&mut self, analysed: &Analysed, report: &Report) -> Result<ExitCode> {
        let outputs = &self.outputs;
        let aggregate = &analysed.aggregate;
        self.gate.write_junit(report)?;
        let mut json = None;
        if let Some(directory) = &outputs.directory {
            let tables = vec![
                ReportFile::new("aggregate.csv", outputs.csv(aggregate, report)?),
                ReportFile::new("statistics.json", statistics(aggregate, report)?),
            ];
            json = Some(outputs.write_report(directory, report, tables)?);
        }
        let people = report.for_people();
        let insights = render::markdown::insights_block(&people);
        let summary = joined(&[&insights, &markdown(&people)]);
        self.publication.write(report, &summary)?;
        if let Some(saving) = &self.saving {
            saving.save(analysed, report)?;
        }
        let printed = output::print(&match outputs.format {
            Format::Overview => render::overview::render(
                &people,
                &self.links(),
                output::terminal_width(),
                output::has_colors(),
            ),
            Format::Markdown => markdown(&people),
            Format::Table => render::terminal::render(&people, output::terminal_width()),
            Format::Csv => outputs.csv(aggregate, report)?,
            Format::Json => json.map_or_else(|| render::json::render(report), Ok)?,
            Format::Prometheus => render::prometheus::render(report),
            Format::Hgrm => render::hgrm::render(&people),
        });
        let is_platform_shown = matches!(outputs.format, Format::Markdown | Format::Json)
            || outputs.directory.is_some()
            || self.publication.is_wanted()
            || self.saving.is_some()
            || self.follow.listen.is_some();
        if is_platform_shown {
            self.server.note_if_unnamed();
        }
        if !outputs.is_shown_once() {
            if let Some(directory) = &outputs.directory {
                stderr::say(format_args!(
                    "perfkit: report in {} and report.html",
                    directory.join("report.md").display()
                ));
            }
            gate::print_results(report);
        }
        let unjudged = self.gate.check_rejected(report).err();
        gate::exit_code(report, false, unjudged, printed)
    }
}

impl Outputs {
    /// Whether standard output shows what standard error would repeat on the same terminal.
    fn is_shown_once(&self) -> bool {
        self.format == Format::Overview && io::stderr().is_terminal()
    }

    /// Renders JMeter's CSV, with all labels unless `--max-labels` is given.
    fn csv(&self, aggregate: &Aggregate, report: &Report) -> Result<String> {
        if report.other_labels.is_none() || !self.has_csv_all_labels {
            return render::csv::render(report, self.formulas);
        }
        let rows = LabelRows::new(aggregate, &report.options);
        render::csv::render_all(&report.options, &rows, &report.total, self.formulas)
    }

    /// Writes the report directory, and returns the report as JSON; `tables` are files with more labels
    /// than the report shows.
    fn write_report(
        &self,
        directory: &Path,
        report: &Report,
        tables: Vec<ReportFile>,
    ) -> Result<String> {
        let people = report.for_people();
        let figures = chart::figures(&people);
        // Rendered while the charts are drawn.
        let (charts, json, page) = thread::scope(|scope| {
            let json = scope.spawn(|| render::json::render(report));
            let page = scope.spawn(|| render::html::render(&people, &figures));
            let charts = chart::draw(&figures, &self.style, &self.charts);
            (charts, json.join(), page.join())
        });
        let failed = |_| Err(Error::Internal("a page could not be rendered".to_owned()));
        let (charts, json, page) = (
            charts?,
            json.unwrap_or_else(failed)?,
            page.unwrap_or_else(failed)?,
        );
        let links: Vec<ChartLink> = charts
            .iter()
            .map(|chart| ChartLink {
                path: format!("charts/{}.png", chart.slug),
                title: chart.title.clone(),
                description: chart.description.clone(),
                caption: chart.caption.clone(),
            })
            .collect();
        let mut files = tables;
        files.extend([
            ReportFile::new("report.json", json.as_str()),
            ReportFile::new("report.html", page),
            ReportFile::new("report.md", render::markdown::report(&people, &links)),
        ]);
        let charts = charts.into_iter().zip(&links);
        files.extend(charts.map(|(chart, link)| ReportFile::new(&link.path, chart.png)));
        report_directory::write(directory, &files)?;
        Ok(json)
    }
}

/// The URL of a file for a terminal's link; `None` if its path is not Unicode.
///
/// Source: RFC 8089, with bytes escaped as RFC 3986 has them.
fn file_url(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let path = path.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte);
    let bytes = path.bytes().map(|byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    let path: String = bytes.collect();
    Some(format!(
        "file://{}{path}",
        if path.starts_with('/') { "" } else { "/" }
    ))
}

/// Renders the results of criteria, the platform block, and the table of JMeter's dashboard, as far as
/// the report has them.
fn markdown(report: &Report) -> String {
    joined(&[
        &render::criteria::markdown(report),
        &render::markdown::platform_block(report),
        &render::markdown::dashboard(report),
    ])
}

/// Joins the parts of a page that are not empty.
fn joined(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| part.trim_end());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

/// Maximum labels in `statistics.json`; a million would take half a GB.
const MAX_STATISTICS: usize = 10_000;

/// Most bytes of label names in `statistics.json`, which has each twice.
const MAX_STATISTICS_TEXT: usize = 16 << 20;

/// Renders JMeter's `statistics.json` with all labels, or with those shown if there are too many or their
/// names are too long.
fn statistics(aggregate: &Aggregate, report: &Report) -> Result<String> {
    match &report.dashboard {
        Some(dashboard) => render::statistics::render(&dashboard.statistics),
        None if report.other_labels.is_none() || !fits_statistics(aggregate) => {
            render::statistics::render(&report.statistics)
        }
        None => render::statistics::render(&report::statistics_of_all(aggregate)),
    }
}

/// Whether `statistics.json` can have all labels.
fn fits_statistics(aggregate: &Aggregate) -> bool {
    let labels = aggregate.labels();
    let text: usize = labels.iter().map(|label| label.name.len()).sum();
    labels.len() <= MAX_STATISTICS && text <= MAX_STATISTICS_TEXT
}
