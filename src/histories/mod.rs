//! Simulated histories: everything between the clerk and the readers, run from a seed against stand-ins of database, brokers,
//! disks and clocks that fail as a shop's do (docs/histories.md).
//!
//! What decides is real: journal, sync, relay and leases, adoption, the live feed, the numbers that readers have seen, the
//! processor of totals. One seed is one history: `dev/histories --seeds 17-17` lives the seventeenth again.
//!
//! * `world.rs`: a history and its parts; `weather.rs`: what goes wrong, and when.
//! * `machine.rs`: a machine of a till and its lives; `reader.rs`: a reader of the topic.
//! * `database.rs`, `outbox.rs`, `tables.rs`: the database; `broker.rs`: the brokers; `totals_state.rs`: a processor's file.
//!   The disk is `store::journal::power`.
//! * `notes.rs`: audit events, kept and looked at. `ledger.rs`: what clerks were told; `check.rs`: the promises.
//! * `mutants.rs`: each rule broken once, to see that it would be found.
mod broker;
mod check;
mod database;
mod ledger;
mod machine;
mod mutants;
mod notes;
mod outbox;
mod reader;
mod tables;
mod totals_state;
mod weather;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use self::world::Story;

/// The seeds that every run of the tests lives, unless `RXTILL_HISTORIES` says others, as `FROM-TO`.
const SEEDS: (u64, u64) = (1, 2_000);

/// Lives one history; a panic is a broken promise too.
fn live(seed: u64) -> Result<Story, String> {
    catch_unwind(AssertUnwindSafe(|| world::run(seed))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        Err(format!("panic: {}", said.unwrap_or_default()))
    })
}

/// Whether one history alone is lived, for somebody to look at.
fn is_told() -> bool {
    static TOLD: LazyLock<bool> = LazyLock::new(|| std::env::var_os("RXTILL_HISTORIES_TELL").is_some());
    *TOLD
}

fn asked_for() -> (u64, u64) {
    let asked = std::env::var("RXTILL_HISTORIES").ok();
    let Some(asked) = asked else { return SEEDS };
    let ends = asked.split_once('-').unwrap_or((&asked, &asked));
    (ends.0.trim().parse().unwrap(), ends.1.trim().parse().unwrap())
}

#[test]
fn no_history_breaks_a_promise() {
    let (from, to) = asked_for();
    let next = AtomicU64::new(from);
    let told = Mutex::new((Story::default(), Vec::new()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > to {
                        break;
                    }
                    let story = live(seed);
                    let mut told = told.lock().unwrap();
                    match story {
                        Ok(story) => told.0.add(story),
                        Err(broken) => {
                            println!("seed {seed}: {broken}");
                            told.1.push(seed);
                        }
                    }
                }
            });
        }
    });
    let (all, mut broken) = told.into_inner().unwrap();
    broken.sort_unstable();
    println!("histories {from}-{to}: {all:?}");
    assert!(
        broken.is_empty(),
        "broken: {broken:?}; dev/histories --seeds {0}-{0} lives the first again",
        broken[0]
    );
}

#[test]
fn a_seed_is_always_the_same_history() {
    for seed in [3, 17, 41] {
        assert_eq!(live(seed), live(seed), "seed {seed}");
    }
}
