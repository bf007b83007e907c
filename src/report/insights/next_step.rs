//! Fits the options of a next step to those that the analysis has already.

/// Options that choose labels by the names that the results have.
const INCLUDE: &str = "--include";

/// Returns the options to add to an analysis with this selection, such as `--from +30s`, so that it shows
/// the figures of an insight. Of an option that takes one value, the last one counts.
///
/// Labels that are grouped or renamed cannot be selected by their new names: then nothing shows the figures.
/// If labels are selected already, one more would count too; but the table has a row for each.
pub(super) fn beside(step: Vec<String>, selection: &[String]) -> Vec<String> {
    let has = |option: &str| {
        let mut given = selection.iter().map(|given| given.split(' ').next());
        given.any(|given| given == Some(option))
    };
    let takes = |option: &str| step.iter().any(|word| word == option);
    let names_original_labels = takes(INCLUDE) && (has("--group-by") || has("--rename"));
    let groups_renamed = takes("--group-by") && has("--rename");
    if names_original_labels || groups_renamed {
        return Vec::new();
    }
    if !(takes(INCLUDE) && has(INCLUDE)) {
        return step;
    }
    let mut rest = Vec::new();
    let mut words = step.into_iter();
    while let Some(word) = words.next() {
        match word == INCLUDE {
            true => drop(words.next()),
            false => rest.push(word),
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    fn beside(step: &str, selection: &[&str]) -> String {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let selection: Vec<String> = selection.iter().map(|&given| given.to_owned()).collect();
        super::beside(words(step), &selection).join(" ")
    }

    #[test]
    fn options_fit_those_that_are_given() {
        let step = "--include ^Pay$ --from 2026-11-25T07:10:00Z";
        assert_eq!(beside(step, &[]), step);
        // The last one counts.
        assert_eq!(beside(step, &["--from +30s", "--to -10s"]), step);
        assert_eq!(
            beside(step, &["--include P.* --from"]),
            "--from 2026-11-25T07:10:00Z"
        );
        assert_eq!(beside("--include ^Pay$", &["--include Pay"]), "");
        for given in ["--group-by host", "--rename s/a/b/"] {
            assert_eq!(beside(step, &[given]), "");
        }
        assert_eq!(
            beside("--group-by engine", &["--group-by host", "--include Pay"]),
            "--group-by engine"
        );
        assert_eq!(beside("--group-by engine", &["--rename s/a/b/"]), "");
    }
}
