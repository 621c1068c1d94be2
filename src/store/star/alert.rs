//! Notes on alerts: inserted, never touched again.
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, damaged};
use crate::domain::supervision::AlertNote;
use crate::params;
use crate::store::engine::Row;
use crate::store::error::{EngineError, StoreError};

/// So many are read at once, the newest.
const MOST: u32 = 5_000;
/// Characters of a name that are kept.
const LONGEST_NAME: usize = 120;

const COLUMNS: &str = "id, alert_id, rule, severity, found_at, outlet_id, headline, figures, note, noted_by, noted_at";

impl Store {
    /// Keeps a note on an alert; the same one again changes nothing.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn note_alert(&self, note: &AlertNote) -> Result<(), StoreError> {
        let insert = format!("INSERT INTO alert_note ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let noted_by: String = note.noted_by.chars().take(LONGEST_NAME).collect();
        let values = params![
            note.id,
            note.alert_id,
            word(note.rule)?,
            word(note.severity)?,
            since_1970(note.at),
            note.outlet_id,
            &note.headline,
            note.figures.join("\n"),
            &note.note,
            noted_by,
            since_1970(note.noted_at)
        ];
        match self.engine.execute(&insert, values).await {
            // The note's id is all that must be unique: an earlier attempt had come through.
            Ok(_) | Err(EngineError::Duplicate(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The notes written since then, oldest first, the newest few thousand. Those of a rule that only a newer program knows
    /// are left out: its alerts are not known here either.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alert_notes(&self, since: Timestamp) -> Result<Vec<AlertNote>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alert_note WHERE noted_at >= ? ORDER BY noted_at DESC, id DESC LIMIT {MOST}"
        );
        let mut notes = Vec::new();
        for row in self.engine.query(&sql, params![since_1970(since)]).await? {
            notes.extend(note_of(&row)?);
        }
        notes.reverse();
        Ok(notes)
    }
}

fn note_of(row: &Row) -> Result<Option<AlertNote>, EngineError> {
    let (rule, severity): (String, String) = (row.get(2)?, row.get(3)?);
    let (Some(rule), Some(severity)) = (of_word(rule), of_word(severity)) else {
        return Ok(None);
    };
    let figures: String = row.get(7)?;
    Ok(Some(AlertNote {
        id: row.get(0)?,
        alert_id: row.get(1)?,
        rule,
        severity,
        at: row.get(4)?,
        outlet_id: row.get(5)?,
        headline: row.get(6)?,
        figures: figures.lines().map(str::to_owned).collect(),
        note: row.get(8)?,
        noted_by: row.get(9)?,
        noted_at: row.get(10)?,
    }))
}

/// A moment that every engine has: an alert's is that of a till's clock, which may be anything.
fn since_1970(moment: Timestamp) -> Timestamp {
    moment.max(Timestamp::UNIX_EPOCH)
}

/// The stable name of a rule or severity.
fn word(of: impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(damaged("alert_note", format!("{other:?} is no word"))),
    }
}

fn of_word<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word)).ok()
}
