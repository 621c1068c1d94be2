//! The one place that talks through rskafka, with the guards that it lacks.
//!
//! Each rule comes from a measured failure of rskafka 0.6 (no timeouts, retries for ever, keeps stale leaders, forgets the
//! bootstrap list): every await has a timeout; after any trouble the whole client is dropped and built again from the
//! configured brokers; a client serves exactly one partition, made right after `build()`; topics are listed on a client
//! that is thrown away.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rskafka::BackoffConfig;
use rskafka::chrono::{DateTime, Utc};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;
use tokio::time::timeout;

use super::admin;
use super::fault::{Fault, StreamError};
use super::reading::{Fetched, Incoming, Place};
use super::settings::{KafkaSettings, Sasl, SaslMechanism};
use super::tls;
use crate::domain::link_fault::LinkFault;

/// For connecting and the first metadata.
const OPEN: Duration = Duration::from_secs(5);
/// For a question about offsets or topics.
const ASK: Duration = Duration::from_secs(4);
/// For a produce. The broker itself may take 30 s; giving up sooner than this would only write more repeats.
const PRODUCE: Duration = Duration::from_secs(10);
/// Beyond the time that a fetch may wait for records.
const FETCH_GRACE: Duration = Duration::from_secs(4);

/// A record to be written.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// A connection to the leader of one partition. Dropped and opened anew after any error.
#[derive(Debug)]
pub(super) struct Link {
    partition: PartitionClient,
    /// Keeps the metadata connection that the partition's client shares.
    _client: Client,
}

impl Link {
    /// Connects to the leader of `partition`. A missing topic is an error, and is not created.
    pub(super) async fn open(settings: &KafkaSettings, topic: &str, partition: i32) -> Result<Self, StreamError> {
        // The look-up for a partition's leader would make a missing topic on a broker with automatic creation.
        if !partitions(settings, topic).await?.contains(&partition) {
            return Err(missing(topic));
        }
        let client = connect(settings).await?;
        let opening = client.partition_client(topic, partition, UnknownTopicHandling::Error);
        let partition = bounded(OPEN, "connecting to the partition's leader", opening).await?;
        Ok(Self {
            partition,
            _client: client,
        })
    }

    /// Writes records, acknowledged by all in-sync replicas. A timeout means that they may have been written.
    pub(super) async fn produce(&self, records: Vec<Outgoing>, stamp: Timestamp) -> Result<(), StreamError> {
        let timestamp = moment(stamp);
        let records = records
            .into_iter()
            .map(|record| Record {
                key: Some(record.key),
                value: Some(record.value),
                headers: BTreeMap::new(),
                timestamp,
            })
            .collect();
        let writing = self.partition.produce(records, Compression::NoCompression);
        bounded(PRODUCE, "sending", writing).await.map(drop)
    }

    /// Reads from `offset`, at most about `bytes`, waiting up to `wait` for the first record.
    pub(super) async fn fetch(&self, offset: i64, bytes: i32, wait: Duration) -> Result<Fetched, StreamError> {
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let reading = self.partition.fetch_records(offset, 1..bytes, wait_ms);
        let (records, high_watermark) = bounded(wait + FETCH_GRACE, "reading", reading).await?;
        Ok(Fetched {
            records: records
                .into_iter()
                .map(|record| Incoming {
                    offset: record.offset,
                    value: record.record.value,
                })
                .collect(),
            high_watermark,
        })
    }

    /// The offset of a place; that of [`Place::Latest`] where no record is as young as asked for.
    pub(super) async fn offset(&self, place: Place) -> Result<i64, StreamError> {
        let at = match place {
            Place::Offset(offset) => return Ok(offset),
            Place::Earliest => OffsetAt::Earliest,
            // In the protocol, times before 1970 are no times: -1 and -2 have other meanings, the rest is refused.
            Place::At(time) if time < Timestamp::UNIX_EPOCH => OffsetAt::Earliest,
            Place::Latest => OffsetAt::Latest,
            Place::At(time) => OffsetAt::Timestamp(moment(time)),
        };
        let offset = bounded(ASK, "asking for an offset", self.partition.get_offset(at)).await?;
        if offset >= 0 {
            return Ok(offset);
        }
        bounded(ASK, "asking for an offset", self.partition.get_offset(OffsetAt::Latest)).await
    }
}

/// The partitions of `topic`, by a client of its own: listing topics on a client that is in use can make it hang at the
/// next leader change.
pub(super) async fn partitions(settings: &KafkaSettings, topic: &str) -> Result<BTreeSet<i32>, StreamError> {
    let client = connect(settings).await?;
    let topics = bounded(ASK, "listing the topics", client.list_topics()).await?;
    topics
        .into_iter()
        .find(|found| found.name == topic)
        .map(|found| found.partitions)
        .filter(|partitions| !partitions.is_empty())
        .ok_or_else(|| missing(topic))
}

async fn connect(settings: &KafkaSettings) -> Result<Client, StreamError> {
    let mut builder = ClientBuilder::new(settings.brokers.clone())
        .client_id("rxtill")
        .backoff_config(BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
            // Not a limit on anything (that is `bounded`): it makes the library say why it cannot connect, where
            // without one it retries in silence.
            deadline: Some(Duration::from_millis(400)),
        });
    if let Some(config) = tls::client_config(&settings.tls).await? {
        builder = builder.tls_config(Arc::new(config));
    }
    if let Some(sasl) = &settings.sasl {
        builder = builder.sasl_config(login(sasl));
    }
    match bounded(OPEN, "connecting", builder.build()).await {
        Err(error) if LinkFault::told_in(&error.reason) == Some(LinkFault::HungUp) => {
            Err(admin::refusal(settings).await.unwrap_or(error))
        }
        done => done,
    }
}

/// Never to be printed: the library's type shows the password.
fn login(sasl: &Sasl) -> SaslConfig {
    let credentials = Credentials::new(sasl.user.clone(), sasl.password.expose().to_owned());
    match sasl.mechanism {
        SaslMechanism::Plain => SaslConfig::Plain(credentials),
        SaslMechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
        SaslMechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
    }
}

async fn bounded<T>(
    limit: Duration,
    what: &str,
    call: impl Future<Output = Result<T, rskafka::client::error::Error>>,
) -> Result<T, StreamError> {
    match timeout(limit, call).await {
        Ok(answer) => answer.map_err(StreamError::from),
        Err(_) => Err(StreamError::timeout(what)),
    }
}

fn missing(topic: &str) -> StreamError {
    StreamError::new(
        Fault::NoTopic,
        &format!("topic {topic} is missing; `rxtill init` makes it"),
    )
}

fn moment(time: Timestamp) -> DateTime<Utc> {
    // Both count milliseconds since 1970; what chrono cannot hold is hundreds of millennia away.
    DateTime::from_timestamp_millis(time.as_millisecond()).unwrap_or_default()
}
