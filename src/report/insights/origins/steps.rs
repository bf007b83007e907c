//! Options of `analyze` that show the figures of a part of the run.

use super::super::words;
use super::parts::Part;

/// Renames a URL to its host and port.
const HOST_AND_PORT: &str = r"s|^.*?://([^/?#]*@)?([^/?#]*).*$|\2|";

/// Selects exactly these labels. Names that are no valid text select nothing.
pub(super) fn labels<'a>(
    names: impl Iterator<Item = &'a String>,
    beside_controllers: bool,
) -> Vec<String> {
    let Some(steps) = names
        .map(|name| words::only(name))
        .collect::<Option<Vec<_>>>()
    else {
        return Vec::new();
    };
    let mut step = steps.concat();
    step.extend(controllers(beside_controllers));
    step
}

/// Groups samples by a part of the run.
pub(in super::super) fn group_by(
    part: Part,
    told_by_port: bool,
    beside_controllers: bool,
) -> Vec<String> {
    let key = match part {
        Part::Run => "code",
        Part::Label => "label",
        Part::Host if told_by_port => "column:URL",
        Part::Host => "host",
        Part::Engine => "engine",
        Part::ThreadGroup => "thread-group",
    };
    let mut step = vec!["--group-by".to_owned(), key.to_owned()];
    if part == Part::Host && told_by_port {
        step.extend(["--rename".to_owned(), HOST_AND_PORT.to_owned()]);
    }
    step.extend(controllers(beside_controllers));
    step
}

/// Leaves out transaction controllers, if there are any.
pub(super) fn controllers(beside: bool) -> Vec<String> {
    match beside {
        true => ["--controllers", "exclude"].map(str::to_owned).to_vec(),
        false => Vec::new(),
    }
}
