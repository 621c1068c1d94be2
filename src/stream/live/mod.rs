//! The live feed: what the topics, or the till's own outbox, bring to every reader. `rxtill tail` reads by the same code.
//!
//! It shares no lock with the way of a sale. A reader that is slow stops the fetching, through the bounded channel, and
//! nothing else. Records are told as they are, repeats too: whoever counts them notes them in
//! [`Sightings`](crate::domain::sightings::Sightings) of its own, and keeps those, with where it stands, if it is to go on
//! there after a restart.
mod cursor;
mod kafka;
mod outbox;
mod part;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};

use super::client::{self, Link};
use super::fault::StreamError;
use super::reading::{Place, ReadableTopics};
use super::settings::KafkaSettings;
use crate::domain::clock::Clock;
use crate::domain::event::{EventTopic, StreamEvent, Unreadable};
use crate::domain::sale::TillId;
use crate::domain::sightings::{Offsets, Seen, Sightings};
use crate::store::ports::Outbox;

pub(super) use cursor::{Cursor, Found};

/// The most records in one update.
const MOST_RECORDS: usize = 500;

/// Where the events come from.
#[derive(Clone)]
pub enum LiveSource {
    /// The topics.
    Kafka(KafkaSettings),
    /// The topics, behind their port.
    Topics(Arc<dyn ReadableTopics>),
    /// The outbox of a till without brokers; its events read as partition 0 of their topic, with their numbers as offsets
    /// (those of later series are further on).
    Outbox {
        /// The store of record.
        outbox: Arc<dyn Outbox>,
        /// The till.
        till: TillId,
        /// Notified when a sale was committed; what nobody tells of is found a second later.
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

/// Which part of each topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveScope {
    /// All partitions.
    All,
    /// The partition of that record key, an outlet's id. Other outlets of the same partition come along.
    Key(String),
    /// Those partitions, as far as there are such.
    Partitions(BTreeSet<i32>),
}

/// What to read and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// Which topics. One that is missing keeps nobody from the others.
    pub topics: Vec<EventTopic>,
    /// Where to begin.
    pub from: LiveFrom,
    /// The partitions that begin at an offset instead: where a reader goes on. Where the brokers have deleted it or the topic
    /// was made again meanwhile, [`LiveUpdate::Gap`] or [`LiveUpdate::Restarted`] tells.
    pub resume: Offsets,
    /// Which part.
    pub scope: LiveScope,
    /// Whether somebody looks: the state is told more often.
    pub in_sight: bool,
    /// Stop at the end that the topics had at the start.
    pub until_end: bool,
}

impl LiveOptions {
    /// All sales, for somebody who looks.
    pub fn sales(from: LiveFrom) -> Self {
        Self {
            topics: vec![EventTopic::Sales],
            from,
            resume: Offsets::new(),
            scope: LiveScope::All,
            in_sight: true,
            until_end: false,
        }
    }
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
        /// The topic.
        topic: EventTopic,
        /// The partition.
        partition: i32,
        /// The first that is gone.
        from: i64,
        /// The first that is there.
        to: i64,
    },
    /// The topic was truncated or made again: the partition is read again from its first record.
    Restarted {
        /// The topic.
        topic: EventTopic,
        /// The partition.
        partition: i32,
        /// Its first record.
        from: i64,
    },
    /// The end was reached that was asked for. The last update.
    End,
}

/// A record of a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRecord {
    /// The topic.
    pub topic: EventTopic,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When this reader received it.
    pub received_at: Timestamp,
    /// What it is. Text in it comes from outside: make it printable before showing it.
    pub event: Result<StreamEvent, Unreadable>,
}

impl LiveRecord {
    /// Notes it among those seen by its reader. What nobody can read is always new.
    pub fn note_in(&self, sightings: &mut Sightings) -> Seen {
        match &self.event {
            Ok(event) => sightings.note(event, self.partition, self.offset),
            Err(_) => Seen::New,
        }
    }
}

/// How the feed stands. Of several topics, the worst: one that is missing or does not answer, with its name or the reason.
/// What the others bring is told all the same.
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
    /// A topic is not there; nothing is made by looking for it.
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
            LiveSource::Kafka(settings) => {
                let topics = Arc::new(settings);
                kafka::Feed::new(topics, options, updates, clock).run(commands).await
            }
            LiveSource::Topics(topics) => kafka::Feed::new(topics, options, updates, clock).run(commands).await,
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
