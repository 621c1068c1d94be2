//! The outbox and its leases (PATH section 4).
use std::time::Duration;

use async_trait::async_trait;
use jiff::{Timestamp, ToSpan as _};
use uuid::Uuid;

use super::{Store, counted, damaged, marks, number};
use crate::domain::audit::AUDIT_EVENT_TYPE;
use crate::domain::event::{EventTopic, SALE_EVENT_TYPE};
use crate::domain::sale::TillId;
use crate::params;
use crate::store::engine::{Row, Transaction, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::{Lease, Outbox, OutboxRow, RelayMode, Waiting};

const COLUMNS: &str = "id, aggregatetype, aggregateid, payload, till_id, series, seq, marked_at";
/// Rows that one call of `purge` deletes at most: a short transaction.
const PURGE_AT_ONCE: u32 = 1_000;
/// Characters of the reason for which an event was set aside.
const LONGEST_REASON: usize = 250;

/// An event to be published.
pub(super) struct NewRow<'a> {
    pub id: Uuid,
    pub topic: &'a str,
    /// The record's key, its very bytes.
    pub key: String,
    /// Debezium's `type`: sale or audit.
    pub kind: &'static str,
    pub payload: String,
    pub till: &'a str,
    pub series: u32,
    /// Its number among those of its topic, till and series.
    pub seq: u64,
}

/// Puts events in, in the transaction of what they tell of.
pub(super) async fn put(tx: &mut dyn Transaction, rows: Vec<NewRow<'_>>, now: &str) -> Result<(), EngineError> {
    let marks = format!("(?, ?, ?, ?, ?, ?, ?, ?, {now})");
    let sql = format!(
        "INSERT INTO sale_outbox (id, aggregatetype, aggregateid, type, payload, till_id, series, seq, made_at)
         VALUES {}",
        vec![marks; rows.len()].join(", ")
    );
    let mut params = Vec::with_capacity(rows.len() * 8);
    for row in rows {
        params.extend(params![
            row.id,
            row.topic,
            row.key,
            row.kind,
            row.payload,
            row.till,
            row.series
        ]);
        params.push(number(row.seq));
    }
    tx.execute(&sql, params).await.map(drop)
}

fn row_of(row: &Row) -> Result<OutboxRow, StoreError> {
    let till: String = row.get(4)?;
    let series: i64 = row.get(5)?;
    Ok(OutboxRow {
        id: row.get(0)?,
        topic: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        till: till.parse().map_err(|e| damaged("sale_outbox.till_id", e))?,
        series: u32::try_from(series).map_err(|e| damaged("sale_outbox.series", e))?,
        seq: counted(row.get(6)?),
        marked: row.get::<Option<Timestamp>>(7)?.is_some(),
    })
}

/// The `type` of a topic's rows.
fn type_of(topic: EventTopic) -> &'static str {
    match topic {
        EventTopic::Sales => SALE_EVENT_TYPE,
        EventTopic::Audit => AUDIT_EVENT_TYPE,
    }
}

#[async_trait]
impl Outbox for Store {
    async fn unmarked_but(&self, till: &TillId, topics: &[String], limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let but = match topics.len() {
            0 => String::new(),
            count => format!(" AND aggregatetype NOT IN ({})", marks(count)),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM sale_outbox WHERE till_id = ? AND marked_at IS NULL AND set_aside IS NULL{but}
             ORDER BY series, seq LIMIT ?"
        );
        let mut params = params![till.as_str()];
        params.extend(topics.iter().map(Value::from));
        params.push(Value::from(limit));
        self.engine.query(&sql, params).await?.iter().map(row_of).collect()
    }

    async fn mark(&self, lease: &Lease, ids: &[Uuid]) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let sql = format!(
            "UPDATE sale_outbox SET marked_at = {}, epoch = ? WHERE marked_at IS NULL AND id IN ({})
             AND EXISTS (SELECT 1 FROM relay_lease WHERE till_id = ? AND holder = ? AND epoch = ?)",
            self.engine.dialect().now(),
            marks(ids.len())
        );
        let mut params = params![lease.epoch];
        params.extend(ids.iter().map(|id| Value::from(*id)));
        params.extend(params![lease.till.as_str(), &lease.holder, lease.epoch]);
        Ok(self.engine.execute(&sql, params).await?)
    }

    async fn set_aside(&self, lease: &Lease, id: Uuid, reason: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE sale_outbox SET set_aside = ?, epoch = ? WHERE marked_at IS NULL AND id = ?
             AND EXISTS (SELECT 1 FROM relay_lease WHERE till_id = ? AND holder = ? AND epoch = ?)";
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let mut params = params![reason, lease.epoch, id];
        params.extend(params![lease.till.as_str(), &lease.holder, lease.epoch]);
        Ok(self.engine.execute(sql, params).await? == 1)
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let now = self.engine.dialect().now();
        let sql = format!(
            "SELECT o.till_id, COUNT(*), MIN(o.made_at), {now}, MAX(CASE WHEN l.expires_at > {now} THEN 1 ELSE 0 END)
             FROM sale_outbox o LEFT JOIN relay_lease l ON l.till_id = o.till_id
             WHERE o.marked_at IS NULL AND o.set_aside IS NULL GROUP BY o.till_id ORDER BY o.till_id"
        );
        let rows = self.engine.query(&sql, params![]).await?;
        rows.iter()
            .map(|row| {
                let till: String = row.get(0)?;
                let (oldest, now): (Timestamp, Timestamp) = (row.get(2)?, row.get(3)?);
                Ok(Waiting {
                    till: till.parse().map_err(|e| damaged("sale_outbox.till_id", e))?,
                    events: counted(row.get(1)?),
                    oldest: Duration::try_from(now.duration_since(oldest)).unwrap_or_default(),
                    leased: row.get(4)?,
                })
            })
            .collect()
    }

    async fn after(
        &self,
        till: &TillId,
        topic: EventTopic,
        after: (u32, u64),
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sale_outbox WHERE till_id = ? AND type = ? AND (series > ? OR (series = ? AND seq > ?))
             ORDER BY series, seq LIMIT ?"
        );
        let (series, seq) = (after.0, number(after.1));
        let till = params![till.as_str(), type_of(topic), series, series];
        let params = [till, vec![seq], params![limit]].concat();
        self.engine.query(&sql, params).await?.iter().map(row_of).collect()
    }

    async fn newest(&self, till: &TillId, topic: EventTopic) -> Result<(u32, u64), StoreError> {
        let sql = "SELECT series, seq FROM sale_outbox WHERE till_id = ? AND type = ?
             ORDER BY series DESC, seq DESC LIMIT 1";
        let rows = self.engine.query(sql, params![till.as_str(), type_of(topic)]).await?;
        let Some(row) = rows.first() else { return Ok((0, 0)) };
        let series: i64 = row.get(0)?;
        Ok((
            u32::try_from(series).map_err(|e| damaged("sale_outbox.series", e))?,
            counted(row.get(1)?),
        ))
    }

    async fn take_lease(&self, till: &TillId, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError> {
        let dialect = self.engine.dialect();
        let (now, until) = (dialect.now(), dialect.now_plus(seconds));
        let update = format!(
            "UPDATE relay_lease SET holder = ?, epoch = epoch + 1, expires_at = {until}
             WHERE till_id = ? AND (expires_at <= {now} OR holder = ? OR (SUBSTR(holder, 1, ?) = ? AND holder < ?))"
        );
        // What is before the last dash is the machine's, what is behind it grows from process to process. Of two machines
        // with a cloned disk the one that started later keeps the lease: they do not take it from each other in turns.
        let machine = holder
            .rfind('-')
            .map_or_else(|| format!("{holder}-"), |dash| holder[..=dash].to_owned());
        let length = number(machine.chars().count() as u64);
        if self
            .engine
            .execute(
                &update,
                [
                    params![holder, till.as_str(), holder],
                    vec![length],
                    params![machine, holder],
                ]
                .concat(),
            )
            .await?
            == 0
        {
            let insert =
                format!("INSERT INTO relay_lease (till_id, holder, epoch, expires_at) VALUES (?, ?, 1, {until})");
            match self.engine.execute(&insert, params![till.as_str(), holder]).await {
                Ok(_) => {}
                // Somebody else's, and valid.
                Err(EngineError::Duplicate(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        // Only this holder raises the epoch while it is this holder's.
        let ask = "SELECT epoch FROM relay_lease WHERE till_id = ? AND holder = ?";
        let rows = self.engine.query(ask, params![till.as_str(), holder]).await?;
        let epoch = rows.first().map(|row| row.get(0)).transpose()?;
        Ok(epoch.map(|epoch| Lease {
            till: till.clone(),
            holder: holder.to_owned(),
            epoch,
        }))
    }

    async fn renew_lease(&self, lease: &Lease, seconds: u32) -> Result<bool, StoreError> {
        let sql = format!(
            "UPDATE relay_lease SET expires_at = {} WHERE till_id = ? AND holder = ? AND epoch = ?",
            self.engine.dialect().now_plus(seconds)
        );
        Ok(self
            .engine
            .execute(&sql, params![lease.till.as_str(), &lease.holder, lease.epoch])
            .await?
            == 1)
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.renew_lease(lease, 0).await.map(drop)
    }

    async fn relay_mode(&self) -> Result<RelayMode, StoreError> {
        let rows = self
            .engine
            .query("SELECT value FROM setting WHERE name = 'relay'", params![])
            .await?;
        let Some(row) = rows.first() else {
            return Ok(RelayMode::Off);
        };
        let word: String = row.get(0)?;
        RelayMode::parse(&word).ok_or_else(|| damaged("setting relay", format!("“{word}” is no mode")))
    }

    async fn purge(&self, days: u32) -> Result<u64, StoreError> {
        let now = self
            .engine
            .query(&format!("SELECT {}", self.engine.dialect().now()), params![])
            .await?;
        let Some(now) = now.first() else { return Ok(0) };
        let before = now.get::<Timestamp>(0)? - (i64::from(days) * 24).hours();
        // Debezium marks nothing: what it has read is known by its age alone.
        let age = match self.relay_mode().await? {
            RelayMode::On | RelayMode::Off => "marked_at",
            RelayMode::Debezium => "made_at",
        };
        let ask = format!("SELECT id FROM sale_outbox WHERE {age} < ? AND set_aside IS NULL ORDER BY {age} LIMIT ?");
        let old = self.engine.query(&ask, params![before, PURGE_AT_ONCE]).await?;
        if old.is_empty() {
            return Ok(0);
        }
        let ids: Vec<Value> = old.into_iter().flat_map(|row| row.0).collect();
        let delete = format!("DELETE FROM sale_outbox WHERE id IN ({})", marks(ids.len()));
        Ok(self.engine.execute(&delete, ids).await?)
    }
}
