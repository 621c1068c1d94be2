//! The latest values of something, as logarithms: a few dozen bytes, and their median follows what is usual now.
use serde::{Deserialize, Serialize};

/// Steps to a doubling: a step is 4 per cent.
pub(crate) const STEPS: f64 = 16.0;
const MAD_TO_SIGMA: f64 = 1.4826;

/// So many are kept of each.
pub(crate) const KEPT: usize = 31;

/// The latest values.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Latest {
    codes: Vec<i16>,
    next: u8,
}

impl Latest {
    /// Of a value; none of what has no logarithm.
    pub fn code(value: f64) -> Option<i16> {
        let code = (value.log2() * STEPS).round();
        #[expect(clippy::cast_possible_truncation, reason = "within bounds by the line above")]
        (code.abs() < f64::from(i16::MAX)).then_some(code as i16)
    }

    /// The value that a code stands for.
    pub fn value(code: f64) -> f64 {
        (code / STEPS).exp2()
    }

    pub fn push(&mut self, code: i16) {
        if self.codes.len() < KEPT {
            self.codes.push(code);
            return;
        }
        if let Some(place) = self.codes.get_mut(usize::from(self.next)) {
            *place = code;
        }
        self.next = if usize::from(self.next) + 1 >= KEPT {
            0
        } else {
            self.next + 1
        };
    }

    pub fn len(&self) -> usize {
        self.codes.len()
    }

    pub fn count(&self, is: impl Fn(i16) -> bool) -> usize {
        self.codes.iter().filter(|code| is(**code)).count()
    }

    /// Their median and 1.4826 × the median absolute deviation, in steps.
    pub fn usual(&self) -> Option<(f64, f64)> {
        let mut codes = [0_i16; KEPT];
        let codes = codes.get_mut(..self.codes.len())?;
        codes.copy_from_slice(&self.codes);
        let median = middle(codes)?;
        for code in codes.iter_mut() {
            *code = code.saturating_sub(median).saturating_abs();
        }
        Some((f64::from(median), MAD_TO_SIGMA * f64::from(middle(codes)?)))
    }
}

/// The middle one; of an even number the upper of the middle two.
fn middle(codes: &mut [i16]) -> Option<i16> {
    if codes.is_empty() {
        return None;
    }
    let middle = codes.len() / 2;
    Some(*codes.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_the_latest_follows_them() {
        let mut latest = Latest::default();
        assert_eq!(latest.usual(), None);
        for _ in 0..50 {
            latest.push(Latest::code(10.0).unwrap());
        }
        latest.push(Latest::code(1000.0).unwrap());
        let (median, sigma) = latest.usual().unwrap();
        assert!((Latest::value(median) - 10.0).abs() < 0.3 && sigma < 1e-9);
        for _ in 0..20 {
            latest.push(Latest::code(20.0).unwrap());
        }
        assert!((Latest::value(latest.usual().unwrap().0) - 20.0).abs() < 0.5);
        assert_eq!(latest.len(), KEPT);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Latest::code(bad), None);
        }
    }
}
