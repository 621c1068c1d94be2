//! What is uploaded beside the sales: prescribers who were added here, audit events. A table of its own for each, and one
//! for where its rows stand; the rules are the same.
use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use super::error::JournalError;
use super::file::one;
use super::look;
use super::sales::{begin, insert_mark};

/// What became of uploading a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Upload {
    /// Still to be done, again.
    Wanted,
    /// The store has it.
    Done,
    /// The store cannot hold it as it is, and why.
    Parked(String),
}

impl Upload {
    fn word(&self) -> &'static str {
        match self {
            Self::Wanted => "queued",
            Self::Done => "committed",
            Self::Parked(_) => "parked",
        }
    }
}

/// A kind of such records, and where they are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    /// The kind of the record.
    pub kind: &'static str,
    /// The table of what was said.
    pub records: &'static str,
    /// The table of where each stands.
    pub standing: &'static str,
    /// The journal's format from which on it holds them: a reader may meet one that was not upgraded yet.
    pub since_format: i64,
}

impl Beside {
    /// Keeps what was said under its id. Where it stands is the caller's to say, in the same transaction. The record.
    pub(super) fn append(
        self,
        transaction: &Transaction<'_>,
        now: Timestamp,
        uuid: Uuid,
        bytes: &[u8],
    ) -> Result<i64, JournalError> {
        transaction
            .prepare_cached("INSERT INTO record (kind, at) VALUES (?, ?)")?
            .execute((self.kind, now.as_millisecond()))?;
        let id = transaction.last_insert_rowid();
        let insert = format!("INSERT INTO {} (record_id, uuid, bytes) VALUES (?, ?, ?)", self.records);
        transaction
            .prepare_cached(&insert)?
            .execute((id, uuid.to_string(), bytes))?;
        insert_mark(transaction, now, id, Upload::Wanted.word(), "")?;
        Ok(id)
    }

    /// What was kept under that id.
    pub(super) fn bytes(self, connection: &Connection, uuid: Uuid) -> Result<Option<Vec<u8>>, JournalError> {
        let sql = format!("SELECT bytes FROM {} WHERE uuid = ?", self.records);
        one(connection, &sql, [uuid.to_string()], |row| row.get(0))
    }

    /// Notes what became of an upload. Noting the same again changes nothing.
    pub(super) fn mark(
        self,
        connection: &mut Connection,
        now: Timestamp,
        uuid: Uuid,
        upload: &Upload,
    ) -> Result<(), JournalError> {
        let transaction = begin(connection)?;
        let Self { records, standing, .. } = self;
        let ask = format!(
            "SELECT d.record_id FROM {records} d JOIN {standing} t ON t.record_id = d.record_id
             WHERE d.uuid = ? AND t.state <> ?"
        );
        let id: Option<i64> = one(&transaction, &ask, (uuid.to_string(), upload.word()), |row| row.get(0))?;
        let Some(id) = id else { return Ok(()) };
        let detail = match upload {
            Upload::Parked(reason) => reason.as_str(),
            Upload::Wanted | Upload::Done => "",
        };
        insert_mark(&transaction, now, id, upload.word(), detail)?;
        let update = format!("UPDATE {standing} SET state = ? WHERE record_id = ?");
        transaction.prepare_cached(&update)?.execute((upload.word(), id))?;
        transaction.commit()?;
        Ok(())
    }

    /// At the start: those that the store could not hold are tried again, as it may be another version by now.
    pub(super) fn retry_parked(self, connection: &mut Connection, now: Timestamp) -> Result<(), JournalError> {
        let Self { records, standing, .. } = self;
        let parked: Vec<Uuid> = connection
            .prepare_cached(&format!(
                "SELECT d.uuid FROM {records} d JOIN {standing} t ON t.record_id = d.record_id WHERE t.state = 'parked'"
            ))?
            .query_map([], |row| look::uuid(row, 0))?
            .collect::<Result<_, _>>()?;
        parked
            .into_iter()
            .try_for_each(|uuid| self.mark(connection, now, uuid, &Upload::Wanted))
    }

    /// How many are not in the store.
    pub(super) fn unsent(self, connection: &Connection) -> Result<u64, JournalError> {
        let format: i64 = connection
            .prepare_cached("PRAGMA user_version")?
            .query_row([], |row| row.get(0))?;
        if format < self.since_format {
            return Ok(0);
        }
        let sql = format!("SELECT count(*) FROM {} WHERE state = 'queued'", self.standing);
        Ok(connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    }
}
