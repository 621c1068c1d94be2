//! What somebody should look at: the alerts that are open, and the notes by which the others were acknowledged.
use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::pane::Cursor;
use crate::app::message::RequestId;
use crate::domain::supervision::{Alert, AlertNote, Severity, Subject};

/// So many alerts are kept: those that were acknowledged go first, then the least and the oldest.
pub const MOST_ALERTS: usize = 500;
/// So many notes.
const MOST_NOTES: usize = 1_000;
/// Of so many alerts it is known that somebody was told of them.
const MOST_TOLD: usize = 5_000;

/// The alerts.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// The highlighted one of those that are open.
    pub cursor: Cursor<Uuid>,
    /// Whether those that were acknowledged today are listed in their place.
    pub shows_noted: bool,
    /// The highlighted one of those, by its note.
    pub noted_cursor: Cursor<Uuid>,
    /// The one that is looked at.
    pub front: Option<Front>,
    /// The worst first, of those the newest.
    all: Vec<Arc<Alert>>,
    /// The newest first.
    notes: Vec<Arc<AlertNote>>,
    /// The alerts that have a note.
    noted: HashSet<Uuid>,
    told: Told,
    /// Notes on their way to the store.
    sent: Vec<(RequestId, AlertNote)>,
    /// Words that did not get there, by alert.
    unsent: Option<(Uuid, String)>,
}

/// An alert that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// It.
    pub alert: Arc<Alert>,
    /// Which of its events is highlighted.
    pub at: usize,
}

/// Alerts of which somebody was told: the ids, and in which order they came.
#[derive(Debug, Clone, Default)]
struct Told {
    ids: HashSet<Uuid>,
    order: VecDeque<Uuid>,
}

impl Told {
    /// Whether it is the first time.
    fn is_first(&mut self, id: Uuid) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > MOST_TOLD
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl Alerts {
    /// Those that nobody acknowledged, the worst first.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Alert>> {
        self.all.iter().filter(|alert| !self.noted.contains(&alert.id))
    }

    /// How many are open.
    pub fn open_count(&self) -> usize {
        self.open().count()
    }

    /// How many of them want to be looked at or acted on.
    pub fn pressing(&self) -> usize {
        self.open().filter(|alert| alert.severity >= Severity::Warn).count()
    }

    /// How bad the worst of them is.
    pub fn worst(&self) -> Option<Severity> {
        self.open().map(|alert| alert.severity).max()
    }

    /// Which of the open ones is highlighted.
    pub fn position(&self) -> usize {
        let keys: Vec<_> = self.open().map(|alert| alert.id).collect();
        self.cursor.position(keys.into_iter())
    }

    /// The highlighted one.
    pub fn highlighted(&self) -> Option<&Arc<Alert>> {
        self.open().nth(self.position())
    }

    /// The notes since that moment, the newest first.
    pub fn noted_since(&self, since: Timestamp) -> impl Iterator<Item = &Arc<AlertNote>> {
        self.notes.iter().filter(move |note| note.noted_at >= since)
    }

    /// The notes on an alert, the newest first.
    pub fn notes_on(&self, alert: Uuid) -> impl Iterator<Item = &Arc<AlertNote>> {
        self.notes.iter().filter(move |note| note.alert_id == alert)
    }

    /// Whether somebody acknowledged it.
    pub fn is_noted(&self, alert: Uuid) -> bool {
        self.noted.contains(&alert)
    }

    /// Whether a note on it is on its way.
    pub fn is_being_noted(&self, alert: Uuid) -> bool {
        self.sent.iter().any(|(_, note)| note.alert_id == alert)
    }

    /// The alert that a note is about: as it is kept here, else as the note has it.
    pub(super) fn of_note(&self, note: &AlertNote) -> Arc<Alert> {
        let kept = self.all.iter().find(|alert| alert.id == note.alert_id);
        kept.cloned().unwrap_or_else(|| {
            Arc::new(Alert {
                id: note.alert_id,
                rule: note.rule,
                severity: note.severity,
                at: note.at,
                subject: Subject::default(),
                headline: note.headline.clone(),
                figures: note.figures.clone(),
                evidence: Vec::new(),
            })
        })
    }

    /// An alert came, or more of one is known. Whether somebody should be told.
    pub(super) fn take(&mut self, alert: Arc<Alert>) -> bool {
        if let Some(front) = &mut self.front
            && front.alert.id == alert.id
        {
            front.at = front.at.min(alert.evidence.len().saturating_sub(1));
            front.alert = Arc::clone(&alert);
        }
        let id = alert.id;
        self.all.retain(|known| known.id != id);
        let order = |alert: &Alert| (Reverse(alert.severity), Reverse(alert.at), alert.id);
        let at = self.all.partition_point(|known| order(known) < order(&alert));
        self.all.insert(at, alert);
        if self.all.len() > MOST_ALERTS {
            let noted = self.all.iter().rposition(|known| self.noted.contains(&known.id));
            self.all.remove(noted.unwrap_or(MOST_ALERTS));
        }
        self.told.is_first(id) && !self.noted.contains(&id)
    }

    /// Other outlets are followed from now on: what is found of those comes again, and nobody is told twice.
    pub(super) fn forget(&mut self) {
        self.all.clear();
        self.front = None;
    }

    /// The notes as the store has them; those that it took meanwhile stay.
    pub(super) fn read(&mut self, notes: &[AlertNote]) {
        let known: HashSet<Uuid> = self.notes.iter().map(|note| note.id).collect();
        let new = notes.iter().filter(|note| !known.contains(&note.id));
        self.notes.extend(new.map(|note| Arc::new(note.clone())));
        self.settle();
    }

    fn settle(&mut self) {
        self.notes.sort_by_key(|note| (Reverse(note.noted_at), note.id));
        self.notes.truncate(MOST_NOTES);
        self.noted = self.notes.iter().map(|note| note.alert_id).collect();
    }

    /// A note goes to the store.
    pub(super) fn send(&mut self, request: RequestId, note: AlertNote) {
        self.unsent = None;
        self.sent.push((request, note));
    }

    /// The store has a note, or not. The alert's headline, where anybody waits for it.
    pub(super) fn sent(&mut self, request: RequestId, is_kept: bool) -> Option<String> {
        let at = self.sent.iter().position(|(sent, _)| *sent == request)?;
        let (_, note) = self.sent.remove(at);
        let headline = note.headline.clone();
        if is_kept {
            self.notes.push(Arc::new(note));
            self.settle();
        } else {
            self.unsent = Some((note.alert_id, note.note));
        }
        Some(headline)
    }

    /// What was said of it and did not reach the store.
    pub(super) fn unsent(&self, alert: Uuid) -> Option<&str> {
        let (id, words) = self.unsent.as_ref()?;
        (*id == alert).then_some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::supervision::RuleName;

    fn alert(id: u128, severity: Severity, second: i64) -> Arc<Alert> {
        Arc::new(Alert {
            id: Uuid::from_u128(id),
            rule: RuleName::CancelledBaskets,
            severity,
            at: Timestamp::from_second(second).unwrap(),
            subject: Subject::default(),
            headline: id.to_string(),
            figures: Vec::new(),
            evidence: Vec::new(),
        })
    }

    fn open(alerts: &Alerts) -> Vec<u128> {
        alerts.open().map(|alert| alert.id.as_u128()).collect()
    }

    #[test]
    fn the_worst_and_newest_come_first_and_nobody_is_told_twice() {
        let mut alerts = Alerts::default();
        assert!(alerts.take(alert(1, Severity::Note, 10)));
        assert!(alerts.take(alert(2, Severity::Bad, 5)));
        assert!(alerts.take(alert(3, Severity::Warn, 1)));
        assert!(alerts.take(alert(4, Severity::Warn, 2)));
        assert_eq!(open(&alerts), [2, 4, 3, 1]);
        assert!(!alerts.take(alert(3, Severity::Bad, 20)));
        assert_eq!(open(&alerts), [3, 2, 4, 1]);
        assert_eq!((alerts.pressing(), alerts.open_count()), (3, 4));
        alerts.forget();
        assert!(!alerts.take(alert(3, Severity::Bad, 20)));
        assert_eq!(open(&alerts), [3]);
    }

    #[test]
    fn whatever_comes_no_more_are_kept_than_there_is_room_for() {
        let mut alerts = Alerts::default();
        for id in 0..2 * u128::try_from(MOST_TOLD).unwrap() {
            alerts.take(alert(id, Severity::Note, i64::try_from(id).unwrap()));
        }
        alerts.take(alert(0, Severity::Bad, 0));
        assert_eq!(alerts.all.len(), MOST_ALERTS);
        assert_eq!(open(&alerts)[0], 0);
        assert_eq!((alerts.told.ids.len(), alerts.told.order.len()), (MOST_TOLD, MOST_TOLD));
    }

    #[test]
    fn an_alert_is_acknowledged_once_the_store_has_the_note() {
        let mut alerts = Alerts::default();
        let it = alert(1, Severity::Warn, 1);
        alerts.take(Arc::clone(&it));
        let note = AlertNote::on(&it, Uuid::from_u128(9), "seen", "Njeri", Timestamp::UNIX_EPOCH);
        alerts.send(RequestId(1), note.clone());
        assert_eq!((open(&alerts).len(), alerts.is_being_noted(it.id)), (1, true));
        assert_eq!(alerts.sent(RequestId(1), false), Some(String::from("1")));
        assert_eq!((open(&alerts).len(), alerts.unsent(it.id)), (1, Some("seen")));
        alerts.send(RequestId(2), note.clone());
        assert_eq!(alerts.sent(RequestId(7), true), None);
        alerts.sent(RequestId(2), true);
        assert_eq!((open(&alerts).len(), alerts.unsent(it.id)), (0, None));
        // Read again from the store, it is one note.
        alerts.read(&[note]);
        assert_eq!(alerts.noted_since(Timestamp::UNIX_EPOCH).count(), 1);
        assert!(!alerts.take(it));
    }
}
