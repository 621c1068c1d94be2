//! A till at work: journal, sync and relay, opened together and closed in order. The screen and the headless verbs that
//! sell are the same till.
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::heartbeat::{self, HeartbeatPlan};
use super::task;
use super::tidy::{self, Tidying};
use crate::domain::audit::Noted;
use crate::domain::clock::Clock;
use crate::domain::heartbeat::Standing;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{Agreed, SaleFlag, TillId};
use crate::store::journal::{Journal, JournalError};
use crate::store::ports::Oversell;
use crate::store::star::Store;
use crate::store::sync::{
    Drained, Notice, SaleAnswer, SaleOutcome, SaleSync, StartError, SyncEnded, SyncOptions, SyncStatus, sale_sync,
};
use crate::stream::producer::KafkaProducer;
use crate::stream::relay::{RelayHandle, RelayIdentity, relay};
use crate::stream::settings::KafkaSettings;

/// What a till is opened with.
pub struct TillPlan {
    /// Which till.
    pub till: TillId,
    /// Where its journal is.
    pub data_dir: PathBuf,
    /// The store of record; a server behind it may be away.
    pub store: Store,
    /// How sync behaves.
    pub options: SyncOptions,
    /// The brokers; none: nothing is published, the outbox is kept.
    pub kafka: Option<KafkaSettings>,
    /// How the outbox is tidied; none: by somebody else.
    pub tidying: Option<Tidying>,
    /// The row of the outlet, the record key of the till's events, where it is known.
    pub outlet: Option<i64>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// Why a till cannot be opened.
#[derive(Debug, Error)]
pub enum TillError {
    /// The journal: in use, another till's, damaged, no disk.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Sync: the first start needs the database, or another machine is this till.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// An open till.
pub struct OpenTill {
    journal: Journal,
    sync: SaleSync,
    relay: Option<RelayHandle>,
    committed: Arc<Notify>,
    stop: watch::Sender<Stage>,
    sync_task: JoinHandle<()>,
    relay_task: Option<JoinHandle<()>>,
    /// What it takes to say that the till is there; none where nobody hears it.
    heartbeat: Option<HeartbeatPlan>,
    heartbeat_task: Option<JoinHandle<()>>,
    tidy_task: Option<JoinHandle<()>>,
}

/// What may still run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    All,
    RelayOnly,
    Nothing,
}

/// Ready when the till may no longer run what runs in `stage`.
async fn past(mut stop: watch::Receiver<Stage>, stage: Stage) {
    // The sender's end is the end of all.
    let _ = stop.wait_for(|now| *now > stage).await;
}

impl OpenTill {
    /// Takes the lock, finishes what was begun before a kill, registers a first start, and starts sync and relay.
    /// Notices come out of the receiver.
    ///
    /// # Errors
    /// When the journal cannot be had, or a first start cannot register.
    pub async fn open(plan: TillPlan) -> Result<(Self, mpsc::Receiver<Notice>), TillError> {
        let journal = Journal::open(&plan.data_dir, &plan.till, Arc::clone(&plan.clock)).await?;
        let store = Arc::new(plan.store);
        let sale_store = Arc::clone(&store);
        let (sync, mut sync_loop, notices) =
            sale_sync(journal.clone(), sale_store, Arc::clone(&plan.clock), plan.options);
        sync_loop.start().await?;
        let (stop, stopped) = watch::channel(Stage::All);
        let sync_task = task::spawn(sync_loop.run(past(stopped.clone(), Stage::All)));
        let tidy_task = plan
            .tidying
            .map(|tidying| task::spawn(tidy::run(tidying, past(stopped.clone(), Stage::All))));
        let heartbeat = plan.kafka.clone().map(|kafka| HeartbeatPlan {
            till: plan.till.clone(),
            store: Store::clone(&store),
            kafka,
            clock: Arc::clone(&plan.clock),
            every: heartbeat::EVERY,
        });
        let (relay_handle, relay_task) = match plan.kafka {
            None => (None, None),
            Some(settings) => {
                let key = plan
                    .outlet
                    .map_or_else(|| plan.till.to_string(), |outlet| outlet.to_string());
                let home = (settings.topic.clone(), key);
                let identity = RelayIdentity {
                    // A lease's holder must be no other running relay's, also not this till's last one; it takes that one's over.
                    holder: holder(&plan.till, journal.installation(), plan.clock.new_id()),
                    till: plan.till,
                    home,
                };
                let producer = Arc::new(KafkaProducer::new(settings, Arc::clone(&plan.clock)));
                let (relay, handle) = relay(identity, store, producer, plan.clock);
                let running = task::spawn(relay.run(past(stopped, Stage::RelayOnly)));
                (Some(handle), Some(running))
            }
        };
        let till = Self {
            journal,
            sync,
            relay: relay_handle,
            committed: Arc::new(Notify::new()),
            stop,
            sync_task,
            relay_task,
            heartbeat,
            heartbeat_task: None,
            tidy_task,
        };
        Ok((till, notices))
    }

    /// A handle that sells.
    pub fn seller(&self) -> Seller {
        Seller {
            sync: self.sync.clone(),
            wake: self.relay.as_ref().map(|relay| Arc::clone(&relay.wake)),
            committed: Arc::clone(&self.committed),
        }
    }

    /// The journal, for the last sale, the draft and what is unsent.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What is true of this till's sales.
    pub fn status(&self) -> watch::Receiver<SyncStatus> {
        self.sync.status()
    }

    /// The relay; none where nothing is published.
    pub fn relay(&self) -> Option<&RelayHandle> {
        self.relay.as_ref()
    }

    /// Notified when a sale of this till was committed: what follows the outbox reads on.
    pub fn committed(&self) -> &Arc<Notify> {
        &self.committed
    }

    /// Says from now on that this till is there, where others can hear it: for whoever keeps it open for long. It stands where
    /// `standing` says.
    pub fn start_heartbeat(&mut self, standing: watch::Receiver<Option<Standing>>) {
        if let Some(plan) = self.heartbeat.take() {
            let stopped = past(self.stop.subscribe(), Stage::All);
            let beating = heartbeat::run(plan, standing, self.sync.status(), stopped);
            self.heartbeat_task = Some(task::spawn(beating));
        }
    }

    /// Closes in order: no new sale, the attempt in flight ends, then the relay hands back its leases.
    pub async fn close(self) {
        self.stop.send_replace(Stage::RelayOnly);
        if let Some(heartbeat) = self.heartbeat_task {
            joined("heartbeat", heartbeat).await;
        }
        if let Some(tidy) = self.tidy_task {
            joined("tidying", tidy).await;
        }
        joined("sync", self.sync_task).await;
        self.stop.send_replace(Stage::Nothing);
        if let Some(relay) = self.relay_task {
            joined("relay", relay).await;
        }
    }
}

/// Names a running relay: the machine, of whose processes the lock on its folder lets one run, and the process, by an id that
/// begins with the time.
fn holder(till: &TillId, installation: Uuid, process: Uuid) -> String {
    let [machine, process] = [installation, process].map(|id| id.simple().to_string());
    // Of the machine's id, what is by chance.
    format!("{till}-{}-{process}", &machine[20..])
}

async fn joined(what: &str, task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "the {what} task did not end well");
    }
}

/// Sells through the journal and sync, and wakes whatever waits for a sale. Clones share the till.
#[derive(Clone)]
pub struct Seller {
    sync: SaleSync,
    wake: Option<Arc<Notify>>,
    committed: Arc<Notify>,
}

impl Seller {
    /// Records a sale ([`SaleSync::sell`]).
    ///
    /// # Errors
    /// When the till is closing.
    pub async fn sell(
        &self,
        agreed: Agreed,
        flags: Vec<SaleFlag>,
        oversell: Oversell,
    ) -> Result<SaleAnswer, SyncEnded> {
        let answer = self.sync.sell(agreed, flags, oversell).await?;
        if matches!(answer.state, SaleOutcome::Committed) {
            self.news();
        }
        Ok(answer)
    }

    /// Keeps a prescriber who was added at the counter ([`SaleSync::add_doctor`]).
    ///
    /// # Errors
    /// When the till is closing; inside, when the journal could not keep them.
    pub async fn add_doctor(&self, doctor: NewDoctor) -> Result<Result<(), JournalError>, SyncEnded> {
        self.sync.add_doctor(doctor).await
    }

    /// Keeps an audit event ([`SaleSync::note`]).
    ///
    /// # Errors
    /// When the till is closing; inside, when the journal could not keep it.
    pub async fn note(&self, event_id: Uuid, noted: Noted) -> Result<Result<(), JournalError>, SyncEnded> {
        self.sync.note(event_id, noted).await
    }

    /// Uploads what is unsent ([`SaleSync::drain`]).
    ///
    /// # Errors
    /// When the till is closing.
    pub async fn drain(&self) -> Result<Drained, SyncEnded> {
        let drained = self.sync.drain().await?;
        self.news();
        Ok(drained)
    }

    fn news(&self) {
        if let Some(relay) = &self.wake {
            relay.notify_one();
        }
        self.committed.notify_one();
    }
}
