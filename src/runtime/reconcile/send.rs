//! What the topic has lost is sent again: made of the store's rows, in the order of its numbers, under each till's lease.
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::Duration;

use uuid::Uuid;

use super::List;
use crate::domain::event::SaleEvent;
use crate::domain::reconcile::{Named, TillKey};
use crate::domain::sale::TillId;
use crate::store::engine::Engine;
use crate::store::ports::{Outbox, OutboxRow};
use crate::store::verify::topic;
use crate::stream::producer::Producer;
use crate::stream::relay::again::{Again, NotSent};

/// Events that are made at once.
const AT_ONCE: usize = 250;

/// What was sent again.
#[derive(Debug, Default)]
pub struct Sent {
    /// So many events.
    pub events: u64,
    /// What was not, and why.
    pub unsent: Vec<Unsent>,
}

/// A till whose events were not all sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// The till.
    pub till: String,
    /// How many events.
    pub events: u64,
    /// Why.
    pub reason: String,
}

/// Sends the `missing` events to `topic` as `holder` of their tills' leases, waiting up to `patience` for each. What one till
/// cannot does not hold up the others.
///
/// # Errors
/// When the list cannot be read.
pub async fn send(
    (engine, outbox, producer): (&dyn Engine, &dyn Outbox, &dyn Producer),
    (topic, holder): (&str, &str),
    missing: &List,
    patience: Duration,
    mut progress: impl FnMut(u64),
) -> io::Result<Sent> {
    let mut sent = Sent::default();
    let mut left = missing.names()?.peekable();
    while let Some(first) = left.peek() {
        let key = match first {
            Ok(first) => first.place.till,
            Err(_) => TillKey::NONE,
        };
        let mut work = match key.till() {
            Some(till) => Again::take((outbox, producer), &till, holder, patience)
                .await
                .map(|again| (till, again)),
            None => Err(NotSent::Leased),
        };
        let mut unsent = 0;
        let mut unmade = 0;
        loop {
            let of_till = |name: &io::Result<Named>| name.as_ref().map_or(true, |named| named.place.till == key);
            let batch = std::iter::from_fn(|| left.next_if(of_till)).take(AT_ONCE);
            let batch: Vec<Named> = batch.collect::<io::Result<_>>()?;
            if batch.is_empty() {
                break;
            }
            let count = batch.len() as u64;
            if let Ok((till, again)) = &mut work {
                match one_batch((engine, again), (topic, till), &batch).await {
                    Ok(events) => {
                        sent.events += events;
                        unmade += count - events;
                        progress(sent.events);
                        continue;
                    }
                    Err(error) => {
                        if let Ok((_, again)) = std::mem::replace(&mut work, Err(error)) {
                            again.end().await;
                        }
                    }
                }
            }
            unsent += count;
        }
        let till = key.till().map_or_else(String::new, |till| till.to_string());
        match work {
            Ok((_, again)) => again.end().await,
            Err(error) => sent.unsent.push(Unsent {
                till: till.clone(),
                events: unsent,
                reason: error.to_string(),
            }),
        }
        if unmade > 0 {
            let reason = "the store's rows give no such event: rxtill verify says what was altered".to_owned();
            sent.unsent.push(Unsent {
                till,
                events: unmade,
                reason,
            });
        }
    }
    Ok(sent)
}

/// How many of the batch there were to send.
async fn one_batch(
    (engine, again): (&dyn Engine, &mut Again<'_>),
    (topic, till): (&str, &TillId),
    batch: &[Named],
) -> Result<u64, NotSent> {
    let ids: BTreeSet<Uuid> = batch.iter().map(|named| named.sale_id).collect();
    let events = topic::events_of(engine, &ids)
        .await
        .map_err(|error| NotSent::Store(error.into()))?;
    let made: HashMap<Uuid, &SaleEvent> = events.values().flatten().map(|event| (event.event_id, event)).collect();
    let mut rows = Vec::with_capacity(batch.len());
    for named in batch {
        let Some(event) = made.get(&named.event_id) else {
            continue;
        };
        let Ok(payload) = serde_json::to_string(event) else {
            continue;
        };
        rows.push(OutboxRow {
            id: event.event_id,
            topic: topic.to_owned(),
            key: event.key(),
            payload,
            till: till.clone(),
            series: event.series,
            seq: event.seq,
            marked: true,
        });
    }
    again.send(&rows).await?;
    Ok(rows.len() as u64)
}
