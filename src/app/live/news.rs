//! What a feed tells, and how it stands.
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::supervision::{Alert, Overview, StreamRow};

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
    /// At the first record that was received at that moment or later.
    At(Timestamp),
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

/// What a feed tells.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveNews {
    /// It stands differently.
    State(LiveState),
    /// All figures anew.
    Overview(Arc<Overview>),
    /// Rows that the filter takes came, oldest first.
    Rows {
        /// The number of the filter that took them.
        filter: u64,
        /// The rows.
        rows: Vec<Arc<StreamRow>>,
        /// So many before them are not shown, because too many came at once; totals count them.
        skipped: u64,
    },
    /// The rows of before that a new filter takes, oldest first: in place of what is shown.
    Found {
        /// The number of the filter.
        filter: u64,
        /// The latest of them.
        rows: Vec<Arc<StreamRow>>,
        /// How many there are among the rows that are kept.
        of: u64,
    },
    /// Alerts that are new, or of which more is known: an alert replaces the one of the same id.
    Alerts(Vec<Arc<Alert>>),
}
