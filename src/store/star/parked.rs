//! Receipts without facts: parked, set apart, mended (PATH 2.3).
use uuid::Uuid;

use super::sale::{insert_sale, new};
use super::{Store, counted, damaged, finish, number, reference, resolve};
use crate::domain::sale::{SaleRecord, TillId};
use crate::params;
use crate::store::engine::{Row, Transaction};
use crate::store::error::{EngineError, Refusal, StoreError};
use crate::store::ports::{Oversell, ParkedPlace, Recorded, Resolution, StoredSale};

/// The words of `sale_resolved`.
const MENDED: &str = "mended";
const STRUCK: &str = "struck";

/// From `resolution, detail` of `sale_resolved`, where there is such a row.
pub(super) fn resolution(word: Option<String>, detail: Option<String>) -> Option<Resolution> {
    let word = word?;
    Some(if word == STRUCK {
        Resolution::Struck(detail.unwrap_or_default())
    } else {
        Resolution::Mended
    })
}

impl Store {
    /// Records a parked sale after all, once what was in the way is gone: what its bytes say becomes facts, payments,
    /// events and stock, in one transaction with the resolution. Done again, it changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Permanent`] while it still cannot be held; [`StoreError::Rejected`] where it can never be: the store
    /// has no such receipt, or another sale has its id.
    pub async fn mend(&self, record: &SaleRecord, by: &str) -> Result<Recorded, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.mend_in(&mut *tx, record, by).await;
        finish(tx, done).await
    }

    async fn mend_in(&self, tx: &mut dyn Transaction, record: &SaleRecord, by: &str) -> Result<Recorded, StoreError> {
        let repeated = Recorded {
            repeated: true,
            ..new(false)
        };
        match standing(tx, record).await? {
            Standing::Whole | Standing::Resolved(Resolution::Mended) => return Ok(repeated),
            Standing::Resolved(Resolution::Struck(why)) => return Err(never(format!("it was struck: {why}"))),
            Standing::Absent => return Err(never("the database does not have this receipt".to_owned())),
            Standing::Apart => return Err(never("another sale has its id".to_owned())),
            Standing::Waits => {}
        }
        let now = self.engine.dialect().now();
        // First of all: of two who mend it at once, one waits here, and then fails.
        let settled = settle(tx, record.sale_id(), MENDED, by, "", now).await;
        settled.map_err(|error| match error {
            EngineError::Duplicate(_) => StoreError::from(EngineError::retryable("somebody else mends it just now")),
            error => error.into(),
        })?;
        let rows = resolve::rows(tx, &record.document.sale, false).await?;
        let used_before = reference::used_before(tx, &record.document.sale, &rows).await?;
        let content = self.insert_content(tx, record, &rows, Oversell::Record, used_before);
        Ok(content.await?)
    }

    /// The till's sales that were ever parked.
    pub(super) async fn parked_of(&self, till: &TillId) -> Result<Vec<ParkedPlace>, StoreError> {
        let sql = "SELECT s.series, s.receipt_no, r.resolution, r.detail
             FROM sale_parked p JOIN sale s ON s.sale_id = p.sale_id LEFT JOIN sale_resolved r ON r.sale_id = p.sale_id
             WHERE s.till_id = ? ORDER BY s.series, s.receipt_no";
        let rows = self.engine.query(sql, params![till.as_str()]).await?;
        let place = |row: &Row| -> Result<ParkedPlace, StoreError> {
            let series: i64 = row.get(0)?;
            Ok(ParkedPlace {
                series: u32::try_from(series).map_err(|e| damaged("sale.series", e))?,
                number: counted(row.get(1)?),
                resolution: resolution(row.get(2)?, row.get(3)?),
            })
        };
        rows.iter().map(place).collect()
    }
}

/// Where a receipt of the chain stands.
enum Standing {
    /// Not there, or another one under its number.
    Absent,
    /// With facts from the first.
    Whole,
    /// Its row has an id of its own, since another sale has the sale's.
    Apart,
    Waits,
    Resolved(Resolution),
}

async fn standing(tx: &mut dyn Transaction, record: &SaleRecord) -> Result<Standing, StoreError> {
    let document = &record.document;
    let sql = "SELECT s.hash, s.sale_id, p.sale_id, r.resolution, r.detail
         FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id
         WHERE s.till_id = ? AND s.series = ? AND s.receipt_no = ?";
    let mut place = params![document.till.as_str(), document.series];
    place.push(number(document.number));
    let rows = tx.query(sql, place).await?;
    let Some(row) = rows.first() else {
        return Ok(Standing::Absent);
    };
    if row.get::<String>(0)? != record.hash.to_string() {
        return Ok(Standing::Absent);
    }
    let (id, parked): (Uuid, Option<Uuid>) = (row.get(1)?, row.get(2)?);
    Ok(match resolution(row.get(3)?, row.get(4)?) {
        Some(resolution) => Standing::Resolved(resolution),
        None if parked.is_none() => Standing::Whole,
        None if id != record.sale_id() => Standing::Apart,
        None => Standing::Waits,
    })
}

fn never(why: String) -> StoreError {
    StoreError::Rejected(Refusal::Other(why))
}

/// The sale's number, link and bytes under an id of the row's own, since `other` has the sale's.
pub(super) async fn set_apart(
    tx: &mut dyn Transaction,
    record: &SaleRecord,
    other: &StoredSale,
    now: &str,
) -> Result<Recorded, StoreError> {
    let row = record.apart_id();
    let there = other.record.printed();
    insert_sale(tx, row, record, &record.flags, now).await?;
    if !other.record.document.sale.same_agreement(&record.document.sale) {
        let reason = format!("another sale has its id: {there}");
        park(tx, row, &reason, now).await?;
        return Ok(new(true));
    }
    let reason = format!("the same sale as {there}");
    park(tx, row, &reason, now).await?;
    let by = record.document.till.as_str();
    settle(tx, row, STRUCK, by, &reason, now).await?;
    Ok(new(false))
}

/// The sale has no facts, and why.
pub(super) async fn park(tx: &mut dyn Transaction, row: Uuid, reason: &str, now: &str) -> Result<(), EngineError> {
    let insert = format!("INSERT INTO sale_parked (sale_id, reason, parked_at) VALUES (?, ?, {now})");
    let reason: String = reason.chars().take(1000).collect();
    tx.execute(&insert, params![row, reason]).await.map(drop)
}

/// A parked sale waits no longer.
async fn settle(
    tx: &mut dyn Transaction,
    row: Uuid,
    resolution: &str,
    by: &str,
    detail: &str,
    now: &str,
) -> Result<(), EngineError> {
    let insert = format!(
        "INSERT INTO sale_resolved (sale_id, resolution, resolved_by, resolved_at, detail) VALUES (?, ?, ?, {now}, ?)"
    );
    tx.execute(&insert, params![row, resolution, by, detail])
        .await
        .map(drop)
}
