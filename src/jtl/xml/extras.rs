//! Attributes of samples that perfkit does not read, and which of them have numbers.

use crate::jtl::metric::thousandths;

/// Samples whose attributes are looked at.
const DECIDING_SAMPLES: u64 = 10;

/// Names that are kept.
const MAX_NAMES: usize = 100;

/// JMeter's own attributes.
const OF_JMETER: [&str; 20] = [
    "t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rm", "tn", "dt", "de", "by", "sby", "ng", "na",
    "sc", "ec", "hn", "rs",
];

/// The extra attributes of the first samples, such as `sample_variables`.
#[derive(Debug, Default)]
pub(super) struct Extras {
    samples: u64,
    /// Names in order of appearance, with whether there was a number, and whether there was text.
    found: Vec<(String, bool, bool)>,
}

impl Extras {
    /// Whether later samples make no difference.
    pub fn are_settled(&self) -> bool {
        self.samples >= DECIDING_SAMPLES
    }

    /// Ignores the samples that follow, which are not the first ones.
    pub fn settle(&mut self) {
        self.samples = DECIDING_SAMPLES;
        self.found.clear();
    }

    /// Begins with the next sample.
    pub fn begin_sample(&mut self) {
        self.samples += 1;
    }

    /// Whether the sample is one of the first.
    pub fn are_learned(&self) -> bool {
        self.samples <= DECIDING_SAMPLES
    }

    /// Takes an attribute of the sample.
    #[inline]
    pub fn take(&mut self, name: &str, value: &[u8]) {
        if self.are_learned() && !OF_JMETER.contains(&name) {
            self.learn(name, value);
        }
    }

    #[cold]
    fn learn(&mut self, name: &str, value: &[u8]) {
        let place = self.found.iter().position(|(known, ..)| known == name);
        let place = place.unwrap_or(self.found.len());
        if place == self.found.len() {
            if place == MAX_NAMES {
                return;
            }
            self.found.push((name.to_owned(), false, false));
        }
        let (_, has_number, has_text) = &mut self.found[place];
        match value.trim_ascii() {
            b"" | b"null" => {}
            value if thousandths(value).is_some() => *has_number = true,
            _ => *has_text = true,
        }
    }

    /// The names, in order of appearance.
    pub fn names(&self) -> Vec<String> {
        self.found.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// The names of those with numbers, and no text.
    pub fn numeric(&self) -> Vec<String> {
        let numeric = self.found.iter().filter(|of| of.1 && !of.2);
        numeric.map(|(name, ..)| name.clone()).collect()
    }
}
