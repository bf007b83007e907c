//! Choosing what counts: arguments to a settled choice, with a first pass over the inputs where it
//! depends on the whole run.

use jiff::tz::TimeZone;

use crate::cli::{self, SelectionArgs};
use crate::error::{Error, Result};
use crate::jtl::Outcome;
use crate::report::Filtered;
use crate::select::{
    self, Bound, Choice, Controllers, GroupBy, LabelSet, Moment, Needs, Rename, Selected,
    Selection, Survey,
};

/// The selection that the arguments ask for. Times without a zone are local to `zone`.
///
/// # Errors
///
/// When an argument's value does not make sense; the message names the argument.
pub fn parse(args: &SelectionArgs, zone: &TimeZone) -> Result<Selection> {
    fn named<E: std::fmt::Display>(option: &str) -> impl Fn(E) -> Error {
        move |why| Error::Usage(format!("{option}: {why}"))
    }
    let bound = |option: &'static str, text: &Option<String>| -> Result<Option<Bound>> {
        let Some(text) = text else { return Ok(None) };
        Ok(Some(Bound {
            text: text.clone(),
            moment: Moment::new(text, zone).map_err(named(option))?,
        }))
    };
    let regexes = |option: &'static str, patterns: &[String]| {
        let compiled = patterns.iter().map(|pattern| select::regex(pattern));
        compiled
            .collect::<Result<Vec<_>, _>>()
            .map_err(named(option))
    };
    Ok(Selection {
        from: bound("--from", &args.from)?,
        to: bound("--to", &args.to)?,
        trim_ramp: args.trim_ramp,
        controllers: match args.controllers {
            cli::Controllers::Include => Controllers::Include,
            cli::Controllers::Exclude => Controllers::Exclude,
            cli::Controllers::Only => Controllers::Only,
        },
        without_sub_results: args.sub_results == cli::SubResults::Exclude,
        only_success: match (args.only_success, args.only_errors) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        include: regexes("--include", &args.include)?,
        exclude: regexes("--exclude", &args.exclude)?,
        group_by: match &args.group_by {
            Some(text) => GroupBy::new(text).map_err(named("--group-by"))?,
            None => GroupBy::Label,
        },
        renames: args
            .rename
            .iter()
            .map(|expression| Rename::new(expression))
            .collect::<Result<_, _>>()
            .map_err(named("--rename"))?,
    })
}

/// The arguments given, as the report echoes them.
pub fn echo(args: &SelectionArgs) -> Vec<String> {
    let flag = |option: &str, is_given: bool| is_given.then(|| option.to_owned());
    let values = |option: &'static str, values: &[String]| {
        let values = values.iter();
        values
            .map(|value| format!("{option} {value}"))
            .collect::<Vec<_>>()
    };
    let one = |option: &'static str, value: &Option<String>| values(option, value.as_slice());
    let kinds = [
        match args.controllers {
            cli::Controllers::Include => None,
            cli::Controllers::Exclude => Some("--controllers exclude".to_owned()),
            cli::Controllers::Only => Some("--controllers only".to_owned()),
        },
        match args.sub_results {
            cli::SubResults::Include => None,
            cli::SubResults::Exclude => Some("--sub-results exclude".to_owned()),
        },
        flag("--only-success", args.only_success),
        flag("--only-errors", args.only_errors),
    ];
    [
        one("--from", &args.from),
        one("--to", &args.to),
        flag("--trim-ramp", args.trim_ramp).into_iter().collect(),
        values("--include", &args.include),
        values("--exclude", &args.exclude),
        kinds.into_iter().flatten().collect(),
        one("--group-by", &args.group_by),
        values("--rename", &args.rename),
    ]
    .concat()
}

/// The options among the arguments that need a first pass, for a message.
fn options_of(args: &SelectionArgs, needs: Needs) -> String {
    let echoed = echo(args);
    let is_cause = |option: &&String| match option.split(' ').next() {
        Some("--from" | "--to" | "--trim-ramp") => needs.run,
        Some("--sub-results") => needs.labels,
        _ => false,
    };
    let causes: Vec<&str> = echoed.iter().filter(is_cause).map(String::as_str).collect();
    causes.join(" and ")
}

/// Settles the selection, after a first pass over the inputs if it needs one: `survey` makes it.
///
/// # Errors
///
/// When the first pass fails, or the run does not have what the selection needs.
pub fn settle(
    args: &SelectionArgs,
    zone: &TimeZone,
    survey: impl FnOnce(Needs, &str) -> Result<Vec<Survey>>,
) -> Result<Choice> {
    let selection = parse(args, zone)?;
    let needs = selection.needs();
    let mut whole = Survey::new(needs);
    if needs.any() {
        for part in survey(needs, &options_of(args, needs))? {
            whole.merge(&part);
        }
    }
    selection.settle(&whole, zone).map_err(Error::usage)
}

/// What was read through a choice.
pub struct Chosen<S> {
    /// The samples that count.
    pub outcome: Outcome<S>,
    /// What each filter left out.
    pub filtered: Vec<Filtered>,
    /// The labels as the files have them, if others took their place.
    pub file_labels: Option<LabelSet>,
}

impl<A, B> Chosen<(A, B)> {
    /// What was read with the first sinks, and the second ones.
    pub fn split(self) -> (Chosen<A>, Vec<B>) {
        let (outcome, others) = self.outcome.split();
        let chosen = Chosen {
            outcome,
            filtered: self.filtered,
            file_labels: self.file_labels,
        };
        (chosen, others)
    }
}

impl<S> Chosen<S> {
    /// What was read without a choice.
    pub fn everything(outcome: Outcome<S>) -> Self {
        Chosen {
            outcome,
            filtered: Vec::new(),
            file_labels: None,
        }
    }

    /// What was read through `choice`.
    pub fn new(choice: &Choice, outcome: Outcome<Selected<'_, S>>) -> Self {
        let mut filtered: Vec<Filtered> = choice
            .options()
            .map(|option| Filtered {
                option: option.to_owned(),
                count: 0,
            })
            .collect();
        let mut labels = LabelSet::default();
        let mut sinks = Vec::new();
        for sink in outcome.sinks {
            let parts = sink.into_parts();
            for (filter, count) in filtered.iter_mut().zip(&parts.left_out) {
                filter.count += count;
            }
            labels.merge(&parts.labels);
            sinks.push(parts.inner);
        }
        Chosen {
            outcome: Outcome {
                sinks,
                inputs: outcome.inputs,
                rows_read: outcome.rows_read,
                rejections: outcome.rejections,
            },
            filtered,
            file_labels: choice.renames_labels().then_some(labels),
        }
    }
}
