//! A database that hangs (COUNTER 3.4): its process is stopped for 20 s with every connection open, while keys are pressed.
use std::sync::Arc;
use std::time::Duration;

use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::engine::Engine;
use rxtill::store::migrate::init;
use rxtill::store::mysql::MySqlEngine;
use rxtill::store::star::Store;
use tokio::time::{Instant, sleep_until};

use super::support::init_ids;
use super::support::running::{Place, Running, parts_waiting};
use super::support::server::OwnServer;

/// How long it hangs.
const FROZEN: Duration = Duration::from_secs(20);

/// How long a clerk waits for it. Long enough that a key pressed "meanwhile" is, on a loaded machine too.
const COMMIT_WAIT: Duration = Duration::from_secs(6);

/// What was sold, by the database: drug and quantity, in the order of the receipts.
async fn sold(engine: &dyn Engine) -> Vec<String> {
    let sql = "SELECT d.name, f.quantity_sold FROM fact_sale f JOIN dim_drug d ON d.id = f.drug_id
        ORDER BY f.receipt_no, f.line_no";
    let rows = engine.query(sql, params![]).await.unwrap();
    let say = |row: &rxtill::store::engine::Row| {
        let quantity: rust_decimal::Decimal = row.get(1).unwrap();
        format!("{quantity} {}", row.get::<String>(0).unwrap())
    };
    rows.iter().map(say).collect()
}

async fn take(till: &mut Running, words: &str) {
    till.write(words).await;
    till.press("Enter").await;
}

#[tokio::test]
async fn while_the_database_hangs_no_key_is_eaten_none_replays_elsewhere_and_the_clerk_waits_once() {
    let server = OwnServer::mariadb(&[]);
    let office = MySqlEngine::new(server.settings());
    office.create_database().await.unwrap();
    init(&office, init_ids()).await.unwrap();
    let store = Store::new(Arc::new(MySqlEngine::new(server.settings())));
    load_sample(&store, &SystemClock).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        store,
        kafka: None,
        has_server: true,
    };
    let parts = parts_waiting(COMMIT_WAIT, "T01", folder.path(), &place, Arc::new(SystemClock)).await;
    let mut till = Running::made_of(parts);
    till.choose_john().await;
    take(&mut till, "panadol extra").await;
    till.sell_for_cash().await;

    server.freeze();
    let frozen = Instant::now();
    take(&mut till, "hedex").await;
    till.press("+ Enter").await;
    let asked = Instant::now();
    // The clerk waits for the answer; the next customer does not.
    till.shows("on its way").await;
    take(&mut till, "2*cetirizine").await;
    till.shows("Cetirizine 10 mg").await;
    till.press("+ Enter Enter Enter").await;
    till.shows("still on its way").await;
    till.shows("queued").await;
    // Three presses were for a sale that could not be made: they made none when it could.
    till.shows("pay  KES").await;
    till.shows("unsent 1").await;
    let waited = asked.elapsed();
    let again = Instant::now();
    till.press("Enter").await;
    till.shows("unsent 2").await;
    assert!(
        again.elapsed() < waited,
        "it is known to hang: nobody waits for it twice"
    );
    // What is typed while it hangs is on the screen, key by key, and stays there.
    take(&mut till, "3*panadol").await;
    let mut typed = String::new();
    while frozen.elapsed() < FROZEN {
        typed.push(if typed.len().is_multiple_of(2) { 'a' } else { 'b' });
        till.write(&typed[typed.len() - 1..]).await;
        till.shows(&format!("Item › {typed}")).await;
        sleep_until((Instant::now() + Duration::from_secs(1)).min(frozen + FROZEN)).await;
    }
    server.thaw();

    till.shows("unsent 0").await;
    let screen = till.shows(&format!("Item › {typed}")).await;
    assert!(
        screen.contains("3 tab"),
        "the basket that was keyed meanwhile is there:\n{screen}"
    );
    assert_eq!(sold(&office).await, ["1 Panadol Extra", "1 Hedex", "2 Cetirizine"]);
    till.press("Esc").await;
    till.quit().await;
}
