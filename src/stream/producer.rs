//! Writing to a topic: the port that the relay uses, and Kafka behind it.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{self, Link, Outgoing};
use super::fault::StreamError;
use super::partitioner::partition_of;
use super::reading::Place;
use super::settings::KafkaSettings;
use crate::domain::clock::Clock;
use crate::store::ports::OutboxRow;

/// How long a topic's number of partitions is believed.
const PARTITIONS_KEPT: Duration = Duration::from_mins(5);
/// A connection without use for this long is closed: that of a till which was adopted once.
const LINK_KEPT: Duration = Duration::from_mins(3);
/// The most bytes of values in a request of many records.
const MOST_BYTES: usize = 256 * 1024;

/// Writes events to topics.
#[async_trait]
pub trait Producer: Send + Sync + 'static {
    /// Writes `rows`, all of one topic and key, in order. `Ok` only when all in-sync replicas have them.
    ///
    /// # Errors
    /// Whatever it is, the rows may have been written, whole or not at all: they stay unmarked and are sent again.
    async fn produce(&self, rows: &[OutboxRow]) -> Result<(), StreamError>;

    /// Whether rows of this topic and key could be written now. Also keeps an idle connection from being forgotten by
    /// what is between here and the broker.
    ///
    /// # Errors
    /// Why not.
    async fn probe(&self, topic: &str, key: &str) -> Result<(), StreamError>;
}

/// Kafka.
pub struct KafkaProducer {
    settings: KafkaSettings,
    clock: Arc<dyn Clock>,
    /// Held during a produce: one request in flight, so that no later row overtakes an earlier one.
    links: Mutex<Links>,
}

#[derive(Default)]
struct Links {
    open: HashMap<(String, i32), (Link, Instant)>,
    counts: HashMap<String, (i32, Instant)>,
}

impl KafkaProducer {
    /// Connects when first used. `clock` stamps the records: with the sale's own time, a broker's retention would delete
    /// what was queued for long.
    pub fn new(settings: KafkaSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            clock,
            links: Mutex::default(),
        }
    }

    /// Writes records of any keys, those of one partition in order. `Ok` only when all in-sync replicas have them.
    pub(super) async fn write(&self, topic: &str, records: Vec<Outgoing>) -> Result<(), StreamError> {
        let mut links = self.links.lock().await;
        let count = links.partitions(&self.settings, topic).await?;
        let mut shares: BTreeMap<i32, Vec<Outgoing>> = BTreeMap::new();
        for record in records {
            shares.entry(partition_of(&record.key, count)).or_default().push(record);
        }
        for (partition, records) in shares {
            let mut rest = records.into_iter().peekable();
            while rest.peek().is_some() {
                let mut bytes = 0;
                let request = std::iter::from_fn(|| {
                    bytes += rest.peek()?.value.len();
                    if bytes > MOST_BYTES && bytes > rest.peek()?.value.len() {
                        return None;
                    }
                    rest.next()
                });
                let request = request.collect();
                let (place, link) = links.open(&self.settings, topic, partition).await?;
                link.produce(request, self.clock.now()).await?;
                links.put(place, link);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Producer for KafkaProducer {
    async fn produce(&self, rows: &[OutboxRow]) -> Result<(), StreamError> {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let records = rows
            .iter()
            .map(|row| Outgoing {
                key: row.key.clone().into_bytes(),
                value: row.payload.clone().into_bytes(),
            })
            .collect();
        self.write(&first.topic, records).await
    }

    async fn probe(&self, topic: &str, key: &str) -> Result<(), StreamError> {
        let mut links = self.links.lock().await;
        let (place, link) = links.take(&self.settings, topic, key).await?;
        link.offset(Place::Latest).await?;
        links.put(place, link);
        Ok(())
    }
}

impl Links {
    async fn take(
        &mut self,
        settings: &KafkaSettings,
        topic: &str,
        key: &str,
    ) -> Result<((String, i32), Link), StreamError> {
        let count = self.partitions(settings, topic).await?;
        self.open(settings, topic, partition_of(key.as_bytes(), count)).await
    }

    /// How many partitions a topic has.
    async fn partitions(&mut self, settings: &KafkaSettings, topic: &str) -> Result<i32, StreamError> {
        match self.counts.get(topic) {
            Some((count, at)) if at.elapsed() < PARTITIONS_KEPT => Ok(*count),
            _ => self.count(settings, topic).await,
        }
    }

    async fn open(
        &mut self,
        settings: &KafkaSettings,
        topic: &str,
        partition: i32,
    ) -> Result<((String, i32), Link), StreamError> {
        let now = Instant::now();
        self.open.retain(|_, (_, used)| now.duration_since(*used) < LINK_KEPT);
        let place = (topic.to_owned(), partition);
        if let Some((link, _)) = self.open.remove(&place) {
            return Ok((place, link));
        }
        match Link::open(settings, topic, partition).await {
            Ok(link) => Ok((place, link)),
            Err(error) => {
                // The topic may have been made again with other partitions.
                self.counts.remove(topic);
                Err(error)
            }
        }
    }

    async fn count(&mut self, settings: &KafkaSettings, topic: &str) -> Result<i32, StreamError> {
        let partitions = client::partitions(settings, topic).await?;
        let count = i32::try_from(partitions.len()).unwrap_or(i32::MAX);
        self.counts.insert(topic.to_owned(), (count, Instant::now()));
        Ok(count)
    }

    fn put(&mut self, place: (String, i32), link: Link) {
        self.open.insert(place, (link, Instant::now()));
    }
}
