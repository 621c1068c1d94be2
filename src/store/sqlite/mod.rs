//! The engine over the till's own SQLite file: WAL, every commit fsynced, one writer, a few readers.
mod error;
mod session;
mod value;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;

use super::engine::{Dialect, Engine, Row, Transaction, Value};
use super::error::EngineError;
use super::shelf::Shelf;
use session::{Access, Session};

/// Questions outside transactions that can run side by side.
const READERS: usize = 2;

/// Whether a file, where there is one, holds something else than SQLite wrote: whoever can do without it makes it anew.
///
/// # Errors
/// When the disk does not let it be read.
pub(super) async fn is_damaged(path: &Path) -> Result<bool, EngineError> {
    let path = path.to_owned();
    let look = move || path.exists() && session::is_damaged(&path);
    tokio::task::spawn_blocking(look)
        .await
        .map_err(|ended| EngineError::retryable(ended.to_string()))
}

/// A SQLite file as a store. Transactions wait in line for the one writer; readers see what was last committed.
#[derive(Debug)]
pub struct SqliteEngine {
    path: Arc<PathBuf>,
    writer: Arc<Shelf<Connection>>,
    readers: Arc<Shelf<Connection>>,
}

impl SqliteEngine {
    /// Opens the file, and makes it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened, is no SQLite file, or cannot be put into WAL mode.
    pub async fn open(path: &Path) -> Result<Self, EngineError> {
        let engine = Self {
            path: Arc::new(path.to_owned()),
            writer: Shelf::new(1),
            readers: Shelf::new(READERS),
        };
        engine.session(Access::Write).await?;
        Ok(engine)
    }

    async fn session(&self, access: Access) -> Result<Session, EngineError> {
        let lent_by = match access {
            Access::Write => &self.writer,
            Access::Read => &self.readers,
        };
        Session::new(lent_by, Arc::clone(&self.path), access).await
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        let writer = self.session(Access::Write).await?;
        let (_, done) = writer.execute(sql, params).await?;
        Ok(done.changed)
    }

    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        let asking = self.session(Access::Read).await?;
        let (_, rows) = asking.query(sql, params).await?;
        Ok(rows)
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        let session = self.session(Access::Write).await?;
        Ok(Box::new(SqliteTransaction {
            session: Some(session.begin().await?),
            last_insert_id: 0,
            failed: None,
        }))
    }
}

/// An open transaction. Its session is away while a statement runs, and for good once one was given up half-way.
struct SqliteTransaction {
    session: Option<Session>,
    last_insert_id: i64,
    /// The first error, after which nothing may be committed (PATH 3.4).
    failed: Option<EngineError>,
}

impl SqliteTransaction {
    fn session(&mut self) -> Result<Session, EngineError> {
        self.session.take().ok_or_else(|| {
            self.failed
                .clone()
                .unwrap_or_else(|| EngineError::retryable("the transaction was given up during a statement"))
        })
    }

    fn fail(&mut self, error: EngineError) -> EngineError {
        self.failed.get_or_insert_with(|| error.clone());
        error
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        match self.session()?.execute(sql, params).await {
            Ok((session, done)) => {
                self.session = Some(session);
                self.last_insert_id = done.last_insert_id;
                Ok(done.changed)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        match self.session()?.query(sql, params).await {
            Ok((session, rows)) => {
                self.session = Some(session);
                Ok(rows)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn last_insert_id(&self) -> i64 {
        self.last_insert_id
    }

    async fn commit(mut self: Box<Self>) -> Result<(), EngineError> {
        self.session()?.commit().await
    }

    async fn rollback(self: Box<Self>) {
        // A session that is dropped rolls back.
    }
}
