//! The totals: what each outlet has sold of each drug, from the topic of sales into the totals topic (PATH 5.5).
//!
//! ```text
//!  topic of sales ──> count: one transaction in totals.sqlite ──> publish what changed ──acknowledged──> no longer to publish
//!                     (offsets, numbers, totals)                   (absolute values)
//! ```
//!
//! **Why nothing is lost or counted twice.** Offsets, the numbers counted (`series`, `seq`), the totals, and which of them
//! are not published yet change in one transaction. A kill before it: the same records are read again. After it, and before
//! the acknowledgement: the totals are published again, and a record of absolute values that is there twice says the same
//! as once. No further record is counted before all that changed is acknowledged, so what is published is never further
//! behind than one step.
//!
//! **Whose turn it is.** A partition's totals are published under a lease in the store. Its epoch goes up when it changes
//! hands, so a processor that comes back to a partition knows whether its own state is still the newest: in the same epoch
//! it goes on; in another, somebody else has counted since, and it begins anew. The lease carries a *checkpoint*, written
//! after the acknowledgements: everything before offset C is in the published totals, and these numbers were counted before
//! it.
//!
//! **Beginning anew** (`start`): each published total has the offset of its last event, O. Reading begins at C. An event of
//! a pair at O or before is in that total, whatever C is; one behind O is not, unless its number was counted before C or met
//! since, which makes it a repeat. So only what lies between C and O is passed over, pair by pair, and a kill in the middle
//! of publishing a step, which leaves some pairs ahead of others, is harmless. Without a checkpoint C is the beginning of the
//! partition, which must still be there: otherwise nothing says which numbers were counted, and the store has to
//! (`--rebuild-from store`): its sums, and the numbers that are in them, and then the topic from its beginning for the rest.
//! A checkpoint that promises more totals than the topic has is not believed.
//!
//! **Events without a number** (the older tracker's) are counted by their place alone: each offset once.
//!
//! **A pair in two partitions** (partitions were added to the topic, or an outlet got the name that another one had) is one
//! total of one processor: a processor that has only one of the partitions stops and says so.
//!
//! What is not solved: a processor that is stopped by the system for longer than its lease *between* its look at the clock
//! and its request can write a total that is older than its successor's; the next event of the pair mends it.
mod kafka;
mod processor;
mod run;
mod start;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::mpsc;

use super::fault::StreamError;
use crate::domain::event::{StreamEvent, Unreadable};
use crate::store::error::StoreError;
use crate::store::ports::totals::TotalRow;

pub use kafka::KafkaTotals;
pub use processor::{Processor, Taken};
pub use run::{Plan, Ports, Progress, run};

/// The topics, as the processor needs them.
#[async_trait]
pub trait TotalsTopics: Send + Sync + 'static {
    /// Of each partition of the topic of sales the first offset that is still there, and the one behind the last.
    async fn sales(&self) -> Result<BTreeMap<i32, (i64, i64)>, StreamError>;

    /// Sends the values of all records of the totals topic, in order of each partition.
    async fn totals(&self, into: mpsc::Sender<Vec<Vec<u8>>>) -> Result<(), StreamError>;

    /// Writes totals. `Ok` only when all in-sync replicas have them.
    ///
    /// # Errors
    /// Whatever it is, they may have been written, whole or in part: they are written again.
    async fn publish(&self, totals: &[TotalRow]) -> Result<(), StreamError>;
}

/// A record of the topic of sales.
#[derive(Debug, Clone, PartialEq)]
pub struct SaleRead {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// What it is.
    pub event: Result<StreamEvent, Unreadable>,
}

/// What was done since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Records read.
    pub read: u64,
    /// Events counted.
    pub counted: u64,
    /// Of those, events without a number: the older tracker's.
    pub unnumbered: u64,
    /// Of those, events of a series with so many holes that a repeat of them would not be known.
    pub untracked: u64,
    /// Events that had been counted before, by their number.
    pub repeated: u64,
    /// Events that the published totals had already.
    pub known: u64,
    /// Records that are no events of sales, or absurd ones.
    pub unreadable: u64,
    /// Totals published.
    pub published: u64,
}

/// Why the totals cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TotalsError {
    /// The state's file, or the store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The brokers.
    #[error("{0}")]
    Stream(#[from] StreamError),
    /// Nothing says what was counted before.
    #[error("partition {partition}: {what}. Make the totals again from the store: rxtill totals --rebuild-from store")]
    NotCovered {
        /// The partition.
        partition: i32,
        /// What is missing.
        what: String,
    },
    /// The topic of sales is another one than the one that was read.
    #[error(
        "partition {partition} of the topic of sales was made anew or cut off: it does not have what was counted. Make the \
         totals again from the store: rxtill totals --rebuild-from store"
    )]
    MadeAnew {
        /// The partition.
        partition: i32,
    },
    /// A pair has events in a partition that is not this processor's.
    #[error(
        "“{pair}” has sales in partition {partition} too: one process must have both (partitions were added, or an outlet \
         got another's name)"
    )]
    Shared {
        /// The pair; safe to show.
        pair: String,
        /// The other partition.
        partition: i32,
    },
    /// A partition that was asked for is not there.
    #[error("the topic of sales has no partition {0}")]
    NoPartition(i32),
    /// It was to stop at the end, and could not get there.
    #[error("the end was not reached: {0}")]
    GaveUp(String),
}
