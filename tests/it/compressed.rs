//! Compressed files: whatever packs them and however many threads unpack them, perfkit says the same of them
//! as of the plain ones.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use crate::common::{HEADER, Perfkit, row};

/// Compresses bytes.
type Packer = fn(&[u8]) -> Vec<u8>;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Blocks of gzip that say their length, as bgzip writes them, with an empty one at the end.
fn bgzf(text: &[u8]) -> Vec<u8> {
    let block = |text: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        let data = encoder.finish().unwrap();
        let head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0";
        let size = (data.len() as u16 + 25).to_le_bytes();
        let checksum = crc32fast::hash(text).to_le_bytes();
        let length = (text.len() as u32).to_le_bytes();
        [&head[..], &size, &data, &checksum, &length].concat()
    };
    let blocks = text.chunks(65_280).chain([&b""[..]]);
    blocks.flat_map(block).collect()
}

/// Frames of zstd, each behind one that is skipped, as pzstd writes them.
fn frames(text: &[u8]) -> Vec<u8> {
    let frame = |text: &[u8]| {
        let frame = zstd::bulk::compress(text, 3).unwrap();
        let length = (frame.len() as u32).to_le_bytes();
        [&b"\x50\x2A\x4D\x18\x04\0\0\0"[..], &length, &frame].concat()
    };
    text.chunks(300_000).flat_map(frame).collect()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

/// Results with damaged rows, of which every file has others, and a last row without an end.
fn results(file: i64) -> String {
    let mut text = HEADER.to_owned();
    for number in 0..20_000 {
        let start = 1_700_000_000_000 + file * 100_000 + number * 5;
        let label = ["A", "B", "\"C, quoted\"", "\"D\non two lines\""][number as usize % 4];
        match (number + file) % 5_000 {
            17 => text.push_str("damaged\n"),
            18 => text.push_str("soon,1,2,3\n"),
            _ => text.push_str(&row(start, number % 700, label, number % 9 > 0)),
        }
    }
    text + "17000"
}

#[test]
fn all_kinds_say_the_same_as_plain_files() {
    let perfkit = Perfkit::new();
    let names = ["one.jtl", "two.jtl", "three.jtl", "four.jtl", "five.jtl"];
    let texts: Vec<String> = (0..5).map(results).collect();
    let packers: [(&str, Packer); 5] = [
        ("plain", <[u8]>::to_vec),
        ("gzip", gzip),
        ("bgzf", bgzf),
        ("zstd", zstd),
        ("frames", frames),
    ];
    let said = |directory: &str, threads: &str| {
        let arguments = ["analyze", "--no-report", "--format", "json"];
        let output = perfkit
            .command(&[&arguments[..], &["--threads", threads], &names].concat())
            .current_dir(perfkit.path(directory))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    for (directory, pack) in packers {
        fs::create_dir(perfkit.path(directory)).unwrap();
        for (name, text) in names.iter().zip(&texts) {
            perfkit.write(&format!("{directory}/{name}"), pack(text.as_bytes()));
        }
    }
    // Each file in its own way.
    fs::create_dir(perfkit.path("mixed")).unwrap();
    for ((_, pack), (name, text)) in packers.iter().zip(names.iter().zip(&texts)) {
        perfkit.write(&format!("mixed/{name}"), pack(text.as_bytes()));
    }
    let plain = said("plain", "1");
    assert!(
        plain.1.contains("100005 rows read: 99960 counted"),
        "{}",
        plain.1
    );
    for directory in ["plain", "gzip", "bgzf", "zstd", "frames", "mixed"] {
        for threads in ["1", "3"] {
            let found = said(directory, threads);
            assert_eq!(found.1, plain.1, "{directory}, {threads} threads");
            assert!(found.0 == plain.0, "{directory}, {threads} threads");
        }
    }
}

/// A file that is cut costs the rows behind the cut, also in front of others.
#[test]
fn a_cut_costs_only_what_is_behind_it() {
    let perfkit = Perfkit::new();
    let text = results(0);
    perfkit.write("next.jtl", frames(results(1).as_bytes()));
    for (kind, packed) in [
        ("gzip", gzip(text.as_bytes())),
        ("bgzf", bgzf(text.as_bytes())),
        ("zstd", zstd(text.as_bytes())),
        ("frames", frames(text.as_bytes())),
    ] {
        perfkit.write("cut.jtl", &packed[..packed.len() * 3 / 4]);
        let arguments = ["analyze", "cut.jtl", "next.jtl", "--no-report"];
        let (_, said) = perfkit.run(&arguments);
        assert!(said.contains("cut.jtl"), "{kind}: {said}");
        let rows = said.split(" rows read: ").next().unwrap();
        let rows = rows.rsplit(' ').next().unwrap();
        let rows: u32 = rows.replace(',', "").parse().unwrap();
        // All of the other file, and about half of this one: what is cut is the last quarter of the bytes.
        assert!((28_000..37_000).contains(&rows), "{kind}: {said}");
    }
}
