//! What the journal is asked, by its writer and by readers beside it.
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::error::JournalError;
use super::file::{one, unaltered};
use super::{audit, doctors};
use crate::domain::basket::ReferenceUse;
use crate::domain::chain::Hash;
use crate::domain::sale::{Receipt, SaleFlag, SalePayment, SaleRecord, TillId};

pub(super) const TILL: &str = "till";
pub(super) const INSTALLATION: &str = "installation";
/// The series of the installation that has taken the till over, where one has.
pub(super) const TAKEN: &str = "taken_by_series";

/// Where a sale stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleState {
    /// Being attempted while the clerk waits: neither promised nor refused.
    Provisional,
    /// Promised: it can only become committed or parked.
    Queued,
    /// In the store of record.
    Committed,
    /// In the store's chain, not in its facts.
    Parked(String),
    /// Never to be recorded; it keeps its number.
    Struck(String),
}

/// A sale and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalSale {
    /// The sale in its place.
    pub record: SaleRecord,
    /// Where it stands.
    pub state: SaleState,
}

/// A series of this till, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalChain {
    /// The series.
    pub series: u32,
    /// What its first receipt is linked to.
    pub first_link: Hash,
    /// The number of its last receipt; 0 before the first.
    pub number: u64,
    /// Its last link, or what the first will be linked to.
    pub hash: Hash,
    /// The number of its last receipt that is in the store, as far as this till knows.
    pub settled: u64,
}

/// A parked sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedSale {
    /// Its id.
    pub sale_id: Uuid,
    /// Its receipt.
    pub receipt: Receipt,
    /// Why the store could not hold it.
    pub reason: String,
}

/// What is unsent or parked on this till. Green means that all of it is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalStatus {
    /// Sales that are not in the store yet; without the parked ones.
    pub unsent: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
    /// The parked ones, in order; at most [`MOST_PARKED`].
    pub parked: Vec<ParkedSale>,
    /// How many are parked.
    pub parked_count: u64,
    /// Prescribers who were added here and are not in the store yet.
    pub doctors: u64,
    /// Audit events that are not in the store yet.
    pub events: u64,
}

/// As many parked sales are listed at once.
pub const MOST_PARKED: usize = 1_000;

pub(super) const SALE: &str = "SELECT s.prev_hash, s.hash, s.bytes, s.flags, t.state, t.detail
    FROM standing t JOIN sale s ON s.record_id = t.record_id ";

/// A value of `meta`.
pub(super) fn meta(connection: &Connection, name: &str) -> Result<Option<String>, JournalError> {
    one(connection, "SELECT value FROM meta WHERE name = ?", [name], |row| {
        row.get(0)
    })
}

/// Whose journal it is.
pub(super) fn till(connection: &Connection) -> Result<TillId, JournalError> {
    meta(connection, TILL)?
        .and_then(|till| till.parse().ok())
        .ok_or_else(|| JournalError::Damaged("it does not say whose it is".to_owned()))
}

/// The installation's id.
pub(super) fn installation(connection: &Connection) -> Result<Uuid, JournalError> {
    meta(connection, INSTALLATION)?
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| JournalError::Damaged("it has no installation id".to_owned()))
}

/// The till's series, oldest first.
pub(super) fn chains(connection: &Connection) -> Result<Vec<JournalChain>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.series, c.first_link, t.number, s.hash,
           (SELECT max(d.number) FROM standing d WHERE d.series = c.series AND d.state NOT IN ('provisional', 'queued'))
         FROM series c
         LEFT JOIN standing t ON t.series = c.series
           AND t.number = (SELECT max(number) FROM standing WHERE series = c.series)
         LEFT JOIN sale s ON s.record_id = t.record_id
         ORDER BY c.series",
    )?;
    let chains = statement.query_map([], |row| {
        let first_link = hash(row, 1)?;
        Ok(JournalChain {
            series: row.get(0)?,
            first_link,
            number: row.get::<_, Option<u64>>(2)?.unwrap_or(0),
            hash: match row.get::<_, Option<String>>(3)? {
                Some(_) => hash(row, 3)?,
                None => first_link,
            },
            settled: row.get::<_, Option<u64>>(4)?.unwrap_or(0),
        })
    })?;
    Ok(chains.collect::<Result<_, _>>()?)
}

/// The sale of that id, unless it was refused.
pub(super) fn sale(connection: &Connection, sale_id: Uuid) -> Result<Option<JournalSale>, JournalError> {
    let sql = format!("{SALE} WHERE t.sale_id = ?");
    one(connection, &sql, [sale_id.to_string()], journal_sale)
}

/// The sale of that number.
pub(super) fn sale_at(connection: &Connection, series: u32, number: u64) -> Result<Option<JournalSale>, JournalError> {
    let sql = format!("{SALE} WHERE t.series = ? AND t.number = ?");
    one(connection, &sql, (series, number), journal_sale)
}

/// The last sale of the newest series that has one.
pub(super) fn last_sale(connection: &Connection) -> Result<Option<JournalSale>, JournalError> {
    let sql = format!("{SALE} ORDER BY t.series DESC, t.number DESC LIMIT 1");
    one(connection, &sql, [], journal_sale)
}

/// The oldest sale that is not in the store and that nobody waits for.
pub(super) fn next_unsent(connection: &Connection) -> Result<Option<SaleRecord>, JournalError> {
    Ok(unsent(connection, 1)?.pop())
}

/// The sales that are not in the store, in order.
pub(super) fn unsent(connection: &Connection, limit: u32) -> Result<Vec<SaleRecord>, JournalError> {
    let sql = format!("{SALE} WHERE t.state IN ('provisional', 'queued') ORDER BY t.series, t.number LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let sales = statement.query_map([limit], journal_sale)?;
    sales
        .map(|sale| {
            let record = sale?.record;
            unaltered(&record)?;
            Ok(record)
        })
        .collect()
}

/// The sales of a series from number `from` on, in order.
pub(super) fn sales(
    connection: &Connection,
    series: u32,
    from: u64,
    limit: u32,
) -> Result<Vec<JournalSale>, JournalError> {
    let sql = format!("{SALE} WHERE t.series = ? AND t.number >= ? ORDER BY t.number LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let sales = statement.query_map((series, from, limit), journal_sale)?;
    Ok(sales.collect::<Result<_, _>>()?)
}

/// Where this till took a tender's reference, if it did. It is looked for in the bytes of every sale: there are few enough
/// on one till, and nobody waits for it.
pub(super) fn reference_use(
    connection: &Connection,
    tender: Uuid,
    reference: &str,
) -> Result<Option<ReferenceUse>, JournalError> {
    let sql = format!("{SALE} WHERE t.state <> 'struck' AND instr(s.bytes, ?) > 0 ORDER BY t.series, t.number");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut named = statement.query_map([reference.as_bytes()], journal_sale)?;
    let is_it = |paid: &SalePayment| paid.tender == tender && paid.reference.as_deref() == Some(reference);
    let found = named.find_map(|sale| match sale {
        Ok(sale) if !sale.record.document.sale.payments.iter().any(is_it) => None,
        other => Some(other),
    });
    Ok(found.transpose()?.map(|JournalSale { record, .. }| ReferenceUse {
        outlet: record.document.sale.outlet.name.clone(),
        date: record.document.sale.date_sold(),
        receipt: record.printed(),
    }))
}

/// The returns that refer to a sale, recorded here or on their way. They are looked for as a reference is.
pub(super) fn returns_of(connection: &Connection, sale_id: Uuid) -> Result<Vec<JournalSale>, JournalError> {
    let sql = format!("{SALE} WHERE t.state <> 'struck' AND instr(s.bytes, ?) > 0 ORDER BY t.series, t.number");
    let mut statement = connection.prepare_cached(&sql)?;
    let named = statement.query_map([sale_id.to_string().as_bytes()], journal_sale)?;
    let is_it = |sale: &JournalSale| sale.record.document.sale.refund_of == Some(sale_id);
    Ok(named
        .filter(|sale| sale.as_ref().map_or(true, is_it))
        .collect::<Result<_, _>>()?)
}

/// What is unsent and parked.
pub(super) fn status(connection: &Connection) -> Result<JournalStatus, JournalError> {
    let (unsent, oldest) = one(
        connection,
        "SELECT count(*), min(r.at) FROM standing t JOIN record r ON r.id = t.record_id
         WHERE t.state IN ('provisional', 'queued')",
        [],
        |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Option<i64>>(1)?)),
    )?
    .unwrap_or_default();
    let till = till(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT sale_id, series, number, detail, count(*) OVER () FROM standing WHERE state = 'parked'
         ORDER BY series, number LIMIT ?",
    )?;
    let mut parked_count = 0;
    let parked = statement
        .query_map([MOST_PARKED], |row| {
            parked_count = row.get(4)?;
            Ok(ParkedSale {
                sale_id: uuid(row, 0)?,
                receipt: Receipt {
                    till: till.clone(),
                    series: row.get(1)?,
                    number: row.get(2)?,
                },
                reason: row.get(3)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(JournalStatus {
        unsent,
        oldest: oldest.and_then(|at| Timestamp::from_millisecond(at).ok()),
        parked,
        parked_count,
        doctors: doctors::unsent(connection)?,
        events: audit::unsent(connection)?,
    })
}

/// When the last sale was recorded, by the till's clock.
pub(super) fn newest_at(connection: &Connection) -> Result<Option<Timestamp>, JournalError> {
    let newest: Option<i64> = one(
        connection,
        "SELECT r.at FROM standing t JOIN record r ON r.id = t.record_id
         ORDER BY t.series DESC, t.number DESC LIMIT 1",
        [],
        |row| row.get(0),
    )?;
    Ok(newest.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

/// The basket on screen.
pub(super) fn draft(connection: &Connection) -> Result<Option<Vec<u8>>, JournalError> {
    one(connection, "SELECT bytes FROM draft", [], |row| row.get(0))
}

pub(super) fn journal_sale(row: &Row<'_>) -> rusqlite::Result<JournalSale> {
    let flags: String = row.get(3)?;
    let record = SaleRecord::read(hash(row, 0)?, hash(row, 1)?, row.get(2)?, SaleFlag::split(&flags))
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(2, Type::Blob, Box::new(e)))?;
    let detail: String = row.get(5)?;
    let state = match row.get_ref(4)?.as_str()? {
        "provisional" => SaleState::Provisional,
        "committed" => SaleState::Committed,
        "parked" => SaleState::Parked(detail),
        "struck" => SaleState::Struck(detail),
        _ => SaleState::Queued,
    };
    Ok(JournalSale { record, state })
}

fn hash(row: &Row<'_>, index: usize) -> rusqlite::Result<Hash> {
    let text: String = row.get(index)?;
    text.parse()
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(e)))
}

pub(super) fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    let text: String = row.get(index)?;
    text.parse()
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(e)))
}
