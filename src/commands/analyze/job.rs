//! Parses and checks the arguments of `perfkit analyze`.

use std::path::{Path, PathBuf};

use crate::analysed::Analysis;
use crate::chart::{Style, Theme};
use crate::cli::{AnalyzeArgs, ChartTheme, Compat, FollowArgs, Format, InsightCount};
use crate::commands::gate::Gate;
use crate::commands::publish::Publication;
use crate::commands::save::Saving;
use crate::commands::server::Server;
use crate::commands::{analysis, clash, columns, input_name, output, report_directory};
use crate::error::Result;
use crate::render::csv::Formulas;
use crate::report::{self, Presentation};

/// A parsed and checked command line of `perfkit analyze`. Reading results may take long, so every
/// mistake in the arguments is reported before.
pub struct Job {
    /// The results files and summary files.
    pub paths: Vec<PathBuf>,
    /// How to read them, and which samples count.
    pub analysis: Analysis,
    /// Whether and how to follow a run.
    pub follow: FollowArgs,
    /// What the report shows beside the figures.
    pub presentation: Presentation,
    /// When the run fails.
    pub gate: Gate,
    /// The server that was tested.
    pub server: Server,
    /// Where the platform block goes.
    pub publication: Publication,
    /// Where the run is saved.
    pub saving: Option<Saving>,
    /// What to write and print.
    pub outputs: Outputs,
}

/// What to write and print.
pub struct Outputs {
    /// What to print on standard output.
    pub format: Format,
    /// The report directory; `None` with `--no-report`.
    pub directory: Option<PathBuf>,
    /// The charts to draw, by their slugs.
    pub charts: Vec<&'static str>,
    /// How to draw them.
    pub style: Style,
    /// Whether JMeter's CSV has all labels, even if the tables show fewer.
    pub has_csv_all_labels: bool,
    /// How cells of CSV that look like formulas are written.
    pub formulas: Formulas,
}

impl Job {
    /// Parses and checks the arguments.
    ///
    /// # Errors
    ///
    /// If an option is invalid; if criteria, a baseline, a README or a monitor's file cannot be read; if
    /// the server does not answer.
    pub fn new(args: AnalyzeArgs, notes: Vec<String>) -> Result<Self> {
        check_files(&args)?;
        let analysis = Analysis {
            dashboard: args.compat.map(|Compat::Dashboard(settings)| settings),
            allow_repeats: args.allow_repeats,
            ..analysis::parse(&args.reading, &args.selection)?
        };
        let options = report::Options {
            percentiles: args.percentiles.clone(),
            max_labels: args
                .max_labels
                .map_or(report::DEFAULT_MAX_LABELS, |max| max as usize),
            max_insights: match args.insights {
                InsightCount::Max(max) => Some(max),
                InsightCount::All => None,
            },
            columns: columns::parse(args.columns.as_deref(), &args.percentiles)?,
            apdex: args.apdex.clone(),
            expected_interval_ms: args.expected_interval,
            configured: notes.first().cloned(),
            ..report::Options::default()
        };
        let gate = Gate::of(&args.gate, args.baseline.as_deref(), &options.percentiles)?;
        check_outputs(&args)?;
        let server = Server::of(&args)?;
        let publication = Publication::of(&args, first_input(&args), &server)?;
        let saving = Saving::of(&args, first_input(&args))?;
        let theme = match args.chart_theme {
            ChartTheme::Light => Theme::Light,
            ChartTheme::Dark => Theme::Dark,
        };
        let outputs = Outputs {
            format: args.format.unwrap_or(match output::is_terminal() {
                true => Format::Overview,
                false => Format::Markdown,
            }),
            directory: directory_of(&args),
            charts: args.wanted_charts(),
            style: Style::picture(args.chart_size, theme),
            has_csv_all_labels: args.max_labels.is_none(),
            formulas: Formulas::of(args.csv_safe),
        };
        outputs.check()?;
        Ok(Job {
            paths: args.results,
            analysis,
            follow: args.follow,
            presentation: Presentation {
                title: args.title,
                details: server.details.clone(),
                platform: server.platform.clone(),
                analysed_on: server.analysed_on.clone(),
                options,
                notes,
                resources: server.resources.clone(),
            },
            gate,
            server,
            publication,
            saving,
            outputs,
        })
    }
}

/// Checks that every output can be written.
fn check_outputs(args: &AnalyzeArgs) -> Result<()> {
    if let Some(directory) = directory_of(args) {
        output::check_directory(&directory)?;
    }
    let files = args.gate.junit.iter().chain(&args.publish.update);
    files.map(PathBuf::as_path).try_for_each(output::check_file)
}

/// Checks that no output is an input.
fn check_files(args: &AnalyzeArgs) -> Result<()> {
    let inputs = args
        .results
        .iter()
        .chain(&args.baseline)
        .chain(&args.monitor);
    let directory = directory_of(args);
    let report = directory.as_deref().map(report_directory::files);
    let report: Vec<PathBuf> = report.into_iter().flatten().collect();
    let report = report.iter().map(|path| ("--output", path));
    let junit = args.gate.junit.iter().map(|path| ("--junit", path));
    let readme = args.publish.update.iter().map(|path| ("--update", path));
    clash::check(
        inputs.chain(&args.gate.criteria),
        report.chain(junit).chain(readme),
    )
}

impl Outputs {
    /// Checks that the report replaces no file of someone else's.
    fn check(&self) -> Result<()> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        let charts = self.charts.iter().map(|slug| format!("charts/{slug}.png"));
        report_directory::check(directory, &charts.collect::<Vec<_>>())
    }
}

/// Returns the report directory: as given, else named after the first input in the working directory.
fn directory_of(args: &AnalyzeArgs) -> Option<PathBuf> {
    if args.no_report {
        return None;
    }
    if let Some(directory) = &args.output {
        return Some(directory.clone());
    }
    let first = args.results.first()?;
    Some(PathBuf::from(format!(
        "{}-report",
        input_name::stem_of(first)
    )))
}

/// Returns the first input; `-` is standard input.
fn first_input(args: &AnalyzeArgs) -> &Path {
    args.results
        .first()
        .map_or(Path::new("-"), PathBuf::as_path)
}
