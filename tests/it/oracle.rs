//! A simple, slow reimplementation of JMeter's Aggregate Report from its definitions, compared with
//! ours byte for byte on generated results.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::common::{HEADER, Perfkit};
use proptest::prelude::*;

/// JMeter's state per label.
#[derive(Default)]
struct Label {
    counts: BTreeMap<i64, i64>,
    samples: i64,
    sum: i64,
    errors: i64,
    bytes: i64,
    sent: i64,
    starts: Vec<i64>,
    ends: Vec<i64>,
}

impl Label {
    fn add(&mut self, get: &dyn Fn(&str) -> Option<String>) {
        let number = |name: &str| get(name).map_or(0, |text| text.parse::<i64>().unwrap());
        let (start, elapsed) = (number("timeStamp"), number("elapsed"));
        let count = get("SampleCount").map_or(1, |text| text.parse().unwrap());
        self.samples += count;
        self.sum += elapsed;
        *self.counts.entry(elapsed / count.max(1)).or_default() += count;
        self.errors += match get("ErrorCount") {
            Some(errors) => errors.parse::<i64>().unwrap(),
            None => i64::from(get("success").unwrap() != "true"),
        };
        self.bytes += number("bytes");
        self.sent += number("sentBytes");
        self.starts.push(start);
        self.ends.push(start + elapsed);
    }

    /// The value of the round(n·p)th sample, p a float.
    fn line(&self, p: f64) -> i64 {
        let rank = (self.samples as f64 * p + 0.5).floor() as i64;
        let mut seen = 0;
        for (value, count) in &self.counts {
            seen += count;
            if seen >= rank {
                return *value;
            }
        }
        0
    }

    fn write(&self, label: &str, table: &mut csv::Writer<Vec<u8>>) {
        let ms = self.ends.iter().max().unwrap() - self.starts.iter().min().unwrap();
        let kb = |bytes: i64| match ms {
            0 => "0.00".to_owned(),
            _ => format!("{:.2}", bytes as f64 / (ms as f64 / 1000.0) / 1024.0),
        };
        let throughput = match ms {
            0 => String::new(),
            _ => format!("{:.5}", self.samples as f64 / ms as f64 * 1000.0),
        };
        let mut cells = vec![
            label.to_owned(),
            self.samples.to_string(),
            (self.sum / self.samples).to_string(),
        ];
        for p in [
            0.5,
            f64::from(0.9_f32),
            f64::from(0.95_f32),
            f64::from(0.99_f32),
        ] {
            cells.push(self.line(p).to_string());
        }
        cells.push((*self.counts.keys().next().unwrap()).max(0).to_string());
        cells.push(self.counts.keys().last().unwrap().to_string());
        cells.push(format!(
            "{:.3}%",
            self.errors as f64 / self.samples as f64 * 100.0
        ));
        cells.push(match throughput.strip_prefix("0.") {
            Some(fraction) => format!(".{fraction}"),
            None => throughput,
        });
        cells.extend([kb(self.bytes), kb(self.sent)]);
        table.write_record(cells).unwrap();
    }
}

fn oracle(results: &str) -> String {
    let mut reader = csv::Reader::from_reader(results.as_bytes());
    let names = reader.headers().unwrap().clone();
    let (mut order, mut labels) = (Vec::new(), BTreeMap::<String, Label>::new());
    let mut total = Label::default();
    for row in reader.records() {
        let row = row.unwrap();
        let get = |name: &str| {
            let at = names.iter().position(|n| n == name)?;
            Some(row[at].to_owned())
        };
        let label = get("label").unwrap();
        if !labels.contains_key(&label) {
            order.push(label.clone());
        }
        labels.entry(label).or_default().add(&get);
        total.add(&get);
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    table
        .write_record([
            "Label",
            "# Samples",
            "Average",
            "Median",
            "90% Line",
            "95% Line",
            "99% Line",
            "Min",
            "Max",
            "Error %",
            "Throughput",
            "Received KB/sec",
            "Sent KB/sec",
        ])
        .unwrap();
    for label in order {
        labels[&label].write(&label, &mut table);
    }
    total.write("TOTAL", &mut table);
    String::from_utf8(table.into_inner().unwrap()).unwrap()
}

/// Results with this number of rows: each size has its own seed.
fn generated(rows: u64) -> String {
    let mut text = HEADER.to_owned();
    let mut state = rows.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for row in 0..rows {
        let elapsed = match random(20) {
            0 => random(5_000),
            _ => random(40),
        };
        let label = ["Fibonacci", "IsPrime", "\"Log in, \"\"quoted\"\"\""][random(3) as usize];
        let success = random(50) > 0;
        let (code, failure) = match success {
            true => (200, ""),
            false => (500, "\"expected\nanother, line\""),
        };
        let stamp = 1_700_000_000_000 + row * 3 - random(2_000);
        let (bytes, sent) = (random(2_000), random(300));
        writeln!(
            text,
            "{stamp},{elapsed},{label},{code},OK,Users 1-{row},text,{success},{failure},{bytes},{sent},1,1,http://h/,{elapsed},0,0"
        )
        .unwrap();
    }
    text
}

#[test]
fn generated_results() {
    for rows in [1, 2, 3, 7, 100_000] {
        let results = generated(rows);
        assert_eq!(
            Perfkit::new().table(&results),
            oracle(&results),
            "{rows} rows"
        );
    }
}

/// A row with few columns, with or without SampleCount and ErrorCount.
fn rows(with_counts: bool) -> impl Strategy<Value = String> {
    let row = (
        0..100_000_i64,
        prop_oneof![8 => 0..500_i64, 1 => -20..0_i64, 1 => 0..10_000_000_i64],
        prop_oneof![Just("a"), Just("b c"), Just("\"d,\ne\""), Just("\u{fc}")],
        any::<bool>(),
        0..10_000_u32,
        0..1_000_u32,
        (1..9_u32, 0..9_u32),
    );
    proptest::collection::vec(row, 1..60).prop_map(move |rows| {
        let mut text = "timeStamp,elapsed,label,success,bytes,sentBytes".to_owned();
        text.push_str(if with_counts {
            ",SampleCount,ErrorCount\n"
        } else {
            "\n"
        });
        for (at, elapsed, label, success, bytes, sent, (count, errors)) in rows {
            let stamp = 1_700_000_000_000 + at;
            write!(text, "{stamp},{elapsed},{label},{success},{bytes},{sent}").unwrap();
            if with_counts {
                write!(text, ",{count},{}", errors.min(count)).unwrap();
            }
            text.push('\n');
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_results(results in prop_oneof![rows(false), rows(true)]) {
        // A window of negative length has no rate; JMeter prints a negative one.
        prop_assume!(oracle_windows_are_positive(&results));
        prop_assert_eq!(Perfkit::new().table(&results), oracle(&results));
    }
}

fn oracle_windows_are_positive(results: &str) -> bool {
    !oracle(results).contains(",-")
}
