//! A sale from the keys to every place where it must be: keyed through the real loop, read from the drawn screen, then
//! found in the database by plain SQL, in the topic by another client, and on the live pane of another till.
use std::time::Duration;

use rust_decimal::Decimal;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::engine::Engine;
use rxtill::store::ports::{Outbox as _, RelayMode};
use rxtill::store::star::Store;
use rxtill::stream::admin::ensure_topics;
use rxtill::stream::settings::KafkaSettings;
use serde_json::{Value, json};

use super::stream_kafka::{settings, with_topics};
use super::support::broker::OwnBroker;
use super::support::running::{BOUND, Place, Running};
use super::support::topic::all_records;
use super::support::{TestStore, on_every_store};

/// A till's place over a store with the sample pharmacy.
pub(super) async fn place(kept: &TestStore, kafka: Option<&KafkaSettings>) -> Place {
    let mut store = Store::new(kept.another().await);
    if let Some(kafka) = kafka {
        store = store.with_sale_topic(&kafka.topic).with_audit_topic(&kafka.audit_topic);
        store.set_relay_mode(RelayMode::On).await.unwrap();
    }
    Place {
        store,
        kafka: kafka.cloned(),
        has_server: kept.has_server(),
    }
}

/// Three of a prescription-only drug with its prescriber, and one other thing: 62.00 in all.
pub(super) async fn key_the_sale(till: &mut Running) -> String {
    key_the_basket(till).await;
    till.sell_for_cash().await
}

/// The same within a minute.
pub(super) async fn key_the_sale_again(till: &mut Running) -> String {
    key_the_basket(till).await;
    till.sell_again_for_cash().await
}

async fn key_the_basket(till: &mut Running) {
    till.write("3*amoxil 250").await;
    till.press("Enter").await;
    till.write("@mwabili").await;
    till.press("Enter").await;
    till.write("panadol").await;
    till.press("Enter").await;
    till.shows("62.00").await;
}

/// The view that analysts know, as rows of the seven names of the event.
pub(super) async fn sales(engine: &dyn Engine) -> Vec<Value> {
    let sql = "SELECT emp_id, drug_id, doc_id, pharmacy_name, pharmacy_region, quantity_sold, date_sold
        FROM sales ORDER BY quantity_sold DESC";
    let rows = engine.query(sql, params![]).await.unwrap();
    let row = |row: &rxtill::store::engine::Row| {
        let quantity: Decimal = row.get(5).unwrap();
        let date: jiff::civil::Date = row.get(6).unwrap();
        json!({
            "emp_id": row.get::<i64>(0).unwrap(),
            "drug_id": row.get::<i64>(1).unwrap(),
            "doc_id": row.get::<i64>(2).unwrap(),
            "pharmacy_name": row.get::<String>(3).unwrap(),
            "pharmacy_region": row.get::<String>(4).unwrap(),
            "quantity_sold": i64::try_from(quantity).unwrap(),
            "date_sold": date.to_string(),
        })
    };
    rows.iter().map(row).collect()
}

on_every_store! {
    async fn a_sale_keyed_on_one_till_is_in_the_database_in_the_topic_and_live_on_another_till(kept: TestStore) {
        let kafka = with_topics().await;
        let here = place(&kept, Some(&kafka)).await;
        load_sample(&here.store, &SystemClock).await.unwrap();
        // Without a server each till has a store of its own: then the topic alone is between the two.
        let others = TestStore::sqlite().await;
        let there = place(if kept.has_server() { &kept } else { &others }, Some(&kafka)).await;
        if !kept.has_server() {
            load_sample(&there.store, &SystemClock).await.unwrap();
        }
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut watcher = Running::open_for_john("T02", two.path(), &there).await;
        watcher.press("F3").await;
        watcher.shows("● live").await;
        let mut till = Running::open_for_john("T01", one.path(), &here).await;

        let receipt = key_the_sale(&mut till).await;
        assert_eq!(receipt, "T01-000001");
        let sold = sales(kept.engine.as_ref()).await;
        assert_eq!(sold.len(), 2, "{sold:?}");

        watcher.shows("57.00").await;
        let live = watcher.shows("Panadol 500").await;
        for words in ["Amoxil 250", "John", "57.00", "5.00", "Mirema meds", "KES 62 "] {
            assert!(live.contains(words), "“{words}” is not on the live pane:\n{live}");
        }
        let records = all_records(&kafka);
        assert_eq!(records.len(), 2, "{records:?}");
        for (record, sold) in records.iter().zip(&sold) {
            for (name, value) in sold.as_object().unwrap() {
                assert_eq!(&record.value[name], value, "{name}");
            }
            assert_eq!(record.key, record.value["outlet_id"].to_string());
            assert_eq!((&record.value["receipt"], &record.value["doctor"]), (&json!(receipt), &json!("Mwabili")));
        }
        // Green: the store has it, and the broker has acknowledged it.
        till.shows("stream ✓   unsent 0 ✓").await;
        till.quit().await;
        watcher.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nothing_installed_a_sale_is_in_the_tills_own_store_and_live_on_its_own_pane() {
    let kept = TestStore::sqlite().await;
    let here = place(&kept, None).await;
    let folder = tempfile::tempdir().unwrap();
    let mut till = Running::open("T01", folder.path(), &here).await;
    till.shows("the sample pharmacy: 200 drugs").await;
    till.press("Enter").await;
    till.shows("who sells?").await;
    till.write("john").await;
    till.press("Enter").await;
    let receipt = key_the_sale(&mut till).await;
    till.press("F3").await;
    let live = till.shows("57.00").await;
    assert!(live.contains("Amoxil 250") && live.contains("● live"), "{live}");
    till.quit().await;
    let sold = sales(kept.engine.as_ref()).await;
    assert_eq!((sold.len(), receipt.as_str()), (2, "T01-000001"), "{sold:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_broker_dead_a_sale_is_committed_and_waits_and_nothing_is_called_sent() {
    let broker = OwnBroker::start().await;
    let kafka = broker.settings(settings());
    ensure_topics(&kafka).await.unwrap();
    let kept = TestStore::sqlite().await;
    let here = place(&kept, Some(&kafka)).await;
    load_sample(&here.store, &SystemClock).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut till = Running::open_for_john("T01", folder.path(), &here).await;
    till.shows("stream ✓").await;
    // Who sells was noted, and is published first.
    let deadline = tokio::time::Instant::now() + BOUND;
    let noted = "SELECT COUNT(*) FROM sale_outbox WHERE marked_at IS NOT NULL";
    while kept.engine.query(noted, params![]).await.unwrap()[0]
        .get::<i64>(0)
        .unwrap()
        == 0
    {
        assert!(tokio::time::Instant::now() < deadline, "it is not published");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    broker.kill();
    // The socket outlives the broker in the proxy; a client at the broker itself would see it go.
    broker.proxy.cut();

    key_the_sale(&mut till).await;
    till.shows("2 waiting").await;
    till.shows("stream away").await;
    let unmarked = || async { here.store.unmarked(&"T01".parse().unwrap(), 10).await.unwrap().len() };
    assert_eq!(unmarked().await, 2, "acknowledged by nobody");

    broker.up();
    till.shows("stream ✓   unsent 0 ✓").await;
    assert_eq!(unmarked().await, 0);
    assert_eq!(all_records(&kafka).len(), 2);
    till.quit().await;
}
