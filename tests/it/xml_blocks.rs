//! XML results read in blocks by several threads: the same as in one block by one thread.

use std::io::Cursor;

use perfkit::jtl::input::Input;
use perfkit::jtl::{self, InputRead, ReadOptions, RejectionTally, RepairTally};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::common::xml::{END, START, Samples, document, fixture, sample};

/// Larger than any document here.
const ONE_BLOCK: usize = 1 << 20;

/// Everything that was read.
#[derive(Debug, PartialEq)]
struct Read {
    samples: Vec<(u64, String)>,
    rows: u64,
    rejections: Vec<RejectionTally>,
    repairs: Vec<RepairTally>,
    inputs: Vec<InputRead>,
}

/// Reads inputs of these bytes, or returns why they are refused.
fn read(inputs: &[&[u8]], options: &ReadOptions) -> Result<Read, String> {
    let inputs = inputs.iter().map(|bytes| Input {
        name: "results.xml".to_owned(),
        reader: Box::new(Cursor::new(bytes.to_vec())),
        size: None,
    });
    let outcome = jtl::read(inputs.collect(), options, &|_| {}, Samples::default);
    let outcome = outcome.map_err(|error| error.to_string())?;
    let mut samples: Vec<_> = outcome.sinks.into_iter().flat_map(|sink| sink.0).collect();
    samples.sort();
    Ok(Read {
        samples,
        rows: outcome.rows_read,
        rejections: outcome.rejections,
        repairs: outcome.repairs,
        inputs: outcome.inputs,
    })
}

/// Reads one input in one block.
fn read_whole(bytes: &[u8]) -> Read {
    let options = ReadOptions::default().threads(1).block_size(ONE_BLOCK);
    read(&[bytes], &options).unwrap()
}

/// Text as it may be in a file: mostly plain, sometimes with references, quotes or damage.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["Fibonacci", "200", "OK", "Users 1-1", ""]).prop_map(str::to_owned),
        1 => "[a-zé' >;\n\t]{0,12}",
        1 => select(vec!["a &amp; b", "x&#xa;y", "&quot;", "&bad;", "&", "null"]).prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => (0..2_000_u32).prop_map(|number| number.to_string()),
        1 => select(vec!["", "null", "x", "-5", "99999999999999999999"]).prop_map(str::to_owned),
    ]
}

/// The attributes of a sample, in JMeter's order.
fn attributes() -> impl Strategy<Value = String> {
    let blank = prop_oneof![20 => Just(" "), 1 => select(vec!["  ", "\n ", "\t", ""])];
    let quote = prop_oneof![20 => Just('"'), 1 => Just('\'')];
    let others = prop_oneof![
        12 => Just(""),
        1 => select(vec![" sc=\"2\" ec=\"1\"", " hn='h'", " var=\"7\"", " var=\"x\"", " t=\"1\"", " rs=\"404\""]),
    ];
    let numbers = prop::array::uniform9(number());
    let texts = prop::array::uniform5(value());
    (numbers, texts, any::<bool>(), blank, quote, others).prop_map(
        |(n, texts, success, blank, quote, others)| {
            let [label, code, message, thread, kind] = texts;
            let success = success.to_string();
            let pairs = [
                ("t", &n[0]),
                ("it", &n[1]),
                ("lt", &n[2]),
                ("ct", &n[3]),
                ("ts", &n[4]),
                ("s", &success),
                ("lb", &label),
                ("rc", &code),
                ("rm", &message),
                ("tn", &thread),
                ("dt", &kind),
                ("by", &n[5]),
                ("sby", &n[6]),
                ("ng", &n[7]),
                ("na", &n[8]),
            ];
            let pairs = pairs.map(|(name, value)| format!("{blank}{name}={quote}{value}{quote}"));
            pairs.concat() + others
        },
    )
}

/// What may be within a sample besides samples.
fn child() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z0-9?]{0,8}".prop_map(|path| format!("<java.net.URL>http://h/{path}</java.net.URL>")),
        4 => select(vec![
            "<assertionResult>\n    <name>n</name>\n    <failure>false</failure>\n  </assertionResult>",
            "<assertionResult><failureMessage>not &lt;this\n or that</failureMessage></assertionResult>",
            "<responseHeader class=\"java.lang.String\"/>",
            "<responseData><![CDATA[\n<httpSample t=\"1\" ts=\"2\" s=\"true\" lb=\"no sample\"/>\n]]></responseData>",
            "<!-- \n<sample t=\"1\" ts=\"2\" s=\"true\" lb=\"no sample\"> -->",
            "<?instruction?>",
            "<var>12.5</var>",
            "text",
        ]).prop_map(str::to_owned),
        1 => (0..300_usize).prop_map(|length| {
            format!("<responseData>{}</responseData>", "lorem ".repeat(length))
        }),
    ]
}

/// A sample, maybe with others in it.
fn element() -> impl Strategy<Value = String> {
    let name = || select(vec!["httpSample", "httpSample", "sample"]);
    let break_before = || prop_oneof![20 => Just("\n  "), 1 => select(vec!["", "\n", "\r\n "])];
    let leaf = (name(), attributes()).prop_map(|(name, tag)| format!("<{name}{tag}/>"));
    leaf.prop_recursive(3, 12, 4, move |inner| {
        let child = prop_oneof![4 => child(), 1 => inner];
        let children = prop::collection::vec((break_before(), child), 0..4);
        (name(), attributes(), children).prop_map(|(name, tag, children)| {
            let inside: String = children
                .iter()
                .map(|(before, child)| format!("{before}{child}"))
                .collect();
            format!("<{name}{tag}>{inside}\n</{name}>")
        })
    })
}

/// What is between samples besides line feeds, if anything.
fn between() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        30 => Just(""),
        1 => select(vec![
            "garbage\n", "<other>\n<sample/>\n</other>\n", "<other/>", "</httpSample>\n", "& <",
            "<!-- c\n<sample > -->\n", "<![CDATA[x]]>\n", "</testResults>\n", "<testResults version=\"1.2\">\n",
            "</testResults>\n<?xml version=\"1.0\"?>\n<testResults>\n", "<testResults/>", "<!--", "<![CDATA[",
            "< sample", "\n\n", "<!DOCTYPE x>", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
        ]),
    ]
}

/// A change to the bytes of a document.
#[derive(Debug, Clone)]
enum Damage {
    Byte(Index, u8),
    Lost(Index, usize),
    Repeated(Index, Index, usize),
    Truncated(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = select(b"<>/!?&\"'-[] \n\r=s\0\xFF".to_vec());
    prop_oneof![
        (any::<Index>(), byte).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Damage::Lost(at, length)),
        (any::<Index>(), any::<Index>(), 1..300_usize)
            .prop_map(|(from, to, length)| Damage::Repeated(from, to, length)),
        any::<Index>().prop_map(Damage::Truncated),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len());
        let span = |at: usize, length: &usize| at..bytes.len().min(at + length);
        match self {
            Damage::Byte(at, byte) => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Damage::Lost(at, length) => {
                let span = span(place(at), length);
                bytes.drain(span);
            }
            Damage::Repeated(from, to, length) => {
                let (to, copy) = (place(to), bytes[span(place(from), length)].to_vec());
                bytes.splice(to..to, copy);
            }
            Damage::Truncated(at) => bytes.truncate(place(at).max(1)),
        }
    }
}

/// A file of results: indented or not, with and without a prolog, maybe damaged.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let prolog = prop_oneof![
        8 => Just(START),
        1 => select(vec!["\u{feff}<testResults>\n", "<testResults>", "\n  <!-- c -->\n<testResults>\n", ""]),
    ];
    let end = prop_oneof![4 => Just(END), 1 => Just("")];
    let indent = prop_oneof![6 => Just(""), 1 => Just("  ")];
    let line_feed = prop_oneof![20 => Just("\n"), 1 => Just("")];
    let rows = prop::collection::vec((element(), line_feed, between()), 0..40);
    // More than one file in three is whole.
    let damage = prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(damage(), 0..4)];
    (prolog, indent, rows, end, damage).prop_map(|(prolog, indent, rows, end, damage)| {
        let rows = rows.into_iter();
        let rows: String = rows
            .map(|(row, end, between)| format!("{indent}{row}{end}{between}"))
            .collect();
        let mut bytes = format!("{prolog}{rows}{end}\n").into_bytes();
        for damage in damage {
            damage.apply(&mut bytes);
            if bytes.is_empty() {
                bytes.push(b'<');
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn blocks_and_threads_make_no_difference(
        bytes in file(),
        block_size in prop_oneof![1..10_usize, 10..400_usize, 400..4_000_usize],
        threads in 1..4_usize,
        reads_nested in any::<bool>(),
        has_others in any::<bool>(),
    ) {
        let mut options = ReadOptions::default().threads(1).block_size(ONE_BLOCK);
        options.columns.nested_samples = reads_nested;
        if has_others {
            options.columns.group = Some("lb".to_owned());
            options.metrics = vec!["var=ms".parse().unwrap()];
        }
        let whole = read(&[&bytes], &options);
        let split = read(&[&bytes], &options.threads(threads).block_size(block_size));
        prop_assert_eq!(split, whole);
    }
}

#[test]
fn fixtures_are_the_same_in_blocks() {
    let text = [fixture("controllers.xml"), fixture("errors.xml")].concat();
    let whole = read_whole(&text);
    assert!(whole.samples.len() > 400 && whole.rejections.is_empty());
    for (threads, block_size) in [(1, 300), (2, 300), (3, 1_000), (2, 10_000)] {
        let options = ReadOptions::default()
            .threads(threads)
            .block_size(block_size);
        assert_eq!(
            read(&[&text], &options).unwrap(),
            whole,
            "{threads} {block_size}"
        );
    }
}

#[test]
fn text_that_looks_like_a_sample_is_no_place_to_cut() {
    let fake = sample("no sample");
    for (open, close) in [("<![CDATA[\n", "]]>"), ("<!--\n", "-->")] {
        let data = format!(
            "<responseData>{open}{}{close}</responseData>\n</httpSample>",
            fake.repeat(50)
        );
        let row = sample("a").replace("</httpSample>", &data);
        let text = document(&(sample("b").repeat(20) + &row.repeat(20)));
        let whole = read_whole(text.as_bytes());
        assert_eq!((whole.samples.len(), whole.rejections.len()), (40, 0));
        let options = ReadOptions::default().threads(3).block_size(1_500);
        assert_eq!(read(&[text.as_bytes()], &options).unwrap(), whole);
    }
}

#[test]
fn inputs_beside_xml_in_blocks_keep_their_lines() {
    let good = document(&sample("a").repeat(100));
    let bad = sample("b").replace("t=\"5\"", "t=\"x\"");
    let damaged = document(&(sample("a").repeat(100) + &bad + &sample("a").repeat(100) + &bad));
    let csv = "timeStamp,elapsed,label,success\n1700000000000,1,c,true\nx,1,c,true\n";
    let inputs = [good.as_bytes(), csv.as_bytes(), damaged.as_bytes()];
    let options = ReadOptions::default().threads(3).block_size(700);
    let found = read(&inputs, &options).unwrap();
    assert_eq!(found.samples.len(), 301);
    let places = found
        .rejections
        .iter()
        .map(|tally| (tally.count, tally.first_input, tally.first_line));
    assert_eq!(places.collect::<Vec<_>>(), [(1, 1, 3), (2, 2, 303)]);
    let lines: Vec<u64> = found.inputs.iter().map(|input| input.lines).collect();
    assert_eq!(lines, [303, 3, 609]);
}

#[test]
fn a_refusal_in_a_later_block_ends_the_reading() {
    let text = document(&(sample("a").repeat(200) + "<!DOCTYPE x>\n" + &sample("a").repeat(200)));
    for threads in [1, 4] {
        let options = ReadOptions::default().threads(threads).block_size(500);
        let refusal = read(&[text.as_bytes()], &options).unwrap_err();
        assert!(
            refusal.starts_with("results.xml: line 603: the XML has a document type"),
            "{refusal}"
        );
    }
}
