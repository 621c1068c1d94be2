//! How fast the stream comes, and how long after they happened its events are received.
use std::collections::VecDeque;

use jiff::Timestamp;

/// Seconds of which arrivals are counted.
const SECONDS: u32 = 60;
/// The latest delays from which the middle one is told.
const DELAYS: usize = 21;

/// Arrivals of the last minute.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// Second, and how many came in it, oldest first.
    arrivals: VecDeque<(i64, u64)>,
    delays: VecDeque<u64>,
}

impl Pace {
    /// An event that happened at `at` was received.
    pub fn note(&mut self, at: Timestamp, received_at: Timestamp) {
        let second = received_at.as_second();
        match self.arrivals.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => self.arrivals.push_back((second, 1)),
        }
        while self.arrivals.len() > SECONDS as usize {
            self.arrivals.pop_front();
        }
        let delay = received_at.duration_since(at).as_millis();
        // A clock that is ahead gives no delay.
        self.delays.push_back(u64::try_from(delay).unwrap_or(0));
        if self.delays.len() > DELAYS {
            self.delays.pop_front();
        }
    }

    /// Events of the last minute.
    pub fn per_minute(&self, now: Timestamp) -> u64 {
        let from = now.as_second() - i64::from(SECONDS);
        let lately = self.arrivals.iter().filter(|(second, _)| *second > from);
        lately.map(|(_, count)| count).sum()
    }

    /// The middle one of the latest delays, in milliseconds; none before the first event.
    pub fn lag_ms(&self) -> Option<u64> {
        let mut delays: Vec<u64> = self.delays.iter().copied().collect();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_minute_is_counted_and_what_is_older_is_not() {
        let mut pace = Pace::default();
        for second in 0..120 {
            pace.note(at(second * 1_000 - 200), at(second * 1_000));
            pace.note(at(second * 1_000 - 200), at(second * 1_000 + 500));
        }
        assert_eq!(pace.per_minute(at(119_900)), 120);
        assert_eq!(pace.per_minute(at(119_900 + 30_000)), 60);
        assert_eq!(pace.per_minute(at(1_000_000)), 0);
        assert!(pace.arrivals.len() <= 60);
    }

    #[test]
    fn the_lag_is_the_middle_one_and_a_clock_ahead_is_no_lag() {
        let mut pace = Pace::default();
        assert_eq!(pace.lag_ms(), None);
        for delay in [200, 90_000, 210, 190, 205] {
            pace.note(at(1_000_000 - delay), at(1_000_000));
        }
        assert_eq!(pace.lag_ms(), Some(205));
        let mut ahead = Pace::default();
        ahead.note(at(2_000_000), at(1_000_000));
        assert_eq!(ahead.lag_ms(), Some(0));
    }
}
