//! A borrowed connection, and what runs on it, off the async threads.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::super::engine::{Row, Value};
use super::super::error::EngineError;
use super::super::shelf::{Place, Shelf};
use super::error::{engine_error, is_unfit};
use super::value::{row, to_sql};

/// How long another program (a headless verb beside the till) may hold the file before a statement gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Statements kept prepared on each connection: more than the store has.
const STATEMENT_CACHE: usize = 128;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The one that changes the file.
    Write,
    /// Those that only ask; SQLite refuses a change on them.
    Read,
}

/// What a statement did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    /// Rows inserted, found by UPDATE, or deleted.
    pub changed: u64,
    /// The connection's last row number.
    pub last_insert_id: i64,
}

/// A connection on loan. Dropped, it rolls back what is open and goes back to the shelf, wherever that happens: also
/// when the caller gave up while a statement was running.
pub(super) struct Session {
    lent: Option<(Place<Connection>, Connection)>,
    /// After a failed write or fsync the connection is closed instead, and the file is opened anew (PATH 1.5).
    unfit: bool,
}

impl Session {
    /// Waits for a connection of `shelf`, or opens one.
    pub(super) async fn new(
        shelf: &Arc<Shelf<Connection>>,
        path: Arc<PathBuf>,
        access: Access,
    ) -> Result<Self, EngineError> {
        let (place, idle) = shelf.take().await?;
        let connection = match idle {
            Some(connection) => connection,
            None => off_thread(move || open(&path, access).map_err(|e| engine_error(&e))).await?,
        };
        Ok(Self {
            lent: Some((place, connection)),
            unfit: false,
        })
    }

    /// Runs one statement. After an error the session is gone, and with it its transaction.
    pub(super) async fn execute(self, sql: &str, params: Vec<Value>) -> Result<(Self, Done), EngineError> {
        let params = to_sql(params)?;
        let sql = sql.to_owned();
        self.run(move |connection| {
            let changed = connection.prepare_cached(&sql)?.execute(params_from_iter(params))?;
            Ok(Done {
                changed: changed as u64,
                last_insert_id: connection.last_insert_rowid(),
            })
        })
        .await
    }

    /// Asks one question. After an error the session is gone, and with it its transaction.
    pub(super) async fn query(self, sql: &str, params: Vec<Value>) -> Result<(Self, Vec<Row>), EngineError> {
        let params = to_sql(params)?;
        let sql = sql.to_owned();
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let width = statement.column_count();
            statement
                .query_map(params_from_iter(params), |found| row(found, width))?
                .collect()
        })
        .await
    }

    /// Begins a transaction that may write at once, so that it never has to give way later.
    pub(super) async fn begin(self) -> Result<Self, EngineError> {
        let (session, ()) = self.run(|c| c.execute_batch("BEGIN IMMEDIATE")).await?;
        Ok(session)
    }

    /// Commits. An I/O error leaves it unknown whether the last frame reached the disk.
    pub(super) async fn commit(self) -> Result<(), EngineError> {
        let commit = |c: &mut Connection| match c.execute_batch("COMMIT") {
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) => {
                Ok(Err(EngineError::InDoubt(e.to_string())))
            }
            other => other.map(Ok),
        };
        let (mut session, outcome) = self.run(commit).await?;
        session.unfit |= outcome.is_err();
        outcome
    }

    async fn run<R: Send + 'static>(
        self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<(Self, R), EngineError> {
        let mut session = self;
        off_thread(move || {
            let Some((_, connection)) = session.lent.as_mut() else {
                return Err(EngineError::retryable("the connection was closed"));
            };
            match work(connection) {
                Ok(result) => Ok((session, result)),
                Err(error) => {
                    session.unfit = is_unfit(&error);
                    drop(session);
                    Err(engine_error(&error))
                }
            }
        })
        .await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some((place, connection)) = self.lent.take() else {
            return;
        };
        // A rollback in WAL mode forgets pages in memory; it does not wait for the disk.
        let whole = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        if whole && !self.unfit {
            place.put_back(connection);
        }
    }
}

async fn off_thread<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, EngineError> + Send + 'static,
) -> Result<R, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|ended| Err(EngineError::retryable(ended.to_string())))
}

/// Whether SQLite says of a file that it is damaged; not, where it does not get to look.
pub(super) fn is_damaged(path: &Path) -> bool {
    let looked = open(path, Access::Read)
        .and_then(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    match looked {
        Ok(found) => found != "ok",
        Err(error) => matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        ),
    }
}

fn open(path: &Path, access: Access) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an fsync alone stops in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    if access == Access::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}
