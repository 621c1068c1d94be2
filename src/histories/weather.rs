//! What goes wrong, and when: all of it drawn from one seed.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// What a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Database,
    Broker,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// It never arrives, and that is known.
    Refused,
    /// It is done, and the reply is lost.
    ReplyLost,
    /// It never arrives, and nothing is heard.
    Hangs,
    /// It is done, and nothing is heard.
    DoneAndHangs,
    /// The connection is lost now, and what was sent arrives later: through a proxy, by another way.
    Late(Duration),
    /// It takes so long.
    Slow(Duration),
}

/// Something that goes on by itself.
pub(super) type Errand = BoxFuture<'static, ()>;

/// The weather of a history.
pub(super) struct Weather {
    sky: Mutex<Sky>,
    errands: mpsc::UnboundedSender<Errand>,
    /// Errands that are not done.
    under_way: Arc<AtomicUsize>,
}

struct Sky {
    random: fastrand::Rng,
    /// One request in so many meets a fault.
    rough: u32,
    calm: bool,
    /// Until when nobody, or that client, reaches a side.
    away: BTreeMap<(Side, Option<usize>), Instant>,
    /// How many faults there were.
    faults: u64,
    /// Counts what happens, so that one thing can be said to be before another.
    moment: u64,
}

impl Weather {
    pub(super) fn new(seed: u64) -> (Arc<Self>, mpsc::UnboundedReceiver<Errand>) {
        let mut random = fastrand::Rng::with_seed(seed);
        let rough = [12, 25, 60, 200][random.usize(0..4)];
        let (errands, run) = mpsc::unbounded_channel();
        let sky = Sky {
            random,
            rough,
            calm: false,
            away: BTreeMap::new(),
            faults: 0,
            moment: 0,
        };
        let weather = Self {
            sky: Mutex::new(sky),
            errands,
            under_way: Arc::default(),
        };
        (Arc::new(weather), run)
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap()
    }

    /// From now on nothing goes wrong any more.
    pub(super) fn calm(&self) {
        let mut sky = self.sky();
        sky.calm = true;
        sky.away.clear();
    }

    pub(super) fn is_calm(&self) -> bool {
        self.sky().calm
    }

    pub(super) fn faults(&self) -> u64 {
        self.sky().faults
    }

    /// The next moment.
    pub(super) fn moment(&self) -> u64 {
        let mut sky = self.sky();
        sky.moment += 1;
        sky.moment
    }

    pub(super) fn chance(&self, one_in: u32) -> bool {
        self.below(one_in) == 0
    }

    pub(super) fn below(&self, limit: u32) -> u32 {
        self.sky().random.u32(0..limit.max(1))
    }

    /// A generator of its own, for something whose draws must not depend on the others'.
    pub(super) fn fork(&self) -> fastrand::Rng {
        self.sky().random.fork()
    }

    /// Between the two, in seconds and parts of them.
    pub(super) fn seconds(&self, least: u32, most: u32) -> Duration {
        Duration::from_millis(u64::from(self.sky().random.u32(least * 1_000..=most * 1_000)))
    }

    /// A client, or everybody, does not reach a side for a while.
    pub(super) fn cut(&self, side: Side, client: Option<usize>, time: Duration) {
        let mut sky = self.sky();
        if !sky.calm {
            sky.faults += 1;
            sky.away.insert((side, client), Instant::now() + time);
        }
    }

    pub(super) fn is_away(&self, side: Side, client: usize) -> bool {
        let sky = self.sky();
        let now = Instant::now();
        [None, Some(client)]
            .iter()
            .any(|who| sky.away.get(&(side, *who)).is_some_and(|until| *until > now))
    }

    /// What happens to a request. What is late is not later than `latest` seconds.
    pub(super) fn fault(&self, latest: u32) -> Fault {
        let mut sky = self.sky();
        let rough = sky.rough;
        if sky.calm || sky.random.u32(0..rough) > 0 {
            return Fault::None;
        }
        sky.faults += 1;
        let time = |sky: &mut Sky, most: u32| Duration::from_millis(u64::from(sky.random.u32(1..most * 1_000)));
        match sky.random.u32(0..9) {
            0 => Fault::Refused,
            1 | 2 => Fault::ReplyLost,
            3 => Fault::Hangs,
            4 => Fault::DoneAndHangs,
            5 | 6 => Fault::Late(time(&mut sky, latest)),
            _ => Fault::Slow(time(&mut sky, 5)),
        }
    }

    /// The way there or back.
    pub(super) async fn way(&self) {
        let time = self.sky().random.u64(1..4);
        sleep(Duration::from_millis(time)).await;
    }

    /// Has something done by itself, whatever becomes of who asked for it.
    pub(super) fn send(&self, errand: Errand) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let under_way = Arc::clone(&self.under_way);
        let _ = self.errands.send(Box::pin(async move {
            errand.await;
            under_way.fetch_sub(1, Ordering::Relaxed);
        }));
    }

    /// Whether nothing is on its way any more.
    pub(super) fn all_arrived(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    /// Cuts now this, now that, of so many clients, until it is calm.
    pub(super) async fn change(self: Arc<Self>, clients: usize) {
        while !self.is_calm() {
            sleep(self.seconds(5, 60)).await;
            let client = self.below(u32::try_from(clients).unwrap()) as usize;
            match self.below(8) {
                0 => self.cut(Side::Database, None, self.seconds(1, 40)),
                1 => self.cut(Side::Broker, None, self.seconds(1, 60)),
                2 => self.cut(Side::Database, Some(client), self.seconds(2, 120)),
                3 | 4 => self.cut(Side::Broker, Some(client), self.seconds(2, 200)),
                _ => {}
            }
        }
    }
}
