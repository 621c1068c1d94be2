//! The live feed of a till without brokers: its own outbox.
use std::sync::Arc;
use std::time::Duration;

use rxtill::domain::event::StreamEvent;
use rxtill::runtime::clock::SystemClock;
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::stream::live::{LiveFrom, LiveOptions, LiveScope, LiveSource, LiveUpdate, StreamState, run};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::support::TestStore;
use crate::support::shop::{Shop, UNCOUNTED};

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
        from,
        scope: LiveScope::All,
        in_sight: true,
        until_end,
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
