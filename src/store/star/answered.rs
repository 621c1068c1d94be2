//! What the store has of sales that somebody was told of: for whoever judges that (PATH 5.7).
use std::collections::HashMap;

use uuid::Uuid;

use super::parked::resolution;
use super::{Store, bulk, counted};
use crate::store::engine::Value;
use crate::store::error::StoreError;
use crate::store::ports::Resolution;

/// What the store has of a sale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InStore {
    /// Rows of `sale`.
    pub sales: u64,
    /// Its lines, by that row.
    pub lines: u64,
    /// Rows of `fact_sale`.
    pub facts: u64,
    /// Movements of stock, and how many lines they are of.
    pub movements: (u64, u64),
    /// It was parked, and neither mended nor struck.
    pub parked: bool,
    /// It was struck: it is another sale, or never will be one.
    pub struck: bool,
}

impl InStore {
    /// Whether all of it is there.
    pub fn is_whole(&self) -> bool {
        self.sales > 0 && (self.facts >= self.lines || self.parked || self.struck)
    }

    /// Whether something of it is there more than once.
    pub fn is_doubled(&self) -> bool {
        self.sales > 1 || self.facts > self.lines || self.movements.0 > self.movements.1
    }
}

impl Store {
    /// What it has of each of these sales; those of which it has nothing are not among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn in_store(&self, sales: &[Uuid]) -> Result<HashMap<Uuid, InStore>, StoreError> {
        let keys = || sales.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let mut found: HashMap<Uuid, InStore> = HashMap::new();
        let mut tx = self.engine.begin().await?;
        let select = "SELECT sale_id, line_count FROM sale";
        for row in bulk::select_in(&mut *tx, select, "sale_id", keys()).await? {
            let sale = found.entry(row.get(0)?).or_default();
            sale.sales += 1;
            sale.lines = counted(row.get(1)?);
        }
        let select = "SELECT sale_id FROM fact_sale";
        for row in bulk::select_in(&mut *tx, select, "sale_id", keys()).await? {
            found.entry(row.get(0)?).or_default().facts += 1;
        }
        let mut moved: HashMap<(Uuid, i64), u64> = HashMap::new();
        let select = "SELECT sale_id, line_no FROM stock_movement";
        for row in bulk::select_in(&mut *tx, select, "sale_id", keys()).await? {
            let line: Option<i64> = row.get(1)?;
            *moved.entry((row.get(0)?, line.unwrap_or_default())).or_default() += 1;
        }
        for ((sale, _), movements) in moved {
            let sale = found.entry(sale).or_default();
            sale.movements.0 += movements;
            sale.movements.1 += 1;
        }
        let select = "SELECT sale_id FROM sale_parked";
        for row in bulk::select_in(&mut *tx, select, "sale_id", keys()).await? {
            found.entry(row.get(0)?).or_default().parked = true;
        }
        let select = "SELECT sale_id, resolution FROM sale_resolved";
        for row in bulk::select_in(&mut *tx, select, "sale_id", keys()).await? {
            let sale = found.entry(row.get(0)?).or_default();
            sale.parked = false;
            sale.struck = matches!(resolution(row.get(1)?, None), Some(Resolution::Struck(_)));
        }
        tx.rollback().await;
        Ok(found)
    }
}
