//! How database, stream and queue stand: what the status line says at all times.
use jiff::Timestamp;

/// How the store of record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Database {
    /// An answer is overdue, or the first is still to come.
    #[default]
    Slow,
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
    /// It takes events.
    Up,
    /// A broker hands over to another.
    Changing,
    /// Another relay sends this till's events.
    Elsewhere,
    /// The broker does not take events.
    Away {
        /// Since when.
        since: Timestamp,
    },
    /// Nobody could look: the outbox, which says what waits, is in the database.
    Unknown {
        /// Since when; none: it was not looked at yet.
        since: Option<Timestamp>,
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
    /// Events that no broker takes.
    pub set_aside: u64,
    /// Sales that are not in the store of record yet.
    pub unsent: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
    /// Sales that the store could not hold.
    pub parked: u64,
    /// Prescribers added here who are not in the store of record yet.
    pub doctors: u64,
    /// Another machine is this till since that series: this one uploads, and does not sell.
    pub taken: Option<u32>,
    /// When the catalogue was last found up to date.
    pub catalogue_at: Option<Timestamp>,
}
