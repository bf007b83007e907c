//! Fibonacci numbers with a memo: F(0) = 0, F(1) = 1, F(n) = F(n-1) + F(n-2).

use std::borrow::Cow;
use std::sync::OnceLock;

use num_bigint::BigUint;

/// Largest index in the memo. All values up to here take 5 MB; up to 100,000 they would take
/// 430 MB.
const MAX_MEMO_INDEX: usize = 10_000;

/// Computes Fibonacci numbers and memoizes the small ones.
#[derive(Debug)]
pub struct Fibonacci {
    memo: Vec<OnceLock<BigUint>>,
}

impl Default for Fibonacci {
    fn default() -> Self {
        Fibonacci {
            memo: (0..=MAX_MEMO_INDEX).map(|_| OnceLock::new()).collect(),
        }
    }
}

impl Fibonacci {
    /// Returns F(index). Up to 10,000 it fills the memo by addition as far as needed; above, it uses
    /// fast doubling and remembers nothing.
    pub fn get(&self, index: u32) -> Cow<'_, BigUint> {
        let Some(slots) = self.memo.get(..=index as usize) else {
            return Cow::Owned(fast_doubling(index).0);
        };
        let mut before: Option<(&BigUint, &BigUint)> = None;
        if let Some(value) = slots.last().and_then(OnceLock::get) {
            return Cow::Borrowed(value);
        }
        // Some values below `index` may be known already: each is computed at most once.
        for (number, slot) in slots.iter().enumerate() {
            let value = slot.get_or_init(|| match before {
                Some((second, first)) => second + first,
                None => BigUint::from(number),
            });
            before = match (number, before) {
                (0, _) => None,
                (1, _) => slots
                    .first()
                    .and_then(OnceLock::get)
                    .map(|zero| (zero, value)),
                (_, before) => before.map(|(_, first)| (first, value)),
            };
        }
        before.map_or(Cow::Owned(BigUint::ZERO), |(_, value)| Cow::Borrowed(value))
    }
}

/// Returns F(n) and F(n+1), by F(2k) = F(k)·(2·F(k+1) − F(k)) and F(2k+1) = F(k)² + F(k+1)².
fn fast_doubling(n: u32) -> (BigUint, BigUint) {
    let (mut a, mut b) = (BigUint::ZERO, BigUint::from(1_u32));
    for bit in (0..u32::BITS - n.leading_zeros()).rev() {
        let even = &a * ((&b << 1_u32) - &a);
        let odd = &a * &a + &b * &b;
        (a, b) = if n >> bit & 1 == 0 {
            (even, odd)
        } else {
            let next = even + &odd;
            (odd, next)
        };
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_addition(index: u32) -> BigUint {
        let (mut a, mut b) = (BigUint::ZERO, BigUint::from(1_u32));
        for _ in 0..index {
            let next = &a + &b;
            a = std::mem::replace(&mut b, next);
        }
        a
    }

    #[test]
    fn small_values() {
        let fibonacci = Fibonacci::default();
        let values: Vec<String> = (0..11).map(|n| fibonacci.get(n).to_string()).collect();
        assert_eq!(values.join(" "), "0 1 1 2 3 5 8 13 21 34 55");
        assert_eq!(fibonacci.get(100).to_string(), "354224848179261915075");
    }

    #[test]
    fn first_asked_for_is_right_too() {
        for index in [0, 1, 2, 3, 100] {
            assert_eq!(
                *Fibonacci::default().get(index),
                by_addition(index),
                "{index}"
            );
        }
    }

    #[test]
    fn both_sides_of_the_memo_agree() {
        let fibonacci = Fibonacci::default();
        let limit = MAX_MEMO_INDEX as u32;
        for index in limit - 1..limit + 3 {
            assert_eq!(*fibonacci.get(index), by_addition(index), "{index}");
        }
        assert_eq!(fibonacci.get(100_000).to_string().len(), 20_899);
    }

    proptest! {
        #[test]
        fn any_order_of_asking_gives_the_same(indices in proptest::collection::vec(0..3000_u32, 1..8)) {
            let fibonacci = Fibonacci::default();
            for index in indices {
                let value = by_addition(index);
                prop_assert_eq!(&*fibonacci.get(index), &value);
                prop_assert_eq!(fast_doubling(index).0, value);
            }
        }
    }
}
