//! Shared by the tests of XML results: documents, and reading them through the library.

use std::io::{Cursor, Read};

use jiff::tz::TimeZone;
use perfkit::jtl::input::Input;
use perfkit::jtl::{self, Fault, Outcome, ReadOptions, Sample, Sink};

use super::fixtures;

pub const START: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n";
pub const END: &str = "</testResults>\n";

/// Keeps the position and text of each sample.
#[derive(Default)]
pub struct Samples(pub Vec<(u64, String)>);

impl Sink for Samples {
    fn record(&mut self, sample: &Sample<'_>) {
        let mut unplaced = *sample;
        unplaced.position = 0;
        unplaced.is_sub_result = None;
        self.0.push((sample.position, format!("{unplaced:?}")));
    }
}

impl Samples {
    pub fn texts(&self) -> Vec<&str> {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

pub fn read_from(reader: impl Read + Send + 'static) -> perfkit::error::Result<Outcome<Samples>> {
    let input = Input {
        name: "results.xml".to_owned(),
        reader: Box::new(reader),
        size: None,
    };
    let mut options = ReadOptions::default().threads(1);
    options.timestamps.zone = TimeZone::UTC;
    jtl::read(vec![input], &options, &|_| {}, Samples::default)
}

pub fn read(bytes: impl Into<Vec<u8>>) -> Outcome<Samples> {
    let outcome = read_from(Cursor::new(bytes.into())).unwrap();
    let counted = outcome.sinks[0].0.len() as u64;
    assert_eq!(outcome.rows_read, counted + outcome.rejected());
    let positions = outcome.sinks[0].0.windows(2);
    positions.for_each(|pair| assert!(pair[0].0 < pair[1].0, "{pair:?}"));
    outcome
}

pub fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    let outcome = read_from(Cursor::new(bytes.into()));
    outcome.err().unwrap().to_string()
}

/// The number of samples, and the rejections: fault, count and first line.
pub fn counts(bytes: impl Into<Vec<u8>>) -> (usize, Vec<(Fault, u64, u64)>) {
    let outcome = read(bytes);
    (outcome.sinks[0].0.len(), rejections(&outcome))
}

pub fn rejections(outcome: &Outcome<Samples>) -> Vec<(Fault, u64, u64)> {
    let tallies = outcome.rejections.iter();
    tallies
        .map(|tally| (tally.fault, tally.count, tally.first_line))
        .collect()
}

pub fn sample(label: &str) -> String {
    format!(
        "<httpSample t=\"5\" ts=\"1700000000000\" s=\"true\" lb=\"{label}\">\n  \
         <java.net.URL>http://h/</java.net.URL>\n</httpSample>\n"
    )
}

pub fn document(inside: &str) -> String {
    format!("{START}{inside}{END}")
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

/// The first lines of a fixture, with every kind of element.
pub fn small_fixture() -> String {
    let text = String::from_utf8(fixture("controllers.xml")).unwrap();
    let end = text.match_indices("</sample>\n").next().unwrap();
    let behind = &text[end.0..];
    let next = behind.match_indices("</httpSample>\n").nth(1).unwrap();
    format!(
        "{}{}</httpSample>\n{END}",
        &text[..end.0],
        &behind[..next.0]
    )
}

/// Reads a few bytes at a time.
pub struct Trickle(pub Cursor<Vec<u8>>, pub usize);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 % 7 + 1;
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}
