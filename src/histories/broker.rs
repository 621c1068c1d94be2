//! The stand-in of the brokers, as one client reaches them.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

use super::tables::SALES;
use super::weather::{Fault as Weathered, Side, Weather};
use crate::domain::event::EventTopic;
use crate::domain::money::{Money, Quantity};
use crate::domain::mutant::{self, Mutant};
use crate::domain::totals::PairTotal;
use crate::store::ports::OutboxRow;
use crate::store::ports::totals::TotalRow;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::partitioner::partition_of;
use crate::stream::producer::Producer;
use crate::stream::reading::{Fetched, Incoming, Place, ReadablePartition, ReadableTopics};
use crate::stream::totals::TotalsTopics;

/// A request is given up after this.
const BOUND: Duration = Duration::from_secs(10);
/// Events that were given up may be written so many seconds later; totals sooner, as they are settled by then.
const LATEST_EVENTS: u32 = 100;
const LATEST_TOTALS: u32 = 12;
/// The most records in an answer.
const MOST: u32 = 40;

/// One partition.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The offset of the first record that is still there.
    pub(super) first: i64,
    pub(super) values: Vec<Vec<u8>>,
    /// When each was asked to be written, as a moment of the history.
    pub(super) asked: Vec<u64>,
}

impl Log {
    pub(super) fn end(&self) -> i64 {
        i64::try_from(self.values.len()).unwrap()
    }

    fn append(&mut self, value: Vec<u8>, asked: u64) {
        self.values.push(value);
        self.asked.push(asked);
    }
}

/// The brokers.
pub(super) struct Broker {
    sales: Mutex<Vec<Log>>,
    audit: Mutex<Vec<Log>>,
    /// Keys and values, in order.
    totals: Mutex<Vec<(String, String)>>,
    news: Notify,
    pub(super) weather: Arc<Weather>,
}

impl Broker {
    pub(super) fn new(weather: Arc<Weather>, partitions: usize) -> Arc<Self> {
        Arc::new(Self {
            sales: Mutex::new((0..partitions).map(|_| Log::default()).collect()),
            audit: Mutex::new((0..partitions).map(|_| Log::default()).collect()),
            totals: Mutex::default(),
            news: Notify::new(),
            weather,
        })
    }

    pub(super) fn sales(&self) -> MutexGuard<'_, Vec<Log>> {
        self.sales.lock().unwrap()
    }

    pub(super) fn audit(&self) -> MutexGuard<'_, Vec<Log>> {
        self.audit.lock().unwrap()
    }

    pub(super) fn totals(&self) -> Vec<(String, String)> {
        self.totals.lock().unwrap().clone()
    }

    /// Deletes by age what is before these offsets.
    pub(super) fn delete_before(&self, firsts: &BTreeMap<i32, i64>) {
        for (log, partition) in self.sales().iter_mut().zip(0..) {
            let first = firsts.get(&partition).copied().unwrap_or(0);
            log.first = log.first.max(first.min(log.end()));
        }
    }

    fn write(&self, rows: &[OutboxRow], asked: u64) {
        let (mut sales, mut audit) = (self.sales(), self.audit());
        let count = i32::try_from(sales.len()).unwrap();
        for row in rows {
            let partition = usize::try_from(partition_of(row.key.as_bytes(), count)).unwrap();
            let topic = if row.topic == SALES { &mut sales } else { &mut audit };
            topic[partition].append(row.payload.clone().into_bytes(), asked);
        }
        drop((sales, audit));
        self.news.notify_waiters();
    }

    fn write_totals(&self, totals: &[TotalRow]) {
        let records = totals.iter().map(|total| (total.pair.clone(), total.value.clone()));
        self.totals.lock().unwrap().extend(records);
    }
}

/// One client's way to the brokers.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) broker: Arc<Broker>,
    client: usize,
    /// What was published of each pair: only where totals are published as increments.
    said: Arc<Mutex<BTreeMap<String, (Quantity, Money)>>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire {}", self.client)
    }
}

fn unreachable_broker() -> StreamError {
    StreamError::new(Fault::Unreachable, "no answer in time")
}

impl Wire {
    pub(super) fn new(broker: &Arc<Broker>, client: usize) -> Self {
        Self {
            broker: Arc::clone(broker),
            client,
            said: Arc::default(),
        }
    }

    fn weather(&self) -> &Weather {
        &self.broker.weather
    }

    async fn away(&self) -> Result<(), StreamError> {
        self.weather().way().await;
        if !self.weather().is_away(Side::Broker, self.client) {
            return Ok(());
        }
        if self.weather().chance(4) {
            sleep(BOUND).await;
        }
        Err(unreachable_broker())
    }

    /// Sends a request that writes, by `write`.
    async fn request(&self, latest: u32, write: impl Fn(&Broker) + Clone + Send + 'static) -> Result<(), StreamError> {
        self.away().await?;
        let weather = self.weather();
        match weather.fault(latest) {
            Weathered::None => {}
            Weathered::Refused => return Err(StreamError::new(Fault::Leader, "the partition has no leader")),
            Weathered::Hangs => {
                sleep(BOUND).await;
                return Err(unreachable_broker());
            }
            Weathered::ReplyLost => {
                write(&self.broker);
                return Err(unreachable_broker());
            }
            Weathered::DoneAndHangs => {
                write(&self.broker);
                sleep(BOUND).await;
                return Err(unreachable_broker());
            }
            Weathered::Late(after) => {
                let (broker, write) = (Arc::clone(&self.broker), write.clone());
                weather.send(Box::pin(async move {
                    sleep(after).await;
                    write(&broker);
                }));
                sleep(BOUND).await;
                return Err(unreachable_broker());
            }
            Weathered::Slow(time) => sleep(time).await,
        }
        write(&self.broker);
        weather.way().await;
        Ok(())
    }

    /// The same as the totals it stands for, but as what was added since the last time.
    fn increments(&self, totals: &[TotalRow]) -> Vec<TotalRow> {
        let mut said = self.said.lock().unwrap();
        let increment = |row: &TotalRow| {
            let mut total = PairTotal::read(row.value.as_bytes()).unwrap();
            let now = (total.quantity, total.revenue);
            let before = said.insert(row.pair.clone(), now).unwrap_or_default();
            total.quantity = Quantity::new(now.0.decimal() - before.0.decimal());
            total.revenue = Money::new(now.1.decimal() - before.1.decimal());
            TotalRow {
                value: total.value().unwrap(),
                ..row.clone()
            }
        };
        totals.iter().map(increment).collect()
    }
}

#[async_trait]
impl Producer for Wire {
    async fn produce(&self, rows: &[OutboxRow]) -> Result<(), StreamError> {
        let asked = self.weather().moment();
        let rows = rows.to_vec();
        let write = move |broker: &Broker| broker.write(&rows, asked);
        if mutant::is(Mutant::MarkBeforeAck) {
            let wire = self.clone();
            self.weather().send(Box::pin(async move {
                let _ = wire.request(LATEST_EVENTS, write).await;
            }));
            return Ok(());
        }
        self.request(LATEST_EVENTS, write).await
    }

    async fn probe(&self, _: &str, _: &str) -> Result<(), StreamError> {
        self.away().await
    }
}

#[async_trait]
impl ReadableTopics for Wire {
    fn name_of(&self, _: EventTopic) -> &str {
        SALES
    }

    async fn partitions(&self, _: &str) -> Result<BTreeSet<i32>, StreamError> {
        self.away().await?;
        let count = self.broker.sales().len();
        Ok((0..i32::try_from(count).unwrap()).collect())
    }

    async fn open(&self, _: &str, partition: i32) -> Result<Box<dyn ReadablePartition>, StreamError> {
        self.away().await?;
        Ok(Box::new(Reading {
            wire: self.clone(),
            partition: usize::try_from(partition).unwrap(),
        }))
    }
}

/// A connection to a partition's leader.
#[derive(Debug)]
struct Reading {
    wire: Wire,
    partition: usize,
}

impl Reading {
    fn look(&self, offset: i64) -> Result<Fetched, StreamError> {
        let weather = self.wire.weather();
        let sales = self.wire.broker.sales();
        let log = &sales[self.partition];
        if offset < log.first || offset > log.end() {
            return Err(StreamError::new(Fault::OutOfRange, "no such offset"));
        }
        let most = 1 + weather.below(MOST) as usize;
        let from = usize::try_from(offset).unwrap();
        let records = log.values[from..].iter().take(most).zip(offset..);
        let records: Vec<Incoming> = records
            .map(|(value, offset)| Incoming {
                offset,
                value: Some(value.clone()),
            })
            .collect();
        Ok(Fetched {
            records,
            high_watermark: log.end(),
        })
    }
}

#[async_trait]
impl ReadablePartition for Reading {
    async fn fetch(&self, offset: i64, _: i32, wait: Duration) -> Result<Fetched, StreamError> {
        self.wire.away().await?;
        let weather = self.wire.weather();
        match weather.fault(1) {
            Weathered::Refused | Weathered::ReplyLost => return Err(unreachable_broker()),
            Weathered::Hangs | Weathered::DoneAndHangs => {
                sleep(wait + BOUND).await;
                return Err(unreachable_broker());
            }
            // A new leader does not know yet how far the others are.
            Weathered::Late(_) if mutant::is(Mutant::LowWatermarkRestarts) => {
                return Err(StreamError::new(Fault::OutOfRange, "the watermark is below"));
            }
            Weathered::Late(_) => {
                self.look(offset)?;
                let low = i64::from(weather.below(1 + u32::try_from(offset).unwrap_or(0)));
                return Ok(Fetched {
                    records: Vec::new(),
                    high_watermark: low,
                });
            }
            Weathered::Slow(time) => sleep(time).await,
            Weathered::None => {}
        }
        let news = self.wire.broker.news.notified();
        let found = self.look(offset)?;
        if !found.records.is_empty() {
            return Ok(found);
        }
        let _ = timeout(wait, news).await;
        self.wire.away().await?;
        self.look(offset)
    }

    async fn offset(&self, place: Place) -> Result<i64, StreamError> {
        self.wire.away().await?;
        let sales = self.wire.broker.sales();
        let log = &sales[self.partition];
        Ok(match place {
            Place::Offset(offset) => offset,
            Place::Earliest if log.first > 0 && mutant::is(Mutant::GapSkipsToEnd) => log.end(),
            Place::Earliest => log.first,
            Place::Latest | Place::At(_) => log.end(),
        })
    }
}

#[async_trait]
impl TotalsTopics for Wire {
    async fn sales(&self) -> Result<BTreeMap<i32, (i64, i64)>, StreamError> {
        self.away().await?;
        let sales = self.broker.sales();
        let ends = sales.iter().map(|log| (log.first, log.end()));
        Ok((0..).zip(ends).collect())
    }

    async fn totals(&self, into: mpsc::Sender<Vec<Vec<u8>>>) -> Result<(), StreamError> {
        self.away().await?;
        let values: Vec<Vec<u8>> = self
            .broker
            .totals()
            .into_iter()
            .map(|(_, value)| value.into_bytes())
            .collect();
        for chunk in values.chunks(3) {
            self.away().await?;
            if into.send(chunk.to_vec()).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn publish(&self, totals: &[TotalRow]) -> Result<(), StreamError> {
        let totals = if mutant::is(Mutant::TotalsAsIncrements) {
            self.increments(totals)
        } else {
            totals.to_vec()
        };
        let most = if self.weather().chance(4) {
            1 + self.weather().below(u32::try_from(totals.len()).unwrap()) as usize
        } else {
            totals.len()
        };
        let whole = most >= totals.len();
        // One partition's share may be written and the other's not.
        let write = move |broker: &Broker| broker.write_totals(&totals[..most.min(totals.len())]);
        if mutant::is(Mutant::TotalsBeforeAck) {
            let wire = self.clone();
            self.weather().send(Box::pin(async move {
                let _ = wire.request(LATEST_TOTALS, write).await;
            }));
            return Ok(());
        }
        self.request(LATEST_TOTALS, write).await?;
        if whole { Ok(()) } else { Err(unreachable_broker()) }
    }
}
