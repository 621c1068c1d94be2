//! The topics on real brokers.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::TotalsTopics;
use crate::domain::clock::Clock;
use crate::store::ports::totals::TotalRow;
use crate::stream::client::{self, Link, Outgoing};
use crate::stream::fault::{Fault, StreamError};
use crate::stream::live::{Cursor, Found};
use crate::stream::producer::KafkaProducer;
use crate::stream::reading::Place;
use crate::stream::settings::KafkaSettings;

/// There is more, so the brokers answer at once.
const WAIT: Duration = Duration::from_millis(500);

/// Kafka.
pub struct KafkaTotals {
    settings: KafkaSettings,
    producer: KafkaProducer,
}

impl KafkaTotals {
    /// Connects when first used. `clock` stamps the records.
    pub fn new(settings: KafkaSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            producer: KafkaProducer::new(settings.clone(), clock),
            settings,
        }
    }

    async fn read(&self, partition: i32, into: &mpsc::Sender<Vec<Vec<u8>>>) -> Result<(), StreamError> {
        let topic = self.settings.totals_topic.as_str();
        let mut cursor = Cursor::new(topic.into(), partition, Place::Earliest, true);
        while !cursor.at_end() {
            let mut values = Vec::new();
            for found in cursor.step(&self.settings, WAIT).await? {
                match found {
                    Found::Record { value, .. } => values.extend(value),
                    // None of ours.
                    Found::Skipped { .. } => {}
                    Found::Gap { .. } | Found::Restarted { .. } => {
                        let reason = format!("the topic {topic} changed while it was read");
                        return Err(StreamError::new(Fault::Other, &reason));
                    }
                }
            }
            if into.send(values).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[async_trait]
impl TotalsTopics for KafkaTotals {
    async fn sales(&self) -> Result<BTreeMap<i32, (i64, i64)>, StreamError> {
        let mut offsets = BTreeMap::new();
        for partition in client::partitions(&self.settings, &self.settings.topic).await? {
            let link = Link::open(&self.settings, &self.settings.topic, partition).await?;
            let first = link.offset(Place::Earliest).await?;
            offsets.insert(partition, (first, link.offset(Place::Latest).await?));
        }
        Ok(offsets)
    }

    async fn totals(&self, into: mpsc::Sender<Vec<Vec<u8>>>) -> Result<(), StreamError> {
        for partition in client::partitions(&self.settings, &self.settings.totals_topic).await? {
            self.read(partition, &into).await?;
        }
        Ok(())
    }

    async fn publish(&self, totals: &[TotalRow]) -> Result<(), StreamError> {
        let records = totals.iter().map(|total| Outgoing {
            key: total.pair.clone().into_bytes(),
            value: total.value.clone().into_bytes(),
        });
        self.producer
            .write(&self.settings.totals_topic, records.collect())
            .await
    }
}
