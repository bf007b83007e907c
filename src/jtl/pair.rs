//! Two sinks that take the same samples.

use super::outcome::Outcome;
use super::reader::Sink;
use super::sample::Sample;

impl<A: Sink, B: Sink> Sink for (A, B) {
    #[inline(always)]
    fn record(&mut self, sample: &Sample<'_>) {
        self.0.record(sample);
        self.1.record(sample);
    }
}

impl<A, B> Outcome<(A, B)> {
    /// What was read with the first sinks, and the second ones.
    pub fn split(self) -> (Outcome<A>, Vec<B>) {
        let (sinks, others) = self.sinks.into_iter().unzip();
        let outcome = Outcome {
            sinks,
            inputs: self.inputs,
            rows_read: self.rows_read,
            rejections: self.rejections,
        };
        (outcome, others)
    }
}
