//! The outbox and the leases of the stand-in of the database.
use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use uuid::Uuid;

use super::database::{Line, ends_in};
use super::tables::{Event, Tables};
use crate::domain::event::EventTopic;
use crate::domain::mutant::{self, Mutant};
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::totals::{Checkpoint, ReaderLease, ReaderLeases};
use crate::store::ports::{Lease, Outbox, OutboxRow, RelayMode, Waiting};

/// Where relays share rows out, so many at a time, and for so long.
const SHARE: usize = 3;
const LOCKED: Duration = Duration::from_secs(30);
/// Older than any relay waits for.
const OLD: Duration = Duration::from_hours(1);

impl Tables {
    fn is_current(&self, lease: &Lease) -> bool {
        mutant::is(Mutant::MarkWithoutEpoch)
            || mutant::is(Mutant::RowsSkippedWhenLocked)
            || self
                .leases
                .get(&lease.till)
                .is_some_and(|(current, _)| current == lease)
    }

    fn oldest(&mut self, client: usize, till: &TillId, topics: &[String], limit: u32) -> Vec<OutboxRow> {
        let now = Instant::now();
        let shared = mutant::is(Mutant::RowsSkippedWhenLocked);
        let others = |event: &Event| event.locked.is_some_and(|(by, until)| by != client && until > now);
        let mut waiting: Vec<&mut Event> = self
            .outbox
            .iter_mut()
            .filter(|event| !event.row.marked && !event.aside)
            .filter(|event| event.row.till == *till && !topics.contains(&event.row.topic))
            .filter(|event| !shared || !others(event))
            .collect();
        if !mutant::is(Mutant::OrderByInsertion) {
            waiting.sort_by_key(|event| (event.row.series, event.row.seq));
        }
        waiting.truncate(limit as usize);
        if shared && limit > 1 {
            waiting.truncate(SHARE);
            for event in &mut waiting {
                event.locked = Some((client, now + LOCKED));
            }
        }
        waiting.into_iter().map(|event| event.row.clone()).collect()
    }

    fn mark(&mut self, lease: &Lease, ids: &[Uuid]) -> u64 {
        if !self.is_current(lease) {
            return 0;
        }
        let mut marked = 0;
        for event in &mut self.outbox {
            if ids.contains(&event.row.id) && !event.row.marked {
                event.row.marked = true;
                marked += 1;
            }
        }
        marked
    }

    fn waiting(&self) -> Vec<Waiting> {
        let mut waiting: BTreeMap<TillId, Waiting> = BTreeMap::new();
        let (now, shared) = (Instant::now(), mutant::is(Mutant::RowsSkippedWhenLocked));
        for event in self.unmarked() {
            let till = &event.row.till;
            let leased = self.leases.get(till).is_some_and(|(_, until)| *until > now);
            let entry = waiting.entry(till.clone()).or_insert_with(|| Waiting {
                till: till.clone(),
                events: 0,
                oldest: if shared { OLD } else { event.made.elapsed() },
                leased: (leased || mutant::is(Mutant::NobodyAdopts)) && !shared,
            });
            entry.events += 1;
        }
        waiting.into_values().collect()
    }

    fn take_lease(&mut self, till: &TillId, holder: &str, seconds: u32) -> Option<Lease> {
        let mut epoch = 1;
        if let Some((lease, until)) = self.leases.get(till) {
            if *until > Instant::now() && lease.holder != holder && !mutant::is(Mutant::RowsSkippedWhenLocked) {
                return None;
            }
            epoch = lease.epoch + 1;
        }
        let lease = Lease {
            till: till.clone(),
            holder: holder.to_owned(),
            epoch,
        };
        self.leases.insert(till.clone(), (lease.clone(), ends_in(seconds)));
        Some(lease)
    }

    fn renew_lease(&mut self, lease: &Lease, seconds: u32) -> bool {
        let current = self.is_current(lease);
        if current {
            self.leases
                .insert(lease.till.clone(), (lease.clone(), ends_in(seconds)));
        }
        current
    }
}

#[async_trait]
impl Outbox for Line {
    async fn unmarked_but(&self, till: &TillId, topics: &[String], limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.ask(|tables| tables.oldest(self.client, till, topics, limit)).await
    }

    async fn mark(&self, lease: &Lease, ids: &[Uuid]) -> Result<u64, StoreError> {
        self.ask(|tables| tables.mark(lease, ids)).await
    }

    async fn set_aside(&self, lease: &Lease, id: Uuid, _reason: &str) -> Result<bool, StoreError> {
        self.ask(|tables| {
            let current = tables.is_current(lease);
            let found = tables.outbox.iter_mut().find(|event| event.row.id == id && current);
            found.map(|event| event.aside = true).is_some()
        })
        .await
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        self.ask(|tables| tables.waiting()).await
    }

    async fn after(&self, _: &TillId, _: EventTopic, _: (u32, u64), _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        unreachable!("readers follow the topic")
    }

    async fn newest(&self, _: &TillId, _: EventTopic) -> Result<(u32, u64), StoreError> {
        unreachable!("readers follow the topic")
    }

    async fn take_lease(&self, till: &TillId, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError> {
        self.ask(|tables| tables.take_lease(till, holder, seconds)).await
    }

    async fn renew_lease(&self, lease: &Lease, seconds: u32) -> Result<bool, StoreError> {
        self.ask(|tables| tables.renew_lease(lease, seconds)).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.renew_lease(lease, 0).await.map(drop)
    }

    async fn relay_mode(&self) -> Result<RelayMode, StoreError> {
        self.ask(|_| RelayMode::On).await
    }

    async fn purge(&self, _: u32) -> Result<u64, StoreError> {
        unreachable!("the history purges by itself")
    }
}

#[async_trait]
impl ReaderLeases for Line {
    async fn take_partition(
        &self,
        reader: &str,
        partition: i32,
        holder: &str,
        seconds: u32,
    ) -> Result<Option<(ReaderLease, Option<Checkpoint>)>, StoreError> {
        self.ask(|tables| {
            let known = tables.readers.get(&partition);
            let mut lease = ReaderLease {
                reader: reader.to_owned(),
                partition,
                holder: holder.to_owned(),
                epoch: 1,
            };
            if let Some((before, until, _)) = known {
                if *until > Instant::now() && before.holder != holder {
                    return None;
                }
                lease.epoch = before.epoch + i64::from(before.holder != holder);
            }
            let checkpoint = known.and_then(|(.., checkpoint)| checkpoint.clone());
            let row = (lease.clone(), ends_in(seconds), checkpoint.clone());
            tables.readers.insert(partition, row);
            Some((lease, checkpoint))
        })
        .await
    }

    async fn renew_partition(
        &self,
        lease: &ReaderLease,
        seconds: u32,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        self.ask(|tables| {
            let Some((current, until, kept)) = tables.readers.get_mut(&lease.partition) else {
                return false;
            };
            if current != lease {
                return false;
            }
            *until = ends_in(seconds);
            if let Some(checkpoint) = checkpoint {
                *kept = Some(checkpoint.clone());
            }
            true
        })
        .await
    }
}
