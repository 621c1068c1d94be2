//! Stock: which goods are counted, their batches, and the movements that no sale made.
use std::collections::{BTreeMap, HashMap, HashSet};

use rust_decimal::Decimal as Number;
use uuid::Uuid;

use super::AdoptError;
use super::carry::As::{Batch, Decimal, Is, Row as At};
use super::carry::{Columns, Ids, Kind, insert_all, names};
use super::plan::{Fate, Plan};
use crate::domain::batch::is_same_number;
use crate::params;
use crate::store::engine::{Engine, Row, Transaction, Value};
use crate::store::error::EngineError;
use crate::store::star::batch::NO_BATCH;
use crate::store::star::{finish, marks};

/// Rows of one transaction.
const AT_ONCE: usize = 200;

const STOCK: Columns = &[
    ("outlet_id", At(Kind::Outlet)),
    ("drug_id", At(Kind::Drug)),
    ("supplied", Decimal),
];
const BATCHES: Columns = &[
    ("outlet_id", At(Kind::Outlet)),
    ("drug_id", At(Kind::Drug)),
    ("batch", Is),
    ("expiry", Is),
    ("cost", Decimal),
];
/// Of all movements, those of sales too.
pub(super) const MOVEMENTS: Columns = &[
    ("uuid", Is),
    ("outlet_id", At(Kind::Outlet)),
    ("drug_id", At(Kind::Drug)),
    ("batch_id", Batch),
    ("kind", Is),
    ("quantity", Decimal),
    ("sale_id", Is),
    ("line_no", Is),
    ("moved_by", Is),
    ("reason", Is),
    ("moved_at", Is),
];

/// Whether what the file counts is counted by nobody else: two opening stocks of one shelf would be added up.
///
/// # Errors
/// [`AdoptError::Refused`] with the goods that are.
pub(super) async fn is_ours_to_count(file: &dyn Engine, to: &dyn Engine, plan: &Plan) -> Result<(), AdoptError> {
    let mut known: HashMap<(Kind, i64), i64> = HashMap::new();
    for row in &plan.rows {
        if let Fate::There(id) | Fate::Twin(id) = row.fate {
            known.insert((row.kind, row.id), id);
        }
    }
    let sql = "SELECT m.outlet_id, m.drug_id, m.uuid, o.name, g.name FROM stock_movement m
         JOIN dim_outlet o ON o.id = m.outlet_id JOIN dim_drug g ON g.id = m.drug_id WHERE m.sale_id IS NULL";
    let mut ours: HashMap<(i64, i64), (HashSet<Uuid>, String)> = HashMap::new();
    for row in file.query(sql, params![]).await? {
        let outlet = known.get(&(Kind::Outlet, row.get(0)?));
        let (Some(outlet), Some(drug)) = (outlet, known.get(&(Kind::Drug, row.get(1)?))) else {
            continue;
        };
        let entry = ours.entry((*outlet, *drug)).or_default();
        entry.0.insert(row.get(2)?);
        entry.1 = format!("{} at {}", row.get::<String>(4)?, row.get::<String>(3)?);
    }
    let outlets: HashSet<i64> = ours.keys().map(|(outlet, _)| *outlet).collect();
    for outlet in outlets {
        let sql = "SELECT drug_id, uuid FROM stock_movement WHERE outlet_id = ? AND sale_id IS NULL";
        let mut theirs: HashMap<i64, Vec<Uuid>> = HashMap::new();
        for row in to.query(sql, params![outlet]).await? {
            theirs.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        for (drug, moved) in theirs {
            if let Some((own, name)) = ours.get(&(outlet, drug))
                && !moved.iter().any(|uuid| own.contains(uuid))
            {
                return Err(AdoptError::Refused(format!(
                    "the database counts the stock of {name} already, by other movements than the file's"
                )));
            }
        }
    }
    Ok(())
}

/// Puts in what is not there yet; gives the rows with those of the batches.
pub(super) async fn bring((file, to): (&dyn Engine, &dyn Engine), mut ids: Ids) -> Result<Ids, AdoptError> {
    counted((file, to), &ids).await?;
    batches((file, to), &mut ids).await?;
    moved((file, to), &ids).await?;
    Ok(ids)
}

/// Which goods are counted: from nothing, until their movements come.
async fn counted((file, to): (&dyn Engine, &dyn Engine), ids: &Ids) -> Result<(), AdoptError> {
    let sql = format!("SELECT {} FROM stock ORDER BY outlet_id, drug_id", names("", STOCK));
    for some in file.query(&sql, params![]).await?.chunks(AT_ONCE) {
        let mut tx = to.begin().await?;
        let done = async {
            for row in some {
                let values = ids.row(row, 0, STOCK)?;
                let ask = "SELECT 1 FROM stock WHERE outlet_id = ? AND drug_id = ?";
                if tx.query(ask, values[..2].to_vec()).await?.is_empty() {
                    let sql = "INSERT INTO stock (outlet_id, drug_id, supplied, remaining) VALUES (?, ?, ?, 0)";
                    tx.execute(sql, values).await?;
                }
            }
            Ok::<(), EngineError>(())
        };
        let done = done.await;
        finish(tx, done).await?;
    }
    Ok(())
}

async fn batches((file, to): (&dyn Engine, &dyn Engine), ids: &mut Ids) -> Result<(), AdoptError> {
    ids.batches.insert(NO_BATCH, NO_BATCH);
    let sql = format!(
        "SELECT id, {} FROM stock_batch WHERE id <> ? ORDER BY id",
        names("", BATCHES)
    );
    for row in file.query(&sql, params![NO_BATCH]).await? {
        let values = ids.row(&row, 1, BATCHES)?;
        let number: String = row.get(3)?;
        let mut there = find(to, &values, &number).await?;
        if there.is_none() {
            let mut tx = to.begin().await?;
            let done = insert_all(&mut *tx, ("stock_batch", BATCHES), vec![values.clone()]).await;
            finish(tx, done).await?;
            there = find(to, &values, &number).await?;
        }
        if let Some(there) = there {
            ids.batches.insert(row.get(0)?, there);
        }
    }
    Ok(())
}

/// The batch of that number, of these goods.
async fn find(to: &dyn Engine, values: &[Value], number: &str) -> Result<Option<i64>, EngineError> {
    let ask = "SELECT id, batch FROM stock_batch WHERE outlet_id = ? AND drug_id = ? ORDER BY id";
    for row in to.query(ask, values[..2].to_vec()).await? {
        if is_same_number(&row.get::<String>(1)?, number) {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// What no sale moved, with what remains of it.
async fn moved((file, to): (&dyn Engine, &dyn Engine), ids: &Ids) -> Result<(), AdoptError> {
    let sql = format!(
        "SELECT {} FROM stock_movement WHERE sale_id IS NULL ORDER BY id",
        names("", MOVEMENTS)
    );
    for some in file.query(&sql, params![]).await?.chunks(AT_ONCE) {
        let mut tx = to.begin().await?;
        let done = async {
            let uuids = some.iter().map(|row| Ok(row.get::<Uuid>(0)?.into()));
            let uuids = uuids.collect::<Result<Vec<Value>, EngineError>>()?;
            let ask = format!("SELECT uuid FROM stock_movement WHERE uuid IN ({})", marks(uuids.len()));
            let there = tx.query(&ask, uuids).await?;
            let there: HashSet<Uuid> = there.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            let mut new = Vec::new();
            for row in some {
                if !there.contains(&row.get::<Uuid>(0)?) {
                    new.push(row);
                }
            }
            move_all(&mut *tx, &new, 0, ids).await
        };
        let done = done.await;
        finish(tx, done).await?;
    }
    Ok(())
}

/// Movements, whose columns begin at `from`, and what remains after them: in (outlet, drug) order, so that two tills never
/// wait for each other in a ring.
pub(super) async fn move_all(
    tx: &mut dyn Transaction,
    movements: &[&Row],
    from: usize,
    ids: &Ids,
) -> Result<(), EngineError> {
    let mut sums: BTreeMap<(i64, i64), Number> = BTreeMap::new();
    let mut rows = Vec::with_capacity(movements.len());
    for row in movements {
        let outlet = ids.of(Kind::Outlet, row.get(from + 1)?)?;
        let drug = ids.of(Kind::Drug, row.get(from + 2)?)?;
        *sums.entry((outlet, drug)).or_default() += row.get::<Number>(from + 5)?;
        rows.push(ids.row(row, from, MOVEMENTS)?);
    }
    for ((outlet, drug), moved) in sums {
        let update = "UPDATE stock SET remaining = remaining + ? WHERE outlet_id = ? AND drug_id = ?";
        tx.execute(update, params![moved, outlet, drug]).await?;
    }
    insert_all(tx, ("stock_movement", MOVEMENTS), rows).await
}
