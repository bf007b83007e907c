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
    /// Leave out sub-results.
    pub without_sub_results: bool,
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
    /// Sub-results cannot be told apart.
    #[error(
        "--sub-results exclude: there are too many different labels to tell which are \
         sub-results of others; leave them out with --exclude REGEX"
    )]
    TooManyLabels,
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

impl Selection {
    /// What has to be known about the run.
    pub fn needs(&self) -> Needs {
        let needs_run = |bound: &Option<Bound>| {
            let moment = bound.as_ref().map(|bound| bound.moment);
            moment.is_some_and(Moment::needs_run)
        };
        Needs {
            run: needs_run(&self.from) || needs_run(&self.to) || self.trim_ramp,
            labels: self.without_sub_results,
            threads: self.trim_ramp,
        }
    }

    /// Decides what counts in the run that was surveyed. Times of day are local to `zone`.
    ///
    /// # Errors
    ///
    /// When this run has no such samples to select.
    pub fn settle(self, survey: &Survey, zone: &TimeZone) -> Result<Choice, Unselectable> {
        let mut notes = Vec::new();
        let mut rows = self.time_filters(survey, zone, &mut notes)?;
        if self.trim_ramp && !survey.is_empty() {
            let plateau = plateau(survey)?;
            notes.push(describe(plateau, survey));
            rows.push(Filter::new(
                "--trim-ramp",
                RowTest::Within(plateau.start, plateau.end),
            ));
        }
        match self.controllers {
            Controllers::Include => {}
            Controllers::Exclude => {
                rows.push(Filter::new(
                    "--controllers exclude",
                    RowTest::IsController(false),
                ));
            }
            Controllers::Only => {
                rows.push(Filter::new(
                    "--controllers only",
                    RowTest::IsController(true),
                ));
            }
        }
        match self.only_success {
            None => {}
            Some(true) => rows.push(Filter::new("--only-success", RowTest::Succeeded(true))),
            Some(false) => rows.push(Filter::new("--only-errors", RowTest::Succeeded(false))),
        }
        let mut labels = Vec::new();
        if self.without_sub_results {
            if survey.labels.is_too_large() {
                return Err(Unselectable::TooManyLabels);
            }
            let found = survey.labels.sub_results().into_iter().map(Box::from);
            labels.push(Filter::new(
                "--sub-results exclude",
                LabelTest::IsNoneOf(found.collect()),
            ));
        }
        if !self.include.is_empty() {
            let options: Vec<String> = self
                .include
                .iter()
                .map(|regex| format!("--include {regex}"))
                .collect();
            labels.push(Filter::new(
                options.join(" "),
                LabelTest::MatchesAny(self.include),
            ));
        }
        for regex in self.exclude {
            labels.push(Filter::new(
                format!("--exclude {regex}"),
                LabelTest::MatchesNot(regex),
            ));
        }
        Ok(Choice {
            rows,
            labels,
            group_by: self.group_by,
            renames: self.renames,
            notes,
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
        "--trim-ramp: counts only samples that start from {}, when the last of {} threads was up, until \
         {}, when the first left: {} of {} (by allThreads at the end of each sample).",
        format::utc_ms(plateau.start),
        plateau.threads,
        format::utc_ms(plateau.end),
        format::duration(length_ms(plateau)),
        format::duration(survey.end.saturating_sub(survey.start)),
    )
}
