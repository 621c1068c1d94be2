//! The store against the topic of sales, event by event, in bounded memory (PATH 5.6).
//!
//! First the borders: where each till's chain ends, and when. Then the topic, from its first record to the end that it has
//! after that, into sorted runs on the disk. Then the store, till by till in the order of its numbers, beside the runs. The
//! outbox is asked only about what the topic does not have.
pub mod aside;
pub mod join;
mod send;

use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use self::aside::{HELD, Sorter};
use self::join::{Absent, Joining};
use super::whole_topic::{self, Unheard, WholeTopic};
use crate::domain::clock::Clock;
use crate::domain::event::StreamEvent;
use crate::domain::reconcile::{Comparison, Counts, Period, TillKey, Told};
use crate::store::engine::Engine;
use crate::store::verify::told::{self, Events, StoreSale, Unread};
use crate::store::verify::topic;
use crate::stream::live::LiveRecord;
use crate::stream::partitioner::partition_of;
use crate::stream::settings::KafkaSettings;

pub use self::aside::List;
pub use self::send::{Sent, Unsent, send};

/// Why the two could not be compared.
#[derive(Debug, Error)]
pub enum ReconcileError {
    /// The topic was not heard to its end, or the store did not answer.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// The store's events could not be read in order.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// What was heard is of two logs.
    #[error("the topic was made again while it was read: run it once more")]
    MadeAgain,
    /// What does not fit into memory could not be put aside.
    #[error("the data folder: {0}")]
    Disk(#[from] io::Error),
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many records of the topic were read.
    Topic(u64),
    /// So many events of the store were compared.
    Store(u64),
}

/// What was found.
pub struct Reconciliation {
    /// How many there are of each.
    pub counts: Counts,
    /// Records of the topic that are no sale events of this program's.
    pub others: u64,
    /// Acknowledged by the brokers, and not in the topic.
    pub missing: List,
    /// In the topic, and not in the store.
    pub extra: List,
    /// In the topic as another one.
    pub different: List,
}

/// Compares the sales of `period`. What does not fit into memory is put aside in `folder`.
///
/// # Errors
/// When one of the two sides could not be read to its end, or the disk failed.
pub async fn reconcile(
    engine: &dyn Engine,
    settings: &KafkaSettings,
    clock: Arc<dyn Clock>,
    (folder, period): (&Path, Period),
    mut tell: impl FnMut(Step),
) -> Result<Reconciliation, ReconcileError> {
    let (heads, until) = told::borders(engine).await.map_err(Unheard::from)?;
    let (told, first, others) = whole_topic::read(settings, clock, async |topic: &mut WholeTopic| {
        let mut heard = Heard {
            sorter: Sorter::new(folder, HELD),
            records: 0,
            others: 0,
        };
        while let Some(records) = topic.next().await? {
            heard.take(&records)?;
            tell(Step::Topic(heard.records));
        }
        if topic.was_made_again() {
            return Err(ReconcileError::MadeAgain);
        }
        Ok((heard.sorter.sorted()?, topic.first().clone(), heard.others))
    })
    .await?;
    let partitions = i32::try_from(first.len()).unwrap_or(i32::MAX);
    let comparison = Comparison::new(period, (heads, until), first);
    let mut joining = Joining::new(told, comparison, folder)?;
    along(&mut joining, (engine, partitions), &mut tell).await?;
    Ok(joining.end(others)?)
}

/// The store's events, till by till.
async fn along(
    joining: &mut Joining,
    (engine, partitions): (&dyn Engine, i32),
    tell: &mut impl FnMut(Step),
) -> Result<(), ReconcileError> {
    // Asked after the topic: whoever sold first meanwhile is known.
    let mut series = topic::series(engine).await.map_err(Unheard::from)?;
    series.sort_by_key(|(till, series)| (TillKey::from(till), *series));
    let mut compared = 0;
    for (till, series) in series {
        let mut events = Events::of(engine, till, series);
        while let Some(sales) = events.next().await? {
            let mut absent: Vec<Absent> = Vec::new();
            for sale in sales {
                match sale {
                    StoreSale::Parked(sold, lines) => joining.parked(sold, lines),
                    StoreSale::Events(events) => {
                        for own in events {
                            compared += 1;
                            let partition = partition_of(own.outlet.to_string().as_bytes(), partitions);
                            absent.extend(joining.one(own, partition)?);
                        }
                    }
                }
            }
            let ids: Vec<Uuid> = absent.iter().map(Absent::event_id).collect();
            let outbox = told::in_outbox(engine, &ids).await.map_err(Unheard::from)?;
            for absent in absent {
                let standing = outbox.get(&absent.event_id()).copied();
                joining.absent(&absent, standing)?;
            }
            tell(Step::Store(compared));
        }
    }
    Ok(())
}

/// The topic as it is heard.
struct Heard {
    sorter: Sorter,
    records: u64,
    others: u64,
}

impl Heard {
    fn take(&mut self, records: &[LiveRecord]) -> io::Result<()> {
        for record in records {
            self.records += 1;
            let told = match &record.event {
                Ok(StreamEvent::Sale(event)) => Told::of(event, record.partition),
                _ => None,
            };
            match told {
                Some(told) => self.sorter.push(told)?,
                None => self.others += 1,
            }
        }
        Ok(())
    }
}
