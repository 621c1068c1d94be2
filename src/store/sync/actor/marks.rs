//! Marks that the till's own disk does not take: what the store did is known there and done again here, but not as fast as the
//! store answers.
use std::time::Duration;

use tokio::time::Instant;

use super::{FAILURES_IN_DRAIN, SyncLoop};
use crate::store::journal::JournalError;

/// How the journal takes marks.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// How often in a row it did not, and why the last time.
    failures: u32,
    reason: Option<String>,
    /// Before then nothing is attempted but a clerk's sale.
    not_before: Option<Instant>,
}

impl Marks {
    /// Until when nothing is attempted, if that is to come.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.not_before.filter(|then| *then > Instant::now())
    }

    /// Somebody wants it tried now.
    pub(super) fn ask_now(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    /// Whether it failed so often that nobody should wait for it.
    pub(super) fn are_stuck(&self) -> bool {
        self.failures >= FAILURES_IN_DRAIN
    }

    /// Why it failed the last time.
    pub(super) fn reason(&self) -> Option<String> {
        self.reason.clone()
    }

    fn failed(&mut self, error: &JournalError, (first, last): (Duration, Duration)) {
        self.failures = self.failures.saturating_add(1);
        self.reason = Some(error.to_string());
        let pause = first.saturating_mul(1 << (self.failures - 1).min(16)).min(last);
        self.not_before = Some(Instant::now() + pause);
    }
}

impl SyncLoop {
    /// Takes in whether the journal did what was asked of it. The record itself is kept: at worst the same is sent again, and
    /// the store knows it.
    pub(super) fn marked(&mut self, result: Result<(), JournalError>) {
        match result {
            Ok(()) => self.marks = Marks::default(),
            Err(error) => {
                tracing::error!(%error, "a mark could not be written");
                self.marks.failed(&error, self.options.backoff);
            }
        }
    }
}
