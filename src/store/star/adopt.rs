//! `rxtill sync --adopt-store`: an embedded store's whole history, brought into the store that comes after it (PATH 1.1).
//!
//! Everything keeps what it is known by: receipts their series, number, link and bytes, events their ids, numbers and
//! payloads, rows their lasting ids, and their numbers where nobody else has them. All is read and compared before the first
//! row is written; then it goes in by short transactions, each of which finds out what is there already. So it can be broken
//! off anywhere and run again, beside tills that sell.
mod carry;
mod chains;
mod columns;
mod compare;
mod goods;
mod late;
mod plan;
mod rows;
mod sales;

use thiserror::Error;
use uuid::Uuid;

use super::Store;
use crate::domain::sale::TillId;
use crate::store::engine::Engine;
use crate::store::error::{EngineError, StoreError};

pub use self::compare::Both;

/// Why a store was not adopted, or not on to its end.
#[derive(Debug, Error)]
pub enum AdoptError {
    /// One of the two did not answer, or could not hold a row: what was done is done, and it can be run again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The two do not fit together; nothing was written.
    #[error("{0}")]
    Refused(String),
    /// They are not alike afterwards.
    #[error("after it, the two are not alike: {0}")]
    Unlike(String),
}

impl From<EngineError> for AdoptError {
    fn from(error: EngineError) -> Self {
        Self::Store(error.into())
    }
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopting {
    /// Rows of dimensions, packs, prices and stock go in.
    Rows,
    /// So many of so many sales are there.
    Sales(u64, u64),
    /// Both sides are compared.
    Comparing,
}

/// What was brought over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Rows of dimensions that were new.
    pub rows: u64,
    /// Rows that the store has under another lasting id: what was sold is recorded at those.
    pub twins: Vec<String>,
    /// Sales that went in now.
    pub sales: u64,
    /// Audit events that went in now.
    pub events: u64,
    /// What both sides have of the adopted tills.
    pub both: Both,
}

/// Brings everything in `file` into `store`. It is the store of `till`, at which `installation` works and which is closed.
///
/// # Errors
/// As [`AdoptError`] says.
pub async fn adopt(
    file: &dyn Engine,
    store: &Store,
    (till, installation): (&TillId, Uuid),
    mut progress: impl FnMut(Adopting),
) -> Result<Adopted, AdoptError> {
    let to = store.engine.as_ref();
    chains::is_of(file, till, installation).await?;
    let chains = chains::compared(file, to).await?;
    let plan = plan::Plan::make(file, to).await?;
    plan.keeps_published(file).await?;
    goods::is_ours_to_count(file, to, &plan).await?;

    progress(Adopting::Rows);
    let mut adopted = Adopted::default();
    let ids = rows::bring((file, to), &plan, &mut adopted).await?;
    let ids = goods::bring((file, to), ids).await?;
    let bringing = sales::Bringing {
        file,
        to,
        ids: &ids,
        plan: &plan,
        topics: [&store.sale_topic, &store.audit_topic],
    };
    let total = chains.iter().map(|chain| chain.number).sum();
    let mut there: u64 = chains.iter().map(|chain| chain.there.min(chain.number)).sum();
    for chain in &chains {
        chains::open(to, chain).await?;
        bringing
            .chain(chain, |count| {
                there += count;
                adopted.sales += count;
                progress(Adopting::Sales(there, total));
            })
            .await?;
    }
    late::mended(&bringing, &chains).await?;
    adopted.events = late::events(&bringing).await?;
    late::marks_since(&bringing).await?;
    late::notes(&bringing).await?;
    progress(Adopting::Comparing);
    adopted.both = compare::both((file, to), &chains).await?;
    Ok(adopted)
}
