//! The rules of supervision on a small chain with labelled frauds and mistakes: a rule that is broken finds nothing, or finds
//! too much. `benches/alerts.rs` measures them on larger ones.
use std::sync::Arc;

use jiff::civil::date;
use jiff::tz::TimeZone;
use rxtill::domain::scenario::reader::Reader;
use rxtill::domain::scenario::score::{Score, Tally};
use rxtill::domain::scenario::stream::Stream;
use rxtill::domain::scenario::{Pace, Scenario, Setting, Size, Theme, World, name_of};
use rxtill::domain::supervision::{Judge, Thresholds};
use uuid::Uuid;

/// What the judge makes of a chain of eight outlets.
fn judged(theme: Theme, days: u32, seed: u64) -> Score {
    let size = Size {
        outlets: 8,
        tills: 14,
        drugs: 800,
        doctors: 60,
    };
    let world = Arc::new(World::made_up(seed, size));
    let start = date(2026, 3, 2).to_zoned(TimeZone::get("Africa/Nairobi").unwrap());
    let setting = Setting {
        theme,
        seed,
        run: Uuid::nil(),
        start: start.unwrap().timestamp(),
        pace: Pace::Calendar { days },
        transport: true,
    };
    let stream = Stream::new(Scenario::new(Arc::clone(&world), setting));
    let mut score = Score::new(stream.incidents(), &world);
    let mut judge = Judge::new(Thresholds::default());
    judge.learn(world.known());
    let mut reader = Reader::new(judge);
    for streamed in stream {
        let found = reader.read(&streamed);
        score.see(&streamed);
        for alert in found {
            score.hear(&alert, streamed.received_at);
        }
    }
    score
}

#[test]
fn most_incidents_are_found_and_false_alerts_are_few() {
    let score = judged(Theme::Fraud, 10, 21);
    let (mut found, mut incidents, mut wrong) = (0, 0, 0);
    let mut silent = Vec::new();
    for (rule, tally) in score.tallies() {
        found += tally.found;
        incidents += tally.incidents;
        wrong += tally.wrong();
        if tally.incidents > 0 && tally.found == 0 {
            silent.push(name_of(rule));
        }
    }
    println!(
        "found {found} of {incidents}, {wrong} false in {} sales; silent: {silent:?}",
        score.sales()
    );
    assert!(incidents >= 30, "{incidents}");
    assert!(found * 10 >= incidents * RECALL_IN_TEN, "found {found} of {incidents}");
    assert!(silent.len() <= MOST_SILENT, "these find nothing: {silent:?}");
    // Twice what is aimed at: of so few sales one traveller more or less decides.
    assert!(
        u64::from(wrong) * 2_000 <= score.sales() * FALSE_IN_2000,
        "{wrong} false alerts in {} sales",
        score.sales()
    );
}

#[test]
fn an_honest_chain_gives_few_alerts() {
    let score = judged(Theme::Ordinary, 16, 22);
    let wrong: u32 = score.tallies().values().map(Tally::wrong).sum();
    println!("{wrong} in {} sales", score.sales());
    assert!(
        u64::from(wrong) * 2_000 <= score.sales() * FALSE_IN_2000,
        "{wrong} in {} sales",
        score.sales()
    );
}

/// Of ten incidents so many are found. The aim is nine. A rule that is broken and finds
/// nothing any more fails the test by [`MOST_SILENT`].
const RECALL_IN_TEN: u32 = 7;
/// So many false alerts in 2,000 sales. The aim is one, and is missed here: when this was written, 12 in 21,445 sales of the
/// honest chain and 8 in 9,013 of that with frauds.
const FALSE_IN_2000: u64 = 2;
/// So many rules may find none of the few that they have here.
const MOST_SILENT: usize = 3;
