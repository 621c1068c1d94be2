//! The stand-in of the database, as one client reaches it: the ports of the path, over connections that do what the
//! weather says.
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::tables::{Content, Leftover, Tables};
use super::weather::{Fault, Side, Weather};
use crate::domain::audit::AuditRecord;
use crate::domain::mutant::{self, Mutant};
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{ChainPlace, SaleRecord, TillId};
use crate::store::error::{Refusal, StoreError};
use crate::store::ports::{
    AddedDoctor, Head, KeptEvent, Oversell, ParkedPlace, Recorded, Registration, SaleStore, StoredSale,
};

/// A COMMIT on its way arrives within so many seconds.
const LATEST_COMMIT: u32 = 30;
/// So seldom does the COMMIT of an audit event arrive late.
const LATE_EVENT: u32 = 30;
/// A question without an answer is given up after this.
pub(super) const CALL_BOUND: Duration = Duration::from_secs(10);

/// The database.
pub(super) struct Database {
    tables: Mutex<Tables>,
    /// Goes up when the server is another one: what was on its way to the one before is lost.
    server: Mutex<u32>,
    pub(super) weather: Arc<Weather>,
}

impl Database {
    pub(super) fn new(weather: Arc<Weather>) -> Arc<Self> {
        Arc::new(Self {
            tables: Mutex::new(Tables::new()),
            server: Mutex::default(),
            weather,
        })
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// A backup takes the place of what was there.
    pub(super) fn restore(&self, backup: Tables) {
        *self.server.lock().unwrap() += 1;
        *self.tables() = backup;
    }

    fn server(&self) -> u32 {
        *self.server.lock().unwrap()
    }

    /// Does in transactions of their own what a broken rule left over, unless the client is gone by then.
    async fn afterwards(&self, leftover: Leftover) {
        if leftover.events.is_empty() && leftover.stock.is_empty() {
            return;
        }
        self.weather.way().await;
        let moment = self.weather.moment();
        let mut tables = self.tables();
        tables.publish(leftover.events, moment);
        tables.change_stock(leftover.stock);
    }
}

/// One client's way to the database.
pub(super) struct Line {
    pub(super) database: Arc<Database>,
    pub(super) client: usize,
    /// Attempts that were made before, by link: only where a retry is another sale.
    tried: Mutex<BTreeMap<String, u32>>,
}

pub(super) fn lost(in_doubt: bool) -> StoreError {
    StoreError::Retryable {
        reason: "lost connection".to_owned(),
        in_doubt,
    }
}

/// For somebody who lives one history again.
fn tell<T: Debug>(who: &str, record: &SaleRecord, content: &Content, answer: &T) {
    if super::is_told() {
        let what = match content {
            Content::Facts(oversell) => format!("{oversell:?}"),
            Content::Parked(_) => "park".to_owned(),
            Content::Apart(_) => "set apart".to_owned(),
        };
        println!(
            "          {who}: {} {} {what}: {answer:?}",
            record.receipt(),
            record.sale_id()
        );
    }
}

impl Line {
    pub(super) fn new(database: &Arc<Database>, client: usize) -> Arc<Self> {
        Arc::new(Self {
            database: Arc::clone(database),
            client,
            tried: Mutex::default(),
        })
    }

    fn weather(&self) -> &Weather {
        &self.database.weather
    }

    /// A question or a short transaction: it may fail, or take long.
    pub(super) async fn ask<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> Result<T, StoreError> {
        let weather = self.weather();
        weather.way().await;
        if weather.is_away(Side::Database, self.client) {
            if weather.chance(4) {
                sleep(CALL_BOUND).await;
            }
            return Err(lost(false));
        }
        match weather.fault(LATEST_COMMIT) {
            Fault::None => Ok(work(&mut self.database.tables())),
            Fault::Refused => Err(lost(false)),
            Fault::Hangs | Fault::Late(_) => {
                sleep(CALL_BOUND).await;
                Err(lost(false))
            }
            Fault::ReplyLost | Fault::DoneAndHangs => {
                work(&mut self.database.tables());
                weather.way().await;
                Err(lost(true))
            }
            Fault::Slow(time) => {
                sleep(time).await;
                Ok(work(&mut self.database.tables()))
            }
        }
    }

    async fn attempt(&self, record: &SaleRecord, content: Content) -> Result<Recorded, StoreError> {
        let attended = matches!(&content, Content::Facts(oversell) if *oversell != Oversell::Record);
        let record = self.as_tried(record);
        let answer = self.transact(&record, content).await;
        match answer {
            Err(StoreError::Retryable { in_doubt: true, reason })
                if mutant::is(Mutant::TimeoutIsRefusal) && attended =>
            {
                Err(StoreError::Rejected(Refusal::Other(reason)))
            }
            Err(StoreError::Permanent(reason)) if mutant::is(Mutant::ParkedBlocks) => Err(StoreError::Retryable {
                reason,
                in_doubt: false,
            }),
            Err(StoreError::Retryable { .. }) if mutant::is(Mutant::SettledBeforeCommit) => Ok(Recorded {
                repeated: false,
                parked: false,
                below_zero: Vec::new(),
                used_before: Vec::new(),
                too_much_back: None,
            }),
            answer => answer,
        }
    }

    /// The record itself, or what a broken rule makes of it at a retry.
    fn as_tried(&self, record: &SaleRecord) -> SaleRecord {
        let mut tried = self.tried.lock().unwrap();
        let times = tried.entry(record.hash.to_string()).or_default();
        *times += 1;
        if *times == 1 || !mutant::is(Mutant::RetryIsAnotherSale) {
            return record.clone();
        }
        let document = &record.document;
        let mut sale = document.sale.clone();
        sale.sale_id = Uuid::new_v5(&sale.sale_id, &times.to_be_bytes());
        let place = ChainPlace {
            till: document.till.clone(),
            series: document.series,
            number: document.number,
            first_seq: document.first_seq,
            prev_hash: record.prev_hash,
        };
        SaleRecord::make(sale, place, record.flags.clone()).unwrap()
    }

    async fn transact(&self, record: &SaleRecord, content: Content) -> Result<Recorded, StoreError> {
        let weather = self.weather();
        weather.way().await;
        if weather.is_away(Side::Database, self.client) {
            if weather.chance(4) {
                pending::<()>().await;
            }
            return Err(lost(false));
        }
        let fault = weather.fault(LATEST_COMMIT);
        match fault {
            Fault::Refused => return Err(lost(false)),
            Fault::Hangs => pending().await,
            Fault::Slow(time) => sleep(time).await,
            Fault::Late(after) => {
                self.arrives_after(after, record, content);
                if weather.chance(2) {
                    pending::<()>().await;
                }
                return Err(lost(true));
            }
            Fault::None | Fault::ReplyLost | Fault::DoneAndHangs => {}
        }
        let moment = weather.moment();
        let answer = self.database.tables().attempt(record, &content, moment);
        tell(&format!("client {}", self.client), record, &content, &answer);
        match fault {
            // What was rolled back is in no doubt.
            Fault::ReplyLost => return Err(lost(answer.is_ok())),
            Fault::DoneAndHangs => pending().await,
            _ => {}
        }
        weather.way().await;
        let (recorded, leftover) = answer?;
        self.database.afterwards(leftover).await;
        Ok(recorded)
    }

    /// The COMMIT of what the server has found good so far is held up somewhere.
    fn arrives_after(&self, after: Duration, record: &SaleRecord, content: Content) {
        if !self.database.tables().would_take(record, &content) {
            return;
        }
        let content = match content {
            Content::Facts(_) => Content::Facts(Oversell::Record),
            other => other,
        };
        let (database, record) = (Arc::clone(&self.database), record.clone());
        let server = database.server();
        self.weather().send(Box::pin(async move {
            sleep(after).await;
            if database.server() == server {
                let moment = database.weather.moment();
                // Whether it goes through is the fence's to say; nobody hears of it.
                let done = database.tables().attempt(&record, &content, moment);
                tell("late", &record, &content, &done);
                if let Ok((_, leftover)) = done {
                    database.afterwards(leftover).await;
                }
            }
        }));
    }
}

impl Line {
    /// The COMMIT of an audit event is held up somewhere.
    fn keeps_after(&self, after: Duration, record: AuditRecord) {
        let database = Arc::clone(&self.database);
        let server = database.server();
        self.weather().send(Box::pin(async move {
            sleep(after).await;
            if database.server() == server {
                let moment = database.weather.moment();
                database.tables().keep_event(&record, moment);
            }
        }));
    }
}

#[async_trait]
impl SaleStore for Line {
    async fn register(&self, till: &TillId, installation: Uuid) -> Result<Registration, StoreError> {
        self.ask(|tables| {
            let newest = match tables.heads_of(till).pop() {
                Some(head) => head,
                None => tables.open_series(till, installation),
            };
            if newest.installation == installation {
                Registration::Ours(newest)
            } else {
                Registration::Taken { series: newest.series }
            }
        })
        .await
    }

    async fn open_series(&self, till: &TillId, installation: Uuid) -> Result<Head, StoreError> {
        self.ask(|tables| tables.open_series(till, installation)).await
    }

    async fn heads(&self, till: &TillId) -> Result<Vec<Head>, StoreError> {
        self.ask(|tables| tables.heads_of(till)).await
    }

    async fn commit(&self, record: &SaleRecord, oversell: Oversell) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Facts(oversell)).await
    }

    async fn park(&self, record: &SaleRecord, reason: &str) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Parked(reason.to_owned())).await
    }

    async fn set_apart(&self, record: &SaleRecord, other: &StoredSale) -> Result<Recorded, StoreError> {
        self.attempt(record, Content::Apart(Box::new(other.clone()))).await
    }

    async fn add_doctor(&self, _: &NewDoctor) -> Result<AddedDoctor, StoreError> {
        unreachable!("no prescriber is added in histories")
    }

    async fn keep_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        let weather = self.weather();
        if !weather.is_calm() && weather.chance(LATE_EVENT) {
            self.keeps_after(weather.seconds(0, LATEST_COMMIT), record.clone());
            sleep(CALL_BOUND).await;
            return Err(lost(true));
        }
        self.ask(|tables| tables.keep_event(record, weather.moment())).await
    }

    async fn newest_events(&self, till: &TillId) -> Result<Vec<(u32, u64)>, StoreError> {
        self.ask(|tables| tables.newest_events(till)).await
    }

    async fn find(&self, sale_id: Uuid) -> Result<Option<StoredSale>, StoreError> {
        self.ask(|tables| tables.find(sale_id)).await
    }

    async fn parked(&self, till: &TillId) -> Result<Vec<ParkedPlace>, StoreError> {
        self.ask(|tables| {
            let own = tables
                .sales
                .iter()
                .filter(|((of, ..), row)| of == till && row.parked.is_some());
            own.map(|((_, series, number), row)| ParkedPlace {
                series: *series,
                number: *number,
                resolution: row.resolved.clone(),
            })
            .collect()
        })
        .await
    }

    async fn sales(&self, till: &TillId, series: u32, from: u64, limit: u32) -> Result<Vec<SaleRecord>, StoreError> {
        self.ask(|tables| {
            let from = (till.clone(), series, from);
            let to = (till.clone(), series, u64::MAX);
            let found = tables.sales.range(from..=to).take(limit as usize);
            found.map(|(_, row)| row.record.clone()).collect()
        })
        .await
    }
}

/// When a lease of so many seconds ends.
pub(super) fn ends_in(seconds: u32) -> Instant {
    Instant::now() + Duration::from_secs(seconds.into())
}
