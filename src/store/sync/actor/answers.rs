//! What an answer of the store means.
use tokio::time::Instant;

use super::{Answer, Attempt, InFlight, SyncLoop};
use crate::domain::sale::SaleRecord;
use crate::store::error::StoreError;
use crate::store::ports::{Oversell, Recorded};
use crate::store::sync::connect::{ConnectError, Connected};
use crate::store::sync::{Notice, SaleOutcome};

impl SyncLoop {
    pub(super) async fn answered(&mut self, answer: Answer) {
        let Some(InFlight { attempt, .. }) = self.in_flight.take() else {
            return;
        };
        self.next_probe = Instant::now() + self.options.probe;
        match (attempt, answer) {
            (_, Answer::Connect(result)) => self.connect_ended(result).await,
            (Attempt::Commit { record, oversell }, Answer::Store(result)) => {
                if self.is_waited_for(&record) {
                    self.clerks_sale_ended(&record, result).await;
                } else {
                    self.queued_sale_ended(record, oversell, result).await;
                }
            }
            (Attempt::Commit { record, .. }, Answer::Elsewhere(other)) => {
                if self.is_waited_for(&record) {
                    self.clerks_sale_is_elsewhere(*other).await;
                } else {
                    self.instead = Some(Attempt::SetApart { record, other });
                }
            }
            (Attempt::Park { record, reason }, Answer::Store(result)) => {
                self.parking_ended(&record, reason, result).await;
            }
            (Attempt::SetApart { record, other }, Answer::Store(result)) => {
                let reason = format!("another sale has its id: {}", other.record.printed());
                self.parking_ended(&record, reason, result).await;
            }
            (Attempt::AddDoctor { doctor }, Answer::Doctor(result)) => self.doctor_ended(doctor, result).await,
            (Attempt::KeepEvent { record }, Answer::Event(result)) => self.event_ended(&record, result).await,
            (_, Answer::Compared(result)) => self.events_compared(result),
            // No other pairs are made.
            (_, Answer::Store(_) | Answer::Elsewhere(_) | Answer::Doctor(_) | Answer::Event(_)) => {}
        }
        self.refresh().await;
    }

    fn is_waited_for(&self, record: &SaleRecord) -> bool {
        let waiter = self.waiter.as_ref();
        waiter.is_some_and(|waiter| waiter.record.sale_id() == record.sale_id())
    }

    pub(super) async fn connect_ended(&mut self, result: Result<Connected, ConnectError>) {
        match result {
            Ok(connected) => {
                self.connected = true;
                self.events.compared = false;
                if self.conflicts == 0 {
                    self.link.answered();
                }
                self.apply(connected);
                self.look_again_at_the_waiter().await;
            }
            Err(ConnectError::Store(StoreError::Retryable { reason, .. })) => self.failed(&reason).await,
            Err(error) => self.failed(&error.to_string()).await,
        }
    }

    pub(super) async fn queued_sale_ended(
        &mut self,
        record: SaleRecord,
        oversell: Oversell,
        result: Result<Recorded, StoreError>,
    ) {
        match result {
            Ok(recorded) => {
                self.recorded(&record, &recorded).await;
                if !recorded.below_zero.is_empty() {
                    let receipt = record.printed();
                    self.notify(Notice::QueuedSaleOversold {
                        receipt,
                        below_zero: recorded.below_zero,
                    });
                }
                if let Some(why) = recorded.too_much_back {
                    let receipt = record.printed();
                    self.notify(Notice::ReturnedTooMuch { receipt, why });
                }
                if !recorded.used_before.is_empty() {
                    self.notify(Notice::ReferenceRepeated {
                        receipt: record.printed(),
                        used_before: recorded.used_before,
                    });
                }
            }
            // The clerk has gone: it happened, and is recorded as it was.
            Err(StoreError::Rejected(_)) if oversell != Oversell::Record => self.link.answered(),
            Err(StoreError::Rejected(refusal)) => {
                let reason = refusal.to_string();
                self.instead = Some(Attempt::Park { record, reason });
            }
            Err(StoreError::Permanent(reason)) => self.instead = Some(Attempt::Park { record, reason }),
            Err(StoreError::Retryable { reason, .. }) => self.failed(&reason).await,
            Err(StoreError::ChainConflict(words)) => self.conflict(&words).await,
        }
    }

    pub(super) async fn parking_ended(
        &mut self,
        record: &SaleRecord,
        reason: String,
        result: Result<Recorded, StoreError>,
    ) {
        match result {
            Ok(recorded) => {
                self.link.answered();
                self.conflicts = 0;
                // An earlier attempt, thought lost, may have been committed as a whole; or the sale is in the store in
                // another place, and only its number was kept here.
                if !recorded.parked {
                    let marked = self.journal.committed(record.sale_id()).await;
                    return self.marked(marked);
                }
                let marked = self.journal.parked(record.sale_id(), reason.clone()).await;
                self.marked(marked);
                self.notify(Notice::Parked {
                    receipt: record.printed(),
                    reason,
                });
            }
            Err(StoreError::ChainConflict(words)) => self.conflict(&words).await,
            Err(StoreError::Retryable { reason, .. }) => self.failed(&reason).await,
            // It cannot even be kept as it is: the database is not fit, and is tried again from the beginning.
            Err(error) => self.failed(&error.to_string()).await,
        }
    }

    /// It is in the store; how.
    pub(super) async fn recorded(&mut self, record: &SaleRecord, recorded: &Recorded) -> SaleOutcome {
        self.link.answered();
        self.conflicts = 0;
        let sale_id = record.sale_id();
        if recorded.parked {
            let reason = "parked earlier".to_owned();
            let marked = self.journal.parked(sale_id, reason.clone()).await;
            self.marked(marked);
            return SaleOutcome::Parked(reason);
        }
        let marked = self.journal.committed(sale_id).await;
        self.marked(marked);
        SaleOutcome::Committed
    }

    /// The store's chain is not the journal's: compare at once, but not for ever.
    pub(super) async fn conflict(&mut self, words: &str) {
        self.connected = false;
        self.conflicts += 1;
        if self.conflicts > 1 {
            self.failed(words).await;
        }
    }

    /// The database could not: nobody waits for it now, and it is asked again later.
    pub(super) async fn failed(&mut self, reason: &str) {
        self.connected = false;
        self.link.failed(self.clock.now(), reason);
        self.give_up(reason).await;
    }
}
