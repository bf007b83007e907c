//! What must and what may be said of a run.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// A clock time, however exact.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d\d:\d\d(:\d\d(\.\d+)?)?").unwrap());

/// Between the start and the end of a period.
static PERIOD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d\d:\d\d(:\d\d)?–\d\d:\d\d(:\d\d)?").unwrap());

/// Names in quotes: whatever is in the file may be in them.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new("“[^”]*”").unwrap());

const MAX_WORDS: usize = 25;

/// A run, and the insights expected on it.
#[derive(Clone)]
pub struct Case {
    pub name: &'static str,
    pub files: Vec<String>,
    must: Vec<Value>,
    may: Vec<&'static str>,
    never: Vec<String>,
}

impl Case {
    pub fn new(name: &'static str, file: String) -> Self {
        Case {
            name,
            files: vec![file],
            must: Vec::new(),
            may: Vec::new(),
            never: Vec::new(),
        }
    }

    /// An insight that must be said, with some of its fields. A number is expected within a range,
    /// given as `[from, to]`. Alternatives are an array. The first that must be said is ranked first.
    pub fn must(mut self, expected: Value) -> Self {
        self.must.push(expected);
        self
    }

    /// Kinds that may be said.
    pub fn may(mut self, kinds: &[&'static str]) -> Self {
        self.may.extend(kinds);
        self
    }

    /// A text that no sentence may contain.
    pub fn never(mut self, text: &str) -> Self {
        self.never.push(text.to_owned());
        self
    }

    /// What is wrong with the insights on the run.
    pub fn wrong(&self, insights: &[Value]) -> Vec<String> {
        let mut wrong = Vec::new();
        for expected in &self.must {
            if !insights.iter().any(|insight| is_any(expected, insight)) {
                wrong.push(format!("missing {expected}"));
            }
        }
        for insight in insights {
            let is_expected = self.must.iter().any(|expected| is_kind(expected, insight));
            if !is_expected && !self.may.contains(&kind(insight)) {
                wrong.push(format!("false: {insight}"));
            }
        }
        if let (Some(expected), Some(first)) = (self.must.first(), insights.first())
            && !is_kind(expected, first)
        {
            wrong.push(format!("first is {}", kind(first)));
        }
        let costs: Vec<f64> = insights
            .iter()
            .map(|insight| insight["cost"].as_f64().unwrap_or(-1.0))
            .collect();
        if !costs.is_sorted_by(|a, b| a >= b)
            || costs.iter().any(|cost| !(0.0..=1.0).contains(cost))
        {
            wrong.push(format!("costs {costs:?}"));
        }
        if costs.contains(&0.0) {
            wrong.push(format!("an insight without a cost: {costs:?}"));
        }
        wrong.extend(self.badly_worded(insights));
        wrong
    }

    /// What is wrong with the wording of insights or caveats.
    pub fn badly_worded(&self, told: &[Value]) -> Vec<String> {
        let sentences = told
            .iter()
            .map(|one| one["sentence"].as_str().unwrap_or_default());
        let faults = sentences.flat_map(|sentence| {
            let never = self
                .never
                .iter()
                .filter(|text| sentence.contains(text.as_str()));
            let never = never.map(|text| format!("says {text}"));
            let faults = wording(sentence).map(str::to_owned).chain(never);
            faults.map(move |fault| format!("{fault}: {sentence}"))
        });
        faults.collect()
    }
}

fn kind(insight: &Value) -> &str {
    insight["kind"].as_str().unwrap_or_default()
}

fn is_any(expected: &Value, insight: &Value) -> bool {
    match expected {
        Value::Array(any) => any.iter().any(|expected| is(expected, insight)),
        expected => is(expected, insight),
    }
}

/// Whether an insight has the kind that is expected.
fn is_kind(expected: &Value, insight: &Value) -> bool {
    match expected {
        Value::Array(any) => any.iter().any(|expected| is_kind(expected, insight)),
        expected => expected["kind"] == insight["kind"],
    }
}

/// Whether a value has all that is expected of it.
fn is(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::Object(expected), value) => expected
            .iter()
            .all(|(name, expected)| is(expected, value.get(name).unwrap_or(&Value::Null))),
        (Value::Array(range), Value::Number(number)) => {
            let bound = |place: usize| range[place].as_f64().unwrap();
            (bound(0)..=bound(1)).contains(&number.as_f64().unwrap())
        }
        (expected, value) => expected == value,
    }
}

/// What is wrong with the wording of a sentence.
fn wording(sentence: &str) -> impl Iterator<Item = &'static str> {
    let own = QUOTED.replace_all(sentence, "“”");
    let clocks = CLOCK.find_iter(&PERIOD.replace_all(&own, "00:00")).count();
    let words = own.split_whitespace().count();
    [
        (words > MAX_WORDS, "more than 25 words"),
        (clocks > 1, "more than one clock time"),
        (own.contains(" --") || own.starts_with("--"), "an option"),
        (!own.ends_with('.'), "no full stop"),
        (own.matches(". ").count() > 0, "more than one sentence"),
        (own.contains("NaN") || own.contains("inf "), "not a number"),
    ]
    .into_iter()
    .filter_map(|(is_so, fault)| is_so.then_some(fault))
}

#[test]
fn wording_is_judged() {
    let faults = |sentence| wording(sentence).collect::<Vec<_>>();
    let good = "22:15–22:16 UTC (1 min 44 s in): 34% of requests failed, first with “503. -- x”.";
    assert_eq!(faults(good), [""; 0]);
    assert_eq!(
        faults("From 22:15:00 to 22:16:00: use --from. Or not"),
        [
            "more than one clock time",
            "an option",
            "no full stop",
            "more than one sentence"
        ]
    );
}

#[test]
fn expectations_are_matched() {
    let insight = serde_json::json!({"kind": "drift", "start_ms": 5, "label": "A"});
    assert!(is(
        &serde_json::json!({"kind": "drift", "start_ms": [4, 6]}),
        &insight
    ));
    assert!(!is(
        &serde_json::json!({"kind": "drift", "start_ms": [6, 7]}),
        &insight
    ));
    assert!(!is(
        &serde_json::json!({"kind": "drift", "host": "A"}),
        &insight
    ));
}
