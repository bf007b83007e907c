//! Monitoring a server: `/metrics`, `/platform`, `--monitor`.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

use perfkit::serve::monitor;

use super::server::{Server, ask};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

/// The samples of a metrics page by name and labels. Panics if the page is malformed.
fn samples(page: &str) -> HashMap<String, f64> {
    let mut samples = HashMap::new();
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped.push(help.split(' ').next().unwrap().to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            typed.push(name.to_owned());
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(typed.last().unwrap()), "{line}");
            let earlier = samples.insert(name.to_owned(), value.parse().unwrap());
            assert!(earlier.is_none(), "{line}");
        }
    }
    assert_eq!(helped, typed);
    samples
}

#[test]
fn metrics_count_responses() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    for path in ["/fibo/10", "/fibo/20", "/fibo/x", "/isprime/7", "/nothing"] {
        ask(&mut connection, &get(path));
    }
    let mut garbage = server.connect();
    ask(&mut garbage, "GARBAGE\r\n\r\n");
    // Malformed input is counted after its response and before its connection closes.
    garbage.read_to_end(&mut Vec::new()).unwrap();
    let (_, headers, page) = ask(&mut connection, &get("/metrics"));
    assert!(headers.contains("content-type: text/plain; version=0.0.4"));
    let first = samples(&page);
    let count = |route, code| {
        first[&format!("perfkit_requests_total{{route=\"{route}\",code=\"{code}\"}}")]
    };
    assert_eq!(count("/fibo/{n}", 200), 2.0);
    assert_eq!(count("/fibo/{n}", 400), 1.0);
    assert_eq!(count("/isprime/{n}", 200), 1.0);
    assert_eq!(count("other", 404), 1.0);
    assert_eq!(count("none", 400), 1.0);
    assert_eq!(first["perfkit_connections_accepted_total"], 2.0);
    assert_eq!(first["perfkit_request_duration_seconds_count"], 5.0);
    let all = "perfkit_request_duration_seconds_bucket{le=\"+Inf\"}";
    assert_eq!(first[all], 5.0);
    assert!(first["perfkit_request_duration_seconds_sum"] > 0.0);
    assert!(first["process_resident_memory_bytes"] > 1e6);
    // A page shows its own request as in flight; it counts as done once the page is sent.
    assert!(first["perfkit_requests_in_flight"] >= 1.0);
    let second = samples(&ask(&mut connection, &get("/metrics")).2);
    let own = "perfkit_requests_total{route=\"/metrics\",code=\"200\"}";
    assert_eq!(second[own], 1.0);
}

#[test]
fn platform_is_json() {
    let server = Server::start(&[]);
    let (status, headers, body) = ask(&mut server.connect(), &get("/platform"));
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(headers.contains("content-type: application/json"));
    let platform: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(platform["perfkit"], env!("CARGO_PKG_VERSION"));
    assert!(platform["threads"].as_u64().unwrap() > 0);
}

#[test]
fn monitor_writes_its_readings() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("usage.csv");
    let server = Server::start(&["--monitor", path.to_str().unwrap()]);
    for _ in 0..5 {
        // Each request has its own connection, which is closed long before the second ends.
        ask(&mut server.connect(), &get("/fibo/10"));
    }
    server.signal("-TERM");
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(said.ends_with(", over 5 connections\n"), "{said}");
    let rows = monitor::read(File::open(&path).unwrap(), "usage.csv").unwrap();
    let busy = rows
        .iter()
        .find(|row| row.requests_per_second > 0.0)
        .unwrap();
    assert!(busy.p50_ms.unwrap() > 0.0);
    assert!(busy.resident_bytes.unwrap() > 1_000_000);
    assert!(busy.connections >= 1);
    let opened = rows.iter().filter_map(|row| row.connections_opened);
    assert_eq!(opened.sum::<u64>(), 5);
}

#[test]
fn the_server_outlives_a_failing_monitor_file() {
    let mut server = Server::start(&["--monitor", "/dev/full"]);
    let warning = server.hear("warning: ");
    assert!(warning.contains("cannot write /dev/full"), "{warning}");
    assert!(warning.contains("the server goes on"), "{warning}");
    ask(&mut server.connect(), &get("/fibo/10"));
    server.signal("-TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn a_monitor_file_that_cannot_be_created_is_an_error() {
    assert_cmd::Command::cargo_bin("perfkit")
        .unwrap()
        .args(["serve", "--port", "0", "--monitor", "/no/such/usage.csv"])
        .assert()
        .code(2)
        .stderr(predicates::str::contains("cannot write /no/such/usage.csv"));
}
