//! One topic of a feed: its partitions, and how they stand.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::cursor::Cursor;
use super::{LiveFrom, LiveOptions, LiveScope, StreamState};
use crate::domain::event::EventTopic;
use crate::domain::sightings::Offsets;
use crate::stream::backoff::Backoff;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::partitioner::partition_of;
use crate::stream::reading::Place;

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

/// How a topic stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PartState {
    /// So many records are still to be read.
    Reading { behind: u64 },
    /// On the way to the first answer.
    Connecting,
    /// It is not there.
    Missing { since: Timestamp },
    /// It does not answer.
    Troubled { since: Timestamp, reason: String },
}

/// A topic of the feed.
#[derive(Debug)]
pub(super) struct Part {
    pub topic: EventTopic,
    pub name: Arc<str>,
    /// For listing its partitions.
    pub backoff: Backoff,
    /// All its partitions, as last listed.
    listed: BTreeSet<i32>,
    /// The partitions being read, and how they stand.
    followed: BTreeMap<i32, Standing>,
    /// Places in partitions that were read before.
    resting: BTreeMap<i32, Cursor>,
    /// Partitions with a step under way, wanted or not.
    stepping: BTreeSet<i32>,
    /// Where a partition begins that was not read before.
    start: Place,
    /// Where those begin that a reader goes on with.
    resume: Offsets,
    until_end: bool,
    /// Why there is no list of partitions, and since when.
    unlisted: Option<(Timestamp, StreamError)>,
    /// The latest trouble of a partition.
    heard: Option<StreamError>,
}

impl Part {
    pub(super) fn new(topic: EventTopic, name: &str, options: &LiveOptions) -> Self {
        Self {
            topic,
            name: name.into(),
            backoff: Backoff::default(),
            listed: BTreeSet::new(),
            followed: BTreeMap::new(),
            resting: BTreeMap::new(),
            stepping: BTreeSet::new(),
            start: match options.from {
                LiveFrom::Now => Place::Latest,
                LiveFrom::Beginning => Place::Earliest,
                LiveFrom::At(time) => Place::At(time),
            },
            resume: options.resume.clone(),
            until_end: options.until_end,
            unlisted: None,
            heard: None,
        }
    }

    /// Takes in the list of its partitions, and gives the cursors that are to go.
    pub(super) fn listed_as(&mut self, partitions: BTreeSet<i32>, scope: &LiveScope) -> Vec<Cursor> {
        self.backoff.reset();
        self.unlisted = None;
        self.listed = partitions;
        let wanted = self.follow(scope);
        // A partition that appears later was made later: all of it is news.
        self.start = Place::Earliest;
        wanted
    }

    pub(super) fn not_listed(&mut self, error: StreamError, now: Timestamp) {
        if error.fault == Fault::NoTopic {
            // Once it is there it is another log.
            self.start = Place::Earliest;
            self.resume.clear();
        }
        let since = self.unlisted.take().map(|(since, _)| since);
        self.unlisted = Some((since.unwrap_or(now), error));
    }

    /// Gives the cursors of what the scope asks for and is not read yet, and lets the rest go.
    pub(super) fn follow(&mut self, scope: &LiveScope) -> Vec<Cursor> {
        let count = i32::try_from(self.listed.len()).unwrap_or(i32::MAX);
        let is_wanted = |partition: &i32| match scope {
            LiveScope::All => true,
            LiveScope::Key(key) => partition_of(key.as_bytes(), count) == *partition,
            LiveScope::Partitions(some) => some.contains(partition),
        };
        let wanted: BTreeSet<i32> = self.listed.iter().copied().filter(is_wanted).collect();
        self.followed.retain(|partition, _| wanted.contains(partition));
        // What was never read begins as the feed did, also when it is joined later.
        for partition in &self.listed {
            if !self.resting.contains_key(partition) && !self.stepping.contains(partition) {
                let resumed = self.resume.get(&(self.topic, *partition));
                let start = resumed.map_or(self.start, |offset| Place::Offset((*offset).max(0)));
                let cursor = Cursor::new(Arc::clone(&self.name), *partition, start, self.until_end);
                self.resting.insert(*partition, cursor);
            }
        }
        let mut cursors = Vec::new();
        for partition in wanted {
            self.followed.entry(partition).or_insert(Standing::New);
            if let Some(cursor) = self.resting.remove(&partition) {
                self.stepping.insert(partition);
                cursors.push(cursor);
            }
        }
        cursors
    }

    /// Notes how a step of the cursor went, and gives it back if it is to go on.
    pub(super) fn stepped(
        &mut self,
        mut cursor: Cursor,
        error: Option<&StreamError>,
        now: Timestamp,
    ) -> Option<Cursor> {
        let partition = cursor.partition;
        let standing = match error {
            None => Standing::Answered { behind: cursor.behind },
            Some(error) => {
                self.heard = Some(error.clone());
                match self.followed.get(&partition) {
                    Some(Standing::Troubled { since }) => Standing::Troubled { since: *since },
                    _ => Standing::Troubled { since: now },
                }
            }
        };
        let followed = self.followed.get_mut(&partition).map(|entry| *entry = standing);
        if followed.is_some() && !cursor.at_end() {
            return Some(cursor);
        }
        self.stepping.remove(&partition);
        cursor.rest();
        self.resting.insert(partition, cursor);
        None
    }

    pub(super) fn at_end(&self) -> bool {
        let is_at_end = |partition| self.resting.get(partition).is_some_and(Cursor::at_end);
        !self.listed.is_empty() && self.followed.keys().all(is_at_end)
    }

    fn standing(&self) -> PartState {
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
                PartState::Missing { since }
            } else {
                PartState::Troubled {
                    since,
                    reason: error.reason.clone(),
                }
            };
        }
        let mut behind = 0_u64;
        for standing in self.followed.values() {
            match standing {
                Standing::Answered { behind: some } => behind = behind.saturating_add(*some),
                _ => return PartState::Connecting,
            }
        }
        if self.listed.is_empty() {
            return PartState::Connecting;
        }
        PartState::Reading { behind }
    }
}

/// How a feed stands whose topics stand like that: the worst is told, with its topic's name where others fare better. It is
/// on its way since `since`.
pub(super) fn state(parts: &[Part], since: Timestamp) -> StreamState {
    let states: Vec<(&Part, PartState)> = parts.iter().map(|part| (part, part.standing())).collect();
    let troubled = states.iter().filter_map(|(part, state)| match state {
        PartState::Troubled { since, reason } => Some((*since, &part.name, reason)),
        _ => None,
    });
    let count = troubled.clone().count();
    if let Some((since, name, reason)) = troubled.min_by_key(|(since, ..)| *since) {
        let reason = if count < parts.len() {
            format!("{name}: {reason}")
        } else {
            reason.clone()
        };
        return StreamState::Reconnecting { since, reason };
    }
    let missing = states.iter().filter_map(|(part, state)| match state {
        PartState::Missing { since } => Some((*since, &part.name)),
        _ => None,
    });
    if let Some((since, name)) = missing.min_by_key(|(since, _)| *since) {
        let topic = name.to_string();
        return StreamState::TopicMissing { since, topic };
    }
    let mut behind = 0_u64;
    for (_, state) in states {
        match state {
            PartState::Reading { behind: some } => behind = behind.saturating_add(some),
            _ => return StreamState::Connecting { since },
        }
    }
    match behind {
        0 => StreamState::Live,
        behind => StreamState::CatchingUp { behind },
    }
}
