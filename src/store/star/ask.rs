//! What is asked of the store while money is keyed, so that a refusal after money is rare (COUNTER 3.2). Nothing of it is
//! recorded, and what is answered may be another thing a moment later: the sale itself decides.
use super::resolve::{self, Rows};
use super::{Store, batch, stock};
use crate::domain::money::Quantity;
use crate::domain::sale::Agreed;
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::{Refusal, StoreError};

impl Store {
    /// What would be in the way of a sale now: rows that are missing or inactive, too little stock, limits. Its payments
    /// may be missing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn objections(&self, sale: &Agreed) -> Result<Vec<Refusal>, StoreError> {
        // A prescriber who was added at the till is perhaps not here yet: they are brought before the sale that names them.
        let sale = Agreed {
            doctor: None,
            ..sale.clone()
        };
        let mut tx = self.engine.begin().await?;
        let found = objections_in(&mut *tx, &sale).await;
        tx.rollback().await;
        match found {
            Err(StoreError::Rejected(refusal)) => Ok(vec![refusal]),
            other => other,
        }
    }
}

async fn objections_in(tx: &mut dyn Transaction, sale: &Agreed) -> Result<Vec<Refusal>, StoreError> {
    let rows = resolve::rows(tx, sale, true).await?;
    resolve::check_refund(tx, sale, &rows, false).await?;
    let mut found = over_limits(tx, sale, &rows).await?;
    found.extend(batch::expired_lines(tx, sale, &rows).await?);
    found.extend(stock::shortages(tx, sale, &rows).await?);
    Ok(found)
}

/// The store's limits may be newer than the till's.
async fn over_limits(tx: &mut dyn Transaction, sale: &Agreed, rows: &Rows) -> Result<Vec<Refusal>, StoreError> {
    let mut over = Vec::new();
    let controlled = rows.ids.drugs.iter().zip(&rows.controlled).zip(&sale.lines);
    for ((drug, controlled), line) in controlled {
        let told = over.iter().any(|(id, _)| id == drug);
        if !controlled || told || sale.refund_of.is_some() {
            continue;
        }
        let ask = "SELECT controlled_limit FROM dim_drug WHERE id = ?";
        let limit = tx.query(ask, params![*drug]).await?;
        let limit: Option<rust_decimal::Decimal> = limit.first().map(|row| row.get(0)).transpose()?.flatten();
        let of_drug = rows.ids.drugs.iter().zip(&sale.lines).filter(|(id, _)| *id == drug);
        let wanted: Quantity = of_drug.map(|(_, line)| line.quantity()).sum();
        if let Some(limit) = limit.map(Quantity::new).filter(|limit| wanted > *limit) {
            let words = format!("{} is controlled: at most {limit} a sale, {wanted} wanted", line.name);
            over.push((*drug, Refusal::Other(words)));
        }
    }
    Ok(over.into_iter().map(|(_, refusal)| refusal).collect())
}
