//! What stands beside the chains, and what was done in the file since the chains were brought.
use std::collections::HashSet;

use uuid::Uuid;

use super::AdoptError;
use super::carry::As::{Is, Row as At};
use super::carry::{Columns, Kind, insert_all, names};
use super::chains::Chain;
use super::sales::{BY, Bringing};
use crate::params;
use crate::store::engine::{Engine, Row, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::star::{finish, marks};

/// Rows of one transaction.
const AT_ONCE: usize = 200;

const EVENTS: Columns = &[
    ("event_id", Is),
    ("outlet_id", At(Kind::Outlet)),
    ("employee_id", At(Kind::Employee)),
    ("till_id", Is),
    ("series", Is),
    ("seq", Is),
    ("kind", Is),
    ("drug_uuid", Is),
    ("happened_at", Is),
    ("date_local", Is),
    ("payload", Is),
    ("recorded_at", Is),
];
/// Its place among them.
const PAYLOAD: usize = 10;
const NOTES: Columns = &[
    ("id", Is),
    ("alert_id", Is),
    ("rule", Is),
    ("severity", Is),
    ("found_at", Is),
    ("outlet_id", Is),
    ("headline", Is),
    ("figures", Is),
    ("note", Is),
    ("noted_by", Is),
    ("noted_at", Is),
];
const RESOLVED: &str = "sale_id, resolution, resolved_by, resolved_at, detail";

/// Sales that wait in the store and no longer in the file: they were mended there, or were uploaded before the rows that they
/// name were known.
pub(super) async fn mended(bringing: &Bringing<'_>, chains: &[Chain]) -> Result<(), AdoptError> {
    let (file, to) = (bringing.file, bringing.to);
    let tills: HashSet<&String> = chains.iter().map(|chain| &chain.till).collect();
    for till in tills {
        let waiting = "SELECT s.sale_id FROM sale_parked p JOIN sale s ON s.sale_id = p.sale_id
             LEFT JOIN sale_resolved r ON r.sale_id = p.sale_id
             WHERE s.till_id = ? AND r.sale_id IS NULL ORDER BY s.series, s.receipt_no";
        for row in to.query(waiting, params![till]).await? {
            let sale: Uuid = row.get(0)?;
            let resolved = bringing.resolved(&[sale]).await?;
            let has_facts = "SELECT s.recorded_at FROM sale s JOIN fact_sale f ON f.sale_id = s.sale_id
                 WHERE s.sale_id = ? LIMIT 1";
            let has_facts = file.query(has_facts, params![sale]).await?;
            let resolution = match (resolved.into_iter().next(), has_facts.first()) {
                (Some(values), _) => values,
                (None, Some(at)) => {
                    let mut values = params![sale, "mended", BY];
                    values.extend([at.0.first().cloned().unwrap_or(Value::Null), Value::from("")]);
                    values
                }
                (None, None) => continue,
            };
            let mut transaction = to.begin().await?;
            let tx = &mut *transaction;
            let done = async {
                let sql = format!("INSERT INTO sale_resolved ({RESOLVED}) VALUES ({})", marks(5));
                tx.execute(&sql, resolution).await?;
                bringing.content(tx, &[sale]).await
            };
            let done = done.await;
            finish(transaction, done).await?;
        }
    }
    Ok(())
}

/// What happened at the tills beside their sales; how many were new.
pub(super) async fn events(bringing: &Bringing<'_>) -> Result<u64, AdoptError> {
    let sql = format!(
        "SELECT {} FROM till_event ORDER BY till_id, series, seq",
        names("", EVENTS)
    );
    let mut count = 0;
    for some in bringing.file.query(&sql, params![]).await?.chunks(AT_ONCE) {
        let new = unknown(bringing.to, ("till_event", "event_id"), some).await?;
        let mut transaction = bringing.to.begin().await?;
        let tx = &mut *transaction;
        let done = async {
            let ids = new.iter().map(|row| row.get(0)).collect::<Result<Vec<Uuid>, _>>()?;
            let mut renumbered = bringing.outbox(tx, &ids).await?;
            let mut rows = Vec::with_capacity(new.len());
            for (row, id) in new.iter().zip(&ids) {
                let mut values = bringing.ids.row(row, 0, EVENTS)?;
                if let Some(payload) = renumbered.remove(id) {
                    values[PAYLOAD] = payload;
                }
                rows.push(values);
            }
            Ok(insert_all(tx, ("till_event", EVENTS), rows).await?)
        };
        let done: Result<(), StoreError> = done.await;
        finish(transaction, done).await?;
        count += new.len() as u64;
    }
    Ok(count)
}

/// What the file's relay has published since its events were brought.
async fn marks_of(file: &dyn Engine, ids: &[Value]) -> Result<Vec<Row>, EngineError> {
    let sql = format!(
        "SELECT marked_at, epoch, set_aside, id FROM sale_outbox
         WHERE (marked_at IS NOT NULL OR set_aside IS NOT NULL) AND id IN ({})",
        marks(ids.len())
    );
    file.query(&sql, ids.to_vec()).await
}

/// Events of the file's tills that wait in the store, and were published by the file's relay since.
pub(super) async fn marks_since(bringing: &Bringing<'_>) -> Result<(), AdoptError> {
    let tills = bringing
        .file
        .query("SELECT DISTINCT till_id FROM sale_outbox", params![])
        .await?;
    for till in tills {
        let sql = "SELECT id FROM sale_outbox WHERE till_id = ? AND marked_at IS NULL AND set_aside IS NULL";
        let waiting = bringing.to.query(sql, till.0.clone()).await?;
        let ids: Vec<Value> = waiting.into_iter().flat_map(|row| row.0).collect();
        for some in ids.chunks(AT_ONCE) {
            for row in marks_of(bringing.file, some).await? {
                let mark =
                    "UPDATE sale_outbox SET marked_at = ?, epoch = ?, set_aside = ? WHERE id = ? AND marked_at IS NULL";
                bringing.to.execute(mark, row.0).await?;
            }
        }
    }
    Ok(())
}

/// What somebody said of alerts.
pub(super) async fn notes(bringing: &Bringing<'_>) -> Result<(), AdoptError> {
    let sql = format!("SELECT {} FROM alert_note ORDER BY noted_at, id", names("", NOTES));
    for some in bringing.file.query(&sql, params![]).await?.chunks(AT_ONCE) {
        let new = unknown(bringing.to, ("alert_note", "id"), some).await?;
        let rows = new.iter().map(|row| bringing.ids.row(row, 0, NOTES));
        let rows = rows.collect::<Result<_, EngineError>>()?;
        let mut tx = bringing.to.begin().await?;
        let done = insert_all(&mut *tx, ("alert_note", NOTES), rows).await;
        finish(tx, done).await?;
    }
    Ok(())
}

/// Those of the rows, each of which begins with its id, that the table does not have.
async fn unknown<'a>(to: &dyn Engine, (table, id): (&str, &str), rows: &'a [Row]) -> Result<Vec<&'a Row>, EngineError> {
    let ids = rows.iter().filter_map(|row| row.0.first().cloned()).collect();
    let sql = format!("SELECT {id} FROM {table} WHERE {id} IN ({})", marks(rows.len()));
    let there = to.query(&sql, ids).await?;
    let there: HashSet<Uuid> = there.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let mut new = Vec::new();
    for row in rows {
        if !there.contains(&row.get::<Uuid>(0)?) {
            new.push(row);
        }
    }
    Ok(new)
}
