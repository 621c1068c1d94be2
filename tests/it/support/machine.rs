//! A till without a screen: a data folder, and its journal and sync over a store.
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rxtill::domain::audit::AuditRecord;
use rxtill::domain::prescriber::NewDoctor;
use rxtill::domain::sale::{Party, SaleRecord, TillId};
use rxtill::runtime::clock::SystemClock;
use rxtill::store::engine::Engine;
use rxtill::store::error::StoreError;
use rxtill::store::journal::{Journal, JournalReader};
use rxtill::store::ports::{
    AddedDoctor, Head, KeptEvent, Oversell, ParkedPlace, Recorded, Registration, SaleStore, Settlement, StoredSale,
};
use rxtill::store::star::Store;
use rxtill::store::sync::{Notice, SaleAnswer, SaleSync, SyncOptions, sale_sync};
use rxtill::store::verify::verify;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::shop::{UNCOUNTED, asked_for, sale};

/// For anything that must happen. Never reached unless it does not.
pub const BOUND: Duration = Duration::from_mins(1);

/// A till's machine: its folder outlives the till.
pub struct Machine {
    till: TillId,
    folder: TempDir,
}

/// A till at work.
pub struct Counter {
    sync: SaleSync,
    /// Its journal.
    pub journal: Journal,
    notices: mpsc::Receiver<Notice>,
}

impl Machine {
    /// Of that till.
    pub fn new(till: &str) -> Self {
        Self {
            till: till.parse().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Opens the till over `store`, lets `scenario` work it, and closes it.
    pub async fn during<T, F: Future<Output = T>>(
        &self,
        store: Arc<dyn SaleStore>,
        commit_wait: Duration,
        scenario: impl FnOnce(Counter) -> F,
    ) -> T {
        let clock = Arc::new(SystemClock);
        let journal = Journal::open(self.folder.path(), &self.till, clock.clone())
            .await
            .unwrap();
        let options = SyncOptions::new(commit_wait, false, 7);
        let (sync, mut sync_loop, notices) = sale_sync(journal.clone(), store, clock, options);
        sync_loop.start().await.unwrap();
        let (quit, quitting) = oneshot::channel::<()>();
        let running = Box::pin(sync_loop.run(async {
            let _ = quitting.await;
        }));
        let scenario = Box::pin(async {
            let outcome = scenario(Counter { sync, journal, notices }).await;
            let _ = quit.send(());
            outcome
        });
        tokio::time::timeout(BOUND, async { tokio::join!(scenario, running).0 })
            .await
            .expect("the till did not get done")
    }

    /// The same, where nobody is hurried.
    pub async fn open<T, F: Future<Output = T>>(&self, store: &Store, scenario: impl FnOnce(Counter) -> F) -> T {
        self.during(Arc::new(store.clone()), BOUND, scenario).await
    }

    /// A copy of the journal as it is now.
    pub fn image(&self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        copy(&self.folder, &image);
        image
    }

    /// Puts the journal back as it was then.
    pub fn restore(&self, image: &TempDir) {
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        copy(image, &self.folder);
    }

    /// Every chain in the store is whole, and ends where this journal says.
    pub async fn agrees_with(&self, engine: &dyn Engine) {
        let journal = JournalReader::open(self.folder.path()).await.unwrap();
        let verdicts = verify(engine, Some(&self.till), Some(&journal)).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.broken.is_none()), "{verdicts:?}");
        assert_eq!(journal.status().await.unwrap().unsent, 0);
    }
}

fn copy(from: &TempDir, to: &TempDir) {
    for file in std::fs::read_dir(from.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
}

impl Counter {
    /// Sells; nobody holds what the book does not have.
    pub async fn sell(&self, id: u128, lines: &[(u128, &str)]) -> SaleAnswer {
        let agreed = sale(Uuid::from_u128(id), lines);
        self.sync.sell(agreed, Vec::new(), Oversell::Refuse).await.unwrap()
    }

    /// Adds a prescriber.
    pub async fn add_doctor(&self, doctor: &NewDoctor) {
        self.sync.add_doctor(doctor.clone()).await.unwrap().unwrap();
    }

    /// Notes that somebody asked for so many of what is not there.
    pub async fn note(&self, event_id: u128, count: &str) {
        let noted = asked_for(count);
        self.sync.note(Uuid::from_u128(event_id), noted).await.unwrap().unwrap();
    }

    /// Sells what they prescribed.
    pub async fn sell_for(&self, id: u128, doctor: &NewDoctor) -> SaleAnswer {
        let mut agreed = sale(Uuid::from_u128(id), &[(UNCOUNTED, "1")]);
        agreed.doctor = Some(Party {
            id: doctor.uuid,
            name: doctor.name.clone(),
        });
        self.sync.sell(agreed, Vec::new(), Oversell::Refuse).await.unwrap()
    }

    /// Uploads everything, however often it takes.
    pub async fn drained(&self) {
        loop {
            let left = self.sync.drain().await.unwrap();
            if left.unsent + left.doctors + left.events == 0 {
                return;
            }
        }
    }

    /// What sync had to say since the last look.
    pub fn heard(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.notices.try_recv().ok()).collect()
    }
}

/// Receipt and state.
pub fn said(answer: &SaleAnswer) -> (&str, &str) {
    (answer.receipt.as_deref().unwrap_or("none"), answer.state.as_str())
}

/// A store of record that is away while a test says so.
pub struct Switch {
    store: Store,
    away: AtomicBool,
}

impl Switch {
    /// Over a store that is there.
    pub fn over(store: &Store) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            away: AtomicBool::new(false),
        })
    }

    /// Takes it away, or gives it back.
    pub fn turn(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    fn ask(&self) -> Result<&Store, StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::Retryable {
                reason: "away".to_owned(),
                in_doubt: false,
            });
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl SaleStore for Switch {
    async fn register(&self, till: &TillId, installation: Uuid) -> Result<Registration, StoreError> {
        self.ask()?.register(till, installation).await
    }

    async fn open_series(&self, till: &TillId, installation: Uuid) -> Result<Head, StoreError> {
        self.ask()?.open_series(till, installation).await
    }

    async fn heads(&self, till: &TillId) -> Result<Vec<Head>, StoreError> {
        self.ask()?.heads(till).await
    }

    async fn commit(&self, record: &SaleRecord, oversell: Oversell) -> Result<Recorded, StoreError> {
        self.ask()?.commit(record, oversell).await
    }

    async fn park(&self, record: &SaleRecord, reason: &str) -> Result<Recorded, StoreError> {
        self.ask()?.park(record, reason).await
    }

    async fn add_doctor(&self, doctor: &NewDoctor) -> Result<AddedDoctor, StoreError> {
        self.ask()?.add_doctor(doctor).await
    }

    async fn keep_event(&self, record: &AuditRecord) -> Result<KeptEvent, StoreError> {
        self.ask()?.keep_event(record).await
    }

    async fn newest_events(&self, till: &TillId) -> Result<Vec<(u32, u64)>, StoreError> {
        self.ask()?.newest_events(till).await
    }

    async fn find(&self, sale_id: Uuid) -> Result<Option<StoredSale>, StoreError> {
        self.ask()?.find(sale_id).await
    }

    async fn set_apart(&self, record: &SaleRecord, other: &StoredSale) -> Result<Recorded, StoreError> {
        self.ask()?.set_apart(record, other).await
    }

    async fn settlement(&self, till: &TillId, series: u32, number: u64) -> Result<Option<Settlement>, StoreError> {
        self.ask()?.settlement(till, series, number).await
    }

    async fn parked(&self, till: &TillId) -> Result<Vec<ParkedPlace>, StoreError> {
        self.ask()?.parked(till).await
    }

    async fn sales(&self, till: &TillId, series: u32, from: u64, limit: u32) -> Result<Vec<SaleRecord>, StoreError> {
        self.ask()?.sales(till, series, from, limit).await
    }
}
