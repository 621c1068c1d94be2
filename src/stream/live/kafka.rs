//! Following topics: a cursor a partition, all in one task.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::cursor::{Cursor, Found};
use super::part::{self, Part};
use super::{Closed, LiveCommand, LiveOptions, LiveRecord, LiveUpdate, MOST_RECORDS, StreamState, tell};
use crate::domain::clock::Clock;
use crate::domain::event::{EventTopic, StreamEvent, Unreadable};
use crate::stream::fault::StreamError;
use crate::stream::reading::ReadableTopics;

/// How long a fetch waits for records. Brokers answer at once when one comes; this is how often they say that none did.
const WAIT_IN_SIGHT: Duration = Duration::from_secs(1);
const WAIT_HIDDEN: Duration = Duration::from_secs(5);
/// How often to look for new partitions.
const LIST_EVERY: Duration = Duration::from_mins(1);

/// What was under way, of the topic at that place in the list.
enum Done {
    /// A cursor's step.
    Step(usize, Box<Cursor>, Result<Vec<Found>, StreamError>),
    /// A look for the topic's partitions.
    List(usize, Result<BTreeSet<i32>, StreamError>),
}

/// A feed from topics.
pub(super) struct Feed {
    topics: Arc<dyn ReadableTopics>,
    options: LiveOptions,
    updates: mpsc::Sender<LiveUpdate>,
    clock: Arc<dyn Clock>,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
    parts: Vec<Part>,
    since: Timestamp,
    state: Option<StreamState>,
}

impl Feed {
    pub(super) fn new(
        topics: Arc<dyn ReadableTopics>,
        options: LiveOptions,
        updates: mpsc::Sender<LiveUpdate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let followed: BTreeSet<EventTopic> = options.topics.iter().copied().collect();
        let parts = followed
            .into_iter()
            .map(|topic| Part::new(topic, topics.name_of(topic), &options));
        Self {
            parts: parts.collect(),
            topics,
            options,
            updates,
            since: clock.now(),
            clock,
            under_way: FuturesUnordered::new(),
            state: None,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<LiveCommand>) -> Result<(), Closed> {
        for index in 0..self.parts.len() {
            self.list(index, Duration::ZERO);
        }
        let mut commanded = true;
        loop {
            self.say_state().await?;
            tokio::select! {
                biased;
                command = commands.recv(), if commanded => match command {
                    Some(LiveCommand::Follow(scope)) => {
                        self.options.scope = scope;
                        for index in 0..self.parts.len() {
                            let cursors = self.parts[index].follow(&self.options.scope);
                            self.step_all(index, cursors);
                        }
                    }
                    Some(LiveCommand::InSight(in_sight)) => self.options.in_sight = in_sight,
                    None => commanded = false,
                },
                Some(done) = self.under_way.next() => match done {
                    Done::Step(index, cursor, found) => self.stepped(index, *cursor, found).await?,
                    Done::List(index, answer) => self.listed(index, answer),
                },
            }
            if self.options.until_end && self.parts.iter().all(Part::at_end) {
                return tell(&self.updates, LiveUpdate::End).await;
            }
        }
    }

    fn list(&self, index: usize, pause: Duration) {
        let topics = Arc::clone(&self.topics);
        let name = Arc::clone(&self.parts[index].name);
        self.under_way.push(Box::pin(async move {
            sleep(pause).await;
            Done::List(index, topics.partitions(&name).await)
        }));
    }

    fn listed(&mut self, index: usize, answer: Result<BTreeSet<i32>, StreamError>) {
        let now = self.clock.now();
        let part = &mut self.parts[index];
        let pause = match answer {
            Ok(partitions) => {
                let cursors = part.listed_as(partitions, &self.options.scope);
                self.step_all(index, cursors);
                LIST_EVERY
            }
            Err(error) => {
                let pause = part.backoff.pause_after(&error);
                part.not_listed(error, now);
                pause
            }
        };
        self.list(index, pause);
    }

    fn step_all(&self, index: usize, cursors: Vec<Cursor>) {
        for cursor in cursors {
            self.step(index, cursor, Duration::ZERO);
        }
    }

    fn step(&self, index: usize, mut cursor: Cursor, pause: Duration) {
        let topics = Arc::clone(&self.topics);
        let wait = if self.options.in_sight {
            WAIT_IN_SIGHT
        } else {
            WAIT_HIDDEN
        };
        self.under_way.push(Box::pin(async move {
            sleep(pause).await;
            let found = cursor.step(&*topics, wait).await;
            Done::Step(index, Box::new(cursor), found)
        }));
    }

    async fn stepped(
        &mut self,
        index: usize,
        mut cursor: Cursor,
        found: Result<Vec<Found>, StreamError>,
    ) -> Result<(), Closed> {
        let partition = cursor.partition;
        let now = self.clock.now();
        let pause = if found.is_ok() {
            cursor.backoff.reset();
            Duration::ZERO
        } else {
            cursor.backoff.pause()
        };
        let part = &mut self.parts[index];
        let topic = part.topic;
        if let Some(cursor) = part.stepped(cursor, found.as_ref().err(), now) {
            // The next fetch is asked for before this one is told: it is under way while the reader reads.
            self.step(index, cursor, pause);
        }
        match found {
            Ok(found) => self.pass_on((topic, partition), found, now).await,
            Err(_) => Ok(()),
        }
    }

    // Exclusively, for the futures under way may be sent and not shared.
    async fn pass_on(
        &mut self,
        (topic, partition): (EventTopic, i32),
        found: Vec<Found>,
        received_at: Timestamp,
    ) -> Result<(), Closed> {
        let mut records = Vec::new();
        for found in found {
            let (offset, event) = match found {
                Found::Record { offset, value } => (offset, StreamEvent::read_from(topic, value.as_deref())),
                Found::Skipped { offset, reason } => (offset, Err(Unreadable::new(&reason))),
                Found::Gap { from, to } => {
                    let gap = LiveUpdate::Gap {
                        topic,
                        partition,
                        from,
                        to,
                    };
                    tell(&self.updates, gap).await?;
                    continue;
                }
                Found::Restarted { from } => {
                    let restarted = LiveUpdate::Restarted { topic, partition, from };
                    tell(&self.updates, restarted).await?;
                    continue;
                }
            };
            records.push(LiveRecord {
                topic,
                partition,
                offset,
                received_at,
                event,
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

    async fn say_state(&mut self) -> Result<(), Closed> {
        let state = part::state(&self.parts, self.since);
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        tell(&self.updates, LiveUpdate::State(state)).await
    }
}
