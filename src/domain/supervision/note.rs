//! What somebody said of an alert: kept in the store, with who and when. Never changed, never deleted.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::alert::{Alert, RuleName, Severity};

/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 300;

/// A note on an alert: it is acknowledged. The alert's own words are kept with it, so that the note says what it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertNote {
    /// Minted when it was written.
    pub id: Uuid,
    /// The alert.
    pub alert_id: Uuid,
    /// Its rule.
    pub rule: RuleName,
    /// How bad it was.
    pub severity: Severity,
    /// When it was found.
    pub at: Timestamp,
    /// Row of the outlet that it was about.
    pub outlet_id: Option<i64>,
    /// Its headline.
    pub headline: String,
    /// Its figures, a line each.
    pub figures: Vec<String>,
    /// What was said; may be empty: seen.
    pub note: String,
    /// Who said it.
    pub noted_by: String,
    /// When.
    pub noted_at: Timestamp,
}

impl AlertNote {
    /// A note of that person on an alert.
    pub fn on(alert: &Alert, id: Uuid, note: &str, noted_by: &str, noted_at: Timestamp) -> Self {
        Self {
            id,
            alert_id: alert.id,
            rule: alert.rule,
            severity: alert.severity,
            at: alert.at,
            outlet_id: alert.subject.outlet.as_ref().map(|(id, _)| *id),
            headline: alert.headline.clone(),
            figures: alert.figures.clone(),
            note: note.trim().chars().take(LONGEST_NOTE).collect(),
            noted_by: noted_by.to_owned(),
            noted_at,
        }
    }
}
