//! Tests primality: by trial division, as the workload defines it, and by Miller-Rabin for numbers
//! where division takes too long.

/// Largest number that is tested by trial division: at most a million divisors, a few ms.
pub const TRIAL_DIVISION_LIMIT: u64 = 1_000_000_000_000;

/// Whether a number is prime.
pub fn is_prime(number: u64) -> bool {
    match number {
        0..=1 => false,
        2..=3 => true,
        _ if number.is_multiple_of(2) || number.is_multiple_of(3) => false,
        _ if number <= TRIAL_DIVISION_LIMIT => has_no_divisor(number),
        _ => is_strong_probable_prime_to_all(number),
    }
}

/// Tries 5, 7, 11, 13, ... (6k ± 1) up to the square root as divisors.
fn has_no_divisor(number: u64) -> bool {
    (5..)
        .step_by(6)
        .take_while(|divisor| divisor * divisor <= number)
        .all(|divisor| !number.is_multiple_of(divisor) && !number.is_multiple_of(divisor + 2))
}

/// Runs Miller-Rabin with the first 12 primes as bases, which is exact below 3.3 · 10^24.
/// `number` must be odd and above 37.
///
/// Source: Sorenson and Webster, "Strong pseudoprimes to twelve prime bases" (2015).
fn is_strong_probable_prime_to_all(number: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let twos = (number - 1).trailing_zeros();
    let odd = (number - 1) >> twos;
    BASES.iter().all(|&base| {
        let mut power = power_modulo(base, odd, number);
        if power == 1 || power == number - 1 {
            return true;
        }
        (1..twos).any(|_| {
            power = multiply_modulo(power, power, number);
            power == number - 1
        })
    })
}

fn power_modulo(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply_modulo(power, base, modulus);
        }
        base = multiply_modulo(base, base, modulus);
        exponent >>= 1;
    }
    power
}

fn multiply_modulo(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers() {
        let primes: Vec<u64> = (0..50).filter(|&n| is_prime(n)).collect();
        assert_eq!(
            primes,
            [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]
        );
    }

    #[test]
    fn sieve_agrees() {
        const LIMIT: usize = 100_000;
        let mut is_composite = vec![false; LIMIT];
        for n in 2..LIMIT {
            assert_eq!(is_prime(n as u64), !is_composite[n], "{n}");
            (n * n..LIMIT)
                .step_by(n)
                .for_each(|multiple| is_composite[multiple] = true);
        }
    }

    #[test]
    fn known_large_numbers() {
        let primes = [
            9_999_991,
            4_294_967_291,              // largest below 2^32
            999_999_999_989,            // largest below 10^12
            1_000_000_000_039,          // smallest above 10^12
            18_446_744_073_709_551_557, // largest below 2^64
        ];
        for prime in primes {
            assert!(is_prime(prime), "{prime}");
        }
        let composites = [
            561,                       // Carmichael number
            3_215_031_751,             // strong pseudoprime to 2, 3, 5 and 7
            999_983 * 999_983,         // square of a prime
            1_000_003 * 1_000_003,     // the same above the limit of trial division
            3_825_123_056_546_413_051, // strong pseudoprime to the first 9 primes
            u64::MAX,
        ];
        for composite in composites {
            assert!(!is_prime(composite), "{composite}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_agree(half in 20..500_000_000_u64) {
            let odd = 2 * half + 1;
            prop_assert_eq!(is_strong_probable_prime_to_all(odd), is_prime(odd));
        }
    }
}
