//! Indexes that a later step adds. MySQL knows no CREATE INDEX IF NOT EXISTS, so there it is looked first.
use super::super::engine::{Dialect, Engine};
use super::super::error::EngineError;
use crate::params;

/// Index and table of a statement `CREATE INDEX … ON … (…)`; none where it is another one.
pub(super) fn added_by(sql: &str) -> Option<(&str, &str)> {
    let mut words = sql.split_ascii_whitespace();
    let mut next = |wanted: &str| words.next().filter(|word| wanted.is_empty() || *word == wanted);
    next("CREATE")?;
    next("INDEX")?;
    let index = next("").filter(|index| *index != "IF")?;
    next("ON")?;
    Some((index, next("")?))
}

/// Adds it, unless it is there.
pub(super) async fn add(engine: &dyn Engine, (index, table): (&str, &str), sql: &str) -> Result<(), EngineError> {
    if is_there(engine, index, table).await? {
        return Ok(());
    }
    match engine.execute(sql, params![]).await {
        Ok(_) => Ok(()),
        // The lease ran out while a large table was read, and another runner did the same.
        Err(_) if is_there(engine, index, table).await? => Ok(()),
        Err(error) => Err(error),
    }
}

async fn is_there(engine: &dyn Engine, index: &str, table: &str) -> Result<bool, EngineError> {
    if engine.dialect() == Dialect::Sqlite {
        return Ok(false);
    }
    let look = "SELECT COUNT(*) FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ?";
    let rows = engine.query(look, params![table, index]).await?;
    let columns: i64 = rows.first().map_or(Ok(0), |row| row.get(0))?;
    Ok(columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_index_that_cannot_be_repeated_is_looked_for() {
        assert_eq!(added_by("CREATE INDEX ix_a ON t\n  (b, c)"), Some(("ix_a", "t")));
        for other in [
            "CREATE INDEX IF NOT EXISTS ix_a ON t (b)",
            "CREATE TABLE t (b INT)",
            "CREATE INDEX",
            "",
        ] {
            assert_eq!(added_by(other), None, "{other}");
        }
    }
}
