//! Topics that take nothing just now: their rows wait, and those of the till's other topics go on.
use std::collections::BTreeMap;

use tokio::time::{Duration, Instant};

use crate::domain::sale::TillId;
use crate::stream::backoff::Backoff;

/// The topics that refused a till's rows, each with a pause of its own.
#[derive(Debug, Default)]
pub(super) struct Resting(BTreeMap<(TillId, String), Rest>);

#[derive(Debug)]
struct Rest {
    until: Instant,
    backoff: Backoff,
}

impl Resting {
    /// A topic took none of the till's rows.
    pub(super) fn refused(&mut self, till: &TillId, topic: &str) {
        let now = Instant::now();
        let rest = self.0.entry((till.clone(), topic.to_owned()));
        let rest = rest.or_insert_with(|| Rest {
            until: now,
            backoff: Backoff::default(),
        });
        rest.until = now + rest.backoff.pause();
    }

    /// A topic took rows of the till.
    pub(super) fn taken(&mut self, till: &TillId, topic: &str) {
        self.0.remove(&(till.clone(), topic.to_owned()));
    }

    /// Nothing of the till waits any more, or it is left to others.
    pub(super) fn forget(&mut self, till: &TillId) {
        self.0.retain(|(of, _), _| of != till);
    }

    /// Whether a topic refused rows of the till, and has taken none since.
    pub(super) fn has(&self, till: &TillId) -> bool {
        self.of(till).next().is_some()
    }

    /// The topics whose pause is not over.
    pub(super) fn topics(&self, till: &TillId) -> Vec<String> {
        let now = Instant::now();
        let rests = self.of(till).filter(|(_, rest)| rest.until > now);
        rests.map(|(topic, _)| topic.clone()).collect()
    }

    /// How long until the first of them may be tried again.
    pub(super) fn pause(&self, till: &TillId) -> Option<Duration> {
        let first = self.of(till).map(|(_, rest)| rest.until).min();
        first.map(|until| until.saturating_duration_since(Instant::now()))
    }

    fn of(&self, till: &TillId) -> impl Iterator<Item = (&String, &Rest)> {
        let own = self.0.iter().filter(move |((of, _), _)| of == till);
        own.map(|((_, topic), rest)| (topic, rest))
    }
}
