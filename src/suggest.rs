//! Suggests corrections for mistyped words.

/// Minimum Jaro similarity, from 0 to 1, of a known word to suggest it.
const MIN_SIMILARITY: f64 = 0.7;

/// Suggests the known word most similar to a mistyped one: `` (did you mean `p95`?)`` with a space
/// before it, or nothing if no known word is similar enough.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let candidates = known
        .into_iter()
        .map(|known| (strsim::jaro(&word, &known.to_lowercase()), known));
    match candidates.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((similarity, known)) if similarity >= MIN_SIMILARITY => {
            format!(" (did you mean `{known}`?)")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_word_is_suggested() {
        let known = ["throughput", "count", "connect.avg"];
        assert_eq!(
            did_you_mean("Troughput", known),
            " (did you mean `throughput`?)"
        );
        assert_eq!(did_you_mean("xyz", known), "");
        assert_eq!(did_you_mean("xyz", []), "");
    }
}
