//! Batches of goods: which row of `stock_batch` a number means, and what remains of each.
use std::collections::HashMap;

use jiff::civil::Date;

use super::resolve::Rows;
use super::{Store, marks};
use crate::domain::batch::{self, Batch, BatchLeft, is_same_number};
use crate::domain::money::Quantity;
use crate::domain::sale::{Agreed, SaleKind, SaleLine};
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, Refusal, StoreError};

/// The row of `stock_batch` that stands for none.
pub const NO_BATCH: i64 = 1;

/// A batch that an outlet took in.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its row.
    pub id: i64,
    drug: i64,
    number: String,
    /// Its last day.
    pub expiry: Option<Date>,
}

/// The batches of some drugs at an outlet, oldest rows first.
pub(super) async fn known(tx: &mut dyn Transaction, outlet: i64, drugs: &[i64]) -> Result<Vec<Known>, EngineError> {
    let sql = format!(
        "SELECT id, drug_id, batch, expiry FROM stock_batch WHERE outlet_id = ? AND drug_id IN ({}) ORDER BY id",
        marks(drugs.len())
    );
    let params = params![outlet].into_iter().chain(drugs.iter().map(|id| (*id).into()));
    let mut known = Vec::new();
    for row in tx.query(&sql, params.collect()).await? {
        known.push(Known {
            id: row.get(0)?,
            drug: row.get(1)?,
            number: row.get(2)?,
            expiry: row.get(3)?,
        });
    }
    Ok(known)
}

/// The one of that number (PATH 3.8). Two tills that wrote it in other letters at the same instant made two rows of it: the
/// older one stands for both.
pub(super) fn find<'a>(known: &'a [Known], drug: i64, number: &str) -> Option<&'a Known> {
    let mut of_drug = known.iter().filter(|known| known.drug == drug);
    of_drug.find(|known| is_same_number(&known.number, number))
}

/// Why a line cannot be sold, where the book knows a day that was not told with the batch. What a label says was looked at
/// when it was scanned: the book was typed.
fn expired(line: &SaleLine, known: Option<&Known>, sale: &Agreed) -> Option<Refusal> {
    let told = line.batch.as_ref().filter(|batch| batch.expiry.is_none())?;
    let batch = Batch {
        expiry: known?.expiry,
        ..told.clone()
    };
    let refused = sale.kind == SaleKind::Sale && batch.is_expired(sale.date_sold());
    refused.then(|| Refusal::Other(format!("{}, {batch}: expired by the book, and not sold", line.name)))
}

/// The lines of a sale that name a batch, with their drugs' rows and their positions: by drug, so that two tills never
/// wait for each other in a ring.
fn named<'a>(sale: &'a Agreed, rows: &Rows) -> Vec<(i64, &'a str, usize, &'a SaleLine)> {
    let lines = sale.lines.iter().zip(&rows.ids.drugs).enumerate();
    let mut named: Vec<_> = lines
        .filter_map(|(position, (line, drug))| Some((*drug, line.batch_number()?, position, line)))
        .collect();
    named.sort_by_key(|(drug, number, position, _)| (*drug, *number, *position));
    named
}

async fn known_of(tx: &mut dyn Transaction, sale: &Agreed, rows: &Rows) -> Result<Vec<Known>, EngineError> {
    let drugs: Vec<_> = named(sale, rows).iter().map(|(drug, ..)| *drug).collect();
    if drugs.is_empty() {
        return Ok(Vec::new());
    }
    known(tx, rows.ids.outlet, &drugs).await
}

/// What of a sale is expired by the book, with nothing changed.
pub(super) async fn expired_lines(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
) -> Result<Vec<Refusal>, EngineError> {
    let known = known_of(tx, sale, rows).await?;
    let refusal = |(drug, number, _, line)| expired(line, find(&known, drug, number), sale);
    Ok(named(sale, rows).into_iter().filter_map(refusal).collect())
}

/// The row of each line's batch, made where the label's is not in the store yet; [`NO_BATCH`] where none was agreed.
///
/// # Errors
/// A refusal of an expired one, while a clerk waits (`attended`). Another till may make the same row at the same instant:
/// then this attempt is over, and the next one finds it (PATH 3.4).
pub(super) async fn of_lines(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
    attended: bool,
) -> Result<Vec<i64>, StoreError> {
    let mut ids = vec![NO_BATCH; sale.lines.len()];
    let mut known = known_of(tx, sale, rows).await?;
    for (drug, number, position, line) in named(sale, rows) {
        let row = find(&known, drug, number);
        if attended && let Some(refusal) = expired(line, row, sale) {
            return Err(StoreError::Rejected(refusal));
        }
        let id = if let Some(row) = row {
            row.id
        } else {
            let expiry = line.batch.as_ref().and_then(|batch| batch.expiry);
            let id = insert(tx, rows.ids.outlet, drug, number, expiry).await?;
            let number = number.to_owned();
            known.push(Known {
                id,
                drug,
                number,
                expiry,
            });
            id
        };
        ids[position] = id;
    }
    Ok(ids)
}

async fn insert(
    tx: &mut dyn Transaction,
    outlet: i64,
    drug: i64,
    number: &str,
    expiry: Option<Date>,
) -> Result<i64, EngineError> {
    let sql = "INSERT INTO stock_batch (outlet_id, drug_id, batch, expiry) VALUES (?, ?, ?, ?)";
    match tx.execute(sql, params![outlet, drug, number, expiry]).await {
        Ok(_) => Ok(tx.last_insert_id()),
        Err(EngineError::Duplicate(_)) => Err(EngineError::retryable("another till took the same batch in just now")),
        Err(error) => Err(error),
    }
}

impl Store {
    /// What remains of each batch at an outlet, by drug, the one that expires first before the others; of some `drugs`, or
    /// of all. Batches of which nothing is left are not in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn batches_left(
        &self,
        outlet: i64,
        drugs: Option<&[i64]>,
    ) -> Result<HashMap<i64, Vec<BatchLeft>>, StoreError> {
        let which = drugs.map_or_else(String::new, |drugs| {
            format!("AND b.drug_id IN ({})", marks(drugs.len()))
        });
        let sql = format!(
            "SELECT b.drug_id, b.batch, b.expiry, SUM(m.quantity) FROM stock_batch b
             JOIN stock_movement m ON m.batch_id = b.id AND m.outlet_id = b.outlet_id AND m.drug_id = b.drug_id
             WHERE b.outlet_id = ? {which} GROUP BY b.id, b.drug_id, b.batch, b.expiry ORDER BY b.id"
        );
        let drugs = drugs.unwrap_or_default().iter();
        let params: Vec<Value> = params![outlet]
            .into_iter()
            .chain(drugs.map(|id| (*id).into()))
            .collect();
        let mut batches: HashMap<i64, Vec<BatchLeft>> = HashMap::new();
        for row in self.engine.query(&sql, params).await? {
            let (number, remaining): (String, _) = (row.get(1)?, Quantity::new(row.get(3)?));
            let of_drug = batches.entry(row.get(0)?).or_default();
            match of_drug.iter_mut().find(|known| known.is(&number)) {
                Some(known) => known.remaining += remaining,
                None => of_drug.push(BatchLeft {
                    number,
                    expiry: row.get(2)?,
                    remaining,
                }),
            }
        }
        batches.retain(|_, of_drug| {
            of_drug.retain(|batch| batch.remaining > Quantity::ZERO);
            batch::sort(of_drug);
            !of_drug.is_empty()
        });
        Ok(batches)
    }
}
