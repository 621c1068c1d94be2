//! Marks that the till's own disk does not take: what the store did is known there and done again here, but not as fast as the
//! store answers.
use tokio::time::Instant;

use super::{FAILURES_IN_DRAIN, SyncLoop};
use crate::store::journal::JournalError;
use crate::store::sync::pauses::Pauses;

/// How the journal takes marks.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// After those that it did not take.
    pauses: Pauses,
    /// Why it did not take the last one.
    reason: Option<String>,
}

impl Marks {
    /// Until when nothing is attempted but a clerk's sale, if that is to come.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.pauses.rest()
    }

    /// Somebody wants it tried now.
    pub(super) fn ask_now(&mut self) {
        self.pauses.end();
    }

    /// Whether it failed so often that nobody should wait for it.
    pub(super) fn are_stuck(&self) -> bool {
        self.pauses.failures() >= FAILURES_IN_DRAIN
    }

    /// Why it failed the last time.
    pub(super) fn reason(&self) -> Option<String> {
        self.reason.clone()
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
                self.marks.pauses.failed(self.options.backoff);
                self.marks.reason = Some(error.to_string());
            }
        }
    }
}
