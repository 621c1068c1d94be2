//! A scenario's events straight to the topics: load for whoever reads them.
use std::collections::VecDeque;
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use uuid::Uuid;

use crate::domain::clock::Clock;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::sale::TillId;
use crate::domain::scenario::stream::{Stream, Streamed};
use crate::runtime::task;
use crate::store::ports::OutboxRow;
use crate::stream::producer::{KafkaProducer, Producer as _};
use crate::stream::settings::KafkaSettings;

/// Events are gathered for so long and then sent together.
const GATHER: Duration = Duration::from_millis(100);
/// Connections to the brokers; all events of an outlet go by one of them, in order.
const LANES: usize = 4;
/// Batches that wait for one, at most: then the load falls behind, and says so.
const WAITING: usize = 16;
/// A batch that was not taken is sent again so often, after that long.
const TRIES: u32 = 20;
const AGAIN: Duration = Duration::from_millis(500);

/// What a load came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Sales and returns.
    pub sales: u64,
    /// All events, heartbeats too.
    pub events: u64,
    /// Those that no broker took.
    pub failed: u64,
    /// By how much it fell behind at most.
    pub behind: Duration,
    /// What the brokers said last, where they took something late or not at all.
    pub reason: Option<String>,
}

/// Sends the events of a steady scenario that begins now, each when it is due, until it is over or `stop` is ready.
pub async fn load(
    mut stream: Stream,
    settings: &KafkaSettings,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()>,
) -> Loaded {
    let mut lanes = Vec::new();
    let mut running = Vec::new();
    for _ in 0..LANES {
        let (sender, batches) = mpsc::channel(WAITING);
        let producer = KafkaProducer::new(settings.clone(), Arc::clone(&clock));
        lanes.push(sender);
        running.push(task::spawn(send(producer, batches)));
    }
    let mut loaded = Loaded::default();
    let topics = (settings.topic.as_str(), settings.audit_topic.as_str());
    {
        let mut stop = pin!(stop);
        let mut next = stream.next();
        while next.is_some() {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = sleep(GATHER) => {}
            }
            let now = clock.now();
            let mut batches: Vec<Vec<OutboxRow>> = vec![Vec::new(); LANES];
            while let Some(due) = next.take_if(|streamed| streamed.received_at <= now) {
                let late = now.duration_since(due.received_at).unsigned_abs();
                loaded.behind = loaded.behind.max(late.saturating_sub(GATHER));
                loaded.events += 1;
                loaded.sales += u64::from(matches!(&due.event, StreamEvent::Sale(sale) if sale.line_no == 1));
                if let Some(row) = row(&due, topics) {
                    batches[lane(&row.key)].push(row);
                }
                next = stream.next();
            }
            for (lane, batch) in lanes.iter().zip(batches) {
                if !batch.is_empty() && lane.send(batch).await.is_err() {
                    tracing::error!("a connection to the brokers ended before its time");
                }
            }
        }
    }
    drop(lanes);
    for lane in running {
        match lane.await {
            Ok((failed, reason)) => {
                loaded.failed += failed;
                loaded.reason = reason.or(loaded.reason);
            }
            Err(error) => tracing::error!(%error, "a connection to the brokers did not end well"),
        }
    }
    loaded
}

fn lane(key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0)
}

/// As the relay would find it in an outbox.
fn row(streamed: &Streamed, topics: (&str, &str)) -> Option<OutboxRow> {
    let (id, till, series, seq) = match &streamed.event {
        StreamEvent::Sale(event) => (event.event_id, &event.till_id, event.series, event.seq),
        StreamEvent::Audit(event) => (event.event_id, &event.till_id, event.series, event.seq),
        StreamEvent::Heartbeat(event) => (Uuid::nil(), &event.till_id, 1, 0),
        StreamEvent::Older(_) => return None,
    };
    Some(OutboxRow {
        id,
        topic: match streamed.topic {
            EventTopic::Sales => topics.0.to_owned(),
            EventTopic::Audit => topics.1.to_owned(),
        },
        key: streamed.key(),
        payload: serde_json::to_string(&streamed.event).ok()?,
        till: till.parse().unwrap_or_else(|_| TillId::default()),
        series,
        seq,
        marked: false,
    })
}

/// Sends batches, each topic's and outlet's events together; what was not taken, and why.
async fn send(producer: KafkaProducer, mut batches: mpsc::Receiver<Vec<OutboxRow>>) -> (u64, Option<String>) {
    let (mut failed, mut reason) = (0, None);
    while let Some(batch) = batches.recv().await {
        let mut left: VecDeque<OutboxRow> = batch.into();
        while let Some(first) = left.pop_front() {
            let (together, others): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|row| row.topic == first.topic && row.key == first.key);
            left = others.into();
            let rows: Vec<_> = std::iter::once(first).chain(together).collect();
            let mut tries = 0;
            while let Err(error) = producer.produce(&rows).await {
                reason = Some(error.to_string());
                tries += 1;
                if tries == TRIES {
                    failed += rows.len() as u64;
                    break;
                }
                sleep(AGAIN).await;
            }
        }
    }
    (failed, reason)
}
