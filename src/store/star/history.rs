//! The history of a row: inserted in the transaction of the change, never touched again.
use uuid::Uuid;

use super::{Store, bulk};
use crate::domain::dimension::{Author, Dimension, History, HistoryLine, RowChange};
use crate::params;
use crate::store::engine::{Transaction, Value};
use crate::store::error::{EngineError, StoreError};

/// So many lines are read at once, the newest.
const MOST: usize = 500;

const COLUMNS: [&str; 9] = [
    "dimension",
    "row_uuid",
    "field",
    "before_value",
    "after_value",
    "changed_by",
    "employee_id",
    "till_id",
    "changed_at",
];

/// A row that was changed, and what of it.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    /// The row's lasting id.
    pub row: Uuid,
    /// What of it.
    pub change: RowChange,
}

/// Notes changes of rows of a dimension: who, and when.
pub(super) async fn put(
    tx: &mut dyn Transaction,
    dimension: Dimension,
    author: &Author,
    at: Value,
    changed: impl IntoIterator<Item = Changed>,
) -> Result<(), EngineError> {
    let rows = changed.into_iter().map(|Changed { row, change }| {
        params![
            dimension.spec().one,
            row,
            change.field,
            change.before,
            change.after,
            &author.name,
            author.employee,
            author.till.clone(),
            at.clone()
        ]
    });
    bulk::insert(tx, "row_history", &COLUMNS, rows.collect()).await
}

impl Store {
    /// What is known of the changes of a row, newest first. A row that was there before histories were kept may have none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(&self, row: Uuid) -> Result<History, StoreError> {
        let sql = format!(
            "SELECT field, before_value, after_value, changed_by, employee_id, till_id, changed_at FROM row_history
             WHERE row_uuid = ? ORDER BY id DESC LIMIT {}",
            MOST + 1
        );
        let mut lines = Vec::new();
        for found in self.engine.query(&sql, params![row]).await? {
            lines.push(HistoryLine {
                at: found.get(6)?,
                author: Author {
                    name: found.get(3)?,
                    employee: found.get(4)?,
                    till: found.get(5)?,
                },
                change: RowChange {
                    field: found.get(0)?,
                    before: found.get(1)?,
                    after: found.get(2)?,
                },
            });
        }
        let has_older = lines.len() > MOST;
        lines.truncate(MOST);
        Ok(History { row, lines, has_older })
    }
}
