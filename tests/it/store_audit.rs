//! Audit events in the store of record, and on their way there, on every engine.
use jiff::ToSpan as _;
use rxtill::domain::audit::{AuditEvent, AuditPlace, AuditRecord};
use rxtill::domain::event::EventTopic;
use rxtill::params;
use rxtill::store::error::StoreError;
use rxtill::store::ports::{KeptEvent, Outbox as _, Oversell, SaleStore as _};
use rxtill::store::sync::SaleOutcome;
use uuid::Uuid;

use super::support::machine::{BOUND, Machine, Switch};
use super::support::shop::{Shop, UNCOUNTED, asked_for, row};
use super::support::{TestStore, on_every_store};

fn record(id: u128, seq: u64) -> AuditRecord {
    let place = AuditPlace {
        till: "T01".parse().unwrap(),
        series: 1,
        seq,
    };
    AuditRecord::new(Uuid::from_u128(id), place, asked_for("3"))
}

on_every_store! {
    async fn an_event_is_kept_once_with_its_row_in_the_outbox_and_changes_no_reader_of_sales(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut till = shop.till("T01").await;
        shop.store.commit(&till.sell(&[(UNCOUNTED, "1"), (UNCOUNTED, "2")]), Oversell::Refuse).await.unwrap();
        assert_eq!(shop.store.keep_event(&record(1, 1)).await, Ok(KeptEvent::Kept { after: 0 }));
        assert_eq!(shop.store.keep_event(&record(1, 1)).await, Ok(KeptEvent::Known));
        assert_eq!(shop.store.keep_event(&record(2, 2)).await, Ok(KeptEvent::Kept { after: 1 }));
        assert_eq!(shop.store.keep_event(&record(3, 2)).await, Ok(KeptEvent::NumberTaken { newest: 2 }));
        assert_eq!(
            shop.store.keep_event(&record(1, 3)).await,
            Ok(KeptEvent::Elsewhere { there: (1, 1), newest: (2, 2) })
        );
        let mut of_another = record(1, 1);
        of_another.place.till = "T02".parse().unwrap();
        assert_eq!(shop.store.keep_event(&of_another).await, Ok(KeptEvent::Known), "it holds up nothing");
        assert_eq!(shop.count("SELECT COUNT(*) FROM till_event").await, 2);
        assert_eq!(shop.store.newest_events(&till.till).await.unwrap(), [(1, 2)]);

        let waiting = shop.store.unmarked(&till.till, 10).await.unwrap();
        assert_eq!(waiting.len(), 4);
        let audit: Vec<_> = waiting.iter().filter(|row| row.topic == "pharmacy-till-audit").collect();
        assert_eq!(audit.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2]);
        let event = AuditEvent::read(Some(audit[0].payload.as_bytes())).unwrap();
        assert_eq!((event.key(), event.seq, event.happening.kind()), (audit[0].key.clone(), 1, "asked_for"));
        assert_eq!((event.emp_id.is_some(), event.employee.as_deref()), (true, Some("John")));
        let resting = ["pharmacy-till-audit".to_owned()];
        let sales = shop.store.unmarked_but(&till.till, &resting, 10).await.unwrap();
        assert!(sales.iter().all(|row| row.topic == "pharmacy-sales") && sales.len() == 2);

        // Sales are followed by their own numbers.
        assert_eq!(shop.store.newest(&till.till, EventTopic::Sales).await.unwrap(), (1, 2));
        let followed = shop.store.after(&till.till, EventTopic::Sales, (1, 1), 10).await.unwrap();
        assert_eq!(followed.iter().map(|row| (&*row.topic, row.seq)).collect::<Vec<_>>(), [("pharmacy-sales", 2)]);
        shop.store.keep_event(&record(4, 3)).await.unwrap();
        assert_eq!(shop.store.newest(&till.till, EventTopic::Audit).await.unwrap(), (1, 3));
        let followed = shop.store.after(&till.till, EventTopic::Audit, (1, 1), 10).await.unwrap();
        let places: Vec<_> = followed.iter().map(|row| (&*row.topic, row.seq)).collect();
        assert_eq!(places, [("pharmacy-till-audit", 2), ("pharmacy-till-audit", 3)]);
        assert_eq!(shop.store.waiting().await.unwrap()[0].events, 5);
        let lease = shop.store.take_lease(&till.till, "relay", 60).await.unwrap().unwrap();
        let ids: Vec<_> = waiting.iter().map(|row| row.id).collect();
        assert_eq!(shop.store.mark(&lease, &ids).await.unwrap(), 4);
        shop.engine.execute("UPDATE sale_outbox SET marked_at = '2020-01-01 00:00:00.000'", params![]).await.unwrap();
        assert_eq!(shop.store.purge(1).await.unwrap(), 5);
        assert_eq!(shop.count("SELECT COUNT(*) FROM till_event").await, 3, "the events themselves are kept for good");
    }

    async fn an_event_of_an_outlet_that_nobody_knows_can_never_be_held(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut unknown = record(1, 1);
        unknown.noted.outlet.id = Uuid::from_u128(99);
        let refused = shop.store.keep_event(&unknown).await;
        assert!(matches!(refused, Err(StoreError::Permanent(_))), "{refused:?}");
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale_outbox").await, 0);
    }

    async fn how_often_a_drug_was_asked_for_of_late_is_beside_it(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        for (id, days) in [(1, 40), (2, 20), (3, 1)] {
            let mut asked = record(id, u64::try_from(id).unwrap());
            asked.noted.at -= (days * 24).hours();
            shop.store.keep_event(&asked).await.unwrap();
        }
        let ask = "SELECT id FROM dim_drug WHERE uuid = ?";
        let drug: i64 = shop.engine.query(ask, params![row(5)]).await.unwrap()[0].get(0).unwrap();
        let now = asked_for("1").at;
        let asked = shop.store.beside_drug(drug, 1, now).await.unwrap().unwrap().asked.unwrap();
        assert_eq!(asked.times, 2);
        assert_eq!(asked.last, Some((now - 24.hours(), "Mirema meds".to_owned())));
    }

    async fn a_tills_events_reach_the_store_beside_its_sales_and_a_restored_journal_repeats_no_number(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        machine.open(&shop.store, |counter| async move {
            counter.note(1, "1").await;
            counter.sell(1, &[(UNCOUNTED, "1")]).await;
            counter.drained().await;
        }).await;
        let image = machine.image();
        machine.open(&shop.store, |counter| async move {
            counter.note(2, "1").await;
            counter.note(3, "1").await;
            counter.sell(2, &[(UNCOUNTED, "1")]).await;
            counter.drained().await;
        }).await;
        machine.restore(&image);
        let switch = Switch::over(&shop.store);
        let away = switch.clone();
        machine.during(switch, BOUND, |counter| async move {
            // Before the till can know that the store is ahead of it.
            away.turn(true);
            counter.note(4, "1").await;
            assert_eq!(counter.sell(3, &[(UNCOUNTED, "1")]).await.state, SaleOutcome::Queued);
            away.turn(false);
            counter.drained().await;
            counter.note(5, "1").await;
            counter.drained().await;
        }).await;
        let rows = shop.engine.query("SELECT series, seq, event_id FROM till_event ORDER BY series, seq", params![]).await.unwrap();
        let kept: Vec<(i64, i64, u128)> = rows
            .iter()
            .map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get::<Uuid>(2).unwrap().as_u128()))
            .collect();
        // The sale moved to the next series, where the numbers begin anew; what was noted before goes behind its own.
        assert_eq!(kept, [(1, 1, 1), (1, 2, 2), (1, 3, 3), (1, 4, 4), (2, 1, 5)]);
        machine.agrees_with(shop.engine.as_ref()).await;
    }
}
