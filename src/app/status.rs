//! How database, stream and queue stand: what the status line says at all times.
use jiff::{SignedDuration, Timestamp};

use crate::domain::link_fault::LinkFault;

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
    /// Why a server that is there does not let the till in, where somebody can mend that.
    pub database_fault: Option<LinkFault>,
    /// The stream.
    pub stream: Stream,
    /// The same of the brokers.
    pub stream_fault: Option<LinkFault>,
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
    /// Audit events that are not in the store of record yet.
    pub events: u64,
    /// Another machine is this till since that series: this one uploads, and does not sell.
    pub taken: Option<u32>,
    /// When the catalogue was last found up to date.
    pub catalogue_at: Option<Timestamp>,
}

/// How long ago, in the largest unit that says enough: "3 s", "12 min", "2 h 05", "3 d".
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).max(SignedDuration::ZERO).as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_unit_that_says_enough() {
        let age = |seconds| age(Timestamp::UNIX_EPOCH, Timestamp::from_second(seconds).unwrap());
        assert_eq!(
            [age(-5), age(59), age(61), age(7_500), age(200_000)],
            ["0 s", "59 s", "1 min", "2 h 05", "2 d"]
        );
    }
}
