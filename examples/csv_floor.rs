//! The floor for benchmarks: the csv crate reads the fields of JMeter's aggregate table on one thread
//! and sums them up, `csv_floor RESULTS`.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;

use csv::{ByteRecord, ReaderBuilder};

/// The sums of a label.
#[derive(Default)]
struct Sums {
    samples: u64,
    errors: u64,
    elapsed: i64,
    bytes: i64,
    sent_bytes: i64,
    end: i64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("name a results file with JMeter's default columns")?;
    let mut reader = ReaderBuilder::new()
        .buffer_capacity(256 << 10)
        .from_reader(File::open(path)?);
    let mut labels: HashMap<Vec<u8>, Sums> = HashMap::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        let number = |column: usize| number(&record[column]);
        let label = &record[2];
        if !labels.contains_key(label) {
            labels.insert(label.to_vec(), Sums::default());
        }
        if let Some(sums) = labels.get_mut(label) {
            sums.samples += 1;
            sums.errors += u64::from(&record[7] != b"true");
            sums.elapsed += number(1);
            sums.bytes += number(9);
            sums.sent_bytes += number(10);
            sums.end = sums.end.max(number(0) + number(1));
        }
    }
    for (label, sums) in &labels {
        println!(
            "{}: {} samples, {} errors, {} ms, {} and {} bytes, until {}",
            String::from_utf8_lossy(label),
            sums.samples,
            sums.errors,
            sums.elapsed,
            sums.bytes,
            sums.sent_bytes,
            sums.end
        );
    }
    Ok(())
}

/// Parses digits without checking them.
fn number(digits: &[u8]) -> i64 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit & 15))
}
