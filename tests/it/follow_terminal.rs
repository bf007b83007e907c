//! `perfkit analyze --follow` on a terminal: it takes the whole screen, and always restores it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Perfkit, five_samples};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longer than anything here takes; only a failure waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

const ENTER_SCREEN: &str = "\x1b[?1049h";
const LEAVE_SCREEN: &str = "\x1b[?1049l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// A terminal in which perfkit follows a file.
struct Terminal {
    keys: File,
    device: File,
    shown: Arc<Mutex<String>>,
    child: Child,
}

impl Terminal {
    fn follow(perfkit: &Perfkit, more: &[&str], no_color: &str) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let mut options = OpenOptions::new();
        let device = options.read(true).write(true);
        let device = device.open(name.to_str().unwrap()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&device, size).unwrap();
        let keys = File::from(controller);
        let mut screen = keys.try_clone().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&shown);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..read]);
                seen.lock().unwrap().push_str(&text);
            }
        });
        let stdio = || Stdio::from(device.try_clone().unwrap());
        let arguments = ["analyze", "--follow", "results.jtl", "--no-report"];
        let child = Command::new(env!("CARGO_BIN_EXE_perfkit"))
            .args([&arguments[..], more].concat())
            .current_dir(perfkit.directory.path())
            .env("TERM", "xterm")
            .env("NO_COLOR", no_color)
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        Terminal {
            keys,
            device,
            shown,
            child,
        }
    }

    fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    fn see(&self, what: &str) {
        let began = Instant::now();
        while !self.shown().contains(what) {
            assert!(began.elapsed() < PATIENCE, "no `{what}`: {}", self.shown());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the terminal delivers keys as typed, not line by line.
    fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.device).unwrap().local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }
}

/// Follows five samples until `end` stops it, and returns the exit code and the output after the screen.
fn ended_by(more: &[&str], end: impl FnOnce(&mut Terminal, &Perfkit)) -> (Option<i32>, String) {
    let perfkit = Perfkit::new();
    let mut terminal = Terminal::follow(&perfkit, more, "");
    terminal.see("waiting for the file");
    perfkit.write("results.jtl", five_samples());
    terminal.see("Newest errors");
    assert!(terminal.is_raw());
    assert!(terminal.shown().contains(ENTER_SCREEN));
    end(&mut terminal, &perfkit);
    let status = terminal.child.wait().unwrap();
    terminal.see(LEAVE_SCREEN);
    terminal.see(SHOW_CURSOR);
    assert!(!terminal.is_raw());
    // The last output may still be in transit.
    terminal.see(match status.code() {
        Some(0) => "Markdown to paste",
        _ => "perfkit: error: ",
    });
    let shown = terminal.shown();
    let behind = shown.split(LEAVE_SCREEN).nth(1).unwrap().to_owned();
    (status.code(), behind)
}

#[test]
fn keys_and_signals_restore_the_terminal_and_print_the_report() {
    for keys in ["q", "Q", "\x1b", "\x03"] {
        let (code, behind) = ended_by(&[], |terminal, _| {
            terminal.keys.write_all(keys.as_bytes()).unwrap();
        });
        assert_eq!(code, Some(0), "{keys:?}");
        assert!(behind.contains("5 rows read: 5 counted"), "{behind}");
    }
    for signal in ["-TERM", "-INT", "-HUP"] {
        let (code, behind) = ended_by(&[], |terminal, _| {
            let pid = terminal.child.id().to_string();
            let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
            assert!(sent.success());
        });
        assert_eq!(code, Some(0), "{signal}");
        assert!(behind.contains("TOTAL"), "{behind}");
    }
}

#[test]
fn an_error_restores_the_terminal() {
    let (code, behind) = ended_by(&["--strict"], |_, perfkit| {
        let path = perfkit.path("results.jtl");
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"nonsense\n").unwrap();
    });
    assert_eq!(code, Some(2));
    assert!(behind.contains("perfkit: error: results.jtl:8"), "{behind}");
}

#[test]
fn no_color_disables_color() {
    // An empty value does not count.
    for (no_color, has_colors) in [("", true), ("1", false)] {
        let perfkit = Perfkit::new();
        perfkit.write("results.jtl", five_samples());
        let mut terminal = Terminal::follow(&perfkit, &["--until-idle", "1s"], no_color);
        terminal.child.wait().unwrap();
        terminal.see("Markdown to paste");
        let shown = terminal.shown();
        assert!(shown.contains("Newest errors"), "{shown}");
        // The start of an escape sequence for a foreground colour.
        assert_eq!(shown.contains("\x1b[38;5;"), has_colors, "{shown}");
    }
}
