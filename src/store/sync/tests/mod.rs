//! Sync against a store that loses replies, delays, refuses, delivers late; and a till that is killed at any step.
mod counter;
mod doctor;
mod event;
mod faulty;
mod lifetime;
mod schedule;

use std::future::{Future, pending};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;

use self::faulty::Faulty;
use super::*;
use crate::store::fixture::{TestClock, agreed, till};

/// A till with its folder, its clock, and the store that outlives it.
pub(super) struct Bench {
    dir: TempDir,
    clock: Arc<TestClock>,
    store: Arc<Faulty>,
}

/// A till that was started.
pub(super) struct Till {
    journal: Journal,
    sync: SaleSync,
    sync_loop: SyncLoop,
    notices: mpsc::Receiver<Notice>,
}

const COMMIT_WAIT: Duration = Duration::from_millis(1_500);

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(TestClock::new(1)),
            store: Faulty::new(),
        }
    }

    /// Opens the journal. What ran when the till was killed may hold it for a moment: a kill ends it at once, a dropped
    /// future does not.
    async fn open(&self, dir: &Path) -> Journal {
        for _ in 0..2_000 {
            let clock: Arc<dyn Clock> = self.clock.clone();
            match Journal::open(dir, &till(), clock).await {
                Err(JournalError::InUse { .. }) => std::thread::sleep(Duration::from_millis(2)),
                opened => return opened.unwrap(),
            }
        }
        panic!("the journal is still in use");
    }

    /// A till that is not started.
    async fn till(&self, seed: u64) -> Till {
        let journal = self.open(self.dir.path()).await;
        let options = SyncOptions::new(COMMIT_WAIT, false, seed);
        let store: Arc<dyn SaleStore> = self.store.clone();
        let (sync, sync_loop, notices) = sale_sync(journal.clone(), store, self.clock.clone(), options);
        Till {
            journal,
            sync,
            sync_loop,
            notices,
        }
    }

    async fn started(&self) -> Till {
        let mut till = self.till(7).await;
        till.sync_loop.start().await.unwrap();
        till
    }
}

impl Till {
    /// Runs the loop while `scenario` does, and ends it as a quit does.
    async fn during<T, F: Future<Output = T>>(
        self,
        scenario: impl FnOnce(SaleSync, Journal, mpsc::Receiver<Notice>) -> F,
    ) -> T {
        let (quit, quitting) = oneshot::channel::<()>();
        let Self {
            journal,
            sync,
            sync_loop,
            notices,
        } = self;
        let running = Box::pin(sync_loop.run(async {
            let _ = quitting.await;
        }));
        let scenario = async {
            let outcome = scenario(sync, journal, notices).await;
            let _ = quit.send(());
            outcome
        };
        tokio::join!(scenario, running).0
    }

    /// Runs the loop for ever: for tills that are killed.
    async fn run(sync_loop: SyncLoop) {
        Box::pin(sync_loop.run(pending())).await;
    }
}

async fn sell(sync: &SaleSync, id: u128, count: u32) -> SaleAnswer {
    sync.sell(agreed(id, count), Vec::new(), Oversell::Refuse)
        .await
        .unwrap()
}

/// Waits until the status is as wanted; the test's clock makes it quick.
async fn until(sync: &SaleSync, wanted: impl FnMut(&SyncStatus) -> bool) -> SyncStatus {
    let mut status = sync.status();
    let found = tokio::time::timeout(Duration::from_hours(1), status.wait_for(wanted)).await;
    found.expect("the status never came").unwrap().clone()
}

fn green(status: &SyncStatus) -> bool {
    status.database == Link::Up && status.unsent == 0 && status.parked == 0
}

fn notices(received: &mut mpsc::Receiver<Notice>) -> Vec<Notice> {
    std::iter::from_fn(|| received.try_recv().ok()).collect()
}
