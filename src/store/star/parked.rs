//! Receipts without facts: parked, set apart, mended (PATH 2.3).
use uuid::Uuid;

use super::sale::{insert_sale, new};
use super::{Store, counted, damaged, finish, number, reference, resolve};
use crate::domain::mending::{Gap, LONGEST_DETAIL, Mapping};
use crate::domain::sale::{SaleRecord, TillId};
use crate::params;
use crate::store::engine::{Row, Transaction};
use crate::store::error::{EngineError, Refusal, StoreError};
use crate::store::ports::{Oversell, ParkedPlace, Recorded, Resolution, Settlement, StoredSale};

/// The words of `sale_resolved`.
const MENDED: &str = "mended";
const STRUCK: &str = "struck";
/// As many characters as there is room for whoever settled it.
const LONGEST_BY: usize = 120;

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
        self.mend_as(record, by, &Mapping::default()).await
    }

    /// The same where it stays unknown what was sold, or who sold it: recorded at the rows of `mapping`, in place of those
    /// that the sale names. Bytes, number, price and quantity are as they were agreed.
    ///
    /// # Errors
    /// As [`Store::mend`]; and [`StoreError::Rejected`] where it maps what the store knows, or the sale does not name.
    pub async fn mend_as(&self, record: &SaleRecord, by: &str, mapping: &Mapping) -> Result<Recorded, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.mend_in(&mut *tx, record, by, mapping).await;
        finish(tx, done).await
    }

    /// Settles that a parked sale is never recorded, and why: it keeps its number, and has neither facts nor events. Done
    /// again, it changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] where it is recorded, or the store has no such receipt.
    pub async fn strike(&self, record: &SaleRecord, by: &str, why: &str) -> Result<Recorded, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.strike_in(&mut *tx, record, by, why).await;
        finish(tx, done).await
    }

    /// What a sale names and this store does not know: what has to be mapped.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn gaps(&self, record: &SaleRecord) -> Result<Vec<Gap>, StoreError> {
        let mut tx = self.engine.begin().await?;
        let gaps = resolve::gaps(&mut *tx, &record.document.sale).await;
        finish(tx, gaps).await
    }

    async fn mend_in(
        &self,
        tx: &mut dyn Transaction,
        record: &SaleRecord,
        by: &str,
        mapping: &Mapping,
    ) -> Result<Recorded, StoreError> {
        let repeated = Recorded {
            repeated: true,
            ..new(false)
        };
        match standing(tx, record).await? {
            Standing::Whole | Standing::Resolved(Resolution::Mended) => return Ok(repeated),
            Standing::Resolved(Resolution::Struck(why)) => return Err(never(format!("it was struck: {why}"))),
            Standing::Absent => return Err(never(ABSENT.to_owned())),
            Standing::Apart(_) => return Err(never("another sale has its id".to_owned())),
            Standing::Waits => {}
        }
        let sale = &record.document.sale;
        let recorded_as = mapping.over(sale).map_err(never)?;
        let detail = mapping.detail().map_err(never)?;
        let now = self.engine.dialect().now();
        // First of all: of two who mend it at once, one waits here, and then fails.
        settle_once(tx, record.sale_id(), (MENDED, &detail), by, now).await?;
        if !mapping.is_empty() {
            let gaps = resolve::gaps(tx, sale).await?;
            if let Some((named, _)) = mapping
                .iter()
                .find(|(named, _)| !gaps.iter().any(|gap| gap.named == *named))
            {
                return Err(never(format!("{named} is in the database: it is recorded as it is")));
            }
        }
        let rows = resolve::rows(tx, &recorded_as, false).await?;
        let used_before = reference::used_before(tx, sale, &rows).await?;
        let content = self.insert_content(tx, record, &rows, Oversell::Record, used_before);
        Ok(content.await?)
    }

    async fn strike_in(
        &self,
        tx: &mut dyn Transaction,
        record: &SaleRecord,
        by: &str,
        why: &str,
    ) -> Result<Recorded, StoreError> {
        let row = match standing(tx, record).await? {
            Standing::Whole | Standing::Resolved(Resolution::Mended) => return Err(never("it is recorded".to_owned())),
            Standing::Resolved(Resolution::Struck(_)) => {
                return Ok(Recorded {
                    repeated: true,
                    ..new(false)
                });
            }
            Standing::Absent => return Err(never(ABSENT.to_owned())),
            Standing::Apart(row) => row,
            Standing::Waits => record.sale_id(),
        };
        let now = self.engine.dialect().now();
        settle_once(tx, row, (STRUCK, why), by, now).await?;
        Ok(new(false))
    }

    /// How a parked sale was settled, by its place in the till's chains.
    pub(super) async fn settlement_of(
        &self,
        till: &TillId,
        series: u32,
        at: u64,
    ) -> Result<Option<Settlement>, StoreError> {
        let sql = "SELECT r.resolution, r.detail, r.resolved_by, r.resolved_at
             FROM sale s JOIN sale_resolved r ON r.sale_id = s.sale_id
             WHERE s.till_id = ? AND s.series = ? AND s.receipt_no = ?";
        let mut place = params![till.as_str(), series];
        place.push(number(at));
        let rows = self.engine.query(sql, place).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let detail: String = row.get(1)?;
        let mapping = Mapping::of_detail(&detail);
        let Some(resolution) = resolution(row.get(0)?, Some(detail)) else {
            return Ok(None);
        };
        Ok(Some(Settlement {
            resolution,
            mapping,
            by: row.get(2)?,
            at: row.get(3)?,
        }))
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
    /// Its row has this id of its own, since another sale has the sale's.
    Apart(Uuid),
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
        None if id != record.sale_id() => Standing::Apart(id),
        None => Standing::Waits,
    })
}

/// Why nothing is done with a receipt that there is not.
const ABSENT: &str = "the database does not have this receipt";

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
    settle(tx, row, (STRUCK, &reason), by, now).await?;
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
    (resolution, detail): (&str, &str),
    by: &str,
    now: &str,
) -> Result<(), EngineError> {
    let insert = format!(
        "INSERT INTO sale_resolved (sale_id, resolution, resolved_by, resolved_at, detail) VALUES (?, ?, ?, {now}, ?)"
    );
    let cut = |text: &str, longest: usize| -> String { text.chars().take(longest).collect() };
    let (by, detail) = (cut(by, LONGEST_BY), cut(detail, LONGEST_DETAIL));
    tx.execute(&insert, params![row, resolution, by, detail])
        .await
        .map(drop)
}

/// The same, where somebody else may do it at this moment.
async fn settle_once(
    tx: &mut dyn Transaction,
    row: Uuid,
    how: (&str, &str),
    by: &str,
    now: &str,
) -> Result<(), StoreError> {
    settle(tx, row, how, by, now).await.map_err(|error| match error {
        EngineError::Duplicate(_) => StoreError::from(EngineError::retryable("somebody else settles it just now")),
        error => error.into(),
    })
}
