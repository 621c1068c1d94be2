//! Notes on alerts: written by whoever acknowledges one, and read by everybody who sees alerts.
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::app::Message;
use crate::app::status::{Database, Status};
use crate::domain::clock::Clock;
use crate::domain::supervision::AlertNote;
use crate::store::star::Store;

/// An answer of the store that takes longer is none.
const ANSWER: Duration = Duration::from_secs(5);
/// Notes of so long ago are read: an alert is of a day, and its day may end late elsewhere.
const SINCE: SignedDuration = SignedDuration::from_hours(72);

/// Keeps a note in the store.
///
/// # Errors
/// In words, when it is not known to be there.
pub async fn note(store: &Store, note: &AlertNote) -> Result<(), String> {
    match timeout(ANSWER, store.note_alert(note)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(String::from("the database does not answer")),
    }
}

/// Who is told of notes.
pub struct Listeners {
    /// The screen.
    pub news: mpsc::Sender<Message>,
    /// Supervision: which alerts are acknowledged.
    pub acknowledged: watch::Sender<Arc<Vec<Uuid>>>,
    /// Whether the screen is also to be told by this how the database stands: a till is told by its sync.
    pub tells_status: bool,
    /// How often the notes of others are looked for.
    pub every: Duration,
}

/// Tells the notes on alerts as they change; `written` is notified when one was written here. Ends when nobody listens.
pub async fn tell_notes(store: Store, clock: Arc<dyn Clock>, written: Arc<Notify>, to: Listeners) {
    let mut told: Arc<Vec<AlertNote>> = Arc::default();
    let mut away: Option<Timestamp> = None;
    while !to.news.is_closed() {
        let since = clock.now().saturating_sub(SINCE).unwrap_or(Timestamp::MIN);
        let database = match timeout(ANSWER, store.alert_notes(since)).await {
            Ok(Ok(notes)) => {
                away = None;
                if notes != *told {
                    told = Arc::new(notes);
                    to.acknowledged
                        .send_replace(Arc::new(told.iter().map(|note| note.alert_id).collect()));
                    if to.news.send(Message::AlertNotesRead(Arc::clone(&told))).await.is_err() {
                        return;
                    }
                }
                Database::Up
            }
            failed => {
                tracing::debug!(?failed, "the notes on alerts were not read");
                let since = *away.get_or_insert_with(|| clock.now());
                Database::Away { since }
            }
        };
        if to.tells_status {
            let status = Status {
                database,
                ..Status::default()
            };
            if to.news.send(Message::StatusChanged(Box::new(status))).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = sleep(to.every) => {}
            () = written.notified() => {}
            () = to.news.closed() => {}
        }
    }
}
