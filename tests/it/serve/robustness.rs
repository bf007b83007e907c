//! Careless, slow, hostile and too many clients, as raw bytes over sockets.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use super::server::{Server, ask, read_response};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// Asserts that the server has closed the connection.
pub fn assert_closed(connection: &mut BufReader<TcpStream>) {
    let mut rest = Vec::new();
    connection.read_to_end(&mut rest).unwrap();
    assert_eq!(String::from_utf8_lossy(&rest), "");
}

/// Asserts that the server still serves.
fn assert_serves(server: &Server) {
    assert_eq!(ask(&mut server.connect(), HEALTH).2, "ok\n");
}

#[test]
fn malformed_requests_get_400() {
    let server = Server::start(&[]);
    for request in [
        "GARBAGE\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET /fibo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "POST /fibo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n",
    ] {
        let mut connection = server.connect();
        let (status, _, _) = ask(&mut connection, request);
        assert_eq!(status, "HTTP/1.1 400 Bad Request", "{request}");
        assert_closed(&mut connection);
    }
    assert_serves(&server);
}

#[test]
fn headers_too_large_get_431() {
    let server = Server::start(&["--max-header", "4"]);
    let most = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(4000)
    );
    assert_eq!(ask(&mut server.connect(), &most).0, "HTTP/1.1 200 OK");
    let value = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(5000)
    );
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100_000));
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(200)
    );
    for request in [value, path, many] {
        let mut connection = server.connect();
        let (status, _, _) = ask(&mut connection, &request);
        assert!(
            status.starts_with("HTTP/1.1 431 "),
            "{status} for {} bytes",
            request.len()
        );
        assert_closed(&mut connection);
    }
    assert_serves(&server);
}

#[test]
fn bodies_are_read_and_ignored() {
    let server = Server::start(&["--max-body", "64"]);
    let mut connection = server.connect();
    let whole = format!(
        "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n{}",
        "x".repeat(65_536)
    );
    let chunked = "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    for request in [&whole, chunked, &whole, HEALTH] {
        let (status, _, _) = ask(&mut connection, request);
        assert_eq!(status, "HTTP/1.1 200 OK");
    }
}

#[test]
fn bodies_too_large_get_413() {
    let server = Server::start(&["--max-body", "64"]);
    let announced =
        "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".to_owned();
    let sent = format!(
        "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n{}",
        "x".repeat(500_000)
    );
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let chunked = format!(
        "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        chunk.repeat(20)
    );
    for request in [announced, sent, chunked] {
        let mut connection = server.connect();
        let (status, headers, body) = ask(&mut connection, &request);
        assert_eq!(status, "HTTP/1.1 413 Payload Too Large");
        assert!(headers.contains("connection: close\r\n"), "{headers}");
        assert!(body.contains("at most 65536 bytes"), "{body}");
        assert_closed(&mut connection);
    }
    assert_serves(&server);
}

#[test]
fn slow_requests_get_408() {
    let server = Server::start(&["--read-timeout", "0.2"]);
    for part in [
        "GET /healthz HT",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n",
        "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
    ] {
        let mut connection = server.connect();
        let (status, headers, body) = ask(&mut connection, part);
        assert_eq!(status, "HTTP/1.1 408 Request Timeout", "{part}");
        assert!(headers.contains("connection: close\r\n"), "{headers}");
        assert!(body.contains("too long"), "{body}");
        assert_closed(&mut connection);
    }
    // Also after a timely request, and if bytes trickle in.
    let mut connection = server.connect();
    ask(&mut connection, HEALTH);
    while has_nothing_to_say(connection.get_ref()) {
        connection.get_mut().write_all(b"A").unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    assert!(read_response(&mut connection).0.contains(" 408 "));
    assert_serves(&server);
}

#[test]
fn clients_that_do_not_read_responses_are_disconnected() {
    let server = Server::start(&["--read-timeout", "0.2"]);
    let mut connection = server.connect();
    let requests = "GET /fibo/10000 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Ends when responses fill all buffers and the write times out.
    while connection.get_mut().write_all(requests.as_bytes()).is_ok() {}
    assert_serves(&server);
}

/// Whether nothing has arrived on a connection.
fn has_nothing_to_say(connection: &TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    let is_silent = connection.peek(&mut [0]).is_err();
    connection.set_nonblocking(false).unwrap();
    is_silent
}

#[test]
fn idle_connections_are_closed() {
    let server = Server::start(&["--idle-timeout", "0.2"]);
    let mut silent = server.connect();
    let mut used = server.connect();
    assert_eq!(ask(&mut used, HEALTH).2, "ok\n");
    assert_closed(&mut silent);
    assert_closed(&mut used);
    assert_serves(&server);
}

#[test]
fn connections_over_the_limit_get_503() {
    let server = Server::start(&["--max-connections", "2"]);
    let mut first = server.connect();
    let mut second = server.connect();
    ask(&mut first, HEALTH);
    ask(&mut second, HEALTH);
    for _ in 0..100 {
        let mut third = server.connect();
        let (status, headers, body) = ask(&mut third, HEALTH);
        assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
        assert!(headers.contains("connection: close\r\n"), "{headers}");
        assert!(body.contains("at most 2 are served at once"), "{body}");
        assert_closed(&mut third);
    }
    // Open connections are still served, and a closed one makes room for another.
    assert_eq!(ask(&mut first, HEALTH).2, "ok\n");
    drop(second);
    while ask(&mut server.connect(), HEALTH).0 != "HTTP/1.1 200 OK" {}
}

#[test]
fn survives_running_out_of_file_descriptors() {
    let mut server = Server::start_after("ulimit -n 24", "--max-connections 1000");
    assert!(
        server
            .said
            .contains("--max-connections 1000 needs 1064 open files")
            && server.said.contains("only 12 connections")
            && server.said.contains("ulimit -Hn 1064"),
        "{}",
        server.said
    );
    // Connections, rejections and the server's own files exceed 24.
    let mut connections: Vec<_> = (0..40).map(|_| server.connect()).collect();
    let warning = server.hear("warning: cannot accept new connections at the moment");
    assert!(warning.contains("open and being served"), "{warning}");
    assert_eq!(ask(&mut connections[0], HEALTH).2, "ok\n");
    connections.clear();
    while ask_whatever(&server) != "HTTP/1.1 200 OK" {}
    server.signal("-TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn clients_without_a_descriptor_get_503() {
    // Seven more files are open than the server counts on, and all that are left are taken.
    let inherited: String = (3..10).map(|n| format!(" {n}</dev/null")).collect();
    let mut server = Server::start_after(&format!("ulimit -n 24; exec{inherited}"), "");
    let mut connections = Vec::new();
    let mut refused = 0;
    for _ in 0..60 {
        let mut connection = server.connect();
        let (status, _, body) = ask(&mut connection, HEALTH);
        if status == "HTTP/1.1 503 Service Unavailable" {
            assert!(body.contains("no file descriptor left"), "{body}");
            refused += 1;
        } else {
            assert_eq!(status, "HTTP/1.1 200 OK");
        }
        connections.push(connection);
    }
    assert!(refused > 0);
    server.hear("warning: cannot accept new connections at the moment");
    connections.clear();
    while ask_whatever(&server) != "HTTP/1.1 200 OK" {}
}

#[test]
fn too_few_open_files_are_refused_at_the_start() {
    for setup in ["ulimit -n 10", "ulimit -n 23"] {
        let script = format!(
            "{setup}; exec '{}' serve --port 0",
            env!("CARGO_BIN_EXE_perfkit")
        );
        assert_cmd::Command::new("bash")
            .args(["-c", &script])
            .timeout(Duration::from_secs(30))
            .assert()
            .code(2)
            .stderr(predicates::str::contains("at least 24"))
            .stderr(predicates::str::contains("ulimit -n 24"));
    }
}

/// The status that a new connection gets, if it is not closed at once.
fn ask_whatever(server: &Server) -> String {
    let mut connection = server.connect();
    let mut answer = String::new();
    let _reset = connection
        .get_mut()
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let _reset = connection.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    let requests: String = (0..100)
        .map(|n| format!("GET /fibo/{n} HTTP/1.1\r\nHost: x\r\n\r\n"))
        .collect();
    connection.get_mut().write_all(requests.as_bytes()).unwrap();
    for n in 0..100 {
        let body = read_response(&mut connection).2;
        assert!(body.ends_with(&format!("\"index\":\"{n}\"}}\n")), "{body}");
    }
}

#[test]
fn a_half_closed_client_gets_its_response() {
    let server = Server::start(&[]);
    for path in ["/fibo/10", "/fibo/100000", "/isprime/999999999989"] {
        let mut connection = server.connect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.get_mut().write_all(request.as_bytes()).unwrap();
        connection.get_ref().shutdown(Shutdown::Write).unwrap();
        let (status, _, _) = read_response(&mut connection);
        assert_eq!(status, "HTTP/1.1 200 OK", "{path}");
        assert_closed(&mut connection);
    }
}

#[test]
fn upgrades_and_tunnels_are_declined() {
    let server = Server::start(&[]);
    let upgrade = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    assert_eq!(ask(&mut server.connect(), upgrade).0, "HTTP/1.1 200 OK");
    let tunnel = "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let (status, _, _) = ask(&mut server.connect(), tunnel);
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    assert_serves(&server);
}

#[test]
fn head_is_get_without_a_body() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    let request = "HEAD /fibo/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 200 ok\r\n"), "{answer}");
    assert!(answer.contains("content-length: 37\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn shutdown_closes_idle_connections_at_once() {
    // Waiting for them would take the whole grace period.
    let server = Server::start(&["--shutdown-grace", "3600"]);
    let mut used = server.connect();
    ask(&mut used, HEALTH);
    let mut silent = server.connect();
    assert_serves(&server);
    server.signal("-TERM");
    assert_closed(&mut used);
    assert_closed(&mut silent);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn shutdown_waits_at_most_the_grace_period() {
    let server = Server::start(&["--shutdown-grace", "0.2"]);
    let mut slow = server.connect();
    slow.get_mut().write_all(b"GET /healthz HT").unwrap();
    assert_serves(&server);
    server.signal("-TERM");
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    let last = said.lines().last().unwrap();
    assert!(last.contains("served 1 request, 0 errors"), "{last}");
    assert_closed(&mut slow);
}
