//! Whether the database answers, and when it is asked again.
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::pauses::grown;
use super::{Link, SyncOptions};

/// As far as the loop knows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answers {
    /// Nobody has asked yet.
    NotAsked,
    Yes,
    /// An answer is overdue.
    Overdue,
    No {
        since: Timestamp,
        reason: String,
    },
}

/// The link to the store of record.
pub(super) struct LinkState {
    answers: Answers,
    failures: u32,
    not_before: Option<Instant>,
    backoff: (Duration, Duration),
    local: bool,
    random: fastrand::Rng,
}

impl LinkState {
    pub(super) fn new(options: &SyncOptions) -> Self {
        Self {
            answers: Answers::NotAsked,
            failures: 0,
            not_before: None,
            backoff: options.backoff,
            local: options.local,
            random: fastrand::Rng::with_seed(options.seed),
        }
    }

    /// Whether a clerk should not wait for it.
    pub(super) fn known_bad(&self) -> bool {
        matches!(self.answers, Answers::Overdue | Answers::No { .. })
    }

    /// It answered.
    pub(super) fn answered(&mut self) {
        self.answers = Answers::Yes;
        self.failures = 0;
        self.not_before = None;
    }

    /// Its answer is overdue.
    pub(super) fn overdue(&mut self) {
        if !matches!(self.answers, Answers::No { .. }) {
            self.answers = Answers::Overdue;
        }
    }

    /// It could not: it is asked again after a pause that grows.
    pub(super) fn failed(&mut self, now: Timestamp, reason: &str) {
        self.failures = self.failures.saturating_add(1);
        let since = match self.answers {
            Answers::No { since, .. } => since,
            _ => now,
        };
        self.answers = Answers::No {
            since,
            reason: reason.to_owned(),
        };
        self.pause(grown(self.backoff, self.failures));
    }

    /// A clerk waits: it is asked again soon. How long that pause is.
    pub(super) fn retry_soon(&mut self) -> Duration {
        let pause = self.pause(self.backoff.0 / 3);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    /// Somebody wants it asked now.
    pub(super) fn ask_now(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    fn pause(&mut self, longest: Duration) -> Duration {
        let pause = longest.mul_f64(0.5 + self.random.f64() / 2.0);
        self.not_before = Some(Instant::now() + pause);
        pause
    }

    /// Before then it is not asked.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// How often in a row it failed.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Why it does not answer.
    pub(super) fn reason(&self) -> Option<String> {
        match &self.answers {
            Answers::No { reason, .. } => Some(reason.clone()),
            Answers::Overdue => Some("no answer yet".to_owned()),
            Answers::NotAsked | Answers::Yes => None,
        }
    }

    /// As shown.
    pub(super) fn shown(&self) -> Link {
        match &self.answers {
            Answers::Yes | Answers::NotAsked if self.local => Link::Local,
            Answers::Yes => Link::Up,
            Answers::NotAsked | Answers::Overdue => Link::Slow,
            Answers::No { since, reason } => Link::Down {
                since: *since,
                reason: reason.clone(),
            },
        }
    }
}
