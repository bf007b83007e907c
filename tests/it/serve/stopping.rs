//! Stopping: which requests are still answered, and which signals stop the server.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::server::{Server, ask, read_response};

const REQUEST: &str = "GET /fibo/10 HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends SIGTERM while the server stands still, so that it finds all that `prepare` does afterwards.
fn stop_after<T>(server: &Server, prepare: impl FnOnce() -> T) -> T {
    server.signal("-STOP");
    // The signal takes a moment to arrive.
    thread::sleep(Duration::from_millis(100));
    let prepared = prepare();
    server.signal("-TERM");
    server.signal("-CONT");
    prepared
}

fn assert_answered_and_closed(connection: &mut BufReader<TcpStream>) {
    // The response announces the end, unless it was ready before the server saw the signal.
    let (status, _, body) = read_response(connection);
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("\"index\":\"10\""), "{body}");
    assert_eq!(connection.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn connections_that_wait_to_be_accepted_are_answered() {
    let server = Server::start(&[]);
    let connections = stop_after(&server, || {
        (0..50)
            .map(|_| {
                let mut connection = server.connect();
                connection.get_mut().write_all(REQUEST.as_bytes()).unwrap();
                connection
            })
            .collect::<Vec<_>>()
    });
    for mut connection in connections {
        assert_answered_and_closed(&mut connection);
    }
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(said.contains("served 50 requests, 0 errors"), "{said}");
}

#[test]
fn connections_without_a_request_are_closed_and_not_reset() {
    let server = Server::start(&["--shutdown-grace", "3600"]);
    let connections = stop_after(&server, || {
        (0..20).map(|_| server.connect()).collect::<Vec<_>>()
    });
    for mut connection in connections {
        assert_eq!(connection.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn a_request_that_arrives_with_the_signal_is_answered() {
    let server = Server::start(&[]);
    let mut connections: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for connection in &mut connections {
        ask(connection, REQUEST);
    }
    stop_after(&server, || {
        for connection in &mut connections {
            connection.get_mut().write_all(REQUEST.as_bytes()).unwrap();
        }
    });
    for connection in &mut connections {
        assert_answered_and_closed(connection);
    }
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn waiting_connections_beyond_the_limit_are_answered() {
    let server = Server::start(&["--max-connections", "2"]);
    // A connection that is answered at once would make room for the next. Half a request holds its place.
    let (half, rest) = REQUEST.split_at(REQUEST.len() / 2);
    let connections = stop_after(&server, || {
        [half, half, REQUEST, REQUEST].map(|text| {
            let mut connection = server.connect();
            connection.get_mut().write_all(text.as_bytes()).unwrap();
            connection
        })
    });
    let [mut first, mut second, third, fourth] = connections;
    for mut refused in [third, fourth] {
        let (status, _, body) = read_response(&mut refused);
        assert_eq!(status, "HTTP/1.1 503 Service Unavailable", "{body}");
    }
    for served in [&mut first, &mut second] {
        served.get_mut().write_all(rest.as_bytes()).unwrap();
        assert_answered_and_closed(served);
    }
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn under_load_every_client_learns_of_the_end_from_a_response() {
    let server = Server::start(&[]);
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let mut connection = server.connect();
            thread::spawn(move || {
                loop {
                    let (status, headers, _) = ask(&mut connection, REQUEST);
                    assert_eq!(status, "HTTP/1.1 200 OK");
                    if headers.contains("connection: close") {
                        break;
                    }
                }
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    server.signal("-TERM");
    for client in clients {
        client.join().unwrap();
    }
    assert_eq!(server.wait().0.code(), Some(0));
}

/// `env` undoes what whoever started the tests did: `nohup` makes them ignore the signal.
#[test]
#[cfg(target_os = "linux")]
fn a_hang_up_stops_it_like_the_other_signals() {
    let server = Server::start_under("env --default-signal=HUP");
    let mut connection = server.connect();
    ask(&mut connection, REQUEST);
    server.signal("-HUP");
    assert_eq!(connection.read_to_end(&mut Vec::new()).unwrap(), 0);
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(said.contains("served 1 request, "), "{said}");
}

#[test]
fn an_ignored_hang_up_stays_ignored() {
    let server = Server::start_after("trap '' HUP", "");
    server.signal("-HUP");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(600) {
        assert_eq!(ask(&mut server.connect(), REQUEST).0, "HTTP/1.1 200 OK");
        thread::sleep(Duration::from_millis(50));
    }
    server.signal("-TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}
