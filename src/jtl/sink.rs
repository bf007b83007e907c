//! Receivers of samples.

use super::sample::Sample;

/// Receives samples, in no particular order.
pub trait Sink {
    /// Receives one sample.
    fn record(&mut self, sample: &Sample<'_>);
}

/// Two sinks that both receive every sample.
impl<A: Sink, B: Sink> Sink for (A, B) {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        self.0.record(sample);
        self.1.record(sample);
    }
}
