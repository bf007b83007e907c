//! XML results that are cut, damaged or hostile, read through the library.

use std::io::{Cursor, Read, repeat};

use crate::common::xml::{
    END, START, Trickle, counts, document, read, read_from, refusal, rejections, sample,
    small_fixture,
};
use perfkit::jtl::{Fault, MAX_ROW, XmlFault};
use proptest::prelude::*;

#[test]
fn a_truncated_file_keeps_earlier_samples() {
    let text = small_fixture();
    let whole = read(text.as_str());
    let samples = whole.sinks[0].texts();
    assert!(samples.len() > 9 && whole.rejected() == 0);
    for end in START.len() - 1..text.len() {
        let outcome = read(&text[..end]);
        let cut = outcome.sinks[0].texts();
        assert_eq!(cut, samples[..cut.len()], "{end}");
        // Within a sample or its start tag, except after a lone `<`, which may begin the end tag.
        let next = whole.sinks[0].0.get(cut.len());
        let open = next.filter(|(position, _)| end > *position as usize + 1);
        let expected: Vec<_> = open
            .map(|(position, _)| {
                let line = text[..*position as usize].matches('\n').count() as u64 + 1;
                (Fault::CutShort, 1, line)
            })
            .into_iter()
            .collect();
        assert_eq!(rejections(&outcome), expected, "{end}");
        let summary = outcome.inputs[0].summary.clone();
        assert_eq!(summary.bytes, end as u64);
        assert_eq!(summary.xml.unwrap().is_closed, end >= text.len() - 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_damaged_byte_affects_only_its_row(at in any::<proptest::sample::Index>(), byte in prop_oneof![
        any::<u8>(), prop::sample::select(b"<>/!?&\"'-[] \n=s\0\xFF".to_vec())
    ]) {
        let text = small_fixture();
        let whole = read(text.as_str()).rows_read;
        let mut bytes = text.into_bytes();
        let body = START.len()..bytes.len() - END.len();
        let at = body.start + at.index(body.len());
        bytes[at] = byte;
        let outcome = read(bytes);
        // The damage may hit a line feed between two rows.
        let counted = outcome.sinks[0].0.len() as u64;
        prop_assert!(counted + 1 >= whole, "{counted} of {whole}: byte {byte:?} at {at}");
        prop_assert!(outcome.rejected() <= 1, "{:?}", outcome.rejections);
    }

    #[test]
    fn random_damage_never_panics(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40), cut in any::<prop::sample::Index>()) {
        let mut bytes = small_fixture().into_bytes();
        bytes.truncate(cut.index(bytes.len()) + 1);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(outcome) = read_from(Cursor::new(bytes)) {
            let counted = outcome.sinks[0].0.len() as u64;
            prop_assert_eq!(outcome.rows_read, counted + outcome.rejected());
        }
    }

    #[test]
    fn random_markup_never_panics(soup in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "/", "</", "/>", "<sample ", "t=\"1\" ts=\"2\" s=\"true\" lb=\"x\"", "\"", "'", "&", ";", "&#1;", "<!--", "-->",
        "<![CDATA[", "]]>", "<?xml ", "?>", "<testResults>", "</testResults>", "</sample>", "\n", "  ", "<assertionResult>",
        "<failureMessage>", "</failureMessage>", "<java.net.URL>", "\u{fc}", "x",
    ]), 0..60)) {
        let text = format!("{START}{}", soup.concat());
        let outcome = read(text.clone());
        let trickled = read_from(Trickle(Cursor::new(text.into_bytes()), 3)).unwrap();
        prop_assert_eq!(&trickled.sinks[0].0, &outcome.sinks[0].0);
        prop_assert_eq!(&trickled.rejections, &outcome.rejections);
    }
}

#[test]
fn entity_declarations_are_rejected() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE x [\n<!ENTITY a \"ha\">\n<!ENTITY b \"&a;&a;&a;\">\n]>\n\
                <testResults><sample t=\"1\" ts=\"1\" s=\"true\" lb=\"&b;\"/></testResults>\n";
    let error = refusal(bomb);
    assert!(
        error.starts_with("results.xml: line 2: the XML has a document type or entity declaration"),
        "{error}"
    );
    // An undeclared entity only damages its label.
    let (counted, rejected) = counts(document(&[sample("a"), sample("&b;")].concat()));
    assert_eq!(
        (counted, rejected),
        (1, vec![(XmlFault::Markup.into(), 1, 6)])
    );
}

#[test]
fn other_xml_is_rejected_with_a_message() {
    for (bytes, expected) in [
        (b"<html><body/></html>".to_vec(), "is a web page (HTML)"),
        (
            b"<jmeterTestPlan version=\"1.2\"/>".to_vec(),
            "is a JMeter test plan, not results",
        ),
        (
            START.replace("UTF-8", "UTF-32").into_bytes(),
            "declares the encoding UTF-32, in which perfkit cannot read it",
        ),
    ] {
        let error = refusal(bytes);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn deep_nesting_does_not_overflow() {
    const LEVELS: usize = 1_000_000;
    let open = "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"deep\">";
    let text = format!(
        "{open}{}{}</sample>\n",
        "<sample>".repeat(LEVELS),
        "</sample>".repeat(LEVELS)
    );
    assert_eq!(counts(document(&text)), (1, vec![]));
    let text = format!("{START}{open}{}", "<x>".repeat(LEVELS));
    assert_eq!(counts(text), (0, vec![(Fault::CutShort, 1, 3)]));
}

#[test]
fn oversized_samples_are_rejected_alone() {
    let long = "x".repeat(2 * MAX_ROW);
    let tag = |value: &str, end: &str| {
        format!("<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"{value}\"{end}\n")
    };
    let neighbours = |row: &str| document(&[&sample("a"), row, &sample("b")].concat());
    let rejected = vec![(Fault::TooLong, 1, 6)];
    assert_eq!(counts(neighbours(&tag(&long, "/>"))), (2, rejected.clone()));
    let with_child = tag(&long, "><a/><sample/></sample>");
    assert_eq!(counts(neighbours(&with_child)), (2, rejected.clone()));
    let url = format!(
        "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"c\"><java.net.URL>{long}</java.net.URL></sample>\n"
    );
    assert_eq!(counts(neighbours(&url)), (2, rejected.clone()));
    // A tag that long may be damaged, or cut short.
    let damaged = vec![(XmlFault::Markup.into(), 1, 6)];
    assert_eq!(counts(neighbours(&tag(&long, ""))), (2, damaged));
    let cut = format!("{START}{}{}", sample("a"), tag(&long, ""));
    assert_eq!(counts(cut), (1, rejected));
    // Endless attributes and names.
    let many: String = (0..300_000)
        .map(|number| format!(" a{number}=\"\""))
        .collect();
    let within = tag("many", &format!("{many}/>"));
    assert!(within.len() < MAX_ROW);
    assert_eq!(counts(neighbours(&within)), (3, vec![]));
    let beyond = tag("many", &format!("{many}{many}/>"));
    assert_eq!(counts(neighbours(&beyond)).0, 2);
    assert_eq!(counts(neighbours(&format!("<{long}/>\n"))).0, 2);
}

#[test]
fn response_data_of_any_length_is_skipped() {
    const LENGTH: u64 = 64 << 20;
    for (open, close) in [("", ""), ("<![CDATA[", "]]>"), ("<!--", "-->")] {
        let start =
            format!("{START}<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"a\"><responseData>{open}");
        let end = format!("{close}</responseData></sample>\n{}{END}", sample("b"));
        let reader = Cursor::new(start)
            .chain(repeat(b'x').take(LENGTH))
            .chain(Cursor::new(end));
        let outcome = read_from(reader).unwrap();
        assert_eq!((outcome.rows_read, outcome.rejected()), (2, 0), "{open}");
        assert!(outcome.inputs[0].summary.bytes > LENGTH);
    }
}

#[test]
fn damage_between_samples_is_reported_once() {
    let markup: Fault = XmlFault::Markup.into();
    let stray: Fault = XmlFault::Stray.into();
    let unclosed: Fault = XmlFault::Unclosed.into();
    for (between, expected) in [
        ("garbage\n  and <more> of </it>\n", vec![(stray, 1, 6)]),
        ("\n\n garbage\n", vec![(stray, 1, 8)]),
        ("<other t=\"1\"><sample/></other>\n", vec![(stray, 1, 6)]),
        ("</httpSample>\n", vec![(stray, 1, 6)]),
        ("<![CDATA[x]]>\n", vec![(stray, 1, 6)]),
        ("<sample t=\"5\n", vec![(markup, 1, 6)]),
        (
            "<sample t=5 ts=\"1\" s=\"true\" lb=\"x\"/>\n",
            vec![(markup, 1, 6)],
        ),
        ("< sample t=\"5\"/>\n", vec![(markup, 1, 6)]),
        (
            "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"x\">\n  <a></b>\n</sample>\n",
            vec![(markup, 1, 6)],
        ),
        (
            "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"x\">\n  <a>\n",
            vec![(unclosed, 1, 6)],
        ),
        (
            "<sample t=\"x\" ts=\"1\" s=\"true\" lb=\"x\"/>\n",
            vec![(XmlFault::Value("t").into(), 1, 6)],
        ),
        (
            "<sample ts=\"1\" s=\"true\" lb=\"x\"/>\n",
            vec![(XmlFault::Missing("t").into(), 1, 6)],
        ),
        ("<!-- <sample> -->\n<?nothing?>\n", vec![]),
    ] {
        let text = document(&[&sample("a"), between, &sample("b"), &sample("c")].concat());
        assert_eq!(counts(text), (3, expected), "{between}");
    }
}

#[test]
fn reading_resumes_without_line_breaks() {
    let row = |label: &str| sample(label).replace('\n', "");
    let damaged = row("b").replace("ts=", "ts");
    let open = row("b").replace("</httpSample>", "");
    for text in [
        document(&[row("a"), damaged.clone(), row("c"), row("d")].concat()),
        document(&[damaged, row("a"), row("c"), row("d")].concat()),
        document(
            &[
                row("a"),
                row("b").replace("lb=\"", "lb=<"),
                row("c"),
                row("d"),
            ]
            .concat(),
        ),
    ] {
        let (counted, rejected) = counts(text.as_str());
        assert_eq!((counted, rejected.len()), (3, 1), "{text}");
    }
    // Only lines and indentation show the end of a sample without an end tag.
    let text = document(&[row("a"), open, row("c")].concat());
    assert_eq!(counts(text), (1, vec![(XmlFault::Unclosed.into(), 1, 3)]));
}

#[test]
fn a_second_run_may_follow_the_end_or_a_cut() {
    let run = document(&[sample("a"), sample("b")].concat());
    let outcome = read(format!("{run}{run}"));
    assert_eq!((outcome.rows_read, outcome.rejected()), (4, 0));
    assert_eq!(outcome.inputs[0].lines, 2 * run.lines().count() as u64);
    let cut = &run[..run.find("http://").unwrap()];
    let unclosed = XmlFault::Unclosed.into();
    assert_eq!(counts(format!("{cut}{run}")), (2, vec![(unclosed, 1, 3)]));
    // A misplaced end tag: JMeter continues after it.
    assert_eq!(counts(format!("{START}{run}")), (2, vec![]));
}
