//! `perfkit analyze --follow` without a terminal: follows a run while it is written, and ends with what
//! `perfkit analyze` reports for the same bytes.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::common::{HEADER, Perfkit, five_samples, row};

/// Longer than anything here takes; only a failure waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// `perfkit analyze --follow`, running.
pub struct Following {
    child: Child,
    said: Arc<Mutex<String>>,
    listener: JoinHandle<()>,
}

impl Following {
    fn start(perfkit: &Perfkit, more: &[&str]) -> Self {
        Following::start_within(None, perfkit, more)
    }

    /// Starts it with a limit on the number of open files, if any.
    pub fn start_within(open_files: Option<u32>, perfkit: &Perfkit, more: &[&str]) -> Self {
        let limit = open_files.map_or_else(String::new, |most| format!("ulimit -n {most}; "));
        let arguments = [
            "analyze",
            "--follow",
            "results.jtl",
            "--charts",
            "none",
            "--interval",
            "0.1s",
        ];
        let mut child = Command::new("bash")
            .args(["-c", &format!("{limit}exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_perfkit"))
            .args([&arguments[..], more].concat())
            .current_dir(perfkit.directory.path())
            .env_remove("COLUMNS")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().unwrap();
        let heard = Arc::clone(&said);
        let listener = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..read]);
                heard.lock().unwrap().push_str(&text);
            }
        });
        Following {
            child,
            said,
            listener,
        }
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until stderr contains a text.
    pub fn hear(&self, what: &str) {
        let began = Instant::now();
        while !self.said().contains(what) {
            assert!(
                began.elapsed() < PATIENCE,
                "no `{what}` in:\n{}",
                self.said()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the most memory that it has taken so far, in bytes.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.unwrap().trim().trim_end_matches(" kB");
        peak.parse::<u64>().unwrap() * 1024
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the exit, and returns exit status, stdout and stderr.
    fn end(mut self) -> (ExitStatus, String, String) {
        let mut printed = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut printed).unwrap();
        let status = self.child.wait().unwrap();
        self.listener.join().unwrap();
        let said = self.said.lock().unwrap().clone();
        (status, printed, said)
    }
}

pub fn append(perfkit: &Perfkit, text: impl AsRef<[u8]>) {
    let path = perfkit.path("results.jtl");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_ref()).unwrap();
}

/// Checks that following ends with the output and report of analyzing the same file.
pub fn check_end(perfkit: &Perfkit, following: Following, more: &[&str], format: &str) {
    let (status, printed, said) = following.end();
    assert_eq!(status.code(), Some(0), "{said}");
    let followed = fs::read_to_string(perfkit.path("followed/report.json")).unwrap();
    let arguments = ["analyze", "results.jtl", "--charts", "none", "-o", "whole"];
    let (whole, _) = perfkit.run(&[&arguments[..], &["--format", format], more].concat());
    assert_eq!(printed, whole);
    assert_eq!(followed, perfkit.read("whole/report.json"));
    assert_eq!(
        perfkit.read("followed/report.html"),
        perfkit.read("whole/report.html")
    );
}

#[test]
fn follows_a_run_from_a_missing_file_to_a_truncated_last_line() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let perfkit = Perfkit::new();
        let following = Following::start(&perfkit, &["--format", "csv", "-o", "followed"]);
        following.hear("results.jtl: waiting for the file");
        let samples = five_samples();
        let quoted = samples.find("said").unwrap();
        append(&perfkit, &samples[..20]);
        following.hear("results.jtl: waiting for the first row");
        append(&perfkit, &samples[20..quoted + 13]);
        following.hear(": 4 samples");
        append(&perfkit, &samples[quoted + 13..]);
        following.hear(": 5 samples");
        append(&perfkit, row(1_700_000_002_000, 70, "C", true));
        following.hear(": 6 samples");
        append(&perfkit, "1700000003000,5,C,2");
        following.signal(signal);
        check_end(&perfkit, following, &[], "csv");
    }
}

#[test]
fn other_encodings_are_followed() {
    let samples = five_samples().replace(",A,", ",Größe,");
    // The first row is ASCII in both.
    let start = format!("{HEADER}{}", row(1_700_000_000_000, 7, "Login", true));
    let samples = start.clone() + samples.strip_prefix(HEADER).unwrap();
    let utf_16: Vec<u8> = samples.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = samples.chars().map(|letter| letter as u8).collect();
    for bytes in [utf_16, latin] {
        let perfkit = Perfkit::new();
        let following = Following::start(&perfkit, &["--format", "csv", "-o", "followed"]);
        let width = bytes.len() / samples.chars().count();
        let (start, rest) = bytes.split_at(width * start.len());
        let (some, others) = rest.split_at(rest.len() / 2 + 1);
        append(&perfkit, start);
        following.hear(": 1 sample;");
        append(&perfkit, some);
        append(&perfkit, others);
        following.hear(": 6 samples");
        following.signal("-INT");
        check_end(&perfkit, following, &[], "csv");
        let table = perfkit
            .run(&["analyze", "results.jtl", "--format", "csv", "--no-report"])
            .0;
        assert!(table.contains("\nGröße,3,"), "{table}");
    }
}

/// Lines may end with a carriage return alone, wherever the file ends while it grows.
#[test]
fn carriage_returns_are_followed() {
    let perfkit = Perfkit::new();
    let text = five_samples().replace('\n', "\r");
    let (start, rest) = text.split_at(HEADER.len());
    let (middle, end) = rest.split_at(100);
    append(&perfkit, start);
    let following = Following::start(&perfkit, &["--format", "csv", "-o", "followed"]);
    append(&perfkit, middle);
    append(&perfkit, end);
    following.hear(": 5 samples");
    following.signal("-INT");
    check_end(&perfkit, following, &[], "csv");
}

#[test]
fn until_idle_ends_following() {
    let perfkit = Perfkit::new();
    let following = Following::start(
        &perfkit,
        &["--until-idle", "2.5s", "--format", "json", "-o", "followed"],
    );
    append(&perfkit, five_samples());
    following.hear("whole run 5.0/s, 20.000% errors, median 200 ms");
    check_end(&perfkit, following, &[], "json");
}

#[test]
fn a_replaced_file_starts_a_new_run() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let following = Following::start(&perfkit, &["--format", "csv", "-o", "followed"]);
    following.hear(": 5 samples");
    perfkit.write(
        "other.jtl",
        format!("{HEADER}{}", row(1_800_000_000_000, 7, "D", true)),
    );
    fs::rename(perfkit.path("other.jtl"), perfkit.path("results.jtl")).unwrap();
    following.hear("results.jtl: was replaced");
    following.hear(": 1 sample;");
    // Rewritten in place.
    perfkit.write(
        "results.jtl",
        format!("{HEADER}{}", row(1_900_000_000_000, 8, "E", true).repeat(3)),
    );
    following.hear("results.jtl: was emptied or rewritten");
    following.hear(": 3 samples");
    following.signal("-INT");
    check_end(&perfkit, following, &[], "csv");
}

/// Whatever takes the place of the results, the report of what was read comes first.
#[test]
fn a_file_that_cannot_be_read_any_further_costs_no_report() {
    let gzip = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0];
    let xml = "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n</testResults>\n";
    for (what, why) in [
        (None, "results.jtl: is a directory"),
        (Some(&gzip[..]), "results.jtl: is compressed"),
        (Some(xml.as_bytes()), "results.jtl: is XML"),
        (Some(b"no results\n"), "neither a JTL header nor a row"),
    ] {
        let perfkit = Perfkit::new();
        perfkit.write("results.jtl", five_samples());
        let following = Following::start(&perfkit, &["--format", "csv", "-o", "followed"]);
        following.hear(": 5 samples");
        match what {
            Some(bytes) => {
                perfkit.write("other", bytes);
                fs::rename(perfkit.path("other"), perfkit.path("results.jtl")).unwrap();
            }
            None => {
                fs::remove_file(perfkit.path("results.jtl")).unwrap();
                fs::create_dir(perfkit.path("results.jtl")).unwrap();
            }
        }
        let (status, table, said) = following.end();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(
            said.contains("was replaced") && said.contains(why),
            "{said}"
        );
        assert!(table.contains("\nTOTAL,5,"), "{table}");
        assert_eq!(perfkit.read("followed/aggregate.csv"), table);
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_is_refused_rather_than_waited_for() {
    let perfkit = Perfkit::new();
    let made = Command::new("mkfifo")
        .arg(perfkit.path("results.jtl"))
        .status();
    assert!(made.unwrap().success());
    let (status, _, said) = Following::start(&perfkit, &[]).end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains("is not a regular file and cannot be followed"),
        "{said}"
    );
}

#[test]
fn selections_that_depend_on_the_whole_run_match_analyze() {
    // The run's start and end, labels and threads change as it goes on.
    for options in [
        &["--from", "+1s", "--to", "-1s"][..],
        &["--sub-results", "exclude"],
        &["--trim-ramp"],
        &["--include", "^[AB]", "--rename", "s/A/Z/", "--only-success"],
    ] {
        let perfkit = Perfkit::new();
        let more = [&["--format", "csv", "-o", "followed"][..], options].concat();
        let following = Following::start(&perfkit, &more);
        append(&perfkit, HEADER);
        let rows = |seconds: std::ops::Range<i64>, label: &str| {
            seconds
                .map(|second| row(1_700_000_000_000 + second * 500, 10, label, true))
                .collect::<String>()
        };
        append(&perfkit, rows(0..10, "A-0"));
        following.hear("samples");
        append(&perfkit, rows(10..20, "A"));
        append(&perfkit, rows(20..30, "B"));
        thread::sleep(Duration::from_millis(1_500));
        append(&perfkit, rows(30..33, "A-1"));
        following.signal("-INT");
        check_end(&perfkit, following, options, "csv");
    }
}

#[test]
fn criteria_set_the_exit_code() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let following = Following::start(
        &perfkit,
        &[
            "--until-idle",
            "0.5s",
            "--no-report",
            "--fail-if",
            "B: error% > 10%",
        ],
    );
    let (status, printed, _) = following.end();
    assert_eq!(status.code(), Some(1));
    assert!(printed.contains("**The criterion failed**"), "{printed}");
}

#[test]
fn strict_stops_at_a_malformed_row() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    let following = Following::start(&perfkit, &["--strict", "--no-report"]);
    following.hear(": 5 samples");
    append(&perfkit, "nonsense\n");
    let (status, printed, said) = following.end();
    assert_eq!((status.code(), printed.as_str()), (Some(2), ""));
    assert!(said.contains("results.jtl:8"), "{said}");
}

#[test]
fn a_missing_or_empty_file_fails_as_in_analyze() {
    for bytes in [None, Some(""), Some("ti"), Some(HEADER)] {
        let perfkit = Perfkit::new();
        if let Some(bytes) = bytes {
            perfkit.write("results.jtl", bytes);
        }
        let following = Following::start(&perfkit, &["--until-idle", "0.3s", "--no-report"]);
        let (status, printed, said) = following.end();
        assert_eq!((status.code(), printed.as_str()), (Some(2), ""), "{said}");
        let whole = perfkit.fail(&["analyze", "results.jtl", "--no-report"]);
        assert_eq!(said.lines().last(), Some(whole.as_str()));
    }
}

#[test]
fn inputs_that_cannot_be_followed_are_rejected() {
    let perfkit = Perfkit::new();
    perfkit.write("results.jtl", five_samples());
    perfkit.write(
        "results.xml",
        "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n",
    );
    perfkit.write("part.summary", b"\x93PKSUM\r\n and more");
    perfkit.write("results.jtl.gz", b"\x1F\x8B\x08\x00\x00\x00");
    let refused =
        |arguments: &[&str]| perfkit.fail(&[&["analyze", "--follow"], arguments].concat());
    let errors = [
        refused(&["results.jtl", "results.jtl"]),
        refused(&["-"]),
        refused(&["part.summary"]),
        refused(&["results.jtl.gz"]),
        refused(&["results.xml"]),
        refused(&["."]),
        refused(&["results.jtl", "--from", "soon"]),
        refused(&["results.jtl", "--timezone", "Nowhere"]),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

/// Requests a path, and returns the response once `is_all` accepts it or the server closes.
fn ask(address: &str, path: &str, is_all: impl Fn(&str) -> bool) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = connection.read(&mut buffer).unwrap();
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        if read == 0 || is_all(&text) {
            return text.into_owned();
        }
    }
}

#[test]
fn listen_serves_the_run_in_progress() {
    let perfkit = Perfkit::new();
    let options = ["--listen", "0", "--format", "csv", "-o", "followed"];
    let following = Following::start(&perfkit, &options);
    following.hear("the live report is at ");
    let said = following.said();
    let address = said.split("http://").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{said}");
    let is_page = |answer: &str| answer.ends_with("</html>\n");
    assert!(ask(address, "/", is_page).contains("Waiting for the first sample."));
    append(&perfkit, five_samples());
    let events = ask(address, "/events", |answer| answer.contains("data: 1\n"));
    assert!(
        events.contains("content-type: text/event-stream"),
        "{events}"
    );
    assert!(ask(address, "/", is_page).contains("<dt>Samples</dt><dd><span>5</span></dd>"));
    append(&perfkit, row(1_700_000_002_000, 70, "C", true));
    // An open event stream gets the newer state, and the end.
    let has_newer = AtomicBool::new(false);
    let events = ask(address, "/events", |answer| {
        if answer.contains("data: 2\n") && !has_newer.swap(true, Ordering::Relaxed) {
            following.signal("-INT");
        }
        answer.contains("event: end")
    });
    assert!(events.contains("event: end"), "{events}");
    check_end(&perfkit, following, &[], "csv");
}
