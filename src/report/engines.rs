//! Names of load generators, and inputs that are pieces of one.

use std::collections::HashMap;

use crate::jtl::InputRead;
use crate::stats::Timeline;
use crate::text;

/// Inputs that a note names one by one.
const MAX_NAMES: usize = 3;

/// Names an engine by its keys: as its rows do, or by the inputs that they came from, in the order of
/// time.
pub(super) fn name<'a>(keys: impl IntoIterator<Item = &'a [u8]>, inputs: &[InputRead]) -> String {
    let keys = keys.into_iter();
    let names: Vec<String> = keys.map(|key| name_of(key, inputs)).collect();
    match &names[..] {
        [] => String::new(),
        [name] => name.clone(),
        [first, .., last] => format!("{first} to {last}"),
    }
}

fn name_of(key: &[u8], inputs: &[InputRead]) -> String {
    let input = match key {
        [0] => Some(0),
        [0, number @ ..] => text::of(number).parse::<usize>().ok(),
        _ => None,
    };
    match input.map(|number| (number, inputs.get(number))) {
        Some((number, Some(input))) => {
            let name = &input.summary.name;
            // On several machines, results often have the same name.
            let mut same = inputs.iter().filter(|other| other.summary.name == *name);
            match same.nth(1) {
                Some(_) => format!("{name} (input {})", number + 1),
                None => name.clone(),
            }
        }
        Some((_, None)) => String::new(),
        None => text::of(key).into_owned(),
    }
}

/// The engines of a run, each by the keys of its inputs in the order of time. Only those with several.
fn in_pieces(timeline: &Timeline) -> Vec<Vec<&[u8]>> {
    let (Some(names), Some(chains)) = (timeline.engines(), timeline.engine_chains()) else {
        return Vec::new();
    };
    let several = chains.into_iter().filter(|chain| chain.len() > 1);
    several
        .map(|chain| chain.iter().map(|&number| names[number]).collect())
        .collect()
}

/// For the key of each piece, the keys of all pieces of its engine.
pub(super) fn pieces(timeline: &Timeline) -> HashMap<&[u8], Vec<&[u8]>> {
    let engines = in_pieces(timeline).into_iter();
    engines
        .flat_map(|keys| keys.clone().into_iter().map(move |key| (key, keys.clone())))
        .collect()
}

/// Says which inputs were taken as pieces of one engine's results.
pub(super) fn notes(timeline: &Timeline, inputs: &[InputRead]) -> Vec<String> {
    let engines = in_pieces(timeline).into_iter();
    engines
        .map(|keys| {
            let names = || keys.iter().map(|key| name_of(key, inputs));
            let listed = match keys.len() {
                2..=MAX_NAMES => listed(&names().collect::<Vec<_>>()),
                count => format!("{} ({count} inputs)", name(keys.iter().copied(), inputs)),
            };
            format!(
                "{listed} follow one another in time: they are taken as pieces of one load generator's \
                 results, so their active threads are not added up."
            )
        })
        .collect()
}

/// `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
