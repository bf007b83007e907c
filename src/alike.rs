//! The word that was probably meant.

/// How alike a known word and a mistyped one are at least, from 0 to 1.
const ALIKE: f64 = 0.7;

/// A hint such as ` (did you mean "p95"?)`, with the known word most like a mistyped one in
/// backquotes; empty if none is like it.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let alike = known.into_iter().map(|known| {
        let alike = strsim::jaro(&word.to_lowercase(), &known.to_lowercase());
        (alike, known)
    });
    match alike.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((alike, known)) if alike >= ALIKE => format!(" (did you mean `{known}`?)"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_is_named() {
        let known = ["throughput", "count", "connect.avg"];
        assert_eq!(
            did_you_mean("Troughput", known),
            " (did you mean `throughput`?)"
        );
        assert_eq!(did_you_mean("xyz", known), "");
        assert_eq!(did_you_mean("xyz", []), "");
    }
}
