//! The contract of the change sequence: no change of the catalogue is lost to a poll (PATH 3.7).
use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rxtill::domain::dimension::Dimension;
use rxtill::params;
use rxtill::store::star::Store;
use rxtill::store::star::dimension::next_change;
use uuid::Uuid;

use super::support::office::{NOON, Office, aspirin, changed, fresh, outlet};
use super::support::{TestStore, on_every_store};

on_every_store! {
    async fn a_poll_gets_what_changed_and_only_that(store: TestStore) {
        let office = Office::of(&store);
        let first = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        assert!(first.full && first.tenders.len() == 5 && first.taxes.len() == 3 && first.doctors.len() == 1);
        let nothing = office.store.catalogue_changes((first.epoch, first.n)).await.unwrap();
        assert!(nothing.is_empty() && !nothing.full);
        office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap();
        let drug = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let both = office.store.catalogue_changes((first.epoch, first.n)).await.unwrap();
        assert_eq!((both.outlets.len(), both.drugs.len(), both.tenders.len(), both.n), (1, 1, 0, first.n + 2));
        assert_eq!(both.drugs[0].packs[1].factor, "10".parse().unwrap());
        assert_eq!(both.drugs[0].packs[1].code.as_deref(), Some("616110"));
        assert_eq!(both.outlets[0].smallest_coin, "0.5".parse().unwrap());
        let opened = office.open(Dimension::Drug, drug).await;
        office.save(Dimension::Drug, Some(&opened), &changed(&opened, Dimension::Drug, "pack_price", "105")).await.unwrap();
        let dearer = office.store.catalogue_changes((both.epoch, both.n)).await.unwrap();
        assert_eq!((dearer.drugs.len(), dearer.outlets.len()), (1, 0));
    }

    async fn another_epoch_or_a_store_behind_the_till_is_everything_anew(store: TestStore) {
        let office = Office::of(&store);
        office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap();
        let now = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        for since in [(fresh(), now.n), (now.epoch, now.n + 1)] {
            let changes = office.store.catalogue_changes(since).await.unwrap();
            assert!(changes.full && changes.outlets.len() == 1 && changes.tenders.len() == 5);
        }
    }

    async fn overlapping_writers_of_the_catalogue_lose_nothing_to_a_poll_between(store: TestStore) {
        let (office, other) = (Office::of(&store), Store::new(store.another().await));
        let start = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        let mut seen = BTreeSet::new();
        let mut since = (start.epoch, start.n);
        let mut poll = async || {
            let changes = other.catalogue_changes(since).await.unwrap();
            since = (changes.epoch, changes.n);
            seen.extend(changes.outlets.into_iter().map(|outlet| outlet.name));
            seen.len()
        };
        // The first writer has its number and its row, and is slow to commit.
        let mut slow = store.engine.begin().await.unwrap();
        let n = next_change(&mut *slow).await.unwrap();
        let at: Timestamp = NOON.parse().unwrap();
        let insert = "INSERT INTO dim_outlet (uuid, changed_n, changed_at, changed_by, name, name_key, region, time_zone,
             opening_hours, address, phone, tax_number, currency, smallest_coin, receipt_footer)
             VALUES (?, ?, ?, '', 'slow', 'slow', '', 'UTC', '', '', '', '', 'KES', ?, '')";
        slow.execute(insert, params![fresh(), n, at, Decimal::ONE]).await.unwrap();
        let quick = outlet("quick");
        let second = office.add(Dimension::Outlet, &quick);
        let rest = async {
            assert_eq!(poll().await, 0);
            slow.commit().await.unwrap();
            poll().await;
        };
        let (second, ()) = tokio::join!(second, rest);
        second.unwrap();
        assert_eq!(poll().await, 2);
    }

    async fn of_many_writers_at_once_every_change_reaches_a_poller(store: TestStore) {
        let office = Office::of(&store);
        let other = Store::new(store.another().await);
        let start = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        let names: Vec<_> = (0..12).map(|i| format!("outlet {i:02}")).collect();
        let writers = futures_util::future::join_all(names.iter().map(async |name| {
            office.add(Dimension::Outlet, &outlet(name)).await.unwrap();
        }));
        let poller = async {
            let mut seen = BTreeSet::new();
            let mut since = (start.epoch, start.n);
            while since.1 < start.n + 12 {
                let changes = other.catalogue_changes(since).await.unwrap();
                since = (changes.epoch, changes.n);
                seen.extend(changes.outlets.into_iter().map(|outlet| outlet.name));
            }
            seen
        };
        let (_, seen) = tokio::join!(writers, poller);
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), names);
    }
}
