//! Whether the file's chains go on where the store's end.
use uuid::Uuid;

use super::AdoptError;
use crate::domain::chain::Hash;
use crate::domain::sale::{Receipt, TillId};
use crate::params;
use crate::store::engine::{Engine, Row, Value};
use crate::store::error::EngineError;
use crate::store::star::{counted, number};

/// A series of a till as the file has it, and how much of it the store has.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub till: String,
    pub series: u32,
    /// Its last receipt.
    pub number: u64,
    pub hash: String,
    /// What its first sale is linked to.
    first_link: String,
    installation: Uuid,
    opened_at: Value,
    /// The last receipt that the store has of it: more than the file has, if the till went on selling there.
    pub there: u64,
    /// The store does not know the series.
    is_new: bool,
}

impl Chain {
    fn receipt(&self, number: u64) -> String {
        let (till, series) = (&self.till, self.series);
        match till.parse() {
            Ok(till) => Receipt { till, series, number }.to_string(),
            Err(_) => format!("{till}, series {series}, number {number}"),
        }
    }
}

/// Whether the file is the store of that till and installation.
pub(super) async fn is_of(file: &dyn Engine, till: &TillId, installation: Uuid) -> Result<(), AdoptError> {
    let sql = "SELECT installation_id FROM till_head WHERE till_id = ? ORDER BY series DESC LIMIT 1";
    let rows = file.query(sql, params![till.as_str()]).await?;
    let Some(row) = rows.first() else {
        return Err(AdoptError::Refused(format!(
            "the file is not the store of {till}: it has no receipts of it"
        )));
    };
    if row.get::<Uuid>(0)? != installation {
        return Err(AdoptError::Refused(format!(
            "the file is the store of another installation of {till} than this till's journal"
        )));
    }
    Ok(())
}

/// The file's chains, each of which the store has the beginning of, or nothing, or all.
///
/// # Errors
/// [`AdoptError::Refused`] for one that is another chain there.
pub(super) async fn compared(file: &dyn Engine, to: &dyn Engine) -> Result<Vec<Chain>, AdoptError> {
    let sql =
        "SELECT till_id, series, receipt_no, hash, installation_id, opened_at FROM till_head ORDER BY till_id, series";
    let mut chains = Vec::new();
    for row in file.query(sql, params![]).await? {
        let mut chain = read(&row)?;
        if let Some(first) = sale_at(file, &chain, 1).await? {
            chain.first_link = first.1;
        }
        let ask = "SELECT receipt_no, hash, installation_id FROM till_head WHERE till_id = ? AND series = ?";
        let head = to.query(ask, params![&chain.till, chain.series]).await?;
        chain.is_new = head.is_empty();
        if let Some(head) = head.first() {
            chain.there = counted(head.get(0)?);
            is_the_same(file, to, &chain, head).await?;
        }
        chains.push(chain);
    }
    Ok(chains)
}

fn read(row: &Row) -> Result<Chain, EngineError> {
    let hash: String = row.get(3)?;
    Ok(Chain {
        till: row.get(0)?,
        series: u32::try_from(row.get::<i64>(1)?).unwrap_or(u32::MAX),
        number: counted(row.get(2)?),
        // Before its first sale that is what the head has.
        first_link: hash.clone(),
        hash,
        installation: row.get(4)?,
        opened_at: row.0.get(5).cloned().unwrap_or(Value::Null),
        there: 0,
        is_new: true,
    })
}

async fn is_the_same(file: &dyn Engine, to: &dyn Engine, chain: &Chain, head: &Row) -> Result<(), AdoptError> {
    let (till, series) = (&chain.till, chain.series);
    if head.get::<Uuid>(2)? != chain.installation {
        return Err(AdoptError::Refused(format!(
            "the database knows series {series} of {till} as another installation's: it is not this file's chain"
        )));
    }
    let (theirs, ours) = if chain.there <= chain.number {
        let ours = link(file, chain, chain.there).await?;
        (Some(head.get::<String>(1)?), ours)
    } else {
        (link(to, chain, chain.number).await?, Some(chain.hash.clone()))
    };
    if theirs == ours {
        return Ok(());
    }
    let receipt = chain.receipt(chain.there.min(chain.number));
    Err(AdoptError::Refused(format!(
        "the database has another chain of {till}: its {receipt} is not the file's"
    )))
}

/// The link at that number.
async fn link(engine: &dyn Engine, chain: &Chain, at: u64) -> Result<Option<String>, EngineError> {
    if at == 0 {
        return Ok(Some(chain.first_link.clone()));
    }
    Ok(sale_at(engine, chain, at).await?.map(|(hash, _)| hash))
}

/// Hash and previous hash.
async fn sale_at(engine: &dyn Engine, chain: &Chain, at: u64) -> Result<Option<(String, String)>, EngineError> {
    let sql = "SELECT hash, prev_hash FROM sale WHERE till_id = ? AND series = ? AND receipt_no = ?";
    let mut place = params![&chain.till, chain.series];
    place.push(number(at));
    let rows = engine.query(sql, place).await?;
    rows.first().map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Opens the series where the store does not know it.
pub(super) async fn open(to: &dyn Engine, chain: &Chain) -> Result<(), AdoptError> {
    if !chain.is_new {
        return Ok(());
    }
    if chain.first_link.parse::<Hash>().is_err() {
        return Err(AdoptError::Refused(format!(
            "{}: its first link is none",
            chain.receipt(1)
        )));
    }
    let sql = "INSERT INTO till_head (till_id, series, receipt_no, hash, installation_id, opened_at)
         VALUES (?, ?, 0, ?, ?, ?)";
    let mut params = params![&chain.till, chain.series, &chain.first_link, chain.installation];
    params.push(chain.opened_at.clone());
    to.execute(sql, params).await?;
    Ok(())
}
