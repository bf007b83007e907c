//! The page of a run in progress under hundreds of clients of its event stream, some of which never read, or
//! vanish: it still answers, takes bounded memory, and following ends with the report.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::common::{HEADER, Perfkit, row};
use crate::follow::{Following, append, check_end};

/// Clients of each kind.
const CLIENTS: usize = 100;

const EVENTS: &str = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Starts to follow a run whose file does not exist yet, and returns the address of its page beside.
fn start(perfkit: &Perfkit, limit: Option<u32>) -> (Following, String) {
    let options = [
        "--listen",
        "127.0.0.1:0",
        "--format",
        "csv",
        "-o",
        "followed",
    ];
    let following = Following::start_within(limit, perfkit, &options);
    following.hear("waiting for the file");
    let said = following.said();
    let (_, url) = said.split_once("the live report is at http://").unwrap();
    let address = url.split_whitespace().next().unwrap().to_owned();
    (following, address)
}

/// Appends the next second of the run, and waits until perfkit has read it.
fn append_second(perfkit: &Perfkit, following: &Following, second: i64) {
    let header = if second == 0 { HEADER } else { "" };
    let row = row(1_700_000_000_000 + second * 1_000, 50, "A", true);
    append(perfkit, header.to_owned() + &row);
    following.hear(&match second {
        0 => ": 1 sample;".to_owned(),
        _ => format!(": {} samples", second + 1),
    });
}

fn ask(address: &str, request: &str) -> BufReader<TcpStream> {
    let mut connection = TcpStream::connect(address).unwrap();
    // A server that hangs fails the test.
    let patience = Some(Duration::from_secs(60));
    connection.set_read_timeout(patience).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    BufReader::new(connection)
}

fn assert_answers(address: &str) {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    ask(address, request).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("</html>"), "{answer}");
}

/// The number of the state in the next event.
fn next_revision(events: &mut BufReader<TcpStream>) -> u64 {
    loop {
        let mut line = String::new();
        assert!(events.read_line(&mut line).unwrap() > 0);
        if let Some(revision) = line.strip_prefix("data: ") {
            return revision.trim().parse().unwrap();
        }
    }
}

#[test]
fn hundreds_of_event_streams_hurt_nobody() {
    let perfkit = Perfkit::new();
    let (following, address) = start(&perfkit, None);
    append_second(&perfkit, &following, 0);
    assert_answers(&address);
    let before = following.peak_memory();
    let mut readers: Vec<_> = (0..CLIENTS).map(|_| ask(&address, EVENTS)).collect();
    let silent: Vec<_> = (0..CLIENTS).map(|_| ask(&address, EVENTS)).collect();
    // Half a request.
    let slow: Vec<_> = (0..CLIENTS).map(|_| ask(&address, "GET /ev")).collect();
    for _ in 0..CLIENTS {
        drop(ask(&address, EVENTS));
    }
    let first: Vec<u64> = readers.iter_mut().map(next_revision).collect();
    for second in 1..10 {
        append_second(&perfkit, &following, second);
        assert_answers(&address);
    }
    for (reader, first) in readers.iter_mut().zip(first) {
        assert!(next_revision(reader) > first);
    }
    // Each connection takes some 20 KiB, whether its client reads or not.
    let taken = following.peak_memory().saturating_sub(before);
    assert!(taken < 64 << 20, "{taken} bytes");
    following.signal("-TERM");
    check_end(&perfkit, following, &[], "csv");
    drop((silent, slow));
}

#[test]
fn clients_cannot_take_the_files_that_perfkit_needs() {
    let perfkit = Perfkit::new();
    let (following, address) = start(&perfkit, Some(64));
    let silent: Vec<_> = (0..CLIENTS).map(|_| ask(&address, EVENTS)).collect();
    append_second(&perfkit, &following, 0);
    // Those that leave make room for others.
    drop(silent);
    assert_answers(&address);
    let silent: Vec<_> = (0..CLIENTS).map(|_| ask(&address, EVENTS)).collect();
    append_second(&perfkit, &following, 1);
    following.signal("-TERM");
    check_end(&perfkit, following, &[], "csv");
    drop(silent);
}
