//! What the store has to say to the events of the topic, and which ones it expects there.
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::rows::{counted, number};
use crate::domain::event::{RowIds, SaleEvent};
use crate::domain::sale::{Receipt, SaleRecord, TillId};
use crate::params;
use crate::store::engine::{Engine, Row, Value};
use crate::store::error::EngineError;

/// So many expected events are asked for at once.
const PAGE: u32 = 1_000;

/// An event that the brokers had acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The receipt.
    pub receipt: Receipt,
    /// Its number in the till's series.
    pub seq: u64,
    /// The outlet's row: as text the record's key.
    pub outlet: i64,
}

/// The store's clock.
///
/// # Errors
/// When the store could not be read.
pub async fn now(engine: &dyn Engine) -> Result<Timestamp, EngineError> {
    let sql = format!("SELECT {}", engine.dialect().now());
    let rows = engine.query(&sql, params![]).await?;
    let row = rows
        .first()
        .ok_or_else(|| EngineError::Permanent("the store has no clock".to_owned()))?;
    row.get(0)
}

/// What is wrong with each of `events`, at most a few hundred, by the store: `None`, if the store's own rows give the
/// same event. An event that was read from the topic is in the store, whenever it is asked afterwards.
///
/// # Errors
/// When the store could not be read.
pub async fn disowned(engine: &dyn Engine, events: &[&SaleEvent]) -> Result<Vec<Option<&'static str>>, EngineError> {
    let ids: BTreeSet<Uuid> = events.iter().map(|event| event.sale_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sales = events_of(engine, &ids).await?;
    let reason = |event: &&SaleEvent| match sales.get(&event.sale_id) {
        None => Some("the topic has an event of this sale, and the store does not have the sale"),
        Some(kept) => {
            let own = kept.iter().find(|own| own.line_no == event.line_no);
            match own {
                None => Some("the topic has an event of a line of this sale, and the store has no such row"),
                Some(own) if !own.is_told_by(event) => {
                    Some("the topic has another event of this sale than the store's rows give")
                }
                Some(_) => None,
            }
        }
    };
    Ok(events.iter().map(reason).collect())
}

/// The events that the store's rows give, of each of the sales that it has; none of one that is parked.
///
/// # Errors
/// When the store could not be read.
pub async fn events_of(
    engine: &dyn Engine,
    ids: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<SaleEvent>>, EngineError> {
    let marks = vec!["?"; ids.len()].join(", ");
    let params = || ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
    let sql = format!("SELECT sale_id, prev_hash, hash, bytes FROM sale WHERE sale_id IN ({marks})");
    let sales = engine.query(&sql, params()).await?;
    let sql = format!(
        "SELECT sale_id, outlet_id, employee_id, doctor_id, drug_id FROM fact_sale WHERE sale_id IN ({marks})
         ORDER BY sale_id, line_no"
    );
    let mut facts: HashMap<Uuid, RowIds> = HashMap::new();
    for row in engine.query(&sql, params()).await? {
        let drug = row.get(4)?;
        if let Some(ids) = facts.get_mut(&row.get::<Uuid>(0)?) {
            ids.drugs.push(drug);
            continue;
        }
        let ids = RowIds {
            outlet: row.get(1)?,
            employee: row.get(2)?,
            doctor: row.get(3)?,
            drugs: vec![drug],
        };
        facts.insert(row.get(0)?, ids);
    }
    let mut events = HashMap::new();
    for row in &sales {
        let id: Uuid = row.get(0)?;
        let own = match (record(&[row.get(1)?, row.get(2)?], row.get(3)?), facts.get(&id)) {
            (Some(record), Some(ids)) => SaleEvent::of(&record, ids),
            // Parked, or altered beyond reading, which the walk along the chain names.
            _ => Vec::new(),
        };
        events.insert(id, own);
    }
    Ok(events)
}

/// The sale that these links and bytes are, if they can be read.
pub(super) fn record(links: &[String; 2], bytes: Vec<u8>) -> Option<SaleRecord> {
    let [prev_hash, hash] = links;
    SaleRecord::read(prev_hash.parse().ok()?, hash.parse().ok()?, bytes, Vec::new()).ok()
}

/// The events of `till` and `series` that were acknowledged before `until`, from the one after `after`: those whose
/// row in the outbox is marked, or has been purged since. In order; few at once, none at the end.
///
/// # Errors
/// When the store could not be read.
pub async fn acknowledged(
    engine: &dyn Engine,
    (till, series): (&TillId, u32),
    after: Option<&Acknowledged>,
    until: Timestamp,
) -> Result<Vec<Acknowledged>, EngineError> {
    let sql = "SELECT s.receipt_no, f.seq, f.outlet_id
         FROM sale s JOIN fact_sale f ON f.sale_id = s.sale_id LEFT JOIN sale_outbox b ON b.id = f.event_id
         WHERE s.till_id = ? AND s.series = ? AND s.receipt_no >= ? AND f.seq > ? AND (b.id IS NULL OR b.marked_at <= ?)
         ORDER BY s.receipt_no, f.line_no LIMIT ?";
    let from = after.map_or((0, 0), |last| (last.receipt.number, last.seq));
    let mut params = params![till.as_str(), series];
    params.extend([number(from.0), number(from.1)]);
    params.extend(params![until, PAGE]);
    let rows = engine.query(sql, params).await?;
    let read = |row: &Row| {
        Ok(Acknowledged {
            receipt: Receipt {
                till: till.clone(),
                series,
                number: counted(row.get(0)?),
            },
            seq: counted(row.get(1)?),
            outlet: row.get(2)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Every till and series of which the store has something.
///
/// # Errors
/// When the store could not be read.
pub async fn series(engine: &dyn Engine) -> Result<Vec<(TillId, u32)>, EngineError> {
    let all = super::rows::series(engine).await?;
    let valid = all
        .into_iter()
        .filter_map(|(till, series)| Some((till.parse().ok()?, series)));
    Ok(valid.collect())
}
