//! The heartbeat: each till says once a minute that it is there, and how it stands. It goes to the topic of audit events
//! without a number of its own, straight to the brokers, and may be lost (docs/events.md).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{SCHEMA, Unreadable};
use super::sale::{Agreed, TillId};

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

/// Where a till stands, and who sells at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Row of `dim_outlet`.
    pub outlet_id: i64,
    /// The outlet's name.
    pub pharmacy_name: String,
    /// Its region.
    pub pharmacy_region: String,
    /// Who sells there, by name; none: nobody.
    pub employee: Option<String>,
}

/// What a till knows of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Sales that are not in the store of record yet, without parked ones.
    pub unsent: u64,
    /// The age of the oldest of them, in seconds.
    pub oldest_s: Option<u64>,
    /// Sales that the store could not hold.
    pub parked: u64,
    /// By how many milliseconds its clock is ahead of the database's; none: not known.
    pub clock_skew_ms: Option<i64>,
}

impl Heartbeat {
    /// The kind that marks it.
    pub const KIND: &'static str = KIND;

    /// Of that till since it was started (`session`), now, by a program of that version.
    pub fn of(
        (till, session): (&TillId, Uuid),
        at: Timestamp,
        standing: Standing,
        figures: Figures,
        version: &str,
    ) -> Self {
        Self {
            schema: SCHEMA,
            kind: KIND.to_owned(),
            at: Agreed::cut(at),
            outlet_id: standing.outlet_id,
            pharmacy_name: standing.pharmacy_name,
            pharmacy_region: standing.pharmacy_region,
            till_id: till.to_string(),
            employee: standing.employee,
            session,
            version: version.to_owned(),
            unsent: figures.unsent,
            oldest_s: figures.oldest_s,
            parked: figures.parked,
            // No till knows of a printer yet.
            printer: None,
            clock_skew_ms: figures.clock_skew_ms,
        }
    }

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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::event::{EventTopic, StreamEvent};

    /// As the first version sent them, whole and with all that may be unknown. Lines are added, none is ever edited.
    const SAMPLES: &str = include_str!("heartbeat/samples.jsonl");
    const DOCUMENT: &str = include_str!("../../docs/events.md");

    #[test]
    fn stored_samples_are_read_from_their_topic_and_come_out_as_they_went_in_and_the_document_names_every_field() {
        let section = DOCUMENT.split("# The heartbeat").nth(1).unwrap();
        for line in SAMPLES.lines() {
            let read = StreamEvent::read_from(EventTopic::Audit, Some(line.as_bytes()));
            let Ok(StreamEvent::Heartbeat(beat)) = read else {
                panic!("{read:?}: {line}")
            };
            let was: Value = serde_json::from_str(line).unwrap();
            assert_eq!(was, serde_json::to_value(&beat).unwrap());
            for field in was.as_object().unwrap().keys() {
                assert!(
                    section.contains(&format!("`{field}`")),
                    "{field} is not in docs/events.md"
                );
            }
        }
    }

    #[test]
    fn the_code_makes_the_sample() {
        let standing = Standing {
            outlet_id: 1,
            pharmacy_name: "Mirema meds".to_owned(),
            pharmacy_region: "Nairobi".to_owned(),
            employee: Some("John".to_owned()),
        };
        let figures = Figures {
            unsent: 2,
            oldest_s: Some(71),
            parked: 1,
            clock_skew_ms: Some(-38),
        };
        let at = "2026-03-02T11:02:00.4129Z".parse().unwrap();
        let till = "T01".parse().unwrap();
        let session = "01900000-0000-7000-8000-0000000000ff".parse().unwrap();
        let beat = Heartbeat::of((&till, session), at, standing, figures, "0.1.0");
        assert_eq!(serde_json::to_string(&beat).unwrap(), SAMPLES.lines().next().unwrap());
    }
}
