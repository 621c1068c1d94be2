//! The port by which topics are read. Kafka is behind it, or what stands in for it where faults are simulated.
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::client::{self, Link};
use super::fault::StreamError;
use super::settings::KafkaSettings;
use crate::domain::event::EventTopic;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its place in the partition.
    pub offset: i64,
    /// Its value; none in a tombstone.
    pub value: Option<Vec<u8>>,
}

/// What a fetch brought.
#[derive(Debug)]
pub struct Fetched {
    /// In order of offset; empty at the end of the partition.
    pub records: Vec<Incoming>,
    /// The offset after the last record that readers may see. Lags after a leader change.
    pub high_watermark: i64,
}

/// A place in a partition.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// The oldest record kept.
    Earliest,
    /// After the newest.
    Latest,
    /// The first record at or after that moment, by the topic's timestamps.
    At(Timestamp),
    /// That offset, whatever is there.
    Offset(i64),
}

/// Topics, wherever they are.
#[async_trait]
pub trait ReadableTopics: Debug + Send + Sync + 'static {
    /// The name of a topic that people follow.
    fn name_of(&self, topic: EventTopic) -> &str;

    /// The partitions of a topic. A missing one is an error, and is not made.
    ///
    /// # Errors
    /// Why they are not known.
    async fn partitions(&self, topic: &str) -> Result<BTreeSet<i32>, StreamError>;

    /// Connects to one of them.
    ///
    /// # Errors
    /// Why not.
    async fn open(&self, topic: &str, partition: i32) -> Result<Box<dyn ReadablePartition>, StreamError>;
}

/// A connection to one partition, closed by dropping it.
#[async_trait]
pub trait ReadablePartition: Debug + Send + Sync + 'static {
    /// Reads from `offset`, at most about `bytes`, waiting up to `wait` for the first record.
    ///
    /// # Errors
    /// Whatever it is, the connection is not to be used any more, unless [`StreamError::fault`] is of the content alone.
    async fn fetch(&self, offset: i64, bytes: i32, wait: Duration) -> Result<Fetched, StreamError>;

    /// The offset of a place; that of [`Place::Latest`] where no record is as young as asked for.
    ///
    /// # Errors
    /// As of [`ReadablePartition::fetch`].
    async fn offset(&self, place: Place) -> Result<i64, StreamError>;
}

#[async_trait]
impl ReadableTopics for KafkaSettings {
    fn name_of(&self, topic: EventTopic) -> &str {
        Self::name_of(self, topic)
    }

    async fn partitions(&self, topic: &str) -> Result<BTreeSet<i32>, StreamError> {
        client::partitions(self, topic).await
    }

    async fn open(&self, topic: &str, partition: i32) -> Result<Box<dyn ReadablePartition>, StreamError> {
        Ok(Box::new(Link::open(self, topic, partition).await?))
    }
}

#[async_trait]
impl ReadablePartition for Link {
    async fn fetch(&self, offset: i64, bytes: i32, wait: Duration) -> Result<Fetched, StreamError> {
        Self::fetch(self, offset, bytes, wait).await
    }

    async fn offset(&self, place: Place) -> Result<i64, StreamError> {
        Self::offset(self, place).await
    }
}
