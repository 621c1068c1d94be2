//! A receipt that is brought back: the sale under its number, and what came back of it before.
use uuid::Uuid;

use super::{Store, number, sale};
use crate::domain::sale::{Agreed, Receipt};
use crate::params;
use crate::store::error::StoreError;
use crate::store::ports::StoredSale;

impl Store {
    /// The sale under a receipt's number, whatever the case in which its till is written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sale_at(&self, receipt: &Receipt) -> Result<Option<StoredSale>, StoreError> {
        let of_series = "SELECT DISTINCT till_id FROM till_head WHERE series = ?";
        let tills = self.engine.query(of_series, params![receipt.series]).await?;
        let tills: Vec<String> = tills.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        let typed = receipt.till.as_str();
        let till = tills
            .iter()
            .find(|till| *till == typed)
            .or_else(|| tills.iter().find(|till| till.eq_ignore_ascii_case(typed)));
        let Some(till) = till else { return Ok(None) };
        let mut place = params![till, receipt.series];
        place.push(number(receipt.number));
        let sql = "s.till_id = ? AND s.series = ? AND s.receipt_no = ?";
        sale::stored(self.engine.as_ref(), sql, place).await
    }

    /// The returns that refer to a sale and are recorded.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn returns_of(&self, sale_id: Uuid) -> Result<Vec<Agreed>, StoreError> {
        let sql = "SELECT s.prev_hash, s.hash, s.bytes, s.flags FROM sale s
             WHERE s.sale_id IN (SELECT f.sale_id FROM fact_sale f WHERE f.refund_of = ?) ORDER BY s.recorded_at, s.sale_id";
        let rows = self.engine.query(sql, params![sale_id]).await?;
        let records = rows.iter().map(sale::record_of);
        records.map(|record| Ok(record?.document.sale)).collect()
    }
}
