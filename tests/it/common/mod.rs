//! Shared by the tests of the whole binary.
#![allow(dead_code, clippy::unwrap_used)]

pub mod load;

pub mod page;

pub mod sentences;

pub mod simulated;

pub mod xml;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use perfkit::report::Report;

/// Column names as JMeter 5 writes them.
pub const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

/// Five samples of two labels, small enough to check by hand:
///
/// | label | elapsed       | window    | KB received | KB sent |
/// |-------|---------------|-----------|-------------|---------|
/// | A     | 100, 200, 300 | 0-500 ms  | 3           | 1.5     |
/// | B     | 50, 500 (KO)  | 0-1000 ms | 2           | 1       |
pub fn five_samples() -> String {
    let rows = "\
1700000000000,100,A,200,OK,Users 1-1,text,true,,1024,512,1,1,http://h/a,90,0,5
1700000000000,50,B,200,OK,Users 1-2,text,true,,1024,512,2,2,http://h/b,40,0,5
1700000000100,200,A,200,OK,Users 1-1,text,true,,1024,512,2,2,http://h/a,190,0,0
1700000000200,300,A,200,OK,Users 1-1,text,true,,1024,512,2,2,http://h/a,290,0,0
1700000000500,500,B,500,Internal Server Error,Users 1-2,text,false,\"said \"\"no\"\",\nand hung up\",1024,512,1,1,http://h/b,490,0,0
";
    format!("{HEADER}{rows}")
}

/// One row of [`HEADER`]'s columns.
pub fn row(time_stamp: i64, elapsed: i64, label: &str, success: bool) -> String {
    let code = if success { 200 } else { 500 };
    format!(
        "{time_stamp},{elapsed},{label},{code},OK,Users 1-1,text,{success},,1024,512,1,1,http://h/,{elapsed},0,0\n"
    )
}

/// The report, after the checks that it must pass when it is read again.
pub fn checked(report: Report) -> Report {
    report.check().unwrap();
    report
}

/// Size of charts unless a test sets one: drawing takes a fifth of the time of the default size.
pub const CHART_SIZE: (&str, &str) = ("PERFKIT_CHART_SIZE", "600x400@1x");

/// The binary under test, run in a directory of its own.
pub struct Perfkit {
    pub directory: tempfile::TempDir,
}

impl Perfkit {
    pub fn new() -> Self {
        Perfkit {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A command with a fixed environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("perfkit").unwrap();
        command
            .current_dir(self.directory.path())
            .env_remove("COLUMNS")
            .env("TZ", "UTC")
            .env(CHART_SIZE.0, CHART_SIZE.1)
            .args(arguments);
        command
    }

    /// Runs a command that must succeed, and returns stdout and stderr.
    pub fn run(&self, arguments: &[&str]) -> (String, String) {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    }

    /// Runs a command that must exit with 2 and an empty stdout, and returns the last line of stderr.
    pub fn fail(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        said.lines().last().unwrap_or_default().to_owned()
    }

    /// The aggregate table of results given as text, as CSV.
    pub fn table(&self, results: impl AsRef<[u8]>) -> String {
        self.write("table.jtl", results);
        self.run(&["analyze", "table.jtl", "--format", "csv", "--no-report"])
            .0
    }
}

/// The fixtures' directory.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}
