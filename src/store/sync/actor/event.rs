//! Audit events: on the disk at once, in the store when nothing else waits for it. No sale waits for one, nor for what is
//! wrong with one: their failures are counted apart from the link's.
use tokio::time::Instant;

use super::{Attempt, FAILURES_IN_DRAIN, SyncLoop};
use crate::domain::audit::AuditRecord;
use crate::store::error::StoreError;
use crate::store::journal::{Journal, JournalError};
use crate::store::ports::{KeptEvent, SaleStore};
use crate::store::sync::pauses::Pauses;
use crate::store::sync::{NoteRequest, Notice};

/// How the upload of audit events stands.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Those that are not in the store.
    pub(super) unsent: u64,
    /// Whether the store has all that the journal says it has, since the last connect.
    pub(super) compared: bool,
    /// After its failures.
    pauses: Pauses,
}

impl Events {
    /// Whether one may be uploaded, or compared, now.
    fn are_due(&self) -> bool {
        let wanted = self.unsent > 0 || !self.compared;
        wanted && self.pauses.rest().is_none()
    }

    /// When the next one may be uploaded, if any waits.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.pauses.not_before().filter(|_| self.unsent > 0 || !self.compared)
    }

    /// Somebody wants it tried now.
    pub(super) fn ask_now(&mut self) {
        self.pauses.end();
    }

    /// Whether it failed so often that nobody should wait for it.
    pub(super) fn are_stuck(&self) -> bool {
        self.pauses.failures() >= FAILURES_IN_DRAIN
    }
}

impl SyncLoop {
    /// Keeps one, and says so.
    pub(super) async fn note(&mut self, request: NoteRequest) {
        let kept = self.journal.note(request.event_id, *request.noted).await.map(drop);
        if let Err(error) = &kept {
            tracing::error!(%error, "an audit event could not be kept");
        }
        // Whoever waits may have gone; what was kept stands.
        let _ = request.answer.send(kept);
        self.refresh().await;
    }

    /// The next step with audit events, where one is due. Whether there was one.
    pub(super) async fn begin_next_event(&mut self) -> bool {
        if !self.events.are_due() {
            return false;
        }
        if !self.events.compared {
            self.begin(Attempt::CompareEvents);
            return true;
        }
        match self.journal.next_unsent_event().await {
            Ok(Some(record)) => {
                self.begin(Attempt::KeepEvent {
                    record: Box::new(record),
                });
                return true;
            }
            Ok(None) => self.events.unsent = 0,
            Err(error) => {
                tracing::error!(%error, "the audit events could not be read");
                self.events.pauses.failed(self.options.backoff);
            }
        }
        false
    }

    pub(super) async fn event_ended(&mut self, record: &AuditRecord, result: Result<KeptEvent, StoreError>) {
        match result {
            Ok(kept @ (KeptEvent::Known | KeptEvent::Kept { .. })) => {
                self.link.answered();
                self.events.ask_now();
                let marked = self.journal.event_uploaded(record.event_id).await;
                self.marked(marked);
                if let KeptEvent::Kept { after } = kept {
                    self.look_between(record, after).await;
                }
            }
            Ok(KeptEvent::Elsewhere { there, newest }) => {
                self.link.answered();
                self.events.ask_now();
                tracing::warn!(?there, "an audit event is in the store under another number");
                let marked = self.journal.event_elsewhere(record, there, newest).await;
                self.marked(marked);
            }
            Ok(KeptEvent::NumberTaken { newest }) => {
                self.link.answered();
                tracing::warn!(series = record.place.series, newest, "audit events get other numbers");
                let marked = self.journal.renumber_events(record.place.series, newest).await;
                self.marked(marked);
            }
            Err(StoreError::Retryable { reason, .. }) => {
                tracing::debug!(reason, "an audit event was not uploaded");
                self.events.pauses.failed(self.options.backoff);
            }
            // One bad record does not hold up the next.
            Err(error) => {
                self.link.answered();
                let reason = error.to_string();
                let marked = self.journal.event_parked(record.event_id, reason.clone()).await;
                self.marked(marked);
                self.notify(Notice::EventParked {
                    kind: record.noted.happening.kind().to_owned(),
                    reason,
                });
            }
        }
    }

    /// A sale comes: it does not wait for an audit event that is on its way. That one is tried again, and known by its id.
    pub(super) fn put_event_off(&mut self) {
        let is_event = |attempt: &Attempt| matches!(attempt, Attempt::CompareEvents | Attempt::KeepEvent { .. });
        self.in_flight.take_if(|in_flight| is_event(&in_flight.attempt));
    }

    /// The store had events up to number `after` when it took this one: what the journal thinks is there between was lost.
    async fn look_between(&mut self, record: &AuditRecord, after: u64) {
        let place = &record.place;
        if after + 1 < place.seq {
            let again = self.journal.unsend_events(place.series, after, Some(place.seq)).await;
            self.marked(again.map(drop));
        }
    }

    pub(super) fn events_compared(&mut self, result: Result<u64, CompareError>) {
        match result {
            Ok(again) => {
                self.link.answered();
                self.events.ask_now();
                self.events.compared = true;
                if again > 0 {
                    tracing::warn!(
                        events = again,
                        "the store had lost audit events: they are uploaded again"
                    );
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the audit events were not compared");
                self.events.pauses.failed(self.options.backoff);
            }
        }
    }
}

/// Why events were not compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompareError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What the store has lost (a backup was restored) is unsent again; how many events that is.
pub(super) async fn compare(journal: &Journal, store: &dyn SaleStore) -> Result<u64, CompareError> {
    let newest = store.newest_events(journal.till()).await?;
    let mut again = 0;
    for chain in journal.chains().await? {
        let has = newest.iter().find(|(series, _)| *series == chain.series);
        again += journal
            .unsend_events(chain.series, has.map_or(0, |(_, seq)| *seq), None)
            .await?;
    }
    Ok(again)
}
