//! Arguments of `perfkit analyze` to what is to be done.

use std::path::{Path, PathBuf};

use crate::analysed::Analysis;
use crate::chart::{Style, Theme};
use crate::cli::{AnalyzeArgs, ChartTheme, Compat, FollowArgs, Format};
use crate::commands::gate::Gate;
use crate::commands::publish::Publication;
use crate::commands::server::Server;
use crate::commands::{analysis, columns, input_name};
use crate::error::Result;
use crate::report::{self, Presentation};

/// What `perfkit analyze` is to do: its arguments, parsed and checked before the results are read,
/// which may take long.
pub struct Job {
    /// The results.
    pub paths: Vec<PathBuf>,
    /// How they are read, and what of them counts.
    pub analysis: Analysis,
    /// Whether the run is still going on.
    pub follow: FollowArgs,
    /// What shows in the report beside the figures.
    pub presentation: Presentation,
    /// When the run fails.
    pub gate: Gate,
    /// The server that was tested.
    pub server: Server,
    /// Where the platform block goes.
    pub publication: Publication,
    /// What is written and printed.
    pub outputs: Outputs,
}

/// What is written and printed.
pub struct Outputs {
    /// What is printed.
    pub format: Format,
    /// The report's directory.
    pub directory: Option<PathBuf>,
    /// The charts to draw, by their slugs.
    pub charts: Vec<&'static str>,
    /// How they are drawn.
    pub style: Style,
    /// Whether JMeter's CSV has all labels, however many the tables show.
    pub has_csv_all_labels: bool,
}

impl Job {
    /// The job of the arguments.
    ///
    /// # Errors
    ///
    /// Options that make no sense; criteria, a baseline, a README or a monitor's file that cannot be
    /// read; a server that does not answer.
    pub fn new(args: AnalyzeArgs) -> Result<Self> {
        let analysis = Analysis {
            with_dashboard: args.compat == Some(Compat::Dashboard),
            ..analysis::parse(&args.reading, &args.selection)?
        };
        let options = report::Options {
            percentiles: args.percentiles.clone(),
            max_labels: args
                .max_labels
                .map_or(report::DEFAULT_MAX_LABELS, |max| max as usize),
            columns: columns::parse(args.columns.as_deref(), &args.percentiles)?,
            apdex: args.apdex.clone(),
            expected_interval_ms: args.expected_interval,
            ..report::Options::default()
        };
        let gate = Gate::of(&args.gate, args.baseline.as_deref(), &options.percentiles)?;
        let publication = Publication::of(&args, &input_name::stem_of(first_input(&args)))?;
        let server = Server::of(&args)?;
        let theme = match args.chart_theme {
            ChartTheme::Light => Theme::Light,
            ChartTheme::Dark => Theme::Dark,
        };
        let outputs = Outputs {
            format: args.format,
            directory: directory_of(&args),
            charts: args.wanted_charts(),
            style: Style::picture(args.chart_size, theme),
            has_csv_all_labels: args.max_labels.is_none(),
        };
        Ok(Job {
            paths: args.results,
            analysis,
            follow: args.follow,
            presentation: Presentation {
                title: args.title,
                details: server.details.clone(),
                options,
                resources: server.resources.clone(),
            },
            gate,
            server,
            publication,
            outputs,
        })
    }
}

/// The report's directory: as given, or named after the first input, in the working directory.
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

/// The first of the results; `-` stands for standard input.
fn first_input(args: &AnalyzeArgs) -> &Path {
    args.results
        .first()
        .map_or(Path::new("-"), PathBuf::as_path)
}
