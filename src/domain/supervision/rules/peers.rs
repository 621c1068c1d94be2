//! What is usual among peers: the median, and how far they lie from it. Floats: this is statistics, not money.

/// From the median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;
/// Events that are allowed for even where none are expected: a first or second one is nobody's habit.
const FLOOR: f64 = 0.25;

/// What is usual.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Usual {
    /// The median.
    pub median: f64,
    /// 1.4826 × the median absolute deviation from it.
    pub sigma: f64,
    /// Of so many.
    pub count: usize,
}

impl Usual {
    /// Of these values; changes their order.
    pub fn of(values: &mut [f64]) -> Option<Self> {
        let median = median(values)?;
        for value in values.iter_mut() {
            *value = (*value - median).abs();
        }
        Some(Self {
            median,
            sigma: MAD_TO_SIGMA * self::median(values)?,
            count: values.len(),
        })
    }
}

/// The middle value; of an even number the mean of the middle two. None of none.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if !is_even {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, upper))
}

/// The modified z-score of `sum` over `n` occasions, where `rate` on each is usual and peers' rates lie `sigma` apart.
///
/// To the peers' spread comes what chance alone does to a count of independent events of mean size `size`: so quiet peers
/// do not make an outlier of whoever does a thing twice.
pub(crate) fn score(sum: f64, n: f64, rate: f64, sigma: f64, size: f64) -> f64 {
    let expected = n * rate;
    let chance = expected * size + FLOOR * size * size;
    let spread = n * sigma;
    (sum - expected) / (chance + spread * spread).sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_deviation_do_not_see_a_single_outlier() {
        let usual = Usual::of(&mut [1.0, 2.0, 3.0, 4.0, 1000.0]).unwrap();
        assert!((usual.median - 3.0).abs() < 1e-9);
        assert!((usual.sigma - 1.4826).abs() < 1e-9);
        assert!((median(&mut [4.0, 1.0]).unwrap() - 2.5).abs() < 1e-9);
        assert_eq!(Usual::of(&mut []), None);
    }

    #[test]
    fn one_or_two_of_what_nobody_does_are_no_outlier_and_many_are() {
        assert!(score(2.0, 50.0, 0.0, 0.0, 1.0) < 5.0);
        assert!(score(4.0, 50.0, 0.0, 0.0, 1.0) > 6.0);
        assert!(score(4.0, 100.0, 0.04, 0.0, 1.0).abs() < 1e-9);
    }
}
