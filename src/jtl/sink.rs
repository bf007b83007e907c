//! Receivers of samples.

use super::sample::Sample;
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

    /// Gives each label the number that it has, up to the first label without one. Returns how many there
    /// are.
    #[doc(hidden)]
    fn known_labels(&mut self, _labels: &[&[u8]], _numbers: &mut [u32]) -> usize {
        0
    }

    /// Receives a row of a known kind. Returns false, with nothing received, if it needs the texts.
    #[doc(hidden)]
    fn record_usual(&mut self, _row: &UsualRow) -> bool {
        false
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
