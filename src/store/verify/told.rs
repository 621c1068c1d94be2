//! The store's side of a reconciliation with the topic (PATH 5.6): the events of each till in the order of their numbers.
use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil};
use thiserror::Error;
use uuid::Uuid;

use super::rows::{counted, number};
use super::topic;
use crate::domain::event::{RowIds, SaleEvent};
use crate::domain::reconcile::{InOutbox, Own, Place, TillKey};
use crate::domain::sale::{Receipt, TillId};
use crate::params;
use crate::store::engine::{Engine, Row, Value};
use crate::store::error::EngineError;

/// So many sales are held at once.
const PAGE: u32 = 250;

/// The last receipt of each till and series.
pub type Heads = BTreeMap<(TillKey, u32), u64>;

/// Why the store's events could not be read in order.
#[derive(Debug, Error)]
pub enum Unread {
    /// The store did not answer.
    #[error("the store: {0}")]
    Store(#[from] EngineError),
    /// A chain was altered.
    #[error("{0}: its events do not follow those of the sale before: rxtill verify says what was altered")]
    Altered(Receipt),
}

/// A sale by its events.
#[derive(Debug)]
pub enum StoreSale {
    /// Recorded: in order.
    Events(Vec<Own>),
    /// Parked: without events yet. When it was sold, where that can be read, and its lines.
    Parked(Option<(Timestamp, civil::Date)>, u64),
}

/// Where the chains end at a moment, and that moment by the store's clock. What is acknowledged by then is in the topic when
/// its end is asked for afterwards.
///
/// # Errors
/// When the store could not be read.
pub async fn borders(engine: &dyn Engine) -> Result<(Heads, Timestamp), EngineError> {
    let sql = "SELECT till_id, series, receipt_no FROM till_head";
    let mut heads = Heads::new();
    for row in engine.query(sql, params![]).await? {
        let till = TillKey::of(&row.get::<String>(0)?);
        heads.insert((till, series_of(&row, 1)?), counted(row.get(2)?));
    }
    Ok((heads, topic::now(engine).await?))
}

/// Along one series of one till.
pub struct Events<'a> {
    engine: &'a dyn Engine,
    till: TillId,
    series: u32,
    after: u64,
    seq: u64,
}

impl<'a> Events<'a> {
    /// From its first sale.
    pub fn of(engine: &'a dyn Engine, till: TillId, series: u32) -> Self {
        Self {
            engine,
            till,
            series,
            after: 0,
            seq: 0,
        }
    }

    /// The next sales, few at once; none at the end. Struck ones have no events, and are passed over.
    ///
    /// # Errors
    /// When the store could not be read, or its events are in no order.
    pub async fn next(&mut self) -> Result<Option<Vec<StoreSale>>, Unread> {
        let sql = "SELECT s.receipt_no, s.sale_id, s.line_count, s.prev_hash, s.hash, s.bytes,
               CASE WHEN p.sale_id IS NULL THEN 0 ELSE 1 END, CASE WHEN r.sale_id IS NULL THEN 0 ELSE 1 END
             FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id
             WHERE s.till_id = ? AND s.series = ? AND s.receipt_no > ? ORDER BY s.receipt_no LIMIT ?";
        let mut place = params![self.till.as_str(), self.series];
        place.extend([number(self.after), Value::from(PAGE)]);
        let rows = self.engine.query(sql, place).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let ids = rows.iter().map(|row| row.get(1)).collect::<Result<Vec<Uuid>, _>>()?;
        let mut facts = self.facts(ids).await?;
        let mut sales = Vec::with_capacity(rows.len());
        for row in &rows {
            self.after = counted(row.get(0)?);
            let facts = facts.remove(&row.get::<Uuid>(1)?).unwrap_or_default();
            let waits = row.get::<bool>(6)? && !row.get::<bool>(7)?;
            if let Some(sale) = self.sale(row, &facts, waits)? {
                sales.push(sale);
            }
        }
        Ok(Some(sales))
    }

    async fn facts(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<Row>>, EngineError> {
        let marks = vec!["?"; ids.len()].join(", ");
        let sql = format!(
            "SELECT sale_id, line_no, seq, event_id, outlet_id, employee_id, doctor_id, drug_id, sold_at, date_sold
             FROM fact_sale WHERE sale_id IN ({marks}) ORDER BY sale_id, line_no"
        );
        let mut facts: HashMap<Uuid, Vec<Row>> = HashMap::new();
        let ids = ids.into_iter().map(Value::from).collect();
        for row in self.engine.query(&sql, ids).await? {
            facts.entry(row.get(0)?).or_default().push(row);
        }
        Ok(facts)
    }

    fn sale(&mut self, row: &Row, facts: &[Row], waits: bool) -> Result<Option<StoreSale>, Unread> {
        let record = topic::record(&[row.get(3)?, row.get(4)?], row.get(5)?);
        let Some(first) = facts.first() else {
            let sold = record.map(|record| (record.document.sale.sold_at, record.document.sale.date_sold()));
            return Ok(waits.then(|| StoreSale::Parked(sold, counted(row.get(2).unwrap_or(1)))));
        };
        let ids = RowIds {
            outlet: first.get(4)?,
            employee: first.get(5)?,
            doctor: first.get(6)?,
            drugs: facts.iter().map(|fact| fact.get(7)).collect::<Result<_, _>>()?,
        };
        // With a fact row too few, nobody knows which line is whose.
        let told = record
            .filter(|record| record.document.sale.lines.len() == facts.len())
            .map(|record| SaleEvent::of(&record, &ids))
            .unwrap_or_default();
        let mut events = Vec::with_capacity(facts.len());
        for (index, fact) in facts.iter().enumerate() {
            let own = match told.get(index) {
                Some(event) => Own::of(event, self.after),
                None => self.altered(fact)?,
            };
            if own.place.till != TillKey::from(&self.till)
                || own.place.series != self.series
                || own.place.seq <= self.seq
            {
                return Err(Unread::Altered(self.receipt()));
            }
            self.seq = own.place.seq;
            events.push(own);
        }
        Ok(Some(StoreSale::Events(events)))
    }

    /// A fact row whose sale says nothing that can be read, or no such line.
    fn altered(&self, fact: &Row) -> Result<Own, EngineError> {
        Ok(Own {
            place: Place {
                till: TillKey::from(&self.till),
                series: self.series,
                seq: counted(fact.get(2)?),
            },
            event_id: fact.get(3)?,
            sale_id: fact.get(0)?,
            line_no: u32::try_from(counted(fact.get(1)?)).unwrap_or(u32::MAX),
            number: self.after,
            sold_at: fact.get(8)?,
            date_sold: fact.get(9)?,
            outlet: fact.get(4)?,
            values: Vec::new(),
        })
    }

    fn receipt(&self) -> Receipt {
        Receipt {
            till: self.till.clone(),
            series: self.series,
            number: self.after,
        }
    }
}

/// How these events stand in the outbox; those that are not there were purged, once they had been published.
///
/// # Errors
/// When the store could not be read.
pub async fn in_outbox(engine: &dyn Engine, ids: &[Uuid]) -> Result<HashMap<Uuid, InOutbox>, EngineError> {
    let mut standing = HashMap::new();
    if ids.is_empty() {
        return Ok(standing);
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!("SELECT id, marked_at, set_aside FROM sale_outbox WHERE id IN ({marks})");
    let ids = ids.iter().map(|id| Value::from(*id)).collect();
    for row in engine.query(&sql, ids).await? {
        let state = InOutbox {
            marked_at: row.get(1)?,
            set_aside: row.get::<Option<String>>(2)?.is_some(),
        };
        standing.insert(row.get(0)?, state);
    }
    Ok(standing)
}

fn series_of(row: &Row, index: usize) -> Result<u32, EngineError> {
    Ok(u32::try_from(row.get::<i64>(index)?).unwrap_or(u32::MAX))
}
