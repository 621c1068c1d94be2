//! Supervision at work: takes in what the feed brings, in a task of its own, and tells the screen what is to be shown, at a
//! pace that a person can read and a terminal can draw. The screen never waits for it, and it never waits for the screen: rows
//! that cannot be told are passed over and counted.
//!
//! Where a folder is given to keep it in, what was counted and learnt outlives the program: it goes on where it stopped.
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use uuid::Uuid;

use super::verifying::Altered;
use super::{task, translate};
use crate::app::Message;
use crate::app::live::LiveNews;
use crate::domain::clock::Clock;
use crate::domain::event::EventTopic;
use crate::domain::supervision::{Kept, Known, LiveFilter, Record, Rows, Supervision, Thresholds};
use crate::store::kept_watch::KeptWatch;
use crate::stream::live::{LiveRecord, LiveUpdate, StreamState};

/// How often new rows and alerts are told while somebody looks.
const TELL: Duration = Duration::from_millis(100);
/// Figures are made anew at every so many of those.
const FIGURES_EVERY: u32 = 3;
/// How often what is learnt is kept.
const KEEP: Duration = Duration::from_secs(30);
/// A program that has kept nothing yet reads so much of the stream, to know what is usual.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What is asked of it.
#[derive(Debug)]
pub enum Ask {
    /// Those rows alone.
    Filter(u64, Box<LiveFilter>),
    /// Somebody looks, or no longer does.
    InSight(bool),
}

/// What it goes by, besides the stream.
#[derive(Clone)]
pub struct Grounds {
    /// Of the rules.
    pub thresholds: Thresholds,
    /// What the catalogue says, as it changes.
    pub known: watch::Receiver<Arc<Known>>,
    /// The alerts that somebody has acknowledged, as they are.
    pub acknowledged: watch::Receiver<Arc<Vec<Uuid>>>,
    /// Where the database disagrees with the chains of its sales, as last looked.
    pub altered: watch::Receiver<Arc<Vec<Altered>>>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// Where the stream is read on, and with what was known there.
#[derive(Default)]
pub struct Resumed {
    /// With all that was kept; none: it begins anew.
    pub kept: Option<Kept>,
    /// Where a partition begins of which nothing was kept; none: where somebody wants it to.
    pub first_look: Option<Timestamp>,
}

/// Reads what was kept. What is not of this version is left aside: the stream has it all.
pub async fn resumed(file: &KeptWatch, clock: &dyn Clock) -> Resumed {
    let first_look = clock.now().saturating_sub(FIRST_LOOK).ok();
    let bytes = file.load().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what was learnt of the stream could not be read");
        None
    });
    let kept = bytes.and_then(|bytes| match serde_json::from_slice(&bytes) {
        Ok(kept) => Some(kept),
        Err(error) => {
            tracing::warn!(%error, "what was learnt of the stream is of another version: it is learnt anew");
            None
        }
    });
    Resumed { kept, first_look }
}

/// Supervision of one feed.
pub struct Supervisor {
    number: u64,
    supervision: Supervision,
    grounds: Grounds,
    messages: mpsc::Sender<Message>,
    file: Option<Arc<KeptWatch>>,
    in_sight: bool,
    /// Older records are still being read.
    reads_on: bool,
    /// Something came since figures were told.
    has_news: bool,
    told: u32,
    /// A state of the feed that the screen had no room for.
    state: Option<LiveNews>,
}

impl Supervisor {
    /// Of the feed of that number. `kept`: what it goes on with; `file`: where it is kept.
    pub fn new(
        number: u64,
        grounds: Grounds,
        kept: Option<Kept>,
        file: Option<Arc<KeptWatch>>,
        messages: mpsc::Sender<Message>,
        in_sight: bool,
    ) -> Self {
        let thresholds = grounds.thresholds.clone();
        let restored = kept.map(|kept| Supervision::restored(thresholds.clone(), kept));
        let supervision = match restored {
            Some(Ok(restored)) => restored,
            Some(Err(reason)) => {
                tracing::warn!(
                    reason,
                    "what the rules had learnt is of another version: it is learnt anew"
                );
                Supervision::new(thresholds)
            }
            None => Supervision::new(thresholds),
        };
        Self {
            number,
            supervision,
            grounds,
            messages,
            file,
            in_sight,
            reads_on: true,
            has_news: true,
            told: 0,
            state: None,
        }
    }

    /// Works until the feed ends or nobody listens any more; then what was learnt is kept.
    pub async fn run(mut self, mut updates: mpsc::Receiver<LiveUpdate>, mut asked: mpsc::Receiver<Ask>) {
        let known = self.grounds.known.borrow_and_update().clone();
        self.supervision.learn(Known::clone(&known));
        let acknowledged = self.grounds.acknowledged.borrow_and_update().clone();
        self.supervision.acknowledge(acknowledged.iter().copied());
        self.supervision.watched(self.in_sight);
        self.altered();
        let mut tells = every(TELL);
        let mut ticks = every(Duration::from_secs(1));
        let mut keeps = every(KEEP);
        keeps.reset();
        loop {
            tokio::select! {
                biased;
                ask = asked.recv() => match ask {
                    Some(ask) => self.answer(ask).await,
                    None => break,
                },
                Ok(()) = self.grounds.known.changed() => {
                    let known = self.grounds.known.borrow_and_update().clone();
                    self.supervision.learn(Known::clone(&known));
                    self.has_news = true;
                }
                Ok(()) = self.grounds.acknowledged.changed() => {
                    let acknowledged = self.grounds.acknowledged.borrow_and_update().clone();
                    self.supervision.acknowledge(acknowledged.iter().copied());
                    self.has_news = true;
                }
                Ok(()) = self.grounds.altered.changed() => self.altered(),
                _ = tells.tick() => self.tell(),
                _ = ticks.tick() => {
                    self.supervision.tick(self.grounds.clock.now(), self.reads_on);
                    self.has_news = true;
                }
                _ = keeps.tick(), if self.file.is_some() => self.keep().await,
                update = updates.recv() => match update {
                    Some(update) => self.take(update),
                    None => break,
                },
            }
        }
        self.keep().await;
    }

    fn altered(&mut self) {
        let altered = self.grounds.altered.borrow_and_update().clone();
        let now = self.grounds.clock.now();
        for Altered { till, words } in altered.iter() {
            self.supervision.altered(till, words, now);
        }
    }

    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Filter(number, filter) => {
                let found = self.supervision.filter(number, *filter);
                self.tell_found(found).await;
            }
            Ask::InSight(in_sight) => {
                let comes_up = in_sight && !self.in_sight;
                self.in_sight = in_sight;
                self.supervision.watched(in_sight);
                if comes_up {
                    let found = self.supervision.found_before();
                    self.tell_found(found).await;
                    (self.told, self.has_news) = (0, true);
                }
            }
        }
    }

    /// An answer: there is somebody who waits for it.
    async fn tell_found(&self, (found, of): (Rows, u64)) {
        let news = LiveNews::Found {
            filter: found.filter,
            rows: found.rows,
            of,
        };
        let feed = self.number;
        // Nobody listens once the screen closes.
        let _ = self.messages.send(Message::LiveChanged { feed, news }).await;
    }

    fn take(&mut self, update: LiveUpdate) {
        let now = self.grounds.clock.now();
        self.has_news = true;
        match update {
            LiveUpdate::Records(records) => {
                for record in records {
                    self.supervision.take(taken(record), now);
                }
            }
            LiveUpdate::State(state) => {
                self.reads_on = state != StreamState::Live;
                self.state = Some(LiveNews::State(translate::stream_state(state)));
            }
            LiveUpdate::Gap {
                topic,
                partition,
                from,
                to,
            } => {
                self.supervision.goes_on_at(topic, partition, to);
                let lost = to - from;
                let words = format!(
                    "{}: {lost} records of partition {partition} were deleted before they were read",
                    words(topic)
                );
                self.supervision.note(now, &words);
            }
            LiveUpdate::Restarted { topic, partition, from } => {
                self.supervision.goes_on_at(topic, partition, from);
                let words = format!(
                    "{}: partition {partition} was made again, and is read from its first record",
                    words(topic)
                );
                self.supervision.note(now, &words);
            }
            LiveUpdate::End => {}
        }
    }

    /// Tells what there is room for. What there is none for stays: rows are told later, or passed over and counted.
    fn tell(&mut self) {
        let Ok(room) = self.messages.try_reserve_many(4) else {
            return;
        };
        let mut news = Vec::with_capacity(4);
        news.extend(self.state.take());
        let alerts = self.supervision.untold();
        if !alerts.is_empty() {
            news.push(LiveNews::Alerts(alerts));
        }
        if self.in_sight
            && let Some(fresh) = self.supervision.fresh()
        {
            news.push(LiveNews::Rows {
                filter: fresh.filter,
                rows: fresh.rows,
                skipped: fresh.skipped,
            });
        }
        if self.in_sight && self.has_news && self.told.is_multiple_of(FIGURES_EVERY) {
            let overview = self.supervision.overview(self.grounds.clock.now());
            news.push(LiveNews::Overview(Arc::new(overview)));
            self.has_news = false;
        }
        self.told = self.told.wrapping_add(1);
        let number = self.number;
        for (place, news) in room.zip(news) {
            place.send(Message::LiveChanged { feed: number, news });
        }
    }

    /// Keeps what was learnt: made here, written beside the reading.
    async fn keep(&self) {
        let Some(file) = self.file.clone() else { return };
        let kept = self.supervision.kept();
        let writing = task::spawn(async move {
            let bytes = serde_json::to_vec(&kept).map_err(|error| error.to_string())?;
            file.save(bytes).await.map_err(|error| error.to_string())
        });
        match writing.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error, "what was learnt of the stream could not be kept"),
            Err(error) => tracing::error!(%error, "what was learnt of the stream could not be kept"),
        }
    }
}

fn taken(record: LiveRecord) -> Record {
    Record {
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        received_at: record.received_at,
        event: record.event,
    }
}

fn words(topic: EventTopic) -> &'static str {
    match topic {
        EventTopic::Sales => "sales",
        EventTopic::Audit => "events beside the sales",
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset_at(Instant::now() + period);
    ticks
}
