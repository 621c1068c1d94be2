//! One `init` at a time, by a row whose expiry is judged by the database's clock.
use std::time::Duration;

use uuid::Uuid;

use super::super::engine::Engine;
use super::super::error::{EngineError, StoreError};
use crate::params;

/// How long a runner that was killed keeps the others waiting. A statement that runs longer may be run by two, which
/// is harmless: each can be repeated.
const LEASE_S: u32 = 30;

/// How often a waiting runner looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks before a waiting runner gives up: four leases.
const LOOKS: u32 = 600;

/// The right to change the schema.
pub(super) struct Lease {
    runner: Uuid,
}

impl Lease {
    /// Takes the lease, or waits for it.
    pub(super) async fn acquire(engine: &dyn Engine, runner: Uuid) -> Result<Self, StoreError> {
        let long_ago = "1970-01-01 00:00:00";
        match engine
            .execute(
                "INSERT INTO schema_lease (id, holder, expires_at) VALUES (1, '', ?)",
                params![long_ago],
            )
            .await
        {
            Ok(_) | Err(EngineError::Duplicate(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let lease = Self { runner };
        for _ in 0..LOOKS {
            if lease.take(engine).await? {
                return Ok(lease);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StoreError::Retryable {
            reason: "another rxtill is changing the schema and does not end".to_owned(),
            in_doubt: false,
        })
    }

    /// Takes it when it is free, and gives it more time when it is ours.
    async fn take(&self, engine: &dyn Engine) -> Result<bool, EngineError> {
        let dialect = engine.dialect();
        let sql = format!(
            "UPDATE schema_lease SET holder = ?, expires_at = {} WHERE id = 1 AND (holder = ? OR expires_at < {})",
            dialect.now_plus(LEASE_S),
            dialect.now()
        );
        let taken = engine.execute(&sql, params![self.runner, self.runner]).await?;
        Ok(taken == 1)
    }

    /// Gives it more time.
    ///
    /// # Errors
    /// When it ran out and another runner took it.
    pub(super) async fn renew(&self, engine: &dyn Engine) -> Result<(), StoreError> {
        if self.take(engine).await? {
            return Ok(());
        }
        Err(StoreError::Retryable {
            reason: "another rxtill has taken over the change of the schema".to_owned(),
            in_doubt: false,
        })
    }

    /// Hands it back. What fails here is mended by the expiry.
    pub(super) async fn release(self, engine: &dyn Engine) {
        let sql = format!(
            "UPDATE schema_lease SET holder = '', expires_at = {} WHERE id = 1 AND holder = ?",
            engine.dialect().now()
        );
        if let Err(error) = engine.execute(&sql, params![self.runner]).await {
            tracing::debug!(%error, "the schema lease was not handed back; it will expire");
        }
    }
}
