//! The loop: what is attempted next, and what an answer means.
mod answers;
mod counter;
mod doctor;
mod event;
mod marks;

use std::future::{Future, pending};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use self::event::{CompareError, Events};
use self::marks::Marks;
use crate::domain::audit::AuditRecord;
use crate::domain::clock::Clock;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::SaleRecord;
use crate::store::error::StoreError;
use crate::store::journal::Journal;
use crate::store::ports::{AddedDoctor, KeptEvent, Oversell, Recorded, SaleStore, StoredSale};
use crate::store::sync::connect::{ConnectError, Connected, connect};
use crate::store::sync::link::LinkState;
use crate::store::sync::settle::set_apart;
use crate::store::sync::{
    DoctorRequest, Drained, NoteRequest, Notice, SaleAnswer, SaleRequest, StartError, SyncOptions, SyncStatus,
};

/// A clerk's sale is attempted so often within their wait.
const ATTEMPTS_IN_WAIT: u32 = 3;
/// After so many failures in a row `drain` says that it could not.
const FAILURES_IN_DRAIN: u32 = 3;

/// What comes in.
pub(in crate::store::sync) struct Inbox {
    pub(in crate::store::sync) sales: mpsc::Receiver<SaleRequest>,
    pub(in crate::store::sync) doctors: mpsc::Receiver<DoctorRequest>,
    pub(in crate::store::sync) notes: mpsc::Receiver<NoteRequest>,
    pub(in crate::store::sync) drains: mpsc::Receiver<oneshot::Sender<Drained>>,
}

/// What goes out.
pub(in crate::store::sync) struct Outlets {
    pub(in crate::store::sync) status: watch::Sender<SyncStatus>,
    pub(in crate::store::sync) notices: mpsc::Sender<Notice>,
}

/// What is being attempted.
enum Attempt {
    Connect,
    Commit { record: SaleRecord, oversell: Oversell },
    Park { record: SaleRecord, reason: String },
    SetApart { record: SaleRecord, other: Box<StoredSale> },
    AddDoctor { doctor: NewDoctor },
    CompareEvents,
    KeepEvent { record: Box<AuditRecord> },
}

/// Its answer.
enum Answer {
    Connect(Result<Connected, ConnectError>),
    Store(Result<Recorded, StoreError>),
    /// The store holds a sale of that id in another place: nothing was recorded.
    Elsewhere(Box<StoredSale>),
    Doctor(Result<AddedDoctor, StoreError>),
    Compared(Result<u64, CompareError>),
    Event(Result<KeptEvent, StoreError>),
}

/// The one attempt of this till.
struct InFlight {
    attempt: Attempt,
    /// When its answer is overdue.
    overdue: Instant,
    answer: BoxFuture<'static, Answer>,
}

/// The sale that a clerk waits for.
struct Waiter {
    record: SaleRecord,
    oversell: Oversell,
    deadline: Instant,
    attempts: u32,
    /// A COMMIT of it was sent and not answered: it can no longer be refused (PATH 1.4).
    in_doubt: bool,
    answer: oneshot::Sender<SaleAnswer>,
}

/// Owns the till's attempts. Drive it with [`SyncLoop::run`]; dropping it drops the attempt in flight, whose sale is in
/// the journal and is finished at the next start.
pub struct SyncLoop {
    journal: Journal,
    store: Arc<dyn SaleStore>,
    clock: Arc<dyn Clock>,
    options: SyncOptions,
    inbox: Inbox,
    outlets: Outlets,
    link: LinkState,
    /// The chains were compared since the last sign of another server.
    connected: bool,
    /// Conflicts since the chains were last found to agree by a commit.
    conflicts: u32,
    in_flight: Option<InFlight>,
    waiter: Option<Waiter>,
    /// What is done with the oldest unsent sale, which the store said it cannot hold.
    instead: Option<Attempt>,
    /// Answers that are decided: given once the status says the same.
    owed: Vec<(oneshot::Sender<SaleAnswer>, SaleAnswer)>,
    draining: Vec<oneshot::Sender<Drained>>,
    unsent: u64,
    parked: u64,
    /// Prescribers who were added here and are unsent.
    doctors: u64,
    events: Events,
    marks: Marks,
    taken: Option<u32>,
    next_probe: Instant,
}

impl SyncLoop {
    pub(in crate::store::sync) fn new(
        journal: Journal,
        store: Arc<dyn SaleStore>,
        clock: Arc<dyn Clock>,
        options: SyncOptions,
        inbox: Inbox,
        outlets: Outlets,
    ) -> Self {
        Self {
            link: LinkState::new(&options),
            journal,
            store,
            clock,
            options,
            inbox,
            outlets,
            connected: false,
            conflicts: 0,
            in_flight: None,
            waiter: None,
            instead: None,
            owed: Vec::new(),
            draining: Vec::new(),
            unsent: 0,
            parked: 0,
            doctors: 0,
            events: Events::default(),
            marks: Marks::default(),
            taken: None,
            next_probe: Instant::now(),
        }
    }

    /// Finishes what was begun before a kill, and registers this installation where it never was: only that needs the
    /// store. A later start does not wait for it.
    ///
    /// # Errors
    /// [`StartError::NeedsDatabase`] and [`StartError::TakenOver`] at a first start; the journal's at any.
    pub async fn start(&mut self) -> Result<(), StartError> {
        let begun = self.journal.promise_pending().await?;
        if !begun.is_empty() {
            let sales = begun
                .iter()
                .map(|record| (record.sale_id(), record.printed()))
                .collect();
            self.notify(Notice::FinishedWhatWasBegun { sales });
        }
        self.journal.retry_doctors().await?;
        self.journal.retry_events().await?;
        self.taken = self.journal.taken().await?;
        if self.journal.chains().await?.is_empty() {
            let registered = timeout(self.options.attempt_bound, connect(&self.journal, self.store.as_ref())).await;
            match registered {
                Ok(Ok(connected)) => self.apply(connected),
                Ok(Err(ConnectError::Journal(error))) => return Err(error.into()),
                Ok(Err(error)) => return Err(StartError::NeedsDatabase(error.to_string())),
                Err(_) => return Err(StartError::NeedsDatabase("it did not answer".to_owned())),
            }
            if let Some(series) = self.taken {
                let till = self.journal.till().to_string();
                return Err(StartError::TakenOver { till, series });
            }
            self.connected = true;
            self.link.answered();
        }
        self.refresh().await;
        Ok(())
    }

    /// Runs until `shutdown`, or until every [`super::SaleSync`] is gone. A clerk who waits is answered before it ends,
    /// and the attempt in flight has the clerk's wait once more to end well.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        self.refresh().await;
        loop {
            self.begin_next().await;
            self.answer_drains();
            let wake = self.wake();
            let idle = self.waiter.is_none();
            let in_flight = self.in_flight.as_mut();
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                answer = answer_of(in_flight) => self.answered(answer).await,
                () = at(wake) => self.time_passed().await,
                request = self.inbox.sales.recv(), if idle => match request {
                    Some(request) => self.sell(request).await,
                    None => break,
                },
                Some(request) = self.inbox.doctors.recv() => self.add_doctor(request).await,
                Some(request) = self.inbox.notes.recv() => self.note(request).await,
                Some(drain) = self.inbox.drains.recv() => {
                    self.link.ask_now();
                    self.events.ask_now();
                    self.marks.ask_now();
                    if self.parked > 0 {
                        // They may have been settled since.
                        self.next_probe = Instant::now();
                    }
                    self.draining.push(drain);
                }
            }
        }
        self.finish().await;
    }

    /// The end: no new attempt, but nobody is left without an answer.
    async fn finish(&mut self) {
        let until = Instant::now() + self.options.commit_wait;
        if let Some(in_flight) = self.in_flight.as_mut()
            && let Ok(answer) = tokio::time::timeout_at(until, &mut in_flight.answer).await
        {
            self.answered(answer).await;
        }
        self.give_up("the till is closing").await;
        self.refresh().await;
    }

    async fn begin_next(&mut self) {
        if self.in_flight.is_some() || self.link.not_before().is_some_and(|then| then > Instant::now()) {
            return;
        }
        if !self.connected {
            return self.begin(Attempt::Connect);
        }
        if let Some(waiter) = &self.waiter {
            let (record, oversell) = (waiter.record.clone(), waiter.oversell);
            return self.begin(Attempt::Commit { record, oversell });
        }
        if self.marks.rest().is_some() {
            return;
        }
        if let Some(attempt) = self.instead.take() {
            return self.begin(attempt);
        }
        if self.doctors > 0 {
            return self.begin_next_doctor().await;
        }
        if self.unsent > 0 {
            match self.journal.next_unsent().await {
                Ok(Some(record)) => {
                    self.begin(Attempt::Commit {
                        record,
                        oversell: Oversell::Record,
                    });
                }
                Ok(None) => self.unsent = 0,
                Err(error) => self.marked(Err(error)),
            }
        } else if !self.begin_next_event().await && self.next_probe <= Instant::now() {
            self.begin(Attempt::Connect);
        }
    }

    fn begin(&mut self, attempt: Attempt) {
        let store = Arc::clone(&self.store);
        let journal = self.journal.clone();
        let bound = self.options.attempt_bound;
        let overdue = move || StoreError::Retryable {
            reason: format!("no answer within {} s", bound.as_secs()),
            in_doubt: true,
        };
        let answer: BoxFuture<'static, Answer> = match &attempt {
            Attempt::Connect => Box::pin(async move {
                let connected = timeout(bound, connect(&journal, store.as_ref())).await;
                Answer::Connect(connected.unwrap_or_else(|_| Err(overdue().into())))
            }),
            Attempt::Commit { record, oversell } => {
                let (record, oversell) = (record.clone(), *oversell);
                Box::pin(async move {
                    let committed = timeout(bound, commit(&journal, store.as_ref(), &record, oversell)).await;
                    committed.unwrap_or_else(|_| Answer::Store(Err(overdue())))
                })
            }
            Attempt::Park { record, reason } => {
                let (record, reason) = (record.clone(), reason.clone());
                Box::pin(async move {
                    let parked = timeout(bound, store.park(&record, &reason)).await;
                    Answer::Store(parked.unwrap_or_else(|_| Err(overdue())))
                })
            }
            Attempt::SetApart { record, other } => {
                let (record, other) = (record.clone(), other.clone());
                Box::pin(async move {
                    let apart = timeout(bound, set_apart(&journal, store.as_ref(), &record, &other)).await;
                    Answer::Store(apart.unwrap_or_else(|_| Err(overdue())))
                })
            }
            Attempt::CompareEvents => Box::pin(async move {
                let compared = timeout(bound, event::compare(&journal, store.as_ref())).await;
                Answer::Compared(compared.unwrap_or_else(|_| Err(overdue().into())))
            }),
            Attempt::KeepEvent { record } => {
                let record = record.clone();
                Box::pin(async move {
                    let kept = timeout(bound, store.keep_event(&record)).await;
                    Answer::Event(kept.unwrap_or_else(|_| Err(overdue())))
                })
            }
            Attempt::AddDoctor { doctor } => {
                let doctor = doctor.clone();
                Box::pin(async move {
                    let added = timeout(bound, store.add_doctor(&doctor)).await;
                    Answer::Doctor(added.unwrap_or_else(|_| Err(overdue())))
                })
            }
        };
        let overdue = Instant::now() + self.options.commit_wait;
        self.in_flight = Some(InFlight {
            attempt,
            overdue,
            answer,
        });
    }

    fn wake(&self) -> Option<Instant> {
        let deadline = self.waiter.as_ref().map(|waiter| waiter.deadline);
        let next = match &self.in_flight {
            // Its own bound ends it.
            Some(_) if self.link.known_bad() => None,
            Some(in_flight) => Some(in_flight.overdue),
            None => match (self.marks.rest(), self.link.not_before()) {
                (Some(rest), link) => Some(link.map_or(rest, |link| link.max(rest))),
                (None, link) => Some(link.unwrap_or(self.next_probe)),
            },
        };
        // Whatever waits for the link's pause waits behind it.
        let rests = self.marks.rest().is_some() || self.link.not_before().is_some_and(|then| then > Instant::now());
        let is_free = self.in_flight.is_none() && !rests;
        let event = self.events.wake().filter(|_| is_free);
        [deadline, next, event].into_iter().flatten().min()
    }

    async fn time_passed(&mut self) {
        let now = Instant::now();
        if self
            .in_flight
            .as_ref()
            .is_some_and(|in_flight| in_flight.overdue <= now)
        {
            self.link.overdue();
        }
        if self.waiter.as_ref().is_some_and(|waiter| waiter.deadline <= now) {
            self.link.overdue();
            self.give_up("no answer within the clerk's wait").await;
        }
        self.refresh().await;
    }

    fn apply(&mut self, connected: Connected) {
        if let Some(series) = connected.taken
            && self.taken != connected.taken
        {
            self.notify(Notice::TakenOver { series });
        }
        self.taken = connected.taken;
        if connected.unsent_again > 0 {
            self.notify(Notice::UploadedAgain {
                sales: connected.unsent_again,
            });
        }
        if let Some(began) = connected.began {
            let moved = began.moved.len();
            self.notify(Notice::NewSeries {
                series: began.series,
                why: began.why,
                moved,
            });
        }
    }

    fn notify(&self, notice: Notice) {
        if let Err(error) = self.outlets.notices.try_send(notice) {
            let (mpsc::error::TrySendError::Full(notice) | mpsc::error::TrySendError::Closed(notice)) = error;
            tracing::warn!(?notice, "nobody reads the notices");
        }
    }

    /// Says what is true now, and then gives the answers that are due.
    async fn refresh(&mut self) {
        match self.journal.status().await {
            Ok(status) => {
                // The sale that a clerk waits for is not unsent yet.
                let waiting = u64::from(self.waiter.is_some());
                self.unsent = status.unsent.saturating_sub(waiting);
                self.parked = status.parked_count;
                if self.parked > 0 {
                    self.next_probe = self.next_probe.min(Instant::now() + self.options.parked_probe);
                }
                self.doctors = status.doctors;
                self.events.unsent = status.events;
                let oldest = status.oldest.filter(|_| self.unsent > 0);
                let now = SyncStatus {
                    database: self.link.shown(),
                    unsent: self.unsent,
                    oldest,
                    parked: self.parked,
                    doctors: self.doctors,
                    events: self.events.unsent,
                    taken: self.taken,
                };
                self.outlets.status.send_if_modified(|shown| {
                    let changed = *shown != now;
                    *shown = now;
                    changed
                });
            }
            Err(error) => tracing::error!(%error, "the journal's state could not be read"),
        }
        for (clerk, answer) in self.owed.drain(..) {
            // The person may have gone; what was decided stands.
            let _ = clerk.send(answer);
        }
    }

    fn answer_drains(&mut self) {
        let sales_done = self.connected && self.unsent == 0 && self.doctors == 0 && self.waiter.is_none();
        let done = sales_done && self.events.unsent == 0;
        let stuck = self.link.failures() >= FAILURES_IN_DRAIN
            || self.marks.are_stuck()
            || (sales_done && self.events.are_stuck());
        if !done && !stuck {
            return;
        }
        let drained = Drained {
            unsent: self.unsent,
            parked: self.parked,
            doctors: self.doctors,
            events: self.events.unsent,
            reason: self
                .link
                .reason()
                .or_else(|| self.marks.reason())
                .filter(|_| self.unsent > 0 || !done),
        };
        for drain in self.draining.drain(..) {
            let _ = drain.send(drained.clone());
        }
    }
}

/// One attempt, after the prescriber whom it names, where they were added here; where the store cannot hold the sale, whether that is because it has one of that id already.
async fn commit(journal: &Journal, store: &dyn SaleStore, record: &SaleRecord, oversell: Oversell) -> Answer {
    if let Err(error) = doctor::before(journal, store, record).await {
        return Answer::Store(Err(error));
    }
    let committed = store.commit(record, oversell).await;
    if !matches!(committed, Err(StoreError::Permanent(_))) {
        return Answer::Store(committed);
    }
    match store.find(record.sale_id()).await {
        Ok(Some(other)) if other.record.hash != record.hash => Answer::Elsewhere(Box::new(other)),
        // This very one, of an attempt that was thought lost.
        Ok(Some(own)) => Answer::Store(Ok(Recorded {
            repeated: true,
            parked: own.parked.is_some(),
            below_zero: Vec::new(),
            used_before: Vec::new(),
            too_much_back: None,
        })),
        Ok(None) => Answer::Store(committed),
        Err(error) => Answer::Store(Err(error)),
    }
}

async fn answer_of(in_flight: Option<&mut InFlight>) -> Answer {
    match in_flight {
        Some(in_flight) => (&mut in_flight.answer).await,
        None => pending().await,
    }
}

async fn at(wake: Option<Instant>) {
    match wake {
        Some(wake) => sleep_until(wake).await,
        None => pending().await,
    }
}
