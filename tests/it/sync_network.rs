//! Journal and sync behind a network that loses what matters most.
use std::sync::Arc;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use tokio::time::sleep;

use super::support::machine::{BOUND, Machine, said};
use super::support::shop::{COUNTED, Shop};
use super::support::{TestStore, on_every_server};

on_every_server! {
    async fn a_commit_delivered_late_after_the_next_sale_is_one_sale(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (till, proxy) = store.through_a_proxy().await;
        let machine = Machine::new("T01");
        // A clerk who waits a moment, so that the next sale is sold before the COMMIT arrives.
        machine.during(Arc::new(till), Duration::from_millis(300), |counter| async move {
            proxy.hold_requests_from(b"COMMIT; ");
            let late = counter.sell(1, &[(COUNTED, "1")]).await;
            assert_eq!(said(&late), ("T01-000001", "queued"));
            proxy.something_waits().await;
            let next = counter.sell(2, &[(COUNTED, "1")]).await;
            assert_eq!(said(&next), ("T01-000002", "queued"));
            proxy.release();
            counter.drained().await;
            let again = counter.sell(1, &[(COUNTED, "1")]).await;
            assert_eq!(said(&again), ("T01-000001", "committed"));
        }).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 2);
        assert_eq!(shop.remaining().await, Decimal::from(8));
        machine.agrees_with(shop.engine.as_ref()).await;
    }

    async fn a_commit_whose_answer_is_lost_is_one_sale_and_the_clerk_reads_committed(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (till, proxy) = store.through_a_proxy().await;
        let machine = Machine::new("T01");
        machine.during(Arc::new(till), BOUND, async |counter| {
            proxy.hold_requests_from(b"COMMIT; ");
            let lost = async {
                proxy.something_waits().await;
                proxy.hold_answers();
                proxy.release_requests();
                let begun = Instant::now();
                while shop.count("SELECT COUNT(*) FROM sales").await == 0 {
                    assert!(begun.elapsed() < BOUND, "the COMMIT was delivered");
                    sleep(Duration::from_millis(5)).await;
                }
                proxy.cut();
                proxy.release();
            };
            let (sold, ()) = tokio::join!(counter.sell(1, &[(COUNTED, "1")]), lost);
            assert_eq!((said(&sold), sold.repeated), (("T01-000001", "committed"), false));
        }).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 1);
        machine.agrees_with(shop.engine.as_ref()).await;
    }
}
