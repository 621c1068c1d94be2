//! How database, stream and queue stand: what the status line says at all times.
use jiff::Timestamp;

/// How the store of record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Database {
    /// Nobody has asked it yet.
    #[default]
    Unknown,
    /// The till's own file.
    Own,
    /// A server that answers.
    Up,
    /// A server that does not answer.
    Away {
        /// Since when.
        since: Timestamp,
    },
}

/// How the stream of this till's events stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stream {
    /// None is configured: events stay in the till's own outbox.
    #[default]
    Own,
    /// Acknowledged so far.
    Up,
    /// The broker does not answer.
    Away {
        /// Since when.
        since: Timestamp,
    },
    /// Another program carries the events.
    Debezium,
    /// The fleet keeps its events for now.
    Kept,
}

/// All that the status line says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The store of record.
    pub database: Database,
    /// The stream.
    pub stream: Stream,
    /// Events that wait for the broker.
    pub waiting: u64,
    /// Sales that are not in the store of record yet.
    pub unsent: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
    /// Sales that the store could not hold.
    pub parked: u64,
    /// When the catalogue was last found up to date.
    pub catalogue_at: Option<Timestamp>,
}

impl Status {
    /// Whether every sale is in the store of record, and every event sent.
    pub fn is_green(&self) -> bool {
        self.unsent == 0 && self.parked == 0 && self.waiting == 0
    }
}
