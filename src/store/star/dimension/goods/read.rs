//! What stands beside a drug, read for a screen.
use jiff::{Timestamp, ToSpan as _};

use super::packs;
use crate::domain::money::{Money, Quantity};
use crate::domain::name::fold;
use crate::domain::wares::{ASKED_DAYS, BatchRow, Goods, MovementRow, PriceRow, StockRow};
use crate::params;
use crate::store::error::StoreError;
use crate::store::star::{NO_BATCH, Store};

/// So many movements are shown, the newest.
const MOVEMENTS: u32 = 200;

impl Store {
    /// Packs, prices and stock of the drug in row `drug`, seen from an outlet at a time; none where there is no such drug.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn beside_drug(&self, drug: i64, outlet: i64, at: Timestamp) -> Result<Option<Goods>, StoreError> {
        let sql = "SELECT base_unit, uuid FROM dim_drug WHERE id = ?";
        let rows = self.engine.query(sql, params![drug]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        // Worth a line, not the page: rights to a table that came with an upgrade are given by hand.
        let asked = self.asked_for(row.get(1)?, at - (ASKED_DAYS * 24).hours()).await;
        if let Err(error) = &asked {
            tracing::warn!(%error, "what was asked for was not read");
        }
        let base_unit: String = row.get(0)?;
        let found = self.engine.query(packs::SELECT, params![drug]).await?;
        let packs: Result<Vec<_>, _> = found.iter().map(packs::read).collect();
        let mut packs = packs?;
        let base = fold(&base_unit);
        packs.sort_by_cached_key(|pack| (!pack.active, fold(&pack.name) != base, pack.units, pack.id));
        Ok(Some(Goods {
            drug,
            base_unit,
            packs,
            prices: self.prices(drug).await?,
            stock: self.stock_by_outlet(drug, outlet).await?,
            batches: self.batches(drug, outlet).await?,
            movements: self.movements(drug, outlet).await?,
            asked: asked.ok(),
        }))
    }

    async fn prices(&self, drug: i64) -> Result<Vec<PriceRow>, StoreError> {
        let sql = "SELECT r.pack_id, r.outlet_id, o.name, r.price_list, r.valid_from, r.amount FROM price r
             JOIN drug_pack p ON p.id = r.pack_id LEFT JOIN dim_outlet o ON o.id = r.outlet_id
             WHERE p.drug_id = ? ORDER BY p.id, r.outlet_id, r.price_list, r.valid_from DESC";
        let mut prices = Vec::new();
        for row in self.engine.query(sql, params![drug]).await? {
            prices.push(PriceRow {
                pack: row.get(0)?,
                outlet: row.get(1)?,
                outlet_name: row.get::<Option<String>>(2)?.unwrap_or_default(),
                list: row.get(3)?,
                valid_from: row.get(4)?,
                amount: Money::new(row.get(5)?),
            });
        }
        Ok(prices)
    }

    async fn stock_by_outlet(&self, drug: i64, outlet: i64) -> Result<Vec<StockRow>, StoreError> {
        let sql = "SELECT s.outlet_id, o.name, s.supplied, s.remaining FROM stock s
             JOIN dim_outlet o ON o.id = s.outlet_id WHERE s.drug_id = ? ORDER BY o.name_key";
        let mut stock = Vec::new();
        for row in self.engine.query(sql, params![drug]).await? {
            stock.push(StockRow {
                outlet: row.get(0)?,
                outlet_name: row.get(1)?,
                supplied: Quantity::new(row.get(2)?),
                remaining: Quantity::new(row.get(3)?),
            });
        }
        stock.sort_by_key(|row| row.outlet != outlet);
        Ok(stock)
    }

    async fn batches(&self, drug: i64, outlet: i64) -> Result<Vec<BatchRow>, StoreError> {
        let sql = "SELECT b.batch, b.expiry, b.cost, SUM(m.quantity) FROM stock_batch b
             JOIN stock_movement m ON m.batch_id = b.id AND m.outlet_id = b.outlet_id AND m.drug_id = b.drug_id
             WHERE b.drug_id = ? AND b.outlet_id = ? GROUP BY b.id, b.batch, b.expiry, b.cost";
        let mut batches = Vec::new();
        for row in self.engine.query(sql, params![drug, outlet]).await? {
            batches.push(BatchRow {
                batch: row.get(0)?,
                expiry: row.get(1)?,
                cost: row.get::<Option<_>>(2)?.map(Money::new),
                remaining: Quantity::new(row.get(3)?),
            });
        }
        batches.sort_by_cached_key(|batch| (batch.expiry.is_none(), batch.expiry, batch.batch.clone()));
        Ok(batches)
    }

    async fn movements(&self, drug: i64, outlet: i64) -> Result<Vec<MovementRow>, StoreError> {
        let sql = format!(
            "SELECT m.moved_at, m.kind, m.quantity, m.batch_id, b.batch, m.moved_by, m.reason FROM stock_movement m
             JOIN stock_batch b ON b.id = m.batch_id
             WHERE m.outlet_id = ? AND m.drug_id = ? ORDER BY m.id DESC LIMIT {MOVEMENTS}"
        );
        let mut movements = Vec::new();
        for row in self.engine.query(&sql, params![outlet, drug]).await? {
            let no_batch = row.get::<i64>(3)? == NO_BATCH;
            movements.push(MovementRow {
                at: row.get(0)?,
                kind: row.get(1)?,
                quantity: Quantity::new(row.get(2)?),
                batch: if no_batch { String::new() } else { row.get(4)? },
                by: row.get(5)?,
                reason: row.get(6)?,
            });
        }
        Ok(movements)
    }
}
