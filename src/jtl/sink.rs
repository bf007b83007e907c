//! Where samples go.

use super::sample::Sample;

/// Takes samples, in no particular order.
pub trait Sink {
    /// Takes one sample.
    fn record(&mut self, sample: &Sample<'_>);
}

impl<A: Sink, B: Sink> Sink for (A, B) {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        self.0.record(sample);
        self.1.record(sample);
    }
}
