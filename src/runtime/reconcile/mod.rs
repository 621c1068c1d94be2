//! The store against the topic of sales, event by event, in bounded memory (PATH 5.6).
//!
//! First the borders: where each till's chain ends, and when. Then the topic, from its first record to the end that it has
//! after that, into sorted runs on the disk. Then the store, till by till in the order of its numbers, beside the runs. The
//! outbox is asked only about what the topic does not have.
mod aside;
mod send;

use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use self::aside::{HELD, Names, Sorted, Sorter};
use super::whole_topic::{self, Unheard, WholeTopic};
use crate::domain::clock::Clock;
use crate::domain::event::StreamEvent;
use crate::domain::reconcile::{Comparison, Counts, Finding, Own, Period, Standing, TillKey, Told};
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
    let mut joining = Joining {
        told,
        partitions,
        comparison: Comparison::new(period, (heads, until), first),
        missing: Names::new(folder)?,
        extra: Names::new(folder)?,
        different: Names::new(folder)?,
    };
    joining.along(engine, &mut tell).await?;
    Ok(Reconciliation {
        counts: joining.comparison.counts(),
        others,
        missing: joining.missing.end()?,
        extra: joining.extra.end()?,
        different: joining.different.end()?,
    })
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

/// The store's events beside those of the topic.
struct Joining {
    told: Sorted,
    partitions: i32,
    comparison: Comparison,
    missing: Names,
    extra: Names,
    different: Names,
}

impl Joining {
    async fn along(&mut self, engine: &dyn Engine, tell: &mut impl FnMut(Step)) -> Result<(), ReconcileError> {
        // Asked after the topic: whoever sold first meanwhile is known.
        let mut series = topic::series(engine).await.map_err(Unheard::from)?;
        series.sort_by_key(|(till, series)| (TillKey::from(till), *series));
        let mut compared = 0;
        for (till, series) in series {
            let mut events = Events::of(engine, till, series);
            while let Some(sales) = events.next().await? {
                compared += self.page(engine, sales).await?;
                tell(Step::Store(compared));
            }
        }
        Ok(self.extras(None)?)
    }

    /// A page of the store's; how many events it had.
    async fn page(&mut self, engine: &dyn Engine, sales: Vec<StoreSale>) -> Result<u64, ReconcileError> {
        let mut count = 0;
        let mut absent: Vec<(Own, bool)> = Vec::new();
        for sale in sales {
            match sale {
                StoreSale::Parked(sold, lines) => self.comparison.parked(sold, lines),
                StoreSale::Events(events) => {
                    for own in events {
                        count += 1;
                        absent.extend(self.one(own)?);
                    }
                }
            }
        }
        let ids: Vec<Uuid> = absent.iter().map(|(own, _)| own.event_id).collect();
        let outbox = told::in_outbox(engine, &ids).await.map_err(Unheard::from)?;
        for (own, may_be_deleted) in absent {
            let found = self
                .comparison
                .absent(&own, may_be_deleted, outbox.get(&own.event_id).copied());
            self.note(found)?;
        }
        Ok(count)
    }

    /// One event of the store; itself, if the outbox has to be asked, and whether it may have been deleted from the topic.
    fn one(&mut self, own: Own) -> io::Result<Option<(Own, bool)>> {
        self.extras(Some(&own))?;
        let mut standing = Standing::default();
        while self.told.peek().is_some_and(|told| told.place == own.place) {
            if let Some(told) = self.told.take_next()? {
                self.comparison.told(&own, &told, &mut standing);
            }
        }
        let (is_absent, found) = self.comparison.heard(&own, standing);
        self.note(found)?;
        if !is_absent {
            return Ok(None);
        }
        let partition = partition_of(own.outlet.to_string().as_bytes(), self.partitions);
        let may_be_deleted = self.comparison.may_be_deleted(partition);
        Ok(Some((own, may_be_deleted)))
    }

    /// What the topic has before that event of the store, or after the last.
    fn extras(&mut self, before: Option<&Own>) -> io::Result<()> {
        while self
            .told
            .peek()
            .is_some_and(|told| before.is_none_or(|own| told.place < own.place))
        {
            if let Some(told) = self.told.take_next()? {
                let found = self.comparison.extra(&told);
                self.note(found)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, found: Option<Finding>) -> io::Result<()> {
        match found {
            None => Ok(()),
            Some(Finding::Missing(named)) => self.missing.push(&named),
            Some(Finding::Extra(named)) => self.extra.push(&named),
            Some(Finding::Different(named)) => self.different.push(&named),
        }
    }
}
