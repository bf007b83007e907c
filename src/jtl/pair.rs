//! Two sinks that take the same samples.

use super::reader::Sink;
use super::sample::Sample;

impl<A: Sink, B: Sink> Sink for (A, B) {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        self.0.record(sample);
        self.1.record(sample);
    }
}
