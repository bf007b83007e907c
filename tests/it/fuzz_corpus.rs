//! Replays the fuzz corpus: past findings, and a sample of every kind of input.

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let inputs: Vec<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!inputs.is_empty());
    for path in inputs {
        println!("{}", path.display());
        let bytes = fs::read(&path).unwrap();
        target(&bytes);
        // Truncated inputs and those with a changed byte must hold, too.
        target(&bytes[..bytes.len() / 2]);
        let mut changed = bytes.clone();
        changed[bytes.len() / 3] ^= 0x20;
        target(&changed);
    }
}

#[test]
fn records() {
    replay("records", targets::records);
}

#[test]
fn layout() {
    replay("layout", targets::layout);
}

#[test]
fn xml() {
    replay("xml", targets::xml);
}

#[test]
fn criteria() {
    replay("criteria", targets::criteria);
}

#[test]
fn paths() {
    replay("paths", targets::paths);
}

#[test]
fn summary() {
    replay("summary", targets::summary);
}

#[test]
fn report() {
    replay("report", targets::report);
}

#[test]
fn follow() {
    replay("follow", targets::follow);
}

#[test]
fn analyze() {
    replay("analyze", targets::analyze);
}
