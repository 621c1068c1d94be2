//! The processor at work: a step after the other, and what to do when something that it stands on is away.
mod leases;
mod listen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use self::leases::Held;
use self::listen::{Feed, Heard};
use super::processor::Processor;
use super::{Figures, TotalsError, TotalsTopics};
use crate::domain::clock::Clock;
use crate::domain::event::EventTopic;
use crate::domain::name::printable;
use crate::store::error::StoreError;
use crate::store::ports::totals::{ReaderLeases, SoldEvents, TotalsState};
use crate::stream::backoff::Backoff;
use crate::stream::reading::ReadableTopics;

/// No request starts with less left: the brokers may take ten seconds, and a pause of this machine some.
const MARGIN: Duration = Duration::from_secs(25);
/// How often free partitions are looked for.
const LOOK: Duration = Duration::from_secs(5);
/// After a request that was not answered, when no such request can be written any more.
const SETTLED: Duration = Duration::from_secs(30);
/// Who wants the end waits no longer for what does not answer, or for a partition that another process has.
const PATIENCE: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_secs(75);
/// For handing the leases back at the end.
const GOODBYE: Duration = Duration::from_secs(5);

/// What the processor works with.
pub struct Ports {
    /// Its own state.
    pub state: Arc<dyn TotalsState>,
    /// The topics.
    pub topics: Arc<dyn TotalsTopics>,
    /// The partitions' leases.
    pub leases: Arc<dyn ReaderLeases>,
    /// The store's sales, for those whose totals are to be made again from them.
    pub rebuild_from: Option<Arc<dyn SoldEvents>>,
    /// The topic of sales, for the feed.
    pub sales: Arc<dyn ReadableTopics>,
    /// For the feed.
    pub clock: Arc<dyn Clock>,
}

/// What is asked of it.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// These partitions only; empty: any.
    pub partitions: BTreeSet<i32>,
    /// At most so many at a time.
    pub most: Option<usize>,
    /// Stop at the end that the topic has at the start.
    pub until_end: bool,
}

/// How it stands, as it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// What was done.
    pub figures: Figures,
    /// Its partitions: the next offset of each.
    pub partitions: BTreeMap<i32, i64>,
    /// Partitions that other processes have.
    pub elsewhere: BTreeSet<i32>,
    /// Records still to be read, about; none before that is known.
    pub behind: Option<u64>,
    /// What it waits for.
    pub trouble: Option<String>,
}

struct Work {
    ports: Ports,
    plan: Plan,
    reader: String,
    processor: Processor,
    held: BTreeMap<i32, Held>,
    feed: Option<Feed>,
    progress: Progress,
    said: watch::Sender<Progress>,
    stop: watch::Receiver<bool>,
    backoff: Backoff,
    troubled_since: Option<Instant>,
    /// What the feed waits for, and since when.
    feed_waits: Option<(Instant, String)>,
    /// The partitions that it may have.
    wanted: BTreeSet<i32>,
    listed: Option<Instant>,
    looked: Option<Instant>,
    in_doubt_since: Option<Instant>,
    began: Instant,
}

/// Counts and publishes until `stop` says so, or the end is reached that was asked for; then its leases are handed back.
///
/// # Errors
/// When it cannot go on: see [`TotalsError`]. What does not answer is waited for, unless the end is asked for.
pub async fn run(
    ports: Ports,
    plan: Plan,
    said: watch::Sender<Progress>,
    stop: watch::Receiver<bool>,
) -> Result<Progress, TotalsError> {
    let processor = Processor::new(Arc::clone(&ports.state), Arc::clone(&ports.topics));
    let mut work = Work {
        reader: format!("totals/{}", ports.sales.name_of(EventTopic::Sales)),
        ports,
        plan,
        processor,
        held: BTreeMap::new(),
        feed: None,
        progress: Progress::default(),
        said,
        stop,
        backoff: Backoff::default(),
        troubled_since: None,
        feed_waits: None,
        wanted: BTreeSet::new(),
        listed: None,
        looked: None,
        in_doubt_since: None,
        began: Instant::now(),
    };
    let ended = work.go().await;
    if timeout(GOODBYE, work.hand_back()).await.is_err() {
        tracing::warn!("the leases were not handed back; they expire");
    }
    ended.map(|()| work.progress)
}

impl Work {
    async fn go(&mut self) -> Result<(), TotalsError> {
        while !*self.stop.borrow() {
            match self.turn().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => self.trouble(error).await?,
            }
            self.tell();
        }
        Ok(())
    }

    /// One step; whether the end was reached.
    async fn turn(&mut self) -> Result<bool, TotalsError> {
        self.look_after_leases().await?;
        if self.feed.is_none() && !self.held.is_empty() {
            self.feed = Some(self.open_feed());
        }
        // No further record is counted before all that changed is acknowledged.
        self.publish().await?;
        let heard = self.listen().await?;
        self.publish().await?;
        self.settle().await?;
        self.well();
        match heard {
            Heard::Nothing => {
                if self.plan.until_end {
                    self.is_still_worth_it()?;
                }
                Ok(false)
            }
            Heard::End => {
                while self.processor.is_in_doubt() && !*self.stop.borrow() {
                    sleep(LOOK / 5).await;
                    self.settle().await?;
                }
                self.is_all()
            }
            Heard::Doubt => {
                self.compare_places().await?;
                Ok(false)
            }
        }
    }

    /// Whoever wants the end does not wait for ever.
    fn is_still_worth_it(&self) -> Result<(), TotalsError> {
        if self.held.is_empty() && self.began.elapsed() >= TURN {
            return Err(TotalsError::GaveUp("other processes have the partitions".to_owned()));
        }
        match &self.feed_waits {
            Some((since, reason)) if since.elapsed() >= PATIENCE => Err(TotalsError::GaveUp(reason.clone())),
            _ => Ok(()),
        }
    }

    /// At the end of what is held: whether that was all that was asked for.
    fn is_all(&mut self) -> Result<bool, TotalsError> {
        let missing: Vec<i32> = self
            .plan
            .partitions
            .difference(&self.held.keys().copied().collect())
            .copied()
            .collect();
        if missing.is_empty() {
            return Ok(true);
        }
        if self.began.elapsed() >= TURN {
            return Err(TotalsError::GaveUp(format!(
                "another process has partition {}",
                missing[0]
            )));
        }
        self.feed = None;
        Ok(false)
    }

    /// Publishes all that changed, as far as the leases allow.
    async fn publish(&mut self) -> Result<(), TotalsError> {
        loop {
            self.renew().await?;
            let with_time: Vec<i32> = self
                .held
                .iter()
                .filter(|(_, held)| held.left() >= MARGIN)
                .map(|(p, _)| *p)
                .collect();
            if *self.stop.borrow() && self.troubled_since.is_some() {
                return Ok(());
            }
            if !self.processor.publish(&with_time).await? {
                return self.checkpoint(false).await;
            }
            self.tell();
        }
    }

    /// Some time after requests that were not answered, publishes their totals once more.
    async fn settle(&mut self) -> Result<(), TotalsError> {
        if !self.processor.is_in_doubt() {
            self.in_doubt_since = None;
            return Ok(());
        }
        let since = *self.in_doubt_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= SETTLED {
            self.processor.settle().await?;
            self.in_doubt_since = None;
            self.publish().await?;
        }
        Ok(())
    }

    /// Notes what does not answer, and pauses; what will not get better by waiting ends the work.
    async fn trouble(&mut self, error: TotalsError) -> Result<(), TotalsError> {
        let passes = matches!(
            &error,
            TotalsError::Store(StoreError::Retryable { .. }) | TotalsError::Stream(_)
        );
        if !passes {
            return Err(error);
        }
        let since = *self.troubled_since.get_or_insert_with(Instant::now);
        let reason = printable(&error.to_string());
        if self.plan.until_end && since.elapsed() >= PATIENCE {
            return Err(TotalsError::GaveUp(reason));
        }
        tracing::info!(reason, "the totals wait");
        self.progress.trouble = Some(reason);
        self.tell();
        let pause = self.backoff.pause();
        tokio::select! {
            biased;
            _ = self.stop.changed() => {}
            () = sleep(pause) => {}
        }
        Ok(())
    }

    fn well(&mut self) {
        self.troubled_since = None;
        self.backoff.reset();
        self.progress.trouble = self.feed_waits.as_ref().map(|(_, reason)| reason.clone());
    }

    fn tell(&mut self) {
        self.progress.figures = self.processor.figures();
        let places = self
            .processor
            .held()
            .iter()
            .map(|(partition, read)| (*partition, read.next));
        self.progress.partitions = places.collect();
        self.said.send_if_modified(|said| {
            let is_news = *said != self.progress;
            said.clone_from(&self.progress);
            is_news
        });
    }
}
