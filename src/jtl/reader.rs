//! Reading of results: workers take blocks in turns, parse them, and push samples into sinks.

use std::panic;
use std::sync::Mutex;
use std::thread;

use super::input::Input;
use super::options::ReadOptions;
use super::outcome::Outcome;
use super::sink::Sink;
use super::source::Source;
use super::worker::{Worker, lock};
use crate::error::Result;

/// Reads all inputs as one run. Calls `progress` with the number of rows of every block.
///
/// # Errors
///
/// When an input cannot be read or is not a JTL file, or a date shows that day and month were read
/// the wrong way round. Damaged rows are not errors: they are counted in [`Outcome::rejections`].
pub fn read<S: Sink + Send>(
    inputs: Vec<Input>,
    options: &ReadOptions,
    progress: &(dyn Fn(u64) + Sync),
    make_sink: impl Fn() -> S + Sync,
) -> Result<Outcome<S>> {
    let outcome = read_unchecked(inputs, options, progress, make_sink)?;
    match &outcome.contradiction {
        Some(contradiction) => Err(contradiction.refuse(false)),
        None => Ok(outcome),
    }
}

/// Does the same as [`read`], but stops without an error at a date that shows that day and month were
/// read the wrong way round.
///
/// # Errors
///
/// When an input cannot be read or is not a JTL file.
pub(crate) fn read_unchecked<S: Sink + Send>(
    inputs: Vec<Input>,
    options: &ReadOptions,
    progress: &(dyn Fn(u64) + Sync),
    make_sink: impl Fn() -> S + Sync,
) -> Result<Outcome<S>> {
    let source = Mutex::new(Source::new(inputs, options));
    let work = || Worker::new(options, make_sink()).run(&source, progress);
    let workers: Vec<Worker<S>> = if options.threads <= 1 {
        vec![work()?]
    } else {
        thread::scope(|scope| {
            let handles: Vec<_> = (0..options.threads).map(|_| scope.spawn(work)).collect();
            handles
                .into_iter()
                .map(|handle| {
                    handle
                        .join()
                        .unwrap_or_else(|panic| panic::resume_unwind(panic))
                })
                .collect::<Result<_>>()
        })?
    };
    let summaries = lock(&source).summaries();
    let parts = workers.into_iter().map(Worker::into_part).collect();
    Ok(Outcome::new(parts, summaries))
}
