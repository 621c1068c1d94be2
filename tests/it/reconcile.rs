//! The store against its topic, event by event, on every store and a real broker.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rskafka::client::ClientBuilder;
use rxtill::domain::reconcile::{Edge, Period};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::reconcile::{List, ReconcileError, Reconciliation, Sent, reconcile, send};
use rxtill::store::ports::{Outbox as _, OutboxRow, SaleStore as _};
use rxtill::stream::admin::{TopicOutcome, TopicReport, ensure_topics};
use rxtill::stream::producer::Producer as _;
use uuid::Uuid;

use super::witness::Published;
use crate::support::shop::{COUNTED, UNCOUNTED};
use crate::support::topic::all_records;
use crate::support::{TestStore, on_every_store};

/// What was found, in a form that tests compare.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    database: u64,
    topic: u64,
    repeated: u64,
    waiting: u64,
    expired: u64,
    parked: u64,
    others: u64,
    missing: Vec<Uuid>,
    extra: Vec<Uuid>,
    different: Vec<Uuid>,
}

fn ids(list: &List) -> Vec<Uuid> {
    let names = list.names().unwrap();
    names.map(|named: io::Result<_>| named.unwrap().event_id).collect()
}

impl From<&Reconciliation> for Found {
    fn from(found: &Reconciliation) -> Self {
        let counts = found.counts;
        Self {
            database: counts.database,
            topic: counts.topic,
            repeated: counts.repeated,
            waiting: counts.waiting,
            expired: counts.expired,
            parked: counts.parked,
            others: found.others,
            missing: ids(&found.missing),
            extra: ids(&found.extra),
            different: ids(&found.different),
        }
    }
}

impl Published {
    async fn compare(&self, period: Period) -> Result<Reconciliation, ReconcileError> {
        let folder = tempfile::tempdir().unwrap();
        let (engine, clock) = (self.shop.engine.as_ref(), Arc::new(SystemClock));
        let found = reconcile(engine, &self.settings, clock, (folder.path(), period), |_| ()).await;
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        found
    }

    async fn found(&self) -> Found {
        Found::from(&self.compare(Period::default()).await.unwrap())
    }

    async fn republish(&self, found: &Reconciliation, patience: Duration) -> Sent {
        let (store, topic) = (&self.shop.store, &self.settings.topic);
        let doors = (self.shop.engine.as_ref(), store as _, &self.producer as _);
        send(doors, (topic, "reconcile 1"), &found.missing, patience, |_| ())
            .await
            .unwrap()
    }

    /// Of the till's events in the topic, the numbers in the order in which they stand there.
    fn seqs(&self) -> Vec<u64> {
        let records = all_records(&self.settings);
        records
            .iter()
            .map(|record| record.value["seq"].as_u64().unwrap())
            .collect()
    }
}

on_every_store! {
    async fn what_waits_or_is_parked_or_repeated_is_not_missing(store: TestStore) {
        let mut published = Published::begin(&store).await;
        assert_eq!(published.found().await, Found::default());
        published.sell(&[(UNCOUNTED, "2"), (COUNTED, "3")]).await;
        published.sell(&[(COUNTED, "1")]).await;
        let rows = published.publish().await;
        published.producer.produce(&rows).await.unwrap();
        let foreign = OutboxRow { payload: "none of ours".to_owned(), ..rows[0].clone() };
        published.producer.produce(&[foreign]).await.unwrap();
        let parked = published.till.sell(&[(UNCOUNTED, "1"), (COUNTED, "1")]);
        published.shop.store.park(&parked, "for the test").await.unwrap();
        published.sell(&[(COUNTED, "1")]).await;
        let clean = Found { database: 4, topic: 3, repeated: 3, waiting: 1, parked: 2, others: 1, ..Found::default() };
        assert_eq!(published.found().await, clean);
        // What was published and purged is known by its rows alone.
        published.shop.engine.execute("DELETE FROM sale_outbox WHERE marked_at IS NOT NULL", params![]).await.unwrap();
        assert_eq!(published.found().await, clean);
        // Once mended it waits, and then it is there, late.
        published.shop.store.mend(&parked, "test").await.unwrap();
        assert_eq!(published.found().await, Found { database: 6, waiting: 3, parked: 0, ..clean });
        published.publish().await;
        let late = Found { database: 6, topic: 6, repeated: 3, others: 1, ..Found::default() };
        assert_eq!(published.found().await, late);
    }

    async fn what_is_missing_extra_or_different_is_named_and_what_is_missing_is_sent_again(store: TestStore) {
        let mut published = Published::begin(&store).await;
        published.sell(&[(UNCOUNTED, "2")]).await;
        let first = published.publish().await;
        // Two that the brokers acknowledged, and have not.
        published.sell(&[(UNCOUNTED, "3"), (COUNTED, "1")]).await;
        let lost = published.unmarked().await;
        published.mark(&lost).await;
        // One that was changed on its way.
        published.sell(&[(UNCOUNTED, "4")]).await;
        let mut changed = published.unmarked().await;
        changed[0].payload = changed[0].payload.replace("\"Mirema meds\"", "\"Kilifi Bay\"");
        published.producer.produce(&changed).await.unwrap();
        published.mark(&changed).await;
        // And one that no till made.
        let made_up = Uuid::from_u128(66);
        let payload = first[0].payload.replace("\"T01\"", "\"T09\"").replace(&first[0].id.to_string(), &made_up.to_string());
        let put_in = OutboxRow { payload, ..first[0].clone() };
        published.producer.produce(&[put_in.clone(), put_in]).await.unwrap();
        let all = published.compare(Period::default()).await.unwrap();
        let wrong = Found {
            database: 4,
            topic: 3,
            repeated: 1,
            missing: lost.iter().map(|row| row.id).collect(),
            extra: vec![made_up],
            different: vec![changed[0].id],
            ..Found::default()
        };
        assert_eq!(Found::from(&all), wrong);
        let names: Vec<String> = all.missing.names().unwrap().map(|named| named.unwrap().to_string()).collect();
        assert_eq!(names, ["T01-000002 line 1", "T01-000002 line 2"]);
        let sent = published.republish(&all, Duration::ZERO).await;
        assert_eq!((sent.events, sent.unsent), (2, Vec::new()));
        let mended = Found { topic: 5, missing: Vec::new(), ..wrong };
        assert_eq!(published.found().await, mended);
    }

    async fn what_the_brokers_deleted_by_age_is_expired_and_not_missing(store: TestStore) {
        let mut published = Published::begin(&store).await;
        for quantity in ["1", "2", "3"] {
            published.sell(&[(UNCOUNTED, quantity)]).await;
            published.publish().await;
        }
        published.sell(&[(UNCOUNTED, "4")]).await;
        let lost = published.unmarked().await;
        published.mark(&lost).await;
        published.delete_before(2).await;
        let found = Found { database: 4, topic: 1, expired: 2, missing: vec![lost[0].id], ..Found::default() };
        assert_eq!(published.found().await, found);
    }

    async fn a_topic_that_was_made_again_lacks_everything_until_it_is_sent_again_in_order_under_the_lease(store: TestStore) {
        let mut published = Published::begin(&store).await;
        for _ in 0..4 {
            published.sell(&[(UNCOUNTED, "1"), (COUNTED, "1")]).await;
        }
        let rows = published.publish().await;
        published.sell(&[(UNCOUNTED, "9")]).await;
        let client = ClientBuilder::new(published.settings.brokers.clone()).build().await.unwrap();
        let controller = client.controller_client().unwrap();
        controller.delete_topic(&published.settings.topic, 10_000).await.unwrap();
        // It is gone a moment after the controller has said so.
        let is_made = |reports: Vec<TopicReport>| reports.iter().any(|report| report.outcome == TopicOutcome::Made);
        while !is_made(ensure_topics(&published.settings).await.unwrap()) {}
        let all = published.compare(Period::default()).await.unwrap();
        let lost = Found { database: 9, waiting: 1, missing: rows.iter().map(|row| row.id).collect(), ..Found::default() };
        assert_eq!(Found::from(&all), lost);
        // A relay is at work for this till: nothing is sent past it.
        let till = published.till.till.clone();
        let theirs = published.shop.store.take_lease(&till, "a relay", 60).await.unwrap().unwrap();
        let sent = published.republish(&all, Duration::ZERO).await;
        assert_eq!((sent.events, sent.unsent[0].events), (0, 8));
        assert!(sent.unsent[0].reason.contains("another relay"), "{sent:?}");
        assert_eq!(published.seqs(), Vec::<u64>::new());
        published.shop.store.release_lease(&theirs).await.unwrap();
        let sent = published.republish(&all, Duration::ZERO).await;
        assert_eq!((sent.events, sent.unsent.len()), (8, 0));
        assert_eq!(published.seqs(), (1..=8).collect::<Vec<_>>());
        // The lease was handed back; what waited goes its own way, and nothing was marked or unmarked.
        assert_eq!(published.unmarked().await.len(), 1);
        published.publish().await;
        assert_eq!(published.found().await, Found { database: 9, topic: 9, ..Found::default() });
    }

    async fn a_period_leaves_out_the_same_sales_on_both_sides(store: TestStore) {
        let mut published = Published::begin(&store).await;
        published.sell(&[(UNCOUNTED, "1")]).await;
        published.publish().await;
        published.sell(&[(UNCOUNTED, "2")]).await;
        published.mark(&published.unmarked().await).await;
        let event: serde_json::Value = all_records(&published.settings)[0].value.clone();
        let day: Edge = event["date_sold"].as_str().unwrap().parse().unwrap();
        let moment: Edge = event["sold_at"].as_str().unwrap().parse().unwrap();
        for (since, until, database) in [
            (Some(day), Some(day), 2),
            (Some(moment), None, 2),
            (None, Some(moment), 0),
            (None, Some("2001-01-01".parse().unwrap()), 0),
        ] {
            let found = Found::from(&published.compare(Period { since, until }).await.unwrap());
            assert_eq!((found.database, found.topic, found.missing.len() as u64), (database, database / 2, database / 2));
        }
    }

    async fn events_out_of_their_order_in_the_store_are_an_altered_chain_and_said_to_be(store: TestStore) {
        let mut published = Published::begin(&store).await;
        let first = published.sell(&[(UNCOUNTED, "1")]).await;
        let second = published.sell(&[(UNCOUNTED, "2")]).await;
        published.publish().await;
        for (number, record) in [(9_i64, &first), (1, &second), (2, &first)] {
            let swap = "UPDATE sale SET receipt_no = ? WHERE sale_id = ?";
            published.shop.engine.execute(swap, params![number, record.sale_id()]).await.unwrap();
        }
        let error = published.compare(Period::default()).await.err().unwrap().to_string();
        assert!(error.contains("T01-000002") && error.contains("rxtill verify"), "{error}");
    }

    async fn an_altered_sale_is_different_and_its_removed_row_leaves_an_extra_event(store: TestStore) {
        let mut published = Published::begin(&store).await;
        let first = published.sell(&[(UNCOUNTED, "1")]).await;
        let second = published.sell(&[(UNCOUNTED, "2"), (COUNTED, "1")]).await;
        let rows = published.publish().await;
        let altered = "UPDATE sale SET bytes = ? WHERE sale_id = ?";
        published.shop.engine.execute(altered, params![b"nonsense".to_vec(), first.sale_id()]).await.unwrap();
        let removed = "DELETE FROM fact_sale WHERE sale_id = ? AND line_no = 2";
        published.shop.engine.execute(removed, params![second.sale_id()]).await.unwrap();
        let found = published.found().await;
        assert_eq!((found.different, found.extra), (vec![rows[0].id, rows[1].id], vec![rows[2].id]));
    }
}
