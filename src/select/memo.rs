//! A cache of values computed from texts, in bounded memory.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

/// Number of texts in the cache. A further one clears it: if labels never end, they may never
/// recur.
const MAX_TEXTS: usize = 1 << 16;

/// Bytes of the longest text in the cache.
const MAX_TEXT: usize = 1 << 10;

/// Caches a value for each recent text.
#[derive(Debug, Clone)]
pub struct Memo<V> {
    values: HashMap<Vec<u8>, V>,
    /// The value of the last text that was too long for the cache.
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
    /// The value of `text`, which `make` computes if it is not cached. It must depend on the text
    /// alone.
    #[inline]
    pub fn look_up(&mut self, text: &[u8], make: impl FnOnce(&[u8]) -> V) -> &V {
        if text.len() > MAX_TEXT {
            self.unremembered = make(text);
            return &self.unremembered;
        }
        if self.values.len() > MAX_TEXTS {
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
        for number in 0..3 * MAX_TEXTS {
            let text = number.to_string();
            assert_eq!(*memo.look_up(text.as_bytes(), <[u8]>::len), text.len());
            assert!(memo.values.len() <= MAX_TEXTS + 1);
        }
        let long = vec![b'x'; MAX_TEXT + 1];
        assert_eq!(*memo.look_up(&long, <[u8]>::len), long.len());
        assert_eq!(*memo.look_up(b"label", <[u8]>::len), 5);
    }
}
