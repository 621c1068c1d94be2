//! Audit events: what happened at the tills beside their sales. Inserted with their row in the outbox, never touched again.
use jiff::Timestamp;
use uuid::Uuid;

use super::outbox::{self, NewRow};
use super::{Store, again_on_a_duplicate, counted, damaged, finish, number};
use crate::domain::audit::{AUDIT_EVENT_TYPE, AuditEvent, AuditIds, AuditRecord};
use crate::domain::sale::TillId;
use crate::domain::wares::Asked;
use crate::params;
use crate::store::engine::Transaction;
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::KeptEvent;

impl Store {
    /// Takes in an audit event, once; done again, it changes nothing.
    pub(super) async fn take_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        let mut tx = self.engine.begin().await?;
        let done = self.take_event_in(&mut *tx, record).await;
        finish(tx, done).await
    }

    async fn take_event_in(&self, tx: &mut dyn Transaction, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        let place = &record.place;
        let newest_here = newest(tx, &place.till, place.series).await?;
        let known = "SELECT series, seq, till_id FROM till_event WHERE event_id = ?";
        if let Some(row) = tx.query(known, params![record.event_id]).await?.first() {
            let there = (series(row.get(0)?)?, counted(row.get(1)?));
            // Another till's numbers are not this journal's to take.
            let is_ours = row.get::<String>(2)? == place.till.as_str();
            if !is_ours || there == (place.series, place.seq) {
                return Ok(KeptEvent::Known);
            }
            let newest = (newest(tx, &place.till, there.0).await?, newest_here);
            return Ok(KeptEvent::Elsewhere { there, newest });
        }
        let taken = "SELECT seq FROM till_event WHERE till_id = ? AND series = ? AND seq = ?";
        let mut here = params![place.till.as_str(), place.series];
        here.push(number(place.seq));
        if !tx.query(taken, here).await?.is_empty() {
            return Ok(KeptEvent::NumberTaken { newest: newest_here });
        }
        let ids = ids(tx, record).await?;
        let event = AuditEvent::of(record, ids);
        let payload = serde_json::to_string(&event).map_err(|e| damaged("audit event", e))?;
        let now = self.engine.dialect().now();
        let insert = format!(
            "INSERT INTO till_event (event_id, till_id, series, seq, kind, outlet_id, employee_id, drug_uuid, happened_at,
             date_local, payload, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {now})"
        );
        let mut values = params![record.event_id, place.till.as_str(), place.series];
        values.push(number(place.seq));
        values.extend(params![
            event.happening.kind(),
            ids.outlet,
            ids.employee,
            event.happening.drug(),
            event.at,
            event.date,
            &payload
        ]);
        // Its own earlier attempt, thought lost, commits just now: the next one finds it.
        tx.execute(&insert, values).await.map_err(again_on_a_duplicate)?;
        let row = NewRow {
            id: event.event_id,
            topic: &self.audit_topic,
            key: event.key(),
            kind: AUDIT_EVENT_TYPE,
            payload,
            till: place.till.as_str(),
            series: place.series,
            seq: place.seq,
        };
        outbox::put(tx, vec![row], now).await?;
        Ok(KeptEvent::Kept { after: newest_here })
    }

    /// The number of the newest audit event of each of the till's series that has one.
    pub(super) async fn newest_events_of(&self, till: &TillId) -> Result<Vec<(u32, u64)>, StoreError> {
        let sql = "SELECT series, MAX(seq) FROM till_event WHERE till_id = ? GROUP BY series ORDER BY series";
        let rows = self.engine.query(sql, params![till.as_str()]).await?;
        rows.iter()
            .map(|row| Ok((series(row.get(0)?)?, counted(row.get(1)?))))
            .collect()
    }

    /// How often a drug was asked for and not there, since then.
    pub(super) async fn asked_for(&self, drug: Uuid, since: Timestamp) -> Result<Asked, StoreError> {
        let which = "drug_uuid = ? AND kind = 'asked_for' AND happened_at >= ?";
        let count = format!("SELECT COUNT(*) FROM till_event WHERE {which}");
        let rows = self.engine.query(&count, params![drug, since]).await?;
        let times = rows.first().map_or(Ok(0), |row| row.get(0))?;
        let last = format!(
            "SELECT e.happened_at, o.name FROM till_event e JOIN dim_outlet o ON o.id = e.outlet_id
             WHERE {which} ORDER BY e.happened_at DESC LIMIT 1"
        );
        let rows = self.engine.query(&last, params![drug, since]).await?;
        let last = rows.first().map(|row| Ok::<_, EngineError>((row.get(0)?, row.get(1)?)));
        Ok(Asked {
            times: counted(times),
            last: last.transpose()?,
        })
    }
}

fn series(kept: i64) -> Result<u32, StoreError> {
    u32::try_from(kept).map_err(|e| damaged("till_event.series", e))
}

async fn newest(tx: &mut dyn Transaction, till: &TillId, series: u32) -> Result<u64, EngineError> {
    let sql = "SELECT MAX(seq) FROM till_event WHERE till_id = ? AND series = ?";
    let rows = tx.query(sql, params![till.as_str(), series]).await?;
    let newest: Option<i64> = rows.first().map_or(Ok(None), |row| row.get(0))?;
    Ok(counted(newest.unwrap_or(0)))
}

/// The rows that the event names. What it says of a drug stays in its words.
async fn ids(tx: &mut dyn Transaction, record: &AuditRecord) -> Result<AuditIds, StoreError> {
    let noted = &record.noted;
    let missing = |what: &str, name: &str| StoreError::Permanent(format!("{what} “{name}” is not in the database"));
    let outlet = id(tx, "SELECT id FROM dim_outlet WHERE uuid = ?", noted.outlet.id).await?;
    let employee = match &noted.employee {
        None => None,
        Some(employee) => {
            let found = id(tx, "SELECT id FROM dim_employee WHERE uuid = ?", employee.id).await?;
            Some(found.ok_or_else(|| missing("employee", &employee.name))?)
        }
    };
    Ok(AuditIds {
        outlet: outlet.ok_or_else(|| missing("outlet", &noted.outlet.name))?,
        employee,
    })
}

async fn id(tx: &mut dyn Transaction, ask: &str, uuid: Uuid) -> Result<Option<i64>, EngineError> {
    let rows = tx.query(ask, params![uuid]).await?;
    rows.first().map(|row| row.get(0)).transpose()
}
