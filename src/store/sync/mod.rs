//! From the journal to the store of record, one sale at a time and in order (PATH sections 1.4, 2.4, 3).
//!
//! One loop owns the only attempt of this till, so attempts follow each other by construction; [`SaleSync`] talks to it
//! by channel. The loop starts no task: whoever made it drives [`SyncLoop::run`].
//!
//! * `connect.rs`: compares the ends of the chains in journal and store, and mends what differs.
//! * `actor.rs`: the loop: what is attempted next, and what an answer means.
//! * `settle.rs`: what became of parked sales.
//! * `doctor.rs`: prescribers who were added here, uploaded before the sales that name them.
//! * `event.rs`: audit events, uploaded when no sale waits.
//! * `answer.rs`: what whoever sold is told.
//! * `link.rs`: whether the database answers, and when it is asked again.
mod actor;
mod answer;
mod connect;
mod link;
mod pauses;
mod settle;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

pub use self::actor::SyncLoop;
pub use self::answer::{SaleAnswer, SaleOutcome};
pub use self::connect::{TakeOverError, take_over};
pub use self::settle::{SettleError, settle};
use super::journal::{Journal, JournalError};
use super::ports::{Oversell, SaleStore, UsedReference};
use crate::domain::audit::Noted;
use crate::domain::clock::Clock;
use crate::domain::money::Quantity;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::{Agreed, SaleFlag};

/// How sync behaves.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// How long a clerk waits for the database before the sale is queued.
    pub commit_wait: Duration,
    /// How long one attempt may take before its connection is closed.
    pub attempt_bound: Duration,
    /// The pauses after failures: the first, doubled up to the last, each shortened by up to a half at random.
    pub backoff: (Duration, Duration),
    /// How often an idle database is asked whether it is still there.
    pub probe: Duration,
    /// How often it is asked what became of parked sales, while there are any.
    pub parked_probe: Duration,
    /// The store of record is the till's own file.
    pub local: bool,
    /// Of the pauses' randomness.
    pub seed: u64,
}

impl SyncOptions {
    /// The usual behaviour, with the clerk's wait as configured.
    pub fn new(commit_wait: Duration, local: bool, seed: u64) -> Self {
        Self {
            commit_wait,
            attempt_bound: Duration::from_secs(15),
            backoff: (Duration::from_millis(300), Duration::from_secs(5)),
            probe: Duration::from_secs(if local { 60 } else { 5 }),
            parked_probe: Duration::from_secs(5),
            local,
            seed,
        }
    }
}

/// Whether the store of record answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It answers.
    Up,
    /// An answer is overdue, or the first is still to come.
    Slow,
    /// It does not.
    Down {
        /// Since when, by the till's clock.
        since: Timestamp,
        /// What it, or the way to it, said last.
        reason: String,
    },
    /// It is the till's own file, and works.
    Local,
}

/// What is true of this till's sales now. Green means up or local, and zero of everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// The store of record.
    pub database: Link,
    /// Sales that it does not have yet; without the parked ones.
    pub unsent: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
    /// Sales that it could not hold as they were.
    pub parked: u64,
    /// Prescribers added here whom it does not have yet.
    pub doctors: u64,
    /// Audit events that it does not have yet.
    pub events: u64,
    /// Another installation is this till, since that series: this one uploads what it has, and does not sell.
    pub taken: Option<u32>,
}

/// Something that a person should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The till was killed while these were being recorded: they are promises now (PATH 1.4).
    FinishedWhatWasBegun {
        /// Id and receipt of each: a reversal is one key away.
        sales: Vec<(Uuid, String)>,
    },
    /// A queued sale took more than the book had.
    QueuedSaleOversold {
        /// The receipt.
        receipt: String,
        /// The drugs, and what remains of each in base units.
        below_zero: Vec<(String, Quantity)>,
    },
    /// A prescriber who was added here was known already: sales are recorded at the one who was there.
    DoctorWasKnown {
        /// The name as added.
        name: String,
        /// The name as known.
        known_as: String,
    },
    /// The store could not hold a prescriber who was added here: sales that name them are parked.
    DoctorParked {
        /// The name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The store could not hold an audit event as it was: it is tried again at the next start.
    EventParked {
        /// Its kind.
        kind: String,
        /// Why.
        reason: String,
    },
    /// A queued sale names a payment that another sale had named before.
    ReferenceRepeated {
        /// The receipt.
        receipt: String,
        /// The references.
        used_before: Vec<UsedReference>,
    },
    /// A queued return gave back more than was left of its sale.
    ReturnedTooMuch {
        /// The receipt.
        receipt: String,
        /// What, and how much was left.
        why: String,
    },
    /// The store could not hold a sale as it was.
    Parked {
        /// The receipt.
        receipt: String,
        /// Why.
        reason: String,
    },
    /// The store and the journal disagreed: receipts go on in another series.
    NewSeries {
        /// The series.
        series: u32,
        /// Why.
        why: String,
        /// How many sales were moved into it; their printed receipts are kept.
        moved: usize,
    },
    /// The store had lost sales that it had: they are uploaded again.
    UploadedAgain {
        /// How many.
        sales: u64,
    },
    /// Another installation is this till now.
    TakenOver {
        /// Its series.
        series: u32,
    },
}

/// What `drain` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drained {
    /// Sales that are still unsent.
    pub unsent: u64,
    /// Prescribers added here who are still unsent.
    pub doctors: u64,
    /// Audit events that are still unsent.
    pub events: u64,
    /// Sales that are parked.
    pub parked: u64,
    /// Why some are unsent.
    pub reason: Option<String>,
}

/// The loop has ended: the till is closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the till is closing: a sale that was begun is finished at the next start")]
pub struct SyncEnded;

/// Why the till cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The first start of an installation needs the database once, to register.
    #[error("the first start of this till needs the database once: {0}")]
    NeedsDatabase(String),
    /// Another machine is this till.
    #[error("another machine is {till} (series {series}): rxtill init --take-over {till} makes it this one")]
    TakenOver {
        /// The till.
        till: String,
        /// The other's series.
        series: u32,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A sale that somebody at the counter waits for.
struct SaleRequest {
    agreed: Agreed,
    flags: Vec<SaleFlag>,
    oversell: Oversell,
    answer: oneshot::Sender<SaleAnswer>,
}

/// A prescriber to be kept, and told that they are.
struct DoctorRequest {
    doctor: NewDoctor,
    answer: oneshot::Sender<Result<(), JournalError>>,
}

/// An audit event to be kept, and told that it is.
struct NoteRequest {
    event_id: Uuid,
    noted: Box<Noted>,
    answer: oneshot::Sender<Result<(), JournalError>>,
}

/// The counter's side of sync. Clones talk to the same loop.
#[derive(Clone)]
pub struct SaleSync {
    sales: mpsc::Sender<SaleRequest>,
    doctors: mpsc::Sender<DoctorRequest>,
    notes: mpsc::Sender<NoteRequest>,
    drains: mpsc::Sender<oneshot::Sender<Drained>>,
    status: watch::Receiver<SyncStatus>,
}

impl SaleSync {
    /// Records a sale: in the journal before anything else, then in the store of record if that answers within the
    /// clerk's wait. The same `sale_id` with the same content again gives the same sale.
    ///
    /// # Errors
    /// When the till is closing.
    pub async fn sell(
        &self,
        agreed: Agreed,
        flags: Vec<SaleFlag>,
        oversell: Oversell,
    ) -> Result<SaleAnswer, SyncEnded> {
        let (answer, answered) = oneshot::channel();
        let request = SaleRequest {
            agreed,
            flags,
            oversell,
            answer,
        };
        self.sales.send(request).await.map_err(|_| SyncEnded)?;
        answered.await.map_err(|_| SyncEnded)
    }

    /// Keeps a prescriber who was added at the counter: on this till's disk when this returns, in the store before the first
    /// sale that names them.
    ///
    /// # Errors
    /// When the till is closing; inside, when the journal could not keep them.
    pub async fn add_doctor(&self, doctor: NewDoctor) -> Result<Result<(), JournalError>, SyncEnded> {
        let (answer, answered) = oneshot::channel();
        let request = DoctorRequest { doctor, answer };
        self.doctors.send(request).await.map_err(|_| SyncEnded)?;
        answered.await.map_err(|_| SyncEnded)
    }

    /// Keeps an audit event: on this till's disk when this returns, in the store when no sale waits for that.
    ///
    /// # Errors
    /// When the till is closing; inside, when the journal could not keep it.
    pub async fn note(&self, event_id: Uuid, noted: Noted) -> Result<Result<(), JournalError>, SyncEnded> {
        let (answer, answered) = oneshot::channel();
        let noted = Box::new(noted);
        let request = NoteRequest {
            event_id,
            noted,
            answer,
        };
        self.notes.send(request).await.map_err(|_| SyncEnded)?;
        answered.await.map_err(|_| SyncEnded)
    }

    /// Uploads what is unsent, until nothing is or the store does not answer a few times in a row.
    ///
    /// # Errors
    /// When the till is closing.
    pub async fn drain(&self) -> Result<Drained, SyncEnded> {
        let (answer, answered) = oneshot::channel();
        self.drains.send(answer).await.map_err(|_| SyncEnded)?;
        answered.await.map_err(|_| SyncEnded)
    }

    /// What is true now, and every change of it.
    pub fn status(&self) -> watch::Receiver<SyncStatus> {
        self.status.clone()
    }
}

/// Makes the two sides, and where notices come out.
pub fn sale_sync(
    journal: Journal,
    store: Arc<dyn SaleStore>,
    clock: Arc<dyn Clock>,
    options: SyncOptions,
) -> (SaleSync, SyncLoop, mpsc::Receiver<Notice>) {
    /// A till sells one sale at a time; a few more wait in line.
    const LINE: usize = 16;
    const NOTICES: usize = 256;
    let (sales, sale_requests) = mpsc::channel(LINE);
    let (doctors, doctor_requests) = mpsc::channel(LINE);
    let (notes, note_requests) = mpsc::channel(LINE);
    let (drains, drain_requests) = mpsc::channel(LINE);
    let (notices_in, notices) = mpsc::channel(NOTICES);
    let (status_out, status) = watch::channel(SyncStatus {
        database: Link::Slow,
        unsent: 0,
        oldest: None,
        parked: 0,
        doctors: 0,
        events: 0,
        taken: None,
    });
    let inbox = actor::Inbox {
        sales: sale_requests,
        doctors: doctor_requests,
        notes: note_requests,
        drains: drain_requests,
    };
    let outbox = actor::Outlets {
        status: status_out,
        notices: notices_in,
    };
    let sync_loop = SyncLoop::new(journal, store, clock, options, inbox, outbox);
    let counter = SaleSync {
        sales,
        doctors,
        notes,
        drains,
        status,
    };
    (counter, sync_loop, notices)
}
