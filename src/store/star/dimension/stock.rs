//! Goods that come, and counts: a movement, and the stock that is the sum of them (PATH 3.6).
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::fault;
use super::save::Stop;
use crate::domain::money::{Money, Quantity};
use crate::domain::wares::BATCH;
use crate::params;
use crate::store::engine::Transaction;
use crate::store::star::batch::{NO_BATCH, find, known};

/// The movement that a save made.
pub(super) const BY_UUID: &str = "SELECT id FROM stock_movement WHERE uuid = ?";

/// What moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move<'a> {
    /// Names it: a movement of this id is this one.
    pub id: Uuid,
    /// Where.
    pub outlet: i64,
    /// What.
    pub drug: i64,
    /// supply or count.
    pub kind: &'static str,
    /// Base units, negative where some are missing.
    pub quantity: Quantity,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// The batch that came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    /// Its number; empty: none.
    pub number: &'a str,
    /// The day on which it expires.
    pub expiry: Option<Date>,
    /// What a base unit cost.
    pub cost: Option<Money>,
}

/// Records a movement and what remains then. The first opens the stock. Last in its transaction, as in a sale's.
pub(super) async fn put(tx: &mut dyn Transaction, moved: &Move<'_>, batch: Option<Batch<'_>>) -> Result<(), Stop> {
    if !tx.query(BY_UUID, params![moved.id]).await?.is_empty() {
        // This save was answered into a lost connection, and came again.
        return Ok(());
    }
    let batch = match batch.filter(|batch| !batch.number.is_empty()) {
        Some(batch) => batch_row(tx, moved, batch).await?,
        None => NO_BATCH,
    };
    let amount = moved.quantity.decimal();
    let insert = "INSERT INTO stock_movement
         (uuid, outlet_id, drug_id, batch_id, kind, quantity, moved_by, reason, moved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let row = params![
        moved.id,
        moved.outlet,
        moved.drug,
        batch,
        moved.kind,
        amount,
        moved.by,
        moved.reason,
        moved.at
    ];
    tx.execute(insert, row).await?;
    let supplied = match moved.kind {
        "supply" => moved.quantity,
        _ => Quantity::ZERO,
    };
    let update =
        "UPDATE stock SET supplied = supplied + ?, remaining = remaining + ? WHERE outlet_id = ? AND drug_id = ?";
    let row = params![supplied.decimal(), amount, moved.outlet, moved.drug];
    if tx.execute(update, row).await? == 0 {
        let open = "INSERT INTO stock (outlet_id, drug_id, supplied, remaining) VALUES (?, ?, ?, ?)";
        let row = params![moved.outlet, moved.drug, supplied.decimal(), amount];
        tx.execute(open, row).await?;
    }
    Ok(())
}

/// The row of the batch, made where it is new. What is known of a batch is not changed by a later delivery of it.
async fn batch_row(tx: &mut dyn Transaction, moved: &Move<'_>, batch: Batch<'_>) -> Result<i64, Stop> {
    let known = known(tx, moved.outlet, &[moved.drug]).await?;
    if let Some(row) = find(&known, moved.drug, batch.number) {
        if batch.expiry.is_some() && batch.expiry != row.expiry {
            let by_book = row
                .expiry
                .map_or_else(|| "without a day".to_owned(), |day| day.to_string());
            let words = format!("batch {} expires {by_book} by the book: look again", batch.number);
            return Err(Stop::Refused(vec![fault(&BATCH, "expiry", words)]));
        }
        return Ok(row.id);
    }
    let insert = "INSERT INTO stock_batch (outlet_id, drug_id, batch, expiry, cost) VALUES (?, ?, ?, ?, ?)";
    let cost = batch.cost.map(Money::decimal);
    let row = params![moved.outlet, moved.drug, batch.number, batch.expiry, cost];
    tx.execute(insert, row).await?;
    Ok(tx.last_insert_id())
}
