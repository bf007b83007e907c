//! The elements that are open, in bounded memory.

/// Levels whose names are kept. Deeper ones are only counted.
const NAMED_LEVELS: u64 = 64;
/// Bytes of a name that are compared.
const NAME: usize = 64;

/// The elements that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Path {
    depth: u64,
    names: Vec<u8>,
    /// Where each name ends.
    ends: Vec<usize>,
}

impl Path {
    /// Number of open elements.
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// The name of the innermost element, as far as it is kept.
    pub fn innermost(&self) -> &[u8] {
        let start = match self.ends.len().checked_sub(2) {
            Some(before) => self.ends[before],
            None => 0,
        };
        &self.names[start..]
    }

    /// Closes all elements.
    pub fn clear(&mut self) {
        self.depth = 0;
        self.names.clear();
        self.ends.clear();
    }

    /// Opens an element.
    pub fn push(&mut self, name: &[u8]) {
        if self.depth < NAMED_LEVELS {
            self.names.extend_from_slice(&name[..name.len().min(NAME)]);
            self.ends.push(self.names.len());
        }
        self.depth += 1;
    }

    /// Closes the innermost element, and returns whether its name is `name`.
    pub fn pop(&mut self, name: &[u8]) -> bool {
        self.depth = self.depth.saturating_sub(1);
        if self.depth >= NAMED_LEVELS {
            return true;
        }
        self.ends.pop();
        let start = self.ends.last().copied().unwrap_or(0);
        let is_same = self.names[start..] == name[..name.len().min(NAME)];
        self.names.truncate(start);
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_must_match() {
        let mut path = Path::default();
        path.push(b"a");
        path.push(b"bc");
        assert!(path.pop(b"bc"));
        path.push(b"d");
        assert!(!path.pop(b"bc"));
        assert_eq!(path.depth(), 1);
        assert!(path.pop(b"a"));
    }

    #[test]
    fn deep_nesting_takes_bounded_memory() {
        let mut path = Path::default();
        for _ in 0..1_000_000 {
            path.push(b"sample");
        }
        assert!(path.names.len() <= 64 * NAME);
        for _ in 0..1_000_000 {
            assert!(path.pop(b"sample"));
        }
        assert_eq!(path.depth(), 0);
    }
}
