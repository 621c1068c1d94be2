//! References of tenders that may be used once over the company (COUNTER 1.8).
//!
//! Where one was used is asked of the payments. Two tills that use one at the same instant do not see each other's: the
//! row that each of them inserts in `tender_reference` then makes the second wait for the first, and fail. Its attempt
//! begins again, and sees the other. A sale that was promised is recorded and flagged in either case.
use uuid::Uuid;

use super::resolve::Rows;
use super::{Store, counted, damaged};
use crate::domain::basket::ReferenceUse;
use crate::domain::sale::{Agreed, Receipt, SalePayment};
use crate::params;
use crate::store::engine::{Row, Transaction};
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::UsedReference;

/// Why an attempt was not the last one.
pub(super) enum Stop {
    /// A reference of the sale was used by another one meanwhile, which the next attempt sees.
    Overtaken(String),
    /// What the store says.
    For(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::For(error)
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::For(error.into())
    }
}

impl From<Stop> for StoreError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Overtaken(reference) => Self::from(EngineError::retryable(format!(
                "{reference} is used by another sale at this very moment"
            ))),
            Stop::For(error) => error,
        }
    }
}

/// The payments of a sale whose references may be used once only, each with its tender's row, in an order that is the
/// same for every till: two sales with the same two references then wait for each other in turn, and not for ever.
fn used_once<'a>(sale: &'a Agreed, rows: &Rows) -> Vec<(i64, &'a str, &'a SalePayment)> {
    let payments = sale.payments.iter().zip(&rows.tenders).zip(&rows.used_once);
    let mut found: Vec<_> = payments
        .filter(|(_, once)| **once)
        .filter_map(|((payment, tender), _)| Some((*tender, payment.reference.as_deref()?, payment)))
        .collect();
    found.sort_unstable_by_key(|(tender, reference, _)| (*tender, *reference));
    // One sale may name one twice, promised before the office said that a reference is used once: it is taken once.
    found.dedup_by_key(|(tender, reference, _)| (*tender, *reference));
    found
}

/// The references of a sale that may be used once only and are in the store already.
pub(super) async fn used_before(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
) -> Result<Vec<UsedReference>, StoreError> {
    let mut used = Vec::new();
    for (tender, reference, payment) in used_once(sale, rows) {
        // This very sale, in its place elsewhere, is found by its id, and is no other use.
        let sql = format!(
            "{REFERENCE_USE} WHERE p.tender_id = ? AND p.reference_key = ? AND p.sale_id <> ? ORDER BY p.id LIMIT 1"
        );
        let params = params![tender, reference, sale.sale_id];
        if let Some(row) = tx.query(&sql, params).await?.first() {
            used.push(UsedReference {
                tender: payment.name.clone(),
                reference: reference.to_owned(),
                used: reference_use(row)?,
            });
        }
    }
    Ok(used)
}

/// Takes the sale's references, but for those that were `used` before, so that no other sale takes one unseen.
///
/// # Errors
/// [`Stop::Overtaken`] where another sale took one since they were looked for.
pub(super) async fn take(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
    used: &[UsedReference],
) -> Result<(), Stop> {
    for (tender, reference, payment) in used_once(sale, rows) {
        let known = |used: &UsedReference| used.tender == payment.name && used.reference == reference;
        if used.iter().any(known) {
            continue;
        }
        let insert = "INSERT INTO tender_reference (tender_id, reference_key, sale_id) VALUES (?, ?, ?)";
        match tx.execute(insert, params![tender, reference, sale.sale_id]).await {
            Ok(_) => {}
            Err(EngineError::Duplicate(_)) => return Err(Stop::Overtaken(format!("{} {reference}", payment.name))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Where references were used that may be used once only, for [`reference_use`].
const REFERENCE_USE: &str = "SELECT o.name, p.date_sold, s.till_id, s.series, s.receipt_no
     FROM fact_payment p JOIN dim_tender t ON t.id = p.tender_id AND t.reference_unique = 1
     JOIN dim_outlet o ON o.id = p.outlet_id JOIN sale s ON s.sale_id = p.sale_id";

/// From a row of [`REFERENCE_USE`].
fn reference_use(row: &Row) -> Result<ReferenceUse, StoreError> {
    let series: i64 = row.get(3)?;
    let receipt = Receipt {
        till: row.get::<String>(2)?.parse().map_err(|e| damaged("sale.till_id", e))?,
        series: u32::try_from(series).map_err(|e| damaged("sale.series", e))?,
        number: counted(row.get(4)?),
    };
    Ok(ReferenceUse {
        outlet: row.get(0)?,
        date: row.get(1)?,
        receipt: receipt.to_string(),
    })
}

impl Store {
    /// Where a tender's reference that may be used once only was used, if it was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reference_use(&self, tender: Uuid, reference: &str) -> Result<Option<ReferenceUse>, StoreError> {
        let sql = format!("{REFERENCE_USE} WHERE t.uuid = ? AND p.reference_key = ? ORDER BY p.id LIMIT 1");
        let rows = self.engine.query(&sql, params![tender, reference]).await?;
        rows.first().map(reference_use).transpose()
    }
}
