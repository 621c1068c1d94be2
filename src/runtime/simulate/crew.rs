//! Simulated clerks at real tills: each with its own journal, sync and relay, one sale in flight.
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::Times;
use super::answers::{Answer, Keeper};
use super::course::Reached;
use super::watched::{self, Watched};
use crate::domain::clock::Clock;
use crate::domain::heartbeat::Standing;
use crate::domain::sale::TillId;
use crate::domain::scenario::{Act, Doing, Scenario, World, noted};
use crate::runtime::task;
use crate::runtime::till::{OpenTill, TillError, TillPlan};
use crate::store::journal::{Journal, JournalError};
use crate::store::ports::{Outbox as _, Oversell, RelayMode};
use crate::store::star::Store;
use crate::store::sync::{SaleOutcome, StartError, SyncOptions, TakeOverError, take_over};
use crate::stream::settings::KafkaSettings;

/// Acts that wait for a clerk who is busy; then the whole crew waits, and the run says that it fell behind.
const WAITING: usize = 64;
/// How long the last sales are waited for: to be uploaded, and to be published.
const SETTLED: Duration = Duration::from_mins(1);
/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(100);

/// What a crew works with.
#[derive(Clone)]
pub struct CrewPlan {
    /// The folder of the run, there already.
    pub folder: PathBuf,
    /// The store of record.
    pub store: Store,
    /// How sync behaves.
    pub options: SyncOptions,
    /// The brokers; none: nothing is published.
    pub kafka: Option<KafkaSettings>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// Why a crew cannot work.
#[derive(Debug, Error)]
pub enum CrewError {
    /// A till cannot be opened.
    #[error("{0}: {1}")]
    Till(TillId, TillError),
    /// Another run has the till, and it could not be taken over.
    #[error("{0} cannot be taken over: {1}")]
    TakeOver(TillId, TakeOverError),
    /// The journal of a till.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What the clerks are told cannot be kept.
    #[error("the file of answers: {0}")]
    Answers(#[from] std::io::Error),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Came {
    /// Sales and returns that were answered as committed or queued.
    pub sales: u64,
    /// Those of them that were queued.
    pub queued: u64,
    /// Those that were refused.
    pub refused: u64,
    /// The reason of one of them.
    pub why: Option<String>,
    /// What was noted beside them.
    pub notes: u64,
    /// By how much it fell behind its rate at most.
    pub behind: Duration,
    /// Sales that are still unsent.
    pub unsent: u64,
    /// Sales that are parked.
    pub parked: u64,
    /// Events that no relay has published yet.
    pub unpublished: bool,
    /// How long clerks waited for an answer.
    pub commit: Times,
    /// How long a reader of the topic waited after it.
    pub live: Times,
}

/// The folder of a till's journal in that of a run.
fn till_folder(folder: &Path, till: &TillId) -> PathBuf {
    folder.join(till.as_str())
}

/// Opens a till of a run. One that is another run's by now uploads what it has.
async fn open(plan: &CrewPlan, till: &TillId, outlet: Option<i64>) -> Result<OpenTill, TillError> {
    let wanted = TillPlan {
        till: till.clone(),
        data_dir: till_folder(&plan.folder, till),
        store: plan.store.clone(),
        options: plan.options.clone(),
        kafka: plan.kafka.clone(),
        tidying: None,
        outlet,
        clock: Arc::clone(&plan.clock),
    };
    let (opened, mut notices) = OpenTill::open(wanted).await?;
    task::spawn(async move {
        while let Some(notice) = notices.recv().await {
            tracing::info!(?notice, "sync");
        }
    });
    Ok(opened)
}

/// Opens a till that is this run's from now on, whosever it was.
async fn open_ours(plan: &CrewPlan, till: &TillId, outlet: i64) -> Result<OpenTill, CrewError> {
    let opened = match open(plan, till, Some(outlet)).await {
        Err(TillError::Start(StartError::TakenOver { .. })) => {
            let folder = till_folder(&plan.folder, till);
            let journal = Journal::open(&folder, till, Arc::clone(&plan.clock)).await?;
            let taken = take_over(&journal, &plan.store).await;
            drop(journal);
            taken.map_err(|fault| CrewError::TakeOver(till.clone(), fault))?;
            open(plan, till, Some(outlet)).await
        }
        opened => opened,
    };
    opened.map_err(|fault| CrewError::Till(till.clone(), fault))
}

/// Uploads what a till of a run has unsent; how many sales still are.
pub(super) async fn upload(plan: &CrewPlan, till: &TillId) -> Result<u64, CrewError> {
    let opened = match open(plan, till, None).await {
        // It never sold.
        Err(TillError::Start(StartError::TakenOver { .. })) => return Ok(0),
        opened => opened.map_err(|fault| CrewError::Till(till.clone(), fault))?,
    };
    let drained = opened.seller().drain().await;
    let unsent = drained.map_or_else(|_| opened.status().borrow().unsent, |drained| drained.unsent);
    opened.close().await;
    Ok(unsent)
}

/// Plays a steady scenario from when all tills are open, until it is over or `stop` is ready; from where it had `reached`, if it
/// was killed.
///
/// # Errors
/// When a till cannot be opened, or an answer cannot be kept.
pub async fn work(
    plan: &CrewPlan,
    scenario: Scenario,
    reached: Option<Reached>,
    stop: impl Future<Output = ()>,
) -> Result<Came, CrewError> {
    let world = Arc::clone(scenario.world());
    let keeper = match reached {
        Some(_) => Keeper::go_on(&plan.folder)?,
        None => Keeper::begin(&plan.folder)?,
    };
    let reached = reached.unwrap_or_default();
    let watched = Watched::default();
    let (over, mut ended) = watch::channel(());
    let reading = plan.kafka.clone().map(|settings| {
        let tills = world.tills.iter().map(|till| till.id.to_string()).collect();
        let ready = Arc::new(Notify::new());
        let stopped = async move { _ = ended.changed().await };
        let reading = watched
            .clone()
            .read(settings, tills, Arc::clone(&plan.clock), Arc::clone(&ready), stopped);
        (task::spawn(reading), ready)
    });
    let mut clerks = Vec::new();
    for (number, counter) in world.tills.iter().enumerate() {
        let place = &world.outlets[counter.outlet];
        let mut till = open_ours(plan, &counter.id, place.id).await?;
        let (standing, stands) = watch::channel(Some(Standing {
            outlet_id: place.id,
            pharmacy_name: place.party.name.clone(),
            pharmacy_region: place.party.region.clone(),
            employee: None,
        }));
        till.start_heartbeat(stands);
        let (acts, waiting) = mpsc::channel(WAITING);
        let clerk = Clerk {
            world: Arc::clone(&world),
            number,
            till,
            _standing: standing,
            keeper: keeper.clone(),
            watched: watched.clone(),
            clock: Arc::clone(&plan.clock),
            came: Came::default(),
        };
        clerks.push((acts, task::spawn(clerk.work(waiting))));
    }
    drop(keeper);
    if let Some((_, ready)) = &reading {
        watched::until_ready(ready).await;
    }
    let tills: Vec<_> = clerks.iter().map(|(acts, _)| acts).collect();
    hand_out(scenario, &reached, &tills, stop).await;
    let mut came = Came::default();
    let mut tills = Vec::new();
    let mut failed = None;
    for (acts, clerk) in clerks {
        drop(acts);
        match joined(clerk).await {
            Ok((till, of_clerk)) => {
                came.add(of_clerk);
                tills.push(till);
            }
            Err(fault) => failed = Some(fault),
        }
    }
    settle(plan, tills, &mut came).await;
    over.send_replace(());
    if let Some((reading, _)) = reading
        && let Err(error) = reading.await
    {
        tracing::error!(%error, "reading the stream did not end well");
    }
    came.live = watched.times();
    failed.map_or(Ok(came), Err)
}

async fn joined(clerk: JoinHandle<Result<(OpenTill, Came), CrewError>>) -> Result<(OpenTill, Came), CrewError> {
    clerk.await.map_err(std::io::Error::other)?
}

/// Hands each act to its till when it is due.
async fn hand_out(
    scenario: Scenario,
    reached: &Reached,
    tills: &[&mpsc::Sender<(Act, Instant)>],
    stop: impl Future<Output = ()>,
) {
    let begun = Instant::now();
    let start = scenario.start();
    let mut stop = pin!(stop);
    for act in scenario {
        let Some(due) = reached.due(&act, act.at.duration_since(start)) else {
            continue;
        };
        let due = begun + due.unsigned_abs();
        let Some(till) = tills.get(act.till) else { continue };
        tokio::select! {
            biased;
            () = &mut stop => return,
            handed = async {
                sleep_until(due).await;
                till.send((act, due)).await
            } => {
                // A clerk who ended has said why: what is told can no longer be kept, and nobody sells on.
                if handed.is_err() {
                    return;
                }
            }
        }
    }
}

/// Waits until nothing is unsent and unpublished, or it is plain that it will not be now; then closes the tills.
async fn settle(plan: &CrewPlan, tills: Vec<OpenTill>, came: &mut Came) {
    let deadline = Instant::now() + SETTLED;
    for till in &tills {
        while let Ok(drained) = till.seller().drain().await {
            if drained.unsent + drained.events == 0 || Instant::now() > deadline {
                break;
            }
            sleep(LOOK).await;
        }
    }
    let publishes = plan.kafka.is_some() && matches!(plan.store.relay_mode().await, Ok(RelayMode::On));
    for till in &tills {
        let of = till.journal().till();
        while publishes && matches!(plan.store.unmarked(of, 1).await, Ok(rows) if !rows.is_empty()) {
            if Instant::now() > deadline {
                came.unpublished = true;
                break;
            }
            sleep(LOOK).await;
        }
    }
    // What was marked a moment ago is on its way to the reader.
    if publishes {
        sleep(LOOK * 3).await;
    }
    for till in tills {
        let status = till.status().borrow().clone();
        came.unsent += status.unsent;
        came.parked += status.parked;
        till.close().await;
    }
}

impl Came {
    fn add(&mut self, other: Self) {
        self.sales += other.sales;
        self.queued += other.queued;
        self.refused += other.refused;
        self.why = self.why.take().or(other.why);
        self.notes += other.notes;
        self.behind = self.behind.max(other.behind);
        self.commit.extend(other.commit);
    }
}

/// A clerk at a till.
struct Clerk {
    world: Arc<World>,
    number: usize,
    till: OpenTill,
    /// Its end would end the heartbeat.
    _standing: watch::Sender<Option<Standing>>,
    keeper: Keeper,
    watched: Watched,
    clock: Arc<dyn Clock>,
    came: Came,
}

impl Clerk {
    async fn work(mut self, mut acts: mpsc::Receiver<(Act, Instant)>) -> Result<(OpenTill, Came), CrewError> {
        while let Some((act, due)) = acts.recv().await {
            self.came.behind = self.came.behind.max(due.elapsed());
            match &act.doing {
                Doing::Sale(sold) => {
                    let agreed = sold.agreed(&self.world, self.number, act.clerk, self.clock.now());
                    let (sale_id, lines) = (agreed.sale_id, agreed.lines.len() as u64);
                    let begun = Instant::now();
                    let answer = self.till.seller().sell(agreed, Vec::new(), Oversell::Hold).await;
                    let took = begun.elapsed();
                    // The till ends with this task alone.
                    let Ok(answer) = answer else { break };
                    let reason = match &answer.state {
                        SaleOutcome::Committed | SaleOutcome::Queued => None,
                        SaleOutcome::Parked(reason) => Some(reason.clone()),
                        SaleOutcome::Refused(refusal) => Some(refusal.to_string()),
                    };
                    let kept = Answer {
                        till: self.till.journal().till().to_string(),
                        sale_id,
                        state: answer.state.as_str().to_owned(),
                        receipt: answer.receipt,
                        lines,
                        at: self.clock.now(),
                        reason: reason.clone(),
                    };
                    if matches!(answer.state, SaleOutcome::Committed) {
                        self.watched.told(sale_id);
                    }
                    self.keeper.keep(kept).await?;
                    self.count(&answer.state, took, reason);
                }
                Doing::Note(happening) => {
                    let now = self.clock.now();
                    let note = noted(happening, &self.world, self.number, act.clerk, now);
                    match self.till.seller().note(self.clock.new_id(), note).await {
                        Ok(Ok(())) => self.came.notes += 1,
                        Ok(Err(fault)) => return Err(fault.into()),
                        Err(_) => break,
                    }
                }
            }
        }
        Ok((self.till, self.came))
    }

    fn count(&mut self, state: &SaleOutcome, took: Duration, reason: Option<String>) {
        match state {
            SaleOutcome::Committed => self.came.sales += 1,
            SaleOutcome::Queued => {
                self.came.sales += 1;
                self.came.queued += 1;
            }
            SaleOutcome::Refused(_) | SaleOutcome::Parked(_) => {
                self.came.refused += 1;
                self.came.why = reason;
            }
        }
        self.came.commit.add(took);
    }
}
