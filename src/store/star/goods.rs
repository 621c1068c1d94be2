//! Batches here and stock elsewhere of a few drugs, as the drug card and the list of hits show them.
use std::collections::HashMap;

use super::Store;
use crate::domain::goods::DrugGoods;
use crate::domain::money::Quantity;
use crate::params;
use crate::store::engine::Value;
use crate::store::error::StoreError;

impl Store {
    /// What is known of the goods of these drugs, as seen from an outlet. Each of them is in the answer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn goods(&self, outlet: i64, drugs: &[i64]) -> Result<HashMap<i64, DrugGoods>, StoreError> {
        let mut goods: HashMap<_, _> = drugs.iter().map(|drug| (*drug, DrugGoods::default())).collect();
        if drugs.is_empty() {
            return Ok(goods);
        }
        let marks = vec!["?"; drugs.len()].join(", ");
        let params: Vec<Value> = params![outlet]
            .into_iter()
            .chain(drugs.iter().map(|id| (*id).into()))
            .collect();
        for (drug, batches) in self.batches_left(outlet, Some(drugs)).await? {
            goods.entry(drug).or_default().batches = batches;
        }
        // Through the outlets, so that the primary key of stock serves: it begins with the outlet.
        let sql = format!(
            "SELECT s.drug_id, s.outlet_id, s.remaining FROM dim_outlet o JOIN stock s ON s.outlet_id = o.id
             WHERE o.active = 1 AND o.id <> ? AND s.drug_id IN ({marks}) AND s.remaining > 0
             ORDER BY s.drug_id, s.remaining DESC, s.outlet_id"
        );
        for row in self.engine.query(&sql, params).await? {
            let left = (row.get(1)?, Quantity::new(row.get(2)?));
            goods.entry(row.get(0)?).or_default().elsewhere.push(left);
        }
        Ok(goods)
    }
}
