//! The processor's leases on partitions: taken where they are free, kept while there is work, handed back at the end.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{LOOK, MARGIN, Work};
use crate::store::ports::totals::{Checkpoint, ReaderLease};
use crate::stream::totals::TotalsError;
use crate::stream::totals::processor::Taken;

/// How long a lease is taken for.
const LEASE: Duration = Duration::from_mins(1);
/// A lease with less left is renewed.
const RENEW_BELOW: Duration = Duration::from_secs(50);
/// How often new partitions are looked for.
const LIST: Duration = Duration::from_mins(1);
/// How often checkpoints are written, at most.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// A lease, by our own monotonic clock.
pub(super) struct Held {
    lease: ReaderLease,
    /// When it ends, reckoned from before it was asked for: never later than by the database's clock.
    until: Instant,
    /// Up to where the store knows that it is published.
    checkpoint: i64,
}

impl Held {
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Work {
    /// Takes what is free, and begins with it.
    pub(super) async fn look_after_leases(&mut self) -> Result<(), TotalsError> {
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
    pub(super) async fn renew(&mut self) -> Result<(), TotalsError> {
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
    pub(super) async fn checkpoint(&mut self, at_once: bool) -> Result<(), TotalsError> {
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
    pub(super) async fn hand_back(&mut self) {
        let held: Vec<i32> = self.held.keys().copied().collect();
        if let Err(error) = self.checkpoint(true).await {
            tracing::warn!(reason = %error, "how far it is published was not noted");
        }
        self.tell();
        for partition in held {
            self.let_go(partition).await;
        }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
