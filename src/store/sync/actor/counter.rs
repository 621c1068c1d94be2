//! The clerk's sale: from the counter to an answer.
use tokio::time::Instant;

use super::{ATTEMPTS_IN_WAIT, SyncLoop, Waiter};
use crate::domain::money::Quantity;
use crate::domain::sale::SaleRecord;
use crate::store::error::{Refusal, StoreError};
use crate::store::journal::{Appended, JournalError, Opening, SaleState};
use crate::store::ports::{Recorded, StoredSale};
use crate::store::sync::{SaleAnswer, SaleOutcome, SaleRequest};

impl SyncLoop {
    pub(super) async fn sell(&mut self, request: SaleRequest) {
        self.put_event_off();
        let SaleRequest {
            agreed,
            flags,
            oversell,
            answer,
        } = request;
        let (sale_id, total) = (agreed.sale_id, agreed.total);
        let refused = |words: String| SaleAnswer {
            sale_id,
            receipt: None,
            hash: None,
            total,
            state: SaleOutcome::Refused(Refusal::Other(words)),
            repeated: false,
            below_zero: Vec::new(),
        };
        if let Some(series) = self.taken
            && !matches!(self.journal.sale(sale_id).await, Ok(Some(_)))
        {
            let till = self.journal.till();
            let words =
                format!("another machine is {till} (series {series}): this one uploads what it has, and does not sell");
            self.owed.push((answer, refused(words)));
            return self.refresh().await;
        }
        let mut queue = self.link.known_bad() || self.unsent > 0;
        let opening = if queue { Opening::Queued } else { Opening::Provisional };
        let mut appended = self.journal.append(agreed.clone(), flags.clone(), opening).await;
        if matches!(appended, Err(JournalError::Unsettled(_))) {
            // Its promise could not be written when it was given: a provisional sale that nobody waits for.
            appended = match self.journal.promise_pending().await {
                Ok(_) => {
                    queue = true;
                    Box::pin(self.journal.append(agreed.clone(), flags, Opening::Queued)).await
                }
                // What is wrong is the disk, not that sale.
                Err(error) => Err(error),
            };
        }
        if matches!(appended, Err(JournalError::Disk(_) | JournalError::Damaged(_)))
            && let Ok(Some(known)) = self.journal.sale(sale_id).await
            && known.record.document.sale.same_agreement(&agreed)
        {
            // It was recorded before; only asking for it failed.
            appended = Ok(Appended::Known(known));
        }
        match appended {
            Err(error) => self.owed.push((answer, refused(error.to_string()))),
            Ok(Appended::Known(sale)) => self.owed.push((answer, SaleAnswer::known(&sale))),
            Ok(Appended::New(record)) => {
                if queue {
                    self.owed.push((answer, SaleAnswer::of(&record, SaleOutcome::Queued)));
                } else {
                    self.waiter = Some(Waiter {
                        record,
                        oversell,
                        deadline: Instant::now() + self.options.commit_wait,
                        attempts: 0,
                        in_doubt: false,
                        answer,
                    });
                }
            }
        }
        self.refresh().await;
    }

    /// The clerk has waited long enough: the sale is a promise, and what becomes of its attempt is used later.
    pub(super) async fn give_up(&mut self, why: &str) {
        let Some(waiter) = self.waiter.take() else { return };
        tracing::info!(sale = %waiter.record.sale_id(), why, "queued");
        let answer = match self.journal.promise(waiter.record.sale_id()).await {
            Err(JournalError::NotStanding(_)) => Box::pin(self.promise_anew(&waiter.record)).await,
            promised => {
                self.marked(promised);
                SaleAnswer::of(&waiter.record, SaleOutcome::Queued)
            }
        };
        self.owed.push((waiter.answer, answer));
    }

    /// The disk failed while it kept the sale's refusal, and was read back with it: what is now promised would be lost. Its
    /// number is free, so it is kept once more.
    async fn promise_anew(&mut self, record: &SaleRecord) -> SaleAnswer {
        let (agreed, flags) = (record.document.sale.clone(), record.flags.clone());
        match self.journal.append(agreed, flags, Opening::Queued).await {
            Ok(Appended::New(record)) => SaleAnswer::of(&record, SaleOutcome::Queued),
            Ok(Appended::Known(sale)) => SaleAnswer::known(&sale),
            Err(error) => SaleAnswer::refused(record, Refusal::Other(error.to_string())),
        }
    }

    /// The comparison may have moved the clerk's sale to another series, or found it in the store.
    pub(super) async fn look_again_at_the_waiter(&mut self) {
        let Some(waiter) = &mut self.waiter else { return };
        match self.journal.sale(waiter.record.sale_id()).await {
            Ok(Some(sale)) if sale.state == SaleState::Committed => self.decide(SaleOutcome::Committed, Vec::new()),
            Ok(Some(sale)) => waiter.record = sale.record,
            Ok(None) | Err(_) => {}
        }
    }

    pub(super) async fn clerks_sale_ended(&mut self, record: &SaleRecord, result: Result<Recorded, StoreError>) {
        match result {
            Ok(recorded) => {
                let outcome = self.recorded(record, &recorded).await;
                self.decide(outcome, recorded.below_zero);
            }
            Err(StoreError::Rejected(refusal)) => self.refuse(refusal).await,
            Err(StoreError::Permanent(words)) => self.refuse(Refusal::Other(words)).await,
            Err(StoreError::Retryable { reason, in_doubt }) => {
                let Some(waiter) = &mut self.waiter else { return };
                waiter.in_doubt |= in_doubt;
                waiter.attempts += 1;
                let (attempts, deadline) = (waiter.attempts, waiter.deadline);
                if attempts < ATTEMPTS_IN_WAIT && Instant::now() + self.link.retry_soon() < deadline {
                    return;
                }
                self.failed(&reason).await;
            }
            Err(StoreError::ChainConflict(words)) => {
                self.give_up(&words).await;
                self.conflict(&words).await;
            }
        }
    }

    /// The store has a sale of that id in another place of a chain: sold before the journal was restored from an older
    /// image, or at another till. That one stands, and the number is free again.
    pub(super) async fn clerks_sale_is_elsewhere(&mut self, other: StoredSale) {
        self.link.answered();
        let Some(waiter) = &self.waiter else { return };
        let sale_id = waiter.record.sale_id();
        if !waiter.record.document.sale.same_agreement(&other.record.document.sale) {
            return self
                .refuse(Refusal::Other(JournalError::OtherContent(sale_id).to_string()))
                .await;
        }
        if waiter.in_doubt {
            return self
                .give_up("it is in the store, but an earlier attempt is in doubt")
                .await;
        }
        let reason = format!("the same sale as {}", other.record.printed());
        match self.journal.refuse(sale_id, reason).await {
            Ok(()) => {
                if let Some(waiter) = self.waiter.take() {
                    self.owed.push((waiter.answer, SaleAnswer::stored(&other)));
                }
            }
            Err(error) => {
                tracing::error!(%error, "that the sale is known could not be kept");
                self.give_up("that the sale is known could not be kept").await;
            }
        }
    }

    /// The store refused it while the clerk waits. It is refused only when no COMMIT of it is in doubt, and the mark is on
    /// the disk before the clerk reads it; else it is a promise.
    pub(super) async fn refuse(&mut self, refusal: Refusal) {
        self.link.answered();
        let Some(waiter) = &self.waiter else { return };
        if waiter.in_doubt {
            return self.give_up("refused, but an earlier attempt is in doubt").await;
        }
        let sale_id = waiter.record.sale_id();
        match self.journal.refuse(sale_id, refusal.to_string()).await {
            Ok(()) => {
                if let Some(waiter) = self.waiter.take() {
                    let refused = SaleAnswer::refused(&waiter.record, refusal);
                    self.owed.push((waiter.answer, refused));
                }
            }
            Err(error) => {
                tracing::error!(%error, "the refusal could not be kept");
                self.give_up("the refusal could not be kept").await;
            }
        }
    }

    pub(super) fn decide(&mut self, outcome: SaleOutcome, below_zero: Vec<(String, Quantity)>) {
        if let Some(waiter) = self.waiter.take() {
            let answer = SaleAnswer {
                below_zero,
                ..SaleAnswer::of(&waiter.record, outcome)
            };
            self.owed.push((waiter.answer, answer));
        }
    }
}
