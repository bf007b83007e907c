//! Quantiles of Student's t-distribution.

use super::interval::normal_quantile;

/// Above this many degrees of freedom the normal distribution is used.
const MAX_FREEDOM: f64 = 1e6;

/// Returns the value that a variable of Student's distribution exceeds with probability `tail`,
/// which must be below one half. `freedom` may be any positive number.
///
/// By bisection on the incomplete beta function.
///
/// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.1 and 26.5.8.
pub fn student_quantile(tail: f64, freedom: f64) -> f64 {
    if freedom >= MAX_FREEDOM {
        return normal_quantile(tail);
    }
    let mut high = 1.0;
    while upper_tail(high, freedom) > tail && high < 1e9 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        match upper_tail(middle, freedom) > tail {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}

/// Returns the probability to exceed `t`.
fn upper_tail(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0
}

/// Computes the regularized incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln();
    match x < (a + 1.0) / (a + b + 2.0) {
        true => front.exp() * continued_fraction(a, b, x) / a,
        false => 1.0 - front.exp() * continued_fraction(b, a, 1.0 - x) / b,
    }
}

/// Evaluates the continued fraction of the incomplete beta function, by Lentz's method.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..1_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction / before - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// Returns the logarithm of the gamma function: by Stirling's series, shifted to where it is exact to
/// twelve digits.
fn ln_gamma(number: f64) -> f64 {
    let (mut x, mut product) = (number, 1.0);
    while x < 16.0 {
        product *= x;
        x += 1.0;
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1_260.0 * x.powi(5));
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (tail, freedom, expected) in [
            (0.025, 1.0, 12.706_205),
            (0.025, 4.0, 2.776_445),
            (0.005, 10.0, 3.169_273),
            (0.05, 30.0, 1.697_261),
            (0.025, 1e7, 1.959_964),
        ] {
            let found = student_quantile(tail, freedom);
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
        }
    }

    #[test]
    fn tails_shrink_towards_the_normal() {
        let tails = [3.0, 7.5, 60.0, 1e4].map(|freedom| student_quantile(1e-3, freedom));
        assert!(tails.is_sorted_by(|a, b| a > b), "{tails:?}");
        assert!((tails[3] - normal_quantile(1e-3)).abs() < 1e-3);
    }
}
