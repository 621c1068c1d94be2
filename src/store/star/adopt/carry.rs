//! Rows carried from one engine to another: the same values, at the rows that the other has for what they point at.
use std::collections::HashMap;

use crate::store::engine::{Row, Transaction, Value};
use crate::store::error::EngineError;
use crate::store::star::rows_of_marks;

/// How a column is carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum As {
    /// As it is.
    Is,
    /// A decimal, which engines keep differently.
    Decimal,
    /// A row of that dimension.
    Row(Kind),
    /// A row of `stock_batch`.
    Batch,
}

/// The dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Outlet,
    Employee,
    Doctor,
    Tender,
    Drug,
}

/// Columns of a table, in the order of a SELECT.
pub(super) type Columns = &'static [(&'static str, As)];

/// The rows of the one engine by those of the other.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub rows: HashMap<(Kind, i64), i64>,
    pub batches: HashMap<i64, i64>,
}

impl Ids {
    /// The row for `id`.
    pub(super) fn of(&self, kind: Kind, id: i64) -> Result<i64, EngineError> {
        // Prices of every outlet.
        if kind == Kind::Outlet && id == 0 {
            return Ok(0);
        }
        let found = self.rows.get(&(kind, id)).copied();
        found.ok_or_else(|| EngineError::Permanent(format!("the file has no {kind:?} in row {id}")))
    }

    fn carried(&self, row: &Row, index: usize, carry: As) -> Result<Value, EngineError> {
        let id = row.get::<Option<i64>>(index);
        Ok(match carry {
            As::Is => row.0.get(index).cloned().unwrap_or(Value::Null),
            As::Decimal => Value::from(row.get::<Option<rust_decimal::Decimal>>(index)?),
            As::Row(kind) => Value::from(id?.map(|id| self.of(kind, id)).transpose()?),
            As::Batch => {
                let Some(id) = id? else { return Ok(Value::Null) };
                let found = self.batches.get(&id).copied();
                Value::from(found.ok_or_else(|| EngineError::Permanent(format!("the file has no batch in row {id}")))?)
            }
        })
    }

    /// The columns of `row` from that field on, for the other engine.
    pub(super) fn row(&self, row: &Row, from: usize, columns: Columns) -> Result<Vec<Value>, EngineError> {
        let fields = columns.iter().enumerate();
        fields
            .map(|(index, (_, carry))| self.carried(row, from + index, *carry))
            .collect()
    }
}

/// `a, b, c`, each behind `prefix`.
pub(super) fn names(prefix: &str, columns: Columns) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect();
    names.join(", ")
}

/// Inserts rows, all of the same columns.
pub(super) async fn insert(
    tx: &mut dyn Transaction,
    (table, names): (&str, &str),
    rows: Vec<Vec<Value>>,
) -> Result<(), EngineError> {
    /// Far below what an engine takes in one statement.
    const VALUES: usize = 4_000;
    let Some(width) = rows.first().map(Vec::len) else {
        return Ok(());
    };
    for some in rows.chunks((VALUES / width.max(1)).max(1)) {
        let sql = format!(
            "INSERT INTO {table} ({names}) VALUES {}",
            rows_of_marks(width, some.len())
        );
        tx.execute(&sql, some.concat()).await?;
    }
    Ok(())
}

/// The same, where rows are of the table's own columns.
pub(super) async fn insert_all(
    tx: &mut dyn Transaction,
    (table, columns): (&str, Columns),
    rows: Vec<Vec<Value>>,
) -> Result<(), EngineError> {
    insert(tx, (table, &names("", columns)), rows).await
}
