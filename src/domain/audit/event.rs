//! The audit event as the topic carries it.
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuditRecord, Happening};
use crate::domain::event::{SCHEMA, Unreadable};

/// The type in the outbox and for Debezium's router.
pub const AUDIT_EVENT_TYPE: &str = "audit";

/// The dimension rows that an audit event names, as the store knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditIds {
    /// Of `dim_outlet`.
    pub outlet: i64,
    /// Of `dim_employee`, where somebody sold.
    pub employee: Option<i64>,
}

/// One audit event. Fields and kinds may be added, none renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// The version of this shape.
    pub schema: u32,
    /// Minted at the till: an event that is published again carries the same.
    pub event_id: Uuid,
    /// What happened, with its figures: `kind` and `details`.
    #[serde(flatten)]
    pub happening: Happening,
    /// The moment, UTC.
    pub at: Timestamp,
    /// The day on the outlet's clock.
    pub date: civil::Date,
    /// Row of `dim_outlet`; as text the record's key.
    pub outlet_id: i64,
    /// The outlet's name then.
    pub pharmacy_name: String,
    /// Its region then.
    pub pharmacy_region: String,
    /// The till.
    pub till_id: String,
    /// Row of `dim_employee`; none where nobody sold.
    pub emp_id: Option<i64>,
    /// Who sold, by name.
    pub employee: Option<String>,
    /// ISO 4217: of the amounts in it.
    pub currency: String,
    /// The till's series.
    pub series: u32,
    /// The event's number among the audit events of that series, without a hole.
    pub seq: u64,
}

impl AuditEvent {
    /// The event of a record, with the store's rows.
    pub fn of(record: &AuditRecord, ids: AuditIds) -> Self {
        let AuditRecord { event_id, place, noted } = record.clone();
        let date = record.date();
        Self {
            schema: SCHEMA,
            event_id,
            happening: noted.happening,
            at: noted.at,
            date,
            outlet_id: ids.outlet,
            pharmacy_name: noted.outlet.name,
            pharmacy_region: noted.outlet.region,
            till_id: place.till.to_string(),
            emp_id: ids.employee,
            employee: noted.employee.map(|employee| employee.name),
            currency: noted.currency,
            series: place.series,
            seq: place.seq,
        }
    }

    /// The record's key: the outlet's id as text.
    pub fn key(&self) -> String {
        self.outlet_id.to_string()
    }

    /// Reads a record's value. Nothing in it is trusted.
    ///
    /// # Errors
    /// With a reason that can be shown, when it is no audit event that this program knows.
    pub fn read(value: Option<&[u8]>) -> Result<Self, Unreadable> {
        let bytes = value.ok_or_else(|| Unreadable::new("no value (tombstone)"))?;
        let event: Self = serde_json::from_slice(bytes).map_err(|e| Unreadable::new(&e.to_string()))?;
        if event.schema != SCHEMA {
            let reason = format!("schema {} is not known to this program", event.schema);
            return Err(Unreadable::new(&reason));
        }
        if event.seq == 0 || event.series == 0 {
            return Err(Unreadable::new("series or seq out of range"));
        }
        Ok(event)
    }
}
