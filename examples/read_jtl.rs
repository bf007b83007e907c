//! Reads JMeter results into an [`Aggregate`] and prints custom figures: by label, how much longer than
//! the median the slowest of a thousand samples takes.
//!
//!     cargo run --example read_jtl -- fixtures/standard.jtl.gz

use std::path::PathBuf;

use perfkit::analysed::Analysis;
use perfkit::error::Result;
use perfkit::percentile::{Percentile, value_at};
use perfkit::stats::Aggregate;

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (aggregate, rejected) = read(&paths)?;
    print!("{}", tails(&aggregate));
    println!("{rejected} rows could not be read");
    Ok(())
}

/// Reads results files as one run, with one thread per core: CSV or XML, plain, gzip or zstd. Also
/// returns the number of rejected rows.
pub fn read(paths: &[PathBuf]) -> Result<(Aggregate, u64)> {
    // Every sample counts, under its own label; `Analysis::selection` can choose otherwise. The
    // closure could update a progress bar.
    let analysed = Analysis::default().read(paths, &|_so_far| ())?;
    let rejected = analysed.rejected();
    Ok((analysed.aggregate, rejected))
}

/// Formats one line per label: its name, median, 99.9th percentile, and the ratio of the latter to the
/// former.
pub fn tails(aggregate: &Aggregate) -> String {
    let slowest = Percentile::new(99.9).unwrap_or(Percentile::MEDIAN);
    let mut lines = String::new();
    for label in aggregate.labels() {
        let times = label.all().distributions().elapsed();
        let (counts, samples) = (times.counts(), times.count());
        let at = |percentile| value_at(&counts, samples, percentile).unwrap_or_default();
        let (median, p999) = (at(Percentile::MEDIAN), at(slowest));
        let ratio = match median {
            1.. => format!("{:.1} times as long", p999 as f64 / median as f64),
            _ => "below what JMeter measures".to_owned(),
        };
        let name = String::from_utf8_lossy(label.name);
        lines += &format!("{name}: median {median} ms, 99.9% Line {p999} ms: {ratio}\n");
    }
    lines
}
