//! What was published long ago leaves the outbox (PATH 4.4).
use std::time::{Duration, Instant};

use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::sqlite::SqliteEngine;

use super::support::program::Program;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

async fn ids(engine: &dyn Engine) -> Vec<i64> {
    let sql = "SELECT seq FROM sale_outbox WHERE aggregatetype = 'pharmacy-sales' ORDER BY seq";
    let rows = engine.query(sql, params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_till_deletes_what_was_published_longer_ago_than_configured_and_nothing_else() {
    // No broker is there: what is marked here was marked by the test.
    let machine = Program::configured(
        "[till]\noutlet = \"Mirema meds\"\n[kafka]\nbrokers = [\"127.0.0.1:1\"]\noutbox_days = 7\n",
    );
    machine.load_sample();
    let line = r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"1"}]}"#;
    let mut till = machine.start("sell - --json");
    let mut recorded = Vec::new();
    for _ in 0..3 {
        till.write(line);
        recorded.push(till.json());
    }
    till.end_input();
    till.ends();
    assert!(recorded.iter().all(|sale| sale["state"] == "committed"), "{recorded:?}");
    let engine = SqliteEngine::open(&machine.data().join("store.sqlite")).await.unwrap();
    for (seq, days) in [(1, "-8 days"), (2, "-6 days")] {
        let mark = "UPDATE sale_outbox SET marked_at = strftime('%Y-%m-%d %H:%M:%f', 'now', ?) WHERE seq = ?";
        engine.execute(mark, params![days, i64::from(seq)]).await.unwrap();
    }
    assert_eq!(ids(&engine).await, [1, 2, 3]);
    let mut till = machine.start("sell - --json");
    let deadline = Instant::now() + BOUND;
    while ids(&engine).await != [2, 3] {
        assert!(Instant::now() < deadline, "{:?}", ids(&engine).await);
        tokio::time::sleep(LOOK).await;
    }
    till.end_input();
    assert_eq!(till.ends(), 0);
}
