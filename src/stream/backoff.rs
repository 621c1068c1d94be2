//! How long to wait before the next attempt.
use std::time::Duration;

use super::fault::{Fault, StreamError};

const FIRST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(5);
/// A refusal that somebody has to mend does not pass within seconds, and each attempt is a login that the broker counts.
const DENIED: Duration = Duration::from_secs(10);

/// Pauses from 0.3 s, doubling to 5 s, each shortened at random by up to half, so that tills that lost the same broker
/// do not come back in step.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(LONGEST);
        pause.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// The next pause, after that.
    pub(super) fn pause_after(&mut self, error: &StreamError) -> Duration {
        if error.fault == Fault::Denied {
            self.next = LONGEST;
            return DENIED.mul_f64(0.5 + fastrand::f64() / 2.0);
        }
        self.pause()
    }

    /// Back to the shortest: something worked.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_seconds_and_no_further() {
        let mut backoff = Backoff::default();
        for _ in 0..40 {
            let pause = backoff.pause();
            assert!(pause >= FIRST / 2 && pause <= LONGEST, "{pause:?}");
        }
        assert!(backoff.pause() >= LONGEST / 2);
        let denied = StreamError::new(Fault::Denied, "no");
        let pause = backoff.pause_after(&denied);
        assert!(pause >= DENIED / 2 && pause <= DENIED, "{pause:?}");
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}
