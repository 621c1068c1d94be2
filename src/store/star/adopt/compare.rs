//! Whether both sides have the same sales, lines and money afterwards.
use std::collections::HashMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::AdoptError;
use super::chains::Chain;
use crate::params;
use crate::store::engine::{Engine, Value};
use crate::store::error::EngineError;
use crate::store::star::{counted, marks, number};

/// Sales that are compared at once.
const AT_ONCE: u32 = 500;

/// What both sides have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Both {
    /// Receipts.
    pub sales: u64,
    /// Sold lines.
    pub lines: u64,
    /// The sum of the lines' totals, whatever their currency.
    pub money: Decimal,
}

/// A sale by what makes it up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    hash: String,
    lines: u64,
    money: Decimal,
    paid: Decimal,
}

/// Sale by sale, as far as the file has them.
///
/// # Errors
/// [`AdoptError::Unlike`] with the first that is not the same.
pub(super) async fn both((file, to): (&dyn Engine, &dyn Engine), chains: &[Chain]) -> Result<Both, AdoptError> {
    let mut both = Both::default();
    for chain in chains {
        let mut after = 0;
        loop {
            let sql = "SELECT sale_id, receipt_no FROM sale WHERE till_id = ? AND series = ? AND receipt_no > ?
                 ORDER BY receipt_no LIMIT ?";
            let mut place = params![&chain.till, chain.series];
            place.extend([number(after), Value::from(AT_ONCE)]);
            let page = file.query(sql, place).await?;
            let Some(last) = page.last() else { break };
            after = counted(last.get(1)?);
            let ids = page.iter().map(|row| row.get(0)).collect::<Result<Vec<Uuid>, _>>()?;
            let (ours, mut theirs) = (sums(file, &ids).await?, sums(to, &ids).await?);
            for (id, own) in ours {
                let there = theirs.remove(&id);
                // One that waits in the file may have been mended in the store since.
                let is_mended = own.lines == 0 && there.as_ref().is_some_and(|there| there.hash == own.hash);
                if !is_mended && there.as_ref() != Some(&own) {
                    let words = format!(
                        "sale {id} of {}: {own:?} in the file, {there:?} in the database",
                        chain.till
                    );
                    return Err(AdoptError::Unlike(words));
                }
                both.sales += 1;
                both.lines += own.lines;
                both.money += own.money;
            }
        }
    }
    Ok(both)
}

async fn sums(engine: &dyn Engine, ids: &[Uuid]) -> Result<HashMap<Uuid, Sum>, EngineError> {
    let these = marks(ids.len());
    let params = || ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
    let mut sums: HashMap<Uuid, Sum> = HashMap::new();
    let sales = format!("SELECT sale_id, hash FROM sale WHERE sale_id IN ({these})");
    for row in engine.query(&sales, params()).await? {
        let hash = row.get(1)?;
        sums.insert(row.get(0)?, Sum { hash, ..Sum::default() });
    }
    for (table, column) in [("fact_sale", "line_total"), ("fact_payment", "amount")] {
        let sql = format!("SELECT sale_id, {column} FROM {table} WHERE sale_id IN ({these})");
        for row in engine.query(&sql, params()).await? {
            let Some(sum) = sums.get_mut(&row.get::<Uuid>(0)?) else {
                continue;
            };
            let value: Decimal = row.get(1)?;
            if table == "fact_sale" {
                sum.lines += 1;
                sum.money += value;
            } else {
                sum.paid += value;
            }
        }
    }
    Ok(sums)
}
