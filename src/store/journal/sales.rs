//! The journal's rules (PATH section 1), each one transaction.
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use super::error::JournalError;
use super::file::one;
use super::look::{self, JournalChain, JournalSale, SaleState};
use crate::domain::chain::Hash;
use crate::domain::clock::ClockFault;
use crate::domain::sale::{Agreed, ChainPlace, Receipt, SaleFlag, SaleRecord};

/// The kind of a sale's record; stock movements, audit and new dimension rows have theirs.
const KIND: &str = "sale";

/// How a sale enters the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The clerk waits for the store: it may still be refused.
    Provisional,
    /// Promised at once: the store is known to be away, or older sales wait.
    Queued,
}

/// What appending came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// Recorded now.
    New(SaleRecord),
    /// The id was recorded before with the same content: that sale, and where it stands.
    Known(JournalSale),
}

/// A series that the store has opened, and from where on this till's sales move into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeries {
    /// Its number.
    pub series: u32,
    /// What its first receipt is linked to.
    pub first_link: Hash,
    /// Why it was opened, in words.
    pub why: String,
    /// The last sale that the store has of this till's other series, by series and number: those after it move.
    pub move_after: Option<(u32, u64)>,
}

pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, JournalError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Gives the sale its place and keeps it, in one transaction.
pub(super) fn append(
    connection: &mut Connection,
    now: Timestamp,
    mut agreed: Agreed,
    mut flags: Vec<SaleFlag>,
    opening: Opening,
) -> Result<Appended, JournalError> {
    let transaction = begin(connection)?;
    if let Some(known) = look::sale(&transaction, agreed.sale_id)? {
        return if known.record.document.sale.same_agreement(&agreed) {
            Ok(Appended::Known(known))
        } else {
            Err(JournalError::OtherContent(agreed.sale_id))
        };
    }
    let chain = current_chain(&transaction)?;
    // The screen may have said so already, compared with another clock.
    if ClockFault::of(now, look::newest_at(&transaction)?, None).is_some() && !flags.contains(&SaleFlag::ClockSuspect) {
        flags.push(SaleFlag::ClockSuspect);
    }
    agreed.sold_at = Agreed::cut(agreed.sold_at);
    let place = next_place(&transaction, &chain)?;
    let record = SaleRecord::make(agreed, place, flags).map_err(|e| JournalError::Damaged(e.to_string()))?;
    let state = match opening {
        Opening::Provisional => "provisional",
        Opening::Queued => "queued",
    };
    insert(&transaction, now, &record, state)?;
    transaction.commit()?;
    Ok(Appended::New(record))
}

/// The newest series, which must be settled to its end.
fn current_chain(transaction: &Transaction<'_>) -> Result<JournalChain, JournalError> {
    let unsettled = one(
        transaction,
        "SELECT series, number FROM standing WHERE state IN ('provisional', 'queued') AND state = 'provisional'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if let Some((series, number)) = unsettled {
        let till = look::till(transaction)?;
        return Err(JournalError::Unsettled(Receipt { till, series, number }.to_string()));
    }
    look::chains(transaction)?.pop().ok_or(JournalError::NotRegistered)
}

fn next_place(transaction: &Transaction<'_>, chain: &JournalChain) -> Result<ChainPlace, JournalError> {
    let next_seq: Option<u64> = one(
        transaction,
        "SELECT s.next_seq FROM standing t JOIN sale s ON s.record_id = t.record_id
         WHERE t.series = ? AND t.number = ?",
        (chain.series, chain.number),
        |row| row.get(0),
    )?;
    Ok(ChainPlace {
        till: look::till(transaction)?,
        series: chain.series,
        #[cfg(not(test))]
        number: chain.number + 1,
        #[cfg(test)]
        number: chain.number + 1 + refused_in_between(transaction, chain)?,
        first_seq: next_seq.unwrap_or(1),
        prev_hash: chain.hash,
    })
}

/// With a rule broken, the numbers of refused sales are not given again.
#[cfg(test)]
fn refused_in_between(transaction: &Transaction<'_>, chain: &JournalChain) -> Result<u64, JournalError> {
    use crate::domain::mutant::{self, Mutant};
    if !mutant::is(Mutant::RefusalUsesNumber) {
        return Ok(0);
    }
    let given: Option<Option<u64>> = one(
        transaction,
        "SELECT max(number) FROM sale WHERE series = ?",
        [chain.series],
        |row| row.get(0),
    )?;
    Ok(given.flatten().unwrap_or(0).saturating_sub(chain.number))
}

fn insert(transaction: &Transaction<'_>, now: Timestamp, record: &SaleRecord, state: &str) -> Result<(), JournalError> {
    transaction
        .prepare_cached("INSERT INTO record (kind, at) VALUES (?, ?)")?
        .execute((KIND, now.as_millisecond()))?;
    let id = transaction.last_insert_rowid();
    let document = &record.document;
    let sale_id = record.sale_id().to_string();
    transaction
        .prepare_cached(
            "INSERT INTO sale (record_id, sale_id, series, number, next_seq, prev_hash, hash, bytes, flags)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            id,
            &sale_id,
            document.series,
            document.number,
            record.next_seq(),
            record.prev_hash.to_string(),
            record.hash.to_string(),
            &record.bytes,
            SaleFlag::join(&record.flags),
        ))?;
    transaction
        .prepare_cached(
            "INSERT INTO standing (record_id, sale_id, series, number, state, detail) VALUES (?, ?, ?, ?, ?, '')",
        )?
        .execute((id, &sale_id, document.series, document.number, state))?;
    if state != "provisional" {
        insert_mark(transaction, now, id, state, "")?;
    }
    Ok(())
}

pub(super) fn insert_mark(
    transaction: &Transaction<'_>,
    now: Timestamp,
    record_id: i64,
    state: &str,
    detail: &str,
) -> Result<(), JournalError> {
    transaction
        .prepare_cached("INSERT INTO mark (record_id, state, detail, at) VALUES (?, ?, ?, ?)")?
        .execute((record_id, state, detail, now.as_millisecond()))?;
    Ok(())
}

/// A change of a sale's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Queued,
    Committed,
    Parked,
    Refused,
    Struck,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Committed => "committed",
            Self::Parked => "parked",
            Self::Refused => "refused",
            Self::Struck => "struck",
        }
    }

    /// Only a provisional sale can be refused: a promise can only become committed or parked (PATH 1.4).
    fn may_follow(self, state: &SaleState) -> bool {
        match self {
            Self::Refused => *state == SaleState::Provisional,
            Self::Struck => matches!(state, SaleState::Parked(_)),
            Self::Queued | Self::Committed | Self::Parked => !matches!(state, SaleState::Struck(_)),
        }
    }
}

/// Marks a sale. Marking it again as what it is changes nothing.
pub(super) fn mark(
    connection: &mut Connection,
    now: Timestamp,
    sale_id: Uuid,
    mark: Mark,
    detail: &str,
) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    let standing = look::sale(&transaction, sale_id)?;
    let Some(sale) = standing.filter(|sale| mark.may_follow(&sale.state)) else {
        return Err(JournalError::NotStanding(sale_id));
    };
    let unchanged = matches!(
        (mark, &sale.state),
        (
            Mark::Queued,
            SaleState::Queued | SaleState::Committed | SaleState::Parked(_)
        ) | (Mark::Committed, SaleState::Committed)
    );
    if unchanged {
        return Ok(());
    }
    let id: i64 = one(
        &transaction,
        "SELECT record_id FROM standing WHERE sale_id = ?",
        [sale_id.to_string()],
        |row| row.get(0),
    )?
    .ok_or(JournalError::NotStanding(sale_id))?;
    set(&transaction, now, id, mark, detail)?;
    transaction.commit()?;
    Ok(())
}

/// The newest record; 0 before the first.
pub(super) fn newest_record(connection: &Connection) -> Result<i64, JournalError> {
    let newest: Option<Option<i64>> = one(connection, "SELECT max(id) FROM record", [], |row| row.get(0))?;
    Ok(newest.flatten().unwrap_or(0))
}

/// Takes back a sale whose append, behind record `after`, was answered as failed and that is there all the same.
pub(super) fn unappend(
    connection: &mut Connection,
    now: Timestamp,
    sale_id: Uuid,
    after: i64,
) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    let id: Option<i64> = one(
        &transaction,
        "SELECT record_id FROM standing WHERE sale_id = ? AND record_id > ?",
        (sale_id.to_string(), after),
        |row| row.get(0),
    )?;
    if let Some(id) = id {
        let reason = "the disk failed while it was recorded";
        set(&transaction, now, id, Mark::Refused, reason)?;
    }
    transaction.commit()?;
    Ok(())
}

fn set(transaction: &Transaction<'_>, now: Timestamp, id: i64, mark: Mark, detail: &str) -> Result<(), JournalError> {
    insert_mark(transaction, now, id, mark.word(), detail)?;
    if mark == Mark::Refused {
        transaction
            .prepare_cached("DELETE FROM standing WHERE record_id = ?")?
            .execute([id])?;
    } else {
        transaction
            .prepare_cached("UPDATE standing SET state = ?, detail = ? WHERE record_id = ?")?
            .execute((mark.word(), detail, id))?;
    }
    Ok(())
}

/// Makes promises of what has no refused mark (PATH 1.4); their receipts.
pub(super) fn promise_pending(connection: &mut Connection, now: Timestamp) -> Result<Vec<SaleRecord>, JournalError> {
    let transaction = begin(connection)?;
    let ids: Vec<(i64, u32, u64)> = transaction
        .prepare_cached(
            "SELECT record_id, series, number FROM standing
             WHERE state IN ('provisional', 'queued') AND state = 'provisional' ORDER BY series, number",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut promised = Vec::with_capacity(ids.len());
    for (id, series, number) in ids {
        set(&transaction, now, id, Mark::Queued, "found at the start")?;
        promised.extend(look::sale_at(&transaction, series, number)?.map(|sale| sale.record));
    }
    transaction.commit()?;
    Ok(promised)
}

/// The store lacks the sales of a series after `after` (a backup was restored, a replica promoted): they are unsent
/// again (PATH 3.5). How many were not unsent before.
pub(super) fn unsend_after(
    connection: &mut Connection,
    now: Timestamp,
    series: u32,
    after: u64,
) -> Result<u64, JournalError> {
    let transaction = begin(connection)?;
    let ids: Vec<i64> = transaction
        .prepare_cached(
            "SELECT record_id FROM standing WHERE series = ? AND number > ? AND state IN ('committed', 'parked', 'struck')
             ORDER BY number",
        )?
        .query_map((series, after), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        set(&transaction, now, *id, Mark::Queued, "the store lacks it")?;
    }
    transaction.commit()?;
    Ok(ids.len() as u64)
}

/// The store has what is unsent of a series up to `through`.
pub(super) fn settle_through(
    connection: &mut Connection,
    now: Timestamp,
    series: u32,
    through: u64,
) -> Result<(), JournalError> {
    let transaction = begin(connection)?;
    let ids: Vec<i64> = transaction
        .prepare_cached(
            "SELECT record_id FROM standing INDEXED BY standing_unsent
             WHERE series = ? AND number <= ? AND state IN ('provisional', 'queued')
             ORDER BY number",
        )?
        .query_map((series, through), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids {
        set(&transaction, now, id, Mark::Committed, "found in the store")?;
    }
    transaction.commit()?;
    Ok(())
}

/// Begins a series, and moves into it what the store cannot take where it was (PATH 2.4), in one transaction. The
/// sales that were moved, as they are now. Repeating it changes nothing.
pub(super) fn begin_series(
    connection: &mut Connection,
    now: Timestamp,
    new: &NewSeries,
) -> Result<Vec<SaleRecord>, JournalError> {
    let transaction = begin(connection)?;
    transaction.execute(
        "INSERT INTO series (series, first_link, why, opened_at) VALUES (?, ?, ?, ?) ON CONFLICT (series) DO NOTHING",
        (new.series, new.first_link.to_string(), &new.why, now.as_millisecond()),
    )?;
    let mut moved = Vec::new();
    if let Some((series, after)) = new.move_after {
        let ids: Vec<(i64, u64)> = transaction
            .prepare_cached(
                "SELECT record_id, number FROM standing WHERE series = ? AND number > ? AND state <> 'struck' ORDER BY number",
            )?
            .query_map((series, after), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, number) in ids {
            let Some(old) = look::sale_at(&transaction, series, number)? else {
                continue;
            };
            moved.push(move_one(&transaction, now, id, &old, new.series)?);
        }
    }
    transaction.commit()?;
    Ok(moved)
}

fn move_one(
    transaction: &Transaction<'_>,
    now: Timestamp,
    id: i64,
    old: &JournalSale,
    series: u32,
) -> Result<SaleRecord, JournalError> {
    let chain = look::chains(transaction)?
        .into_iter()
        .find(|chain| chain.series == series)
        .ok_or(JournalError::NotRegistered)?;
    let record = old
        .record
        .moved_to(next_place(transaction, &chain)?)
        .map_err(|e| JournalError::Damaged(e.to_string()))?;
    insert_mark(transaction, now, id, "moved", &record.receipt().to_string())?;
    transaction.execute("DELETE FROM standing WHERE record_id = ?", [id])?;
    // A sale that the clerk waits for stays as it is: the answer is still to come.
    let state = match old.state {
        SaleState::Provisional => "provisional",
        _ => "queued",
    };
    insert(transaction, now, &record, state)?;
    Ok(record)
}

/// Notes that another installation has the till, or that none has.
pub(super) fn set_taken(connection: &Connection, series: Option<u32>) -> Result<(), JournalError> {
    match series {
        Some(series) => connection.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (look::TAKEN, series.to_string()),
        )?,
        None => connection.execute("DELETE FROM meta WHERE name = ?", [look::TAKEN])?,
    };
    Ok(())
}

/// Replaces the basket on screen.
pub(super) fn set_draft(connection: &Connection, bytes: Option<&[u8]>) -> Result<(), JournalError> {
    match bytes {
        Some(bytes) => connection.execute(
            "INSERT INTO draft (id, bytes) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
            [bytes],
        )?,
        None => connection.execute("DELETE FROM draft", [])?,
    };
    Ok(())
}
