//! A server process and a client for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A server for one test, stopped when dropped.
pub struct Server {
    process: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// Its stderr up to the line with its address.
    pub said: String,
    pub address: String,
}

impl Server {
    /// Starts `perfkit serve` on a free port.
    pub fn start(arguments: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
        command.args(["serve", "--host", "127.0.0.1", "--port", "0"]);
        Server::run(command.args(arguments))
    }

    /// Starts it on a free port of `host`.
    pub fn start_at(host: &str) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
        Server::run(command.args(["serve", "--host", host, "--port", "0"]))
    }

    /// Starts it from bash, after `setup`, such as a limit or a redirection.
    pub fn start_after(setup: &str, arguments: &str) -> Server {
        let script = format!(
            "{setup}; exec '{}' serve --host 127.0.0.1 --port 0 {arguments}",
            env!("CARGO_BIN_EXE_perfkit")
        );
        Server::run(Command::new("bash").args(["-c", &script]))
    }

    /// Starts it by a command that runs another, such as `env`.
    pub fn start_under(wrapper: &str) -> Server {
        let script = format!(
            "exec {wrapper} '{}' serve --host 127.0.0.1 --port 0",
            env!("CARGO_BIN_EXE_perfkit")
        );
        Server::run(Command::new("bash").args(["-c", &script]))
    }

    fn run(command: &mut Command) -> Server {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains(" serves on ") {
            assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
        }
        let address = said.trim().rsplit(' ').next().unwrap().to_owned();
        Server {
            process,
            stderr,
            said,
            address,
        }
    }

    /// Reads stderr up to the first line that contains `text`, and returns that line.
    pub fn hear(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "{text}");
            if line.contains(text) {
                return line;
            }
        }
    }

    pub fn connect(&self) -> BufReader<TcpStream> {
        connect(&self.address)
    }

    /// Sends a signal, such as "-TERM".
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the exit, and returns stderr after the first line, and stdout.
    pub fn wait(mut self) -> (ExitStatus, String, String) {
        let (mut said, mut printed) = (String::new(), String::new());
        self.stderr.read_to_string(&mut said).unwrap();
        self.process
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        (self.process.wait().unwrap(), said, printed)
    }

    /// Waits for the exit, and returns stderr up to the line with `text`. Other processes may hold stderr
    /// and stdout open.
    pub fn wait_after(mut self, text: &str) -> (ExitStatus, String) {
        let line = self.hear(text);
        (self.process.wait().unwrap(), line)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
    }
}

/// Connects to a server.
pub fn connect(address: &str) -> BufReader<TcpStream> {
    let connection = TcpStream::connect(address).unwrap();
    // A server that hangs fails the test.
    let patience = Duration::from_secs(30);
    connection.set_read_timeout(Some(patience)).unwrap();
    BufReader::new(connection)
}

/// Sends a request and reads one response: status line, headers, body.
pub fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> (String, String, String) {
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    read_response(connection)
}

/// Reads one response: status line, headers, body.
pub fn read_response(connection: &mut BufReader<TcpStream>) -> (String, String, String) {
    let mut status = String::new();
    connection.read_line(&mut status).unwrap();
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        headers.push_str(&line.to_lowercase());
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (
        status.trim().to_owned(),
        headers,
        String::from_utf8(body).unwrap(),
    )
}
