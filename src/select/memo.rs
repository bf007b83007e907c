//! What was found out about a text, remembered within bounds.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

/// Texts remembered; then all are forgotten, for labels that never end may never come again.
const MOST: usize = 1 << 16;

/// Bytes of the longest text remembered.
const LONGEST: usize = 1 << 10;

/// Remembers a value for each of the texts met lately.
#[derive(Debug, Clone)]
pub struct Memo<V> {
    values: HashMap<Vec<u8>, V>,
    /// The value of a text too long to remember.
    unremembered: V,
}

impl<V: Default> Default for Memo<V> {
    fn default() -> Self {
        Memo {
            values: HashMap::new(),
            unremembered: V::default(),
        }
    }
}

impl<V> Memo<V> {
    /// The value of `text`, made if it is not remembered. It must depend on the text alone.
    #[inline]
    pub fn look_up(&mut self, text: &[u8], make: impl FnOnce(&[u8]) -> V) -> &V {
        if text.len() > LONGEST {
            self.unremembered = make(text);
            return &self.unremembered;
        }
        if self.values.len() > MOST {
            self.values.clear();
        }
        match self.values.entry_ref(text) {
            EntryRef::Occupied(known) => known.into_mut(),
            EntryRef::Vacant(place) => place.insert(make(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_made_once_and_memory_is_bounded() {
        let mut memo = Memo::<usize>::default();
        let mut made = 0;
        for _ in 0..3 {
            memo.look_up(b"label", |text| {
                made += 1;
                text.len()
            });
        }
        assert_eq!(made, 1);
        for number in 0..3 * MOST {
            let text = number.to_string();
            assert_eq!(*memo.look_up(text.as_bytes(), <[u8]>::len), text.len());
            assert!(memo.values.len() <= MOST + 1);
        }
        let long = vec![b'x'; LONGEST + 1];
        assert_eq!(*memo.look_up(&long, <[u8]>::len), long.len());
        assert_eq!(*memo.look_up(b"label", <[u8]>::len), 5);
    }
}
