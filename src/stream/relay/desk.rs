//! One request for one till: lease, rows, produce, mark.
use std::pin::pin;

use tokio::time::{Instant, sleep};

use super::batch::{LARGEST_ROW, MOST_ROWS, length, size};
use super::lease::Held;
use super::run::{RECOUNT, Relay};
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::OutboxRow;
use crate::stream::fault::{Fault, StreamError};

/// What came of serving a till.
#[derive(Debug)]
pub(super) enum Served {
    /// Nothing waits.
    Nothing,
    /// Something was done; look again at once.
    Progress,
    /// Another relay has the lease.
    HeldElsewhere,
    /// What waits is of topics that took nothing a moment ago.
    Resting,
    /// The broker did not take the rows, or did not say so.
    Refused {
        /// Why.
        error: StreamError,
        /// When the attempt began.
        began: Instant,
        /// Topic and key of the rows.
        target: (String, String),
    },
}

impl Relay {
    /// One request's worth of `till`'s events.
    pub(super) async fn serve(&mut self, till: &TillId) -> Result<Served, StoreError> {
        let Some(mut held) = self.lease_on(till).await? else {
            return if self.waits(till).await? {
                Ok(Served::HeldElsewhere)
            } else {
                self.nothing(till).await
            };
        };
        // Acknowledged but not marked, when the store went away in between.
        match held.mark(&*self.outbox).await {
            Ok(true) => {}
            Ok(false) => return Ok(Served::Progress),
            Err(error) => {
                self.held.insert(till.clone(), held);
                return Err(error);
            }
        }
        let served = self.send(&mut held).await;
        // A lease that was lost is not kept; the next look takes it again, if it can.
        if !matches!(served, Ok((_, false))) {
            self.held.insert(till.clone(), held);
        }
        served.map(|(served, _)| served)
    }

    /// The till's lease with time left for a produce: the one held, or taken now if something waits.
    async fn lease_on(&mut self, till: &TillId) -> Result<Option<Held>, StoreError> {
        if let Some(held) = self.held.remove(till)
            && (held.may_produce() || !held.acked.is_empty())
        {
            return Ok(Some(held));
        }
        if !self.waits(till).await? {
            return Ok(None);
        }
        Held::take(&*self.outbox, till, &self.identity.holder).await
    }

    /// Whether rows wait of a topic that does not rest.
    async fn waits(&self, till: &TillId) -> Result<bool, StoreError> {
        Ok(!self.waiting(till, 1).await?.is_empty())
    }

    /// The till's oldest rows of topics that do not rest.
    async fn waiting(&self, till: &TillId, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.outbox.unmarked_but(till, &self.resting.topics(till), limit).await
    }

    /// Nothing can be sent: because nothing waits, or all of it is of topics that rest.
    async fn nothing(&mut self, till: &TillId) -> Result<Served, StoreError> {
        if self.resting.has(till) && !self.outbox.unmarked(till, 1).await?.is_empty() {
            return Ok(Served::Resting);
        }
        self.resting.forget(till);
        Ok(Served::Nothing)
    }

    /// Sends the till's oldest rows; the second value says whether the lease is still ours.
    async fn send(&mut self, held: &mut Held) -> Result<(Served, bool), StoreError> {
        let till = held.lease.till.clone();
        let mut rows = self.waiting(&till, MOST_ROWS).await?;
        let Some(first) = rows.first().cloned() else {
            return Ok((self.nothing(&till).await?, true));
        };
        // Topics are numbered apart: of one of them, none is skipped and the order kept.
        rows.retain(|row| row.topic == first.topic);
        let first = &first;
        if size(first) > LARGEST_ROW {
            let reason = format!("{} bytes are too many for a record", size(first));
            return self.set_aside(held, first, &reason).await;
        }
        if !held.may_produce() {
            return Ok((Served::Progress, false));
        }
        let batch = &rows[..length(&rows, held.cap)];
        let target = (first.topic.clone(), first.key.clone());
        self.publishing();
        let began = Instant::now();
        match self.produce(batch, began).await {
            Ok(()) => {
                self.resting.taken(&till, &first.topic);
                self.broker_answered(&till, target);
                held.cap = (held.cap * 2).min(MOST_ROWS as usize);
                held.acked = batch.iter().map(|row| row.id).collect();
                let ours = held.mark(&*self.outbox).await? && held.renew(&*self.outbox).await?;
                Ok((Served::Progress, ours))
            }
            Err(error) if matches!(error.fault, Fault::TooLarge | Fault::InvalidRecord) => {
                self.broker_answered(&till, target);
                if batch.len() > 1 {
                    held.cap = batch.len() / 2;
                    return Ok((Served::Progress, true));
                }
                self.set_aside(held, first, &error.reason).await
            }
            Err(error) => {
                if error.fault.is_of_topic() {
                    self.resting.refused(&till, &first.topic);
                    if self.waits(&till).await? {
                        tracing::warn!(topic = first.topic, reason = %error, "a topic takes no events; others go on");
                        if till == self.identity.till {
                            self.trouble(error, began);
                        }
                        return Ok((Served::Progress, true));
                    }
                }
                Ok((Served::Refused { error, began, target }, true))
            }
        }
    }

    async fn set_aside(
        &mut self,
        held: &mut Held,
        row: &OutboxRow,
        reason: &str,
    ) -> Result<(Served, bool), StoreError> {
        tracing::error!(event = %row.id, till = %row.till, seq = row.seq, reason, "event set aside");
        let done = self.outbox.set_aside(&held.lease, row.id, reason).await?;
        if done {
            held.cap = MOST_ROWS as usize;
            self.count_set_aside();
        }
        Ok((Served::Progress, done))
    }

    /// Waits for the broker, and keeps the status true meanwhile.
    async fn produce(&mut self, batch: &[OutboxRow], began: Instant) -> Result<(), StreamError> {
        let producer = std::sync::Arc::clone(&self.producer);
        let mut sending = pin!(producer.produce(batch));
        loop {
            tokio::select! {
                biased;
                answer = &mut sending => return answer,
                () = sleep(RECOUNT) => self.still_sending(began).await,
            }
        }
    }
}
