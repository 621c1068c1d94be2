//! Eight tills sell while everything that they stand on is broken again and again: two databases, three brokers, the lines to
//! them, their disk, and their own processes. At the end nothing may be lost and nothing doubled.
//!
//! `dev/chaos --minutes N --seed S` lets it go on for longer; every test run has a few minutes of it. Times are those of real
//! machines, so a seed gives the same faults in the same order, not the same run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that takes minutes says what it does"
)]
mod crew;
mod disk;
mod faults;
#[path = "../it/support/proxy.rs"]
#[allow(dead_code, reason = "other tests use other faults of it")]
mod proxy;
mod servers;

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Builder;

use self::crew::Crew;
use self::faults::{Done, Until};
use self::servers::{Brokers, Database};

/// How long things are broken in a test run.
const SECONDS: u64 = 210;
/// Sales a second of each crew.
const RATE: f64 = 3.0;

fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// None of these may be there.
fn none_of(names: &[&str], said: &Value) {
    for name in names {
        assert_eq!(said[name], 0, "{name}: {said}");
    }
}

/// Database and topic say the same, event by event. How many events that are.
fn agrees(crew: &Crew) -> u64 {
    let (code, reconciled) = crew.json(&["reconcile"]);
    for list in ["missing", "extra", "different"] {
        assert_eq!(
            reconciled[list].as_array().map(Vec::len),
            Some(0),
            "{}: {reconciled}",
            crew.name
        );
    }
    assert_eq!((code, &reconciled["waiting"]), (0, &Value::from(0)), "{reconciled}");
    reconciled["database"].as_u64().unwrap()
}

/// The topic is deleted and made again: what was lost is named exactly, sent again, and then nothing is missing.
fn loses_its_topic(crew: &Crew, brokers: &Brokers) {
    let events = agrees(crew);
    brokers.delete(crew.topic());
    // The brokers may still be at it when it is to be made again.
    let deadline = Instant::now() + Duration::from_mins(1);
    while crew.json(&["init"]).0 != 0 {
        assert!(Instant::now() < deadline, "{}: the topic is not made again", crew.name);
        std::thread::sleep(Duration::from_millis(500));
    }
    let (code, reconciled) = crew.json(&["reconcile"]);
    let missing = reconciled["missing"].as_array().unwrap().len() as u64;
    assert_eq!(
        (code, missing, &reconciled["topic"]),
        (1, events, &Value::from(0)),
        "{}",
        crew.name
    );
    crew.done(&["reconcile", "--republish"]);
    assert_eq!(agrees(crew), events);
    let (code, judged) = crew.check();
    assert_eq!(code, 0, "{judged}");
    println!(
        "{}: its topic was deleted: {missing} events missing, sent again, clean",
        crew.name
    );
}

#[test]
fn eight_tills_lose_and_double_nothing_while_all_that_they_stand_on_is_broken() {
    let seconds = asked("RXTILL_CHAOS_SECONDS", SECONDS);
    let seed = asked("RXTILL_CHAOS_SEED", 1);
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let begun = Instant::now();
    let (mariadb, mysql, brokers) = std::thread::scope(|scope| {
        let mariadb = scope.spawn(|| Database::start("mariadb", &runtime));
        let mysql = scope.spawn(|| Database::start("mysql", &runtime));
        let brokers = Brokers::start(&runtime);
        (mariadb.join().unwrap(), mysql.join().unwrap(), brokers)
    });
    let crews = [
        Crew::new(&mariadb, &brokers, (1, 4), RATE, true),
        Crew::new(&mysql, &brokers, (5, 4), RATE, false),
    ];
    if crews[0].disk.is_none() {
        println!("no small disk: this user may not mount one; no disk is filled");
    }
    std::thread::scope(|scope| crews.iter().for_each(|crew| drop(scope.spawn(|| crew.begin()))));
    println!(
        "8 tills sell after {} s; seed {seed}, {seconds} s",
        begun.elapsed().as_secs()
    );

    let done = Done::default();
    let until = Until::from_now(Duration::from_secs(seconds));
    let [first, second] = &crews;
    std::thread::scope(|scope| {
        scope.spawn(|| faults::break_database(&mariadb, &done, until, seed));
        scope.spawn(|| faults::break_database(&mysql, &done, until, seed.wrapping_add(1)));
        scope.spawn(|| faults::break_brokers(&brokers, &done, until, seed.wrapping_add(2)));
        scope.spawn(|| faults::break_crews(&[first, second], &done, until, seed.wrapping_add(3)));
        scope.spawn(|| faults::keep_going(&[first, second], until));
    });
    brokers.up();

    let mut answered = 0;
    for crew in &crews {
        let healed = Instant::now();
        crew.sells();
        let said = crew.close();
        println!(
            "{}: settled {} s after the last fault: {said}",
            crew.name,
            healed.elapsed().as_secs()
        );
        let (code, judged) = crew.check();
        println!("{}: {judged}", crew.name);
        none_of(&["lost", "doubled", "parked", "unsent", "unpublished"], &judged);
        assert_eq!(code, 0, "{judged}");
        let (code, verified) = crew.json(&["verify"]);
        assert_eq!(code, 0, "{}: {verified}", crew.name);
        agrees(crew);
        let of_crew = judged["answered"].as_u64().unwrap();
        assert!(of_crew > seconds / 2, "{} hardly sold: {judged}", crew.name);
        answered += of_crew;
    }
    loses_its_topic(first, &brokers);
    let done = done.all();
    let total: u32 = done.values().sum();
    for crew in &crews {
        let (resumed, ended) = crew.resumed();
        println!(
            "{}: went on {resumed} times, of them {ended} after it had ended by itself",
            crew.name
        );
    }
    println!("{done:#?}");
    println!(
        "{answered} sales, {total} faults of {} kinds, lost 0, doubled 0, in {} s (seed {seed})",
        done.len(),
        begun.elapsed().as_secs()
    );
    // A run of this length has seen each kind at each place: 9 at either database, 11 at the brokers, the tills.
    if seconds >= SECONDS {
        assert!(done.len() >= 25, "{done:#?}");
    }
}
