//! Chance from a seed: the same seed, the same chain, whatever the machine.
use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// Seeded dice. Nothing in them comes from the operating system.
#[derive(Debug, Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Others, so that drawing more from one changes nothing in the other.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.0.fork())
    }

    /// A place in a list of `n`; 0 for an empty one.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.usize(0..n) }
    }

    /// From `least` to `most`, both included.
    pub fn whole(&mut self, least: u32, most: u32) -> u32 {
        self.0.u32(least..=most.max(least))
    }

    /// From `least` up to `most`.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + self.0.f64() * (most - least)
    }

    /// True with that probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }

    /// A place in a list of running sums of weights.
    pub fn weighted(&mut self, sums: &[f64]) -> usize {
        let all = sums.last().copied().unwrap_or_default();
        let drawn = self.0.f64() * all;
        sums.partition_point(|sum| *sum <= drawn)
            .min(sums.len().saturating_sub(1))
    }

    /// A factor around 1: half of them lie above it, and two of three within e to the power of ±`sigma`.
    pub fn factor(&mut self, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.0.f64()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.0.f64()).cos();
        (sigma * normal).exp()
    }

    /// How many come of what comes `mean` times on average.
    pub fn count(&mut self, mean: f64) -> u32 {
        let mut count = 0;
        let mut left = mean;
        while left > 0.0 {
            // Waiting times, one after the other, until the time is over.
            left += (1.0 - self.0.f64()).ln();
            if left > 0.0 {
                count += 1;
            }
        }
        count
    }

    /// A moment from `from` on, before `until`.
    pub fn moment(&mut self, from: Timestamp, until: Timestamp) -> Timestamp {
        let (from, until) = (from.as_millisecond(), until.as_millisecond());
        let drawn = self.0.i64(from..until.max(from.saturating_add(1)));
        Timestamp::from_millisecond(drawn).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// An id as a till would mint it at that moment.
    pub fn id(&mut self, at: Timestamp) -> Uuid {
        let drawn = self.0.u128(..).to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&drawn[..10]);
        let milliseconds = at.as_millisecond().unsigned_abs();
        Builder::from_unix_timestamp_millis(milliseconds, &tail).into_uuid()
    }

    /// A reference as a payment by phone has one: ten capitals and digits.
    pub fn reference(&mut self) -> String {
        const SIGNS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        (0..10)
            .map(|_| char::from(SIGNS[self.0.usize(..SIGNS.len())]))
            .collect()
    }

    /// Shuffles a list.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        self.0.shuffle(list);
    }
}

/// Running sums of weights, for [`Dice::weighted`].
pub fn sums(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |weight: f64| {
        sum += weight.max(0.0);
        sum
    };
    weights.into_iter().map(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_every_time() {
        let draw = |seed| {
            let mut dice = Dice::new(seed);
            (dice.id(Timestamp::UNIX_EPOCH), dice.reference(), dice.count(20.0))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn counts_have_their_mean_and_weights_are_followed() {
        let mut dice = Dice::new(1);
        let all: u32 = (0..2_000).map(|_| dice.count(3.0)).sum();
        assert!((5_600..6_400).contains(&all), "{all}");
        assert_eq!(dice.count(0.0), 0);
        let sums = sums([0.0, 3.0, 1.0]);
        let mut drawn = [0; 3];
        for _ in 0..4_000 {
            drawn[dice.weighted(&sums)] += 1;
        }
        assert_eq!(drawn[0], 0);
        assert!((2_800..3_200).contains(&drawn[1]), "{drawn:?}");
    }
}
