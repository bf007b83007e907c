//! Reads results with a progress bar.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::analysed::{Analysed, Analysis};
use crate::error::Result;
use crate::format;

/// Reads results as one run, with a progress bar on a terminal.
///
/// # Errors
///
/// As [`Analysis::read`].
pub fn read(analysis: &Analysis, paths: &[PathBuf]) -> Result<Analysed> {
    let bar = progress_bar(paths.iter().map(|path| size(path)).sum());
    let analysed = analysis.read(paths, &|so_far| {
        bar.set_position(so_far.bytes);
        bar.set_message(format::counted(so_far.rows, "row"));
    });
    bar.finish_and_clear();
    analysed
}

/// Returns the size of a regular file in bytes; `None` for anything else.
fn size(path: &Path) -> Option<u64> {
    let metadata = path.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Creates a progress bar that appears only on a terminal, and only if reading takes longer than a
/// moment.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    const DELAY: Duration = Duration::from_millis(300);
    const PER_SECOND: u8 = 10;
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        Some(size) => (
            ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::hidden()),
            "{bar:30} {percent:>3}%  {bytes} of {total_bytes}  {binary_bytes_per_sec}  {msg}  {eta} left",
        ),
        None => (
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            "{spinner} {bytes}  {binary_bytes_per_sec}  {msg}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let shown = bar.clone();
    // This thread ends by itself; a bar that has finished by then stays hidden.
    std::thread::spawn(move || {
        std::thread::sleep(DELAY);
        if !shown.is_finished() {
            shown.set_draw_target(ProgressDrawTarget::stderr_with_hz(PER_SECOND));
        }
    });
    bar
}
