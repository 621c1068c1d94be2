//! One save, one transaction: all of it or nothing, and nothing overwritten unseen.
use super::super::Store;
use super::super::history::{self, Changed};
use super::columns::{columns, natural_columns};
use super::{Conflict, Save, SaveError, Saved, drug, fault, next_change, pay};
use crate::domain::dimension::{Dimension, DimensionSpec, FieldFault, FieldKind, Record, RowChange, changes};
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, StoreError};

/// Attempts at one save. Each follows a look at what somebody else saved at the same moment.
const ATTEMPTS: u32 = 3;

/// What an outlet's currency brings along when the outlet is made, and may be set otherwise afterwards.
const OF_CURRENCY: [&str; 2] = ["currency_decimals", "smallest_coin"];

/// Why an attempt did not save.
#[derive(Debug)]
pub(super) enum Stop {
    /// The row is not there in the version that was opened.
    Stale,
    /// Fields collide with what is there.
    Refused(Vec<FieldFault>),
    /// A statement failed.
    Engine(EngineError),
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        match error {
            // Someone without the change number, or this very save before: looked at outside (PATH 3.4).
            EngineError::Duplicate(_) => Self::Stale,
            error => Self::Engine(error),
        }
    }
}

/// What the row in the store says about an attempt that stopped.
enum Verdict {
    /// This very save was done before, its answer lost.
    Done(Saved),
    /// Nothing in it stands against the save: try again on this version.
    Again(Option<Saved>),
}

impl Store {
    /// Saves a row, with its packs, prices, pay and delivered goods, in one transaction.
    ///
    /// # Errors
    /// [`SaveError::Refused`] for faults and for a second row of one natural key, [`SaveError::Conflict`] when somebody
    /// else changed the row after it was opened. Neither leaves anything behind.
    pub async fn save(&self, save: &Save<'_>) -> Result<Saved, SaveError> {
        let spec = save.dimension.spec();
        let wanted = spec.check(save.wanted).map_err(SaveError::Refused)?;
        let mut base = save.opened.and_then(|opened| {
            Some(Saved {
                id: opened.id?,
                version: opened.version,
            })
        });
        for _ in 0..ATTEMPTS {
            match self.try_save(save, wanted.clone(), base).await {
                Ok(saved) => return Ok(saved),
                Err(Stop::Refused(faults)) => return Err(SaveError::Refused(faults)),
                Err(Stop::Engine(error)) => return Err(error.into()),
                Err(Stop::Stale) => match self.look_again(save, &wanted, base).await? {
                    Verdict::Done(saved) => return Ok(saved),
                    Verdict::Again(now) => base = now,
                },
            }
        }
        Err(SaveError::Store(StoreError::Retryable {
            reason: format!("others keep saving the same {}", spec.one),
            in_doubt: false,
        }))
    }

    async fn try_save(&self, save: &Save<'_>, wanted: Record, base: Option<Saved>) -> Result<Saved, Stop> {
        let today = self.today(save.here).await?;
        let mut tx = self.engine.begin().await?;
        let done = write(&mut *tx, save, wanted, base, today).await;
        match done {
            Ok(saved) => {
                tx.commit().await?;
                Ok(saved)
            }
            Err(stop) => {
                tx.rollback().await;
                Err(stop)
            }
        }
    }

    /// Looks at the row that stood in the way.
    async fn look_again(&self, save: &Save<'_>, wanted: &Record, base: Option<Saved>) -> Result<Verdict, SaveError> {
        let spec = save.dimension.spec();
        let id = match base {
            Some(base) => Some(base.id),
            None => self.id_of(spec, wanted).await?,
        };
        let Some(id) = id else { return Ok(Verdict::Again(None)) };
        let Some(current) = self.read(save.dimension, id, save.here).await? else {
            let words = format!("this {} is not in the database any more", spec.one);
            return Err(SaveError::Refused(vec![FieldFault {
                position: 0,
                fault: words,
            }]));
        };
        let now = Saved {
            id,
            version: current.version,
        };
        let was_supplied = drug::supplied(wanted).is_none() || self.was_supplied(save).await?;
        match save.opened {
            _ if same(spec, &current, wanted) && was_supplied => Ok(Verdict::Done(now)),
            Some(opened) if same(spec, &current, opened) => Ok(Verdict::Again(Some(now))),
            opened => {
                let opened = opened.unwrap_or(wanted);
                let changes = changes(opened, &current, wanted)
                    .into_iter()
                    .filter(|change| is_content(spec, change.position))
                    .collect();
                Err(SaveError::Conflict(Box::new(Conflict { current, changes })))
            }
        }
    }

    async fn id_of(&self, spec: &DimensionSpec, record: &Record) -> Result<Option<i64>, EngineError> {
        let sql = format!("SELECT id FROM {} WHERE uuid = ?", spec.table);
        let rows = self.engine.query(&sql, params![record.uuid]).await?;
        rows.first().map(|row| row.get(0)).transpose()
    }
}

async fn write(
    tx: &mut dyn Transaction,
    save: &Save<'_>,
    mut wanted: Record,
    base: Option<Saved>,
    today: jiff::civil::Date,
) -> Result<Saved, Stop> {
    let spec = save.dimension.spec();
    let goods = match save.dimension {
        Dimension::Drug => drug::supplied(&wanted),
        _ => None,
    };
    let edited = save.opened.is_none_or(|opened| !same(spec, opened, &wanted));
    let saved = match base {
        // Goods alone change no row of the catalogue, and nobody has to wait for its number.
        Some(base) if !edited => base,
        base => {
            let n = next_change(tx).await?;
            refuse_a_second(tx, spec, &wanted).await?;
            if save.dimension == Dimension::Drug {
                drug::check(tx, &mut wanted).await?;
            }
            let saved = match base {
                Some(base) => update(tx, save, &wanted, base, n).await?,
                None => insert(tx, save, &wanted, n).await?,
            };
            match save.dimension {
                Dimension::Drug => drug::write_packs(tx, save, &wanted, saved.id, today).await?,
                Dimension::Employee => pay::write(tx, save, &wanted, saved.id).await?,
                Dimension::Doctor | Dimension::Outlet => {}
            }
            let row = wanted.uuid;
            let changed = RowChange::between(spec, save.opened, &wanted)
                .into_iter()
                .map(|change| Changed { row, change });
            history::put(tx, save.dimension, save.by, save.here.at.into(), changed).await?;
            saved
        }
    };
    if let Some(quantity) = goods {
        drug::supply(tx, save, saved.id, quantity).await?;
    }
    Ok(saved)
}

/// Refuses a row that is another row already, in words that name it.
async fn refuse_a_second(tx: &mut dyn Transaction, spec: &'static DimensionSpec, wanted: &Record) -> Result<(), Stop> {
    let keys: Vec<_> = columns(spec, wanted)
        .into_iter()
        .filter(|(column, _)| natural_columns(spec.dimension).contains(column))
        .collect();
    let conditions: Vec<_> = keys.iter().map(|(column, _)| format!("{column} = ?")).collect();
    let sql = format!(
        "SELECT name, active FROM {} WHERE {} AND uuid <> ?",
        spec.table,
        conditions.join(" AND ")
    );
    let mut params: Vec<_> = keys.into_iter().map(|(_, value)| value).collect();
    params.push(Value::from(wanted.uuid));
    let rows = tx.query(&sql, params).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (name, active): (String, bool) = (row.get(0)?, row.get(1)?);
    let state = if active { "" } else { " (deactivated: reactivate it)" };
    let one = spec.one;
    let (field, words) = match spec.dimension {
        Dimension::Drug => ("code", format!("that is the code of “{name}” already{state}")),
        Dimension::Outlet => ("name", format!("there is an {one} “{name}” already{state}")),
        Dimension::Employee => (
            "phone_number",
            format!("there is an {one} “{name}” of this phone number already{state}"),
        ),
        Dimension::Doctor if wanted.value(spec, "registration_number").is_empty() => (
            "phone_number",
            format!("there is a {one} “{name}” of this phone number already{state}"),
        ),
        Dimension::Doctor => (
            "registration_number",
            format!("that is the number of “{name}” already{state}"),
        ),
    };
    Err(Stop::Refused(vec![fault(spec, field, words)]))
}

async fn insert(tx: &mut dyn Transaction, save: &Save<'_>, wanted: &Record, n: i64) -> Result<Saved, Stop> {
    let spec = save.dimension.spec();
    let mut row = vec![
        ("uuid", Value::from(wanted.uuid)),
        ("active", Value::from(wanted.active)),
        ("changed_n", Value::from(n)),
        ("changed_at", Value::from(save.here.at)),
        ("changed_by", Value::from(&save.by.name)),
    ];
    row.extend(columns(spec, wanted));
    let (names, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        spec.table,
        names.join(", "),
        super::super::marks(names.len())
    );
    tx.execute(&sql, values).await?;
    Ok(Saved {
        id: tx.last_insert_id(),
        version: 1,
    })
}

async fn update(
    tx: &mut dyn Transaction,
    save: &Save<'_>,
    wanted: &Record,
    base: Saved,
    n: i64,
) -> Result<Saved, Stop> {
    let spec = save.dimension.spec();
    let currency = |record: &Record| record.value(spec, "currency").to_owned();
    let same_currency = save.opened.is_some_and(|opened| currency(opened) == currency(wanted));
    let version = base.version + 1;
    let mut row = vec![
        ("active", Value::from(wanted.active)),
        ("version", Value::from(version)),
        ("changed_n", Value::from(n)),
        ("changed_at", Value::from(save.here.at)),
        ("changed_by", Value::from(&save.by.name)),
    ];
    let own = columns(spec, wanted);
    row.extend(
        own.into_iter()
            .filter(|(column, _)| !(same_currency && OF_CURRENCY.contains(column))),
    );
    let names: Vec<_> = row.iter().map(|(column, _)| format!("{column} = ?")).collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE id = ? AND version = ?",
        spec.table,
        names.join(", ")
    );
    let mut values: Vec<_> = row.into_iter().map(|(_, value)| value).collect();
    values.extend(params![base.id, base.version]);
    match tx.execute(&sql, values).await? {
        0 => Err(Stop::Stale),
        _ => Ok(Saved { id: base.id, version }),
    }
}

/// Whether the field at `position` is the row's own content: not stock, which changes with every sale, nor what is added
/// to it.
fn is_content(spec: &DimensionSpec, position: usize) -> bool {
    spec.fields
        .get(position)
        .is_some_and(|field| field.kind != FieldKind::Shown && field.name != "quantity_supplied")
}

/// Whether two records have the same content.
fn same(spec: &DimensionSpec, a: &Record, b: &Record) -> bool {
    let content = |record: &Record| {
        let values = record.values.iter().enumerate();
        values
            .filter(|(position, _)| is_content(spec, *position))
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    a.active == b.active && content(a) == content(b)
}
