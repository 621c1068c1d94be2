//! The processor's ear: the live feed of the partitions that it has, and what to make of how that stands.
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Fuse};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{LOOK, Work};
use crate::domain::event::EventTopic;
use crate::domain::name::printable;
use crate::stream::live::{self, LiveFrom, LiveOptions, LiveScope, LiveSource, LiveUpdate, StreamState};
use crate::stream::totals::start::is_covered;
use crate::stream::totals::{SaleRead, TotalsError};

/// Records of one step, at most.
const STEP: usize = 2_000;
/// Updates of the feed that wait.
const UPDATES: usize = 8;

/// The records of the partitions, as they come.
pub(super) struct Feed {
    at_work: Fuse<BoxFuture<'static, ()>>,
    updates: mpsc::Receiver<LiveUpdate>,
}

/// What a look at the feed came to.
pub(super) enum Heard {
    Nothing,
    End,
    /// The topic may be another one: the feed is opened again, once its places were compared.
    Doubt,
}

impl Work {
    /// Waits for records, for a short while, and counts those that are there.
    pub(super) async fn listen(&mut self) -> Result<Heard, TotalsError> {
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
    pub(super) async fn compare_places(&mut self) -> Result<(), TotalsError> {
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
            is_covered(partition, read.next, *first)?;
            firsts.push((partition, *first));
        }
        for (partition, first) in firsts {
            self.processor.deleted_before(partition, first);
        }
        Ok(())
    }

    pub(super) fn open_feed(&self) -> Feed {
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
}
