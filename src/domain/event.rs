//! The sale event: one per fact row, JSON, the contract with every reader of the topic (docs/events.md).
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use super::audit::AuditEvent;
use super::chain::Hash;
use super::heartbeat::{self, Heartbeat};
use super::money::{Money, Quantity};
use super::name::printable;
use super::sale::{Agreed, SaleKind, SalePayment, SaleRecord};

/// The schema that this program writes and the newest that it reads.
pub const SCHEMA: u32 = 1;
/// The type in the outbox and for Debezium's router.
pub const SALE_EVENT_TYPE: &str = "sale";

/// The dimension rows that a sale's facts point at, as the store knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowIds {
    /// Of `dim_outlet`.
    pub outlet: i64,
    /// Of `dim_employee`.
    pub employee: i64,
    /// Of `dim_doctor`; the "none" row without a prescriber.
    pub doctor: i64,
    /// Of `dim_drug`, a line each.
    pub drugs: Vec<i64>,
}

/// One sold line, as the topic carries it. Fields may be added, none renamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaleEvent {
    /// The version of this shape.
    pub schema: u32,
    /// UUIDv5 of sale and line: a republished event carries the same id.
    pub event_id: Uuid,
    /// The sale.
    pub sale_id: Uuid,
    /// The line in it, from 1.
    pub line_no: u32,
    /// Sale, return or void.
    pub kind: SaleKind,
    /// Contract with older consumers: row of `dim_employee`.
    pub emp_id: i64,
    /// Contract: row of `dim_drug`.
    pub drug_id: i64,
    /// Contract: row of `dim_doctor`, the "none" row without a prescriber.
    pub doc_id: i64,
    /// Contract: the outlet's name when sold.
    pub pharmacy_name: String,
    /// Contract: its region when sold.
    pub pharmacy_region: String,
    /// Contract: base units, a JSON number without trailing zeros; negative for a return.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub quantity_sold: Quantity,
    /// Contract: the date on the outlet's clock.
    pub date_sold: civil::Date,
    /// The moment, UTC.
    pub sold_at: Timestamp,
    /// Row of `dim_outlet`; as text the record's key.
    pub outlet_id: i64,
    /// The till.
    pub till_id: String,
    /// Who sold, by name.
    pub employee: String,
    /// What was sold, by name and strength.
    pub drug: String,
    /// Who prescribed, by name.
    pub doctor: Option<String>,
    /// The unit sold.
    pub unit: String,
    /// How many of it.
    pub unit_qty: Quantity,
    /// Base units in one.
    pub unit_factor: Quantity,
    /// Price of one unit, with the currency's places.
    pub unit_price: String,
    /// Taken off, likewise.
    pub discount: String,
    /// The line's total, likewise.
    pub line_total: String,
    /// ISO 4217.
    pub currency: String,
    /// The receipt's number as printed.
    pub receipt: String,
    /// The sale's link in the till's chain.
    pub chain: Hash,
    /// The till's series.
    pub series: u32,
    /// The event's number in that series, without a hole.
    pub seq: u64,
    /// How many lines the sale has.
    pub lines: u32,
    /// The sale that this gives back.
    pub refund_of: Option<Uuid>,
    /// The number of the batch, where one was agreed. Not there otherwise, so that events of sales without batches are sent
    /// again with the very bytes of the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// The batch's last day, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<civil::Date>,
    /// How the whole sale was paid: with its first line alone, so that nobody adds it up twice. Events that tills published
    /// before there was this field lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<EventPayment>,
}

/// What a tender paid of a sale. Its reference stays in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPayment {
    /// The tender's name when sold; the one that bears what cash is rounded by is among them.
    pub tender: String,
    /// What it pays of the total, with the currency's places; negative when paid out.
    pub amount: String,
}

/// An event of the older tracker: the seven names, and nothing to count it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OlderEvent {
    /// Row of `dim_employee`.
    pub emp_id: i64,
    /// Row of `dim_drug`.
    pub drug_id: i64,
    /// Row of `dim_doctor`.
    pub doc_id: i64,
    /// The outlet's name.
    pub pharmacy_name: String,
    /// Its region.
    pub pharmacy_region: String,
    /// Base units.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub quantity_sold: Quantity,
    /// The date.
    pub date_sold: String,
}

/// What a record of the topic turned out to be. Written as the event itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StreamEvent {
    /// One of ours.
    Sale(Box<SaleEvent>),
    /// One of the older tracker's.
    Older(Box<OlderEvent>),
    /// What happened at a till beside its sales.
    Audit(Box<AuditEvent>),
    /// That a till is there.
    Heartbeat(Box<Heartbeat>),
}

/// Which of the topics that people follow a record came by: each has events of its own, numbered apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventTopic {
    /// Sales (`[kafka] topic`).
    Sales,
    /// What happens at the tills beside them (`[kafka] audit_topic`).
    Audit,
}

/// Why a record is not an event that this program reads. Safe to show: no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Unreadable {
    /// With a `reason` that may quote what came from outside.
    pub fn new(reason: &str) -> Self {
        const LONGEST: usize = 200;
        Self(printable(&reason.chars().take(LONGEST).collect::<String>()))
    }
}

/// The id of line `line_no` of sale `sale_id`: UUIDv5 with the sale's id as namespace and the line number as name.
pub fn event_id(sale_id: Uuid, line_no: u32) -> Uuid {
    Uuid::new_v5(&sale_id, line_no.to_string().as_bytes())
}

impl SaleEvent {
    /// The events of a sale, a line each, in the order of its lines.
    ///
    /// Everything but the row ids is taken from the canonical bytes, so the events of a fact row can be made again after
    /// any dimension was renamed.
    pub fn of(record: &SaleRecord, ids: &RowIds) -> Vec<Self> {
        let document = &record.document;
        let sale = &document.sale;
        let places = sale.currency.places;
        let receipt = record.receipt().to_string();
        let count = u32::try_from(sale.lines.len()).unwrap_or(u32::MAX);
        (1_u32..)
            .zip(&sale.lines)
            .zip(&ids.drugs)
            .map(|((line_no, line), drug_id)| Self {
                schema: SCHEMA,
                event_id: event_id(sale.sale_id, line_no),
                sale_id: sale.sale_id,
                line_no,
                kind: sale.kind,
                emp_id: ids.employee,
                drug_id: *drug_id,
                doc_id: ids.doctor,
                pharmacy_name: sale.outlet.name.clone(),
                pharmacy_region: sale.outlet.region.clone(),
                quantity_sold: line.quantity(),
                date_sold: sale.date_sold(),
                sold_at: sale.sold_at,
                outlet_id: ids.outlet,
                till_id: document.till.as_str().to_owned(),
                employee: sale.employee.name.clone(),
                drug: line.name.clone(),
                doctor: sale.doctor.as_ref().map(|doctor| doctor.name.clone()),
                unit: line.unit.clone(),
                unit_qty: line.unit_qty,
                unit_factor: line.unit_factor,
                unit_price: line.unit_price.exact(places),
                discount: line.discount.fixed(places),
                line_total: line.total.fixed(places),
                currency: sale.currency.code.clone(),
                receipt: receipt.clone(),
                chain: record.hash,
                series: document.series,
                seq: document.first_seq + u64::from(line_no) - 1,
                lines: count,
                refund_of: sale.refund_of,
                batch: line.batch_number().map(str::to_owned),
                expiry: line.batch.as_ref().and_then(|batch| batch.expiry),
                payments: if line_no == 1 { paid(sale) } else { Vec::new() },
            })
            .collect()
    }

    /// Itself, as tills published it before there were payments in it.
    pub fn without_payments(&self) -> Cow<'_, Self> {
        if self.payments.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            payments: Vec::new(),
            ..self.clone()
        })
    }

    /// Whether `published` is this event. One that says nothing of payments may be from before there were any in it.
    pub fn is_told_by(&self, published: &Self) -> bool {
        self == published || (published.payments.is_empty() && *self.without_payments() == *published)
    }

    /// The record's key: the outlet's id as text.
    pub fn key(&self) -> String {
        self.outlet_id.to_string()
    }

    /// The line's total as money.
    ///
    /// # Errors
    /// When another producer wrote something else there.
    pub fn total(&self) -> Result<Money, Unreadable> {
        self.line_total
            .parse()
            .map_err(|e| Unreadable::new(&format!("line_total: {e}")))
    }
}

impl EventPayment {
    /// What it pays, as money.
    ///
    /// # Errors
    /// When another producer wrote something else there.
    pub fn money(&self) -> Result<Money, Unreadable> {
        self.amount
            .parse()
            .map_err(|e| Unreadable::new(&format!("payments: {e}")))
    }
}

impl StreamEvent {
    /// Reads the value of a record of that topic. Nothing in it is trusted.
    ///
    /// # Errors
    /// As [`StreamEvent::read`].
    pub fn read_from(topic: EventTopic, value: Option<&[u8]>) -> Result<Self, Unreadable> {
        match topic {
            EventTopic::Sales => Self::read(value),
            EventTopic::Audit if heartbeat::is_one(value) => Ok(Self::Heartbeat(Box::new(Heartbeat::read(value)?))),
            EventTopic::Audit => Ok(Self::Audit(Box::new(AuditEvent::read(value)?))),
        }
    }

    /// Reads the value of a record of the topic of sales. Nothing in it is trusted.
    ///
    /// # Errors
    /// With a reason that can be shown, when it is not UTF-8, not JSON, of a newer schema, or lacks what it must have.
    pub fn read(value: Option<&[u8]>) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Version {
            schema: Option<u32>,
        }
        let bytes = value.ok_or_else(|| Unreadable::new("no value (tombstone)"))?;
        let unreadable = |e: serde_json::Error| Unreadable::new(&e.to_string());
        let text = std::str::from_utf8(bytes).map_err(|e| Unreadable::new(&e.to_string()))?;
        // The older tracker's client encoded once more what was JSON already: a text with the event in it.
        let inner: Option<String> = text
            .trim_start()
            .starts_with('"')
            .then(|| serde_json::from_str(text))
            .transpose()
            .map_err(unreadable)?;
        let text = inner.as_deref().unwrap_or(text);
        let version: Version = serde_json::from_str(text).map_err(unreadable)?;
        match version.schema {
            None => Ok(Self::Older(Box::new(serde_json::from_str(text).map_err(unreadable)?))),
            Some(SCHEMA) => {
                let event: SaleEvent = serde_json::from_str(text).map_err(unreadable)?;
                event.total()?;
                event.payments.iter().try_for_each(|paid| paid.money().map(drop))?;
                if event.line_no == 0 || event.line_no > event.lines || event.seq == 0 || event.series == 0 {
                    return Err(Unreadable::new("line, series or seq out of range"));
                }
                Ok(Self::Sale(Box::new(event)))
            }
            Some(other) => Err(Unreadable::new(&format!("schema {other} is not known to this program"))),
        }
    }
}

/// How a sale was paid, as its events tell it.
fn paid(sale: &Agreed) -> Vec<EventPayment> {
    let told = |payment: &SalePayment| EventPayment {
        tender: payment.name.clone(),
        amount: payment.amount.fixed(sale.currency.places),
    };
    sale.payments.iter().map(told).collect()
}

fn as_number<S: Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(quantity.to_string())
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

fn from_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let text = raw.get();
    let value = text
        .parse::<Decimal>()
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(de::Error::custom)?;
    value.normalize().to_string().parse().map_err(de::Error::custom)
}
