//! Rows of the dimensions: read for a form, saved with nothing overwritten unseen.
//!
//! Every writer of the catalogue takes the change number first (PATH 3.7). That one row, locked to the end of the
//! transaction, puts them all in line: number order is commit order, and a look before an insert is no race.
pub mod columns;
mod drug;
mod goods;
mod pay;
mod save;
mod stock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;
use uuid::Uuid;

use super::Store;
use crate::domain::dimension::{Author, Dimension, DimensionSpec, FieldChange, FieldFault, Record};
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::{EngineError, StoreError};
use columns::{own_fields, shown};

/// Where and when a form is open: what is in stock and what a price is depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    /// The till's row of `dim_outlet`; 0: none yet.
    pub outlet: i64,
    /// Now.
    pub at: Timestamp,
}

/// What is to be saved. Saving it again with the same `save_id`, because the first answer was lost, is the same save.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// Of which dimension.
    pub dimension: Dimension,
    /// The row as the form wants it; `active` included, so this deactivates and reactivates too.
    pub wanted: &'a Record,
    /// The row as the form read it; none: a new row.
    pub opened: Option<&'a Record>,
    /// Who saves.
    pub by: &'a Author,
    /// Where the goods of "supply now" arrive, and from when a changed price is valid.
    pub here: Here,
    /// Made once for this save, and kept when it is tried again, also after a conflict: goods arrive once.
    pub save_id: Uuid,
}

/// A saved row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Its number.
    pub id: i64,
    /// Its version now.
    pub version: i64,
}

/// Why a row was not saved. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SaveError {
    /// Fields are wrong, or collide with other rows.
    #[error("{}", words(.0))]
    Refused(Vec<FieldFault>),
    /// Somebody else saved the row after it was opened.
    #[error("somebody else changed it meanwhile")]
    Conflict(Box<Conflict>),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EngineError> for SaveError {
    fn from(error: EngineError) -> Self {
        Self::Store(error.into())
    }
}

fn words(faults: &[FieldFault]) -> String {
    faults
        .iter()
        .map(|fault| fault.fault.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

/// What is in the store instead of what the form had opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The row as it is now; saved upon, it is what the next save has `opened`.
    pub current: Record,
    /// What others changed, field by field. Empty if they only deactivated or reactivated it.
    pub changes: Vec<FieldChange>,
}

/// Takes the catalogue's next change number, for the whole of this transaction (PATH 3.7). The first statement of every
/// transaction that changes the catalogue: until the end of it, the others wait.
///
/// # Errors
/// When the store cannot be written, or the schema was not seeded.
pub async fn next_change(tx: &mut dyn Transaction) -> Result<i64, EngineError> {
    tx.execute("UPDATE change_seq SET n = n + 1 WHERE id = 1", params![])
        .await?;
    let rows = tx.query("SELECT n FROM change_seq WHERE id = 1", params![]).await?;
    rows.first()
        .ok_or_else(|| EngineError::Permanent("change_seq is empty: run rxtill init".to_owned()))?
        .get(0)
}

impl Store {
    /// The row `id` of a dimension with every field of its spec; none where there is no such row.
    ///
    /// A drug's prices are those in force here, its stock is this outlet's. Where this database user may not read pay,
    /// the salary is withheld.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(&self, dimension: Dimension, id: i64, here: Here) -> Result<Option<Record>, StoreError> {
        let spec = dimension.spec();
        let own: Vec<_> = own_fields(spec).collect();
        let names: Vec<_> = own.iter().map(|(_, field)| field.name).collect();
        let sql = format!(
            "SELECT uuid, version, active, {} FROM {} WHERE id = ?",
            names.join(", "),
            spec.table
        );
        // The version is read before what stands beside the row: a save in between shows as a conflict, not as agreement.
        let rows = self.engine.query(&sql, params![id]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let uuid: Uuid = row.get(0)?;
        if uuid.is_nil() {
            // The "none" row of dim_doctor is nobody's to change.
            return Ok(None);
        }
        let mut record = Record {
            id: Some(id),
            uuid,
            version: row.get(1)?,
            active: row.get(2)?,
            values: vec![String::new(); spec.fields.len()],
            withheld: None,
        };
        for (index, (position, field)) in own.into_iter().enumerate() {
            record.values[position] = shown(field.kind, row, index + 3)?;
        }
        match dimension {
            Dimension::Drug => self.read_beside_drug(&mut record, id, here).await?,
            Dimension::Employee => self.read_pay(&mut record, id).await?,
            Dimension::Doctor | Dimension::Outlet => {}
        }
        Ok(Some(record))
    }

    /// The business day here: in the outlet's zone, or UTC where no outlet is known.
    async fn today(&self, here: Here) -> Result<Date, EngineError> {
        let sql = "SELECT time_zone FROM dim_outlet WHERE id = ?";
        let rows = self.engine.query(sql, params![here.outlet]).await?;
        let zone = rows.first().map(|row| row.get::<String>(0)).transpose()?;
        let zone = zone.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC);
        Ok(here.at.to_zoned(zone).date())
    }
}

fn fault(spec: &DimensionSpec, field: &str, words: String) -> FieldFault {
    FieldFault {
        position: spec.position(field).unwrap_or(0),
        fault: words,
    }
}
