//! Malformed requests: each gets the right status, and a JSON body that says why.

use std::io::Write;
use std::thread;
use std::time::Duration;

use super::server::{Server, ask, read_response};

const CHUNKED: &str = "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Asserts that a request gets `code`, the reason in JSON, and the end of the connection.
fn assert_refused(server: &Server, request: &str, code: u16, reason: &str) {
    let mut connection = server.connect();
    let (status, headers, body) = ask(&mut connection, request);
    assert!(
        status.starts_with(&format!("HTTP/1.1 {code} ")),
        "{status}: {request}"
    );
    for header in [
        "connection: close",
        "content-type: application/json",
        "date: ",
    ] {
        assert!(
            headers.lines().any(|line| line.starts_with(header)),
            "{headers}: {request}"
        );
    }
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let error = body["error"].as_str().unwrap();
    assert!(error.contains(reason), "{error}: {request}");
    super::robustness::assert_closed(&mut connection);
}

#[test]
fn a_request_names_one_host() {
    let server = Server::start(&[]);
    let request = |hosts: &str| format!("POST /fibo/10 HTTP/1.1\r\n{hosts}\r\n");
    for (hosts, reason) in [
        ("", "no Host"),
        ("Content-Length: 0\r\n", "no Host"),
        ("Host: a\r\nHost: b\r\n", "more than one Host"),
        ("Host: a\r\nX: y\r\nhost: a\r\n", "more than one Host"),
        ("Host: a b\r\n", "not a name or an address"),
        ("Host: http://a/\r\n", "not a name or an address"),
        ("Host: a@b\r\n", "not a name or an address"),
    ] {
        assert_refused(&server, &request(hosts), 400, reason);
    }
    let with_body = "POST /fibo/10 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    assert_refused(&server, with_body, 400, "no Host");
    let old = "GET /fibo/10 HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n";
    assert!(ask(&mut server.connect(), old).0.contains(" 400 "));
    for hosts in [
        "",
        "localhost",
        "a.b-c_d:5000",
        "[::1]:5000",
        "127.0.0.1",
        "%61",
    ] {
        let good = request(&format!("Host: {hosts}\r\n"));
        assert_eq!(ask(&mut server.connect(), &good).0, "HTTP/1.1 200 OK");
    }
    let old = "GET /fibo/10 HTTP/1.0\r\n\r\n";
    assert_eq!(ask(&mut server.connect(), old).0, "HTTP/1.0 200 OK");
}

#[test]
fn malformed_chunks_get_400() {
    let server = Server::start(&[]);
    for (body, reason) in [
        ("xyz\r\nabc\r\n", "chunk size"),
        ("-1\r\n\r\n", "chunk size"),
        ("\r\n", "chunk size"),
        ("3\r\nabcdef\r\n", "chunk body"),
        ("3 bad\r\nabc\r\n0\r\n\r\n", "chunk"),
        ("0\r\nno colon\r\n\r\n", "header name"),
    ] {
        assert_refused(&server, &format!("{CHUNKED}{body}"), 400, reason);
    }
    let overflow = format!("{CHUNKED}fffffffffffffffff\r\n");
    assert_refused(&server, &overflow, 413, "at most 1048576 bytes");
    let trailers = format!("{CHUNKED}0\r\n{}\r\n", "a: b\r\n".repeat(5000));
    assert_refused(&server, &trailers, 431, "trailers");
}

#[test]
fn a_request_that_ends_early_gets_400() {
    let server = Server::start(&[]);
    let fixed = "POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf".to_owned();
    for (request, reason) in [
        (fixed, "end of file"),
        (format!("{CHUNKED}5\r\nhe"), "end of file"),
        ("GET /healthz HT".to_owned(), "ended before its headers"),
        (
            "GET / HTTP/1.1\r\nHost: x\r\n".to_owned(),
            "ended before its headers",
        ),
    ] {
        let mut connection = server.connect();
        connection.get_mut().write_all(request.as_bytes()).unwrap();
        let stream = connection.get_ref();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let (status, _, body) = read_response(&mut connection);
        assert_eq!(status, "HTTP/1.1 400 Bad Request");
        assert!(body.contains(reason), "{body}");
    }
}

#[test]
fn an_absurd_length_gets_413() {
    let server = Server::start(&["--max-body", "64"]);
    let request = |length: &str| {
        format!("POST /fibo/10 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n")
    };
    for length in [
        "18446744073709551613",
        "18446744073709551614",
        "18446744073709551615",
        "18446744073709551616",
        &"9".repeat(300),
    ] {
        assert_refused(&server, &request(length), 413, "at most 65536 bytes");
    }
    for length in ["x", "-1", "1, 2", "0x10", "9999999999999999999x"] {
        assert_refused(&server, &request(length), 400, "content-length");
    }
    // Also if the network cuts the number in two.
    let whole = request("18446744073709551615");
    for cut in [whole.len() - 14, whole.len() - 25] {
        let (one, other) = whole.split_at(cut);
        let mut connection = server.connect();
        connection.get_mut().write_all(one.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(50));
        assert!(ask(&mut connection, other).0.contains(" 413 "), "{one}");
    }
}

#[test]
fn what_hyper_refuses_has_a_reason_too() {
    let server = Server::start(&[]);
    let value = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(200)
    );
    for (request, code, reason) in [
        ("GARBAGE\r\n\r\n", 400, "HTTP method"),
        ("GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400, "HTTP version"),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
            400,
            "HTTP header",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            400,
            "transfer-encoding",
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "HTTP/1.1"),
        (
            "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n",
            400,
            "HTTP method",
        ),
        (&value, 431, "too large"),
        (&many, 431, "more than 100 headers"),
    ] {
        assert_refused(&server, request, code, reason);
    }
}

#[test]
fn a_malformed_request_does_not_affect_those_before_it() {
    let server = Server::start(&[]);
    let good = "GET /fibo/10 HTTP/1.1\r\nHost: x\r\n\r\n";
    // Short and long: the long ones are still being written when the last is refused.
    let long = "GET /fibo/100000 HTTP/1.1\r\nHost: x\r\n\r\n";
    for (good, count) in [(good, 20), (long, 20)] {
        let mut connection = server.connect();
        let requests = good.repeat(count) + "GARBAGE\r\n\r\n";
        connection.get_mut().write_all(requests.as_bytes()).unwrap();
        for _ in 0..count {
            assert_eq!(read_response(&mut connection).0, "HTTP/1.1 200 OK");
        }
        let (status, _, body) = read_response(&mut connection);
        assert_eq!(status, "HTTP/1.1 400 Bad Request");
        assert!(body.contains("malformed request"), "{body}");
        super::robustness::assert_closed(&mut connection);
    }
}
