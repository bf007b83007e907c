//! Receivers of samples.

use super::sample::Sample;
#[cfg(doc)]
use super::usual::AT_ONCE;
use super::usual::{Kind, UsualRow};

/// Receives samples, in no particular order.
pub trait Sink {
    /// Receives one sample.
    fn record(&mut self, sample: &Sample<'_>);

    /// Whether it takes rows of known kinds and labels without their texts, which is faster.
    #[doc(hidden)]
    fn takes_usual_rows(&self) -> bool {
        false
    }

    /// Receives a row of this kind with all its texts: the first one, or one that was not taken.
    #[doc(hidden)]
    fn record_of_kind(&mut self, sample: &Sample<'_>, _kind: Kind) {
        self.record(sample);
    }

    /// Receives at most [`AT_ONCE`] rows of known kinds with their labels, up to the first one whose other
    /// texts it needs. Returns how many it received.
    #[doc(hidden)]
    fn record_usual(&mut self, _rows: &[UsualRow], _labels: &[&[u8]]) -> usize {
        0
    }
}

/// Two sinks that both receive every sample.
impl<A: Sink, B: Sink> Sink for (A, B) {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        self.0.record(sample);
        self.1.record(sample);
    }
}
