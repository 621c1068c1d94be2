//! The chained receipts with all that stands beside them, in the order of their numbers, some at a time under one move of the
//! till's head.
use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::AdoptError;
use super::carry::As::{Batch, Decimal, Is, Row as At};
use super::carry::{Columns, Ids, Kind, insert, insert_all, names};
use super::chains::Chain;
use super::goods::{MOVEMENTS, move_all};
use super::plan::Plan;
use crate::domain::event::{EventTopic, SALE_EVENT_TYPE, StreamEvent};
use crate::params;
use crate::store::engine::{Engine, Row, Transaction, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::star::{counted, damaged, finish, marks, number};

/// Sales of one transaction.
const AT_ONCE: u32 = 50;
/// Who mended a sale whose rows the store knows under other lasting ids.
const BY: &str = "rxtill sync --adopt-store";

pub(super) const SALES: Columns = &[
    ("sale_id", Is),
    ("till_id", Is),
    ("series", Is),
    ("receipt_no", Is),
    ("first_seq", Is),
    ("line_count", Is),
    ("prev_hash", Is),
    ("hash", Is),
    ("bytes", Is),
    ("flags", Is),
    ("recorded_at", Is),
];
const PARKED: Columns = &[("sale_id", Is), ("reason", Is), ("parked_at", Is)];
const RESOLVED: Columns = &[
    ("sale_id", Is),
    ("resolution", Is),
    ("resolved_by", Is),
    ("resolved_at", Is),
    ("detail", Is),
];
const FACTS: Columns = &[
    ("sale_id", Is),
    ("outlet_id", At(Kind::Outlet)),
    ("employee_id", At(Kind::Employee)),
    ("drug_id", At(Kind::Drug)),
    ("doctor_id", At(Kind::Doctor)),
    ("batch_id", Batch),
    ("line_no", Is),
    ("kind", Is),
    ("event_id", Is),
    ("till_id", Is),
    ("series", Is),
    ("receipt_no", Is),
    ("seq", Is),
    ("date_sold", Is),
    ("sold_at", Is),
    ("sold_local", Is),
    ("unit", Is),
    ("unit_qty", Decimal),
    ("unit_factor", Decimal),
    ("quantity_sold", Decimal),
    ("unit_price", Decimal),
    ("discount", Decimal),
    ("tax_code", Is),
    ("tax_rate", Decimal),
    ("tax_amount", Decimal),
    ("line_total", Decimal),
    ("currency", Is),
    ("refund_of", Is),
    ("chain", Is),
];
const PAYMENTS: Columns = &[
    ("sale_id", Is),
    ("tender_id", At(Kind::Tender)),
    ("payment_no", Is),
    ("outlet_id", At(Kind::Outlet)),
    ("date_sold", Is),
    ("amount", Decimal),
    ("tendered", Decimal),
    ("change_given", Decimal),
    ("reference", Is),
    ("reference_key", Is),
];
const REFERENCES: Columns = &[("tender_id", At(Kind::Tender)), ("reference_key", Is), ("sale_id", Is)];
/// What follows from the rows' numbers first.
pub(super) const OUTBOX: &str =
    "aggregatetype, aggregateid, payload, id, type, till_id, series, seq, made_at, marked_at, epoch, set_aside";

/// From which engine to which, and at which rows.
pub(super) struct Bringing<'a> {
    pub file: &'a dyn Engine,
    pub to: &'a dyn Engine,
    pub ids: &'a Ids,
    pub plan: &'a Plan,
    /// Of sales, and of audit events, by this configuration.
    pub topics: [&'a str; 2],
}

impl Bringing<'_> {
    /// Brings what the store does not have of a chain; tells how many, each time.
    pub(super) async fn chain(&self, chain: &Chain, mut tell: impl FnMut(u64)) -> Result<(), AdoptError> {
        let mut after = chain.there;
        while after < chain.number {
            let sql = format!(
                "SELECT {} FROM sale WHERE till_id = ? AND series = ? AND receipt_no > ? AND receipt_no <= ?
                 ORDER BY receipt_no LIMIT ?",
                names("", SALES)
            );
            let mut place = params![&chain.till, chain.series];
            place.extend([number(after), number(chain.number), Value::from(AT_ONCE)]);
            let sales = self.file.query(&sql, place).await?;
            let last = sales.last().map(|row| row.get::<i64>(3)).transpose()?.map(counted);
            let Some(last) = last.filter(|last| *last == after + sales.len() as u64) else {
                let words = format!("the file lacks receipts of {} after number {after}", chain.till);
                return Err(AdoptError::Refused(words));
            };
            let mut tx = self.to.begin().await?;
            let done = self.some(&mut *tx, &sales).await;
            finish(tx, done).await?;
            tell(last - after);
            after = last;
        }
        Ok(())
    }

    async fn some(&self, tx: &mut dyn Transaction, sales: &[Row]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (sales.first(), sales.last()) else {
            return Ok(());
        };
        // The fence of every attempt (PATH 3.1), for all of them at once.
        let head = "UPDATE till_head SET receipt_no = ?, hash = ?, sale_id = ?
             WHERE till_id = ? AND series = ? AND receipt_no = ? AND hash = ?";
        let field = |row: &Row, index: usize| row.0.get(index).cloned().unwrap_or(Value::Null);
        let before = number(counted(first.get(3)?).saturating_sub(1));
        let mut params = vec![
            field(last, 3),
            field(last, 7),
            field(last, 0),
            field(first, 1),
            field(first, 2),
        ];
        params.extend([before, field(first, 6)]);
        if tx.execute(head, params).await? != 1 {
            let words = "the database's chain of this till has moved meanwhile: run it again";
            return Err(StoreError::ChainConflict(words.to_owned()));
        }
        let rows = sales.iter().map(|row| self.ids.row(row, 0, SALES));
        insert_all(tx, ("sale", SALES), rows.collect::<Result<_, _>>()?).await?;
        let ids = sales.iter().map(|row| row.get(0)).collect::<Result<Vec<Uuid>, _>>()?;
        for (table, columns) in [("sale_parked", PARKED), ("sale_resolved", RESOLVED)] {
            let rows = self.of_sales(table, columns, &ids).await?;
            let rows = rows.iter().map(|row| self.ids.row(row, 0, columns));
            insert_all(tx, (table, columns), rows.collect::<Result<_, _>>()?).await?;
        }
        self.content(tx, &ids, true).await
    }

    /// Facts, payments, references, events and stock of these sales; with a note at those of which the store knows rows
    /// under other lasting ids, if `notes`.
    pub(super) async fn content(&self, tx: &mut dyn Transaction, ids: &[Uuid], notes: bool) -> Result<(), StoreError> {
        let facts = self.of_sales("fact_sale", FACTS, ids).await?;
        let payments = self.of_sales("fact_payment", PAYMENTS, ids).await?;
        if notes {
            self.note_twins(tx, &facts, &payments).await?;
        }
        for (table, columns, rows) in [("fact_sale", FACTS, &facts), ("fact_payment", PAYMENTS, &payments)] {
            let rows = rows.iter().map(|row| self.ids.row(row, 0, columns));
            insert_all(tx, (table, columns), rows.collect::<Result<_, _>>()?).await?;
        }
        self.references(tx, ids).await?;
        let events = facts.iter().map(|row| row.get(8)).collect::<Result<Vec<Uuid>, _>>()?;
        self.outbox(tx, &events).await?;
        let movements = self.of_sales("stock_movement", MOVEMENTS, ids).await?;
        move_all(tx, &movements.iter().collect::<Vec<_>>(), 0, self.ids).await?;
        Ok(())
    }

    async fn of_sales(&self, table: &str, columns: Columns, ids: &[Uuid]) -> Result<Vec<Row>, EngineError> {
        let order = match table {
            "fact_sale" | "fact_payment" | "stock_movement" => " ORDER BY id",
            _ => "",
        };
        let sql = format!(
            "SELECT {} FROM {table} WHERE sale_id IN ({}){order}",
            names("", columns),
            marks(ids.len())
        );
        self.file
            .query(&sql, ids.iter().map(|id| Value::from(*id)).collect())
            .await
    }

    /// A sale that names rows which the store has under other lasting ids was mapped to those, as mending does (PATH 2.3),
    /// and bears the same marks.
    async fn note_twins(&self, tx: &mut dyn Transaction, facts: &[Row], payments: &[Row]) -> Result<(), StoreError> {
        let mut mapped: HashSet<Uuid> = HashSet::new();
        for (rows, at) in [
            (
                facts,
                [(1, Kind::Outlet), (2, Kind::Employee), (3, Kind::Drug)].as_slice(),
            ),
            (payments, [(1, Kind::Tender)].as_slice()),
        ] {
            for row in rows {
                for (index, kind) in at {
                    if self.plan.is_twin(*kind, row.get(*index)?) {
                        mapped.insert(row.get(0)?);
                    }
                }
            }
        }
        for sale in mapped {
            let parked = "SELECT 1 FROM sale_parked WHERE sale_id = ?";
            if !tx.query(parked, params![sale]).await?.is_empty() {
                continue;
            }
            let now = "SELECT recorded_at FROM sale WHERE sale_id = ?";
            let at = tx.query(now, params![sale]).await?;
            let at = at.first().and_then(|row| row.0.first().cloned()).unwrap_or(Value::Null);
            let reason = "it names rows that the database has under other ids";
            let mut row = params![sale, reason];
            row.push(at.clone());
            insert_all(tx, ("sale_parked", PARKED), vec![row]).await?;
            let mut row = params![sale, "mended", BY];
            row.extend([at, Value::from(reason)]);
            insert_all(tx, ("sale_resolved", RESOLVED), vec![row]).await?;
        }
        Ok(())
    }

    /// Those that no other sale has taken meanwhile; the payment rows have all of them.
    async fn references(&self, tx: &mut dyn Transaction, ids: &[Uuid]) -> Result<(), StoreError> {
        let mut new = Vec::new();
        for row in self.of_sales("tender_reference", REFERENCES, ids).await? {
            let values = self.ids.row(&row, 0, REFERENCES)?;
            let ask = "SELECT 1 FROM tender_reference WHERE tender_id = ? AND reference_key = ?";
            if tx.query(ask, values[..2].to_vec()).await?.is_empty() {
                new.push(values);
            }
        }
        insert_all(tx, ("tender_reference", REFERENCES), new).await?;
        Ok(())
    }

    /// Events with their marks: what was published is not published again, what was not will be. Gives the payloads that had
    /// to be made anew, since nobody has read them yet and they name rows that have other numbers here.
    pub(super) async fn outbox(
        &self,
        tx: &mut dyn Transaction,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Value>, StoreError> {
        let mut renumbered = HashMap::new();
        if ids.is_empty() {
            return Ok(renumbered);
        }
        let sql = format!("SELECT {OUTBOX} FROM sale_outbox WHERE id IN ({})", marks(ids.len()));
        let rows = self
            .file
            .query(&sql, ids.iter().map(|id| Value::from(*id)).collect())
            .await?;
        let mut by_id: HashMap<Uuid, Row> = HashMap::new();
        for row in rows {
            by_id.insert(row.get(3)?, row);
        }
        let mut events = Vec::with_capacity(by_id.len());
        for id in ids {
            let Some(Row(mut values)) = by_id.remove(id) else {
                continue;
            };
            let is_sale = values.get(4) == Some(&Value::from(SALE_EVENT_TYPE));
            let is_published = values.get(9) != Some(&Value::Null);
            if !is_published {
                values[0] = Value::from(self.topics[usize::from(!is_sale)]);
                let topic = if is_sale { EventTopic::Sales } else { EventTopic::Audit };
                if let Some((key, payload)) = self.renumbered(topic, &values[2])? {
                    values[1] = key;
                    values[2] = payload.clone();
                    renumbered.insert(*id, payload);
                }
            }
            events.push(values);
        }
        insert(tx, ("sale_outbox", OUTBOX), events).await?;
        Ok(renumbered)
    }

    /// Key and payload of an event with the rows of the store; none where those are the file's.
    fn renumbered(&self, topic: EventTopic, payload: &Value) -> Result<Option<(Value, Value)>, StoreError> {
        let Value::Text(payload) = payload else { return Ok(None) };
        // What cannot be read is carried as it is: rxtill verify names it.
        let Ok(event) = StreamEvent::read_from(topic, Some(payload.as_bytes())) else {
            return Ok(None);
        };
        let ids = self.ids;
        let mut changed = event.clone();
        let outlet = match &mut changed {
            StreamEvent::Sale(event) => {
                event.outlet_id = ids.of(Kind::Outlet, event.outlet_id)?;
                event.emp_id = ids.of(Kind::Employee, event.emp_id)?;
                event.doc_id = ids.of(Kind::Doctor, event.doc_id)?;
                event.drug_id = ids.of(Kind::Drug, event.drug_id)?;
                event.outlet_id
            }
            StreamEvent::Audit(event) => {
                event.outlet_id = ids.of(Kind::Outlet, event.outlet_id)?;
                event.emp_id = event.emp_id.map(|id| ids.of(Kind::Employee, id)).transpose()?;
                event.outlet_id
            }
            StreamEvent::Older(_) | StreamEvent::Heartbeat(_) => return Ok(None),
        };
        if changed == event {
            return Ok(None);
        }
        let payload = serde_json::to_string(&changed).map_err(|error| damaged("sale_outbox.payload", error))?;
        Ok(Some((Value::from(outlet.to_string()), Value::from(payload))))
    }
}
