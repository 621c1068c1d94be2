//! Audit events: what happened at this till beside its sales, each one transaction.
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use uuid::Uuid;

use super::Journal;
use super::beside::{Beside, Upload};
use super::error::JournalError;
use super::file::one;
use super::look;
#[cfg(test)]
use super::power;
use super::sales::{begin, insert_mark};
use crate::domain::audit::{AuditPlace, AuditRecord, Noted};
#[cfg(test)]
use crate::domain::mutant::{self, Mutant};

const EVENTS: Beside = Beside {
    kind: "audit",
    records: "audit_event",
    standing: "audit_standing",
    since_format: 3,
};

impl Journal {
    /// Keeps an audit event, fsynced when this returns: its place among those of this till is given here.
    ///
    /// # Errors
    /// [`JournalError::NotRegistered`] before the first series; when the disk failed: then it is not kept.
    pub async fn note(&self, event_id: Uuid, noted: Noted) -> Result<AuditRecord, JournalError> {
        self.write(move |writer| {
            #[cfg(test)]
            if mutant::is(Mutant::NoteNotSynced) {
                power::forget_fsync();
            }
            let now = writer.clock.now();
            writer.attempt(None, |connection| append(connection, now, event_id, noted))
        })
        .await
    }

    /// The store has the event.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn event_uploaded(&self, event_id: Uuid) -> Result<(), JournalError> {
        self.mark_event(event_id, Upload::Done).await
    }

    /// The store cannot hold the event as it is: it is tried again at the next start.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn event_parked(&self, event_id: Uuid, reason: String) -> Result<(), JournalError> {
        self.mark_event(event_id, Upload::Parked(reason)).await
    }

    async fn mark_event(&self, event_id: Uuid, upload: Upload) -> Result<(), JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| EVENTS.mark(connection, now, event_id, &upload))
        })
        .await
    }

    /// At the start: events that the store could not hold are unsent again.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn retry_events(&self) -> Result<(), JournalError> {
        self.write(|writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| EVENTS.retry_parked(connection, now))
        })
        .await
    }

    /// The store has other events than this journal up to number `newest` of `series`: the journal was restored from an older
    /// image. What it lacks of the series goes behind them, in its order.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn renumber_events(&self, series: u32, newest: u64) -> Result<(), JournalError> {
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| renumber(connection, now, series, newest))
        })
        .await
    }

    /// The store has the event at number `there`, not where the journal has put it: the journal was restored from an older
    /// image, and noted it once more. Its number is for the next that the store lacks; `newest` are the newest numbers of that
    /// series and of the record's own.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn event_elsewhere(
        &self,
        record: &AuditRecord,
        there: (u32, u64),
        newest: (u64, u64),
    ) -> Result<(), JournalError> {
        let (event_id, here) = (record.event_id, record.place.series);
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| {
                move_to(connection, now, event_id, there, (here, newest))
            })
        })
        .await
    }

    /// The store has no audit event of `series` between the numbers `after` and `below`, or the end: what it had is unsent
    /// again (a backup was restored). How many events that is.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn unsend_events(&self, series: u32, after: u64, below: Option<u64>) -> Result<u64, JournalError> {
        #[cfg(test)]
        if mutant::is(Mutant::LostNotesNotNoticed) {
            return Ok(0);
        }
        self.write(move |writer| {
            let now = writer.clock.now();
            writer.attempt(None, |connection| unsend(connection, now, series, after, below))
        })
        .await
    }

    /// The oldest event that is not in the store.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn next_unsent_event(&self) -> Result<Option<AuditRecord>, JournalError> {
        self.ask(next_unsent).await
    }
}

/// Keeps one. The same again changes nothing.
fn append(
    connection: &mut Connection,
    now: Timestamp,
    event_id: Uuid,
    noted: Noted,
) -> Result<AuditRecord, JournalError> {
    let transaction = begin(connection)?;
    let till = look::till(&transaction)?;
    let known: Option<(u32, i64)> = one(
        &transaction,
        "SELECT t.series, t.seq FROM audit_event e JOIN audit_standing t ON t.record_id = e.record_id WHERE e.uuid = ?",
        [event_id.to_string()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if let Some((series, seq)) = known {
        // Below nought: the store has it in a series that this journal does not know.
        let seq = u64::try_from(seq).unwrap_or(0);
        return Ok(AuditRecord::new(event_id, AuditPlace { till, series, seq }, noted));
    }
    let chain = look::chains(&transaction)?.pop();
    let series = chain.ok_or(JournalError::NotRegistered)?.series;
    let seq = last_seq(&transaction, series)? + 1;
    let record = AuditRecord::new(event_id, AuditPlace { till, series, seq }, noted);
    let bytes = serde_json::to_vec(&record.noted).map_err(|e| JournalError::Damaged(e.to_string()))?;
    let id = EVENTS.append(&transaction, now, event_id, &bytes)?;
    transaction.execute(
        "INSERT INTO audit_standing (record_id, state, series, seq) VALUES (?, 'queued', ?, ?)",
        (id, series, seq),
    )?;
    transaction.commit()?;
    Ok(record)
}

fn last_seq(transaction: &Transaction<'_>, series: u32) -> Result<u64, JournalError> {
    let sql = "SELECT max(seq) FROM audit_standing WHERE series = ?";
    let last: Option<Option<i64>> = one(transaction, sql, [series], |row| row.get(0))?;
    Ok(last.flatten().map_or(0, |last| u64::try_from(last).unwrap_or(0)))
}

fn renumber(connection: &mut Connection, now: Timestamp, series: u32, newest: u64) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    renumber_in(&transaction, now, series, newest)?;
    transaction.commit()?;
    Ok(())
}

fn renumber_in(transaction: &Transaction<'_>, now: Timestamp, series: u32, newest: u64) -> Result<(), JournalError> {
    let lacking: Vec<i64> = transaction
        .prepare_cached(
            "SELECT record_id FROM audit_standing WHERE series = ? AND (state <> 'committed' OR seq > ?) ORDER BY seq",
        )?
        .query_map((series, newest), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // First behind all that have a number, then to their own: no two stand at one place meanwhile.
    let free = newest.max(last_seq(transaction, series)?) + 1;
    for (seq, id) in (free..).zip(&lacking) {
        transaction.execute("UPDATE audit_standing SET seq = ? WHERE record_id = ?", (seq, id))?;
    }
    for (seq, id) in (newest + 1..).zip(&lacking) {
        let update = "UPDATE audit_standing SET seq = ?, state = 'queued' WHERE record_id = ?";
        transaction.execute(update, (seq, id))?;
        insert_mark(transaction, now, *id, "queued", "the store has another of its number")?;
    }
    Ok(())
}

fn move_to(
    connection: &mut Connection,
    now: Timestamp,
    event_id: Uuid,
    (series, seq): (u32, u64),
    (here, (newest, newest_here)): (u32, (u64, u64)),
) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    let id: Option<i64> = one(
        &transaction,
        "SELECT record_id FROM audit_event WHERE uuid = ?",
        [event_id.to_string()],
        |row| row.get(0),
    )?;
    let Some(id) = id else { return Ok(()) };
    let stand = |series: u32, seq: i64| {
        let update = "UPDATE audit_standing SET state = 'committed', series = ?, seq = ? WHERE record_id = ?";
        transaction.execute(update, (series, seq, id))
    };
    // At no number first: whatever stands at its own is not what the store has there, and goes behind what that has.
    stand(here, -id)?;
    let there = "SELECT 1 FROM audit_standing WHERE series = ? AND seq = ?";
    let is_taken = |transaction: &Transaction<'_>| one(transaction, there, (series, seq), |row| row.get::<_, i64>(0));
    if is_taken(&transaction)?.is_some() {
        renumber_in(&transaction, now, series, newest)?;
    }
    let is_ours = one(&transaction, "SELECT 1 FROM series WHERE series = ?", [series], |row| {
        row.get::<_, i64>(0)
    })?;
    if is_ours.is_some() && is_taken(&transaction)?.is_none() {
        stand(series, i64::try_from(seq).unwrap_or(i64::MAX))?;
    }
    insert_mark(
        &transaction,
        now,
        id,
        "committed",
        &format!("as number {seq} of series {series}"),
    )?;
    renumber_in(&transaction, now, here, newest_here)?;
    transaction.commit()?;
    Ok(())
}

fn unsend(
    connection: &mut Connection,
    now: Timestamp,
    series: u32,
    after: u64,
    below: Option<u64>,
) -> Result<u64, JournalError> {
    let transaction = begin(connection)?;
    let lost: Vec<i64> = transaction
        .prepare_cached(
            "SELECT record_id FROM audit_standing
             WHERE state = 'committed' AND series = ?1 AND seq > ?2 AND (?3 IS NULL OR seq < ?3) ORDER BY seq",
        )?
        .query_map((series, after, below), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &lost {
        insert_mark(&transaction, now, *id, "queued", "the store lacks it")?;
        transaction.execute("UPDATE audit_standing SET state = 'queued' WHERE record_id = ?", [id])?;
    }
    transaction.commit()?;
    Ok(lost.len() as u64)
}

fn next_unsent(connection: &Connection) -> Result<Option<AuditRecord>, JournalError> {
    let till = look::till(connection)?;
    let sql =
        "SELECT e.uuid, e.bytes, t.series, t.seq FROM audit_standing t JOIN audit_event e ON e.record_id = t.record_id
         WHERE t.state = 'queued' ORDER BY t.series, t.seq LIMIT 1";
    let read = |row: &Row<'_>| {
        let bytes: Vec<u8> = row.get(1)?;
        let noted = serde_json::from_slice(&bytes)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(e)))?;
        let place = AuditPlace {
            till: till.clone(),
            series: row.get(2)?,
            seq: row.get(3)?,
        };
        Ok(AuditRecord::new(look::uuid(row, 0)?, place, noted))
    };
    Ok(connection.prepare_cached(sql)?.query_row([], read).optional()?)
}

/// How many are not in the store.
pub(super) fn unsent(connection: &Connection) -> Result<u64, JournalError> {
    EVENTS.unsent(connection)
}
