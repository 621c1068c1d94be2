//! Adoption: the events of a till whose own relay does not publish them.
use std::time::Duration;

use tokio::time::Instant;

use super::desk::Served;
use super::run::Relay;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;

/// Another till's event without a valid lease is taken over when it is this old: its own relay had its chance.
pub(super) const ADOPT_AFTER: Duration = Duration::from_secs(90);
/// How often to look for such.
pub(super) const ADOPT_EVERY: Duration = Duration::from_secs(15);
/// A till whose events could not be published here is left to others for this long.
const SHUN: Duration = Duration::from_mins(5);

impl Relay {
    /// Takes a turn at another till's events that nobody publishes; whether there may be more at once.
    pub(super) async fn adopt(&mut self) -> Result<bool, StoreError> {
        let till = match self.adopted.take() {
            Some(till) => till,
            None => match self.abandoned().await? {
                Some(till) => till,
                None => return Ok(false),
            },
        };
        match self.serve(&till).await? {
            Served::Progress => {
                self.adopted = Some(till);
                Ok(true)
            }
            Served::Nothing | Served::HeldElsewhere => {
                self.hand_back(&till).await;
                Ok(false)
            }
            Served::Resting => {
                self.leave(till).await;
                Ok(false)
            }
            Served::Refused { error, .. } => {
                // Perhaps its topic alone: that must not stop this till's own events.
                tracing::warn!(%till, reason = %error, "events of another till could not be published");
                self.leave(till).await;
                Ok(false)
            }
        }
    }

    /// Leaves another till's events to others for a while.
    async fn leave(&mut self, till: TillId) {
        self.hand_back(&till).await;
        self.resting.forget(&till);
        self.shunned.insert(till, Instant::now() + SHUN);
    }

    /// The till with the oldest event that waits without a lease for too long.
    async fn abandoned(&mut self) -> Result<Option<TillId>, StoreError> {
        let now = Instant::now();
        if now < self.adopt_at {
            return Ok(None);
        }
        // Not in step with the other tills that look for the same.
        self.adopt_at = now + ADOPT_EVERY.mul_f64(0.75 + fastrand::f64() / 2.0);
        self.shunned.retain(|_, until| *until > now);
        let waiting = self.outbox.waiting().await?;
        Ok(waiting
            .into_iter()
            .filter(|w| w.till != self.identity.till && !w.leased && w.oldest > ADOPT_AFTER)
            .filter(|w| !self.shunned.contains_key(&w.till))
            .max_by_key(|w| w.oldest)
            .map(|w| w.till))
    }

    async fn hand_back(&mut self, till: &TillId) {
        if let Some(held) = self.held.remove(till)
            && let Err(error) = self.outbox.release_lease(&held.lease).await
        {
            tracing::warn!(%till, reason = %error, "a lease was not handed back; it expires");
        }
    }

    pub(super) async fn hand_back_all(&mut self) {
        self.adopted = None;
        for till in self.held.keys().cloned().collect::<Vec<_>>() {
            self.hand_back(&till).await;
        }
    }
}
