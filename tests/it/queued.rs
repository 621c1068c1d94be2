//! A promise is kept (COUNTER 3.2): through the whole till, over a network that goes away and a store that has changed
//! its mind meanwhile.
use std::sync::Arc;
use std::time::Duration;

use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::star::Store;

use super::support::running::{Place, Running, parts_waiting};
use super::support::{TestStore, on_every_server};

/// How long a clerk waits for a database that does not answer.
const COMMIT_WAIT: Duration = Duration::from_secs(2);

on_every_server! {
    async fn what_was_once_said_queued_can_no_longer_be_refused(kept: TestStore) {
        load_sample(&Store::new(kept.engine.clone()), &SystemClock).await.unwrap();
        let (store, proxy) = kept.through_a_proxy().await;
        let place = Place { store, kafka: None, has_server: true };
        let folder = tempfile::tempdir().unwrap();
        let mut till = Running::made_of(parts_waiting(COMMIT_WAIT, "T01", folder.path(), &place, Arc::new(SystemClock)).await);
        till.choose_john().await;
        // The link goes; three are sold, and the clerk reads that they are queued.
        proxy.refuse();
        proxy.cut();
        till.write("3*panadol extra").await;
        till.press("Enter +").await;
        till.press("Enter").await;
        till.shows("queued").await;
        till.shows("unsent 1").await;
        // Asked now, the store would refuse it for each of these.
        for meanwhile in [
            "UPDATE dim_drug SET active = 0, controlled_limit = 1",
            "UPDATE stock SET remaining = 0",
            "UPDATE dim_employee SET active = 0",
            "UPDATE dim_tender SET active = 0",
            "UPDATE dim_outlet SET active = 0",
        ] {
            kept.engine.execute(meanwhile, params![]).await.unwrap();
        }
        proxy.accept();
        let screen = till.shows("unsent 0").await;
        assert!(screen.contains("committed") && !screen.contains("not sold"), "{screen}");
        let count = async |sql: &str| -> i64 { kept.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap() };
        assert_eq!(count("SELECT COUNT(*) FROM fact_sale WHERE quantity_sold = 3").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM fact_payment").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM sale_parked").await, 0);
        till.quit().await;
    }
}
