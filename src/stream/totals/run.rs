//! The processor at work: leases, the feed, and what to do when one of them is away.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Fuse};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::processor::{Processor, Taken};
use super::{Figures, SaleRead, TotalsError, TotalsTopics};
use crate::domain::clock::Clock;
use crate::domain::event::EventTopic;
use crate::domain::name::printable;
use crate::store::error::StoreError;
use crate::store::ports::totals::{Checkpoint, ReaderLease, ReaderLeases, SoldEvents, TotalsState};
use crate::stream::backoff::Backoff;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveScope, LiveSource, LiveUpdate, StreamState};
use crate::stream::reading::ReadableTopics;

/// How long a lease is taken for.
const LEASE: Duration = Duration::from_mins(1);
/// No request starts with less left: the brokers may take ten seconds, and a pause of this machine some.
const MARGIN: Duration = Duration::from_secs(25);
/// A lease with less left is renewed.
const RENEW_BELOW: Duration = Duration::from_secs(50);
/// How often free partitions are looked for.
const LOOK: Duration = Duration::from_secs(5);
/// How often new partitions are looked for.
const LIST: Duration = Duration::from_mins(1);
/// How often checkpoints are written, at most.
const CHECKPOINT: Duration = Duration::from_secs(5);
/// After a request that was not answered, when no such request can be written any more.
const SETTLED: Duration = Duration::from_secs(30);
/// Who wants the end waits no longer for what does not answer, or for a partition that another process has.
const PATIENCE: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_secs(75);
/// For handing the leases back at the end.
const GOODBYE: Duration = Duration::from_secs(5);
/// Records of one step, at most.
const STEP: usize = 2_000;
/// Updates of the feed that wait.
const UPDATES: usize = 8;

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

/// A lease, by our own monotonic clock.
struct Held {
    lease: ReaderLease,
    /// When it ends, reckoned from before it was asked for: never later than by the database's clock.
    until: Instant,
    /// Up to where the store knows that it is published.
    checkpoint: i64,
}

impl Held {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// The records of the partitions, as they come.
struct Feed {
    at_work: Fuse<BoxFuture<'static, ()>>,
    updates: mpsc::Receiver<LiveUpdate>,
}

/// What a look at the feed came to.
enum Heard {
    Nothing,
    End,
    /// The topic may be another one: the feed is opened again, once its places were compared.
    Doubt,
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

    /// Waits for records, for a short while, and counts those that are there.
    async fn listen(&mut self) -> Result<Heard, TotalsError> {
        let Some(feed) = &mut self.feed else {
            tokio::select! {
                biased;
                _ = self.stop.changed() => {}
                () = sleep(LOOK / 5) => {}
            }
            return Ok(Heard::Nothing);
        };
        let first = tokio::select! {
            biased;
            _ = self.stop.changed() => return Ok(Heard::Nothing),
            update = feed.updates.recv() => update,
            () = &mut feed.at_work => feed.updates.recv().await,
            () = sleep(LOOK / 5) => return Ok(Heard::Nothing),
        };
        let mut next = Some(first);
        let mut records = Vec::new();
        let mut states = Vec::new();
        let mut heard = Heard::Nothing;
        while let Some(update) = next.take() {
            match update {
                Some(LiveUpdate::Records(found)) => records.extend(found.into_iter().map(|record| SaleRead {
                    partition: record.partition,
                    offset: record.offset,
                    event: record.event,
                })),
                Some(LiveUpdate::State(state)) => states.push(state),
                Some(LiveUpdate::End) => heard = Heard::End,
                Some(LiveUpdate::Gap { .. } | LiveUpdate::Restarted { .. }) | None => heard = Heard::Doubt,
            }
            if matches!(heard, Heard::Nothing) && records.len() < STEP {
                next = feed.updates.try_recv().ok().map(Some);
            }
        }
        if let Err(error) = self.processor.take(&records).await {
            // They are read again.
            self.feed = None;
            return Err(error);
        }
        let mut is_all_read = matches!(heard, Heard::End);
        for state in states {
            if matches!(state, StreamState::TopicMissing { .. }) {
                heard = Heard::Doubt;
            }
            is_all_read |= self.feed_stands(state);
        }
        if is_all_read {
            self.progress.behind = Some(0);
            self.processor.caught_up();
        }
        Ok(heard)
    }

    /// Whether the topic is still the one that was counted; then it is read on from where it was left.
    async fn compare_places(&mut self) -> Result<(), TotalsError> {
        self.feed = None;
        let sales = self.ports.topics.sales().await?;
        let mut firsts = Vec::new();
        for (partition, read) in self.processor.held() {
            let partition = *partition;
            let Some((first, end)) = sales.get(&partition) else {
                return Err(TotalsError::NoPartition(partition));
            };
            if *end < read.next {
                return Err(TotalsError::MadeAnew { partition });
            }
            super::start::is_covered(partition, read.next, *first)?;
            firsts.push((partition, *first));
        }
        for (partition, first) in firsts {
            self.processor.deleted_before(partition, first);
        }
        Ok(())
    }

    fn open_feed(&self) -> Feed {
        let (told, updates) = mpsc::channel(UPDATES);
        let (_, commands) = mpsc::channel(1);
        // The last record that was counted comes first: that it is there, and the same, says that the topic is.
        let places = self.processor.held().iter().map(|(partition, read)| {
            let back = i64::from(!read.last.is_empty() && read.next > 0);
            ((EventTopic::Sales, *partition), read.next - back)
        });
        let options = LiveOptions {
            resume: places.collect(),
            scope: LiveScope::Partitions(self.processor.held().keys().copied().collect()),
            until_end: self.plan.until_end,
            ..LiveOptions::sales(LiveFrom::Beginning)
        };
        let source = LiveSource::Topics(Arc::clone(&self.ports.sales));
        let clock = Arc::clone(&self.ports.clock);
        let run = live::run(source, options, commands, told, clock, std::future::pending());
        Feed {
            at_work: run.boxed().fuse(),
            updates,
        }
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

    /// Takes what is free, and begins with it.
    async fn look_after_leases(&mut self) -> Result<(), TotalsError> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(());
        }
        if self.listed.is_none_or(|listed| listed.elapsed() >= LIST) {
            self.list().await?;
        }
        let taken = self.take_free().await?;
        if !taken.is_empty() {
            self.feed = None;
            if let Err(error) = self.begin(&taken).await {
                // They are taken again, and begun with from the start.
                for taken in &taken {
                    self.let_go(taken.partition).await;
                }
                return Err(error);
            }
        }
        self.looked = Some(Instant::now());
        Ok(())
    }

    /// Which partitions there are that it may have.
    async fn list(&mut self) -> Result<(), TotalsError> {
        let sales = self.ports.topics.sales().await?;
        if let Some(strange) = self
            .plan
            .partitions
            .iter()
            .find(|partition| !sales.contains_key(partition))
        {
            return Err(TotalsError::NoPartition(*strange));
        }
        let named = &self.plan.partitions;
        self.wanted = sales
            .into_keys()
            .filter(|partition| named.is_empty() || named.contains(partition))
            .collect();
        self.listed = Some(Instant::now());
        Ok(())
    }

    async fn take_free(&mut self) -> Result<Vec<Taken>, TotalsError> {
        let mut taken = Vec::new();
        let mut elsewhere = BTreeSet::new();
        for partition in self.wanted.clone() {
            if self.held.contains_key(&partition) || self.plan.most.is_some_and(|most| self.held.len() >= most) {
                continue;
            }
            let asked = Instant::now();
            let holder = self.ports.state.holder();
            let taking = self
                .ports
                .leases
                .take_partition(&self.reader, partition, holder, seconds(LEASE));
            let (lease, checkpoint) = match taking.await {
                Ok(Some(lease)) => lease,
                Ok(None) => {
                    elsewhere.insert(partition);
                    continue;
                }
                // What is held goes on as long as its leases.
                Err(error) if !self.held.is_empty() => {
                    tracing::warn!(partition, reason = %error, "whether the partition is free is not known");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            taken.push(Taken {
                partition,
                epoch: lease.epoch,
                checkpoint,
            });
            let held = Held {
                lease,
                until: asked + LEASE,
                checkpoint: -1,
            };
            self.held.insert(partition, held);
        }
        self.progress.elsewhere = elsewhere;
        Ok(taken)
    }

    /// Begins with partitions; that may take longer than a lease.
    async fn begin(&mut self, taken: &[Taken]) -> Result<(), TotalsError> {
        let rebuild = self.ports.rebuild_from.clone();
        let leases = Arc::clone(&self.ports.leases);
        let held: Vec<ReaderLease> = self.held.values().map(|held| held.lease.clone()).collect();
        let renewing = async {
            loop {
                sleep(LEASE / 4).await;
                for lease in &held {
                    // One that cannot be renewed is noticed when it is to be published under.
                    let _ = leases.renew_partition(lease, seconds(LEASE), None).await;
                }
            }
        };
        tokio::select! {
            biased;
            begun = self.processor.begin(taken, rebuild.as_deref()) => begun?,
            () = renewing => {}
        }
        // What is taken later goes on from what is published.
        self.ports.rebuild_from = None;
        Ok(())
    }

    /// Renews the leases that need it; lets those go that are lost.
    async fn renew(&mut self) -> Result<(), TotalsError> {
        let due: Vec<i32> = self
            .held
            .iter()
            .filter(|(_, held)| held.left() < RENEW_BELOW)
            .map(|(p, _)| *p)
            .collect();
        for partition in due {
            self.renew_one(partition, None).await?;
        }
        Ok(())
    }

    async fn renew_one(&mut self, partition: i32, checkpoint: Option<&Checkpoint>) -> Result<(), TotalsError> {
        let Some(held) = self.held.get_mut(&partition) else {
            return Ok(());
        };
        let asked = Instant::now();
        match self
            .ports
            .leases
            .renew_partition(&held.lease, seconds(LEASE), checkpoint)
            .await
        {
            Ok(true) => {
                held.until = asked + LEASE;
                held.checkpoint = checkpoint.map_or(held.checkpoint, |checkpoint| checkpoint.next);
                Ok(())
            }
            Ok(false) => {
                tracing::warn!(partition, "another process has taken the partition over");
                self.forget(partition);
                Ok(())
            }
            Err(error) => {
                if held.left() < MARGIN {
                    return Err(error.into());
                }
                tracing::warn!(partition, reason = %error, "the partition's lease could not be renewed yet");
                Ok(())
            }
        }
    }

    /// Tells the store up to where all is published.
    async fn checkpoint(&mut self, at_once: bool) -> Result<(), TotalsError> {
        let due: Vec<i32> = self
            .held
            .iter()
            .filter(|(_, held)| at_once || held.left() + CHECKPOINT <= LEASE)
            .map(|(partition, _)| *partition)
            .collect();
        for partition in due {
            let next = self.processor.held().get(&partition).map(|read| read.next);
            if self.held.get(&partition).map(|held| held.checkpoint) == next {
                continue;
            }
            let checkpoint = self.processor.checkpoint(partition).await?;
            if checkpoint.is_some() {
                self.renew_one(partition, checkpoint.as_ref()).await?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, partition: i32) {
        self.held.remove(&partition);
        self.processor.leave(partition);
        self.feed = None;
    }

    async fn let_go(&mut self, partition: i32) {
        if let Some(held) = self.held.get(&partition)
            && let Err(error) = self.ports.leases.renew_partition(&held.lease, 0, None).await
        {
            tracing::warn!(partition, reason = %error, "the lease was not handed back; it expires");
        }
        self.forget(partition);
    }

    /// Hands the leases back, with how far all is published.
    async fn hand_back(&mut self) {
        let held: Vec<i32> = self.held.keys().copied().collect();
        if let Err(error) = self.checkpoint(true).await {
            tracing::warn!(reason = %error, "how far it is published was not noted");
        }
        self.tell();
        for partition in held {
            self.let_go(partition).await;
        }
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

    /// Takes in how the feed stands; whether all that there was has been read.
    fn feed_stands(&mut self, state: StreamState) -> bool {
        let since = self.feed_waits.take().map_or_else(Instant::now, |(since, _)| since);
        match state {
            StreamState::Live => {
                self.progress.behind = Some(0);
                return true;
            }
            StreamState::CatchingUp { behind } => self.progress.behind = Some(behind),
            StreamState::Connecting { .. } => {}
            StreamState::TopicMissing { topic, .. } => {
                let reason = format!("the topic {topic} is missing; rxtill init makes it");
                self.feed_waits = Some((since, reason));
            }
            StreamState::Reconnecting { reason, .. } => self.feed_waits = Some((since, printable(&reason))),
        }
        false
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

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
