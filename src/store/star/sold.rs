//! What was sold, as the events that it is in the topic: for whoever has to make the topic's totals again.
use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Store, counted, number};
use crate::domain::event::SaleEvent;
use crate::domain::sale::TillId;
use crate::params;
use crate::store::error::StoreError;
use crate::store::ports::totals::SoldEvents;
use crate::store::verify::topic;

/// Sales asked for at once.
const PAGE: u32 = 300;

#[async_trait]
impl SoldEvents for Store {
    async fn sold_series(&self) -> Result<Vec<(TillId, u32)>, StoreError> {
        Ok(topic::series(self.engine.as_ref()).await?)
    }

    async fn sold_after(
        &self,
        (till, series): &(TillId, u32),
        after: u64,
    ) -> Result<Option<(Vec<SaleEvent>, u64)>, StoreError> {
        let sql = "SELECT sale_id, receipt_no FROM sale WHERE till_id = ? AND series = ? AND receipt_no > ?
             ORDER BY receipt_no LIMIT ?";
        let mut params = params![till.as_str(), *series];
        params.push(number(after));
        params.extend(params![PAGE]);
        let rows = self.engine.query(sql, params).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let last = counted(last.get(1)?);
        let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        let mut events: Vec<SaleEvent> = topic::events_of(self.engine.as_ref(), &ids)
            .await?
            .into_values()
            .flatten()
            .collect();
        events.sort_by_key(|event| event.seq);
        Ok(Some((events, last)))
    }
}
