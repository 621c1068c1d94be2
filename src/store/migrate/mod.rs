//! `rxtill init`: makes or upgrades the schema, and survives being killed at any statement (PATH 3.8).
//!
//! MySQL ends a transaction at every CREATE, so no step is atomic. Each statement can therefore be repeated, and is
//! recorded in `schema_version` when it is done; whoever comes next goes on behind the last one recorded. One runner at
//! a time by a lease row, whose expiry is the database's clock's.
mod index;
mod lease;
mod seed;
mod split;

use uuid::Uuid;

use super::engine::{Dialect, Engine};
use super::error::{EngineError, StoreError};
use crate::params;
use lease::Lease;
use seed::Seed;

/// The schema that this program knows: the number of its newest step.
pub const KNOWN_SCHEMA: i64 = 7;

/// Numbered files of one dialect, oldest first; the first is step 1.
fn files(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[
            include_str!("../../../sql/sqlite/0001_star.sql"),
            include_str!("../../../sql/sqlite/0002_row_history.sql"),
            include_str!("../../../sql/sqlite/0003_tender_reference.sql"),
            include_str!("../../../sql/sqlite/0004_till_event.sql"),
            include_str!("../../../sql/sqlite/0005_alert_note.sql"),
            include_str!("../../../sql/sqlite/0006_reader_lease.sql"),
            include_str!("../../../sql/sqlite/0007_report_index.sql"),
        ],
        Dialect::MySql => &[
            include_str!("../../../sql/mysql/0001_star.sql"),
            include_str!("../../../sql/mysql/0002_row_history.sql"),
            include_str!("../../../sql/mysql/0003_tender_reference.sql"),
            include_str!("../../../sql/mysql/0004_till_event.sql"),
            include_str!("../../../sql/mysql/0005_alert_note.sql"),
            include_str!("../../../sql/mysql/0006_reader_lease.sql"),
            include_str!("../../../sql/mysql/0007_report_index.sql"),
        ],
    }
}

/// What [`init`] needs that must not be made up on the way.
#[derive(Debug, Clone, Copy)]
pub struct InitIds {
    /// The epoch of a new catalogue (PATH 3.7); an existing one keeps its own.
    pub epoch: Uuid,
    /// This run of `init`, as the holder of the lease.
    pub runner: Uuid,
}

/// What [`init`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitReport {
    /// The schema now.
    pub schema: i64,
    /// Statements that were run by this call; 0: all was there.
    pub statements: u32,
}

/// How far a database's schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// No rxtill ever wrote here.
    Absent,
    /// An `init` of this step has begun and not ended, or an older program made it: run `rxtill init`.
    Behind {
        /// Newest step of which something is there.
        found: i64,
    },
    /// As this program knows it.
    Ready,
    /// A newer program made it.
    Ahead {
        /// Newest step of which something is there.
        found: i64,
    },
}

/// One thing to do, recorded when it is done.
enum Work {
    Statement(&'static str),
    Seed(Seed),
}

/// The steps that this program knows: each a file, and behind it the rows that every till expects.
fn plan(dialect: Dialect) -> Vec<Vec<Work>> {
    let mut steps: Vec<Vec<Work>> = files(dialect)
        .iter()
        .map(|file| split::statements(file).into_iter().map(Work::Statement).collect())
        .collect();
    if let Some(first) = steps.first_mut() {
        first.extend(Seed::first().into_iter().map(Work::Seed));
    }
    for (step, works) in (1..).zip(&mut steps) {
        works.extend(Seed::of_step(step).iter().copied().map(Work::Seed));
    }
    steps
}

/// Creates or upgrades the schema, and puts in the rows that every till expects. Safe to run again, and at once from
/// several machines: the others wait for the one that holds the lease, and find the work done.
///
/// # Errors
/// When the database has a newer schema than this program, when another `init` does not end, and what the engine says.
pub async fn init(engine: &dyn Engine, ids: InitIds) -> Result<InitReport, StoreError> {
    if let SchemaState::Ahead { found } = schema_state(engine).await? {
        return Err(StoreError::Permanent(format!(
            "this database has schema {found}, this rxtill knows {KNOWN_SCHEMA}: upgrade rxtill"
        )));
    }
    create_bookkeeping(engine).await?;
    let lease = Lease::acquire(engine, ids.runner).await?;
    let done = run(engine, &lease, ids).await;
    lease.release(engine).await;
    Ok(InitReport {
        schema: KNOWN_SCHEMA,
        statements: done?,
    })
}

async fn run(engine: &dyn Engine, lease: &Lease, ids: InitIds) -> Result<u32, StoreError> {
    let mut done = 0;
    for (step, works) in (1_i64..).zip(plan(engine.dialect())) {
        let first = recorded(engine, step).await?;
        for (number, work) in (1_i64..).zip(works).skip(first) {
            lease.renew(engine).await?;
            match work {
                Work::Statement(sql) => match index::added_by(sql) {
                    Some(names) => index::add(engine, names, sql).await?,
                    None => {
                        engine.execute(sql, params![]).await?;
                    }
                },
                Work::Seed(seed) => seed.plant(engine, ids.epoch).await?,
            }
            record(engine, step, number).await?;
            done += 1;
        }
    }
    Ok(done)
}

/// How far the database's schema is; asks only.
///
/// # Errors
/// What the engine says.
pub async fn schema_state(engine: &dyn Engine) -> Result<SchemaState, StoreError> {
    let look = match engine.dialect() {
        Dialect::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
        Dialect::MySql => {
            "SELECT COUNT(*) FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name = 'schema_version'"
        }
    };
    let tables: i64 = first_field(engine, look).await?.unwrap_or(0);
    if tables == 0 {
        return Ok(SchemaState::Absent);
    }
    let newest: Option<i64> = first_field(engine, "SELECT MAX(step) FROM schema_version").await?;
    let Some(found) = newest else {
        return Ok(SchemaState::Behind { found: 0 });
    };
    if found > KNOWN_SCHEMA {
        return Ok(SchemaState::Ahead { found });
    }
    let works = plan(engine.dialect()).last().map_or(0, Vec::len);
    if found == KNOWN_SCHEMA && recorded(engine, found).await? == works {
        return Ok(SchemaState::Ready);
    }
    Ok(SchemaState::Behind { found })
}

/// Statements of `step` that are done: they are done, and recorded, in order.
async fn recorded(engine: &dyn Engine, step: i64) -> Result<usize, EngineError> {
    let rows = engine
        .query(
            "SELECT COALESCE(MAX(statement_no), 0) FROM schema_version WHERE step = ?",
            params![step],
        )
        .await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

async fn record(engine: &dyn Engine, step: i64, number: i64) -> Result<(), EngineError> {
    let sql = format!(
        "INSERT INTO schema_version (step, statement_no, done_at) VALUES (?, ?, {})",
        engine.dialect().now()
    );
    match engine.execute(&sql, params![step, number]).await {
        // The lease ran out during a long statement, and another runner did the same.
        Ok(_) | Err(EngineError::Duplicate(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The two tables of this module, which are there before anything can be recorded.
async fn create_bookkeeping(engine: &dyn Engine) -> Result<(), EngineError> {
    let (moment, holder, tail) = match engine.dialect() {
        Dialect::Sqlite => ("TEXT", "TEXT", "STRICT"),
        Dialect::MySql => (
            "DATETIME(3)",
            "VARCHAR(64)",
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        ),
    };
    for sql in [
        format!(
            "CREATE TABLE IF NOT EXISTS schema_version (step BIGINT NOT NULL, statement_no BIGINT NOT NULL,
             done_at {moment} NOT NULL, PRIMARY KEY (step, statement_no)) {tail}"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS schema_lease (id BIGINT NOT NULL PRIMARY KEY, holder {holder} NOT NULL,
             expires_at {moment} NOT NULL) {tail}"
        ),
    ] {
        let sql = match engine.dialect() {
            // STRICT tables know INTEGER only.
            Dialect::Sqlite => sql.replace("BIGINT", "INTEGER"),
            Dialect::MySql => sql,
        };
        engine.execute(&sql, params![]).await?;
    }
    Ok(())
}

async fn first_field<T: super::engine::FromValue>(engine: &dyn Engine, sql: &str) -> Result<Option<T>, EngineError> {
    let rows = engine.query(sql, params![]).await?;
    rows.first().map_or(Ok(None), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_can_be_repeated() {
        for dialect in [Dialect::Sqlite, Dialect::MySql] {
            for sql in files(dialect).iter().flat_map(|file| split::statements(file)) {
                assert!(
                    sql.contains(" IF NOT EXISTS ")
                        || sql.starts_with("CREATE OR REPLACE ")
                        || (dialect == Dialect::MySql && index::added_by(sql).is_some()),
                    "{sql}"
                );
            }
        }
    }

    #[test]
    fn both_dialects_have_every_step_that_is_known() {
        for dialect in [Dialect::Sqlite, Dialect::MySql] {
            assert_eq!(i64::try_from(files(dialect).len()), Ok(KNOWN_SCHEMA));
        }
    }
}
