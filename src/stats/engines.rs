//! Load generators: JMeter counts `allThreads` for each on its own.

use std::borrow::Cow;

use super::interner::{Ends, Interner};
use crate::jtl::Sample;

/// Engines told apart; in a run with more, threads are not summed over engines.
pub const MOST_ENGINES: usize = 256;

/// The engines of a run by number.
#[derive(Debug, Clone, Default)]
pub struct Engines {
    names: Interner,
    /// The input last met whose rows name no engine, and its number as one.
    latest_input: Option<(u32, usize)>,
}

impl Engines {
    /// The number of the engine that wrote a row.
    #[inline(always)]
    pub fn number(&mut self, sample: &Sample<'_>) -> usize {
        let engine = Engine::of(sample);
        match (&engine, self.latest_input) {
            (Engine::Input(input), Some((latest, number))) if *input == latest => number,
            _ => self.look_up(&engine),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, engine: &Engine<'_>) -> usize {
        let number = self.names.number(&engine.key());
        if let Engine::Input(input) = engine {
            self.latest_input = Some((*input, number));
        }
        number
    }

    /// The numbers here of another run's engines, by their numbers there.
    pub fn numbers_of(&mut self, other: &Engines) -> Vec<usize> {
        let names = other.names.names().iter();
        names.map(|name| self.names.number(name)).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.names().len()
    }
}

/// Which load generator wrote a row.
#[derive(Debug, PartialEq, Eq)]
enum Engine<'a> {
    Named(&'a [u8]),
    Input(u32),
}

impl<'a> Engine<'a> {
    /// The engine by the `host:port-` that distributed runs put before thread names, which tells
    /// two engines on one host apart; else by its Hostname column, else by the file.
    #[inline(always)]
    fn of(sample: &Sample<'a>) -> Self {
        let ends = Ends::of(sample.thread_name);
        let prefix = match ends.is_all() && !ends.contain(b':') {
            true => None,
            false => host_prefix(sample.thread_name),
        };
        match prefix {
            Some(host_and_port) => Engine::Named(host_and_port),
            None if !sample.hostname.is_empty() => Engine::Named(sample.hostname),
            None => Engine::Input(sample.input),
        }
    }

    fn key(&self) -> Cow<'a, [u8]> {
        match self {
            Engine::Named(name) => Cow::Borrowed(name),
            // No host begins with a NUL.
            Engine::Input(0) => Cow::Borrowed(b"\0"),
            Engine::Input(number) => Cow::Owned(format!("\0{number}").into_bytes()),
        }
    }
}

/// `192.168.1.5:1099` of the thread name `192.168.1.5:1099-Thread Group 1-1`.
#[inline(never)]
fn host_prefix(thread_name: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', thread_name)?;
    let port = thread_name.get(colon + 1..)?;
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (colon > 0 && digits > 0 && port.get(digits) == Some(&b'-'))
        .then(|| &thread_name[..colon + 1 + digits])
}
