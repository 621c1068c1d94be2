//! What a supervisor's program keeps on its own disk: how far it has read the stream and what it has learnt, as one piece.
//!
//! `watch.sqlite` holds nothing that the topics do not have. One row, replaced in one transaction: after a kill it is the
//! one before or the one after, never a mixture.
use std::path::Path;

use super::engine::Engine as _;
use super::error::StoreError;
use super::sqlite::SqliteEngine;
use crate::params;

/// The kept piece.
#[derive(Debug)]
pub struct KeptWatch {
    engine: SqliteEngine,
}

impl KeptWatch {
    /// Opens `watch.sqlite` in the data folder, and makes it when it is missing.
    ///
    /// # Errors
    /// When the file can be neither opened nor made.
    pub async fn open(data_folder: &Path) -> Result<Self, StoreError> {
        let path = data_folder.join("watch.sqlite");
        super::cache::put_aside_what_is_damaged(&path).await?;
        let engine = SqliteEngine::open(&path).await?;
        let table =
            "CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL) STRICT";
        engine.execute(table, params![]).await?;
        Ok(Self { engine })
    }

    /// What was kept last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.engine.query("SELECT bytes FROM kept", params![]).await?;
        Ok(rows.first().map(|row| row.get(0)).transpose()?)
    }

    /// Keeps this in place of what was kept.
    ///
    /// # Errors
    /// When the file cannot be written: what was kept before stays.
    pub async fn save(&self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        tx.execute("DELETE FROM kept", params![]).await?;
        tx.execute("INSERT INTO kept (id, bytes) VALUES (1, ?)", params![bytes])
            .await?;
        Ok(tx.commit().await?)
    }
}
