//! Apdex thresholds, and the labels they apply to.

use std::fmt;
use std::str::FromStr;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// The elapsed times up to which successes count as satisfied and as tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Thresholds {
    /// Successes up to this time are satisfied, ms.
    pub satisfied_ms: i64,
    /// Longer successes up to this time are tolerated, ms.
    pub tolerated_ms: i64,
}

impl Default for Thresholds {
    /// Returns JMeter's defaults: 500 and 1500 ms.
    fn default() -> Self {
        Thresholds {
            satisfied_ms: 500,
            tolerated_ms: 1500,
        }
    }
}

/// Thresholds for the labels that match a pattern, or for all other labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rule {
    /// A pattern that matches whole labels; `None` for all other labels.
    pub labels: Option<LabelPattern>,
    /// The thresholds of these labels.
    #[serde(flatten)]
    pub thresholds: Thresholds,
}

/// Returns the thresholds of the total, and of labels that match no pattern.
pub fn default_thresholds(rules: &[Rule]) -> Thresholds {
    let mut defaults = rules.iter().filter(|rule| rule.labels.is_none());
    defaults
        .next_back()
        .map(|rule| rule.thresholds)
        .unwrap_or_default()
}

/// Returns the thresholds of a label: those of the first pattern that matches it.
pub fn thresholds_of(rules: &[Rule], label: &str) -> Thresholds {
    let matches = |rule: &&Rule| {
        let labels = rule.labels.as_ref();
        labels.is_some_and(|labels| labels.matches(label))
    };
    match rules.iter().find(matches) {
        Some(rule) => rule.thresholds,
        None => default_thresholds(rules),
    }
}

/// The error of parsing text that is not a [`Rule`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRule {
    /// The part before `=` is not a regular expression.
    #[error(transparent)]
    Labels(#[from] InvalidLabelPattern),
    /// The thresholds are not two times in ascending order.
    #[error(
        "`{0}` is not a pair of thresholds: use two times in ms, the shorter first, such as 500,1500"
    )]
    Thresholds(String),
}

impl FromStr for Rule {
    type Err = InvalidRule;

    /// Parses `500,1500` or `Log in.*=300,900`.
    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let (labels, thresholds) = match text.rsplit_once('=') {
            Some((labels, thresholds)) => (Some(labels.parse()?), thresholds),
            None => (None, text),
        };
        let refusal = || InvalidRule::Thresholds(thresholds.to_owned());
        let (satisfied, tolerated) = thresholds.split_once(',').ok_or_else(refusal)?;
        let ms = |text: &str| text.trim().parse::<u32>().map_err(|_| refusal());
        let (satisfied, tolerated) = (ms(satisfied)?, ms(tolerated)?);
        if satisfied > tolerated {
            return Err(refusal());
        }
        Ok(Rule {
            labels,
            thresholds: Thresholds {
                satisfied_ms: i64::from(satisfied),
                tolerated_ms: i64::from(tolerated),
            },
        })
    }
}

/// A regular expression that matches whole labels.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct LabelPattern {
    given: String,
    whole: Regex,
}

impl LabelPattern {
    /// Whether the pattern matches all of `label`.
    pub fn matches(&self, label: &str) -> bool {
        self.whole.is_match(label)
    }
}

/// The error of parsing text that is not a regular expression.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidLabelPattern(regex::Error);

impl FromStr for LabelPattern {
    type Err = InvalidLabelPattern;

    fn from_str(text: &str) -> Result<Self, InvalidLabelPattern> {
        // Parse the text as given first: errors then quote what the user wrote.
        Regex::new(text)
            .and_then(|_| Regex::new(&format!(r"\A(?:{text})\z")))
            .map(|whole| LabelPattern {
                given: text.to_owned(),
                whole,
            })
            .map_err(InvalidLabelPattern)
    }
}

impl TryFrom<String> for LabelPattern {
    type Error = InvalidLabelPattern;

    fn try_from(text: String) -> Result<Self, InvalidLabelPattern> {
        text.parse()
    }
}

impl From<LabelPattern> for String {
    fn from(pattern: LabelPattern) -> Self {
        pattern.given
    }
}

impl PartialEq for LabelPattern {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given
    }
}

impl fmt::Display for LabelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn of(rules: &[Rule], label: &str) -> (i64, i64) {
        let thresholds = thresholds_of(rules, label);
        (thresholds.satisfied_ms, thresholds.tolerated_ms)
    }

    #[test]
    fn the_first_pattern_that_matches_all_of_a_label_decides() {
        let rules = rules(&["100,400", "Log.*=300,900", "Log in=1,2", "a=b=5,6"]);
        assert_eq!(of(&rules, "Log in"), (300, 900));
        assert_eq!(of(&rules, "The Log"), (100, 400));
        assert_eq!(of(&rules, "a=b"), (5, 6));
        assert_eq!(of(&[], "Log in"), (500, 1500));
        assert_eq!(default_thresholds(&rules).tolerated_ms, 400);
    }

    #[test]
    fn alternatives_match_whole_labels_too() {
        let rules = rules(&["a|b=1,2"]);
        assert_eq!(of(&rules, "b"), (1, 2));
        assert_eq!(of(&rules, "ab"), (500, 1500));
    }

    #[test]
    fn invalid_rules_are_refused() {
        for text in ["", "500", "1500,500", "a,b", "-1,5", "(=1,2", "x=1"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
