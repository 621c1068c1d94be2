//! What was sold before, as this till's own journal has it. It is read beside the writer, which never waits for it.
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::error::JournalError;
use super::file::one;
use super::look::{self, JournalSale, SALE, journal_sale};
use super::{Journal, JournalReader};
use crate::domain::past::Journaled;

impl Journal {
    /// The same journal, to be read beside it.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn reader(&self) -> Result<JournalReader, JournalError> {
        let dir = self.write(|writer| Ok(writer.dir.clone())).await?;
        JournalReader::open(&dir).await
    }
}

impl JournalReader {
    /// The sales before that series and number, newest first, at most `limit`; the newest of all without one.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sales_before(&self, before: Option<(u32, u64)>, limit: u32) -> Result<Vec<JournalSale>, JournalError> {
        let (series, number) = before.unwrap_or((u32::MAX, 0));
        self.ask(move |connection| {
            let sql = format!(
                "{SALE} WHERE t.series < ?1 OR (t.series = ?1 AND t.number < ?2)
                 ORDER BY t.series DESC, t.number DESC LIMIT ?3"
            );
            read(connection, &sql, (series, number, limit))
        })
        .await
    }

    /// Those that are not in the store, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn newest_unsent(&self, limit: u32) -> Result<Vec<JournalSale>, JournalError> {
        self.ask(move |connection| {
            let sql = format!(
                "{SALE} WHERE t.state IN ('provisional', 'queued') ORDER BY t.series DESC, t.number DESC LIMIT ?"
            );
            read(connection, &sql, [limit])
        })
        .await
    }

    /// The sale of that number.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn sale_at(&self, series: u32, number: u64) -> Result<Option<JournalSale>, JournalError> {
        self.ask(move |connection| look::sale_at(connection, series, number))
            .await
    }

    /// The returns that refer to a sale.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn returns_of(&self, sale_id: Uuid) -> Result<Vec<JournalSale>, JournalError> {
        self.ask(move |connection| look::returns_of(connection, sale_id)).await
    }

    /// When the sale of that number was kept here, and when it was heard what became of it.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn journaled(&self, series: u32, number: u64) -> Result<Option<Journaled>, JournalError> {
        self.ask(move |connection| {
            let sql = "SELECT r.at, (SELECT max(m.at) FROM mark m WHERE m.record_id = t.record_id
                   AND m.state = t.state AND t.state IN ('committed', 'parked', 'struck'))
                 FROM standing t JOIN record r ON r.id = t.record_id WHERE t.series = ? AND t.number = ?";
            let found = one(connection, sql, (series, number), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
            })?;
            let time = |at| Timestamp::from_millisecond(at).ok();
            Ok(found.and_then(|(at, settled)| {
                Some(Journaled {
                    at: time(at)?,
                    settled: settled.and_then(time),
                })
            }))
        })
        .await
    }
}

fn read(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<JournalSale>, JournalError> {
    let mut statement = connection.prepare_cached(sql)?;
    let sales = statement.query_map(params, journal_sale)?;
    Ok(sales.collect::<Result<_, _>>()?)
}
