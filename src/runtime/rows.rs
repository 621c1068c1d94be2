//! Rows of the dimensions between the screen and the store.
use jiff::Timestamp;
use uuid::Uuid;

use crate::app::dimension::{RowRead, RowSave, RowSaved};
use crate::domain::dimension::{Author, Dimension, History};
use crate::domain::wares::{Goods, GoodsSave};
use crate::store::error::StoreError;
use crate::store::star::Store;
use crate::store::star::dimension::{Here, Save, SaveError};

/// Reads a row for a form, with the prices and the stock of an outlet.
pub async fn read(store: &Store, dimension: Dimension, id: i64, outlet: i64, at: Timestamp) -> RowRead {
    match store.read(dimension, id, Here { outlet, at }).await {
        Ok(Some(row)) => RowRead::Row(Box::new(row)),
        Ok(None) => RowRead::Gone,
        Err(error) => {
            tracing::warn!(%error, "a row was not read");
            RowRead::Away(error.to_string())
        }
    }
}

/// Saves a row. Doing it again with the same `save_id` is the same save.
pub async fn save(store: &Store, save: &RowSave, at: Timestamp) -> RowSaved {
    let outlet = save.outlet;
    let saving = Save {
        dimension: save.dimension,
        wanted: &save.wanted,
        opened: save.opened.as_ref(),
        by: &save.by,
        here: Here { outlet, at },
        save_id: save.save_id,
    };
    told(store.save(&saving).await.map(|saved| saved.id))
}

fn told(saved: Result<i64, SaveError>) -> RowSaved {
    match saved {
        Ok(id) => RowSaved::Saved(id),
        Err(SaveError::Refused(faults)) => RowSaved::Refused(faults),
        Err(SaveError::Conflict(conflict)) => RowSaved::Conflict {
            current: Box::new(conflict.current),
            changes: conflict.changes,
        },
        Err(SaveError::Store(error)) => {
            tracing::warn!(%error, "a row was not saved");
            RowSaved::Failed(failed(&error))
        }
    }
}

/// Changes what stands beside a drug. Doing it again with the same `save_id` is the same change.
pub async fn save_goods(store: &Store, save: &GoodsSave, at: Timestamp) -> RowSaved {
    told(store.save_goods(save, at).await.map(|()| save.drug))
}

/// What stands beside a drug, for a screen.
///
/// # Errors
/// Why it was not read, in words.
pub async fn beside(store: &Store, drug: i64, outlet: i64, at: Timestamp) -> Result<Box<Goods>, String> {
    match store.beside_drug(drug, outlet, at).await {
        Ok(Some(goods)) => Ok(Box::new(goods)),
        Ok(None) => Err("this drug is not in the database".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The history of a row, for a screen.
///
/// # Errors
/// Why it was not read, in words.
pub async fn history(store: &Store, row: Uuid) -> Result<History, String> {
    store.history(row).await.map_err(|error| error.to_string())
}

fn failed(error: &StoreError) -> String {
    match error {
        StoreError::Retryable { in_doubt: true, reason } => {
            format!("it may be saved, the answer was lost: save again to know ({reason})")
        }
        StoreError::Retryable { reason, .. } => format!("not saved: save again later ({reason})"),
        error => format!("not saved: {error}"),
    }
}

/// Confirms a prescriber, or merges them into another. What was done, in words, or why not.
///
/// # Errors
/// The words.
pub async fn settle_doctor(
    store: &Store,
    id: i64,
    into: Option<i64>,
    by: &Author,
    at: Timestamp,
) -> Result<String, String> {
    let done = match into {
        None => store
            .confirm_doctor(id, by, at)
            .await
            .map(|name| format!("prescriber {name} confirmed")),
        Some(survivor) => {
            let merged = store.merge_doctor(id, survivor, by, at).await;
            merged.map(|survivor| format!("merged: it is {survivor} from now on"))
        }
    };
    done.map_err(|error| {
        tracing::warn!(%error, "a prescriber was not settled");
        failed(&error)
    })
}
