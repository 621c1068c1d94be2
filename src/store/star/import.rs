//! Many rows of a dimension at once: what `rxtill import` and the sample pharmacy load, a batch a transaction.
//!
//! A batch takes one change number (PATH 3.7), looks at what is there, puts in what is new and overwrites what differs:
//! the same file twice changes nothing. Rows that cannot be are refused one by one, the others are loaded.
mod drug;
mod packs;
mod pay;
mod prices;
mod rows;

use jiff::civil::Date;
use uuid::Uuid;

use super::dimension::columns::{columns, natural_columns};
use super::dimension::next_change;
use super::history::{self, Changed};
use super::{Store, bulk};
use crate::domain::clock::Clock;
use crate::domain::dimension::{Author, Dimension, DimensionSpec, RowChange};
use crate::domain::import::ImportRow;
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, StoreError};
use rows::Target;

/// What a batch needs besides its rows.
pub struct ImportTerms<'a> {
    /// Of which dimension all rows are.
    pub dimension: Dimension,
    /// Who imports.
    pub by: &'a str,
    /// From when a changed price is valid where the row does not say.
    pub today: Date,
    /// Makes the lasting id of each new row.
    pub clock: &'a dyn Clock,
}

/// What became of a batch's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Rows of the dimension that are new.
    pub added: u64,
    /// Rows of the dimension that were there and are different now, or have another pack, price or pay.
    pub changed: u64,
    /// Rows of the dimension that were there as the file has them.
    pub unchanged: u64,
    /// Stock that was opened.
    pub stock_opened: u64,
    /// Stock that was left alone: the book has movements of that drug there already.
    pub stock_skipped: u64,
    /// Rows of the file that were refused: the line, and why.
    pub refused: Vec<(u64, String)>,
}

impl BatchReport {
    /// Adds what another batch did.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.stock_opened += other.stock_opened;
        self.stock_skipped += other.stock_skipped;
        self.refused.extend(other.refused);
    }
}

/// An open batch.
struct Batch<'a> {
    tx: Box<dyn Transaction>,
    spec: &'static DimensionSpec,
    overwriting: bulk::Overwriting,
    by: &'a str,
    today: Date,
    /// The database's clock at its beginning.
    now: Value,
    /// The change number that it takes.
    n: i64,
}

impl Store {
    /// Loads one batch in one transaction. Safe to repeat: after [`StoreError::Retryable`], in doubt or not, the same
    /// batch again finds what was done.
    ///
    /// # Errors
    /// When the store cannot take the batch; nothing of it was loaded.
    pub async fn import(&self, rows: &[ImportRow], terms: &ImportTerms<'_>) -> Result<BatchReport, StoreError> {
        let spec = terms.dimension.spec();
        let mut tx = self.engine.begin().await?;
        // First, so that everything read below stays as it is until the end.
        let n = next_change(&mut *tx).await?;
        let clock = format!("SELECT {}", self.engine.dialect().now());
        let now = tx.query(&clock, params![]).await?.into_iter().next();
        let now = now.map_or(Ok(Value::Null), |row| row.get::<jiff::Timestamp>(0).map(Value::Time))?;
        let mut batch = Batch {
            tx,
            spec,
            overwriting: bulk::Overwriting(self.engine.dialect()),
            by: terms.by,
            today: terms.today,
            now,
            n,
        };
        match batch.load(rows, terms.clock).await {
            Ok(report) if report.added + report.changed + report.stock_opened == 0 => {
                batch.tx.rollback().await;
                Ok(report)
            }
            Ok(report) => {
                batch.tx.commit().await?;
                Ok(report)
            }
            Err(error) => {
                batch.tx.rollback().await;
                Err(error.into())
            }
        }
    }
}

impl Batch<'_> {
    async fn load(&mut self, rows: &[ImportRow], clock: &dyn Clock) -> Result<BatchReport, EngineError> {
        let mut report = BatchReport::default();
        let keyed: Vec<_> = rows.iter().map(|row| (row.natural_key(), row)).collect();
        let stored = self.stored(&keyed).await?;
        let mut goods = match self.spec.dimension {
            Dimension::Drug => Some(drug::Goods::look(&mut *self.tx, rows).await?),
            _ => None,
        };
        let (mut targets, refused) = rows::merge(self.spec, &keyed, stored, goods.as_mut(), clock);
        report.refused = refused;
        self.put_new(&mut targets).await?;
        self.put_changed(&targets).await?;
        let touched = match (self.spec.dimension, goods.as_mut()) {
            (Dimension::Drug, Some(goods)) => goods.put(self, &targets, clock, &mut report).await?,
            (Dimension::Employee, _) => pay::put(&mut *self.tx, self.overwriting, &targets).await?,
            _ => Vec::new(),
        };
        let mut only_touched = Vec::new();
        let mut changed = Vec::new();
        for target in &targets {
            changed.extend(self.told(target, touched.contains(&target.id)));
            if target.stored.is_none() {
                report.added += 1;
            } else if target.differs() {
                report.changed += 1;
            } else if touched.contains(&target.id) {
                report.changed += 1;
                only_touched.push(target.id);
            } else {
                report.unchanged += 1;
            }
        }
        self.touch(&only_touched).await?;
        let author = Author::program(self.by);
        history::put(&mut *self.tx, self.spec.dimension, &author, self.now.clone(), changed).await?;
        Ok(report)
    }

    /// What the history tells of a row: one line an import.
    fn told(&self, target: &Target<'_>, touched: bool) -> Option<Changed> {
        let mut what: Vec<&str> = match &target.stored {
            None => vec!["added"],
            Some(stored) => {
                let fields = self
                    .spec
                    .fields
                    .iter()
                    .zip(stored.values.iter().zip(&target.wanted.values));
                fields
                    .filter(|(_, (was, is))| was != is)
                    .map(|(field, _)| field.label)
                    .collect()
            }
        };
        if touched && target.stored.is_some() {
            what.push(match self.spec.dimension {
                Dimension::Employee => "pay",
                _ => "packs or prices",
            });
        }
        (!what.is_empty()).then(|| Changed {
            row: target.wanted.uuid,
            change: RowChange::import(what.join(", ")),
        })
    }

    /// Gives each new row its place in the dimension's table, and learns its number.
    async fn put_new(&mut self, targets: &mut [Target<'_>]) -> Result<(), EngineError> {
        let new: Vec<_> = targets.iter_mut().filter(|target| target.stored.is_none()).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut names = vec!["uuid", "version", "changed_n", "changed_at", "changed_by"];
        let mut values = Vec::with_capacity(new.len());
        for target in &new {
            let own = columns(self.spec, &target.wanted);
            if values.is_empty() {
                names.extend(own.iter().map(|(name, _)| *name));
            }
            let mut row = params![target.wanted.uuid, 1_i64, self.n, self.now.clone(), self.by];
            row.extend(own.into_iter().map(|(_, value)| value));
            values.push(row);
        }
        bulk::insert(&mut *self.tx, self.spec.table, &names, values).await?;
        let ids = new.iter().map(|target| Value::from(target.wanted.uuid)).collect();
        let select = format!("SELECT uuid, id FROM {}", self.spec.table);
        let mut found = std::collections::HashMap::with_capacity(new.len());
        for row in bulk::select_in(&mut *self.tx, &select, "uuid", ids).await? {
            found.insert(row.get::<Uuid>(0)?, row.get::<i64>(1)?);
        }
        for target in new {
            target.id = *found
                .get(&target.wanted.uuid)
                .ok_or_else(|| EngineError::retryable("a row that was put in is not there"))?;
        }
        Ok(())
    }

    /// Overwrites the rows that are there and differ.
    async fn put_changed(&mut self, targets: &[Target<'_>]) -> Result<(), EngineError> {
        let mut names = vec!["id", "uuid", "version", "changed_n", "changed_at", "changed_by"];
        let mut values = Vec::new();
        for target in targets.iter().filter(|target| target.differs()) {
            let own = columns(self.spec, &target.wanted);
            if values.is_empty() {
                names.extend(own.iter().map(|(name, _)| *name));
            }
            let version = target.wanted.version + 1;
            let mut row = params![
                target.id,
                target.wanted.uuid,
                version,
                self.n,
                self.now.clone(),
                self.by
            ];
            row.extend(own.into_iter().map(|(_, value)| value));
            values.push(row);
        }
        // The coin is not in the file: what somebody set stays.
        let update: Vec<_> = names[2..]
            .iter()
            .copied()
            .filter(|name| *name != "smallest_coin")
            .collect();
        self.overwriting
            .put(&mut *self.tx, self.spec.table, "id", &names, &update, values)
            .await
    }

    /// Marks rows as changed of which only what stands beside them changed.
    async fn touch(&mut self, ids: &[i64]) -> Result<(), EngineError> {
        for chunk in ids.chunks(bulk::MOST_PARAMS / 2) {
            let sql = format!(
                "UPDATE {} SET version = version + 1, changed_n = ?, changed_at = ?, changed_by = ? WHERE id IN ({})",
                self.spec.table,
                super::marks(chunk.len())
            );
            let mut values = params![self.n, self.now.clone(), self.by];
            values.extend(chunk.iter().map(|id| Value::from(*id)));
            self.tx.execute(&sql, values).await?;
        }
        Ok(())
    }

    /// The rows of the dimension that these rows of a file are about, by natural key.
    async fn stored(&mut self, keyed: &[(String, &ImportRow)]) -> Result<rows::Stored, EngineError> {
        let lookup = natural_columns(self.spec.dimension).first().copied().unwrap_or("uuid");
        let blank = self.spec.blank(Uuid::nil());
        let mut keys: Vec<Value> = Vec::with_capacity(keyed.len());
        for (_, row) in keyed {
            let own = columns(self.spec, &row.over(&blank));
            keys.extend(
                own.into_iter()
                    .find(|(name, _)| *name == lookup)
                    .map(|(_, value)| value),
            );
        }
        let rows = bulk::select_in(&mut *self.tx, &rows::select(self.spec), lookup, keys).await?;
        rows::read(self.spec, &rows)
    }
}
