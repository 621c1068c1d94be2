//! The partitions of a topic, shared out among readers (PATH 5.5): leases like the relay's, with how far each is.
use async_trait::async_trait;

use super::{Store, counted, damaged, number};
use crate::domain::seen::SeenSeqs;
use crate::params;
use crate::store::engine::{Row, Value};
use crate::store::error::{EngineError, StoreError};
use crate::store::ports::totals::{Checkpoint, Numbers, ReaderLease, ReaderLeases};

/// Till, series, intervals: as the column `numbers` has them.
type Kept = (String, u32, Vec<(u64, u64)>);

#[async_trait]
impl ReaderLeases for Store {
    async fn take_partition(
        &self,
        reader: &str,
        partition: i32,
        holder: &str,
        seconds: u32,
    ) -> Result<Option<(ReaderLease, Option<Checkpoint>)>, StoreError> {
        let dialect = self.engine.dialect();
        let (now, until) = (dialect.now(), dialect.now_plus(seconds));
        let place = || params![reader, i64::from(partition)];
        // The epoch first: MySQL assigns from left to right. Whoever takes again what it had goes on in its epoch, for
        // nobody else has published since.
        let update = format!(
            "UPDATE reader_lease SET epoch = epoch + CASE WHEN holder = ? THEN 0 ELSE 1 END, holder = ?,
             expires_at = {until} WHERE reader = ? AND partition_no = ? AND (expires_at <= {now} OR holder = ?)"
        );
        let params = [params![holder, holder], place(), params![holder]].concat();
        if self.engine.execute(&update, params).await? == 0 {
            let insert = format!(
                "INSERT INTO reader_lease (reader, partition_no, holder, epoch, expires_at) VALUES (?, ?, ?, 1, {until})"
            );
            let params = [place(), params![holder]].concat();
            match self.engine.execute(&insert, params).await {
                Ok(_) => {}
                // Somebody else's, and valid.
                Err(EngineError::Duplicate(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let ask = "SELECT epoch, next_offset, numbers, pairs FROM reader_lease
             WHERE reader = ? AND partition_no = ? AND holder = ?";
        let rows = self.engine.query(ask, [place(), params![holder]].concat()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let lease = ReaderLease {
            reader: reader.to_owned(),
            partition,
            holder: holder.to_owned(),
            epoch: row.get(0)?,
        };
        Ok(Some((lease, checkpoint(partition, row)?)))
    }

    async fn renew_partition(
        &self,
        lease: &ReaderLease,
        seconds: u32,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        let mut set = format!("expires_at = {}", self.engine.dialect().now_plus(seconds));
        let mut params = Vec::new();
        if let Some(checkpoint) = checkpoint {
            set.push_str(", next_offset = ?, numbers = ?, pairs = ?");
            params.extend(params![checkpoint.next, kept(&checkpoint.numbers)?]);
            params.push(number(checkpoint.pairs));
        }
        params.extend(params![
            &lease.reader,
            i64::from(lease.partition),
            &lease.holder,
            lease.epoch
        ]);
        let sql =
            format!("UPDATE reader_lease SET {set} WHERE reader = ? AND partition_no = ? AND holder = ? AND epoch = ?");
        Ok(self.engine.execute(&sql, params).await? == 1)
    }
}

fn kept(numbers: &[Numbers]) -> Result<Value, StoreError> {
    let kept: Vec<Kept> = numbers
        .iter()
        .map(|one| (one.till.clone(), one.series, one.seen.intervals().collect()))
        .collect();
    let text = serde_json::to_string(&kept).map_err(|e| damaged("reader_lease.numbers", e))?;
    Ok(Value::Text(text))
}

fn checkpoint(partition: i32, row: &Row) -> Result<Option<Checkpoint>, StoreError> {
    let (Some(next), Some(numbers)) = (row.get::<Option<i64>>(1)?, row.get::<Option<String>>(2)?) else {
        return Ok(None);
    };
    let kept: Vec<Kept> = serde_json::from_str(&numbers).map_err(|e| damaged("reader_lease.numbers", e))?;
    let numbers = kept.into_iter().map(|(till, series, intervals)| Numbers {
        partition,
        till,
        series,
        seen: SeenSeqs::from_intervals(intervals),
    });
    Ok(Some(Checkpoint {
        next,
        numbers: numbers.collect(),
        pairs: counted(row.get::<Option<i64>>(3)?.unwrap_or(0)),
    }))
}
