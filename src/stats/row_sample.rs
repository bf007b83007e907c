//! A random sample of a run's rows, to tell servers and load generators apart without counting
//! each.
//!
//! Rows are kept if the hash of their times is below a limit, which is halved whenever there are
//! too many. So the sample depends only on the rows, and parts merge in any order to the same
//! sample, bit for bit.

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};
use super::interner::Interner;
use crate::jtl::{Engine, Sample, shifted_engine};

/// Rows that are kept at most. A run with more rows keeps at least about half of this number, which
/// is enough for the medians of some hosts.
const MAX_ROWS: usize = 512;

/// Bytes of the longest host name (RFC 1035) with a port.
const MAX_HOST: usize = 261;

/// Bytes of the longest URL scheme with its colon.
const MAX_SCHEME: usize = 16;

/// A sample of rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowSample {
    rows: Vec<Row>,
    /// Rows are kept if their hash is below this limit.
    limit: u64,
    hosts: Interner,
    engines: Interner,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Row {
    hash: u64,
    elapsed: i64,
    label: u32,
    host: u32,
    engine: u32,
}

/// A row of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledRow<'a> {
    /// Elapsed, ms.
    pub elapsed: i64,
    /// Number of its label.
    pub label: usize,
    /// Host and port of its URL; empty without a URL.
    pub host: &'a [u8],
    /// Key of the engine that wrote it.
    pub engine: &'a [u8],
}

impl Default for RowSample {
    fn default() -> Self {
        RowSample {
            rows: Vec::new(),
            limit: u64::MAX,
            hosts: Interner::default(),
            engines: Interner::default(),
        }
    }
}

impl RowSample {
    /// The hash of a row, if the row belongs to the sample.
    #[inline(always)]
    pub fn takes(&self, sample: &Sample<'_>) -> Option<u64> {
        let hash = hash(sample);
        (hash < self.limit).then_some(hash)
    }

    /// Adds a row with this hash, of the label with this number.
    #[inline(never)]
    pub fn add(&mut self, hash: u64, elapsed: i64, label: usize, url: &[u8], engine: &Engine<'_>) {
        let row = Row {
            hash,
            elapsed,
            label: label as u32,
            host: self.hosts.number(host_of(url)) as u32,
            engine: self.engines.number(&engine.key()) as u32,
        };
        self.rows.push(row);
        self.prune();
    }

    /// Adds another sample, whose labels have these numbers here.
    pub fn merge(&mut self, other: &RowSample, labels: &[usize]) {
        let numbers = |own: &mut Interner, other: &Interner| -> Vec<u32> {
            let names = other.names().iter();
            names.map(|name| own.number(name) as u32).collect()
        };
        let hosts = numbers(&mut self.hosts, &other.hosts);
        let engines = numbers(&mut self.engines, &other.engines);
        let number = |of: &[u32], number: u32| of.get(number as usize).copied().unwrap_or(0);
        self.limit = self.limit.min(other.limit);
        self.keep_to_limit();
        for row in other.rows.iter().filter(|row| row.hash < self.limit) {
            self.rows.push(Row {
                label: labels.get(row.label as usize).map_or(0, |&own| own as u32),
                host: number(&hosts, row.host),
                engine: number(&engines, row.engine),
                ..*row
            });
        }
        self.prune();
    }

    /// Adds to the input numbers that engines without a name are known by.
    pub(super) fn shift(&mut self, inputs: u32) {
        let names = std::mem::take(&mut self.engines);
        for name in names.names() {
            self.engines.number(&shifted_engine(name, inputs));
        }
    }

    /// Checks a stored sample against the number of labels.
    pub(super) fn check(&self, labels: usize) -> Checked<()> {
        let (hosts, engines) = (self.hosts.names().len(), self.engines.names().len());
        let is_known = |row: &Row| {
            row.hash < self.limit
                && (row.label as usize) < labels
                && (row.host as usize) < hosts
                && (row.engine as usize) < engines
        };
        let is_sound = self.rows.len() <= MAX_ROWS && self.rows.iter().all(is_known);
        consistency::ensure(is_sound, "its sample of rows is invalid")
    }

    /// The rows of the sample, in no particular order. A short run's sample has all of its rows.
    pub fn rows(&self) -> impl Iterator<Item = SampledRow<'_>> {
        self.rows.iter().map(|row| SampledRow {
            elapsed: row.elapsed,
            label: row.label as usize,
            host: name(&self.hosts, row.host),
            engine: name(&self.engines, row.engine),
        })
    }

    fn prune(&mut self) {
        while self.rows.len() > MAX_ROWS {
            self.limit /= 2;
            self.keep_to_limit();
        }
    }

    fn keep_to_limit(&mut self) {
        let limit = self.limit;
        self.rows.retain(|row| row.hash < limit);
    }
}

fn name(names: &Interner, number: u32) -> &[u8] {
    names.names().get(number as usize).map_or(&[], |name| name)
}

/// Hashes start and elapsed evenly into 64 bits, whatever their steps. The position is left out: it
/// changes if several files are read together. Two multiplications are all, because every row is
/// hashed. Rows with the same times are kept or dropped together.
///
/// Source: Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences" (2018): R2, by the
/// plastic number.
#[inline(always)]
fn hash(sample: &Sample<'_>) -> u64 {
    let start = (sample.time_stamp as u64).wrapping_mul(0xc13f_a9a9_02a6_328f);
    start.wrapping_add((sample.elapsed as u64).wrapping_mul(0x91e1_0da5_c79e_7b1d))
}

/// `shop.example:8080` of `http://user@shop.example:8080/cart?id=1`; empty if there is no host.
fn host_of(url: &[u8]) -> &[u8] {
    let scheme = url.iter().take(MAX_SCHEME);
    let Some(colon) = scheme.copied().position(|byte| byte == b':') else {
        return b"";
    };
    let Some(rest) = url.get(colon..).and_then(|url| url.strip_prefix(b"://")) else {
        return b"";
    };
    let end = memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = match authority.iter().rposition(|&byte| byte == b'@') {
        Some(at) => &authority[at + 1..],
        None => authority,
    };
    if host.len() > MAX_HOST { b"" } else { host }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::sample;

    #[test]
    fn hosts_are_found_in_urls() {
        for (url, host) in [
            ("http://h/", "h"),
            (
                "https://shop.example:8080/cart?u=http://x/",
                "shop.example:8080",
            ),
            ("https://me:pw@shop.example", "shop.example"),
            ("http://h?q#f", "h"),
            ("jdbc:mysql", ""),
            ("null", ""),
            ("", ""),
        ] {
            assert_eq!(host_of(url.as_bytes()), host.as_bytes(), "{url}");
        }
        let long = format!("http://{}/", "h".repeat(300));
        assert_eq!(host_of(long.as_bytes()), b"");
    }

    /// A row every 10 ms at these places, on one of two hosts.
    fn of(places: &[u64]) -> RowSample {
        let mut rows = RowSample::default();
        for &place in places {
            let row = Sample {
                time_stamp: 1_700_000_000_000 + place as i64 * 10,
                elapsed: place as i64,
                url: [&b"http://a/"[..], b"http://b/"][place as usize % 2],
                ..sample()
            };
            if let Some(hash) = rows.takes(&row) {
                let label = place as usize % 3;
                rows.add(hash, row.elapsed, label, row.url, &Engine::of(&row));
            }
        }
        rows
    }

    fn kept(rows: &RowSample) -> Vec<(i64, usize, Vec<u8>)> {
        let rows = rows.rows();
        let rows = rows.map(|row| (row.elapsed, row.label, row.host.to_vec()));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn few_rows_are_all_kept_and_many_evenly() {
        let few = of(&[5, 1, 3]);
        let mut places: Vec<i64> = few.rows().map(|row| row.elapsed).collect();
        places.sort_unstable();
        assert_eq!(places, [1, 3, 5]);
        let many: Vec<u64> = (0..100_000).collect();
        let many = kept(&of(&many));
        // 100,000 / 2^8.
        assert!(many.len().abs_diff(390) <= 10, "{}", many.len());
        // Of each tenth of the run and of each label, their share or nearly so.
        for tenth in 0..10 {
            let of_tenth = many.iter().filter(|row| row.0 / 10_000 == tenth).count();
            assert!((of_tenth * 10).abs_diff(many.len()) <= 50, "{of_tenth}");
        }
        for label in 0..3 {
            let of_label = many.iter().filter(|row| row.1 == label).count();
            assert!((of_label * 3).abs_diff(many.len()) <= 50, "{of_label}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn any_split_and_order_gives_the_same(count in 1..6_000_u64, chosen in any::<u64>()) {
            let all: Vec<u64> = (0..count).collect();
            let is_left = |place: &u64| chosen >> (place % 64) & 1 == 0;
            let (left, right): (Vec<u64>, Vec<u64>) = all.iter().partition(|place| is_left(place));
            let (mut ab, mut ba) = (of(&left), of(&right));
            let labels = [0, 1, 2];
            ab.merge(&of(&right), &labels);
            ba.merge(&of(&left), &labels);
            ba.merge(&RowSample::default(), &[]);
            let whole = kept(&of(&all));
            prop_assert_eq!(kept(&ab), whole.clone());
            prop_assert_eq!(kept(&ba), whole);
        }
    }
}
