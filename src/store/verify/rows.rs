//! What the store keeps of a chain, a page at a time.
use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::domain::chain::Hash;
use crate::domain::mending::Mapping;
use crate::domain::sale::TillId;
use crate::params;
use crate::store::engine::{Engine, Row, Value};
use crate::store::error::EngineError;

/// A chained receipt, and what stands beside it. Nothing in it is trusted.
pub(super) struct Kept {
    pub(super) number: u64,
    /// `sale_id, first_seq, line_count, prev_hash, hash, bytes`, from the second field on.
    pub(super) sale: Row,
    /// It is parked, and neither mended nor struck.
    pub(super) waits: bool,
    /// It was struck.
    pub(super) struck: bool,
    /// It was mended: at which rows it is recorded, where they are not those that it names.
    pub(super) mapping: Mapping,
    pub(super) facts: Vec<Row>,
    pub(super) payments: Vec<Row>,
    pub(super) merged: Arc<Merged>,
}

/// Prescribers who turned out to be another: their lasting ids, and whom they were merged into.
pub(super) type Merged = HashMap<Uuid, Uuid>;

/// The end of a chain, by the till's head.
pub(super) struct Head {
    pub(super) number: u64,
    pub(super) hash: Option<Hash>,
}

/// Every till and series of which the store has something, in order.
pub(super) async fn series(engine: &dyn Engine) -> Result<Vec<(String, u32)>, EngineError> {
    let sql = "SELECT till_id, series FROM till_head UNION SELECT till_id, series FROM sale";
    let mut series = Vec::new();
    for row in engine.query(sql, params![]).await? {
        series.push((row.get(0)?, u32::try_from(row.get::<i64>(1)?).unwrap_or(u32::MAX)));
    }
    series.sort();
    Ok(series)
}

pub(super) async fn head(engine: &dyn Engine, till: &TillId, series: u32) -> Result<Option<Head>, EngineError> {
    let sql = "SELECT receipt_no, hash FROM till_head WHERE till_id = ? AND series = ?";
    let rows = engine.query(sql, params![till.as_str(), series]).await?;
    let head = |row: &Row| -> Result<Head, EngineError> {
        Ok(Head {
            number: counted(row.get(0)?),
            hash: row.get::<String>(1)?.parse().ok(),
        })
    };
    rows.first().map(head).transpose()
}

/// Whether an earlier series of the till has this link.
pub(super) async fn has_link(engine: &dyn Engine, till: &TillId, before: u32, hash: Hash) -> Result<bool, EngineError> {
    let sql = "SELECT 1 FROM sale WHERE till_id = ? AND series < ? AND hash = ? LIMIT 1";
    let rows = engine
        .query(sql, params![till.as_str(), before, hash.to_string()])
        .await?;
    Ok(!rows.is_empty())
}

/// Whether a sale is parked, and neither mended nor struck.
pub(super) async fn waits(engine: &dyn Engine, sale_id: Uuid) -> Result<bool, EngineError> {
    let sql = "SELECT 1 FROM sale_parked p LEFT JOIN sale_resolved r ON r.sale_id = p.sale_id
         WHERE p.sale_id = ? AND r.sale_id IS NULL";
    Ok(!engine.query(sql, params![sale_id]).await?.is_empty())
}

/// The sales after number `after`, at most `limit`, with what stands beside them.
pub(super) async fn page(
    engine: &dyn Engine,
    till: &TillId,
    series: u32,
    after: u64,
    limit: u32,
) -> Result<Vec<Kept>, EngineError> {
    let sql = "SELECT s.receipt_no, s.sale_id, s.first_seq, s.line_count, s.prev_hash, s.hash, s.bytes,
           CASE WHEN p.sale_id IS NULL THEN 0 ELSE 1 END, r.resolution, r.detail
         FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id
         WHERE s.till_id = ? AND s.series = ? AND s.receipt_no > ? ORDER BY s.receipt_no LIMIT ?";
    let sales = engine
        .query(sql, params![till.as_str(), series, number(after), limit])
        .await?;
    let Some(last) = sales.last() else {
        return Ok(Vec::new());
    };
    let until = last.get::<i64>(0)?;
    let range = || params![till.as_str(), series, number(after), until];
    let mut facts = by_number(engine.query(FACTS, range()).await?)?;
    let mut payments = by_number(engine.query(PAYMENTS, range()).await?)?;
    // Asked last: whoever a fact row was recorded at was merged before it.
    let merged = Arc::new(merged(engine).await?);
    let mut kept = Vec::with_capacity(sales.len());
    for sale in sales {
        let number = counted(sale.get(0)?);
        let parked: bool = sale.get(7)?;
        let resolution: Option<String> = sale.get(8)?;
        let struck = resolution.as_deref() == Some("struck");
        let detail: Option<String> = sale.get(9)?;
        let mapping = detail
            .filter(|_| !struck)
            .map_or_else(Mapping::default, |detail| Mapping::of_detail(&detail));
        kept.push(Kept {
            number,
            waits: parked && resolution.is_none(),
            struck,
            mapping,
            facts: facts.remove(&number).unwrap_or_default(),
            payments: payments.remove(&number).unwrap_or_default(),
            merged: Arc::clone(&merged),
            sale,
        });
    }
    Ok(kept)
}

async fn merged(engine: &dyn Engine) -> Result<Merged, EngineError> {
    let sql = "SELECT m.uuid, d.uuid FROM dim_doctor m JOIN dim_doctor d ON d.id = m.merged_into";
    let rows = engine.query(sql, params![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// In the order of `compare::fact`.
const FACTS: &str = "SELECT s.receipt_no, f.line_no, f.kind, f.event_id, f.till_id, f.series, f.receipt_no, f.seq,
       o.uuid, e.uuid, g.uuid, d.uuid, f.date_sold, f.sold_at, f.sold_local, f.unit, f.unit_qty, f.unit_factor,
       f.quantity_sold, f.unit_price, f.discount, f.tax_code, f.tax_rate, f.tax_amount, f.line_total, f.currency,
       f.refund_of, f.chain, f.outlet_id, f.employee_id, f.drug_id, f.doctor_id, b.payload,
       f.batch_id, l.batch, l.outlet_id, l.drug_id
     FROM sale s JOIN fact_sale f ON f.sale_id = s.sale_id
       LEFT JOIN dim_outlet o ON o.id = f.outlet_id LEFT JOIN dim_employee e ON e.id = f.employee_id
       LEFT JOIN dim_drug g ON g.id = f.drug_id LEFT JOIN dim_doctor d ON d.id = f.doctor_id
       LEFT JOIN sale_outbox b ON b.id = f.event_id LEFT JOIN stock_batch l ON l.id = f.batch_id
     WHERE s.till_id = ? AND s.series = ? AND s.receipt_no > ? AND s.receipt_no <= ?
     ORDER BY s.receipt_no, f.line_no";

/// In the order of `compare::payment`.
const PAYMENTS: &str = "SELECT s.receipt_no, f.payment_no, o.uuid, t.uuid, f.date_sold, f.amount, f.tendered,
       f.change_given, f.reference
     FROM sale s JOIN fact_payment f ON f.sale_id = s.sale_id
       LEFT JOIN dim_outlet o ON o.id = f.outlet_id LEFT JOIN dim_tender t ON t.id = f.tender_id
     WHERE s.till_id = ? AND s.series = ? AND s.receipt_no > ? AND s.receipt_no <= ?
     ORDER BY s.receipt_no, f.payment_no";

fn by_number(rows: Vec<Row>) -> Result<HashMap<u64, Vec<Row>>, EngineError> {
    let mut by_number: HashMap<u64, Vec<Row>> = HashMap::new();
    for row in rows {
        by_number.entry(counted(row.get(0)?)).or_default().push(row);
    }
    Ok(by_number)
}

pub(super) fn number(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(super) fn counted(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
