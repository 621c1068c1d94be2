//! Prescribers who were added at this till (COUNTER 1.7), each one transaction.
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::Journal;
use super::beside::{Beside, Upload};
use super::error::JournalError;
use super::sales::begin;
use crate::domain::prescriber::NewDoctor;

const DOCTORS: Beside = Beside {
    kind: "doctor",
    records: "new_doctor",
    standing: "doctor_standing",
    since_format: 2,
};

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
            writer.attempt(None, |connection| DOCTORS.mark(connection, now, uuid, &upload))
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
            writer.attempt(None, |connection| DOCTORS.retry_parked(connection, now))
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
    let id = DOCTORS.append(&transaction, now, doctor.uuid, &bytes)?;
    transaction.execute(
        "INSERT INTO doctor_standing (record_id, state) VALUES (?, 'queued')",
        [id],
    )?;
    transaction.commit()?;
    Ok(())
}

/// The one of that id.
fn doctor(connection: &Connection, uuid: Uuid) -> Result<Option<NewDoctor>, JournalError> {
    let bytes = DOCTORS.bytes(connection, uuid)?;
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|e| JournalError::Damaged(e.to_string()));
    bytes.map(read).transpose()
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
    DOCTORS.unsent(connection)
}

fn new_doctor(row: &Row<'_>) -> rusqlite::Result<NewDoctor> {
    let bytes: Vec<u8> = row.get(0)?;
    serde_json::from_slice(&bytes).map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(e)))
}
