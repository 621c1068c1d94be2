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
use crate::domain::mending::{Mapping, Named, StandIn};
use crate::params;
use crate::store::engine::{Engine, FromValue as _, Row, Transaction, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::star::{counted, damaged, finish, marks, number};

/// Sales of one transaction.
const AT_ONCE: u32 = 50;
/// Who mended a sale whose rows the store knows under other lasting ids.
pub(super) const BY: &str = "rxtill sync --adopt-store";
const OTHER_IDS: &str = "it names rows that the database has under other ids";

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
        let resolved = self.resolved(&ids).await?;
        let parked = self.of_sales("sale_parked", PARKED, &ids).await?;
        let are_parked: HashSet<Uuid> = parked.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        let mut parked: Vec<Vec<Value>> = parked.into_iter().map(|Row(values)| values).collect();
        // What was mapped bears the marks of a sale that was mended.
        for values in &resolved {
            if !Uuid::from_value(&values[0]).is_some_and(|id| are_parked.contains(&id)) {
                parked.push(vec![values[0].clone(), Value::from(OTHER_IDS), values[3].clone()]);
            }
        }
        insert_all(tx, ("sale_parked", PARKED), parked).await?;
        insert_all(tx, ("sale_resolved", RESOLVED), resolved).await?;
        self.content(tx, &ids).await
    }

    /// Facts, payments, references, events and stock of these sales.
    pub(super) async fn content(&self, tx: &mut dyn Transaction, ids: &[Uuid]) -> Result<(), StoreError> {
        let facts = self.of_sales("fact_sale", FACTS, ids).await?;
        let payments = self.of_sales("fact_payment", PAYMENTS, ids).await?;
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

    /// How these sales were resolved: in the file, or by being mapped, as mending does (PATH 2.3), to rows that the store
    /// knows under other lasting ids.
    pub(super) async fn resolved(&self, ids: &[Uuid]) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut mapped = self.mapped(ids).await?;
        let mut rows = Vec::new();
        for Row(mut values) in self.of_sales("sale_resolved", RESOLVED, ids).await? {
            let row = Row(values.clone());
            if let Some(stand_ins) = mapped.remove(&row.get::<Uuid>(0)?) {
                let detail: String = row.get(4)?;
                values[4] = detail_of(Mapping::of_detail(&detail), stand_ins)?;
            }
            rows.push(values);
        }
        for (sale, stand_ins) in mapped {
            let at = self
                .file
                .query("SELECT recorded_at FROM sale WHERE sale_id = ?", params![sale])
                .await?;
            let at = at.first().and_then(|row| row.0.first().cloned()).unwrap_or(Value::Null);
            let mut values = params![sale, "mended", BY];
            values.extend([at, detail_of(Mapping::default(), stand_ins)?]);
            rows.push(values);
        }
        Ok(rows)
    }

    /// What of these sales is recorded at rows of other lasting ids.
    async fn mapped(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<(Named, StandIn)>>, StoreError> {
        let mut mapped: HashMap<Uuid, Vec<(Named, StandIn)>> = HashMap::new();
        let number =
            |row: &Row, index: usize| Ok::<u32, EngineError>(u32::try_from(row.get::<i64>(index)?).unwrap_or(0));
        let mut note = |row: &Row, named: Named, (kind, index): (Kind, usize)| -> Result<(), EngineError> {
            if let Some(stand_in) = self.plan.stand_in(kind, row.get(index)?) {
                mapped.entry(row.get(0)?).or_default().push((named, stand_in.clone()));
            }
            Ok(())
        };
        for row in self.of_sales("fact_sale", FACTS, ids).await? {
            note(&row, Named::Outlet, (Kind::Outlet, 1))?;
            note(&row, Named::Employee, (Kind::Employee, 2))?;
            note(&row, Named::Line(number(&row, 6)?), (Kind::Drug, 3))?;
        }
        for row in self.of_sales("fact_payment", PAYMENTS, ids).await? {
            note(&row, Named::Payment(number(&row, 2)?), (Kind::Tender, 1))?;
        }
        Ok(mapped)
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

/// As a resolution says it.
fn detail_of(mut mapping: Mapping, stand_ins: Vec<(Named, StandIn)>) -> Result<Value, StoreError> {
    for (named, stand_in) in stand_ins {
        mapping.put(named, stand_in);
    }
    mapping.detail().map(Value::from).map_err(StoreError::Permanent)
}
