//! A first pass over the inputs: what a selection has to know about the whole run.

use super::threads::Threads;
use crate::jtl::{Sample, Sink};

/// What a selection has to know about the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// When it starts and ends.
    pub run: bool,
    /// Its threads over time.
    pub threads: bool,
}

impl Needs {
    /// Whether anything has to be known, so that a first pass is needed.
    pub fn any(self) -> bool {
        self != Needs::default()
    }
}

/// What a first pass collects from all readable rows. Parts may be merged in any order.
#[derive(Debug, Clone)]
pub struct Survey {
    needs: Needs,
    /// First start of a sample, epoch ms; later than the end if there are no samples.
    pub start: i64,
    /// Last end of a sample, epoch ms.
    pub end: i64,
    /// The threads, if needed.
    pub threads: Threads,
}

impl Survey {
    /// An empty survey, which collects what is needed.
    pub fn new(needs: Needs) -> Self {
        Survey {
            needs,
            start: i64::MAX,
            end: i64::MIN,
            threads: Threads::default(),
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Survey) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.threads.merge(&other.threads);
    }

    /// Whether there were no samples.
    pub fn is_empty(&self) -> bool {
        self.start > self.end
    }
}

impl Sink for Survey {
    fn record(&mut self, sample: &Sample<'_>) {
        self.start = self.start.min(sample.time_stamp);
        // A negative elapsed ends before it starts.
        self.end = self.end.max(sample.end()).max(sample.time_stamp);
        if self.needs.threads {
            self.threads.record(sample);
        }
    }
}
