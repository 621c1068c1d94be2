//! What is usual of a few drugs: of each its last lines over the company, a walk from the end of an index.
use std::collections::HashMap;

use uuid::Uuid;

use super::{Store, number};
use crate::domain::money::Quantity;
use crate::domain::usual::{LOOKED_AT, Usual, Usuals};
use crate::params;
use crate::store::error::StoreError;

impl Store {
    /// What is usual of these drugs, rows by their lasting ids; nothing of those that were seldom sold. Simulated tills are
    /// not looked at.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn usual(&self, drugs: &HashMap<Uuid, i64>) -> Result<Usuals, StoreError> {
        // So many rows are read, whatever they are.
        let sql = "SELECT l.quantity_sold FROM
              (SELECT f.quantity_sold, f.kind, f.till_id FROM fact_sale f WHERE f.drug_id = ?
               ORDER BY f.date_sold DESC, f.id DESC LIMIT ?) l
            WHERE l.kind = 'sale' AND l.till_id NOT LIKE 'SIM%'";
        let mut usuals = Usuals::new();
        for (drug, row) in drugs {
            let mut params = params![*row];
            params.push(number(LOOKED_AT as u64));
            let lines = self.engine.query(sql, params).await?;
            let lines: Result<Vec<_>, _> = lines.iter().map(|line| line.get(0).map(Quantity::new)).collect();
            if let Some(usual) = Usual::of(lines?) {
                usuals.insert(*drug, usual);
            }
        }
        Ok(usuals)
    }
}
