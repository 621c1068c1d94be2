//! Pauses that grow with each failure in a row.
use std::time::Duration;

use tokio::time::Instant;

/// The pause after so many failures in a row: twice the one before, from the first to the last.
pub(super) fn grown((first, last): (Duration, Duration), failures: u32) -> Duration {
    first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(last)
}

/// How often something failed in a row, and when it is tried again.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failures: u32,
    not_before: Option<Instant>,
}

impl Pauses {
    /// It failed once more.
    pub(super) fn failed(&mut self, backoff: (Duration, Duration)) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + grown(backoff, self.failures));
    }

    /// It worked, or somebody wants it tried now.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// When it is tried again, also where that is past; none: it did not fail.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Until when it is not tried, if that is to come.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.not_before.filter(|then| *then > Instant::now())
    }

    /// How often it failed in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}
