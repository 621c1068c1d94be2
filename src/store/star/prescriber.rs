//! Prescribers who were added at a till (COUNTER 1.7): uploaded once, confirmed or merged by the office.
//!
//! Two rows that are one person stay two rows: the merged one points at its survivor, and whatever names it from then on
//! is recorded at the survivor. That is how an upload meets somebody who is known already, too: its row is made, merged,
//! so that the id which sales of that till bear leads to the survivor for ever.
use jiff::Timestamp;
use uuid::Uuid;

use super::dimension::columns::columns;
use super::dimension::next_change;
use super::history::{self, Changed};
use super::{Store, again_on_a_duplicate, finish, marks};
use crate::domain::dimension::{Author, DOCTOR, Dimension, RowChange};
use crate::domain::prescriber::NewDoctor;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, Refusal, StoreError};
use crate::store::ports::AddedDoctor;

/// Where a row stands, as far as merging goes.
struct Standing {
    id: i64,
    uuid: Uuid,
    name: String,
    active: bool,
    confirmed: bool,
    merged_into: Option<i64>,
}

impl Store {
    /// Takes in a prescriber who was added at a till, unconfirmed; done again, it changes nothing.
    pub(super) async fn take_in(&self, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = take_in(&mut *tx, doctor).await;
        finish(tx, done).await
    }

    /// The office has looked: the prescriber is who they say. Done again, it changes nothing. Their name.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] for one who is not there, or was merged.
    pub async fn confirm_doctor(&self, id: i64, by: &Author, at: Timestamp) -> Result<String, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = confirm(&mut *tx, id, by, at).await;
        finish(tx, done).await
    }

    /// Two rows are one person: from now on `id` leads to `survivor`. What was sold stays where it is. Done again, it
    /// changes nothing. The survivor's name.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] where one of the two is not there or no longer stands for itself.
    pub async fn merge_doctor(&self, id: i64, survivor: i64, by: &Author, at: Timestamp) -> Result<String, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = merge(&mut *tx, id, survivor, by, at).await;
        finish(tx, done).await
    }
}

async fn take_in(tx: &mut dyn Transaction, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError> {
    // A repetition takes no change number: nobody has to wait for it.
    if let Some(added) = added_before(tx, doctor.uuid).await? {
        return Ok(added);
    }
    let n = next_change(tx).await?;
    if let Some(added) = added_before(tx, doctor.uuid).await? {
        return Ok(added);
    }
    let record = doctor.record();
    let key = DOCTOR.natural_key(&record);
    let known = one(tx, "natural_key = ?", params![&key]).await?;
    let survivor = match known {
        Some(known) => Some(survivor_of(tx, known).await?),
        None => None,
    };
    let mut row = columns(&DOCTOR, &record);
    row.extend([
        ("uuid", Value::from(doctor.uuid)),
        ("changed_n", Value::from(n)),
        ("changed_at", Value::from(doctor.at)),
        ("changed_by", Value::from(doctor.by.as_str())),
        ("confirmed", Value::from(false)),
        (
            "merged_into",
            Value::from(survivor.as_ref().map(|survivor| survivor.id)),
        ),
    ]);
    if survivor.is_some() {
        // The key is the survivor's.
        let own = Value::from(key_of_merged(doctor.uuid));
        row.retain(|(column, _)| *column != "natural_key");
        row.push(("natural_key", own));
    }
    let (names, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let sql = format!(
        "INSERT INTO dim_doctor ({}) VALUES ({})",
        names.join(", "),
        marks(names.len())
    );
    // Somebody put the same row in without the change number, which no till does: the next attempt finds it.
    tx.execute(&sql, values).await.map_err(again_on_a_duplicate)?;
    let merged = survivor.as_ref().map(|survivor| merged_into(&survivor.name));
    let changes = RowChange::between(&DOCTOR, None, &record).into_iter().chain(merged);
    note(tx, doctor.uuid, changes, (&doctor.author(), doctor.at)).await?;
    Ok(AddedDoctor {
        known_as: survivor.map(|survivor| survivor.name),
    })
}

/// The natural key of a row that was merged from the first.
fn key_of_merged(uuid: Uuid) -> String {
    format!("merged:{uuid}")
}

/// What this very upload came to, if it was done before.
async fn added_before(tx: &mut dyn Transaction, uuid: Uuid) -> Result<Option<AddedDoctor>, EngineError> {
    let Some(row) = one(tx, "uuid = ?", params![uuid]).await? else {
        return Ok(None);
    };
    let from_the_first = one(tx, "natural_key = ?", params![key_of_merged(uuid)]).await?;
    let known_as = match from_the_first {
        Some(_) => Some(survivor_of(tx, row).await?.name),
        None => None,
    };
    Ok(Some(AddedDoctor { known_as }))
}

async fn one(tx: &mut dyn Transaction, which: &str, params: Vec<Value>) -> Result<Option<Standing>, EngineError> {
    let sql = format!("SELECT id, name, active, confirmed, merged_into, uuid FROM dim_doctor WHERE {which}");
    let rows = tx.query(&sql, params).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let uuid: Uuid = row.get(5)?;
    if uuid.is_nil() {
        // The "none" row is nobody.
        return Ok(None);
    }
    Ok(Some(Standing {
        id: row.get(0)?,
        uuid,
        name: row.get(1)?,
        active: row.get(2)?,
        confirmed: row.get(3)?,
        merged_into: row.get(4)?,
    }))
}

/// Whoever a row leads to. Only a row that stands for itself can survive, so there is no circle.
async fn survivor_of(tx: &mut dyn Transaction, mut row: Standing) -> Result<Standing, EngineError> {
    while let Some(id) = row.merged_into {
        row = one(tx, "id = ?", params![id]).await?.ok_or_else(|| lost(id))?;
    }
    Ok(row)
}

fn lost(id: i64) -> EngineError {
    EngineError::Permanent(format!("dim_doctor: a merged row points at {id}, which is not there"))
}

/// The row that a sale which names the row `id` is recorded at.
pub(super) async fn recorded_at(tx: &mut dyn Transaction, id: i64) -> Result<(i64, bool), EngineError> {
    let named = one(tx, "id = ?", params![id]).await?.ok_or_else(|| lost(id))?;
    let survivor = survivor_of(tx, named).await?;
    Ok((survivor.id, survivor.active))
}

async fn confirm(tx: &mut dyn Transaction, id: i64, by: &Author, at: Timestamp) -> Result<String, StoreError> {
    let n = next_change(tx).await?;
    let row = standing(tx, id).await?;
    if row.merged_into.is_some() {
        return Err(refused(format!("{} was merged: its survivor is confirmed", row.name)));
    }
    if !row.confirmed {
        set(tx, "confirmed = 1", vec![], id, (n, by, at)).await?;
        let change = RowChange::beside("confirmed", Some("no".to_owned()), Some("yes".to_owned()));
        note(tx, row.uuid, [change], (by, at)).await?;
    }
    Ok(row.name)
}

async fn merge(
    tx: &mut dyn Transaction,
    id: i64,
    survivor: i64,
    by: &Author,
    at: Timestamp,
) -> Result<String, StoreError> {
    let n = next_change(tx).await?;
    let (row, into) = (standing(tx, id).await?, standing(tx, survivor).await?);
    match row.merged_into {
        Some(already) if already == survivor => return Ok(into.name),
        Some(_) => return Err(refused(format!("{} was merged already", row.name))),
        None => {}
    }
    if id == survivor {
        return Err(refused(format!("{} cannot be merged into itself", row.name)));
    }
    if into.merged_into.is_some() || !into.active {
        return Err(refused(format!(
            "{} no longer stands for itself: choose another",
            into.name
        )));
    }
    set(tx, "merged_into = ?", params![survivor], id, (n, by, at)).await?;
    note(tx, row.uuid, [merged_into(&into.name)], (by, at)).await?;
    Ok(into.name)
}

async fn standing(tx: &mut dyn Transaction, id: i64) -> Result<Standing, StoreError> {
    let row = one(tx, "id = ?", params![id]).await?;
    row.ok_or_else(|| refused("this doctor is not in the database any more".to_owned()))
}

fn refused(words: String) -> StoreError {
    StoreError::Rejected(Refusal::Other(words))
}

fn merged_into(survivor: &str) -> RowChange {
    RowChange::beside("merged into", None, Some(survivor.to_owned()))
}

/// Notes what was changed in a row, in the history.
async fn note(
    tx: &mut dyn Transaction,
    row: Uuid,
    changes: impl IntoIterator<Item = RowChange>,
    (by, at): (&Author, Timestamp),
) -> Result<(), EngineError> {
    let noted = changes.into_iter().map(|change| Changed { row, change });
    history::put(tx, Dimension::Doctor, by, at.into(), noted).await
}

/// Changes one row, in a new version of it: a form that has it open is told.
async fn set(
    tx: &mut dyn Transaction,
    what: &str,
    mut values: Vec<Value>,
    id: i64,
    (n, by, at): (i64, &Author, Timestamp),
) -> Result<(), EngineError> {
    let sql = format!(
        "UPDATE dim_doctor SET {what}, version = version + 1, changed_n = ?, changed_at = ?, changed_by = ? WHERE id = ?"
    );
    values.extend(params![n, at, &by.name, id]);
    tx.execute(&sql, values).await.map(drop)
}
