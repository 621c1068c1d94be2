//! Reads a stream as a supervisor's program does: each event once, what differs told apart, and time going by.
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::stream::Streamed;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::seen::{SeenSeqs, Sighting};
use crate::domain::supervision::{Alert, Judge};

/// How often the judge is told that time goes by.
const TICK: SignedDuration = SignedDuration::from_secs(20);

/// A judge at a stream.
#[derive(Debug)]
pub struct Reader {
    judge: Judge,
    seen: BTreeMap<(String, EventTopic), SeenSeqs>,
    next_tick: Timestamp,
}

impl Reader {
    /// Of a judge that has learnt the catalogue.
    pub fn new(judge: Judge) -> Self {
        Self {
            judge,
            seen: BTreeMap::new(),
            next_tick: Timestamp::MIN,
        }
    }

    /// What is found when an event comes, and in the time before it.
    pub fn read(&mut self, streamed: &Streamed) -> Vec<Alert> {
        let now = streamed.received_at;
        let mut found = Vec::new();
        if self.next_tick < now - TICK * 4_000 {
            self.next_tick = now;
        }
        while self.next_tick <= now {
            found.extend(self.judge.tick(self.next_tick));
            self.next_tick += TICK;
        }
        let numbered = match &streamed.event {
            StreamEvent::Sale(event) => Some((&event.till_id, event.seq)),
            StreamEvent::Audit(event) => Some((&event.till_id, event.seq)),
            StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => None,
        };
        let is_repeated = numbered.is_some_and(|(till, seq)| {
            let seen = self.seen.entry((till.clone(), streamed.topic)).or_default();
            seen.note(seq) == Sighting::Repeat
        });
        // A scenario sends nothing twice but what was altered.
        found.extend(if is_repeated {
            self.judge.differs(&streamed.event, now)
        } else {
            self.judge.see(&streamed.event, now)
        });
        found
    }
}
