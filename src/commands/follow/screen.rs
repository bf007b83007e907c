//! Shows a run in progress, on a terminal's screen or as lines.

use std::io::{self, BufWriter, IsTerminal, Stderr, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::render::live::{self, Sort, View};
use crate::report::Live;
use crate::stderr;

/// Number of labels that Page Up and Page Down scroll.
const PAGE: usize = 10;

/// Whether the terminal must be restored.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The state of a run, to be shown.
pub struct State<'s> {
    /// The file's name.
    pub name: &'s str,
    /// The run so far; `None` before the first row.
    pub live: Option<&'s Live>,
    /// The state in a few words.
    pub words: &'s str,
    /// Whether something is wrong.
    pub is_warning: bool,
}

/// Shows a run in progress.
pub enum Screen {
    /// A terminal's whole screen.
    Full(Full),
    /// Lines on standard error.
    Lines(Lines),
}

impl Screen {
    /// Opens a full screen if standard error is a terminal that supports it; otherwise prints lines at
    /// this interval. `address` is the URL of the page.
    pub fn open(interval: Duration, address: Option<String>) -> Self {
        match Full::open(address) {
            Some(full) => Screen::Full(full),
            None => Screen::Lines(Lines {
                interval,
                last: Instant::now(),
                last_line: String::new(),
            }),
        }
    }

    /// Shows the state of the run, if it is due.
    pub fn show(&mut self, state: &State<'_>) {
        match self {
            Screen::Full(full) => full.draw(state),
            Screen::Lines(lines) => lines.print(state),
        }
    }

    /// Waits for this time, or until a key is pressed. Returns whether the user wants to end.
    pub fn wait(&mut self, time: Duration) -> bool {
        match self {
            Screen::Full(full) => full.wait(time),
            Screen::Lines(_) => {
                std::thread::sleep(time);
                false
            }
        }
    }

    /// Prints a note; a full screen keeps it until it closes.
    pub fn note(&mut self, note: String) {
        match self {
            Screen::Full(full) => full.notes.push(note),
            Screen::Lines(_) => stderr::say(format_args!("perfkit: note: {note}")),
        }
    }
}

/// Lines on standard error, an interval apart.
pub struct Lines {
    interval: Duration,
    last: Instant,
    /// The last line printed.
    last_line: String,
}

impl Lines {
    fn print(&mut self, state: &State<'_>) {
        if self.last.elapsed() < self.interval {
            return;
        }
        self.last = Instant::now();
        let line = match state.live {
            Some(live) => live::line(live),
            None => format!("{}: {}", state.name, state.words),
        };
        // Do not repeat a line.
        if line != self.last_line {
            stderr::say(format_args!("perfkit: {line}"));
            self.last_line = line;
        } else if state.is_warning {
            stderr::say(format_args!("perfkit: {}", state.words));
        }
    }
}

/// A terminal's whole screen; dropping it restores the terminal.
pub struct Full {
    terminal: Terminal<CrosstermBackend<BufWriter<Stderr>>>,
    has_colors: bool,
    /// The address of the live page; empty without one.
    address: String,
    first_label: usize,
    sort: Option<Sort>,
    notes: Vec<String>,
}

impl Full {
    fn open(address: Option<String>) -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if is_dumb || !io::stderr().is_terminal() {
            return None;
        }
        enable_raw_mode().ok()?;
        restore_on_panic();
        IS_TAKEN.store(true, Ordering::Relaxed);
        let mut output = BufWriter::new(io::stderr());
        let terminal = execute!(output, EnterAlternateScreen, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(output)));
        let Ok(terminal) = terminal else {
            restore();
            return None;
        };
        let also = address.map_or_else(String::new, |address| format!("   also at {address}"));
        Some(Full {
            terminal,
            // An empty value does not count: https://no-color.org
            has_colors: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            address: also,
            first_label: 0,
            sort: None,
            notes: Vec::new(),
        })
    }

    fn draw(&mut self, state: &State<'_>) {
        let labels = state.live.map_or(0, |live| live.report.labels.len());
        self.first_label = self.first_label.min(labels);
        let order = self
            .sort
            .map_or(String::new(), |sort| format!(" ({})", sort.in_words()));
        let footer = format!(
            "q ends and writes the report   s sorts{order}   ↑↓ scroll{}",
            self.address
        );
        let view = View {
            name: state.name,
            live: state.live,
            state: state.words,
            is_warning: state.is_warning,
            footer: &footer,
            first_label: self.first_label,
            sort: self.sort,
            has_colors: self.has_colors,
        };
        // Polling for keys detects that the terminal is gone.
        let _drawn = self.terminal.draw(|frame| live::draw(frame, &view));
    }

    fn wait(&mut self, time: Duration) -> bool {
        let event = match event::poll(time) {
            Ok(false) => return false,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        match event {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => self.key(key),
            Ok(_) => false,
            // The terminal is gone.
            Err(_) => true,
        }
    }

    fn key(&mut self, key: KeyEvent) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        self.first_label = match key.code {
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => return true,
            KeyCode::Char('c' | 'd') if is_control => return true,
            KeyCode::Char('s' | 'S') => {
                self.sort = Some(Sort::next(self.sort));
                0
            }
            KeyCode::Up => self.first_label.saturating_sub(1),
            KeyCode::Down => self.first_label.saturating_add(1),
            KeyCode::PageUp => self.first_label.saturating_sub(PAGE),
            KeyCode::PageDown => self.first_label.saturating_add(PAGE),
            KeyCode::Home => 0,
            _ => self.first_label,
        };
        false
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        restore();
        for note in &self.notes {
            stderr::say(format_args!("perfkit: note: {note}"));
        }
    }
}

/// Restores the terminal if this process took it over.
pub fn restore() {
    if IS_TAKEN.swap(false, Ordering::Relaxed) {
        // There is nowhere to report a failure.
        let mut output = io::stderr();
        let _restored = execute!(output, LeaveAlternateScreen, Show);
        let _flushed = output.flush();
        let _cooked = disable_raw_mode();
    }
}

/// Makes a panic restore the terminal first, so that its message is readable.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            restore();
            hook(panic);
        }));
    });
}
