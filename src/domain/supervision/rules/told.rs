//! What was told: the same thing never twice, unless it has grown to double.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounded::Bounded;
use crate::domain::supervision::{Alert, RuleName, Severity, StreamRow, Subject};

/// The namespace of alerts' ids: UUIDv5 of "rule|about|period" in it.
const NAMESPACE: Uuid = Uuid::from_u128(0x8d6c_3a52_5f5b_4c0e_9a6e_6f1c_52b7_a1e4);
/// A finding that has grown so many times is told again, under the same id and one step worse.
const GROWN: f64 = 2.0;

/// Something that a rule found.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub rule: RuleName,
    /// Whom or what it is about, and the day or event: the same gives the same id.
    pub key: String,
    /// How much of it there is: what has doubled is told again.
    pub size: f64,
    pub severity: Severity,
    pub at: Timestamp,
    pub subject: Subject,
    pub headline: String,
    pub figures: Vec<String>,
    pub evidence: Vec<StreamRow>,
}

/// Ids and sizes of what was told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    sizes: Bounded<Uuid, (f64, u8), 20_000>,
}

impl Told {
    /// The id of what a rule finds under that key.
    pub fn id(rule: RuleName, key: &str) -> Uuid {
        Uuid::new_v5(&NAMESPACE, format!("{}|{key}", rule.as_str()).as_bytes())
    }

    /// Whether a finding of that size would be told.
    pub fn is_news(&self, rule: RuleName, key: &str, size: f64) -> bool {
        let told = self.sizes.get(&Self::id(rule, key));
        told.is_none_or(|(before, _)| size >= GROWN * before)
    }

    /// The alert, where it is news.
    pub fn tell(&mut self, finding: Finding) -> Option<Alert> {
        if !self.is_news(finding.rule, &finding.key, finding.size) {
            return None;
        }
        let id = Self::id(finding.rule, &finding.key);
        let steps = self.sizes.get(&id).map_or(0, |(_, steps)| steps.saturating_add(1));
        self.sizes.insert(id, (finding.size, steps));
        let severity = (0..steps.min(2)).fold(finding.severity, |severity, _| severity.raised());
        Some(Alert {
            id,
            rule: finding.rule,
            severity,
            at: finding.at,
            subject: finding.subject,
            headline: finding.headline,
            figures: finding.figures,
            evidence: finding.evidence,
        })
    }
}
