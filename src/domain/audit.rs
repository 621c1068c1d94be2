//! What happens at a till beside its sales, and somebody may want to judge: the audit events (docs/events.md). Nothing in
//! them says who a patient is, what somebody earns, or a payment's reference.
mod event;
mod happening;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::event::{AUDIT_EVENT_TYPE, AuditEvent, AuditIds};
pub use self::happening::{Correction, Goods, Happening, KINDS, LONGEST_TEXT, Questioned, Removal, TillAlert};
use super::sale::{Agreed, OutletParty, Party, TillId};

/// Something that happened at a till: where, when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// When, in UTC.
    pub at: Timestamp,
    /// The same moment on the outlet's clock.
    pub local: civil::DateTime,
    /// Where.
    pub outlet: OutletParty,
    /// ISO 4217: of the amounts in it.
    pub currency: String,
    /// Who sold there; none where nobody had said so yet.
    pub employee: Option<Party>,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

impl Noted {
    /// A moment as a clock in UTC shows it.
    pub fn utc(at: Timestamp) -> civil::DateTime {
        at.to_zoned(TimeZone::UTC).datetime()
    }

    /// What was found at that moment at the outlet of a sale, by its clock as that sale told it, and by nobody who sells.
    pub fn beside(sale: &Agreed, at: Timestamp, happening: Happening) -> Self {
        let clock = sale.sold_local.duration_since(Self::utc(sale.sold_at));
        let utc = Self::utc(at);
        Self {
            at,
            local: utc.checked_add(clock).unwrap_or(utc),
            outlet: sale.outlet.clone(),
            currency: sale.currency.code.clone(),
            employee: None,
            happening,
        }
    }
}

/// Where it stands among the audit events of its till: given by the journal, as PATH 5.1 wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPlace {
    /// The till.
    pub till: TillId,
    /// Its series.
    pub series: u32,
    /// The event's number in it, from 1; sales have numbers of their own.
    pub seq: u64,
}

/// An audit event in its place: what the journal fsyncs, and what is uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Minted when it happened; every hop is idempotent on it.
    pub event_id: Uuid,
    /// Its place.
    pub place: AuditPlace,
    /// What happened.
    pub noted: Noted,
}

impl AuditRecord {
    /// Puts what happened in its `place`. The time is cut to what every engine keeps.
    pub fn new(event_id: Uuid, place: AuditPlace, mut noted: Noted) -> Self {
        noted.at = Agreed::cut(noted.at);
        Self { event_id, place, noted }
    }

    /// The day at the outlet.
    pub fn date(&self) -> civil::Date {
        self.noted.local.date()
    }
}
