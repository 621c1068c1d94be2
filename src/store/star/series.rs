//! Who may write a till's chain, and where it ends (PATH 2.4).
use uuid::Uuid;

use super::{Store, counted, damaged, finish};
use crate::domain::chain::Hash;
use crate::domain::sale::TillId;
use crate::params;
use crate::store::engine::{Row, Transaction};
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::{Head, Registration};

const SELECT: &str = "SELECT series, receipt_no, hash, sale_id, installation_id FROM till_head WHERE till_id = ?";

fn head_of(row: &Row) -> Result<Head, StoreError> {
    let series: i64 = row.get(0)?;
    let hash: String = row.get(2)?;
    Ok(Head {
        series: u32::try_from(series).map_err(|e| damaged("till_head.series", e))?,
        number: counted(row.get(1)?),
        hash: hash.parse().map_err(|e| damaged("till_head.hash", e))?,
        sale_id: row.get(3)?,
        installation: row.get(4)?,
    })
}

impl Store {
    /// The heads of all series of `till`, oldest first.
    pub(super) async fn heads_of(&self, till: &TillId) -> Result<Vec<Head>, StoreError> {
        let sql = format!("{SELECT} ORDER BY series");
        self.engine
            .query(&sql, params![till.as_str()])
            .await?
            .iter()
            .map(head_of)
            .collect()
    }

    pub(super) async fn register_installation(&self, till: &TillId, ours: Uuid) -> Result<Registration, StoreError> {
        // Twice at most: where another machine registers between the question and the insert, the second look finds it.
        for _ in 0..2 {
            if let Some(head) = self.heads_of(till).await?.pop() {
                return Ok(if head.installation == ours {
                    Registration::Ours(head)
                } else {
                    Registration::Taken { series: head.series }
                });
            }
            let sql = insert_head(self.engine.dialect().now());
            let first = params![till.as_str(), 1_u32, Hash::GENESIS.to_string(), ours];
            match self.engine.execute(&sql, first).await {
                Ok(_) | Err(EngineError::Duplicate(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Permanent(format!(
            "till {till} was registered, and is not there"
        )))
    }

    pub(super) async fn open_next_series(&self, till: &TillId, ours: Uuid) -> Result<Head, StoreError> {
        let mut tx = self.engine.begin().await?;
        let opened = open(&mut *tx, till, ours, self.engine.dialect().now()).await;
        finish(tx, opened).await
    }
}

async fn open(tx: &mut dyn Transaction, till: &TillId, ours: Uuid, now: &str) -> Result<Head, StoreError> {
    let sql = format!("{SELECT} ORDER BY series DESC LIMIT 1");
    let newest = tx
        .query(&sql, params![till.as_str()])
        .await?
        .first()
        .map(head_of)
        .transpose()?;
    let (series, hash) = match newest {
        Some(head) if head.installation == ours && head.number == 0 => return Ok(head),
        Some(head) => (head.series + 1, head.hash),
        None => (1, Hash::GENESIS),
    };
    // Two machines that take over at once meet at the primary key: one of them reads why.
    tx.execute(
        &insert_head(now),
        params![till.as_str(), series, hash.to_string(), ours],
    )
    .await
    .map_err(|error| match error {
        EngineError::Duplicate(_) => StoreError::ChainConflict(format!("another machine takes over {till} just now")),
        error => error.into(),
    })?;
    Ok(Head {
        series,
        number: 0,
        hash,
        sale_id: None,
        installation: ours,
    })
}

fn insert_head(now: &str) -> String {
    format!(
        "INSERT INTO till_head (till_id, series, receipt_no, hash, installation_id, opened_at)
         VALUES (?, ?, 0, ?, ?, {now})"
    )
}
