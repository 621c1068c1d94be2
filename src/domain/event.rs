//! The sale event: one per fact row, JSON, the contract with every reader of the topic (docs/events.md).
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
use super::sale::{SaleKind, SaleRecord};

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
            })
            .collect()
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
                if event.line_no == 0 || event.line_no > event.lines || event.seq == 0 || event.series == 0 {
                    return Err(Unreadable::new("line, series or seq out of range"));
                }
                Ok(Self::Sale(Box::new(event)))
            }
            Some(other) => Err(Unreadable::new(&format!("schema {other} is not known to this program"))),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11","sale_id":"01900000-0000-7000-8000-000000000001","line_no":1,"kind":"sale",
        "emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":115,"date_sold":"2024-06-20",
        "sold_at":"2024-06-20T09:14:03.412Z","outlet_id":1,"till_id":"T01","employee":"John","drug":"Aspirin 300 mg","doctor":"Mwabili",
        "unit":"tab","unit_qty":"115","unit_factor":"1","unit_price":"12.50","discount":"0.00","line_total":"1437.50","currency":"KES","receipt":"T01-000123",
        "chain":"41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647","series":1,"seq":4711,"lines":3,"refund_of":null,"added_later":[1]}"#;

    fn with(change: impl Fn(&mut serde_json::Value)) -> Result<StreamEvent, Unreadable> {
        let mut value: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
        change(&mut value);
        StreamEvent::read(Some(value.to_string().as_bytes()))
    }

    #[test]
    fn a_field_added_later_is_ignored_and_the_event_comes_out_as_it_went_in() {
        let Ok(StreamEvent::Sale(event)) = StreamEvent::read(Some(EXAMPLE.as_bytes())) else {
            panic!()
        };
        let out = serde_json::to_string(&event).unwrap();
        assert!(out.contains(r#""quantity_sold":115,"#), "{out}");
        assert_eq!(StreamEvent::read(Some(out.as_bytes())), Ok(StreamEvent::Sale(event)));
    }

    #[test]
    fn the_older_trackers_events_are_read() {
        let older = br#"{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":2.50,"date_sold":"2024-06-20"}"#;
        let Ok(StreamEvent::Older(event)) = StreamEvent::read(Some(older)) else {
            panic!()
        };
        assert_eq!(event.quantity_sold.to_string(), "2.5");
    }

    #[test]
    fn hostile_malformed_and_future_records_are_unreadable_with_a_reason() {
        assert!(StreamEvent::read(None).is_err());
        for bad in [&b"\xff\xfe"[..], b"", b"[]", b"{", b"null", b"{\"schema\":\"\x1b[2J\"}"] {
            let reason = StreamEvent::read(Some(bad)).unwrap_err().to_string();
            assert!(!reason.is_empty() && !reason.contains('\x1b'), "{reason:?}");
        }
        assert!(
            with(|v| v["schema"] = 2.into())
                .unwrap_err()
                .to_string()
                .contains("schema 2")
        );
        assert!(with(|v| v["line_total"] = "1e99".into()).is_err());
        assert!(with(|v| v["line_no"] = 4.into()).is_err());
        let huge = EXAMPLE.replace(":115,", ":1e400,");
        assert!(StreamEvent::read(Some(huge.as_bytes())).is_err());
    }

    #[test]
    fn an_events_id_is_that_of_its_sale_and_line() {
        let sale = Uuid::from_u128(1);
        assert_eq!(event_id(sale, 1), event_id(sale, 1));
        assert_ne!(event_id(sale, 1), event_id(sale, 2));
    }
}
