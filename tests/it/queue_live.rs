//! Parked sales through the whole till, on real servers: seen on its screen, mapped, struck, and nothing waits behind them.
use std::sync::Arc;
use std::time::Duration;

use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::star::Store;
use rxtill::store::verify::{stock, verify};
use uuid::Uuid;

use super::support::running::{Place, Running, parts_waiting};
use super::support::{TestStore, on_every_server};

/// How long a clerk waits for a database that does not answer.
const COMMIT_WAIT: Duration = Duration::from_secs(2);

/// A key that comes sooner than somebody can have read a question is no answer.
async fn read() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

on_every_server! {
    async fn what_is_parked_is_mapped_or_struck_at_the_till_and_its_numbers_are_whole(kept: TestStore) {
        load_sample(&Store::new(kept.engine.clone()), &SystemClock).await.unwrap();
        let (store, proxy) = kept.through_a_proxy().await;
        let place = Place { store, kafka: None, has_server: true };
        let folder = tempfile::tempdir().unwrap();
        let mut till = Running::made_of(parts_waiting(COMMIT_WAIT, "T01", folder.path(), &place, Arc::new(SystemClock)).await);
        till.shows("who sells?").await;
        till.write("grace").await;
        till.press("Enter").await;
        till.shows("Grace Mutua sells").await;
        proxy.refuse();
        proxy.cut();
        for (words, unsent) in [("3*hedex", "unsent 1"), ("panadol extra", "unsent 2")] {
            till.write(words).await;
            till.press("Enter + Enter").await;
            till.shows(unsent).await;
        }
        // Both drugs are other rows by now.
        let change = "UPDATE dim_drug SET uuid = ? WHERE name = ?";
        for (number, name) in [(404_u128, "Hedex"), (405, "Panadol Extra")] {
            assert_eq!(kept.engine.execute(change, params![Uuid::from_u128(number), name]).await, Ok(1));
        }
        kept.engine.execute("UPDATE change_seq SET n = n + 1", params![]).await.unwrap();
        let again = "UPDATE dim_drug SET name = 'Hedex Plus', name_key = 'hedex plus',
            changed_n = (SELECT n FROM change_seq WHERE id = 1) WHERE name = 'Hedex'";
        kept.engine.execute(again, params![]).await.unwrap();
        proxy.accept();
        till.shows("parked 2").await;
        let screen = till.shows("unsent 0").await;
        assert!(screen.contains("Ctrl+U shows them"), "{screen}");
        // Nothing waits behind them, and the drug that is known by now is sold.
        till.write("hedex plus").await;
        till.shows("Hedex Plus").await;
        // The list came up under the hand: typed again, its first row is highlighted.
        till.press("Esc").await;
        till.write("hedex plus").await;
        till.press("Enter").await;
        till.shows("1 line").await;
        till.sell_for_cash().await;

        till.press("Ctrl+U").await;
        till.shows("T01-000001").await;
        till.press("m").await;
        till.shows("line 1, Hedex").await;
        till.write("hedex").await;
        till.press("Enter").await;
        till.shows("Record T01-000001").await;
        read().await;
        till.press("y").await;
        till.shows("T01-000001 is recorded").await;
        till.shows("parked 1").await;
        till.press("x").await;
        till.write("rung up again").await;
        till.press("Enter").await;
        till.shows("Strike T01-000002").await;
        read().await;
        till.press("y").await;
        till.shows("T01-000002 is struck").await;
        till.shows("every sale of this till is in the database").await;
        till.press("F2").await;
        // What came of it is told to whoever watches the tills.
        let count = async |sql: &str| -> i64 { kept.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap() };
        till.shows("unsent 0").await;
        till.quit().await;
        assert_eq!(count("SELECT COUNT(*) FROM fact_sale").await, 2);
        assert_eq!(count("SELECT COUNT(*) FROM fact_sale WHERE receipt_no = 1 AND quantity_sold = 3").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM sale_resolved WHERE resolved_by = 'Grace Mutua, T01'").await, 2);
        assert_eq!(count("SELECT COUNT(*) FROM till_event WHERE kind = 'sale_mended'").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM till_event WHERE kind = 'sale_struck'").await, 1);
        let verdict = verify(kept.engine.as_ref(), None, None).await.unwrap().pop().unwrap();
        assert_eq!((verdict.sales, verdict.broken, verdict.parked), (3, None, vec![]));
        assert_eq!(stock(kept.engine.as_ref()).await.unwrap(), []);
    }
}
