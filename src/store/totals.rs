//! The state of `rxtill totals`: `totals.sqlite` in the data folder, one transaction a step.
//!
//! It is no copy of anything that only it has: a lost one is made again from the totals topic, or from the store. One that
//! came back from a backup is known by the checkpoint that its lease has in the store.
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use async_trait::async_trait;
use uuid::Uuid;

use super::engine::{Engine as _, Row, Transaction, Value};
use super::error::{EngineError, StoreError};
use super::ports::totals::{Counted, Numbers, ReadTo, TotalRow, TotalsState};
use super::sqlite::SqliteEngine;
use crate::domain::seen::SeenSeqs;
use crate::params;

const FILE: &str = "totals.sqlite";
const LOCK: &str = "totals.lock";
/// Rows a statement: far below the number of parameters that SQLite takes.
const ROWS_A_STATEMENT: usize = 300;

const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS place (part INTEGER NOT NULL PRIMARY KEY, next INTEGER NOT NULL, hold INTEGER NOT NULL,
     epoch INTEGER NOT NULL, last TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS seen (part INTEGER NOT NULL, till TEXT NOT NULL, series INTEGER NOT NULL,
     intervals TEXT NOT NULL, PRIMARY KEY (part, till, series)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS total (pair TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, part INTEGER NOT NULL,
     dirty INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS ix_total_part_dirty ON total (part, dirty)",
    "CREATE TABLE IF NOT EXISTS aside (pair TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, part INTEGER NOT NULL)
     STRICT, WITHOUT ROWID",
];

/// The state, with the right to it.
#[derive(Debug)]
pub struct TotalsFile {
    engine: SqliteEngine,
    holder: String,
    /// The system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl TotalsFile {
    /// Opens the state of the totals of `topic` in the data folder, and makes it when it is missing, with `fresh` as its id.
    ///
    /// # Errors
    /// When another process has it, when it is another topic's, or cannot be opened.
    pub async fn open(folder: &Path, topic: &str, fresh: Uuid) -> Result<Self, StoreError> {
        let lock = lock(&folder.join(LOCK))?;
        let engine = SqliteEngine::open(&folder.join(FILE)).await?;
        for table in TABLES {
            engine.execute(table, params![]).await?;
        }
        let insert = "INSERT OR IGNORE INTO meta (name, value) VALUES ('holder', ?), ('topic', ?)";
        engine.execute(insert, params![fresh, topic]).await?;
        let rows = engine.query("SELECT name, value FROM meta", params![]).await?;
        let mut holder = String::new();
        for row in &rows {
            let value: String = row.get(1)?;
            match row.get::<String>(0)?.as_str() {
                "holder" => holder = value,
                "topic" if value != topic => {
                    return Err(StoreError::Permanent(format!(
                        "{FILE} has the totals of the topic {value}, not of {topic}: give --data-dir another folder"
                    )));
                }
                _ => {}
            }
        }
        Ok(Self {
            engine,
            holder,
            _lock: lock,
        })
    }

    async fn count_of(&self, table: &str, partition: i32) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE part = ?");
        let rows = self.engine.query(&sql, params![i64::from(partition)]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn mark(&self, pairs: &[&String], dirty: bool) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        for pairs in pairs.chunks(ROWS_A_STATEMENT) {
            let marks = vec!["?"; pairs.len()].join(", ");
            let sql = format!("UPDATE total SET dirty = ? WHERE pair IN ({marks})");
            let mut params = params![dirty];
            params.extend(pairs.iter().map(|pair| Value::from(*pair)));
            tx.execute(&sql, params).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn rows_of(&self, table: &str, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        let mut found = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(ROWS_A_STATEMENT) {
            let marks = vec!["?"; pairs.len()].join(", ");
            let sql = format!("SELECT pair, value, part FROM {table} WHERE pair IN ({marks})");
            let pairs = pairs.iter().map(Value::from).collect();
            for row in self.engine.query(&sql, pairs).await? {
                found.push(total(&row)?);
            }
        }
        Ok(found)
    }
}

/// The right to the state: two processes at one state would count for each other.
fn lock(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    let file = file.map_err(|e| EngineError::Permanent(format!("{}: {e}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Permanent(
            "another rxtill totals has this data folder: give each its own by --data-dir".to_owned(),
        )),
        Err(TryLockError::Error(e)) => Err(StoreError::Permanent(format!("{}: {e}", path.display()))),
    }
}

fn partition(row: &Row, index: usize) -> Result<i32, EngineError> {
    let number: i64 = row.get(index)?;
    i32::try_from(number).map_err(|e| EngineError::Permanent(format!("{FILE}: {number} is no partition: {e}")))
}

fn total(row: &Row) -> Result<TotalRow, EngineError> {
    Ok(TotalRow {
        pair: row.get(0)?,
        value: row.get(1)?,
        partition: partition(row, 2)?,
    })
}

async fn write(tx: &mut dyn Transaction, counted: &Counted) -> Result<(), EngineError> {
    for read in &counted.read {
        let sql = "INSERT INTO place (part, next, hold, epoch, last) VALUES (?, ?, ?, ?, ?) ON CONFLICT (part) DO UPDATE \
                   SET next = excluded.next, hold = excluded.hold, epoch = excluded.epoch, last = excluded.last";
        let params = params![i64::from(read.partition), read.next, read.hold, read.epoch, &read.last];
        tx.execute(sql, params).await?;
    }
    for numbers in &counted.numbers {
        let intervals: Vec<(u64, u64)> = numbers.seen.intervals().collect();
        let intervals = serde_json::to_string(&intervals).map_err(|e| EngineError::Permanent(e.to_string()))?;
        let sql = "INSERT INTO seen (part, till, series, intervals) VALUES (?, ?, ?, ?) ON CONFLICT (part, till, series) \
                   DO UPDATE SET intervals = excluded.intervals";
        let params = params![i64::from(numbers.partition), &numbers.till, numbers.series, intervals];
        tx.execute(sql, params).await?;
    }
    for totals in counted.totals.chunks(ROWS_A_STATEMENT) {
        let marks = vec!["(?, ?, ?, 1)"; totals.len()].join(", ");
        let sql = format!(
            "INSERT INTO total (pair, value, part, dirty) VALUES {marks} ON CONFLICT (pair) DO UPDATE \
             SET value = excluded.value, part = excluded.part, dirty = 1"
        );
        tx.execute(&sql, values(totals)).await?;
    }
    Ok(())
}

fn values(totals: &[TotalRow]) -> Vec<Value> {
    let row = |total: &TotalRow| params![&total.pair, &total.value, i64::from(total.partition)];
    totals.iter().flat_map(row).collect()
}

async fn begin(tx: &mut dyn Transaction, begun: &Counted, unpublished: bool) -> Result<(), EngineError> {
    for read in &begun.read {
        let partition = params![i64::from(read.partition)];
        tx.execute("DELETE FROM seen WHERE part = ?", partition.clone()).await?;
        tx.execute("DELETE FROM total WHERE part = ?", partition).await?;
    }
    // Of a pair that is known by another partition's events, what was put aside is older.
    let take = "INSERT INTO total (pair, value, part, dirty) SELECT pair, value, part, ? FROM aside
                WHERE NOT EXISTS (SELECT 1 FROM total WHERE total.pair = aside.pair)";
    tx.execute(take, params![unpublished]).await?;
    tx.execute("DELETE FROM aside", params![]).await?;
    write(tx, begun).await
}

#[async_trait]
impl TotalsState for TotalsFile {
    fn holder(&self) -> &str {
        &self.holder
    }

    async fn read_to(&self) -> Result<Vec<ReadTo>, StoreError> {
        let sql = "SELECT part, next, hold, epoch, last FROM place ORDER BY part";
        let mut read = Vec::new();
        for row in self.engine.query(sql, params![]).await? {
            read.push(ReadTo {
                partition: partition(&row, 0)?,
                next: row.get(1)?,
                hold: row.get(2)?,
                epoch: row.get(3)?,
                last: row.get(4)?,
            });
        }
        Ok(read)
    }

    async fn numbers(&self) -> Result<Vec<Numbers>, StoreError> {
        let sql = "SELECT part, till, series, intervals FROM seen";
        let mut numbers = Vec::new();
        for row in self.engine.query(sql, params![]).await? {
            let intervals: String = row.get(3)?;
            let intervals: Vec<(u64, u64)> = serde_json::from_str(&intervals)
                .map_err(|e| EngineError::Permanent(format!("{FILE}: the numbers that were counted: {e}")))?;
            numbers.push(Numbers {
                partition: partition(&row, 0)?,
                till: row.get(1)?,
                series: u32::try_from(row.get::<i64>(2)?).unwrap_or(u32::MAX),
                seen: SeenSeqs::from_intervals(intervals),
            });
        }
        Ok(numbers)
    }

    async fn totals(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        self.rows_of("total", pairs).await
    }

    async fn count(&self, counted: &Counted) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        write(&mut *tx, counted).await?;
        Ok(tx.commit().await?)
    }

    async fn unpublished(&self, partitions: &[i32], limit: u32) -> Result<Vec<TotalRow>, StoreError> {
        let mut found = Vec::new();
        for partition in partitions {
            let left = usize::try_from(limit).unwrap_or(usize::MAX) - found.len();
            let sql = "SELECT pair, value, part FROM total WHERE dirty = 1 AND part = ? LIMIT ?";
            let params = params![i64::from(*partition), i64::try_from(left).unwrap_or(i64::MAX)];
            for row in self.engine.query(sql, params).await? {
                found.push(total(&row)?);
            }
        }
        Ok(found)
    }

    async fn published(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        let pairs: Vec<&String> = totals.iter().map(|total| &total.pair).collect();
        self.mark(&pairs, false).await
    }

    async fn publish_again(&self, pairs: &[String]) -> Result<(), StoreError> {
        self.mark(&pairs.iter().collect::<Vec<_>>(), true).await
    }

    async fn pairs(&self, partition: i32) -> Result<u64, StoreError> {
        self.count_of("total", partition).await
    }

    async fn put_nothing_aside(&self) -> Result<(), StoreError> {
        self.engine.execute("DELETE FROM aside", params![]).await?;
        Ok(())
    }

    async fn put_aside(&self, totals: &[TotalRow]) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        for totals in totals.chunks(ROWS_A_STATEMENT) {
            let marks = vec!["(?, ?, ?)"; totals.len()].join(", ");
            let sql = format!(
                "INSERT INTO aside (pair, value, part) VALUES {marks} ON CONFLICT (pair) DO UPDATE \
                 SET value = excluded.value, part = excluded.part"
            );
            tx.execute(&sql, values(totals)).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn aside(&self, pairs: &[String]) -> Result<Vec<TotalRow>, StoreError> {
        self.rows_of("aside", pairs).await
    }

    async fn pairs_aside(&self, partition: i32) -> Result<u64, StoreError> {
        self.count_of("aside", partition).await
    }

    async fn begin_with(&self, begun: &Counted, unpublished: bool) -> Result<(), StoreError> {
        let mut tx = self.engine.begin().await?;
        begin(&mut *tx, begun, unpublished).await?;
        Ok(tx.commit().await?)
    }
}
