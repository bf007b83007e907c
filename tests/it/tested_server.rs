//! `--server` and `--monitor`: the hardware and resource usage of the tested server.

use crate::common::{Perfkit, five_samples};
use crate::serve::server::Server;

const MONITOR: &str = "\
time_ms,process_cpu_percent,machine_cpu_percent,resident_bytes,connections,requests_per_second,p50_ms,p95_ms,p99_ms
1699999999000,1.0,2.0,10485760,0,0.0,,,
1700000000500,95.0,99.0,10485760,2,4.0,0.1,0.4,0.5
1700000001500,10.0,20.0,20971520,1,1.0,0.2,0.3,0.9
1700000099000,99.0,99.0,10485760,0,0.0,,,
";

#[test]
fn the_server_reports_its_hardware() {
    let server = Server::start(&[]);
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let url = format!("http://{}", server.address);
    let (printed, said) = perfkit.run(&["analyze", "results.jtl", "--no-report", "--server", &url]);
    let (details, _) = perfkit.run(&["platform"]);
    let memory = details
        .lines()
        .find(|line| line.contains("Memory"))
        .unwrap();
    let memory = memory.split('|').nth(2).unwrap().trim();
    let platform = printed
        .lines()
        .find(|line| line.contains("**Platform**"))
        .unwrap();
    assert!(platform.contains(memory), "{platform} has no {memory}");
    assert!(!said.contains("not named"), "{said}");
    // With a name, the hardware has a line of its own.
    let arguments = [
        "analyze",
        "results.jtl",
        "--no-report",
        "--platform=Pi",
        "--server",
        &url,
    ];
    let (printed, _) = perfkit.run(&arguments);
    let details: Vec<&str> = printed.lines().skip(2).take(3).collect();
    assert!(details[0].starts_with("| **Platform** | Pi "), "{printed}");
    assert!(details[1].starts_with("| **Hardware** | ") && details[1].contains(memory));
}

/// Answers every request of a listener with this text.
fn answering(answer: &'static str) -> String {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _read = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn a_server_that_does_not_know_its_hardware_is_a_note_if_the_platform_is_named() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    for (answer, why) in [
        (
            "HTTP/1.1 404 NOT FOUND\r\nContent-Length: 9\r\n\r\nnot found",
            "it answered 404 Not Found",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>",
            "its answer is not a machine's details",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
            "its answer is not a machine's details",
        ),
    ] {
        let url = answering(answer);
        let analyze = ["analyze", "results.jtl", "--no-report", "--server", &url];
        for named in ["--platform=Pi 5", "--detail=Server=Flask"] {
            let (printed, said) = perfkit.run(&[&analyze[..], &[named]].concat());
            let note = format!("note: {url} does not report its hardware at /platform ({why}),");
            assert!(said.contains(&note), "{said}");
            let value = named.rsplit('=').next().unwrap();
            assert!(printed.contains(&format!("| {value} ")), "{printed}");
            assert!(!printed.contains("Hardware"), "{printed}");
        }
        for unnamed in [&[][..], &["--detail=Commit=abc"]] {
            let error = perfkit.fail(&[&analyze[..], unnamed].concat());
            assert!(
                error.contains(why) && error.ends_with("with --platform TEXT"),
                "{error}"
            );
        }
    }
    // Nothing answers: probably a mistake in the address.
    let error = perfkit.fail(&[
        "analyze",
        "results.jtl",
        "--platform=Pi 5",
        "--server=http://127.0.0.1:1",
    ]);
    assert!(
        error.ends_with("is `perfkit serve` running there?"),
        "{error}"
    );
}

#[test]
fn each_server_has_its_block_whatever_the_results_are_called() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("README.md", "");
    let update = |kernel: &str, cpu: &str| {
        let body = format!(
            "{{\"cpu\":\"{cpu}\",\"threads\":4,\"memory_bytes\":8000000000,\"os\":\"Debian {kernel}\",\
             \"kernel\":\"{kernel}\",\"perfkit\":\"0.1.0\"}}"
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let url = answering(answer.leak());
        let fixed = [
            "analyze",
            "results.jtl",
            "--no-report",
            "--update=README.md",
        ];
        perfkit.run(&[&fixed[..], &["--server", &url]].concat()).1
    };
    update("12", "Pi 4");
    update("12", "Pi 5");
    let said = update("13", "Pi 4");
    assert!(
        said.contains(": replaced the block of Pi 4 (4 threads), 8 GB, Debian of 2023-11-14"),
        "{said}"
    );
    let readme = perfkit.read("README.md");
    assert_eq!(readme.matches("perfkit:begin").count(), 2, "{readme}");
    assert!(readme.contains("Debian 13, Linux 13"), "{readme}");
}

#[test]
fn an_unreachable_server_fails_before_results_are_read() {
    let perfkit = Perfkit::new();
    // The results do not exist: reading them first would give another error.
    let fail = |url: &str| perfkit.fail(&["analyze", "missing.jtl", "--server", url]);
    let error = fail("http://127.0.0.1:1");
    assert!(
        error.starts_with(
            "perfkit: error: http://127.0.0.1:1: cannot ask the server about its machine: "
        ) && error.ends_with("is `perfkit serve` running there?"),
        "{error}"
    );
    for url in [
        "127.0.0.1",
        "https://127.0.0.1:5000",
        "http://",
        "nonsense at all",
    ] {
        assert!(
            fail(url).contains("is not the address of a server"),
            "{url}"
        );
    }
    let server = Server::start(&[]);
    let elsewhere = format!("http://{}/platform", server.address);
    perfkit.write("results.jtl", five_samples());
    perfkit.run(&[
        "analyze",
        "results.jtl",
        "--no-report",
        "--server",
        &elsewhere,
    ]);
}

#[test]
fn the_monitor_file_gives_resource_usage() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write("usage.csv", MONITOR);
    let arguments = [
        "analyze",
        "results.jtl",
        "--platform",
        "x",
        "--monitor",
        "usage.csv",
    ];
    let (_, said) = perfkit.run(&arguments);
    let verdict = "The server was saturated: its process used 90% of the machine's CPU or more in 1 \
                   of 2 s, 52% on average. Its memory reached 20.0 MB. At most 2 connections \
                   were open at the end of any second.";
    assert!(said.contains(verdict), "{said}");
    let report = perfkit.read("results-report/report.md");
    assert!(
        report.contains(&format!("## Server\n\n{verdict}\n")),
        "{report}"
    );
    for chart in ["cpu", "memory", "connections", "response-time"] {
        let link = format!("](charts/server-{chart}-over-time.png)");
        assert!(report.contains(&link), "{link}");
    }
    let json: perfkit::report::Report =
        serde_json::from_str(&perfkit.read("results-report/report.json")).unwrap();
    assert_eq!(json.resources.unwrap().rows.len(), 2);
}

#[test]
fn a_monitor_file_of_another_run_is_rejected() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let header = MONITOR.lines().next().unwrap();
    let row = |time: i64| format!("{header}\n{time},1.0,2.0,10485760,0,0.0,,,\n");
    perfkit.write("later.csv", row(1_800_000_000_000));
    perfkit.write("empty.csv", format!("{header}\n"));
    perfkit.write("other.csv", "a,b\n1,2\n");
    for (file, expected) in [
        (
            "later.csv",
            "it belongs to another run, or the clocks of the two machines differ",
        ),
        ("empty.csv", "holds no rows"),
        (
            "other.csv",
            "give a file that `perfkit serve --monitor` wrote",
        ),
        ("missing.csv", "cannot read missing.csv"),
    ] {
        let error = perfkit.fail(&["analyze", "results.jtl", "--monitor", file]);
        assert!(error.contains(expected), "{file}: {error}");
    }
    assert!(!perfkit.path("results-report").exists());
}
