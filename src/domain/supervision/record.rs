//! A record of the stream as supervision takes it in.
use jiff::Timestamp;

use crate::domain::event::{EventTopic, StreamEvent, Unreadable};

/// How a record relates to those before it (PATH 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It is new.
    New,
    /// It is new, and so many before it have not come yet.
    Jump {
        /// How many.
        missing: u64,
    },
    /// It is new, and fills a hole.
    Late,
    /// It was seen before: it counts once.
    Repeat,
    /// Its number was seen with other content.
    Differs,
    /// Nobody can tell: it counts.
    Untracked,
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// By which topic it came.
    pub topic: EventTopic,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When it was received.
    pub received_at: Timestamp,
    /// What it is.
    pub event: Result<StreamEvent, Unreadable>,
    /// How it relates to those before.
    pub relation: Relation,
}
