//! The heartbeat: each till says once a minute that it is there, and how it stands. It goes to the topic of audit events
//! without a number of its own, straight to the brokers, and may be lost (docs/events.md).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{SCHEMA, Unreadable};

/// Its `kind` among the records of the topic.
const KIND: &str = "heartbeat";

/// How a till stands. Fields may be added, none renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The version of this shape.
    pub schema: u32,
    /// Always "heartbeat".
    pub kind: String,
    /// The till's clock, UTC.
    pub at: Timestamp,
    /// Row of `dim_outlet`; as text the record's key.
    pub outlet_id: i64,
    /// The outlet's name.
    pub pharmacy_name: String,
    /// Its region.
    pub pharmacy_region: String,
    /// The till.
    pub till_id: String,
    /// Who sells there, by name; none: nobody.
    pub employee: Option<String>,
    /// Since it was started it is the same one.
    pub session: Uuid,
    /// Of the program.
    pub version: String,
    /// Sales that are not in the store of record yet, without parked ones.
    pub unsent: u64,
    /// The age of the oldest of them, in seconds.
    pub oldest_s: Option<u64>,
    /// Sales that the store could not hold.
    pub parked: u64,
    /// The state of its printer in a word; none: it has none.
    pub printer: Option<String>,
    /// By how many milliseconds its clock is ahead of the database's; none: not known.
    pub clock_skew_ms: Option<i64>,
}

impl Heartbeat {
    /// The kind that marks it.
    pub const KIND: &'static str = KIND;

    /// The record's key: the outlet's id as text.
    pub fn key(&self) -> String {
        self.outlet_id.to_string()
    }

    /// Reads a record's value. Nothing in it is trusted.
    ///
    /// # Errors
    /// With a reason that can be shown.
    pub fn read(value: Option<&[u8]>) -> Result<Self, Unreadable> {
        let bytes = value.ok_or_else(|| Unreadable::new("no value (tombstone)"))?;
        let beat: Self = serde_json::from_slice(bytes).map_err(|e| Unreadable::new(&e.to_string()))?;
        if beat.schema != SCHEMA {
            let reason = format!("schema {} is not known to this program", beat.schema);
            return Err(Unreadable::new(&reason));
        }
        Ok(beat)
    }
}

/// Whether a record of the topic of audit events is a heartbeat, of whichever schema.
pub(super) fn is_one(value: Option<&[u8]>) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    value.is_some_and(|bytes| serde_json::from_slice::<Kind>(bytes).is_ok_and(|record| record.kind == KIND))
}
