//! One machine of a till: its lives, each of which may end at any step, and its disk, which outlives them.
use std::future::pending;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};
use uuid::Uuid;

use super::broker::Wire;
use super::database::Line;
use super::tables::{SALES, UNFIT};
use super::world::{Disaster, World};
use crate::domain::clock::Clock;
use crate::domain::sale::{SaleRecord, TillId};
use crate::store::fixture;
use crate::store::journal::{Journal, power};
use crate::store::ports::{Oversell, SaleStore};
use crate::store::sync::{Link, SaleOutcome, SaleSync, StartError, SyncOptions, SyncStatus, sale_sync, take_over};
use crate::stream::relay::{RelayIdentity, relay};

const COMMIT_WAIT: Duration = Duration::from_millis(1_500);

/// A machine's clock: it goes on, and may be set to whatever.
pub(super) struct MachineClock {
    began: Instant,
    milliseconds: AtomicI64,
    ids: AtomicU64,
}

impl MachineClock {
    pub(super) fn new(machine: usize) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            milliseconds: AtomicI64::new(1_772_442_843_412),
            ids: AtomicU64::new((machine as u64 + 1) << 32),
        })
    }

    fn jump(&self, seconds: i64) {
        self.milliseconds.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        let set = Timestamp::from_millisecond(self.milliseconds.load(Ordering::Relaxed)).unwrap();
        set + SignedDuration::try_from(self.began.elapsed()).unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Runs a life until its end, which may come between any two steps, with a standstill on the way.
struct Mortal<F> {
    life: Pin<Box<F>>,
    folder: PathBuf,
    /// Steps until it is killed.
    steps: u32,
    until: Pin<Box<Sleep>>,
    /// After so many steps it stands still for so long.
    stops: Option<(u32, Duration)>,
    stopped: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ()>> Future for Mortal<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(stopped) = &mut self.stopped {
            if stopped.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.stopped = None;
        }
        if self.steps == 0 || self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        self.steps -= 1;
        if let Some((steps, time)) = self.stops.take() {
            if steps == 0 {
                let mut stopped = Box::pin(sleep(time));
                if stopped.as_mut().poll(context).is_pending() {
                    self.stopped = Some(stopped);
                    return Poll::Pending;
                }
            } else {
                self.stops = Some((steps - 1, time));
            }
        }
        if self.life.as_mut().poll(context).is_ready() || power::is_off(&self.folder) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// A machine.
pub(super) struct Machine {
    world: Arc<World>,
    till: TillId,
    number: usize,
    outlet: u128,
    folder: PathBuf,
    /// How often its folder has moved.
    moves: u32,
    clock: Arc<MachineClock>,
    /// It takes the till over from another machine.
    takes_over: bool,
}

impl Machine {
    pub(super) fn new(world: &Arc<World>, till: &str, number: usize, outlet: u128, takes_over: bool) -> Self {
        let folder = world.folder(number, 0);
        Self {
            world: Arc::clone(world),
            till: till.parse().unwrap(),
            number,
            outlet,
            folder,
            moves: 0,
            clock: MachineClock::new(number),
            takes_over,
        }
    }

    /// All its lives, the last of which ends with the history.
    pub(super) async fn run(mut self, lives: u32) {
        let world = Arc::clone(&self.world);
        let weather = &world.weather;
        let has_images = world.disaster == Disaster::JournalImage && self.number == 0;
        let mut image = None;
        for life in 0..lives {
            self.live_and_die(life).await;
            if weather.chance(3) {
                let jumps = [-3_600, -130, 90, 31_536_000, -86_400];
                self.clock.jump(jumps[weather.below(5) as usize]);
            }
            if has_images && image.is_none() && weather.chance(2) {
                let kept = world.folder(self.number, 1_000 + life);
                power::salvage(&self.folder, &kept, false);
                image = Some(kept);
            } else if has_images && let Some(image) = image.take() {
                self.forget_back_to(&image).await;
            }
            if weather.chance(2) {
                sleep(weather.seconds(0, 60)).await;
            }
        }
        let dies = world.disaster == Disaster::DeadTill && self.number == 0;
        world.lives_are_over(self.number, dies.then(|| self.folder.clone()));
        if dies {
            return;
        }
        world.until_calm().await;
        power::plug_in(&self.folder, None, 0, weather.fork());
        Box::pin(self.last_life()).await;
    }

    async fn live_and_die(&mut self, life: u32) {
        let world = Arc::clone(&self.world);
        let weather = &world.weather;
        let cut_after = weather.chance(3).then(|| weather.below(160));
        let fails = if weather.chance(6) { 20 + weather.below(80) } else { 0 };
        power::plug_in(&self.folder, cut_after, fails, weather.fork());
        let steps = if weather.chance(3) {
            20 + weather.below(600)
        } else {
            u32::MAX
        };
        let standstill = weather.chance(5).then(|| (weather.below(300), weather.seconds(3, 130)));
        let mortal = Mortal {
            life: Box::pin(self.live(life, Some(1 + weather.below(6)))),
            folder: self.folder.clone(),
            steps,
            until: Box::pin(sleep(weather.seconds(1, 90))),
            stops: standstill,
            stopped: None,
        };
        let mut mortal = Box::pin(mortal);
        mortal.as_mut().await;
        let power_lost = power::is_off(&self.folder) || weather.chance(2);
        // What it leaves behind is looked at before anything of it can be put in order.
        let next = world.folder(self.number, self.moves + 1);
        let left = self.folder.join("journal.sqlite").exists();
        if left {
            power::salvage(&self.folder, &next, power_lost);
        }
        self.world
            .tell(|| format!("machine {}: killed, power lost: {power_lost}", self.number));
        drop(mortal);
        if left {
            let _ = std::fs::remove_dir_all(&self.folder);
            self.folder = next;
            self.moves += 1;
        }
    }

    /// The disk is replaced by an older image of itself.
    async fn forget_back_to(&mut self, image: &Path) {
        let journal = self.open().await;
        let unsent = journal.unsent(10_000).await.unwrap();
        drop(journal);
        {
            let tables = self.world.database.tables();
            let mut ledger = self.world.ledger();
            let lost = unsent.iter().map(SaleRecord::sale_id);
            ledger
                .lost_with_disk
                .extend(lost.filter(|id| !tables.ids.contains_key(id)));
            let own = ledger.noted.iter().filter(|(_, (by, _))| *by == self.number);
            let lost: Vec<Uuid> = own.map(|(id, _)| *id).filter(|id| !tables.notes.has(*id)).collect();
            ledger.lost_with_disk.extend(lost);
            ledger.forgot.insert(self.number);
        }
        self.world.tell(|| format!("machine {}: an older disk", self.number));
        let _ = std::fs::remove_dir_all(&self.folder);
        self.folder = image.to_owned();
    }

    async fn open(&self) -> Journal {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Journal::open(&self.folder, &self.till, clock).await.unwrap()
    }

    /// A life without an end of its own.
    async fn last_life(&self) {
        while !self.world.is_over() {
            Box::pin(self.live(u32::MAX, None)).await;
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Starts, sells, and goes on until it is ended.
    async fn live(&self, life: u32, sales: Option<u32>) {
        let world = &self.world;
        let journal = self.open().await;
        let database = Line::new(&world.database, self.number);
        let store: Arc<dyn SaleStore> = database.clone();
        if self.takes_over && journal.chains().await.is_ok_and(|chains| chains.is_empty()) {
            // Whoever replaces the machine tries until it is done.
            let mut tries = 0;
            while take_over(&journal, &*store).await.is_err() {
                tries += 1;
                if tries > 20 {
                    return;
                }
                sleep(Duration::from_secs(5)).await;
            }
        }
        let options = SyncOptions::new(COMMIT_WAIT, false, u64::from(life));
        let (sync, mut sync_loop, mut notices) = sale_sync(journal.clone(), store, self.clock.clone(), options);
        drop(journal);
        if let Err(error) = sync_loop.start().await {
            world.tell(|| format!("machine {}: {error}", self.number));
            if matches!(error, StartError::TakenOver { .. }) && sales.is_none() {
                // It never was the till.
                world.is_no_till();
                pending::<()>().await;
            }
            return;
        }
        let identity = RelayIdentity {
            till: self.till.clone(),
            holder: format!("{} {} {life} {}", self.till, self.number, self.moves),
            home: (SALES.to_owned(), self.outlet.to_string()),
        };
        let wire = Arc::new(Wire::new(&world.broker, self.number));
        let (relay, handle) = relay(identity, database, wire, self.clock.clone());
        if sales.is_none() {
            world.watch(self.number, sync.status());
        }
        let clerk = async {
            match sales {
                Some(sales) => self.sell_all(&sync, &handle.wake, sales).await,
                None => self.sell_after_all(&sync).await,
            }
        };
        let hearing = async {
            while let Some(notice) = notices.recv().await {
                world.tell(|| format!("machine {}: {notice:?}", self.number));
            }
        };
        tokio::join!(sync_loop.run(pending()), relay.run(pending()), clerk, hearing);
    }

    async fn sell_all(&self, sync: &SaleSync, wake: &Notify, sales: u32) {
        for _ in 0..sales {
            self.sell(sync).await;
            if self.world.weather.chance(3) {
                self.note(sync).await;
            }
            wake.notify_one();
            if self.world.weather.chance(2) {
                sleep(self.world.weather.seconds(0, 5)).await;
            }
        }
        pending::<()>().await;
    }

    /// When everything is in order again, a clerk sells: that is what it is for.
    async fn sell_after_all(&self, sync: &SaleSync) {
        let mut status = sync.status();
        let in_order = |status: &SyncStatus| status.unsent == 0 && status.database == Link::Up;
        if status.wait_for(in_order).await.is_ok() {
            let is_till = sync.status().borrow().taken.is_none();
            let agreed = fixture::basket(self.clock.new_id(), self.outlet, &[(false, 1)]);
            self.world.ledger().ask(self.number, &agreed);
            if let Ok(answer) = sync.sell(agreed, Vec::new(), Oversell::Refuse).await {
                let mut ledger = self.world.ledger();
                ledger.hear(self.number, &answer);
                if is_till && answer.state != SaleOutcome::Committed {
                    ledger
                        .broken
                        .push(format!("with everything in order: {:?}", answer.state));
                }
                drop(ledger);
                self.world.sold_after_all(self.number);
            }
        }
        pending::<()>().await;
    }

    async fn sell(&self, sync: &SaleSync) {
        let weather = &self.world.weather;
        let agreed = {
            let mut ledger = self.world.ledger();
            let again = weather.chance(5);
            let mut known = if again {
                ledger.known(weather.below(1_000) as usize)
            } else {
                None
            };
            // The same sale at another machine is rare.
            let elsewhere = |id: &Uuid| ledger.asked.get(id).is_some_and(|(first, _)| *first != self.number);
            if known.as_ref().is_some_and(|known| elsewhere(&known.sale_id)) && !weather.chance(4) {
                known = None;
            }
            let agreed = known.unwrap_or_else(|| self.basket());
            ledger.ask(self.number, &agreed);
            agreed
        };
        let oversell = if weather.chance(4) {
            Oversell::Record
        } else {
            Oversell::Refuse
        };
        let sale_id = agreed.sale_id;
        if let Ok(answer) = sync.sell(agreed, Vec::new(), oversell).await {
            self.world.tell(|| {
                format!(
                    "machine {}: {sale_id} {:?} {:?}",
                    self.number, answer.state, answer.receipt
                )
            });
            self.world.ledger().hear(self.number, &answer);
        }
    }

    /// Somebody asks for what is not there.
    async fn note(&self, sync: &SaleSync) {
        let weather = &self.world.weather;
        let (event_id, noted) = {
            let mut ledger = self.world.ledger();
            let again = if weather.chance(6) {
                ledger.noted_before(self.number, weather.below(1_000) as usize)
            } else {
                None
            };
            let new = || (self.clock.new_id(), fixture::asked_for(1 + weather.below(9)));
            let (event_id, noted) = again.unwrap_or_else(new);
            ledger.noted.insert(event_id, (self.number, noted.clone()));
            (event_id, noted)
        };
        if let Ok(kept) = sync.note(event_id, noted).await {
            self.world
                .tell(|| format!("machine {}: noted {event_id}: {kept:?}", self.number));
            if kept.is_ok() {
                self.world.ledger().kept.insert(event_id);
            }
        }
    }

    fn basket(&self) -> crate::domain::sale::Agreed {
        let weather = &self.world.weather;
        let lines: Vec<(bool, u32)> = (0..=weather.below(3))
            .map(|_| (weather.chance(3), 1 + weather.below(9)))
            .collect();
        let lines = if weather.chance(14) {
            vec![(false, u32::try_from(UNFIT).unwrap())]
        } else {
            lines
        };
        fixture::basket(self.clock.new_id(), self.outlet, &lines)
    }
}
