//! The live feed of a till without brokers: its own outbox.
use std::sync::Arc;
use std::time::Duration;

use rxtill::domain::audit::{AuditPlace, AuditRecord};
use rxtill::domain::event::EventTopic::{self, Audit, Sales};
use rxtill::domain::event::StreamEvent;
use rxtill::domain::sightings::Offsets;
use rxtill::runtime::clock::SystemClock;
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::stream::live::{LiveFrom, LiveOptions, LiveSource, LiveUpdate, StreamState, run};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::TestStore;
use crate::support::shop::{Shop, UNCOUNTED, asked_for};

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_till_without_brokers_follows_its_own_outbox() {
    let test_store = TestStore::sqlite().await;
    let shop = Shop::open(&test_store.engine).await;
    let mut till = shop.till("T01").await;
    let first = till.sell(&[(UNCOUNTED, "1"), (UNCOUNTED, "2")]);
    shop.store.commit(&first, Oversell::Refuse).await.unwrap();

    let wake = Arc::new(Notify::new());
    let source = LiveSource::Outbox {
        outbox: Arc::new(shop.store.clone()),
        till: till.till.clone(),
        wake: Arc::clone(&wake),
    };
    let options = |from, until_end| LiveOptions {
        until_end,
        ..LiveOptions::sales(from)
    };
    let feed = |options, updates| {
        let (_, commanded) = mpsc::channel(1);
        let clock = Arc::new(SystemClock);
        run(
            source.clone(),
            options,
            commanded,
            updates,
            clock,
            std::future::pending(),
        )
    };

    let (updates, mut told) = mpsc::channel(16);
    timeout(BOUND, feed(options(LiveFrom::Beginning, true), updates))
        .await
        .unwrap();
    assert_eq!(seqs_until_end(&mut told).await, [1, 2]);

    let (updates, mut told) = mpsc::channel(16);
    let selling = async {
        while told.recv().await.unwrap() != LiveUpdate::State(StreamState::Live) {}
        let next = till.sell(&[(UNCOUNTED, "1")]);
        shop.store.commit(&next, Oversell::Refuse).await.unwrap();
        wake.notify_one();
        let came = told.recv().await.unwrap();
        let LiveUpdate::Records(records) = came else {
            panic!("{came:?}")
        };
        assert_eq!(records.len(), 1, "what was there before is not now");
        assert_eq!(records[0].offset, 3);
    };
    tokio::select! {
        () = feed(options(LiveFrom::Now, false), updates) => panic!("the feed ended by itself"),
        done = timeout(BOUND, selling) => done.unwrap(),
    }
}

#[tokio::test]
async fn its_audit_events_come_beside_its_sales_and_a_reader_goes_on_where_it_was() {
    let test_store = TestStore::sqlite().await;
    let shop = Shop::open(&test_store.engine).await;
    let mut till = shop.till("T01").await;
    for _ in 0..2 {
        let sale = till.sell(&[(UNCOUNTED, "1")]);
        shop.store.commit(&sale, Oversell::Refuse).await.unwrap();
    }
    for (series, seq) in [(1, 1), (1, 2), (2, 1)] {
        let place = AuditPlace {
            till: till.till.clone(),
            series,
            seq,
        };
        let id = Uuid::from_u128(u128::from(series) * 10 + u128::from(seq));
        let record = AuditRecord::new(id, place, asked_for("1"));
        shop.store.keep_event(&record).await.unwrap();
    }
    let source = LiveSource::Outbox {
        outbox: Arc::new(shop.store.clone()),
        till: till.till.clone(),
        wake: Arc::new(Notify::new()),
    };
    let read = async |resume: Offsets| {
        let options = LiveOptions {
            topics: vec![Sales, Audit],
            resume,
            until_end: true,
            ..LiveOptions::sales(LiveFrom::Beginning)
        };
        let (updates, mut told) = mpsc::channel(16);
        let (_, commanded) = mpsc::channel(1);
        let clock = Arc::new(SystemClock);
        let feed = run(
            source.clone(),
            options,
            commanded,
            updates,
            clock,
            std::future::pending(),
        );
        timeout(BOUND, feed).await.unwrap();
        let mut read = Vec::new();
        while let Some(update) = told.recv().await {
            if let LiveUpdate::Records(records) = update {
                assert!(records.iter().all(|record| record.event.is_ok()));
                read.extend(records.iter().map(|record| (record.topic, record.offset)));
            }
        }
        read
    };
    let all = read(Offsets::new()).await;
    let second_series = (1 << 40) + 1;
    let expected = [(Sales, 1), (Sales, 2), (Audit, 1), (Audit, 2), (Audit, second_series)];
    assert_eq!(all, expected);
    let next = |place: (EventTopic, i64)| ((place.0, 0), place.1 + 1);
    assert_eq!(
        read(Offsets::from([next(all[0]), next(all[3])])).await,
        [all[1], all[4]]
    );
    assert_eq!(read(Offsets::from([next(all[1]), next(all[4])])).await, []);
}

async fn seqs_until_end(told: &mut mpsc::Receiver<LiveUpdate>) -> Vec<u64> {
    let mut seqs = Vec::new();
    while let Some(update) = told.recv().await {
        let LiveUpdate::Records(records) = update else { continue };
        for record in records {
            let Ok(StreamEvent::Sale(sale)) = record.event else {
                continue;
            };
            seqs.push(sale.seq);
        }
    }
    seqs
}
