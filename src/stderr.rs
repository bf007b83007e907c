//! What perfkit says on standard error. Nothing here fails: a message that cannot be written is dropped,
//! because the work goes on without it.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};

use crate::text;

/// Says one line. A line feed within it is escaped, like every character that could drive a terminal,
/// forge a line, or hide: file names, arguments and text of a configuration file may contain any.
pub(crate) fn say(message: impl Display) {
    write(&format!("{}\n", escaped(&message.to_string())));
}

/// Says several lines, each escaped as [`say`] does: for text that consists of lines, and in which names
/// from outside are escaped already or cannot contain a line feed.
pub(crate) fn say_lines(message: impl Display) {
    let message = message.to_string();
    let lines = message.lines().map(|line| escaped(line) + "\n");
    write(&lines.collect::<String>());
}

/// Writes `text` as it is, in one piece: a progress line with its control characters, an annotation.
pub(crate) fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    // Full, closed or gone: there is nowhere left to report it.
    let _ignored = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Reports each panic in one line that begins with `what` happened, with a backtrace below it if
/// `RUST_BACKTRACE` asks for one. The standard hook panics again if standard error cannot be written.
pub(crate) fn report_panics(what: &'static str) {
    panic::set_hook(Box::new(move |panic| say_panic(what, panic)));
}

fn say_panic(what: &str, panic: &PanicHookInfo<'_>) {
    let reason = panic.payload_as_str().unwrap_or("no reason given");
    let place = panic
        .location()
        .map_or_else(|| "unknown location".to_owned(), ToString::to_string);
    say(format_args!(
        "perfkit: {what}: {reason} (at {place}). This is a bug in perfkit; please report it"
    ));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        say_lines(backtrace);
    }
}

/// Replaces each character that must not reach a terminal or a log of CI as it is by its escape, and
/// takes the meaning from commands to CI: `::error` at the start of a line, `##[error]` anywhere.
fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    if line.trim_start().starts_with("::") {
        escaped.push('\\');
    }
    let mut rest = line;
    for (letter, is_hidden) in text::letters(line) {
        match letter {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if is_hidden => escaped.extend(letter.escape_unicode()),
            _ => escaped.push(letter),
        }
        rest = &rest[letter.len_utf8()..];
        if letter == '#' && begins_command(rest) {
            escaped.push('\\');
        }
    }
    escaped
}

/// Whether `rest`, which follows a `#`, makes it a command: `##[error]`, `##vso[task.complete]`.
fn begins_command(rest: &str) -> bool {
    rest.strip_prefix('#').is_some_and(|rest| {
        rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric())
            .starts_with('[')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_text_stays_as_it_is() {
        for text in [
            "perfkit: error: cannot read résultats \"a b\".jtl: l'été ≤ 3 µs 北京 \\ C:\\x",
            "perfkit: note: # 1 of ## 2: a::b, [x]",
            "",
        ] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn nothing_drives_a_terminal_or_forges_a_line() {
        assert_eq!(
            escaped("cannot read x\n::error::no\r\t\u{1b}[2J\u{9b}31m\u{7f}\0.jtl"),
            "cannot read x\\n::error::no\\r\\t\\u{1b}[2J\\u{9b}31m\\u{7f}\\u{0}.jtl"
        );
        assert_eq!(
            escaped("a\u{202e}b\u{200b}c\u{feff}d\u{2028}e"),
            "a\\u{202e}b\\u{200b}c\\u{feff}d\\u{2028}e"
        );
    }

    #[test]
    fn nothing_is_a_command_to_ci() {
        assert_eq!(escaped(" ::error::x"), "\\ ::error::x");
        assert_eq!(escaped("x ##[error]y"), "x #\\#[error]y");
        assert_eq!(escaped("###vso[task]"), "##\\#vso[task]");
    }
}
