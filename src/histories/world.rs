//! One history: the world that a seed makes, and its end.
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::broker::{Broker, Wire};
use super::check;
use super::database::{Database, Line};
use super::ledger::Ledger;
use super::machine::{Machine, MachineClock};
use super::reader::Reader;
use super::totals_state::State;
use super::weather::{Errand, Weather};
use crate::store::journal::power;
use crate::store::sync::{Link, SyncStatus};
use crate::stream::totals;

/// After the last fault everything must be in its place within this.
const SETTLED_WITHIN: Duration = Duration::from_mins(40);
/// A request that was thought lost can still be written in this time.
const AFTERMATH: Duration = Duration::from_secs(45);
/// Rows of the outbox are purged when they are older.
const PURGED_AFTER: Duration = Duration::from_secs(45);

/// What happens once in a history, beside the weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disaster {
    Nothing,
    /// The store is replaced by a backup of itself.
    StoreBack,
    /// A machine's disk is replaced by an older image of itself.
    JournalImage,
    /// A machine never comes back.
    DeadTill,
    /// Another machine takes a till over, and the one thought lost comes back.
    TakeOver,
    /// The brokers delete the oldest records.
    Retention,
}

/// What a history came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// Sales that clerks asked for.
    pub(super) sales: u64,
    /// Of them those promised.
    pub(super) promised: u64,
    /// Faults.
    pub(super) faults: u64,
    /// Records in the topic of sales, repeats too.
    pub(super) records: u64,
    /// Simulated seconds.
    pub(super) seconds: u64,
    /// Of everything that was decided.
    pub(super) moments: u64,
}

impl Story {
    /// Adds up.
    pub(super) fn add(&mut self, more: Self) {
        self.sales += more.sales;
        self.promised += more.promised;
        self.faults += more.faults;
        self.records += more.records;
        self.seconds += more.seconds;
        self.moments += more.moments;
    }
}

/// What all parts of a history share.
pub(super) struct World {
    pub(super) weather: Arc<Weather>,
    pub(super) database: Arc<Database>,
    pub(super) broker: Arc<Broker>,
    pub(super) disaster: Disaster,
    ledger: Mutex<Ledger>,
    dir: TempDir,
    /// Machines whose lives are not over.
    alive: AtomicUsize,
    statuses: Mutex<BTreeMap<usize, watch::Receiver<SyncStatus>>>,
    /// Machines that sold when everything was in order again.
    sold_after_all: Mutex<BTreeSet<usize>>,
    /// Folders of those that never come back.
    dead: Mutex<Vec<PathBuf>>,
    machines: AtomicUsize,
    over: watch::Sender<bool>,
    began: Instant,
}

impl World {
    fn new(weather: Arc<Weather>) -> Arc<Self> {
        let disaster = match weather.below(10) {
            0 | 1 => Disaster::StoreBack,
            2 | 3 => Disaster::JournalImage,
            4 => Disaster::DeadTill,
            5 => Disaster::TakeOver,
            6 => Disaster::Retention,
            _ => Disaster::Nothing,
        };
        let shared = std::path::Path::new("/dev/shm");
        let dir = if shared.is_dir() {
            tempfile::tempdir_in(shared)
        } else {
            tempfile::tempdir()
        };
        let partitions = 1 + weather.below(3) as usize;
        Arc::new(Self {
            database: Database::new(Arc::clone(&weather)),
            broker: Broker::new(Arc::clone(&weather), partitions),
            weather,
            disaster,
            ledger: Mutex::default(),
            dir: dir.unwrap(),
            alive: AtomicUsize::new(0),
            statuses: Mutex::default(),
            sold_after_all: Mutex::default(),
            dead: Mutex::default(),
            machines: AtomicUsize::new(0),
            over: watch::Sender::new(false),
            began: Instant::now(),
        })
    }

    /// Tells somebody who lives one history again what happens in it.
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if super::is_told() {
            println!("{:9.3} {}", self.began.elapsed().as_secs_f64(), what());
        }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// A machine's folder, and where it lies after so many moves.
    pub(super) fn folder(&self, machine: usize, moves: u32) -> PathBuf {
        self.dir.path().join(format!("{machine}-{moves}"))
    }

    pub(super) fn lives_are_over(&self, machine: usize, dead: Option<PathBuf>) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
        if let Some(folder) = dead {
            self.dead.lock().unwrap().push(folder);
            self.machines.fetch_sub(1, Ordering::Relaxed);
        }
        self.tell(|| format!("machine {machine}: the last scripted life is over"));
    }

    /// A machine has sold once more.
    pub(super) fn sold_after_all(&self, machine: usize) {
        self.sold_after_all.lock().unwrap().insert(machine);
    }

    /// A machine has nothing to bring.
    pub(super) fn is_no_till(&self) {
        self.machines.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn watch(&self, machine: usize, status: watch::Receiver<SyncStatus>) {
        self.statuses.lock().unwrap().insert(machine, status);
    }

    pub(super) fn dead(&self) -> Vec<PathBuf> {
        self.dead.lock().unwrap().clone()
    }

    pub(super) async fn until_calm(&self) {
        while !self.weather.is_calm() {
            sleep(Duration::from_secs(1)).await;
        }
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Ends with the history.
    pub(super) fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut over = self.over.subscribe();
        async move {
            let _ = over.wait_for(|over| *over).await;
        }
    }

    /// What is not in its place yet.
    fn unsettled(&self, reader: &Reader) -> Option<String> {
        if !self.weather.all_arrived() {
            return Some("something is still on its way".to_owned());
        }
        let statuses = self.statuses.lock().unwrap();
        let machines = self.machines.load(Ordering::Relaxed);
        if statuses.len() < machines {
            return Some("a machine has not started".to_owned());
        }
        for (machine, status) in statuses.iter() {
            let status = status.borrow();
            if status.unsent > 0 || status.events > 0 || status.database != Link::Up {
                return Some(format!("machine {machine}: {:?}", *status));
            }
        }
        if self.sold_after_all.lock().unwrap().len() < machines {
            return Some("a machine has not sold once more".to_owned());
        }
        if let Some(event) = self.database.tables().unmarked().next() {
            return Some(format!("not published: {:?}", event.row));
        }
        let kept = reader.kept.lock().unwrap();
        for (partition, log) in (0..).zip(self.broker.sales().iter()) {
            if kept.offsets.get(&partition).copied().unwrap_or(0) < log.end() {
                return Some(format!("partition {partition} is not read"));
            }
        }
        drop(kept);
        check::totals(&self.broker).err()
    }

    /// What people do beside the sales: mend, strike, purge, restore.
    async fn office(self: Arc<Self>) {
        let weather = &self.weather;
        let mut backup = None;
        let mut restored = false;
        while !weather.is_calm() {
            sleep(weather.seconds(5, 50)).await;
            if weather.is_calm() {
                break;
            }
            let moment = weather.moment();
            match weather.below(6) {
                mend @ (0 | 1) => {
                    let many = self.database.tables().settle_parked(mend == 1, moment);
                    self.tell(|| format!("the office {} {many}", if mend == 0 { "mends" } else { "strikes" }));
                }
                2 => {
                    if let Some(before) = Instant::now().checked_sub(PURGED_AFTER) {
                        self.database.tables().purge(before);
                    }
                }
                _ => {}
            }
            match self.disaster {
                Disaster::StoreBack if !restored => match backup.take() {
                    None if weather.chance(2) => {
                        self.tell(|| "the store is copied".to_owned());
                        backup = Some(self.database.tables().clone());
                    }
                    Some(kept) if weather.chance(2) => {
                        self.tell(|| "the copy takes the store's place".to_owned());
                        self.database.restore(kept);
                        restored = true;
                    }
                    kept => backup = kept,
                },
                Disaster::Retention => {
                    let tables = self.database.tables();
                    let counted = tables
                        .readers
                        .iter()
                        .filter_map(|(partition, (.., checkpoint))| Some((*partition, checkpoint.as_ref()?.next)));
                    self.broker.delete_before(&counted.collect());
                }
                _ => {}
            }
        }
    }
}

/// Runs the processor of totals, which is killed now and then, and whose file may be an older one afterwards.
async fn processor(world: Arc<World>, state: Arc<State>, client: usize) {
    let weather = &world.weather;
    let mut image = state.image();
    while !world.is_over() {
        let wire = Arc::new(Wire::new(&world.broker, client));
        let ports = totals::Ports {
            state: state.clone(),
            topics: wire.clone(),
            leases: Line::new(&world.database, client),
            rebuild_from: None,
            sales: wire,
            clock: MachineClock::new(client),
        };
        let (said, _) = watch::channel(totals::Progress::default());
        let run = totals::run(ports, totals::Plan::default(), said, world.over.subscribe());
        let ended = if weather.is_calm() {
            Some(run.await)
        } else {
            let time = weather.seconds(1, 150);
            tokio::time::timeout(time, run).await.ok()
        };
        if let Some(Err(error)) = ended {
            world.ledger().broken.push(format!("the totals stopped: {error}"));
            return;
        }
        if weather.is_calm() {
            continue;
        }
        sleep(weather.seconds(0, 60)).await;
        match weather.below(8) {
            0 => state.restore(image.clone()),
            1 | 2 => image = state.image(),
            _ => {}
        }
    }
}

/// Lives the history of that seed. What it came to, or the first promise that was broken.
pub(super) fn run(seed: u64) -> Result<Story, String> {
    let _simulated = power::Simulated::begin();
    // Pauses are shortened at random by a generator of the thread.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(history(seed))
}

async fn history(seed: u64) -> Result<Story, String> {
    let began = Instant::now();
    let (weather, mut errands) = Weather::new(seed);
    let world = World::new(Arc::clone(&weather));
    let tills = 2 + weather.below(2) as usize;
    let outlets = 1 + u128::from(weather.below(2));
    world.tell(|| format!("{tills} tills, {outlets} outlets, {:?}", world.disaster));
    let mut tasks: FuturesUnordered<Errand> = FuturesUnordered::new();
    let reader = Arc::new(Reader::default());
    let mut machines: Vec<Machine> = (0..tills)
        .map(|number| {
            let outlet = 1 + number as u128 % outlets;
            Machine::new(&world, &format!("T0{}", number + 1), number, outlet, false)
        })
        .collect();
    if world.disaster == Disaster::TakeOver {
        machines.push(Machine::new(&world, "T01", tills, 1, true));
    }
    let clients = machines.len();
    world.alive.store(clients, Ordering::Relaxed);
    world.machines.store(clients, Ordering::Relaxed);
    for (number, machine) in machines.into_iter().enumerate() {
        let lives = 1 + weather.below(3) + u32::from(world.disaster == Disaster::JournalImage) * 2;
        let after = if number >= tills {
            weather.seconds(20, 90)
        } else {
            Duration::ZERO
        };
        tasks.push(Box::pin(async move {
            sleep(after).await;
            Box::pin(machine.run(lives)).await;
        }));
    }
    tasks.push(Box::pin(Arc::clone(&reader).run(Arc::clone(&world), clients)));
    for number in 0..=weather.below(2) as usize {
        let state = State::new(&format!("processor {number}"), &weather);
        tasks.push(Box::pin(processor(Arc::clone(&world), state, clients + 1 + number)));
    }
    tasks.push(Box::pin(Arc::clone(&weather).change(clients + 3)));
    tasks.push(Box::pin(Arc::clone(&world).office()));
    let mut script = pin!(script(&world, &reader));
    let ended = loop {
        tokio::select! {
            biased;
            Some(errand) = errands.recv() => tasks.push(errand),
            ended = &mut script => break ended,
            Some(()) = tasks.next() => {}
        }
    };
    ended?;
    drop(tasks);
    check::all(&world, &reader).await?;
    let ledger = world.ledger();
    Ok(Story {
        sales: ledger.asked.len() as u64,
        promised: ledger.promised.len() as u64,
        faults: weather.faults(),
        records: world.broker.sales().iter().map(|log| log.values.len() as u64).sum(),
        seconds: began.elapsed().as_secs(),
        moments: weather.moment(),
    })
}

/// Waits for the end of all lives, then for everything to settle.
async fn script(world: &World, reader: &Reader) -> Result<(), String> {
    while world.alive.load(Ordering::Relaxed) > 0 {
        sleep(Duration::from_secs(1)).await;
        broken(world)?;
    }
    world.weather.calm();
    world.tell(|| "calm".to_owned());
    let until = Instant::now() + SETTLED_WITHIN;
    for aftermath in [AFTERMATH, Duration::ZERO] {
        while let Some(what) = world.unsettled(reader) {
            broken(world)?;
            if Instant::now() > until {
                return Err(format!("never settled: {what}"));
            }
            sleep(Duration::from_secs(2)).await;
        }
        sleep(aftermath).await;
    }
    broken(world)?;
    let _ = world.over.send(true);
    Ok(())
}

fn broken(world: &World) -> Result<(), String> {
    world.ledger().broken.first().cloned().map_or(Ok(()), Err)
}
