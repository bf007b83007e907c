//! Counts of samples by label and response code.

use serde::{Deserialize, Serialize};

use super::consistency::{self, Checked};

/// Counts of samples by the numbers of their label and response code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelCodes {
    labels: Vec<OfLabel>,
}

/// The codes of one label. It is small, because a run may have a million labels.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct OfLabel {
    /// Number of the first code, which usually remains the only one.
    first: u32,
    /// Its samples; 0 if no code is known yet.
    samples: u64,
    /// The other codes and their samples.
    others: Option<Box<Vec<(u32, u64)>>>,
}

impl LabelCodes {
    /// Counts samples.
    #[inline(always)]
    pub fn record(&mut self, label: usize, code: usize, samples: u64) {
        match self.labels.get_mut(label) {
            Some(own) if own.first as usize == code => own.samples += samples,
            _ => self.add(label, code, samples),
        }
    }

    #[inline(never)]
    fn add(&mut self, label: usize, code: usize, samples: u64) {
        if self.labels.len() <= label {
            self.labels.resize_with(label + 1, OfLabel::default);
        }
        let own = &mut self.labels[label];
        let code = code as u32;
        if own.samples == 0 && own.others.is_none() {
            (own.first, own.samples) = (code, samples);
        } else if own.first == code {
            own.samples += samples;
        } else {
            let others = own.others.get_or_insert_default();
            match others.iter_mut().find(|(other, _)| *other == code) {
                Some((_, known)) => *known += samples,
                None => others.push((code, samples)),
            }
        }
    }

    /// Gives codes new numbers. Several may get the same one.
    pub fn renumber(&mut self, codes: &[usize]) {
        let labels: Vec<usize> = (0..self.labels.len()).collect();
        let own = std::mem::take(self);
        self.merge(&own, &labels, codes);
    }

    /// Adds the counts of another part of the run, whose labels and codes have these numbers here.
    pub fn merge(&mut self, other: &LabelCodes, labels: &[usize], codes: &[usize]) {
        for (label, &number) in labels.iter().enumerate() {
            for (code, samples) in other.of_label(label) {
                if let Some(&code) = codes.get(code) {
                    self.add(number, code, samples);
                }
            }
        }
    }

    /// The codes of a label and their samples, in no particular order.
    pub fn of_label(&self, label: usize) -> impl Iterator<Item = (usize, u64)> {
        let own = self.labels.get(label).into_iter();
        own.flat_map(|own| {
            let others = own.others.iter().flat_map(|others| others.iter().copied());
            [(own.first, own.samples)].into_iter().chain(others)
        })
        .filter(|(_, samples)| *samples > 0)
        .map(|(code, samples)| (code as usize, samples))
    }

    /// Checks stored counts against the number of labels and codes, and returns the number of samples.
    pub(super) fn check(&self, labels: usize, codes: usize) -> Checked<u64> {
        let all = || (0..self.labels.len()).flat_map(|label| self.of_label(label));
        let are_known = self.labels.len() <= labels && all().all(|(code, _)| code < codes);
        consistency::ensure(
            are_known,
            "response codes belong to an unknown label or code",
        )?;
        consistency::total(all().map(|(_, samples)| samples))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(samples: &[(usize, usize)]) -> LabelCodes {
        let mut codes = LabelCodes::default();
        for &(label, code) in samples {
            codes.record(label, code, 1);
        }
        codes
    }

    fn counts(codes: &LabelCodes, label: usize) -> Vec<(usize, u64)> {
        let mut counts: Vec<_> = codes.of_label(label).collect();
        counts.sort_unstable();
        counts
    }

    #[test]
    fn each_code_of_a_label_is_counted() {
        let codes = of(&[(1, 3), (1, 0), (1, 3), (0, 0), (1, 0), (1, 5)]);
        assert_eq!(counts(&codes, 0), [(0, 1)]);
        assert_eq!(counts(&codes, 1), [(0, 2), (3, 2), (5, 1)]);
        assert_eq!(counts(&codes, 2), []);
        assert_eq!(codes.check(2, 6), Ok(6));
        assert!(codes.check(1, 6).is_err() && codes.check(2, 5).is_err());
    }

    #[test]
    fn joined_codes_add_up() {
        let mut codes = of(&[(0, 0), (0, 1), (0, 2), (0, 2)]);
        codes.renumber(&[1, 0, 1]);
        assert_eq!(counts(&codes, 0), [(0, 1), (1, 3)]);
    }

    proptest! {
        #[test]
        fn parts_add_up(
            rows in proptest::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 0..60),
        ) {
            let part = |wanted: bool| -> LabelCodes {
                let rows = rows.iter().filter(|row| row.2 == wanted);
                of(&rows.map(|row| (row.0, row.1)).collect::<Vec<_>>())
            };
            let all = [0, 1, 2, 3];
            let whole = of(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
            let (mut ab, mut ba) = (part(true), part(false));
            ab.merge(&part(false), &all, &all);
            ba.merge(&part(true), &all, &all);
            ba.merge(&LabelCodes::default(), &[], &[]);
            for label in 0..4 {
                prop_assert_eq!(counts(&ab, label), counts(&whole, label));
                prop_assert_eq!(counts(&ba, label), counts(&whole, label));
            }
        }
    }
}
