//! The live feed: what the topic, or the till's own outbox, brings to every reader. `rxtill tail` reads by the same code.
//!
//! It shares no lock with the way of a sale. A reader that is slow stops the fetching, through the bounded channel, and
//! nothing else.
mod cursor;
mod kafka;
mod outbox;
mod sightings;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};

use super::client::{self, Link, Place};
use super::fault::StreamError;
use super::settings::KafkaSettings;
use crate::domain::clock::Clock;
use crate::domain::event::{StreamEvent, Unreadable};
use crate::domain::sale::TillId;
use crate::store::ports::Outbox;

pub use sightings::Seen;

/// The most records in one update.
const MOST_RECORDS: usize = 500;

/// Where the events come from.
#[derive(Clone)]
pub enum LiveSource {
    /// The topic of sales.
    Kafka(KafkaSettings),
    /// The outbox of a till without brokers; its events read as partition 0, with their numbers as offsets.
    Outbox {
        /// The store of record.
        outbox: Arc<dyn Outbox>,
        /// The till.
        till: TillId,
        /// Notified when a sale was committed.
        wake: Arc<Notify>,
    },
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveFrom {
    /// After what is there now.
    Now,
    /// At the first record that is still kept.
    Beginning,
    /// At the first record that the topic received at or after that moment ("today" is the caller's midnight).
    At(Timestamp),
}

/// Which part of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveScope {
    /// All partitions.
    All,
    /// The partition of that record key, an outlet's id. Other outlets of the same partition come along.
    Key(String),
}

/// What to read and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// Where to begin.
    pub from: LiveFrom,
    /// Which part.
    pub scope: LiveScope,
    /// Whether somebody looks: the state is told more often.
    pub in_sight: bool,
    /// Stop at the end that the topic had at the start.
    pub until_end: bool,
}

/// What the reader may ask for while the feed runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveCommand {
    /// Another part of the topic. What is joined begins where it was left, or as the feed began.
    Follow(LiveScope),
    /// Whether somebody looks.
    InSight(bool),
}

/// What the feed tells, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveUpdate {
    /// The feed's state changed.
    State(StreamState),
    /// Records came: a few hundred at most.
    Records(Vec<LiveRecord>),
    /// Records before offset `to` were deleted by the brokers before they were read.
    Gap {
        /// The partition.
        partition: i32,
        /// The first that is gone.
        from: i64,
        /// The first that is there.
        to: i64,
    },
    /// The topic was truncated or made again: the partition is read again from its first record.
    Restarted {
        /// The partition.
        partition: i32,
        /// Its first record.
        from: i64,
    },
    /// The end was reached that was asked for. The last update.
    End,
}

/// A record of the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When this reader received it.
    pub received_at: Timestamp,
    /// What it is. Text in it comes from outside: make it printable before showing it.
    pub event: Result<StreamEvent, Unreadable>,
    /// Whether it was seen before. [`Seen::Repeat`] is to be counted, not shown as a sale.
    pub seen: Seen,
}

/// How the feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamState {
    /// On the way to the first answer.
    Connecting {
        /// Since when.
        since: Timestamp,
    },
    /// All that was published has been read, and each partition answered lately.
    Live,
    /// Older records are still being read.
    CatchingUp {
        /// How many, about.
        behind: u64,
    },
    /// The topic is not there; nothing is made by looking for it.
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

/// The first offset that each partition of the sale topic still has: 0, if nothing was deleted from it.
///
/// # Errors
/// When the brokers do not answer or the topic is missing.
pub async fn first_offsets(settings: &KafkaSettings) -> Result<BTreeMap<i32, i64>, StreamError> {
    let mut first = BTreeMap::new();
    for partition in client::partitions(settings, &settings.topic).await? {
        let link = Link::open(settings, &settings.topic, partition).await?;
        first.insert(partition, link.offset(Place::Earliest).await?);
    }
    Ok(first)
}

/// The reader went away, or the feed was told to stop.
struct Closed;

/// Sends `update`, waiting for a slow reader.
async fn tell(updates: &mpsc::Sender<LiveUpdate>, update: LiveUpdate) -> Result<(), Closed> {
    updates.send(update).await.map_err(|_| Closed)
}

/// Feeds `updates` until `shutdown` is ready, the reader drops its end, or the end asked for is reached.
pub async fn run(
    source: LiveSource,
    options: LiveOptions,
    commands: mpsc::Receiver<LiveCommand>,
    updates: mpsc::Sender<LiveUpdate>,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let reader = updates.clone();
    let feed = async {
        let ended = match source {
            LiveSource::Kafka(settings) => kafka::Feed::new(settings, options, updates, clock).run(commands).await,
            LiveSource::Outbox { outbox, till, wake } => {
                outbox::Follower::new(outbox, till, wake, options, updates, clock)
                    .run(commands)
                    .await
            }
        };
        if ended.is_err() {
            tracing::debug!("the live feed's reader went away");
        }
    };
    tokio::select! {
        biased;
        () = shutdown => {}
        () = reader.closed() => {}
        () = feed => {}
    }
}
