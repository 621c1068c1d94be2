//! Following a topic: a cursor a partition, all in one task.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::cursor::{Cursor, Found};
use super::sightings::{Seen, Sightings};
use super::{
    Closed, LiveCommand, LiveFrom, LiveOptions, LiveRecord, LiveScope, LiveUpdate, MOST_RECORDS, StreamState, tell,
};
use crate::domain::clock::Clock;
use crate::domain::event::{StreamEvent, Unreadable};
use crate::stream::backoff::Backoff;
use crate::stream::client::{self, Place};
use crate::stream::fault::{Fault, StreamError};
use crate::stream::partitioner::partition_of;
use crate::stream::settings::KafkaSettings;

/// How long a fetch waits for records. Brokers answer at once when one comes; this is how often they say that none did.
const WAIT_IN_SIGHT: Duration = Duration::from_secs(1);
const WAIT_HIDDEN: Duration = Duration::from_secs(5);
/// How often to look for new partitions.
const LIST_EVERY: Duration = Duration::from_mins(1);

type Step = BoxFuture<'static, (Cursor, Result<Vec<Found>, StreamError>)>;
type Listing = BoxFuture<'static, Result<BTreeSet<i32>, StreamError>>;

/// How one partition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// No answer yet.
    New,
    /// It answered, with so many records to go.
    Answered { behind: u64 },
    /// It does not answer.
    Troubled { since: Timestamp },
}

/// A feed from a topic.
pub(super) struct Feed {
    settings: Arc<KafkaSettings>,
    options: LiveOptions,
    updates: mpsc::Sender<LiveUpdate>,
    clock: Arc<dyn Clock>,
    sightings: Sightings,
    steps: FuturesUnordered<Step>,
    /// All partitions of the topic, as last listed.
    listed: BTreeSet<i32>,
    /// The partitions being read, and how they stand.
    followed: BTreeMap<i32, Standing>,
    /// Places in partitions that were read before.
    resting: BTreeMap<i32, Cursor>,
    /// Partitions with a step under way, wanted or not.
    stepping: BTreeSet<i32>,
    /// Where a partition begins that was not read before.
    start: Place,
    /// Why there is no list of partitions, and since when.
    unlisted: Option<(Timestamp, StreamError)>,
    /// The latest trouble of a partition.
    heard: Option<StreamError>,
    since: Timestamp,
    state: Option<StreamState>,
}

impl Feed {
    pub(super) fn new(
        settings: KafkaSettings,
        options: LiveOptions,
        updates: mpsc::Sender<LiveUpdate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let start = match options.from {
            LiveFrom::Now => Place::Latest,
            LiveFrom::Beginning => Place::Earliest,
            LiveFrom::At(time) => Place::At(time),
        };
        Self {
            settings: Arc::new(settings),
            options,
            updates,
            since: clock.now(),
            clock,
            sightings: Sightings::default(),
            steps: FuturesUnordered::new(),
            listed: BTreeSet::new(),
            followed: BTreeMap::new(),
            resting: BTreeMap::new(),
            stepping: BTreeSet::new(),
            start,
            unlisted: None,
            heard: None,
            state: None,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<LiveCommand>) -> Result<(), Closed> {
        let mut listing: Option<Listing> = Some(self.list());
        let mut list_at = Instant::now();
        let mut backoff = Backoff::default();
        let mut commanded = true;
        loop {
            self.say_state().await?;
            tokio::select! {
                biased;
                command = commands.recv(), if commanded => match command {
                    Some(LiveCommand::Follow(scope)) => {
                        self.options.scope = scope;
                        self.follow();
                    }
                    Some(LiveCommand::InSight(in_sight)) => self.options.in_sight = in_sight,
                    None => commanded = false,
                },
                Some((cursor, found)) = self.steps.next() => self.stepped(cursor, found).await?,
                answer = maybe(&mut listing) => {
                    listing = None;
                    list_at = Instant::now() + match answer {
                        Ok(partitions) => {
                            self.listed_as(partitions);
                            backoff.reset();
                            LIST_EVERY
                        }
                        Err(error) => {
                            self.not_listed(error);
                            backoff.pause()
                        }
                    };
                }
                () = sleep_until(list_at), if listing.is_none() => listing = Some(self.list()),
            }
            if self.at_end() {
                return tell(&self.updates, LiveUpdate::End).await;
            }
        }
    }

    fn list(&self) -> Listing {
        let settings = Arc::clone(&self.settings);
        Box::pin(async move { client::partitions(&settings, &settings.topic).await })
    }

    fn listed_as(&mut self, partitions: BTreeSet<i32>) {
        self.unlisted = None;
        self.listed = partitions;
        self.follow();
        // A partition that appears later was made later: all of it is news.
        self.start = Place::Earliest;
    }

    fn not_listed(&mut self, error: StreamError) {
        if error.fault == Fault::NoTopic {
            self.start = Place::Earliest;
        }
        let since = self.unlisted.take().map(|(since, _)| since);
        self.unlisted = Some((since.unwrap_or_else(|| self.clock.now()), error));
    }

    /// Starts reading what the scope asks for, and lets the rest go.
    fn follow(&mut self) {
        let count = i32::try_from(self.listed.len()).unwrap_or(i32::MAX);
        let own = match &self.options.scope {
            LiveScope::All => None,
            LiveScope::Key(key) => Some(partition_of(key.as_bytes(), count)),
        };
        let wanted: BTreeSet<i32> = self
            .listed
            .iter()
            .copied()
            .filter(|partition| own.is_none_or(|own| own == *partition))
            .collect();
        self.followed.retain(|partition, _| wanted.contains(partition));
        // What was never read begins as the feed did, also when it is joined later.
        for partition in &self.listed {
            if !self.resting.contains_key(partition) && !self.stepping.contains(partition) {
                let cursor = Cursor::new(*partition, self.start, self.options.until_end);
                self.resting.insert(*partition, cursor);
            }
        }
        for partition in wanted {
            self.followed.entry(partition).or_insert(Standing::New);
            if let Some(cursor) = self.resting.remove(&partition) {
                self.step(cursor, Duration::ZERO);
            }
        }
    }

    fn step(&mut self, mut cursor: Cursor, pause: Duration) {
        let settings = Arc::clone(&self.settings);
        let wait = if self.options.in_sight {
            WAIT_IN_SIGHT
        } else {
            WAIT_HIDDEN
        };
        self.stepping.insert(cursor.partition);
        self.steps.push(Box::pin(async move {
            sleep(pause).await;
            let found = cursor.step(&settings, wait).await;
            (cursor, found)
        }));
    }

    async fn stepped(&mut self, mut cursor: Cursor, found: Result<Vec<Found>, StreamError>) -> Result<(), Closed> {
        let partition = cursor.partition;
        self.stepping.remove(&partition);
        let now = self.clock.now();
        let mut pause = Duration::ZERO;
        let standing = match &found {
            Ok(_) => {
                cursor.backoff.reset();
                Standing::Answered { behind: cursor.behind }
            }
            Err(error) => {
                pause = cursor.backoff.pause();
                self.heard = Some(error.clone());
                match self.followed.get(&partition) {
                    Some(Standing::Troubled { since }) => Standing::Troubled { since: *since },
                    _ => Standing::Troubled { since: now },
                }
            }
        };
        let followed = match self.followed.get_mut(&partition) {
            Some(entry) => {
                *entry = standing;
                true
            }
            None => false,
        };
        if !followed || cursor.at_end() {
            cursor.rest();
            self.resting.insert(partition, cursor);
        } else {
            // The next fetch is asked for before this one is told: it is under way while the reader reads.
            self.step(cursor, pause);
        }
        match found {
            Ok(found) => self.pass_on(partition, found, now).await,
            Err(_) => Ok(()),
        }
    }

    async fn pass_on(&mut self, partition: i32, found: Vec<Found>, received_at: Timestamp) -> Result<(), Closed> {
        let mut records = Vec::new();
        for found in found {
            let (offset, event) = match found {
                Found::Record { offset, value } => (offset, StreamEvent::read(value.as_deref())),
                Found::Skipped { offset, reason } => (offset, Err(Unreadable::new(&reason))),
                Found::Gap { from, to } => {
                    let gap = LiveUpdate::Gap { partition, from, to };
                    tell(&self.updates, gap).await?;
                    continue;
                }
                Found::Restarted { from } => {
                    let restarted = LiveUpdate::Restarted { partition, from };
                    tell(&self.updates, restarted).await?;
                    continue;
                }
            };
            let seen = match &event {
                Ok(event) => self.sightings.note(event, partition, offset),
                Err(_) => Seen::New,
            };
            records.push(LiveRecord {
                partition,
                offset,
                received_at,
                event,
                seen,
            });
            if records.len() >= MOST_RECORDS {
                let full = LiveUpdate::Records(std::mem::take(&mut records));
                tell(&self.updates, full).await?;
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        tell(&self.updates, LiveUpdate::Records(records)).await
    }

    fn at_end(&self) -> bool {
        self.options.until_end
            && !self.followed.is_empty()
            && self
                .followed
                .keys()
                .all(|partition| self.resting.get(partition).is_some_and(Cursor::at_end))
    }

    async fn say_state(&mut self) -> Result<(), Closed> {
        let state = self.standing();
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        tell(&self.updates, LiveUpdate::State(state)).await
    }

    fn standing(&self) -> StreamState {
        let troubled = self.followed.values().filter_map(|standing| match standing {
            Standing::Troubled { since } => Some(*since),
            _ => None,
        });
        let trouble = match (troubled.min(), &self.heard, &self.unlisted) {
            (Some(since), Some(error), _) => Some((since, error)),
            // While all partitions answer, the list can wait.
            (None, _, Some((since, error))) if self.followed.is_empty() => Some((*since, error)),
            _ => None,
        };
        if let Some((since, error)) = trouble {
            return if error.fault == Fault::NoTopic {
                StreamState::TopicMissing {
                    since,
                    topic: self.settings.topic.clone(),
                }
            } else {
                StreamState::Reconnecting {
                    since,
                    reason: error.reason.clone(),
                }
            };
        }
        let mut behind = 0;
        for standing in self.followed.values() {
            match standing {
                Standing::Answered { behind: some } => behind += some,
                _ => return StreamState::Connecting { since: self.since },
            }
        }
        match behind {
            _ if self.followed.is_empty() => StreamState::Connecting { since: self.since },
            0 => StreamState::Live,
            behind => StreamState::CatchingUp { behind },
        }
    }
}

/// The answer, if a question is under way; never ready otherwise.
async fn maybe(listing: &mut Option<Listing>) -> Result<BTreeSet<i32>, StreamError> {
    match listing {
        Some(listing) => listing.await,
        None => std::future::pending().await,
    }
}
