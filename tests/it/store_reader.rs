//! The leases of readers and the store's sales as events, on every store.
use rxtill::domain::event::{RowIds, SaleEvent};
use rxtill::domain::seen::SeenSeqs;
use rxtill::store::ports::totals::{Checkpoint, Numbers, ReaderLeases as _, SoldEvents as _};
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::store::star::Store;

use super::support::shop::{COUNTED, Shop, UNCOUNTED};
use super::support::{TestStore, on_every_store};

const READER: &str = "totals/pharmacy-sales";

on_every_store! {
    async fn a_partition_is_one_readers_until_its_lease_ends_and_the_epoch_tells_that_it_changed_hands(store: TestStore) {
        let (a, b) = (Store::new(store.engine.clone()), Store::new(store.another().await));
        let (ours, checkpoint) = a.take_partition(READER, 2, "a", 60).await.unwrap().unwrap();
        assert_eq!((ours.epoch, checkpoint), (1, None));
        assert_eq!(b.take_partition(READER, 2, "b", 60).await, Ok(None));
        assert!(b.take_partition(READER, 1, "b", 60).await.unwrap().is_some(), "another partition");
        assert!(b.take_partition("totals/others", 2, "b", 60).await.unwrap().is_some(), "another topic");
        let (again, _) = a.take_partition(READER, 2, "a", 60).await.unwrap().unwrap();
        assert_eq!(again, ours, "nobody else has published in between");
        let left = Checkpoint {
            next: 41,
            numbers: vec![Numbers {
                partition: 2,
                till: "T01".to_owned(),
                series: 1,
                seen: SeenSeqs::from_intervals([(1, 30), (32, 40)]),
            }],
            pairs: 3,
        };
        assert_eq!(a.renew_partition(&ours, 60, Some(&left)).await, Ok(true));
        assert_eq!(a.renew_partition(&ours, 0, None).await, Ok(true), "handed back");
        let (theirs, found) = b.take_partition(READER, 2, "b", 60).await.unwrap().unwrap();
        assert_eq!((theirs.epoch, found), (2, Some(left)));
        assert_eq!(a.renew_partition(&ours, 60, None).await, Ok(false), "it is lost");
        assert_eq!(a.take_partition(READER, 2, "a", 60).await, Ok(None));
    }

    async fn the_stores_sales_are_read_as_the_events_that_they_are_in_the_topic(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut till = shop.till("T01").await;
        let mut expected: Vec<SaleEvent> = Vec::new();
        for n in 0..3 {
            let record = till.sell(&[(UNCOUNTED, "2"), (COUNTED, "1")]);
            if n == 1 {
                shop.store.park(&record, "for the test").await.unwrap();
                continue;
            }
            shop.store.commit(&record, Oversell::Record).await.unwrap();
            let ids = RowIds { outlet: 1, employee: 2, doctor: 5, drugs: vec![13, 14] };
            expected.extend(SaleEvent::of(&record, &ids));
        }
        let series = shop.store.sold_series().await.unwrap();
        assert_eq!(series, [(till.till.clone(), 1)]);
        let (events, last) = shop.store.sold_after(&series[0], 0).await.unwrap().unwrap();
        let numbers = |events: &[SaleEvent]| events.iter().map(|e| (e.seq, e.drug_id, e.line_total.clone())).collect::<Vec<_>>();
        assert_eq!((numbers(&events), last), (numbers(&expected), 3));
        assert_eq!(events[0].pharmacy_name, expected[0].pharmacy_name);
        assert_eq!(shop.store.sold_after(&series[0], last).await, Ok(None));
    }
}
