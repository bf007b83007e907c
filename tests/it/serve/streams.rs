//! Outputs that cannot be written: standard error, and the access log on standard output.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::server::{Server, ask};

const REQUEST: &str = "GET /fibo/10 HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server whose standard error the test cannot read.
struct Mute {
    process: Child,
    address: String,
}

impl Mute {
    fn start(redirection: &str, arguments: &str) -> Mute {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let script = format!(
            "exec '{}' serve --host 127.0.0.1 --port {port} {arguments} {redirection}",
            env!("CARGO_BIN_EXE_perfkit")
        );
        let process = Command::new("bash")
            .args(["-c", &script])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        for _ in 0..600 {
            if TcpStream::connect(&address).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Mute { process, address }
    }

    fn assert_serves(&self) {
        let mut connection = BufReader::new(TcpStream::connect(&self.address).unwrap());
        assert_eq!(ask(&mut connection, REQUEST).0, "HTTP/1.1 200 OK");
    }

    fn stop(mut self) {
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.unwrap().success());
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
    }
}

#[test]
fn serves_without_standard_error() {
    for redirection in [
        "2>/dev/full",
        "2>&-",
        "2> >(true)",
        "2> >(head -1)",
        "2>/dev/full >&2",
    ] {
        // The monitor and the access log fail, and warn, once the server runs.
        let server = Mute::start(redirection, "--monitor /dev/full --access-log");
        server.assert_serves();
        thread::sleep(Duration::from_millis(1300));
        server.assert_serves();
        server.stop();
    }
}

#[test]
fn a_start_that_fails_without_standard_error_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for redirection in ["2>/dev/full", "2>&-", "2> >(true)"] {
        let script = format!(
            "exec '{}' serve --host 127.0.0.1 --port {port} --max-connections 99999999 {redirection}",
            env!("CARGO_BIN_EXE_perfkit")
        );
        let mut process = Command::new("bash").args(["-c", &script]).spawn().unwrap();
        let code = process.wait().unwrap().code();
        assert_eq!(code, Some(2), "{redirection}");
    }
}

#[test]
fn a_full_disk_is_reported_and_lost_lines_are_counted() {
    let mut server = Server::start_after("exec >/dev/full", "--access-log");
    for _ in 0..10 {
        ask(&mut server.connect(), REQUEST);
    }
    let warning = server.hear("warning: cannot write the access log");
    assert!(warning.contains("No space left on device"), "{warning}");
    assert!(warning.contains("tries again later"), "{warning}");
    for _ in 0..10 {
        ask(&mut server.connect(), REQUEST);
    }
    // Enough for a second attempt, which is no news.
    thread::sleep(Duration::from_millis(1500));
    server.signal("-TERM");
    let (status, said, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!said.contains("tries again"), "{said}");
    assert!(
        said.contains("20 lines of the access log were lost: No space left"),
        "{said}"
    );
}

#[test]
fn the_log_continues_once_there_is_room_again() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("access.log");
    // A limit on the size of files, which holds for the log as a full disk does.
    let setup = format!("ulimit -f 1; exec >>'{}'", log.display());
    let mut server = Server::start_after(&setup, "--access-log");
    for _ in 0..50 {
        ask(&mut server.connect(), REQUEST);
    }
    let warning = server.hear("warning: cannot write the access log");
    assert!(warning.contains("File too large"), "{warning}");
    let first = fs::read_to_string(&log).unwrap();
    fs::File::options()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(0)
        .unwrap();
    // Only one block fits again, which may not hold the rest: make room until all is written.
    let mut rest = String::new();
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(500));
        let mut file = fs::File::options()
            .read(true)
            .write(true)
            .open(&log)
            .unwrap();
        let taken = file.read_to_string(&mut rest).unwrap();
        file.set_len(0).unwrap();
        if taken > 0 && (first.clone() + &rest).lines().count() == 50 {
            break;
        }
    }
    server.hear("the access log is written again; 0 lines were lost");
    server.signal("-TERM");
    assert_eq!(server.wait().0.code(), Some(0));
    let whole = first + &rest;
    assert_eq!(whole.lines().count(), 50, "{whole}");
    for line in whole.lines() {
        assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
        assert!(
            line.ends_with("] \"GET /fibo/10 HTTP/1.1\" 200 37"),
            "{line}"
        );
    }
}

#[test]
fn a_line_cut_short_by_an_earlier_run_is_ended_first() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("access.log");
    for (before, expected) in [
        ("127.0.0.1 - - [24/N", "127.0.0.1 - - [24/N\n"),
        ("whole\n", "whole\n"),
        ("", ""),
    ] {
        fs::write(&log, before).unwrap();
        let server = Server::start_after(&format!("exec >>'{}'", log.display()), "--access-log");
        ask(&mut server.connect(), REQUEST);
        server.signal("-TERM");
        assert_eq!(server.wait().0.code(), Some(0));
        let text = fs::read_to_string(&log).unwrap();
        let added = text.strip_prefix(expected).unwrap();
        assert!(added.starts_with("127.0.0.1 - - ["), "{text}");
        assert_eq!(added.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_reader_of_the_log_that_goes_away_or_stalls_stops_nobody() {
    // Goes away: the pipe is closed.
    let mut server = Server::start_after("exec > >(true)", "--access-log");
    ask(&mut server.connect(), REQUEST);
    server.hear("warning: cannot write the access log: Broken pipe");
    assert_eq!(ask(&mut server.connect(), REQUEST).0, "HTTP/1.1 200 OK");
    server.signal("-TERM");
    assert!(
        server
            .wait()
            .1
            .contains("2 lines of the access log were lost")
    );
    // Stalls: nobody reads the pipe, which holds 64 KB.
    let server = Server::start_after(
        "exec > >(exec sleep 60)",
        "--access-log --shutdown-grace 0.5",
    );
    let requests = REQUEST.repeat(100);
    for _ in 0..30 {
        let mut connection = server.connect();
        connection.get_mut().write_all(requests.as_bytes()).unwrap();
        for _ in 0..100 {
            assert_eq!(
                super::server::read_response(&mut connection).0,
                "HTTP/1.1 200 OK"
            );
        }
    }
    server.signal("-TERM");
    let (status, said) = server.wait_after("the access log's output takes nothing");
    assert_eq!(status.code(), Some(0));
    assert!(said.contains(" lines or more were lost"), "{said}");
}
