//! Start, answers, access log, stop.

use std::io::{Read, Write};

use super::server::{Server, ask, read_response};

#[test]
fn serves_keep_alive_requests_and_prints_a_summary_on_exit() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    let (status, headers, body) = ask(&mut connection, "GET /fibo/100 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(
        headers.contains("content-type: application/json\r\n"),
        "{headers}"
    );
    assert_eq!(
        body,
        "{\"fibonacci_number\":354224848179261915075,\"index\":\"100\"}\n"
    );
    let post = "POST /isprime/7920 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(
        ask(&mut connection, post).2,
        "{\"number\":\"7920\",\"status\":\"7920 is Non-Prime.\"}\n"
    );
    let (status, _, _) = ask(&mut connection, "GET /fibo/x HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    server.signal("-TERM");
    let (status, said, printed) = server.wait();
    assert_eq!(status.code(), Some(0));
    let last = said.lines().last().unwrap();
    assert!(
        last.starts_with("perfkit: served 3 requests, 1 error, in "),
        "{last}"
    );
    assert_eq!(printed, "", "no access log unless asked for");
}

#[test]
fn prints_its_address_and_how_to_stop_it() {
    let server = Server::start(&[]);
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    server.signal("-INT");
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(
        said.contains(&format!("-Jhost=127.0.0.1 -Jport={port}")),
        "{said}"
    );
    assert!(said.contains("stop with Ctrl-C"), "{said}");
}

#[test]
fn finishes_requests_in_flight() {
    let server = Server::start(&["--max-fibonacci", "3000000"]);
    let mut connection = server.connect();
    // Still running when the signal arrives.
    connection
        .get_mut()
        .write_all(b"GET /fibo/400000 HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut other = server.connect();
    // Once it answers the second request it has read the first, which does not block it.
    assert_eq!(
        ask(&mut other, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").2,
        "ok\n"
    );
    server.signal("-TERM");
    let (status, _, body) = read_response(&mut connection);
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert_eq!(body.len(), 83_595 + 39);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn access_log_has_a_line_per_request() {
    let server = Server::start(&["--access-log"]);
    let mut connection = server.connect();
    ask(&mut connection, "GET /fibo/10 HTTP/1.1\r\nHost: x\r\n\r\n");
    ask(&mut connection, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    let last = "HEAD /healthz?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    connection.get_mut().write_all(last.as_bytes()).unwrap();
    connection.read_to_end(&mut Vec::new()).unwrap();
    server.signal("-TERM");
    let (_, _, printed) = server.wait();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[0].starts_with("127.0.0.1 - - ["), "{printed}");
    assert!(
        lines[0].ends_with("] \"GET /fibo/10 HTTP/1.1\" 200 37"),
        "{printed}"
    );
    assert!(
        lines[1].contains("\"GET /nothing HTTP/1.1\" 404 "),
        "{printed}"
    );
    // Bytes of the body as sent, not of the one that HEAD leaves out.
    assert!(
        lines[2].ends_with("\"HEAD /healthz?x=1 HTTP/1.1\" 200 0"),
        "{printed}"
    );
}

#[test]
fn a_port_in_use_is_a_clear_error() {
    let server = Server::start(&[]);
    let port = server.address.rsplit(':').next().unwrap();
    assert_cmd::Command::cargo_bin("perfkit")
        .unwrap()
        .args(["serve", "--host", "127.0.0.1", "--port", port])
        .assert()
        .code(2)
        .stderr(predicates::str::contains(
            "the port is in use: choose another with --port",
        ));
}
