//! What the sentence of every insight and caveat keeps to.

use perfkit::report::Report;
use std::sync::LazyLock;

use regex::Regex;

/// Most words in a sentence; a quoted name counts as one.
const MAX_WORDS: usize = 25;

static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new("“[^”]*”").unwrap());

/// A moment or a period, with dates in runs longer than a day.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    let clock = r"\d\d:\d\d(:\d\d)?";
    Regex::new(&format!(r"{clock}(( to \d{{4}}-\d\d-\d\d |–){clock})?")).unwrap()
});

/// Panics unless this is one plain sentence: at most 25 words, at most one moment, and no option.
pub fn plain_sentence(sentence: &str) {
    let unquoted = QUOTED.replace_all(sentence, "“”");
    let words = unquoted.split_whitespace().count();
    assert!(words <= MAX_WORDS, "{words} words: {sentence}");
    assert!(unquoted.ends_with('.'), "no full stop: {sentence}");
    assert!(!unquoted.contains(". "), "several sentences: {sentence}");
    assert!(!unquoted.contains("--"), "an option: {sentence}");
    let clocks = CLOCK.find_iter(&unquoted).count();
    assert!(clocks <= 1, "{clocks} moments: {sentence}");
}

/// The report, after the checks on the sentences of its insights and caveats.
pub fn plain_sentences(report: Report) -> Report {
    let insights = report.insights.iter().map(|insight| &insight.sentence);
    let caveats = report.caveats.iter().map(|caveat| &caveat.sentence);
    insights
        .chain(caveats)
        .for_each(|sentence| plain_sentence(sentence));
    report
}
