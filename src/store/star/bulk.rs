//! Many rows in few statements, of bounded size, in words that both dialects know but for the upsert's tail.
use super::{marks, rows_of_marks};
use crate::store::engine::{Dialect, Row, Transaction, Value};
use crate::store::error::EngineError;

/// Parameters of one statement: far below what SQLite (32,766) and MySQL (65,535) take, and enough that the way to the
/// server no longer counts.
pub(super) const MOST_PARAMS: usize = 8_000;

/// `INSERT` of `rows`, each with a value for every one of `columns`.
pub(super) async fn insert(
    transaction: &mut dyn Transaction,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), EngineError> {
    put(transaction, table, columns, rows, "").await
}

/// `INSERT` of rows that are there already, in the dialect's words. Never on facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overwriting(pub Dialect);

impl Overwriting {
    /// Overwrites the columns in `update` of rows with the same `key`, and puts in those that are not there.
    pub async fn put(
        self,
        transaction: &mut dyn Transaction,
        table: &str,
        key: &str,
        columns: &[&str],
        update: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), EngineError> {
        let (head, new) = match self.0 {
            Dialect::Sqlite => (format!(" ON CONFLICT ({key}) DO UPDATE SET "), ("excluded.", "")),
            Dialect::MySql => (" ON DUPLICATE KEY UPDATE ".to_owned(), ("VALUES(", ")")),
        };
        let set: Vec<_> = update
            .iter()
            .map(|column| format!("{column} = {}{column}{}", new.0, new.1))
            .collect();
        put(transaction, table, columns, rows, &(head + &set.join(", "))).await
    }
}

async fn put(
    transaction: &mut dyn Transaction,
    table: &str,
    columns: &[&str],
    mut rows: Vec<Vec<Value>>,
    tail: &str,
) -> Result<(), EngineError> {
    let most = (MOST_PARAMS / columns.len().max(1)).max(1);
    while !rows.is_empty() {
        let chunk: Vec<_> = rows.drain(..rows.len().min(most)).collect();
        let values = rows_of_marks(columns.len(), chunk.len());
        let sql = format!("INSERT INTO {table} ({}) VALUES {values}{tail}", columns.join(", "));
        transaction.execute(&sql, chunk.into_iter().flatten().collect()).await?;
    }
    Ok(())
}

/// The rows of `select` whose `column` is one of `keys`; `select` ends where the condition begins.
pub(super) async fn select_in(
    transaction: &mut dyn Transaction,
    select: &str,
    column: &str,
    keys: Vec<Value>,
) -> Result<Vec<Row>, EngineError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(MOST_PARAMS) {
        let sql = format!("{select} WHERE {column} IN ({})", marks(chunk.len()));
        found.extend(transaction.query(&sql, chunk.to_vec()).await?);
    }
    Ok(found)
}
