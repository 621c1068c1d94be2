//! An outbox in memory and a broker that does as it is told.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::super::{RelayHandle, RelayIdentity, relay};
use crate::domain::clock::Clock;
use crate::domain::event::EventTopic;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Lease, Outbox, OutboxRow, RelayMode, Waiting};
use crate::stream::fault::{Fault, StreamError};
use crate::stream::producer::Producer;

/// For anything that must happen, in paused time.
pub const LONG: Duration = Duration::from_hours(2);

pub fn till(id: &str) -> TillId {
    id.parse().unwrap()
}

/// A clock that follows tokio's.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }

    fn new_id(&self) -> Uuid {
        Uuid::nil()
    }
}

/// An outbox in memory.
#[derive(Clone, Default)]
pub struct Book(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    rows: Vec<(OutboxRow, Instant)>,
    aside: BTreeSet<Uuid>,
    leases: BTreeMap<TillId, (Lease, Instant)>,
    mode: Option<RelayMode>,
    away: bool,
    no_fence: bool,
}

impl Book {
    pub fn with_rows(till: &str, count: u64) -> Self {
        let book = Self::default();
        book.add(till, count);
        book
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    fn open(&self) -> Result<MutexGuard<'_, Pages>, StoreError> {
        let pages = self.pages();
        if pages.away {
            return Err(StoreError::Retryable {
                reason: "the database is away".into(),
                in_doubt: false,
            });
        }
        Ok(pages)
    }

    pub fn add(&self, id: &str, count: u64) {
        self.add_of("sales", id, count);
    }

    /// Each topic has numbers of its own.
    pub fn add_of(&self, topic: &str, id: &str, count: u64) {
        let mut pages = self.pages();
        let of = |row: &OutboxRow| row.till == till(id) && row.topic == topic;
        let last = pages.rows.iter().filter(|(row, _)| of(row)).count() as u64;
        for seq in last + 1..=last + count {
            let row = OutboxRow {
                id: Uuid::new_v5(&Uuid::nil(), format!("{topic} {id} {seq}").as_bytes()),
                topic: topic.into(),
                key: "1".into(),
                payload: "x".repeat(600),
                till: till(id),
                series: 1,
                seq,
                marked: false,
            };
            pages.rows.push((row, Instant::now()));
        }
    }

    pub fn inflate(&self, seq: u64, bytes: usize) {
        for (row, _) in &mut self.pages().rows {
            if row.seq == seq {
                row.payload = "x".repeat(bytes);
            }
        }
    }

    pub fn mode(&self, mode: RelayMode) {
        self.pages().mode = Some(mode);
    }

    pub fn away(&self, away: bool) {
        self.pages().away = away;
    }

    pub fn leases_mean_nothing(&self) {
        self.pages().no_fence = true;
    }

    pub fn unmarked_count(&self) -> usize {
        let pages = self.pages();
        let waits = |row: &&(OutboxRow, Instant)| !row.0.marked && !pages.aside.contains(&row.0.id);
        pages.rows.iter().filter(waits).count()
    }

    pub fn set_aside_seqs(&self) -> Vec<u64> {
        let pages = self.pages();
        let aside = pages.rows.iter().filter(|(row, _)| pages.aside.contains(&row.id));
        aside.map(|(row, _)| row.seq).collect()
    }

    pub fn is_leased(&self, id: &str) -> bool {
        self.left(&till(id)).is_some()
    }

    fn left(&self, till: &TillId) -> Option<Duration> {
        let pages = self.pages();
        let (_, until) = pages.leases.get(till)?;
        until
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
    }

    /// As if the lease had expired, and `holder` had taken it.
    pub fn steal(&self, id: &str, holder: &str) -> Lease {
        let mut pages = self.pages();
        let epoch = pages.leases.get(&till(id)).map_or(1, |(lease, _)| lease.epoch + 1);
        let lease = Lease {
            till: till(id),
            holder: holder.into(),
            epoch,
        };
        let until = Instant::now() + Duration::from_mins(1);
        pages.leases.insert(till(id), (lease.clone(), until));
        lease
    }
}

impl Pages {
    fn is_current(&self, lease: &Lease) -> bool {
        self.no_fence
            || self
                .leases
                .get(&lease.till)
                .is_some_and(|(current, _)| current == lease)
    }
}

#[async_trait]
impl Outbox for Book {
    async fn unmarked_but(&self, till: &TillId, topics: &[String], limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let pages = self.open()?;
        let rows = pages.rows.iter().map(|(row, _)| row);
        let waits = |row: &&OutboxRow| row.till == *till && !row.marked && !pages.aside.contains(&row.id);
        let mut waiting: Vec<_> = rows.filter(waits).filter(|row| !topics.contains(&row.topic)).collect();
        waiting.sort_by_key(|row| (row.series, row.seq));
        Ok(waiting.into_iter().take(limit as usize).cloned().collect())
    }

    async fn mark(&self, lease: &Lease, ids: &[Uuid]) -> Result<u64, StoreError> {
        let mut pages = self.open()?;
        if !pages.is_current(lease) {
            return Ok(0);
        }
        let mut marked = 0;
        for (row, _) in &mut pages.rows {
            if ids.contains(&row.id) && !row.marked {
                row.marked = true;
                marked += 1;
            }
        }
        Ok(marked)
    }

    async fn set_aside(&self, lease: &Lease, id: Uuid, _reason: &str) -> Result<bool, StoreError> {
        let mut pages = self.open()?;
        Ok(pages.is_current(lease) && pages.aside.insert(id))
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let mut waiting: BTreeMap<TillId, Waiting> = BTreeMap::new();
        let pages = self.open()?;
        for (row, made) in &pages.rows {
            if row.marked || pages.aside.contains(&row.id) {
                continue;
            }
            let entry = waiting.entry(row.till.clone()).or_insert_with(|| Waiting {
                till: row.till.clone(),
                events: 0,
                oldest: made.elapsed(),
                leased: pages
                    .leases
                    .get(&row.till)
                    .is_some_and(|(_, until)| *until > Instant::now()),
            });
            entry.events += 1;
        }
        Ok(waiting.into_values().collect())
    }

    async fn after(&self, _: &TillId, _: EventTopic, _: (u32, u64), _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        unreachable!("the relay reads unmarked rows only")
    }

    async fn newest(&self, _: &TillId, _: EventTopic) -> Result<(u32, u64), StoreError> {
        unreachable!("the relay reads unmarked rows only")
    }

    async fn take_lease(&self, till: &TillId, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError> {
        let mut pages = self.open()?;
        let now = Instant::now();
        let mut epoch = 1;
        if let Some((lease, until)) = pages.leases.get(till) {
            if *until > now && lease.holder != holder && !pages.no_fence {
                return Ok(None);
            }
            epoch = lease.epoch + 1;
        }
        let lease = Lease {
            till: till.clone(),
            holder: holder.into(),
            epoch,
        };
        let until = now + Duration::from_secs(seconds.into());
        pages.leases.insert(till.clone(), (lease.clone(), until));
        Ok(Some(lease))
    }

    async fn renew_lease(&self, lease: &Lease, seconds: u32) -> Result<bool, StoreError> {
        let mut pages = self.open()?;
        if !pages.is_current(lease) {
            return Ok(false);
        }
        let until = Instant::now() + Duration::from_secs(seconds.into());
        pages.leases.insert(lease.till.clone(), (lease.clone(), until));
        Ok(true)
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.renew_lease(lease, 0).await.map(drop)
    }

    async fn relay_mode(&self) -> Result<RelayMode, StoreError> {
        Ok(self.open()?.mode.unwrap_or(RelayMode::On))
    }

    async fn purge(&self, _: u32) -> Result<u64, StoreError> {
        unreachable!("the relay purges nothing")
    }
}

/// What the broker does with the next request.
pub enum Answer {
    /// Writes it; the acknowledgement does not come.
    Lost,
    /// Writes it, and acknowledges so much later.
    AckAfter(Duration),
}

/// A broker in memory.
#[derive(Clone, Default)]
pub struct Broker(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    log: Vec<(TillId, String, u64)>,
    script: VecDeque<Answer>,
    dead: Option<Fault>,
    slow: Duration,
    most: Option<usize>,
    poison: Option<u64>,
    refused: Option<(TillId, Fault)>,
    refused_topic: Option<(String, Fault)>,
    produces: usize,
    shortest_lease: Option<Duration>,
}

impl Broker {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap()
    }

    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shelf().script.extend(answers);
    }

    pub fn dead(&self, fault: Option<Fault>) {
        self.shelf().dead = fault;
    }

    pub fn slow(&self, each: Duration) {
        self.shelf().slow = each;
    }

    /// Refuses requests of more than three rows as too large.
    pub fn small_batches(&self) {
        self.shelf().most = Some(3);
    }

    pub fn never_takes(&self, seq: u64) {
        self.shelf().poison = Some(seq);
    }

    /// Answers when asked, but takes no rows of that till.
    pub fn refuses_till(&self, refused: Option<(&str, Fault)>) {
        self.shelf().refused = refused.map(|(id, fault)| (till(id), fault));
    }

    /// Takes no rows of that topic, and says so when asked.
    pub fn refuses_topic(&self, refused: Option<(&str, Fault)>) {
        self.shelf().refused_topic = refused.map(|(topic, fault)| (topic.to_owned(), fault));
    }

    pub fn log(&self, id: &str) -> Vec<u64> {
        self.log_of("sales", id)
    }

    pub fn log_of(&self, topic: &str, id: &str) -> Vec<u64> {
        let kept = self.shelf();
        let own = kept.log.iter().filter(|(of, to, _)| *of == till(id) && to == topic);
        own.map(|(_, _, seq)| *seq).collect()
    }

    pub fn first_occurrences(&self, id: &str) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        self.log(id).into_iter().filter(|seq| seen.insert(*seq)).collect()
    }

    pub fn produces(&self) -> usize {
        self.shelf().produces
    }

    pub fn shortest_lease(&self) -> Duration {
        self.shelf().shortest_lease.unwrap()
    }
}

/// The broker, as one relay reaches it; it looks into the book to see what is left of the lease.
struct Line(Broker, Book);

#[async_trait]
impl Producer for Line {
    async fn produce(&self, rows: &[OutboxRow]) -> Result<(), StreamError> {
        let answer = {
            let mut broker = self.0.shelf();
            broker.produces += 1;
            let left = self.1.left(&rows[0].till).unwrap_or_default();
            broker.shortest_lease = Some(broker.shortest_lease.map_or(left, |least| least.min(left)));
            if let Some(fault) = broker.dead {
                return Err(StreamError::new(fault, "dead"));
            }
            if let Some((till, fault)) = &broker.refused
                && *till == rows[0].till
            {
                return Err(StreamError::new(*fault, "refused"));
            }
            if let Some((topic, fault)) = &broker.refused_topic
                && *topic == rows[0].topic
            {
                return Err(StreamError::new(*fault, "refused"));
            }
            if broker.most.is_some_and(|most| rows.len() > most) {
                return Err(StreamError::new(Fault::TooLarge, "too large"));
            }
            if rows.iter().any(|row| broker.poison == Some(row.seq)) {
                return Err(StreamError::new(Fault::InvalidRecord, "invalid"));
            }
            let written = rows.iter().map(|row| (row.till.clone(), row.topic.clone(), row.seq));
            broker.log.extend(written);
            let slow = broker.slow;
            broker.script.pop_front().unwrap_or(Answer::AckAfter(slow))
        };
        match answer {
            Answer::Lost => Err(StreamError::new(Fault::Unreachable, "no answer in time")),
            Answer::AckAfter(time) => {
                sleep(time).await;
                Ok(())
            }
        }
    }

    async fn probe(&self, topic: &str, _: &str) -> Result<(), StreamError> {
        let broker = self.0.shelf();
        match (broker.dead, &broker.refused_topic) {
            (Some(fault), _) => Err(StreamError::new(fault, "dead")),
            (None, Some((refused, fault))) if refused == topic => Err(StreamError::new(*fault, "refused")),
            (None, _) => Ok(()),
        }
    }
}

fn start(book: &Book, broker: &Broker, id: &str, holder: &str) -> (super::super::Relay, RelayHandle) {
    let identity = RelayIdentity {
        till: till(id),
        holder: holder.into(),
        home: ("sales".into(), "1".into()),
    };
    let line = Line(broker.clone(), book.clone());
    let clock = Arc::new(TestClock(Instant::now()));
    relay(identity, Arc::new(book.clone()), Arc::new(line), clock)
}

/// Runs a relay while `script` does.
pub async fn with_relay(book: &Book, broker: &Broker, id: &str, script: impl AsyncFnOnce(RelayHandle)) {
    let (relay, handle) = start(book, broker, id, "one");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::join!(relay.run(async { stopped.await.unwrap() }), async {
        script(handle).await;
        stop.send(()).unwrap();
    });
}

/// Runs two relays, with a till each, while `script` does.
pub async fn with_two_relays(
    book: &Book,
    broker: &Broker,
    first: &str,
    second: &str,
    script: impl AsyncFnOnce(RelayHandle, RelayHandle),
) {
    let (one, first) = start(book, broker, first, "one");
    let (two, second) = start(book, broker, second, "two");
    let (stop_one, one_stopped) = oneshot::channel::<()>();
    let (stop_two, two_stopped) = oneshot::channel::<()>();
    tokio::join!(
        one.run(async { one_stopped.await.unwrap() }),
        two.run(async { two_stopped.await.unwrap() }),
        async {
            script(first, second).await;
            stop_one.send(()).unwrap();
            stop_two.send(()).unwrap();
        }
    );
}
