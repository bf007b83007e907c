//! `perfkit history`: reads runs, says since when figures changed, and judges the newest run.

mod inputs;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::tz::TimeZone;

use self::inputs::RunsRead;
use super::readme::{self, Readme};
use super::{analysis, clash, gate, output};
use crate::chart::{self, Style};
use crate::cli::{HistoryArgs, HistoryChoice, HistoryFormat, ReadingArgs, RunOrder, SelectionArgs};
use crate::error::{Error, Result};
use crate::history::saved::Index;
use crate::history::{History, Run, Settings, Verdict};
use crate::render;
use crate::render::readme_block::Wanted;
use crate::report::{Report, Window};
use crate::select::{self, Moment};
use crate::stderr;

/// Runs `perfkit history`. The history has `notes`, which were printed already.
///
/// # Errors
///
/// If an option is invalid, a run cannot be read, or an output cannot be written; with `--fail-if-worse`, if the
/// newest run cannot be judged.
pub fn run(args: &HistoryArgs, notes: Vec<String>) -> Result<ExitCode> {
    let outputs = [
        ("--output", &args.output),
        ("--junit", &args.junit),
        ("--update", &args.update),
        ("--chart", &args.chart),
    ];
    let files = || {
        let files = outputs.iter();
        files.filter_map(|(option, path)| Some((*option, path.as_ref()?)))
    };
    clash::check(&args.runs, files())?;
    files().try_for_each(|(_, path)| output::check_file(path))?;
    if args.junit.is_some() && !args.fail_if_worse {
        return Err(Error::Usage(
            "--junit has nothing to write: give --fail-if-worse".to_owned(),
        ));
    }
    let readme = match &args.update {
        Some(path) => Some(Readme::new(
            path.clone(),
            Wanted {
                key: readme::key_given(&args.key)?,
                is_key_given: true,
                ..Wanted::default()
            },
        )?),
        None => None,
    };
    let (mut history, newest) = read(&args.runs, None, &args.choice, &args.reading)?;
    history.notes.splice(0..0, notes);
    let judged = judged(&history, args.fail_if_worse, &newest);
    if let Some(path) = &args.junit {
        output::write(path, render::junit::render(&judged).as_bytes())?;
    }
    if let Some(path) = &args.chart {
        write_chart(&history, path)?;
    }
    if let Some(mut readme) = readme {
        let platforms = history.platforms.iter();
        let platforms = platforms.filter_map(|of| of.platform.clone());
        readme.set_platforms(platforms.collect(), Vec::new());
        let ends = Report {
            window: Some(newest),
            ..Report::default()
        };
        readme.update(&render::history::readme(&history), [&ends].into_iter())?;
    }
    let (width, has_colors) = match &args.output {
        None => (output::terminal_width(), output::has_colors()),
        Some(_) => (None, false),
    };
    let text = match args.format {
        HistoryFormat::Markdown => render::history::markdown(&history),
        HistoryFormat::Table => render::history::terminal(&history, width, has_colors),
        HistoryFormat::Html => render::html::history(&history, args.output.as_deref())?,
        HistoryFormat::Json => render::history::json(&history)?,
    };
    let printed = match &args.output {
        Some(path) => output::write(path, text.as_bytes()),
        None => output::print(&text),
    };
    conclude(&history, &judged, args.fail_if_worse, printed)
}

/// Judges a run against a history, for `perfkit compare --history`.
///
/// # Errors
///
/// As [`run`].
pub fn judge(
    runs: &Path,
    newest: &Path,
    choice: &HistoryChoice,
    reading: &ReadingArgs,
) -> Result<(History, Report)> {
    let (history, window) = read(&[runs.to_owned()], Some(newest), choice, reading)?;
    let judged = judged(&history, true, &window);
    Ok((history, judged))
}

/// Says on standard error whether the newest run is worse, and returns the exit code.
///
/// # Errors
///
/// If standard output could not be written, or the newest run cannot be judged.
pub fn conclude(
    history: &History,
    judged: &Report,
    fails: bool,
    printed: Result<()>,
) -> Result<ExitCode> {
    let verdict = history.newest().map(|platform| platform.verdict);
    let is_worse = fails && verdict == Some(Verdict::Worse);
    if is_worse {
        let message = render::history::verdict(history);
        gate::print_failure("Worse than the history", &message);
    }
    let is_open = fails && matches!(verdict, None | Some(Verdict::NotJudged));
    let unjudged = is_open.then(|| {
        Error::Usage(format!(
            "--fail-if-worse cannot judge the newest run: {}",
            render::history::verdict(history)
        ))
    });
    // The criteria in `judged` repeat the verdict for JUnit: they decide nothing.
    let nothing = Report {
        window: judged.window,
        ..Report::default()
    };
    gate::exit_code(&nothing, is_worse, unjudged, printed)
}

/// Reads a history; `added` comes last, whenever it started. Also returns the window of its newest run.
fn read(
    paths: &[PathBuf],
    added: Option<&Path>,
    choice: &HistoryChoice,
    reading: &ReadingArgs,
) -> Result<(History, Window)> {
    let analysis = analysis::parse(reading, &SelectionArgs::default())?;
    let zone = &analysis.reading.timestamps.zone;
    let since = choice.since.as_deref().map(|text| since(text, zone));
    let since = since.transpose()?;
    let patterns = choice.include.iter().map(|pattern| {
        select::regex(pattern).map_err(|why| Error::Usage(format!("--include: {why}")))
    });
    let include: Vec<_> = patterns.collect::<Result<_>>()?;
    let RunsRead {
        mut runs,
        passed_over,
    } = inputs::read(inputs::find(paths)?, &analysis)?;
    let mut notes = pass_over(passed_over, reading.strict)?;
    if choice.order == RunOrder::Start {
        runs.sort_by_key(|(_, index)| index.start_ms);
    }
    notes.extend(remove_copies(&mut runs));
    if let Some(path) = added {
        let of_path = inputs::read(inputs::find(&[path.to_owned()])?, &analysis)?;
        let mut newest = of_path
            .runs
            .into_iter()
            .next_back()
            .ok_or_else(|| Error::input(path.display().to_string(), "has no run to compare"))?;
        runs.retain(|(_, index)| !index.is_same_run(&newest.1));
        notes.extend(adopt_platform(&mut newest.1, &runs));
        runs.push(newest);
    }
    if let Some(since) = since {
        runs.retain(|(_, index)| index.start_ms >= since);
    }
    let last = choice.last.map_or(usize::MAX, |last| last as usize);
    runs.drain(..runs.len().saturating_sub(last));
    let Some((_, newest)) = runs.last() else {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Error::input(
            names.join(", "),
            "no runs: save some with perfkit analyze --save DIR",
        ));
    };
    let window = Window {
        start_ms: newest.start_ms,
        end_ms: newest.end_ms,
    };
    let settings = Settings {
        metrics: choice.metrics.clone(),
        platform_by: choice.platform_by.clone(),
    };
    let is_shown = |label: &str| {
        let mut patterns = include.iter();
        include.is_empty() || patterns.any(|pattern| pattern.is_match(label.as_bytes()))
    };
    let mut history = History::new(runs, &settings, &is_shown);
    history.notes = notes;
    Ok((history, window))
}

/// Takes a run that names no platform for one of that of the newest saved run, and says so.
fn adopt_platform(index: &mut Index, runs: &[(Run, Index)]) -> Option<String> {
    let (_, last) = runs.last()?;
    let platform = last
        .platform
        .as_ref()
        .filter(|_| index.platform.is_none())?;
    let note = format!(
        "The run names no platform: it is judged as one of {platform}, that of the newest saved run."
    );
    index.platform = Some(platform.clone());
    index.details.clone_from(&last.details);
    stderr::say(format_args!("perfkit: note: {note}"));
    Some(note)
}

/// Parses `--since` as the start of the runs to show, epoch ms.
fn since(text: &str, zone: &TimeZone) -> Result<i64> {
    let refused = |why: String| Error::Usage(format!("--since: {why}"));
    let date = format!("{} 00:00:00", text.trim());
    let moment = Moment::new(text, zone).or_else(|why| Moment::new(&date, zone).map_err(|_| why));
    match moment {
        Ok(Moment::At(ms)) => Ok(ms),
        Ok(_) => Err(refused(format!(
            "`{text}` needs a date, such as 2026-11-01"
        ))),
        Err(why) => Err(refused(why.to_string())),
    }
}

/// Says which files were passed over; an error with `--strict`.
fn pass_over(passed_over: Vec<Error>, is_strict: bool) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for error in passed_over {
        if is_strict {
            return Err(error);
        }
        stderr::say(format_args!("perfkit: warning: passed over: {error}"));
        notes.push(format!("Passed over: {error}."));
    }
    Ok(notes)
}

/// Removes runs that are there twice, such as a report beside its saved run, and says so.
fn remove_copies(runs: &mut Vec<(Run, Index)>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut kept: Vec<(Run, Index)> = Vec::with_capacity(runs.len());
    for (run, index) in runs.drain(..) {
        let is_same = |(_, known): &&(Run, Index)| known.is_same_run(&index);
        let same_start = |(_, known): &&(Run, Index)| known.start_ms == index.start_ms;
        let mut before = kept.iter().rev();
        match before.by_ref().take_while(same_start).find(is_same) {
            Some((known, _)) => {
                let note = format!(
                    "{} is the same run as {}: it counts once.",
                    run.input, known.input
                );
                stderr::say(format_args!("perfkit: note: {note}"));
                notes.push(note);
            }
            None => kept.push((run, index)),
        }
    }
    *runs = kept;
    notes
}

/// Returns the verdicts on the newest run as criteria, for JUnit.
fn judged(history: &History, is_asked: bool, newest: &Window) -> Report {
    Report {
        title: Some("perfkit history".to_owned()),
        window: Some(*newest),
        criteria: match is_asked {
            true => render::history::criteria(history),
            false => Vec::new(),
        },
        ..Report::default()
    }
}

fn write_chart(history: &History, path: &Path) -> Result<()> {
    let figure = history.newest().and_then(chart::of_history);
    let Some(figure) = figure else {
        return Err(Error::Usage(
            "--chart needs a metric in ms: add p95 or median to --metrics".to_owned(),
        ));
    };
    let wanted = [figure.slug];
    let drawn = chart::draw(&[figure], &Style::default(), &wanted)?;
    match drawn.first() {
        Some(chart) => output::write(path, &chart.png),
        None => Ok(()),
    }
}
