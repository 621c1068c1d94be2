//! The star schema over any engine: written once, in statements that SQLite, MariaDB and MySQL all know.
pub mod adopt;
mod alert;
mod answered;
mod ask;
mod audit;
mod batch;
mod bulk;
mod catalogue;
mod chart;
pub mod dimension;
mod goods;
mod history;
pub mod import;
mod outbox;
mod parked;
pub mod past;
mod prescriber;
mod reader;
mod receipt;
mod reference;
pub mod report;
mod resolve;
mod sale;
mod series;
mod sold;
mod stock;
mod usual;

use std::sync::Arc;

pub use self::answered::InStore;
pub use self::batch::NO_BATCH;

use super::engine::{Engine, Transaction, Value};
use super::error::{EngineError, StoreError};
use super::ports::RelayMode;
use crate::params;

/// The topic of sale events where the configuration names none.
pub const SALE_TOPIC: &str = "pharmacy-sales";
/// The topic of audit events where the configuration names none.
pub const AUDIT_TOPIC: &str = "pharmacy-till-audit";

/// A store of record.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    sale_topic: String,
    audit_topic: String,
}

impl Store {
    /// Over an engine whose schema is in place (`migrate::init`).
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            sale_topic: SALE_TOPIC.to_owned(),
            audit_topic: AUDIT_TOPIC.to_owned(),
        }
    }

    /// With another topic for sale events.
    #[must_use]
    pub fn with_sale_topic(mut self, topic: &str) -> Self {
        topic.clone_into(&mut self.sale_topic);
        self
    }

    /// With another topic for audit events.
    #[must_use]
    pub fn with_audit_topic(mut self, topic: &str) -> Self {
        topic.clone_into(&mut self.audit_topic);
        self
    }

    /// The engine underneath.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Sets how the fleet relays (PATH 4.4): one value for all, kept in the database.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set_relay_mode(&self, mode: RelayMode) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        let update = "UPDATE setting SET value = ? WHERE name = 'relay'";
        if tx.execute(update, params![mode.as_str()]).await? == 0 {
            let insert = "INSERT INTO setting (name, value) VALUES ('relay', ?)";
            tx.execute(insert, params![mode.as_str()]).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// `(?, ?, …)` with `columns` marks, `rows` times, for a statement of several rows.
fn rows_of_marks(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; rows].join(", ")
}

/// `?, ?, …` with `count` marks, for IN.
fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A number of ours, which counts from 0, as a parameter.
fn number(n: u64) -> Value {
    // A till that has sold 2^63 times does not exist.
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A number that the store keeps as `n`, which is never negative.
fn counted(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Commits if all went well, rolls back if not. An error of a statement ends the attempt (PATH 3.4).
async fn finish<T, E: From<EngineError>>(tx: Box<dyn Transaction>, done: Result<T, E>) -> Result<T, E> {
    match done {
        Ok(value) => {
            tx.commit().await?;
            Ok(value)
        }
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

/// A duplicate is the work of another attempt that is just being committed: the next one finds it.
fn again_on_a_duplicate(error: EngineError) -> StoreError {
    match error {
        EngineError::Duplicate(words) => EngineError::retryable(words).into(),
        error => error.into(),
    }
}

/// What is wrong with a row that this program wrote itself.
fn damaged(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::from(EngineError::Permanent(format!("{what}: {error}")))
}
