//! XML results as JMeter and others write them.

use std::fmt::Write;
use std::io::Cursor;

use crate::common::xml::{END, START, Trickle, counts, document, fixture, read, read_from, sample};
use crate::common::{HEADER, Perfkit, five_samples};
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, ReadOptions, Sample, Sink};
use proptest::prelude::*;

#[test]
fn xml_is_detected_by_content_and_merges_with_csv() {
    let perfkit = Perfkit::new();
    let text = five_samples();
    let expected = perfkit.table(&text);
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n\
        <sample t=\"200\" ts=\"1700000000100\" s=\"true\" lb=\"A\" by=\"1024\" sby=\"512\"/>\n\
        <httpSample t=\"300\" ts=\"1700000000200\" s=\"true\" lb=\"A\" by=\"1024\" sby=\"512\">\n\
        \x20 <sample t=\"1\"/>\n</httpSample>\n\
        <sample t=\"500\" ts=\"1700000000500\" s=\"false\" lb=\"B\" by=\"1024\" sby=\"512\"/>\n";
    let rows: Vec<&str> = text.lines().skip(1).collect();
    perfkit.write("1.jtl", format!("{HEADER}{}\n", rows[..2].join("\n")));
    let arguments = [
        "analyze",
        "1.jtl",
        "2.jtl",
        "--format",
        "csv",
        "--no-report",
    ];
    perfkit.write("2.jtl", format!("{xml}</testResults>\n"));
    let (printed, said) = perfkit.run(&arguments);
    assert_eq!(printed, expected);
    assert!(
        said.contains("2.jtl: perfkit leaves out 1 sub-result, as JMeter does"),
        "{said}"
    );
    assert!(
        !said.contains("header") && !said.contains("does not end"),
        "{said}"
    );
    // Compressed and not yet closed, because JMeter is still writing.
    perfkit.write("2.jtl", zstd::encode_all(xml.as_bytes(), 3).unwrap());
    let (printed, said) = perfkit.run(&arguments);
    assert_eq!(printed, expected);
    assert!(
        said.contains("2.jtl does not end with </testResults>"),
        "{said}"
    );
    assert!(said.contains("5 rows read: 5 counted"), "{said}");
    // The order of XML and CSV does not matter.
    let (printed, _) = perfkit.run(&[
        "analyze",
        "2.jtl",
        "1.jtl",
        "--format",
        "csv",
        "--no-report",
    ]);
    assert_eq!(printed, expected);
}

#[test]
fn rows_of_xml_are_accounted_for() {
    let perfkit = Perfkit::new();
    let row = "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"A\"/>\n";
    let bad = row.replace("\"5\"", "\"x\"");
    perfkit.write(
        "damaged.xml",
        format!("<testResults>\n{row}{bad}{bad}{row}<sample t="),
    );
    let (_, said) = perfkit.run(&["analyze", "damaged.xml", "--no-report", "--platform", "x"]);
    insta::assert_snapshot!(said, @r#"
    perfkit: note: damaged.xml does not end with </testResults>: JMeter is still writing or was stopped; the figures cover what could be read.
    perfkit: note: 2 samples are too few to trust p90 to p99 (p99 needs 299).
    perfkit: 5 rows read: 2 counted, 0 filtered out, 3 rejected
    perfkit: warning: 2 rejected: t (elapsed) is not a whole number in range; first at damaged.xml:3: "x"
    perfkit: warning: 1 rejected: the file ends within the row; first at damaged.xml:6: "<sample t="
    "#);
    assert_eq!(
        perfkit.fail(&["analyze", "damaged.xml", "--no-report", "--strict"]),
        "perfkit: error: damaged.xml:3, column t: t (elapsed) is not a whole number in range (--strict): \"x\""
    );
}

#[test]
fn tokens_do_not_depend_on_chunking() {
    for name in ["controllers.xml", "errors.xml"] {
        let bytes = fixture(name);
        // More than layout detection reads.
        let bytes = bytes.repeat(3);
        let whole = read(bytes.clone());
        let trickled = read_from(Trickle(Cursor::new(bytes), 0)).unwrap();
        assert_eq!(trickled.sinks[0].0, whole.sinks[0].0);
        assert_eq!(trickled.inputs, whole.inputs);
        assert_eq!(whole.inputs[0].summary.xml.as_ref().unwrap().documents, 3);
    }
}

#[test]
fn entities_and_cdata_are_decoded() {
    let text = document(
        "<sample t='5' ts=\"1\" s=\"true\" lb=\"a &lt;&#x41;&gt; &#x1;\tb\n&#xa;c\" rm='\"' tn='null'>\
         <assertionResult><name>n</name><failureMessage>x &amp; <![CDATA[<y> &amp; ]]>z\r\n</failureMessage>\
         </assertionResult><assertionResult><failureMessage>second</failureMessage></assertionResult>\
         <sample><assertionResult><failureMessage>inner</failureMessage></assertionResult></sample>\
         <java.net.URL>http://h/?a=1&amp;b=2</java.net.URL></sample>\n",
    );
    struct Check(bool);
    impl Sink for Check {
        fn record(&mut self, sample: &Sample<'_>) {
            assert_eq!(sample.label, b"a <A> \x01 b \nc");
            assert_eq!(sample.response_message, b"\"");
            assert_eq!(sample.failure_message, b"x & <y> &amp; z\n");
            assert_eq!(sample.url, b"http://h/?a=1&b=2");
            assert_eq!(sample.thread_name, b"");
            self.0 = true;
        }
    }
    let input = Input {
        name: "x".to_owned(),
        reader: Box::new(Cursor::new(text)),
        size: None,
    };
    let outcome = jtl::read(vec![input], &ReadOptions::default(), &|_| {}, || {
        Check(false)
    });
    assert!(outcome.unwrap().sinks.iter().any(|sink| sink.0));
}

#[test]
fn unusual_prologs_and_roots_are_accepted() {
    let row = sample("a");
    for text in [
        format!("<?xml version=\"1.1\"?><testResults>{row}</testResults>"),
        format!("\u{FEFF}{START}{row}{END}"),
        format!("\n\n  {START}{row}{END}"),
        format!("<testResults version=\"1.2\">{row}"),
        row.clone(),
        format!("<?xml-stylesheet type=\"text/xsl\" href=\"x\"?>{START}{row}{END}"),
        document(&row).replace('\n', "\r\n"),
        document(&row).replace('\n', ""),
    ] {
        let (counted, rejected) = counts(text.as_str());
        assert_eq!((counted, rejected), (1, vec![]), "{text}");
    }
}

#[derive(Debug, Clone)]
struct Generated {
    numbers: [i64; 9],
    texts: [Vec<u8>; 6],
    success: bool,
}

fn generated() -> impl Strategy<Value = Generated> {
    let text = prop_oneof![
        "[a-z<>&\"', \\n\\t\\r;]{0,12}".prop_map(String::into_bytes),
        "\\PC{0,8}".prop_map(String::into_bytes),
        prop::collection::vec(prop_oneof![Just(b'x'), Just(0xFF), Just(0xC3)], 0..4),
    ];
    // White space alone and the word null read differently in a CSV file.
    let text = text.prop_filter("null", |text| text != b"null");
    let number = prop_oneof![0..2_000_i64, Just(-1)];
    (
        prop::array::uniform9(number),
        prop::array::uniform6(text),
        any::<bool>(),
    )
        .prop_map(|(numbers, texts, success)| Generated {
            numbers,
            texts,
            success,
        })
}

/// As JMeter writes it.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in text {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'\r' => out.extend_from_slice(b"&#xd;"),
            b'\t' => out.extend_from_slice(b"&#x9;"),
            b'\n' => out.extend_from_slice(b"&#xa;"),
            other => out.push(other),
        }
    }
    out
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        if byte == b'"' {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}

fn as_xml(samples: &[Generated]) -> Vec<u8> {
    let mut out = START.as_bytes().to_vec();
    for Generated {
        numbers: n,
        texts,
        success,
    } in samples
    {
        let [label, code, message, thread, failure, url] =
            texts.each_ref().map(|text| escaped(text));
        let mut numbers = String::new();
        write!(
            numbers,
            "<httpSample t=\"{}\" it=\"{}\" lt=\"{}\" ct=\"{}\" ts=\"{}\" s=\"{success}\" by=\"{}\" sby=\"{}\" ng=\"{}\" na=\"{}\"",
            n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]
        )
        .unwrap();
        for piece in [
            numbers.as_bytes(), b" lb=\"", &label, b"\" rc=\"", &code, b"\" rm=\"", &message, b"\" tn=\"", &thread,
            b"\" dt=\"\" variable=\"x\">\n  <assertionResult>\n    <name>x</name>\n    <failureMessage>", &failure,
            b"</failureMessage>\n  </assertionResult>\n  <httpSample t=\"1\"/>\n  <java.net.URL>", &url,
            b"</java.net.URL>\n</httpSample>\n",
        ] {
            out.extend_from_slice(piece);
        }
    }
    out.extend_from_slice(END.as_bytes());
    out
}

fn as_csv(samples: &[Generated]) -> Vec<u8> {
    let mut out = HEADER.as_bytes().to_vec();
    for Generated {
        numbers: n,
        texts,
        success,
    } in samples
    {
        let [label, code, message, thread, failure, url] =
            texts.each_ref().map(|text| quoted(text));
        let number = |at: usize| n[at].to_string().into_bytes();
        let fields = [
            number(4),
            number(0),
            label,
            code,
            message,
            thread,
            b"".to_vec(),
            success.to_string().into_bytes(),
            failure,
            number(5),
            number(6),
            number(7),
            number(8),
            url,
            number(2),
            number(1),
            number(3),
        ];
        out.extend_from_slice(&fields.join(&b','));
        out.push(b'\n');
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn xml_and_csv_of_the_same_samples(samples in prop::collection::vec(generated(), 1..20)) {
        let xml = read(as_xml(&samples));
        let csv = read(as_csv(&samples));
        prop_assert_eq!(xml.sinks[0].texts(), csv.sinks[0].texts());
        prop_assert_eq!((xml.rows_read, xml.rejected()), (samples.len() as u64, 0));
        let nested = xml.inputs[0].summary.xml.as_ref().unwrap().nested_samples;
        prop_assert_eq!(nested, samples.len() as u64);
    }
}

/// A sample with a URL, with this text between the start tag and the URL's element.
fn with_url(before: &str, attributes: &str, url: &str) -> String {
    format!(
        "<httpSample t=\"5\" ts=\"1700000000000\"{attributes}>{before}<java.net.URL>{url}</java.net.URL>\n</httpSample>\n"
    )
}

proptest! {
    #[test]
    fn the_layout_of_jmeter_reads_like_any_other(rows in prop::collection::vec((
        "( s=\"true\"| s='false')?( lb=\"[a-z&;]{0,9}\")?( rc=\"200\")?( lb=\"x\")?",
        prop_oneof![4 => "[a-z/?=]{0,20}", 1 => "[a-z&;\r\n<>]{0,12}", 1 => Just("<![CDATA[x]]>".to_owned())],
    ), 1..12)) {
        let text = |before: &str| {
            let rows = rows.iter().map(|(attributes, url)| with_url(before, attributes, url));
            document(&rows.collect::<String>())
        };
        let (usual, other) = (read(text("\n  ")), read(text(" \n  ")));
        prop_assert_eq!(usual.sinks[0].texts(), other.sinks[0].texts());
        prop_assert_eq!(usual.rejections, other.rejections);
    }
}
