//! The criteria as JUnit XML for CI servers: one test case per criterion and label.
//!
//! JUnit XML has no single schema. The output is valid against those of Ant's JUnit task, the
//! strictest in common use, and of Jenkins' xUnit plugin.

use std::fmt::Write;

use super::criteria::line;
use super::text;
use crate::report::{CriterionResult, Report};
use crate::units::MS_PER_SECOND;

/// Stands for noncharacters, which XML 1.0 cannot hold, even escaped.
const REPLACEMENT: char = '\u{FFFD}';

/// Renders the document, ending with a line feed.
pub fn render(report: &Report) -> String {
    let criteria = &report.criteria;
    let failures = criteria.iter().filter(|result| result.is_failed).count();
    let errors = criteria.iter().filter(|result| result.is_undecided).count();
    let start_ms = report.window.map_or(0, |window| window.start_ms);
    let duration_ms = report.window.map_or(0, |window| window.duration_ms());
    // Criteria take no time of their own: each gets the run's.
    let time = format!("{:.3}", duration_ms as f64 / MS_PER_SECOND);
    let name = match report.title.as_deref().map(str::trim) {
        None | Some("") => "perfkit",
        Some(title) => title,
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite id=\"0\" name=\"{}\" \
         package=\"perfkit\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" failures=\"{failures}\" \
         errors=\"{errors}\" time=\"{time}\">\n{}",
        escape(name),
        timestamp(start_ms),
        criteria.len(),
        properties(report),
    );
    for result in criteria {
        xml.push_str(&test_case(result, &time));
    }
    let lines: Vec<String> = criteria.iter().map(|result| line(result) + "\n").collect();
    let _ = writeln!(
        xml,
        "    <system-out>{}</system-out>",
        by_line(&lines.concat())
    );
    xml.push_str("    <system-err/>\n  </testsuite>\n</testsuites>\n");
    xml
}

/// The account of every row, and what chose the samples that count, for readers that show properties.
fn properties(report: &Report) -> String {
    let accounting = &report.accounting;
    let rows = [
        ("rows_read", accounting.rows_read),
        ("rows_counted", accounting.counted),
        ("rows_repaired", accounting.repaired),
        ("rows_filtered", accounting.filtered),
        ("rows_rejected", accounting.rejected),
    ];
    let rows = rows.into_iter().filter(|_| accounting.rows_read > 0);
    let rows = rows.map(|(name, rows)| (name, rows.to_string()));
    let options = [
        ("selection", report.options.selection.join(" ")),
        (
            "configured",
            report.options.configured.clone().unwrap_or_default(),
        ),
    ];
    let options = options.into_iter().filter(|(_, value)| !value.is_empty());
    let properties = rows.chain(options).map(|(name, value)| {
        format!(
            "      <property name=\"{name}\" value=\"{}\"/>\n",
            escape(&value)
        )
    });
    match properties.collect::<String>() {
        empty if empty.is_empty() => "    <properties/>\n".to_owned(),
        properties => format!("    <properties>\n{properties}    </properties>\n"),
    }
}

fn test_case(result: &CriterionResult, time: &str) -> String {
    let mut case = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{time}\"",
        escape(&result.text),
        escape(&result.label)
    );
    let element = match (result.is_failed, result.is_undecided) {
        (true, _) => "failure",
        (false, true) => "error",
        (false, false) => {
            case.push_str("/>\n");
            return case;
        }
    };
    let words = result.in_words();
    let content = escape(&format!("{}: {}: {words}", result.label, result.text));
    let _ = writeln!(
        case,
        ">\n      <{element} type=\"criterion\" message=\"{}\">{content}</{element}>\n    </testcase>",
        escape(&words),
    );
    case
}

/// Formats a time in UTC without a zone, as the schema requires; the epoch if no calendar has it.
fn timestamp(epoch_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(epoch_ms.max(0)).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Escapes text for content that keeps its lines.
fn by_line(lines: &str) -> String {
    let lines: Vec<String> = lines.split('\n').map(escape).collect();
    lines.join("\n")
}

/// Escapes text for attributes and content.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (letter, is_hidden) in text::letters(text) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // Bare in an attribute, they are read as spaces.
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
            '\u{FFFE}' | '\u{FFFF}' => escaped.push(REPLACEMENT),
            // XML cannot hold some of them, even escaped.
            _ if is_hidden => text::push_sign(&mut escaped, letter),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::events::{BytesStart, Event};

    use super::*;
    use crate::analysed::Analysed;
    use crate::report::{Presentation, Window};

    fn report(criteria: Vec<CriterionResult>) -> Report {
        Report {
            title: Some("Shop & <Co>".to_owned()),
            window: Some(Window {
                start_ms: 1_700_000_000_000,
                end_ms: 1_700_000_001_250,
            }),
            criteria,
            ..Report::new(&Analysed::default(), Presentation::default()).unwrap()
        }
    }

    fn result(text: &str, label: &str, is_failed: bool) -> CriterionResult {
        CriterionResult {
            text: text.to_owned(),
            label: label.to_owned(),
            found: None,
            is_failed,
            message: "found 500 ms".to_owned(),
            ..CriterionResult::default()
        }
    }

    #[test]
    fn each_criterion_is_a_case() {
        let report = report(vec![
            result("p95 > 400ms", "TOTAL", true),
            result("\"A\": count < 3", "\"A\"", false),
        ]);
        insta::assert_snapshot!(render(&report));
    }

    /// The attributes' values as a reader has them.
    fn attributes(element: &BytesStart) -> Vec<(String, String)> {
        let attributes = element.attributes().map(Result::unwrap);
        attributes
            .map(|attribute| {
                let key = attribute.key.as_ref().to_owned();
                let value = quick_xml::escape::unescape(&attribute.value).unwrap();
                (key, value.into_owned())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn any_label_comes_back_out_of_well_formed_xml(
            label in "[\\x00-\\x7f\u{80}-\u{10FFFF}]{0,12}",
            is_failed: bool,
        ) {
            let text = format!("{label}: p95 > 1s");
            let xml = render(&report(vec![result(&text, &label, is_failed)]));
            let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
            prop_assert!(xml.chars().all(is_legal));
            let legal = |text: &str| -> String {
                let mut legal = String::new();
                for (c, is_hidden) in text::letters(text) {
                    match c {
                        '\t' | '\n' | '\r' => legal.push(c),
                        _ if is_hidden => text::push_sign(&mut legal, c),
                        _ => legal.push(if is_legal(c) { c } else { REPLACEMENT }),
                    }
                }
                legal
            };
            let mut reader = quick_xml::Reader::from_str(&xml);
            let mut cases = Vec::new();
            let mut failures = 0;
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                        "testcase" => cases.push(attributes(&element)),
                        "failure" => failures += 1,
                        _ => {}
                    },
                    Event::Eof => break,
                    _ => {}
                }
            }
            let pair = |key: &str, value: String| (key.to_owned(), value);
            prop_assert_eq!(cases, [vec![
                pair("name", legal(&text)),
                pair("classname", legal(&label)),
                pair("time", "1.250".to_owned()),
            ]]);
            prop_assert_eq!(failures, i32::from(is_failed));
        }
    }
}
