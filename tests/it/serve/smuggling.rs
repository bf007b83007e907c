//! Request smuggling: text that two servers could divide into requests differently. Each such request is
//! the last on its connection, so that nothing behind it is taken for another one.

use std::io::{Read, Write};

use super::server::Server;

/// The request that hides behind the others.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

/// Everything that the server says to a request with another one behind it, up to the end of the
/// connection.
fn answers(server: &Server, request: &str) -> String {
    let mut connection = server.connect();
    let both = format!("{request}{HIDDEN}");
    connection.get_mut().write_all(both.as_bytes()).unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    answers
}

/// Asserts that a request gets one response, with `status`, and the end of the connection.
fn assert_last(server: &Server, request: &str, status: u16) {
    let answers = answers(server, request);
    let shown = request.escape_debug();
    assert!(
        answers.starts_with(&format!("HTTP/1.1 {status} ")),
        "{shown}: {answers}"
    );
    assert_eq!(
        answers.matches("HTTP/1.1 ").count(),
        1,
        "{shown}: {answers}"
    );
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /fibo/10 HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}")
}

#[test]
fn the_request_behind_a_sound_one_is_answered() {
    let server = Server::start(&[]);
    let close = "GET /fibo/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for sound in [
        post("Content-Length: 3\r\n", "abc"),
        post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
        post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        post(
            "Transfer-Encoding: chunked\r\n",
            "003;a=b\r\nabc\r\n0\r\na: b\r\n\r\n",
        ),
    ] {
        let mut connection = server.connect();
        let all = format!("{sound}{HIDDEN}{close}");
        connection.get_mut().write_all(all.as_bytes()).unwrap();
        let mut answers = String::new();
        connection.read_to_string(&mut answers).unwrap();
        let statuses: Vec<&str> = answers.matches("HTTP/1.1 200 ").collect();
        assert_eq!(statuses.len(), 2, "{sound}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 404 ").count(), 1, "{answers}");
    }
}

#[test]
fn two_lengths_that_differ_get_400() {
    let server = Server::start(&[]);
    for lengths in [
        "Content-Length: 0\r\nContent-Length: 37\r\n",
        "Content-Length: 37\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\ncontent-length: 0\r\nCONTENT-LENGTH: 37\r\n",
        "Content-Length: 0, 37\r\n",
        "Content-Length: 0,0\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: -0\r\n",
        "Content-Length: 0x0\r\n",
        "Content-Length: 0 0\r\n",
        "Content-Length: \"0\"\r\n",
        "Content-Length:\r\n",
    ] {
        assert_last(&server, &post(lengths, ""), 400);
    }
}

/// RFC 9112, section 6.3: Transfer-Encoding overrides Content-Length, and the connection closes after the
/// response.
#[test]
fn a_length_beside_chunks_ends_the_connection() {
    let server = Server::start(&[]);
    let (length, chunked) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    for headers in [
        format!("{length}{chunked}"),
        format!("{chunked}{length}"),
        format!("{length}{chunked}{length}"),
        format!("Content-Length: 0\r\n{chunked}"),
        format!("Connection: keep-alive\r\n{length}{chunked}"),
    ] {
        assert_last(&server, &post(&headers, "0\r\n\r\n"), 200);
        assert_last(&server, &post(&headers, "3\r\nabc\r\n0\r\n\r\n"), 200);
    }
}

#[test]
fn a_coding_that_does_not_end_with_chunked_gets_400() {
    let server = Server::start(&[]);
    for codings in [
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 0\r\n",
        "Transfer-Encoding:\r\n",
    ] {
        assert_last(&server, &post(codings, "0\r\n\r\n"), 400);
    }
    let old = "POST /fibo/10 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_last(&server, old, 400);
}

#[test]
fn headers_that_servers_read_differently_get_400() {
    let server = Server::start(&[]);
    for headers in [
        // A space before the colon.
        "Content-Length : 0\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        // A line folded into the one before.
        "X: a\r\n Content-Length: 37\r\n",
        "X: a\r\n\tTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        // A carriage return that ends no line.
        "X: a\rContent-Length: 37\r\n",
        "X: a\r\r\n",
        "X\r: a\r\n",
        "\rContent-Length: 37\r\n",
        "Transfer-Encoding: chunked\r\rX: a\r\n",
        // Bytes that no name or value may have.
        ": a\r\n",
        "Content Length: 37\r\n",
        "X: a\0b\r\n",
        "Content-Length\0: 37\r\n",
        "Transfer-Encoding: \u{b}chunked\r\n",
    ] {
        assert_last(&server, &post(headers, ""), 400);
    }
    for start in [
        "GET /fibo/10 HTTP/1.1\rHost: x\r\n\r\n",
        "GET /fibo/10 HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET /fibo/10 HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET /fibo/10 X HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /fibo/10\tHTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        assert_last(&server, start, 400);
    }
}

#[test]
fn chunks_that_servers_read_differently_get_400() {
    let server = Server::start(&[]);
    for body in [
        "+3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "3 3\r\nabc\r\n0\r\n\r\n",
        "3_0\r\nabc\r\n0\r\n\r\n",
        "3.0\r\nabc\r\n0\r\n\r\n",
        "\u{663}\r\nabc\r\n0\r\n\r\n",
        "3\nabc\n0\n\n",
        "3\rabc\r0\r\r",
        "3;a\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "0\r\nContent-Length : 37\r\n\r\n",
    ] {
        assert_last(&server, &post("Transfer-Encoding: chunked\r\n", body), 400);
    }
    // Sizes beyond 64 bits, some of which would wrap around to 0 or 3.
    for size in [
        "10000000000000000",
        "10000000000000003",
        "fffffffffffffffff",
    ] {
        let body = format!("{size}\r\nabc\r\n0\r\n\r\n");
        assert_last(&server, &post("Transfer-Encoding: chunked\r\n", &body), 413);
    }
}
