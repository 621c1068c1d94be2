//! Journal and sync over every store: what a stand-in shows of them is true of real databases too.
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use rxtill::params;
use rxtill::store::error::Refusal;
use rxtill::store::journal::SaleState;
use rxtill::store::star::Store;
use rxtill::store::sync::{Notice, SaleOutcome};
use uuid::Uuid;

use super::support::machine::{BOUND, Machine, Switch, said};
use super::support::shop::{COUNTED, Shop, UNCOUNTED};
use super::support::{TestStore, on_every_store};

/// The database as it was when the first `kept` receipts of series 1 were in it.
async fn restore_the_database(shop: &Shop, kept: i64) {
    let taken: Decimal = shop
        .engine
        .query(
            "SELECT SUM(quantity) FROM stock_movement WHERE sale_id IN (SELECT sale_id FROM sale WHERE receipt_no > ?)",
            params![kept],
        )
        .await
        .unwrap()[0]
        .get(0)
        .unwrap();
    let mut tx = shop.engine.begin().await.unwrap();
    tx.execute("UPDATE stock SET remaining = remaining - ?", params![taken])
        .await
        .unwrap();
    for table in ["sale_outbox", "fact_payment", "fact_sale", "stock_movement", "sale"] {
        let lost = match table {
            "sale_outbox" => "id IN (SELECT event_id FROM fact_sale WHERE receipt_no > ?)",
            "sale" => "receipt_no > ?",
            _ => "sale_id IN (SELECT sale_id FROM sale WHERE receipt_no > ?)",
        };
        let sql = format!("DELETE FROM {table} WHERE {lost}");
        tx.execute(&sql, params![kept]).await.unwrap();
    }
    let last = tx
        .query("SELECT hash, sale_id FROM sale WHERE receipt_no = ?", params![kept])
        .await
        .unwrap();
    let (hash, id): (String, Uuid) = (last[0].get(0).unwrap(), last[0].get(1).unwrap());
    tx.execute(
        "UPDATE till_head SET receipt_no = ?, hash = ?, sale_id = ?",
        params![kept, hash, id],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

on_every_store! {
    async fn a_restored_journal_goes_on_in_another_series_and_sells_nothing_twice(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        machine.open(&shop.store, |counter| async move { counter.sell(1, &[(COUNTED, "1")]).await }).await;
        let image = machine.image();
        machine.open(&shop.store, |counter| async move {
            for id in 2..=4 {
                assert_eq!(counter.sell(id, &[(COUNTED, "1")]).await.state, SaleOutcome::Committed);
            }
        }).await;
        machine.restore(&image);
        let switch = Switch::over(&shop.store);
        let away = Arc::clone(&switch);
        machine.during(switch, BOUND, |mut counter| async move {
            // Sold again with the database away: this journal does not know better.
            away.turn(true);
            for (id, count) in [(3, "1"), (4, "2"), (5, "1")] {
                assert_eq!(counter.sell(id, &[(COUNTED, count)]).await.state, SaleOutcome::Queued);
            }
            away.turn(false);
            counter.drained().await;
            let again = counter.sell(2, &[(COUNTED, "1")]).await;
            assert_eq!((said(&again), again.repeated), (("T01-000002", "committed"), true));
            let next = counter.sell(6, &[(COUNTED, "1")]).await;
            assert_eq!(said(&next), ("T01.2-000004", "committed"));
            let heard = counter.heard();
            assert!(heard.iter().any(|n| matches!(n, Notice::NewSeries { series: 2, moved: 3, .. })), "{heard:?}");
            let parked = |n: &Notice| matches!(n, Notice::Parked { receipt, .. } if receipt == "T01-000003");
            assert!(heard.iter().any(parked), "other content under a known id waits for a person: {heard:?}");
            let state = async |id| counter.journal.sale(Uuid::from_u128(id)).await.unwrap().unwrap().state;
            assert_eq!(state(3).await, SaleState::Committed);
            assert!(matches!(state(4).await, SaleState::Parked(_)));
        }).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 6);
        assert_eq!(shop.remaining().await, Decimal::from(4));
        machine.agrees_with(shop.engine.as_ref()).await;
    }

    async fn a_restored_database_is_filled_again_and_receipts_are_kept(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        let receipts = machine.open(&shop.store, |counter| async move {
            let mut receipts = Vec::new();
            for id in 1..=5 {
                receipts.push(counter.sell(id, &[(COUNTED, "1"), (UNCOUNTED, "1")]).await.receipt.unwrap());
            }
            receipts
        }).await;
        let before = shop.footprint().await;
        restore_the_database(&shop, 2).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale").await, 2);
        machine.open(&shop.store, |mut counter| async move {
            counter.drained().await;
            assert_eq!(counter.heard(), [Notice::UploadedAgain { sales: 3 }]);
            for (id, before) in (1..=5).zip(receipts) {
                let again = counter.sell(id, &[(COUNTED, "1"), (UNCOUNTED, "1")]).await;
                assert_eq!((again.receipt, again.state), (Some(before), SaleOutcome::Committed));
            }
        }).await;
        assert_eq!(shop.footprint().await, before);
        assert_eq!(shop.remaining().await, Decimal::from(5));
        machine.agrees_with(shop.engine.as_ref()).await;
    }

    async fn the_same_sale_keyed_at_two_tills_is_one_and_of_the_other_it_is_told_that_its_number_was_struck(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (one, two) = (Machine::new("T01"), Machine::new("T02"));
        let (link, database) = (Switch::over(&shop.store), shop.store.clone());
        two.during(link.clone(), Duration::from_millis(300), |counter| async move {
            // Keyed while the second till is cut off, and then at the first as well.
            link.turn(true);
            assert_eq!(said(&counter.sell(1, &[(COUNTED, "2")]).await), ("T02-000001", "queued"));
            let first = one.open(&database, |counter| async move { counter.sell(1, &[(COUNTED, "2")]).await }).await;
            assert_eq!(said(&first), ("T01-000001", "committed"));
            link.turn(false);
            counter.drained().await;
        }).await;
        let taken = shop.remaining().await;
        assert_eq!(taken, Decimal::from(8), "it was sold once");
        let told = "SELECT payload FROM till_event WHERE till_id = 'T02' AND kind = 'sale_struck'";
        let told = store.engine.query(told, params![]).await.unwrap();
        assert_eq!(told.len(), 1);
        let told: serde_json::Value = serde_json::from_str(&told[0].get::<String>(0).unwrap()).unwrap();
        let details = &told["details"];
        assert_eq!((&details["receipt"], &details["first_seq"]), (&"T02-000001".into(), &1.into()), "{told}");
        assert!(details["reason"].as_str().unwrap().contains("T01-000001"), "{told}");
        two.agrees_with(shop.engine.as_ref()).await;
    }

    async fn two_tills_and_the_last_unit(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let other = Store::new(store.another().await);
        let (one, two) = (Machine::new("T01"), Machine::new("T02"));
        let sells = |machine: Machine, store: Store, id: u128| async move {
            machine.open(&store, |counter| async move {
                let last = counter.sell(id, &[(COUNTED, "10")]).await;
                (last, counter.sell(id + 1, &[(UNCOUNTED, "1")]).await)
            }).await
        };
        let (a, b) = tokio::join!(sells(one, shop.store.clone(), 10), sells(two, other, 20));
        let (sold, refused): (Vec<_>, Vec<_>) = [a, b].into_iter().partition(|(last, _)| last.state == SaleOutcome::Committed);
        assert_eq!((sold.len(), refused.len()), (1, 1));
        let short = |state: &SaleOutcome| matches!(state, SaleOutcome::Refused(Refusal::ShortStock { .. }));
        assert!(short(&refused[0].0.state), "{refused:?}");
        assert!(said(&sold[0].1).0.ends_with("-000002") && said(&refused[0].1).0.ends_with("-000001"));
        assert_eq!(shop.remaining().await, Decimal::ZERO);
    }
}
