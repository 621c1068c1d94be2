//! The ports of the totals: a processor's own state, the right to a partition, and the sales of the store as events.
use async_trait::async_trait;

use crate::domain::event::SaleEvent;
use crate::domain::sale::TillId;
use crate::domain::seen::SeenSeqs;
use crate::store::error::StoreError;

/// How far a partition was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadTo {
    /// The partition.
    pub partition: i32,
    /// The offset to be read next: everything before it is counted.
    pub next: i64,
    /// Totals are not published before this offset was reached: until then they are behind those in the topic.
    pub hold: i64,
    /// The lease's epoch under which this was counted. In another one, somebody else has counted since.
    pub epoch: i64,
    /// What the record before `next` was, so that a topic that was made anew is known.
    pub last: String,
}

/// The numbers counted of one till and series in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The partition.
    pub partition: i32,
    /// The till, as its events call it.
    pub till: String,
    /// The series.
    pub series: u32,
    /// The numbers.
    pub seen: SeenSeqs,
}

/// The total of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalRow {
    /// The pair: the record's key.
    pub pair: String,
    /// The record's value.
    pub value: String,
    /// The partition that it belongs to: that of the last event.
    pub partition: i32,
}

/// What a step changes, in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// How far which partitions are read.
    pub read: Vec<ReadTo>,
    /// The numbers that grew.
    pub numbers: Vec<Numbers>,
    /// The totals that changed: to be published.
    pub totals: Vec<TotalRow>,
}

/// A processor's own state: a file that outlives it, however it ends.
#[async_trait]
pub trait TotalsState: Send + Sync + 'static {
    /// The state's id: whoever goes on with it is the same holder of leases.
    fn holder(&self) -> &str;

    /// How far each partition was read.
    async fn read_to(&self) -> Result<Vec<ReadTo>, StoreError>;

    /// All numbers counted.
    async fn numbers(&self) -> Result<Vec<Numbers>, StoreError>;

    /// The totals of these pairs, where there are some.
    async fn totals(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError>;

    /// One step, whole or not at all.
    async fn count(&self, counted: &Counted) -> Result<(), StoreError>;

    /// Some totals of these partitions that are to be published.
    async fn unpublished(&self, partitions: &[i32], limit: u32) -> Result<Vec<TotalRow>, StoreError>;

    /// These were published as they are here.
    async fn published(&self, totals: &[TotalRow]) -> Result<(), StoreError>;

    /// These are to be published once more.
    async fn publish_again(&self, pairs: &[String]) -> Result<(), StoreError>;

    /// How many totals belong to a partition.
    async fn pairs(&self, partition: i32) -> Result<u64, StoreError>;

    /// Empties what is put aside for [`TotalsState::begin_with`].
    async fn put_nothing_aside(&self) -> Result<(), StoreError>;

    /// Puts totals aside, in place of those put aside of the same pairs.
    async fn put_aside(&self, totals: &[TotalRow]) -> Result<(), StoreError>;

    /// Those put aside of these pairs.
    async fn aside(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError>;

    /// How many of those put aside belong to a partition.
    async fn pairs_aside(&self, partition: i32) -> Result<u64, StoreError>;

    /// Begins these partitions anew, in one transaction: what was known of them is forgotten, and the totals put aside take
    /// its place, to be published again if `unpublished`. Totals put aside of other partitions are taken where the pair is
    /// not known.
    async fn begin_with(&self, begun: &Counted, unpublished: bool) -> Result<(), StoreError>;
}

/// The right to publish the totals of a partition for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderLease {
    /// What for: readers of one purpose and topic share its partitions.
    pub reader: String,
    /// The partition.
    pub partition: i32,
    /// Who holds it.
    pub holder: String,
    /// Goes up whenever it changes hands.
    pub epoch: i64,
}

/// Up to where a partition's totals are published, as the lease's last holder left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Every event before this offset is in the published totals.
    pub next: i64,
    /// The numbers counted before it.
    pub numbers: Vec<Numbers>,
    /// How many totals the partition has: that many are in the topic.
    pub pairs: u64,
}

/// The partitions of a topic, shared out among readers. Leases go by the database's clock.
#[async_trait]
pub trait ReaderLeases: Send + Sync + 'static {
    /// Takes a partition's lease for `seconds` if it is free, expired, or this holder's own.
    async fn take_partition(
        &self,
        reader: &str,
        partition: i32,
        holder: &str,
        seconds: u32,
    ) -> Result<Option<(ReaderLease, Option<Checkpoint>)>, StoreError>;

    /// Renews it, if it is still this holder's in this epoch; with how far it is published by now.
    async fn renew_partition(
        &self,
        lease: &ReaderLease,
        seconds: u32,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError>;
}

/// The sales of a store as the events that they are in the topic.
#[async_trait]
pub trait SoldEvents: Send + Sync + 'static {
    /// Every till and series of which the store has something.
    async fn sold_series(&self) -> Result<Vec<(TillId, u32)>, StoreError>;

    /// The events of the next recorded sales of that series behind receipt number `after`, and the last of their receipt
    /// numbers; none at the end.
    async fn sold_after(&self, series: &(TillId, u32), after: u64)
    -> Result<Option<(Vec<SaleEvent>, u64)>, StoreError>;
}
