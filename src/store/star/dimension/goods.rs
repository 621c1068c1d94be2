//! What stands beside a drug, changed one thing at a time: a pack, a price from a day on, a delivery, a count.
mod packs;
mod prices;
mod read;

use jiff::Timestamp;

use super::save::Stop;
use super::stock::{self, Move};
use super::{Conflict, SaveError, fault, next_change};
use crate::domain::dimension::{Dimension, DimensionSpec, FieldFault, RowChange, changes};
use crate::domain::money::Quantity;
use crate::domain::wares::{BATCH, COUNT, GoodsChange, GoodsSave, PACK, PackRow};
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::{EngineError, StoreError};
use crate::store::star::Store;
use crate::store::star::history::{self, Changed};

/// Attempts at one save. Each follows what somebody else wrote at the same moment.
const ATTEMPTS: u32 = 3;

/// Why an attempt did not save.
enum Ended {
    /// The pack is another one by now.
    Clash(PackRow),
    /// As any save stops.
    Stop(Stop),
}

impl<E: Into<Stop>> From<E> for Ended {
    fn from(stop: E) -> Self {
        Self::Stop(stop.into())
    }
}

fn refused(spec: &DimensionSpec, field: &str, words: impl Into<String>) -> Stop {
    Stop::Refused(vec![fault(spec, field, words.into())])
}

impl Store {
    /// Changes what stands beside a drug, in one transaction. The same `save_id` again is the same change.
    ///
    /// # Errors
    /// [`SaveError::Refused`] with the fields of the form that asked, [`SaveError::Conflict`] where the pack is another
    /// one than was opened. Neither leaves anything behind.
    pub async fn save_goods(&self, save: &GoodsSave, at: Timestamp) -> Result<(), SaveError> {
        for _ in 0..ATTEMPTS {
            let mut tx = self.engine.begin().await?;
            let ended = match write(&mut *tx, save, at).await {
                Ok(()) => tx.commit().await.map_err(Ended::from),
                Err(ended) => {
                    tx.rollback().await;
                    Err(ended)
                }
            };
            match ended {
                Ok(()) => return Ok(()),
                Err(Ended::Stop(Stop::Refused(faults))) => return Err(SaveError::Refused(faults)),
                Err(Ended::Stop(Stop::Engine(error))) => return Err(error.into()),
                Err(Ended::Clash(current)) => return Err(conflict(save, &current)),
                Err(Ended::Stop(Stop::Stale)) => {}
            }
        }
        Err(SaveError::Store(StoreError::Retryable {
            reason: "others keep saving the same drug".to_owned(),
            in_doubt: false,
        }))
    }
}

async fn write(tx: &mut dyn Transaction, save: &GoodsSave, at: Timestamp) -> Result<(), Ended> {
    match &save.change {
        GoodsChange::Pack { opened, wanted } => {
            let n = next_change(tx).await?;
            if let Some(told) = packs::put(tx, save.drug, opened.as_ref(), wanted).await? {
                touch(tx, save, at, n, told).await?;
            }
        }
        GoodsChange::Price { opened, wanted } => {
            let n = next_change(tx).await?;
            if let Some(told) = prices::put(tx, save.drug, *opened, wanted).await? {
                touch(tx, save, at, n, told).await?;
            }
        }
        GoodsChange::Supply {
            quantity,
            batch,
            expiry,
            cost,
        } => {
            let outlet = at_an_outlet(save, &BATCH, "quantity")?;
            let batch = stock::Batch {
                number: batch,
                expiry: *expiry,
                cost: *cost,
            };
            stock::put(tx, &moved(save, at, outlet, "supply", *quantity, ""), Some(batch)).await?;
        }
        GoodsChange::Count { found, book, reason } => {
            let outlet = at_an_outlet(save, &COUNT, "found")?;
            let differs = *found - *book;
            stock::put(tx, &moved(save, at, outlet, "count", differs, reason), None).await?;
        }
    }
    Ok(())
}

fn at_an_outlet(save: &GoodsSave, spec: &DimensionSpec, field: &str) -> Result<i64, Stop> {
    if save.outlet == 0 {
        return Err(refused(spec, field, "no outlet is set up here that goods could be at"));
    }
    Ok(save.outlet)
}

fn moved<'a>(
    save: &'a GoodsSave,
    at: Timestamp,
    outlet: i64,
    kind: &'static str,
    quantity: Quantity,
    reason: &'a str,
) -> Move<'a> {
    Move {
        id: save.save_id,
        outlet,
        drug: save.drug,
        kind,
        quantity,
        by: &save.by.name,
        reason,
        at,
    }
}

/// Marks the drug as changed, so that every till hears of it, and notes what changed in its history.
async fn touch(
    tx: &mut dyn Transaction,
    save: &GoodsSave,
    at: Timestamp,
    n: i64,
    told: RowChange,
) -> Result<(), EngineError> {
    let update =
        "UPDATE dim_drug SET version = version + 1, changed_n = ?, changed_at = ?, changed_by = ? WHERE id = ?";
    tx.execute(update, params![n, at, &save.by.name, save.drug]).await?;
    let rows = tx
        .query("SELECT uuid FROM dim_drug WHERE id = ?", params![save.drug])
        .await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let changed = Changed {
        row: row.get(0)?,
        change: told,
    };
    history::put(tx, Dimension::Drug, &save.by, at.into(), [changed]).await
}

/// What somebody else made of the pack.
fn conflict(save: &GoodsSave, current: &PackRow) -> SaveError {
    let current = current.record();
    let GoodsChange::Pack {
        opened: Some(opened),
        wanted,
    } = &save.change
    else {
        let fault = FieldFault {
            position: PACK.position("name").unwrap_or(0),
            fault: "somebody else made a pack of this name meanwhile: look again".to_owned(),
        };
        return SaveError::Refused(vec![fault]);
    };
    let changes = changes(&opened.record(), &current, &wanted.record());
    SaveError::Conflict(Box::new(Conflict { current, changes }))
}
