//! A selection as asked for, and how it becomes a [`Choice`].

use jiff::tz::TimeZone;
use regex::bytes::Regex;

use super::choice::{Choice, Filter, LabelTest, RowTest};
use super::group::GroupBy;
use super::moment::Moment;
use super::rename::Rename;
use super::survey::{Needs, Survey};
use super::threads::{NoPlateau, Plateau};
use crate::format;
use crate::jtl::ColumnOptions;

/// Length of the shortest plateau, ms.
const MIN_PLATEAU_MS: i64 = 1_000;

/// A plateau takes at least one 20th of the run. A run whose threads come and go has a peak, but no
/// plateau.
const MIN_PLATEAU_SHARE: i64 = 20;

/// What should count, as asked for.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Select samples that start at this moment or later.
    pub from: Option<Bound>,
    /// Select samples that start before this moment.
    pub to: Option<Bound>,
    /// Select samples that start while all threads are up.
    pub trim_ramp: bool,
    /// How rows of transaction controllers are treated.
    pub controllers: Controllers,
    /// How rows of sub-results are treated.
    pub sub_results: SubResults,
    /// Select samples that succeeded (`true`) or failed (`false`).
    pub only_success: Option<bool>,
    /// Select labels that match at least one expression.
    pub include: Vec<Regex>,
    /// Leave out labels that match any expression.
    pub exclude: Vec<Regex>,
    /// What replaces the label.
    pub group_by: GroupBy,
    /// How labels are renamed, applied one after the other.
    pub renames: Vec<Rename>,
}

/// Why nothing can be selected in a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unselectable {
    /// The start is not before the end.
    #[error(
        "--from {from} ({}) is not before --to {to} ({}): nothing would be left",
        format::utc_ms(*from_ms),
        format::utc_ms(*to_ms)
    )]
    EmptyRange {
        /// The start as given.
        from: String,
        /// The start, epoch ms.
        from_ms: i64,
        /// The end as given.
        to: String,
        /// The end, epoch ms.
        to_ms: i64,
    },
    /// The threads never reached a plateau.
    #[error("--trim-ramp: {0}; choose the time with --from and --to")]
    NoPlateau(#[source] NoPlateau),
    /// The plateau is too short to be one.
    #[error(
        "--trim-ramp: the peak of {threads} active threads (allThreads) lasted {} of {}, too \
         short to be a plateau; choose the time with --from and --to",
        format::duration(*length_ms),
        format::duration(*run_ms)
    )]
    ShortPlateau {
        /// Active threads at the peak.
        threads: i64,
        /// Its length, ms.
        length_ms: i64,
        /// The run's length, ms.
        run_ms: i64,
    },
}

/// A moment, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// As given.
    pub text: String,
    /// What it means.
    pub moment: Moment,
}

/// How rows of transaction controllers are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Controllers {
    /// They count like other rows, as in JMeter's Aggregate Report.
    #[default]
    Include,
    /// They are left out.
    Exclude,
    /// All other rows are left out.
    Only,
}

/// How rows of sub-results are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SubResults {
    /// They count like other rows, as in JMeter's Aggregate Report.
    #[default]
    Include,
    /// They are left out.
    Exclude,
    /// All other rows are left out.
    Only,
}

/// The option for samples on the plateau.
const TRIM_RAMP: &str = "--trim-ramp";

/// The option for samples that succeeded or failed.
fn only(success: bool) -> &'static str {
    match success {
        true => "--only-success",
        false => "--only-errors",
    }
}

impl Controllers {
    /// The option that asks for it; `None` if nothing is left out.
    fn option(self) -> Option<&'static str> {
        match self {
            Controllers::Include => None,
            Controllers::Exclude => Some("--controllers exclude"),
            Controllers::Only => Some("--controllers only"),
        }
    }
}

impl SubResults {
    /// The option that asks for it; `None` if nothing is left out.
    pub(super) fn option(self) -> Option<&'static str> {
        match self {
            SubResults::Include => None,
            SubResults::Exclude => Some("--sub-results exclude"),
            SubResults::Only => Some("--sub-results only"),
        }
    }
}

impl Selection {
    /// The options that ask for it, such as `--include Login`; empty if everything counts.
    pub fn options(&self) -> Vec<String> {
        let value = |option: &str, value: &str| format!("{option} {value}");
        let mut options: Vec<String> = self
            .bounds()
            .map(|(option, bound)| value(option, &bound.text))
            .collect();
        options.extend(self.trim_ramp.then(|| TRIM_RAMP.to_owned()));
        let include = self.include.iter();
        options.extend(include.map(|regex| value("--include", regex.as_str())));
        let exclude = self.exclude.iter();
        options.extend(exclude.map(|regex| value("--exclude", regex.as_str())));
        let flags = [
            self.controllers.option(),
            self.sub_results.option(),
            self.only_success.map(only),
        ];
        options.extend(flags.into_iter().flatten().map(str::to_owned));
        if !self.group_by.is_label() {
            options.push(value("--group-by", self.group_by.as_str()));
        }
        let renames = self.renames.iter();
        options.extend(renames.map(|rename| value("--rename", rename.as_str())));
        options
    }

    /// The options that depend on the whole run: those for which [`needs`](Selection::needs) asks.
    pub fn options_on_whole_run(&self) -> Vec<String> {
        let relative = self.bounds().filter(|(_, bound)| bound.moment.needs_run());
        let mut options: Vec<String> = relative
            .map(|(option, bound)| format!("{option} {}", bound.text))
            .collect();
        options.extend(self.trim_ramp.then(|| TRIM_RAMP.to_owned()));
        options
    }

    fn bounds(&self) -> impl Iterator<Item = (&'static str, &Bound)> {
        let from = self.from.iter().map(|from| ("--from", from));
        from.chain(self.to.iter().map(|to| ("--to", to)))
    }

    /// Splits it into the choice of a time and all other choices.
    pub fn split_times(&self) -> (Selection, Selection) {
        let times = Selection {
            from: self.from.clone(),
            to: self.to.clone(),
            trim_ramp: self.trim_ramp,
            ..Selection::default()
        };
        let rest = Selection {
            from: None,
            to: None,
            trim_ramp: false,
            ..self.clone()
        };
        (times, rest)
    }

    /// The columns that it needs beside the usual ones.
    pub fn columns(&self) -> ColumnOptions {
        let controllers = self.controllers.option();
        let controllers = controllers.map(|option| ("responseMessage", option.to_owned()));
        let group = self.group_by.column();
        let group = group.map(|name| (name, format!("--group-by {}", self.group_by.as_str())));
        let required = controllers.into_iter().chain(group);
        ColumnOptions {
            group: self.group_by.extra_column().map(str::to_owned),
            required: required
                .map(|(column, option)| (column.to_owned(), option))
                .collect(),
        }
    }

    /// Whether rows must be read in the order of the file, by one thread.
    pub fn needs_order(&self) -> bool {
        self.sub_results != SubResults::Include
    }

    /// What must be known of the run.
    pub fn needs(&self) -> Needs {
        let mut bounds = self.bounds();
        Needs {
            run: self.trim_ramp || bounds.any(|(_, bound)| bound.moment.needs_run()),
            threads: self.trim_ramp,
        }
    }

    /// Decides what counts in the run that was surveyed. Times of day are local to `zone`.
    ///
    /// # Errors
    ///
    /// When this run has no such samples to select.
    pub fn settle(&self, survey: &Survey, zone: &TimeZone) -> Result<Choice, Unselectable> {
        let mut notes = Vec::new();
        let mut rows = self.time_filters(survey, zone, &mut notes)?;
        if self.trim_ramp && !survey.is_empty() {
            let plateau = plateau(survey)?;
            notes.push(describe(plateau, survey));
            rows.push(Filter::new(
                TRIM_RAMP,
                RowTest::Within(plateau.start, plateau.end),
            ));
        }
        if let Some(option) = self.controllers.option() {
            let is_controller = self.controllers == Controllers::Only;
            rows.push(Filter::new(option, RowTest::IsController(is_controller)));
        }
        if let Some(success) = self.only_success {
            rows.push(Filter::new(only(success), RowTest::Succeeded(success)));
        }
        let mut labels = Vec::new();
        if !self.include.is_empty() {
            let options: Vec<String> = self
                .include
                .iter()
                .map(|regex| format!("--include {regex}"))
                .collect();
            labels.push(Filter::new(
                options.join(" "),
                LabelTest::MatchesAny(self.include.clone()),
            ));
        }
        for regex in &self.exclude {
            labels.push(Filter::new(
                format!("--exclude {regex}"),
                LabelTest::MatchesNot(regex.clone()),
            ));
        }
        Ok(Choice {
            rows,
            sub_results: self.sub_results,
            labels,
            group_by: self.group_by.clone(),
            renames: self.renames.clone(),
            notes,
            ..Choice::default()
        })
    }

    fn time_filters(
        &self,
        survey: &Survey,
        zone: &TimeZone,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Filter<RowTest>>, Unselectable> {
        let settle = |bound: &Option<Bound>| {
            let bound = bound.clone()?;
            let ms = match bound.moment {
                Moment::At(ms) => ms,
                _ if survey.is_empty() => return None,
                moment => moment.in_run(survey.start, survey.end, zone),
            };
            Some((bound, ms))
        };
        let (from, to) = (settle(&self.from), settle(&self.to));
        if let (Some((from, from_ms)), Some((to, to_ms))) = (&from, &to)
            && from_ms >= to_ms
        {
            return Err(Unselectable::EmptyRange {
                from: from.text.clone(),
                from_ms: *from_ms,
                to: to.text.clone(),
                to_ms: *to_ms,
            });
        }
        let mut filters = Vec::new();
        if let Some((bound, ms)) = from {
            let option = format!("--from {}", bound.text);
            notes.push(format!(
                "{option}: counts only samples that start at {} or later.",
                format::utc_ms(ms)
            ));
            filters.push(Filter::new(option, RowTest::From(ms)));
        }
        if let Some((bound, ms)) = to {
            let option = format!("--to {}", bound.text);
            notes.push(format!(
                "{option}: counts only samples that start before {}.",
                format::utc_ms(ms)
            ));
            filters.push(Filter::new(option, RowTest::To(ms)));
        }
        Ok(filters)
    }
}

/// The plateau of a run, if it is long enough.
fn plateau(survey: &Survey) -> Result<Plateau, Unselectable> {
    let plateau = survey.threads.plateau().map_err(Unselectable::NoPlateau)?;
    let (length_ms, run_ms) = (length_ms(plateau), survey.end.saturating_sub(survey.start));
    match length_ms >= MIN_PLATEAU_MS && length_ms >= run_ms / MIN_PLATEAU_SHARE {
        true => Ok(plateau),
        false => Err(Unselectable::ShortPlateau {
            threads: plateau.threads,
            length_ms,
            run_ms,
        }),
    }
}

fn length_ms(plateau: Plateau) -> i64 {
    plateau.end.saturating_sub(plateau.start)
}

fn describe(plateau: Plateau, survey: &Survey) -> String {
    format!(
        "--trim-ramp: counts only samples that start from {}, when the last of {} was up, until \
         {}, when the first left: {} of {} (by allThreads at the end of each sample).",
        format::utc_ms(plateau.start),
        format::counted(plateau.threads, "thread"),
        format::utc_ms(plateau.end),
        format::duration(length_ms(plateau)),
        format::duration(survey.end.saturating_sub(survey.start)),
    )
}
