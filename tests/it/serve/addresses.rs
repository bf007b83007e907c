//! What `--host` accepts.

use predicates::str::contains;

use super::server::{Server, ask};

const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_name_stands_for_all_its_addresses() {
    let server = Server::start_at("localhost");
    let first = server.said.lines().next().unwrap();
    let addresses: Vec<&str> = first
        .split(" serves on ")
        .nth(1)
        .unwrap()
        .split(" and ")
        .collect();
    let mut ports: Vec<&str> = Vec::new();
    for address in addresses {
        let ip = address.parse::<std::net::SocketAddr>().unwrap().ip();
        assert!(ip.is_loopback(), "{address}");
        ports.push(address.rsplit(':').next().unwrap());
        let mut connection = super::server::connect(address);
        assert_eq!(ask(&mut connection, REQUEST).2, "ok\n");
    }
    ports.dedup();
    assert_eq!(ports.len(), 1, "{first}");
    server.signal("-TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn addresses_may_have_brackets() {
    let server = Server::start_at("[::1]");
    assert!(server.address.starts_with("[::1]:"), "{}", server.address);
    assert_eq!(ask(&mut server.connect(), REQUEST).2, "ok\n");
}

#[test]
fn other_hosts_are_errors_that_say_what_to_do() {
    for (host, message) in [
        ("localhost:8080", "write --host localhost --port 8080"),
        ("127.0.0.1:8080", "write --host 127.0.0.1 --port 8080"),
        ("no.such.name.invalid", "no address found for this name"),
        ("", "no address found for this name"),
        ("203.0.113.9", "this machine has no such address"),
    ] {
        assert_cmd::Command::cargo_bin("perfkit")
            .unwrap()
            .args(["serve", "--port", "0", "--host", host])
            .assert()
            .code(2)
            .stderr(contains(message));
    }
}
