//! The file: opening, its settings, its format, and reading it back.
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use uuid::Uuid;

use super::error::JournalError;
use super::look;
use crate::domain::chain::Hash;
use crate::domain::clock::Clock;
use crate::domain::sale::{SaleRecord, TillId};

/// The journal's name in the data folder.
pub(super) const FILE: &str = "journal.sqlite";
/// Each migration takes the format from its index to the next.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../../sql/journal/0001.sql"),
    include_str!("../../../sql/journal/0002.sql"),
    include_str!("../../../sql/journal/0003.sql"),
];
/// All statements that a sale needs stay prepared: the library keeps 16, and each sale would prepare some anew.
const STATEMENTS: usize = 64;
/// Only a reader's checkpoint can be in the way, and not for long.
const BUSY: Duration = Duration::from_secs(5);

/// How the file was left before it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// The till was closed.
    Closed,
    /// The till was killed, or the power went: it is looked at whole.
    Killed,
    /// A write or an fsync failed (PATH 1.5).
    Failed,
}

/// Opens the file for writing, makes or upgrades it, and reads its end back.
pub(super) fn open(dir: &Path, till: &TillId, clock: &dyn Clock, left: Left) -> Result<Connection, JournalError> {
    let path = dir.join(FILE);
    let fresh = !path.exists();
    let mut connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(JournalError::Disk(format!(
            "the data folder's file system cannot keep a journal (mode {mode})"
        )));
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;",
    )?;
    upgrade(&mut connection)?;
    claim(&mut connection, till, clock)?;
    if fresh {
        sync_folder(dir)?;
    }
    if left != Left::Closed {
        check(&connection)?;
    }
    read_back(&connection)?;
    Ok(connection)
}

/// Opens the file for reading, beside an open till.
pub(super) fn open_to_read(dir: &Path) -> Result<Connection, JournalError> {
    let path = dir.join(FILE);
    if !path.exists() {
        return Err(JournalError::Absent);
    }
    let connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    let format = format(&connection)?;
    if format == 0 {
        return Err(JournalError::Absent);
    }
    refuse_newer(format)?;
    Ok(connection)
}

fn format(connection: &Connection) -> Result<i64, JournalError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn refuse_newer(format: i64) -> Result<usize, JournalError> {
    match usize::try_from(format) {
        Ok(known) if known <= MIGRATIONS.len() => Ok(known),
        _ => Err(JournalError::Newer(format)),
    }
}

fn upgrade(connection: &mut Connection) -> Result<(), JournalError> {
    let from = refuse_newer(format(connection)?)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The journal is one till's; the first opening writes whose, and mints the installation's id (PATH 2.4).
fn claim(connection: &mut Connection, till: &TillId, clock: &dyn Clock) -> Result<(), JournalError> {
    let transaction = connection.transaction()?;
    match look::meta(&transaction, look::TILL)? {
        Some(found) if found == till.as_str() => {}
        Some(found) => {
            return Err(JournalError::OtherTill {
                found,
                asked: till.to_string(),
            });
        }
        None => {
            let mut insert = transaction.prepare("INSERT INTO meta (name, value) VALUES (?, ?)")?;
            insert.execute((look::TILL, till.as_str()))?;
            // Random, not time-ordered, would do as well; one mint is enough.
            let installation: Uuid = clock.new_id();
            insert.execute((look::INSTALLATION, installation.to_string()))?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The whole file: it takes a second for a hundred thousand sales, so it is kept for when there is a reason.
fn check(connection: &Connection) -> Result<(), JournalError> {
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check == "ok" {
        Ok(())
    } else {
        Err(JournalError::Damaged(check))
    }
}

/// The end of the current series must be what was written: its bytes give its hash, and it hangs on the one before.
fn read_back(connection: &Connection) -> Result<(), JournalError> {
    let Some(last) = look::last_sale(connection)? else {
        return Ok(());
    };
    let record = last.record;
    let before: Option<Hash> = match record.document.number {
        1 => look::chains(connection)?
            .into_iter()
            .find(|chain| chain.series == record.document.series)
            .map(|chain| chain.first_link),
        number => look::sale_at(connection, record.document.series, number - 1)?.map(|before| before.record.hash),
    };
    // The one before may be gone by retention; the last itself never is.
    if before.is_some_and(|before| before != record.prev_hash) {
        return Err(altered(&record));
    }
    unaltered(&record)
}

/// What is to leave this disk is what was promised: its bytes give its hash.
pub(super) fn unaltered(record: &SaleRecord) -> Result<(), JournalError> {
    if record.prev_hash.then(&record.bytes) == record.hash {
        Ok(())
    } else {
        Err(altered(record))
    }
}

fn altered(record: &SaleRecord) -> JournalError {
    JournalError::Damaged(format!("{} does not read back as it was written", record.receipt()))
}

/// A new file is only there after a power cut when its folder was written out too.
fn sync_folder(dir: &Path) -> Result<(), JournalError> {
    if cfg!(unix) {
        std::fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// One value, or none.
pub(super) fn one<T, P: rusqlite::Params>(
    connection: &Connection,
    sql: &str,
    params: P,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, JournalError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read).optional()?)
}
