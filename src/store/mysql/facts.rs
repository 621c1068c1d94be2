//! What a server says about itself, for `rxtill check`.
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::super::engine::Engine;
use super::super::error::EngineError;
use super::MySqlEngine;
use crate::params;

/// What `rxtill check` wants to know of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// As the server writes it: `9.7.4-2`, `10.11.19-MariaDB`.
    pub version: String,
    /// `innodb_flush_log_at_trx_commit`: other than 1, a power cut loses committed sales (PATH 3.5).
    pub flush_log_at_trx_commit: i64,
    /// Whether the binary log is on, and `sync_binlog`: other than 1, a power cut loses events of a replica.
    pub binlog: Option<i64>,
    /// The server's clock when it answered.
    pub clock: Timestamp,
    /// How long the answer took: what `clock` can be off by.
    pub answered_in: Duration,
    /// The cipher of the connection; `None`: it is not encrypted.
    pub cipher: Option<String>,
}

pub(super) async fn ask(engine: &MySqlEngine) -> Result<ServerFacts, EngineError> {
    let asked = Instant::now();
    let clock = engine.query("SELECT UTC_TIMESTAMP(3)", params![]).await?;
    let answered_in = asked.elapsed();
    let said = engine
        .query(
            "SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog",
            params![],
        )
        .await?;
    let cipher = engine.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", params![]).await?;
    let (Some(clock), Some(said)) = (clock.first(), said.first()) else {
        return Err(EngineError::Permanent("the server answered nothing".to_owned()));
    };
    let cipher: Option<String> = cipher.first().map_or(Ok(None), |row| row.get(1))?;
    Ok(ServerFacts {
        version: said.get(0)?,
        flush_log_at_trx_commit: said.get(1)?,
        binlog: if said.get(2)? { Some(said.get(3)?) } else { None },
        clock: clock.get(0)?,
        answered_in,
        cipher: cipher.filter(|name| !name.is_empty()),
    })
}
