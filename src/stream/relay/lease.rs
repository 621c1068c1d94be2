//! The leases that a relay holds, by its own monotonic clock.
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::batch::MOST_ROWS;
use crate::domain::sale::TillId;
use crate::store::error::StoreError;
use crate::store::ports::{Lease, Outbox};

/// How long a lease is taken for.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// No produce starts with less left: it may take the broker 30 s, and the marking comes after it.
const MARGIN: Duration = Duration::from_secs(40);
/// After progress, a lease with less left is renewed.
const RENEW_BELOW: Duration = Duration::from_secs(50);

/// The right to publish a till's events, and what is under way with it.
#[derive(Debug)]
pub(super) struct Held {
    pub lease: Lease,
    /// When it ends, reckoned from before it was asked for: never later than by the database's clock.
    until: Instant,
    /// Acknowledged by the broker, not yet marked.
    pub acked: Vec<Uuid>,
    /// The most rows in the next request; halved to find a row that the broker refuses.
    pub cap: usize,
}

impl Held {
    /// Takes the till's lease; none where another holds it.
    pub(super) async fn take(outbox: &dyn Outbox, till: &TillId, holder: &str) -> Result<Option<Self>, StoreError> {
        let asked = Instant::now();
        let lease = outbox.take_lease(till, holder, seconds()).await?;
        Ok(lease.map(|lease| Self {
            lease,
            until: asked + LEASE,
            acked: Vec::new(),
            cap: MOST_ROWS as usize,
        }))
    }

    /// Whether a produce may start.
    pub(super) fn may_produce(&self) -> bool {
        self.left() >= MARGIN
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Marks what was acknowledged. False when the lease is another's by now.
    pub(super) async fn mark(&mut self, outbox: &dyn Outbox) -> Result<bool, StoreError> {
        if self.acked.is_empty() {
            return Ok(true);
        }
        let marked = outbox.mark(&self.lease, &self.acked).await?;
        let all = u64::try_from(self.acked.len()) == Ok(marked);
        self.acked.clear();
        Ok(all)
    }

    /// After progress only: a relay that cannot publish must lose its lease to one that can. False when it is lost.
    pub(super) async fn renew(&mut self, outbox: &dyn Outbox) -> Result<bool, StoreError> {
        if self.left() >= RENEW_BELOW {
            return Ok(true);
        }
        let asked = Instant::now();
        let renewed = outbox.renew_lease(&self.lease, seconds()).await?;
        if renewed {
            self.until = asked + LEASE;
        }
        Ok(renewed)
    }
}

fn seconds() -> u32 {
    u32::try_from(LEASE.as_secs()).unwrap_or(u32::MAX)
}
