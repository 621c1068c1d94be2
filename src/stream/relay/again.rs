//! Sending events of a till again that the topic has lost, under the till's lease like a relay (PATH 4.2, 5.6).
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::batch::{MOST_ROWS, length};
use super::lease::{Held, LEASE};
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Outbox, OutboxRow};
use crate::stream::backoff::Backoff;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::producer::Producer;

/// How often to ask for a lease that another has.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// A lease of a relay that has gone runs out within this.
pub const PATIENCE: Duration = LEASE.saturating_add(Duration::from_secs(10));

/// Why events were not sent again.
#[derive(Debug, Error)]
pub enum NotSent {
    /// The store did not answer.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The brokers did not take them.
    #[error("the brokers: {0}")]
    Stream(#[from] StreamError),
    /// A relay publishes the till's events.
    #[error("its events are published by another relay at this moment; run it again when that till is quiet or closed")]
    Leased,
}

/// The right to send a till's events again.
pub struct Again<'a> {
    outbox: &'a dyn Outbox,
    producer: &'a dyn Producer,
    held: Held,
}

impl<'a> Again<'a> {
    /// Takes the till's lease as `holder`, once whoever has it lets it go, within `patience`.
    ///
    /// # Errors
    /// When it stays another's, or the store does not answer.
    pub async fn take(
        (outbox, producer): (&'a dyn Outbox, &'a dyn Producer),
        till: &TillId,
        holder: &str,
        patience: Duration,
    ) -> Result<Self, NotSent> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(held) = Held::take(outbox, till, holder).await? {
                return Ok(Self { outbox, producer, held });
            }
            if Instant::now() + ASK_AGAIN > deadline {
                return Err(NotSent::Leased);
            }
            sleep(ASK_AGAIN).await;
        }
    }

    /// Sends `rows` of the till in their order. After an error some of the first may have been written; sending all of them
    /// again only repeats.
    ///
    /// # Errors
    /// When they were not all acknowledged.
    pub async fn send(&mut self, mut rows: &[OutboxRow]) -> Result<(), NotSent> {
        let mut backoff = Backoff::default();
        while !rows.is_empty() {
            if !self.held.may_produce() {
                // Whatever took so long, another may publish the till's events by now.
                let lease = &self.held.lease;
                let again = Held::take(self.outbox, &lease.till, &lease.holder).await?;
                self.held = again.ok_or(NotSent::Leased)?;
            }
            let batch = &rows[..length(rows, self.held.cap)];
            match self.producer.produce(batch).await {
                Ok(()) => {
                    rows = &rows[batch.len()..];
                    backoff.reset();
                    self.held.cap = (self.held.cap * 2).min(MOST_ROWS as usize);
                    // After progress only, like a relay.
                    if !self.held.renew(self.outbox).await? {
                        return Err(NotSent::Leased);
                    }
                }
                Err(error) if is_too_much(&error) && batch.len() > 1 => self.held.cap = batch.len() / 2,
                Err(error) if is_too_much(&error) => return Err(error.into()),
                Err(error) => {
                    let pause = backoff.pause();
                    sleep(pause).await;
                    if !self.held.may_produce() {
                        return Err(error.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Hands the lease back.
    pub async fn end(self) {
        if let Err(error) = self.outbox.release_lease(&self.held.lease).await {
            tracing::warn!(till = %self.held.lease.till, reason = %error, "a lease was not handed back; it expires");
        }
    }
}

fn is_too_much(error: &StreamError) -> bool {
    matches!(error.fault, Fault::TooLarge | Fault::InvalidRecord)
}
