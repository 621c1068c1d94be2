//! Prescribers who were added at this till (COUNTER 1.7), each one transaction.
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::Journal;
use super::error::JournalError;
use super::file::one;
use super::look;
use super::sales::{begin, insert_mark};
use crate::domain::prescriber::NewDoctor;

/// The kind of their records.
const KIND: &str = "doctor";
/// The journal's format from which on it holds them: a reader may meet one that was not upgraded yet.
const SINCE_FORMAT: i64 = 2;

/// What became of uploading one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Upload {
    /// Still to be done, again.
    Wanted,
    /// The store has them.
    Done,
    /// The store cannot hold them as they are, and why.
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

impl Journal {
    /// Keeps a prescriber who was added here, fsynced when this returns: only then may a sale name them.
    ///
    /// # Errors
    /// [`JournalError::OtherDoctor`] for a known id with other content; when the disk failed: then they were not added.
    pub async fn add_doctor(&self, doctor: NewDoctor) -> Result<(), JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| append(connection, now, &doctor))
        })
        .await
    }

    /// The store has the prescriber.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn doctor_uploaded(&self, uuid: Uuid) -> Result<(), JournalError> {
        self.mark_doctor(uuid, Upload::Done).await
    }

    /// The store cannot hold the prescriber as they are: they are tried again at the next start.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn doctor_parked(&self, uuid: Uuid, reason: String) -> Result<(), JournalError> {
        self.mark_doctor(uuid, Upload::Parked(reason)).await
    }

    async fn mark_doctor(&self, uuid: Uuid, upload: Upload) -> Result<(), JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| mark(connection, now, uuid, &upload))
        })
        .await
    }

    /// At the start: prescribers whom the store could not hold are unsent again.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn retry_doctors(&self) -> Result<(), JournalError> {
        self.write(|writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| retry_parked(connection, now))
        })
        .await
    }

    /// The prescriber of that id, if they were added here.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn doctor(&self, uuid: Uuid) -> Result<Option<NewDoctor>, JournalError> {
        self.ask(move |connection| doctor(connection, uuid)).await
    }

    /// All prescribers who were added here, oldest first.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn doctors(&self) -> Result<Vec<NewDoctor>, JournalError> {
        self.ask(doctors).await
    }

    /// The oldest prescriber who is not in the store.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn next_unsent_doctor(&self) -> Result<Option<NewDoctor>, JournalError> {
        self.ask(next_unsent).await
    }
}

/// Keeps one. The same again changes nothing.
fn append(connection: &mut Connection, now: Timestamp, doctor: &NewDoctor) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    if let Some(known) = self::doctor(&transaction, doctor.uuid)? {
        return if known == *doctor {
            Ok(())
        } else {
            Err(JournalError::OtherDoctor(doctor.uuid))
        };
    }
    let bytes = serde_json::to_vec(doctor).map_err(|e| JournalError::Damaged(e.to_string()))?;
    transaction.execute(
        "INSERT INTO record (kind, at) VALUES (?, ?)",
        (KIND, now.as_millisecond()),
    )?;
    let id = transaction.last_insert_rowid();
    transaction.execute(
        "INSERT INTO new_doctor (record_id, uuid, bytes) VALUES (?, ?, ?)",
        (id, doctor.uuid.to_string(), bytes),
    )?;
    transaction.execute(
        "INSERT INTO doctor_standing (record_id, state) VALUES (?, ?)",
        (id, Upload::Wanted.word()),
    )?;
    insert_mark(&transaction, now, id, Upload::Wanted.word(), "")?;
    transaction.commit()?;
    Ok(())
}

/// Notes what became of an upload. Noting the same again changes nothing.
fn mark(connection: &mut Connection, now: Timestamp, uuid: Uuid, upload: &Upload) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    let id: Option<i64> = one(
        &transaction,
        "SELECT d.record_id FROM new_doctor d JOIN doctor_standing t ON t.record_id = d.record_id
         WHERE d.uuid = ? AND t.state <> ?",
        (uuid.to_string(), upload.word()),
        |row| row.get(0),
    )?;
    let Some(id) = id else { return Ok(()) };
    let detail = match upload {
        Upload::Parked(reason) => reason.as_str(),
        Upload::Wanted | Upload::Done => "",
    };
    insert_mark(&transaction, now, id, upload.word(), detail)?;
    transaction.execute(
        "UPDATE doctor_standing SET state = ? WHERE record_id = ?",
        (upload.word(), id),
    )?;
    transaction.commit()?;
    Ok(())
}

/// At the start: those that the store could not hold are tried again, as it may be another version by now.
fn retry_parked(connection: &mut Connection, now: Timestamp) -> Result<(), JournalError> {
    let parked: Vec<Uuid> = connection
        .prepare(
            "SELECT d.uuid FROM new_doctor d JOIN doctor_standing t ON t.record_id = d.record_id
             WHERE t.state = 'parked'",
        )?
        .query_map([], |row| look::uuid(row, 0))?
        .collect::<Result<_, _>>()?;
    parked
        .into_iter()
        .try_for_each(|uuid| mark(connection, now, uuid, &Upload::Wanted))
}

/// The one of that id.
fn doctor(connection: &Connection, uuid: Uuid) -> Result<Option<NewDoctor>, JournalError> {
    let sql = "SELECT bytes FROM new_doctor WHERE uuid = ?";
    one(connection, sql, [uuid.to_string()], new_doctor)
}

/// All of them, oldest first.
fn doctors(connection: &Connection) -> Result<Vec<NewDoctor>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM new_doctor ORDER BY record_id")?;
    let doctors = statement.query_map([], new_doctor)?;
    Ok(doctors.collect::<Result<_, _>>()?)
}

/// The oldest one that is not in the store.
fn next_unsent(connection: &Connection) -> Result<Option<NewDoctor>, JournalError> {
    let sql = "SELECT d.bytes FROM doctor_standing t JOIN new_doctor d ON d.record_id = t.record_id
         WHERE t.state = 'queued' ORDER BY t.record_id LIMIT 1";
    Ok(connection.prepare_cached(sql)?.query_row([], new_doctor).optional()?)
}

/// How many are not in the store.
pub(super) fn unsent(connection: &Connection) -> Result<u64, JournalError> {
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format < SINCE_FORMAT {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM doctor_standing WHERE state = 'queued'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn new_doctor(row: &Row<'_>) -> rusqlite::Result<NewDoctor> {
    let bytes: Vec<u8> = row.get(0)?;
    serde_json::from_slice(&bytes).map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(e)))
}
