//! What a feed tells, and how it stands.
use jiff::Timestamp;

use crate::domain::event::{StreamEvent, Unreadable};

/// Where the feed begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LiveFrom {
    /// After what is there.
    Now,
    /// At this outlet's midnight.
    #[default]
    Today,
    /// At the first record that is kept.
    Beginning,
}

/// Which part of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LiveScope {
    /// This outlet's partition.
    #[default]
    Own,
    /// All of it.
    All,
}

/// How the feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveState {
    /// On the way to the first answer.
    Connecting {
        /// Since when.
        since: Timestamp,
    },
    /// All that was published has been read.
    Live,
    /// Older records are still being read.
    CatchingUp {
        /// How many, about.
        behind: u64,
    },
    /// The topic is not there.
    TopicMissing {
        /// Since when.
        since: Timestamp,
        /// Its name.
        topic: String,
    },
    /// No answer, or a refusal; tried again.
    Reconnecting {
        /// Since when.
        since: Timestamp,
        /// What was heard.
        reason: String,
    },
}

/// How a record relates to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
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
    /// Nobody can tell.
    Untracked,
}

/// A record of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When it was received.
    pub received_at: Timestamp,
    /// What it is.
    pub event: Result<StreamEvent, Unreadable>,
    /// How it relates to those before.
    pub sighting: Sighting,
}

/// What a feed tells.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveNews {
    /// It stands differently.
    State(LiveState),
    /// Records came.
    Records(Vec<LiveRecord>),
    /// Records were deleted before they were read.
    Gap {
        /// The partition.
        partition: i32,
        /// How many.
        lost: i64,
    },
    /// The partition was made again and is read from its first record.
    Restarted {
        /// The partition.
        partition: i32,
    },
}
