//! The catalogue on this till's disk, so that a till which has started once starts again without any server (promise 12).
//!
//! Only for a till whose store of record is elsewhere: `catalogue.sqlite` holds nothing that the store does not have. A
//! file that is no database, or a damaged one, is put aside; a row that this version cannot read is left out, and everything asked for anew.
mod stock;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::stock::StockCache;
use super::engine::{Engine as _, Row, Transaction, Value};
use super::error::{EngineError, StoreError};
use super::sqlite::{SqliteEngine, is_damaged};
use crate::domain::catalogue::CatalogueChanges;
use crate::params;

/// Rows a statement: far below the number of parameters that SQLite takes.
const ROWS_A_STATEMENT: usize = 500;

/// The kinds of rows, by the fields of [`CatalogueChanges`].
const DRUG: i64 = 1;
const DOCTOR: i64 = 2;
const EMPLOYEE: i64 = 3;
const OUTLET: i64 = 4;
const TENDER: i64 = 5;
const TAX: i64 = 6;

/// The kept catalogue.
#[derive(Debug)]
pub struct CatalogueCache {
    engine: Arc<SqliteEngine>,
}

/// A row as it is kept.
struct Kept {
    kind: i64,
    id: i64,
    json: String,
}

impl CatalogueCache {
    /// Opens `catalogue.sqlite` in the data folder, and makes it when it is missing.
    ///
    /// # Errors
    /// When the file can be neither opened nor made.
    pub async fn open(data_folder: &Path) -> Result<Self, StoreError> {
        let path = data_folder.join("catalogue.sqlite");
        put_aside_what_is_damaged(&path).await?;
        let engine = Arc::new(SqliteEngine::open(&path).await?);
        for table in stock::TABLES.into_iter().chain([
            "CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, n INTEGER NOT NULL) STRICT",
            "CREATE TABLE IF NOT EXISTS kept (kind INTEGER NOT NULL, id INTEGER NOT NULL, json TEXT NOT NULL,
             PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID",
        ]) {
            engine.execute(table, params![]).await?;
        }
        Ok(Self { engine })
    }

    /// What is kept beside it of stock and batches.
    pub fn stock(&self) -> StockCache {
        StockCache::new(Arc::clone(&self.engine))
    }

    /// Everything that is kept, as a full answer of the store; its epoch is nil when nothing is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load(&self) -> Result<CatalogueChanges, StoreError> {
        // The head first: a save in between is then asked for once more, not missed.
        let head = self.engine.query("SELECT epoch, n FROM head", params![]).await?;
        let sql = "SELECT kind, json FROM kept ORDER BY kind, id";
        let rows = self.engine.query(sql, params![]).await?;
        let (mut changes, whole) = tokio::task::spawn_blocking(move || parse(&rows))
            .await
            .map_err(|ended| EngineError::retryable(ended.to_string()))??;
        if let Some(head) = head.first().filter(|_| whole) {
            changes.epoch = head.get(0)?;
            changes.n = head.get(1)?;
        }
        Ok(changes)
    }

    /// Takes in what changed, in one transaction with its number.
    ///
    /// # Errors
    /// When the file cannot be written: what was kept before stays.
    pub async fn save(&self, changes: &CatalogueChanges) -> Result<(), StoreError> {
        let kept = rows_of(changes)?;
        let mut tx = self.engine.begin().await?;
        write(&mut *tx, changes, &kept).await?;
        Ok(tx.commit().await?)
    }
}

async fn write(tx: &mut dyn Transaction, changes: &CatalogueChanges, kept: &[Kept]) -> Result<(), EngineError> {
    if changes.full {
        tx.execute("DELETE FROM kept", params![]).await?;
    } else if !changes.taxes.is_empty() {
        tx.execute("DELETE FROM kept WHERE kind = ?", params![TAX]).await?;
    }
    for rows in kept.chunks(ROWS_A_STATEMENT) {
        let marks = vec!["(?, ?, ?)"; rows.len()].join(", ");
        let sql = format!(
            "INSERT INTO kept (kind, id, json) VALUES {marks} ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json"
        );
        let values: Vec<Value> = rows
            .iter()
            .flat_map(|row| params![row.kind, row.id, &row.json])
            .collect();
        tx.execute(&sql, values).await?;
    }
    tx.execute("DELETE FROM head", params![]).await?;
    let head = "INSERT INTO head (id, epoch, n) VALUES (1, ?, ?)";
    tx.execute(head, params![changes.epoch, changes.n]).await?;
    Ok(())
}

fn rows_of(changes: &CatalogueChanges) -> Result<Vec<Kept>, EngineError> {
    let mut kept = Vec::with_capacity(changes.drugs.len() + 100);
    for row in &changes.drugs {
        kept.push(keep(DRUG, row.id, row)?);
    }
    for row in &changes.doctors {
        kept.push(keep(DOCTOR, row.id, row)?);
    }
    for row in &changes.employees {
        kept.push(keep(EMPLOYEE, row.id, row)?);
    }
    for row in &changes.outlets {
        kept.push(keep(OUTLET, row.id, row)?);
    }
    for row in &changes.tenders {
        kept.push(keep(TENDER, row.id, row)?);
    }
    for (position, row) in (0..).zip(&changes.taxes) {
        kept.push(keep(TAX, position, row)?);
    }
    Ok(kept)
}

fn keep(kind: i64, id: i64, row: &impl Serialize) -> Result<Kept, EngineError> {
    let json = serde_json::to_string(row).map_err(|e| EngineError::Permanent(e.to_string()))?;
    Ok(Kept { kind, id, json })
}

/// The rows, and whether every one of them could be read.
fn parse(rows: &[Row]) -> Result<(CatalogueChanges, bool), EngineError> {
    let mut whole = true;
    let mut changes = CatalogueChanges {
        full: true,
        ..CatalogueChanges::default()
    };
    for row in rows {
        let json: String = row.get(1)?;
        let read = match row.get::<i64>(0)? {
            DRUG => put(&mut changes.drugs, &json),
            DOCTOR => put(&mut changes.doctors, &json),
            EMPLOYEE => put(&mut changes.employees, &json),
            OUTLET => put(&mut changes.outlets, &json),
            TENDER => put(&mut changes.tenders, &json),
            TAX => put(&mut changes.taxes, &json),
            _ => false,
        };
        whole &= read;
    }
    Ok((changes, whole))
}

fn put<T: DeserializeOwned>(rows: &mut Vec<T>, json: &str) -> bool {
    serde_json::from_str(json).map(|row| rows.push(row)).is_ok()
}

/// Renames a file that is no database, or a damaged one, so that a new one can be made.
pub(super) async fn put_aside_what_is_damaged(path: &Path) -> Result<(), EngineError> {
    if !is_damaged(path).await? {
        return Ok(());
    }
    tracing::warn!(file = %path.display(), "it is damaged, and made anew");
    let path: PathBuf = path.to_owned();
    let put_aside = move || -> std::io::Result<()> {
        std::fs::rename(&path, path.with_extension("sqlite.unreadable"))?;
        // What SQLite keeps beside a file is that file's: beside a new one it would be taken for its own.
        for beside in ["sqlite-wal", "sqlite-shm"] {
            match std::fs::remove_file(path.with_extension(beside)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    };
    tokio::task::spawn_blocking(put_aside)
        .await
        .map_err(|ended| EngineError::retryable(ended.to_string()))?
        .map_err(|e| EngineError::retryable(e.to_string()))
}
