//! One attempt to record a sale: one transaction, fenced by the till's head (PATH section 3).
use async_trait::async_trait;
use uuid::Uuid;

use super::outbox::{self, NewRow};
use super::reference::{self, Stop};
use super::resolve::{self, Rows};
use super::{Store, batch, finish, number, parked, rows_of_marks, stock};
use crate::domain::audit::AuditRecord;
use crate::domain::chain::Hash;
use crate::domain::event::{SALE_EVENT_TYPE, SaleEvent, event_id};
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{SaleFlag, SaleRecord, TillId};
use crate::params;
use crate::store::engine::{Engine, Row, Transaction, Value};
use crate::store::error::{EngineError, Refusal, StoreError};
use crate::store::ports::{
    AddedDoctor, Head, KeptEvent, Oversell, ParkedPlace, Recorded, Registration, Resolution, SaleStore, Settlement,
    StoredSale, UsedReference,
};

#[async_trait]
impl SaleStore for Store {
    async fn register(&self, till: &TillId, installation: Uuid) -> Result<Registration, StoreError> {
        self.register_installation(till, installation).await
    }

    async fn open_series(&self, till: &TillId, installation: Uuid) -> Result<Head, StoreError> {
        self.open_next_series(till, installation).await
    }

    async fn heads(&self, till: &TillId) -> Result<Vec<Head>, StoreError> {
        self.heads_of(till).await
    }

    async fn commit(&self, record: &SaleRecord, oversell: Oversell) -> Result<Recorded, StoreError> {
        // Each attempt that was overtaken has one reference more to see, so that this many are always enough.
        for _ in 0..=record.document.sale.payments.len() {
            let mut tx = self.engine.begin().await?;
            let done = self.attempt(&mut *tx, record, Content::Facts(oversell)).await;
            match finish(tx, done).await {
                Err(Stop::Overtaken(_)) => {}
                done => return Ok(done?),
            }
        }
        let words = "one of its references is taken by a sale whose payment is not there";
        Err(StoreError::Permanent(words.to_owned()))
    }

    async fn park(&self, record: &SaleRecord, reason: &str) -> Result<Recorded, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.attempt(&mut *tx, record, Content::Parked(reason)).await;
        Ok(finish(tx, done).await?)
    }

    async fn set_apart(&self, record: &SaleRecord, other: &StoredSale) -> Result<Recorded, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.attempt(&mut *tx, record, Content::Apart(other)).await;
        Ok(finish(tx, done).await?)
    }

    async fn add_doctor(&self, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError> {
        self.take_in(doctor).await
    }

    async fn keep_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        self.take_event(record).await
    }

    async fn newest_events(&self, till: &TillId) -> Result<Vec<(u32, u64)>, StoreError> {
        self.newest_events_of(till).await
    }

    async fn find(&self, sale_id: Uuid) -> Result<Option<StoredSale>, StoreError> {
        stored(self.engine.as_ref(), "s.sale_id = ?", params![sale_id]).await
    }

    async fn parked(&self, till: &TillId) -> Result<Vec<ParkedPlace>, StoreError> {
        self.parked_of(till).await
    }

    async fn settlement(&self, till: &TillId, series: u32, number: u64) -> Result<Option<Settlement>, StoreError> {
        self.settlement_of(till, series, number).await
    }

    async fn sales(&self, till: &TillId, series: u32, from: u64, limit: u32) -> Result<Vec<SaleRecord>, StoreError> {
        let sql = "SELECT prev_hash, hash, bytes, flags FROM sale
             WHERE till_id = ? AND series = ? AND receipt_no >= ? ORDER BY receipt_no LIMIT ?";
        let rows = self
            .engine
            .query(sql, params![till.as_str(), series, number(from), limit])
            .await?;
        rows.iter().map(record_of).collect()
    }
}

/// The sale of which a condition on `sale s` is true, and whether it stands with its facts.
pub(super) async fn stored(
    engine: &dyn Engine,
    is_it: &str,
    params: Vec<Value>,
) -> Result<Option<StoredSale>, StoreError> {
    let sql = format!(
        "SELECT s.prev_hash, s.hash, s.bytes, s.flags, p.reason, r.resolution, r.detail
         FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id
         WHERE {is_it}"
    );
    let rows = engine.query(&sql, params).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let parked = match parked::resolution(row.get(5)?, row.get(6)?) {
        None => row.get(4)?,
        Some(Resolution::Struck(why)) => Some(why),
        Some(Resolution::Mended) => None,
    };
    let record = record_of(row)?;
    Ok(Some(StoredSale { record, parked }))
}

/// From `prev_hash, hash, bytes, flags`.
pub(super) fn record_of(row: &Row) -> Result<SaleRecord, StoreError> {
    let hash = |at| -> Result<Hash, StoreError> {
        row.get::<String>(at)?
            .parse()
            .map_err(|e| super::damaged("sale.hash", e))
    };
    let flags = SaleFlag::split(&row.get::<String>(3)?);
    SaleRecord::read(hash(0)?, hash(1)?, row.get(2)?, flags).map_err(|e| super::damaged("sale.bytes", e))
}

/// What stands beside the chained receipt.
#[derive(Clone, Copy)]
enum Content<'a> {
    /// Facts, payments, events, movements.
    Facts(Oversell),
    /// A reason why there are none.
    Parked(&'a str),
    /// The sale that has its id.
    Apart(&'a StoredSale),
}

impl Store {
    async fn attempt(
        &self,
        tx: &mut dyn Transaction,
        record: &SaleRecord,
        content: Content<'_>,
    ) -> Result<Recorded, Stop> {
        if !move_head(tx, record).await? {
            return Ok(already_there(tx, record).await?);
        }
        let now = self.engine.dialect().now();
        let oversell = match content {
            Content::Facts(oversell) => oversell,
            Content::Parked(reason) => {
                insert_sale(tx, record.sale_id(), record, &record.flags, now).await?;
                parked::park(tx, record.sale_id(), reason, now).await?;
                return Ok(new(true));
            }
            Content::Apart(other) => return Ok(parked::set_apart(tx, record, other, now).await?),
        };
        let sale = &record.document.sale;
        let attended = oversell != Oversell::Record;
        let rows = resolve::rows(tx, sale, attended).await?;
        let used_before = reference::used_before(tx, sale, &rows).await?;
        let mut flags = record.flags.clone();
        if let Some(first) = used_before.first() {
            if attended {
                return Err(StoreError::Rejected(Refusal::Other(first.to_string())).into());
            }
            flags.push(SaleFlag::ReferenceRepeated);
        }
        let too_much_back = resolve::too_much_back(tx, sale, &rows).await?;
        if too_much_back.is_some() && !attended {
            // It happened: two tills that the database did not reach gave back the same goods.
            flags.push(SaleFlag::ReturnedTooMuch);
        }
        insert_sale(tx, record.sale_id(), record, &flags, now).await?;
        // Behind it: this very return in its place elsewhere is no second one.
        if let Some(why) = too_much_back.clone().filter(|_| attended) {
            return Err(StoreError::Rejected(why).into());
        }
        let recorded = self.insert_content(tx, record, &rows, oversell, used_before).await?;
        Ok(Recorded {
            too_much_back: too_much_back.map(|why| why.to_string()),
            ..recorded
        })
    }

    /// What the sale is, beside its place in the chain: facts, payments, events, and stock last (PATH 3.3).
    pub(super) async fn insert_content(
        &self,
        tx: &mut dyn Transaction,
        record: &SaleRecord,
        rows: &Rows,
        oversell: Oversell,
        used_before: Vec<UsedReference>,
    ) -> Result<Recorded, Stop> {
        let sale = &record.document.sale;
        let batches = batch::of_lines(tx, sale, rows, oversell != Oversell::Record).await?;
        insert_facts(tx, record, (rows, &batches)).await?;
        insert_payments(tx, record, rows).await?;
        reference::take(tx, sale, rows, &used_before).await?;
        self.insert_events(tx, record, rows).await?;
        let now = self.engine.dialect().now();
        let below_zero = stock::take(tx, sale, (rows, &batches), oversell, now).await?;
        Ok(Recorded {
            below_zero,
            used_before,
            ..new(false)
        })
    }

    async fn insert_events(
        &self,
        tx: &mut dyn Transaction,
        record: &SaleRecord,
        rows: &Rows,
    ) -> Result<(), StoreError> {
        let events = SaleEvent::of(record, &rows.ids);
        let mut rows = Vec::with_capacity(events.len());
        for event in &events {
            rows.push(NewRow {
                id: event.event_id,
                topic: &self.sale_topic,
                key: event.key(),
                kind: SALE_EVENT_TYPE,
                payload: serde_json::to_string(event).map_err(|e| super::damaged("event", e))?,
                till: &event.till_id,
                series: event.series,
                seq: event.seq,
            });
        }
        outbox::put(tx, rows, self.engine.dialect().now()).await?;
        Ok(())
    }
}

/// The first statement of every attempt: it lets this sale through once, and makes attempts wait for each other.
async fn move_head(tx: &mut dyn Transaction, record: &SaleRecord) -> Result<bool, EngineError> {
    let document = &record.document;
    let sql = "UPDATE till_head SET receipt_no = ?, hash = ?, sale_id = ?
         WHERE till_id = ? AND series = ? AND receipt_no = ? AND hash = ?";
    let mut params = vec![number(document.number)];
    params.extend(params![
        record.hash.to_string(),
        record.sale_id(),
        document.till.as_str(),
        document.series
    ]);
    params.push(number(document.number.saturating_sub(1)));
    params.extend(params![record.prev_hash.to_string()]);
    Ok(tx.execute(sql, params).await? == 1)
}

/// What was recorded now.
pub(super) fn new(parked: bool) -> Recorded {
    Recorded {
        repeated: false,
        parked,
        below_zero: Vec::new(),
        used_before: Vec::new(),
        too_much_back: None,
    }
}

/// The head did not move: either this very sale is in its place already, or the chain is another one.
async fn already_there(tx: &mut dyn Transaction, record: &SaleRecord) -> Result<Recorded, StoreError> {
    let document = &record.document;
    let sql = "SELECT s.hash, CASE WHEN p.sale_id IS NULL OR r.sale_id IS NOT NULL THEN 0 ELSE 1 END
         FROM sale s LEFT JOIN sale_parked p ON p.sale_id = s.sale_id LEFT JOIN sale_resolved r ON r.sale_id = s.sale_id
         WHERE s.till_id = ? AND s.series = ? AND s.receipt_no = ?";
    let mut place = params![document.till.as_str(), document.series];
    place.push(number(document.number));
    // The hash is over the bytes, and so over the sale's id too.
    if let Some(row) = tx.query(sql, place).await?.first()
        && row.get::<String>(0)? == record.hash.to_string()
    {
        return Ok(Recorded {
            repeated: true,
            ..new(row.get(1)?)
        });
    }
    let ask = "SELECT receipt_no FROM till_head WHERE till_id = ? AND series = ?";
    let head = tx.query(ask, params![document.till.as_str(), document.series]).await?;
    let head: Option<i64> = head.first().map(|row| row.get(0)).transpose()?;
    Err(StoreError::ChainConflict(match head {
        Some(head) => format!(
            "{}: the database's chain of this till ends at number {head} with another sale",
            record.receipt()
        ),
        None => format!(
            "{}: the database does not know series {}",
            record.receipt(),
            document.series
        ),
    }))
}

pub(super) async fn insert_sale(
    tx: &mut dyn Transaction,
    row: Uuid,
    record: &SaleRecord,
    flags: &[SaleFlag],
    now: &str,
) -> Result<(), EngineError> {
    let document = &record.document;
    let sql = format!(
        "INSERT INTO sale (sale_id, till_id, series, receipt_no, first_seq, line_count, prev_hash, hash, bytes, flags,
         recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {now})"
    );
    let mut params = params![row, document.till.as_str(), document.series];
    params.extend([
        number(document.number),
        number(document.first_seq),
        number(document.sale.lines.len() as u64),
    ]);
    params.extend(params![
        record.prev_hash.to_string(),
        record.hash.to_string(),
        record.bytes.clone(),
        SaleFlag::join(flags),
    ]);
    tx.execute(&sql, params).await.map(drop)
}

async fn insert_facts(
    tx: &mut dyn Transaction,
    record: &SaleRecord,
    (rows, batches): (&Rows, &[i64]),
) -> Result<(), EngineError> {
    const COLUMNS: &str = "sale_id, line_no, kind, event_id, till_id, series, receipt_no, seq, outlet_id, employee_id,
        drug_id, doctor_id, batch_id, date_sold, sold_at, sold_local, unit, unit_qty, unit_factor, quantity_sold, unit_price,
        discount, tax_code, tax_rate, tax_amount, line_total, currency, refund_of, chain";
    const COUNT: usize = 29;
    let document = &record.document;
    let sale = &document.sale;
    let mut params: Vec<Value> = Vec::with_capacity(COUNT * sale.lines.len());
    for (((line_no, line), drug), batch) in (1_u32..).zip(&sale.lines).zip(&rows.ids.drugs).zip(batches) {
        params.extend(params![
            sale.sale_id,
            line_no,
            sale.kind.as_str(),
            event_id(sale.sale_id, line_no)
        ]);
        params.extend(params![document.till.as_str(), document.series]);
        params.extend([
            number(document.number),
            number(document.first_seq + u64::from(line_no) - 1),
        ]);
        params.extend(params![
            rows.ids.outlet,
            rows.ids.employee,
            *drug,
            rows.ids.doctor,
            *batch
        ]);
        params.extend(params![sale.date_sold(), sale.sold_at, sale.sold_local, &line.unit]);
        params.extend(params![
            line.unit_qty.decimal(),
            line.unit_factor.decimal(),
            line.quantity().decimal()
        ]);
        params.extend(params![line.unit_price.decimal(), line.discount.decimal()]);
        params.extend(params![
            &line.tax.code,
            line.tax.rate,
            line.tax.amount.decimal(),
            line.total.decimal()
        ]);
        params.extend(params![&sale.currency.code, sale.refund_of, record.hash.to_string()]);
    }
    let sql = format!(
        "INSERT INTO fact_sale ({COLUMNS}) VALUES {}",
        rows_of_marks(COUNT, sale.lines.len())
    );
    tx.execute(&sql, params).await.map(drop)
}

async fn insert_payments(tx: &mut dyn Transaction, record: &SaleRecord, rows: &Rows) -> Result<(), EngineError> {
    const COLUMNS: &str = "sale_id, payment_no, outlet_id, tender_id, date_sold, amount, tendered, change_given, reference, reference_key";
    let sale = &record.document.sale;
    if sale.payments.is_empty() {
        return Ok(());
    }
    let mut params = Vec::new();
    for ((payment_no, payment), tender) in (1_u32..).zip(&sale.payments).zip(&rows.tenders) {
        params.extend(params![
            sale.sale_id,
            payment_no,
            rows.ids.outlet,
            *tender,
            sale.date_sold()
        ]);
        params.extend(params![
            payment.amount.decimal(),
            payment.tendered.decimal(),
            payment.change.decimal()
        ]);
        params.extend(params![payment.reference.clone(), payment.reference.clone()]);
    }
    let sql = format!(
        "INSERT INTO fact_payment ({COLUMNS}) VALUES {}",
        rows_of_marks(10, sale.payments.len())
    );
    tx.execute(&sql, params).await.map(drop)
}
