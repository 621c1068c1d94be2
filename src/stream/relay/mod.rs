//! The relay: a till's outbox rows to their topics, in order, at least once (PATH section 4).
//!
//! ```text
//!  unmarked rows ──lease──> produce ──acknowledged──> mark under the lease's epoch
//!        ^                     │ refused, or no answer
//!        └──── stay unmarked ──┘
//! ```
//!
//! A till's topics are numbered apart, so each keeps its own order, and one that takes nothing does not hold up another.
//!
//! Two relays at one till's rows only repeat: each begins at the oldest unmarked row and skips none, so first occurrences
//! stay in order, and readers know a repeat by its number.
mod adopt;
pub mod again;
mod batch;
mod desk;
mod lease;
mod rest;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::producer::Producer;
use crate::domain::clock::Clock;
use crate::domain::sale::TillId;
use crate::store::ports::Outbox;

pub use run::Relay;

/// Who relays, and where its own events go.
#[derive(Debug, Clone)]
pub struct RelayIdentity {
    /// The till whose events come first.
    pub till: TillId,
    /// Names this running relay in the leases; no two at a time may have the same.
    pub holder: String,
    /// The topic and record key of the till's events: with them an idle relay asks whether it could publish. Where the
    /// key is not known yet, any does: it stands for one of the topic's partitions until the first event.
    pub home: (String, String),
}

/// What waits in the till's outbox, as last counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that no broker has acknowledged.
    pub events: u64,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
}

/// What the relay is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It has not looked yet.
    Starting,
    /// Nothing waits, and the broker answered when last asked.
    Idle,
    /// Events are on their way.
    Publishing,
    /// Another relay holds the lease on this till's events.
    HeldElsewhere,
    /// The broker does not take events, for so short a time that a change of leader explains it.
    ChangingLeader {
        /// Since when.
        since: Timestamp,
        /// What was heard.
        reason: String,
    },
    /// The broker does not take events.
    Down {
        /// Since when.
        since: Timestamp,
        /// What was heard.
        reason: String,
    },
    /// The outbox cannot be read or written.
    StoreAway {
        /// Since when.
        since: Timestamp,
        /// What was heard.
        reason: String,
    },
    /// The fleet does not publish: events are kept for later.
    Kept,
    /// Debezium publishes.
    Debezium,
}

/// State and backlog together, as the status line shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStatus {
    /// What it is doing.
    pub state: RelayState,
    /// What waits; the last known count while the store is away.
    pub backlog: Backlog,
    /// Events set aside by this relay since it started: no broker will take them, somebody must look.
    pub set_aside: u64,
}

/// How the rest of the program reaches a running relay.
#[derive(Debug, Clone)]
pub struct RelayHandle {
    /// To be notified when a sale was committed.
    pub wake: Arc<Notify>,
    /// What it is doing.
    pub status: watch::Receiver<RelayStatus>,
}

/// A relay, to be [run](Relay::run) on a task of its own, and its handle.
pub fn relay(
    identity: RelayIdentity,
    outbox: Arc<dyn Outbox>,
    producer: Arc<dyn Producer>,
    clock: Arc<dyn Clock>,
) -> (Relay, RelayHandle) {
    let (status, watched) = watch::channel(RelayStatus {
        state: RelayState::Starting,
        backlog: Backlog::default(),
        set_aside: 0,
    });
    let wake = Arc::new(Notify::new());
    let handle = RelayHandle {
        wake: Arc::clone(&wake),
        status: watched,
    };
    (Relay::new(identity, outbox, producer, clock, status, wake), handle)
}
