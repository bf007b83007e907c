//! Finds changes of level in series: reads a JSON array of numbers per line, and answers with the indices of
//! the first run at each new level.
//!
//! ```text
//! echo '[100,101,99,100,102,98,100,101,111,110,109,111]' | cargo run --release --example change_points
//! ```
//!
//! Positive values are taken as their logarithms, as `perfkit history` does with times.

use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};

use perfkit::history::detect::{Detector, Point};

fn main() -> Result<(), Box<dyn Error>> {
    let mut answers = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let values: Vec<f64> = serde_json::from_str(&line?)?;
        let is_ratio = values.iter().all(|value| *value > 0.0);
        let mut detector = Detector::default();
        for value in values {
            detector.push(Point::new(if is_ratio { value.ln() } else { value }));
        }
        writeln!(answers, "{:?}", detector.places())?;
    }
    answers.flush()?;
    Ok(())
}
