//! What is broken, for how long, and in which order: by chance from a seed, but each kind once before any comes again.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::crew::Crew;
use super::proxy::Proxy;
use super::servers::{Brokers, Database};

/// A server that is frozen stays so for this long.
const FROZEN: Duration = Duration::from_secs(20);
/// A line is bad for this long.
const BAD_LINE: Duration = Duration::from_secs(8);

/// How often each was done.
#[derive(Default)]
pub struct Done(Mutex<BTreeMap<String, u32>>);

impl Done {
    fn count(&self, what: String) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(what)
            .or_default() += 1;
    }

    /// By kind.
    pub fn all(&self) -> BTreeMap<String, u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// When it is over.
#[derive(Clone, Copy)]
pub struct Until {
    begun: Instant,
    end: Instant,
}

impl Until {
    pub fn from_now(duration: Duration) -> Self {
        let begun = Instant::now();
        Self {
            begun,
            end: begun + duration,
        }
    }

    pub fn is_over(self) -> bool {
        Instant::now() >= self.end
    }

    /// Sleeps, but not beyond the end.
    pub fn sleep(self, time: Duration) {
        std::thread::sleep(time.min(self.end.saturating_duration_since(Instant::now())));
    }
}

/// Faults of a kind one after the other, in an order of chance.
fn play<F: Copy + std::fmt::Debug>(
    (whose, done, until): (&str, &Done, Until),
    faults: &[F],
    seed: u64,
    pauses: std::ops::Range<u64>,
    mut commit: impl FnMut(F, &mut fastrand::Rng),
) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut deck: Vec<F> = Vec::new();
    loop {
        until.sleep(Duration::from_millis(chance.u64(pauses.clone())));
        if until.is_over() {
            return;
        }
        if deck.is_empty() {
            deck.extend(faults);
            chance.shuffle(&mut deck);
        }
        let Some(fault) = deck.pop() else { return };
        println!("{:>5} s  {whose}: {fault:?}", until.begun.elapsed().as_secs());
        commit(fault, &mut chance);
        done.count(format!("{whose} {fault:?}"));
    }
}

/// What a line does to what passes.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// Every connection is closed.
    Cut,
    /// New connections are closed at once, and the open ones too.
    Refused,
    /// Each piece takes a third of a second.
    Slow,
    /// A few bytes at a time.
    Throttled,
    /// Answers no longer come; what is sent arrives.
    HalfClosed,
    /// What is sent arrives when its sender has given up: a COMMIT, a produce, delivered late.
    Late,
    /// What was done is not heard of.
    Deaf,
}

impl Line {
    const ALL: [Self; 7] = [
        Self::Cut,
        Self::Refused,
        Self::Slow,
        Self::Throttled,
        Self::HalfClosed,
        Self::Late,
        Self::Deaf,
    ];

    fn at(self, proxies: &[&Proxy], until: Until) {
        let each = |change: &dyn Fn(&Proxy)| proxies.iter().for_each(|proxy| change(proxy));
        match self {
            Self::Cut => each(&Proxy::cut),
            Self::Refused => {
                each(&Proxy::refuse);
                each(&Proxy::cut);
                until.sleep(BAD_LINE);
                each(&Proxy::accept);
            }
            Self::Slow => {
                each(&|proxy| proxy.delay(Duration::from_millis(330)));
                until.sleep(BAD_LINE);
                each(&|proxy| proxy.delay(Duration::ZERO));
            }
            Self::Throttled => {
                each(&|proxy| proxy.pieces_of(64));
                each(&|proxy| proxy.delay(Duration::from_millis(40)));
                until.sleep(BAD_LINE);
                each(&|proxy| proxy.pieces_of(0));
                each(&|proxy| proxy.delay(Duration::ZERO));
            }
            Self::HalfClosed => each(&Proxy::close_answers),
            Self::Late => {
                each(&Proxy::hold_requests);
                until.sleep(BAD_LINE);
                each(&Proxy::release);
            }
            Self::Deaf => {
                each(&Proxy::hold_answers);
                until.sleep(BAD_LINE / 2);
                each(&Proxy::cut);
                each(&Proxy::release);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum OfDatabase {
    Killed,
    Frozen,
    OnLine(Line),
}

/// Breaks a database again and again.
pub fn break_database(database: &Database, done: &Done, until: Until, seed: u64) {
    let lines = Line::ALL.map(OfDatabase::OnLine);
    let faults = [&[OfDatabase::Killed, OfDatabase::Frozen][..], &lines].concat();
    play(
        (database.kind, done, until),
        &faults,
        seed,
        2_000..8_000,
        |fault, chance| match fault {
            OfDatabase::Killed => {
                database.kill();
                until.sleep(Duration::from_millis(chance.u64(500..6_000)));
                database.up();
            }
            OfDatabase::Frozen => {
                database.freeze(true);
                until.sleep(FROZEN);
                database.freeze(false);
            }
            OfDatabase::OnLine(line) => line.at(&[&database.proxy], until),
        },
    );
}

#[derive(Debug, Clone, Copy)]
enum OfBrokers {
    OneKilled,
    AllKilled,
    OneFrozen,
    AllFrozen,
    OnLine(Line),
}

/// Breaks the brokers again and again.
pub fn break_brokers(brokers: &Brokers, done: &Done, until: Until, seed: u64) {
    let lines = Line::ALL.map(OfBrokers::OnLine);
    let own = [
        OfBrokers::OneKilled,
        OfBrokers::AllKilled,
        OfBrokers::OneFrozen,
        OfBrokers::AllFrozen,
    ];
    let faults = [&own[..], &lines].concat();
    play(
        ("kafka", done, until),
        &faults,
        seed,
        3_000..9_000,
        |fault, chance| match fault {
            OfBrokers::OneKilled => {
                brokers.kill(chance.u8(1..=3));
                until.sleep(Duration::from_millis(chance.u64(500..8_000)));
                brokers.up();
            }
            OfBrokers::AllKilled => {
                (1..=3).for_each(|broker| brokers.kill(broker));
                until.sleep(Duration::from_millis(chance.u64(500..5_000)));
                brokers.up();
            }
            OfBrokers::OneFrozen => {
                let broker = chance.u8(1..=3);
                brokers.freeze(broker, true);
                until.sleep(FROZEN);
                brokers.freeze(broker, false);
            }
            OfBrokers::AllFrozen => {
                (1..=3).for_each(|broker| brokers.freeze(broker, true));
                until.sleep(FROZEN);
                (1..=3).for_each(|broker| brokers.freeze(broker, false));
            }
            OfBrokers::OnLine(line) => line.at(&brokers.proxies.iter().collect::<Vec<_>>(), until),
        },
    );
}

#[derive(Debug, Clone, Copy)]
enum OfCrew {
    Killed(usize),
    DiskFull(usize),
}

/// Kills the tills, and fills their disks, again and again.
pub fn break_crews(crews: &[&Crew], done: &Done, until: Until, seed: u64) {
    let killed = (0..crews.len()).map(OfCrew::Killed);
    let full = (0..crews.len())
        .filter(|crew| crews[*crew].disk.is_some())
        .map(OfCrew::DiskFull);
    let faults: Vec<OfCrew> = killed.chain(full).collect();
    play(
        ("tills", done, until),
        &faults,
        seed,
        8_000..20_000,
        |fault, chance| match fault {
            OfCrew::Killed(crew) => {
                crews[crew].kill();
                until.sleep(Duration::from_millis(chance.u64(0..3_000)));
                crews[crew].go_on();
            }
            OfCrew::DiskFull(crew) => {
                let Some(disk) = &crews[crew].disk else { return };
                disk.fill();
                until.sleep(BAD_LINE);
                disk.clear();
            }
        },
    );
}

/// A process that ended by itself goes on, as whoever runs the shop would see to.
pub fn keep_going(crews: &[&Crew], until: Until) {
    while !until.is_over() {
        until.sleep(Duration::from_secs(2));
        for crew in crews {
            crew.go_on();
        }
    }
}
