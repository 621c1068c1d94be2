//! Stock: what remains by the book and the movements that it is the sum of, changed in one transaction (PATH 3.6).
use std::collections::BTreeMap;

use super::batch::NO_BATCH;
use super::resolve::Rows;
use crate::domain::event::event_id;
use crate::domain::money::Quantity;
use crate::domain::sale::{Agreed, SaleKind, SaleLine};
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::{Refusal, StoreError};
use crate::store::ports::Oversell;

/// Takes a sale's goods off the book, in (outlet, drug) order, so that two tills never wait for each other in a ring.
/// A drug that is not counted at the outlet has no row: it sells, and leaves no movement. `batches` are the rows of the
/// lines' batches.
///
/// Gives the drugs that are below zero now.
///
/// # Errors
/// A refusal, where the clerk waits and the book says too little.
pub(super) async fn take(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    (rows, batches): (&Rows, &[i64]),
    oversell: Oversell,
    now: &str,
) -> Result<Vec<(String, Quantity)>, StoreError> {
    let mut below_zero = Vec::new();
    for (drug, lines) in by_drug(sale, rows) {
        let sold: Quantity = lines.iter().map(|(_, line, _)| line.quantity()).sum();
        let Some((_, first, controlled)) = lines.first() else {
            continue;
        };
        let refuse = match oversell {
            Oversell::Refuse => true,
            Oversell::Hold => *controlled,
            Oversell::Record => false,
        };
        let at = params![rows.ids.outlet, drug];
        let update = "UPDATE stock SET remaining = remaining - ? WHERE outlet_id = ? AND drug_id = ?";
        if tx
            .execute(update, [params![sold.decimal()], at.clone()].concat())
            .await?
            == 0
        {
            continue;
        }
        let ask = "SELECT remaining FROM stock WHERE outlet_id = ? AND drug_id = ?";
        let left = tx.query(ask, at).await?;
        let remaining = left
            .first()
            .map(|row| row.get(0))
            .transpose()?
            .map_or(Quantity::ZERO, Quantity::new);
        if remaining.is_negative() && !sold.is_negative() {
            let drug_name = first.name.clone();
            if refuse {
                return Err(StoreError::Rejected(
                    short(tx, drug, drug_name, remaining + sold, sold).await?,
                ));
            }
            below_zero.push((drug_name, remaining));
        }
        for (line_no, line, _) in lines {
            let insert = format!(
                "INSERT INTO stock_movement
                 (uuid, outlet_id, drug_id, batch_id, kind, quantity, sale_id, line_no, moved_by, reason, moved_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', {now})"
            );
            let kind = if sale.kind == SaleKind::Sale { "sale" } else { "return" };
            let by = sale.employee.name.as_str();
            let moved = (-line.quantity()).decimal();
            let id = event_id(sale.sale_id, line_no);
            let batch = batches.get(line_no as usize - 1).copied().unwrap_or(NO_BATCH);
            let params = params![id, rows.ids.outlet, drug, batch, kind, moved, sale.sale_id, line_no, by];
            tx.execute(&insert, params).await?;
        }
    }
    Ok(below_zero)
}

/// A drug's lines: their numbers, and whether it is controlled; in the order of the drugs' rows.
type ByDrug<'a> = BTreeMap<i64, Vec<(u32, &'a SaleLine, bool)>>;

fn by_drug<'a>(sale: &'a Agreed, rows: &Rows) -> ByDrug<'a> {
    let mut by_drug = ByDrug::new();
    for (((line_no, line), drug), controlled) in (1_u32..).zip(&sale.lines).zip(&rows.ids.drugs).zip(&rows.controlled) {
        by_drug.entry(*drug).or_default().push((line_no, line, *controlled));
    }
    by_drug
}

/// The drugs of a sale of which the book has too little, with nothing changed.
pub(super) async fn shortages(
    tx: &mut dyn Transaction,
    sale: &Agreed,
    rows: &Rows,
) -> Result<Vec<Refusal>, StoreError> {
    let mut short = Vec::new();
    for (drug, lines) in by_drug(sale, rows) {
        let sold: Quantity = lines.iter().map(|(_, line, _)| line.quantity()).sum();
        let ask = "SELECT remaining FROM stock WHERE outlet_id = ? AND drug_id = ?";
        let left = tx.query(ask, params![rows.ids.outlet, drug]).await?;
        let (Some(row), Some((_, first, _))) = (left.first(), lines.first()) else {
            continue;
        };
        let remaining = Quantity::new(row.get(0)?);
        if remaining < sold && !sold.is_negative() {
            short.push(self::short(tx, drug, first.name.clone(), remaining, sold).await?);
        }
    }
    Ok(short)
}

async fn short(
    tx: &mut dyn Transaction,
    drug_id: i64,
    drug: String,
    remaining: Quantity,
    wanted: Quantity,
) -> Result<Refusal, StoreError> {
    let rows = tx
        .query("SELECT base_unit FROM dim_drug WHERE id = ?", params![drug_id])
        .await?;
    let unit = rows.first().map(|row| row.get(0)).transpose()?.unwrap_or_default();
    Ok(Refusal::ShortStock {
        drug,
        remaining: remaining.to_string(),
        wanted: wanted.to_string(),
        unit,
    })
}
