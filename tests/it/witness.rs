//! The topic as a witness: what was changed in the store behind the till's back disagrees with what was published.
use std::sync::Arc;

use rskafka::client::ClientBuilder;
use rskafka::client::partition::UnknownTopicHandling;
use rxtill::domain::sale::SaleRecord;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::witness::{Testimony, hear};
use rxtill::store::ports::{Outbox as _, OutboxRow, Oversell, SaleStore as _};
use rxtill::store::verify::verify;
use rxtill::stream::partitioner::partition_of;
use rxtill::stream::producer::{KafkaProducer, Producer as _};
use rxtill::stream::settings::KafkaSettings;
use uuid::Uuid;

use super::stream_kafka::with_topics;
use crate::support::shop::{COUNTED, Chain, Shop, UNCOUNTED};
use crate::support::{TestStore, on_every_store};

/// A till whose sales are in the store and in a topic of its own.
pub struct Published {
    pub shop: Shop,
    pub till: Chain,
    pub settings: KafkaSettings,
    pub producer: KafkaProducer,
}

impl Published {
    pub async fn begin(store: &TestStore) -> Self {
        let settings = with_topics().await;
        let mut shop = Shop::open(&store.engine).await;
        shop.store = shop.store.with_sale_topic(&settings.topic);
        let till = shop.till("T01").await;
        let producer = KafkaProducer::new(settings.clone(), Arc::new(SystemClock));
        Self {
            shop,
            till,
            settings,
            producer,
        }
    }

    pub async fn sell(&mut self, lines: &[(u128, &str)]) -> SaleRecord {
        let record = self.till.sell(lines);
        self.shop.store.commit(&record, Oversell::Record).await.unwrap();
        record
    }

    pub async fn unmarked(&self) -> Vec<OutboxRow> {
        self.shop.store.unmarked(&self.till.till, 100).await.unwrap()
    }

    pub async fn mark(&self, rows: &[OutboxRow]) {
        let store = &self.shop.store;
        let lease = store.take_lease(&self.till.till, "test", 60).await.unwrap().unwrap();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        store.mark(&lease, &ids).await.unwrap();
        store.release_lease(&lease).await.unwrap();
    }

    /// What a relay does.
    pub async fn publish(&self) -> Vec<OutboxRow> {
        let rows = self.unmarked().await;
        self.producer.produce(&rows).await.unwrap();
        self.mark(&rows).await;
        rows
    }

    async fn hear(&self) -> Testimony {
        let engine = self.shop.engine.as_ref();
        hear(engine, &self.settings, Arc::new(SystemClock), None).await.unwrap()
    }

    async fn is_whole(&self) -> Testimony {
        let testimony = self.hear().await;
        assert!(testimony.broken.is_empty(), "{testimony:?}");
        testimony
    }

    /// The store alone does not show it, the topic does.
    async fn only_the_topic_shows(&self, receipt: &str, words: &str) {
        let verdicts = verify(self.shop.engine.as_ref(), None, None).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.broken.is_none()), "{verdicts:?}");
        self.topic_shows("T01", receipt, words).await;
    }

    async fn topic_shows(&self, till: &str, receipt: &str, words: &str) {
        let testimony = self.hear().await;
        let Some(broken) = testimony.broken.get(till) else {
            panic!("whole: {testimony:?}")
        };
        assert_eq!(broken.receipt, receipt, "{broken:?}");
        assert!(broken.reason.contains(words), "{broken:?}");
    }

    /// Takes the last sale out of every table, and the till's head back to the sale before.
    async fn remove_end(&self, last: &SaleRecord, before: &SaleRecord) {
        for table in ["stock_movement", "fact_payment", "fact_sale", "sale"] {
            let sql = format!("DELETE FROM {table} WHERE sale_id = ?");
            self.shop.engine.execute(&sql, params![last.sale_id()]).await.unwrap();
        }
        let seq = i64::try_from(last.document.first_seq).unwrap();
        let outbox = "DELETE FROM sale_outbox WHERE till_id = 'T01' AND seq >= ?";
        self.shop.engine.execute(outbox, params![seq]).await.unwrap();
        let head = "UPDATE till_head SET receipt_no = ?, hash = ?, sale_id = ?";
        let number = i64::try_from(before.document.number).unwrap();
        let params = params![number, before.hash.to_string(), before.sale_id()];
        self.shop.engine.execute(head, params).await.unwrap();
    }

    /// As brokers do when the retention time is over.
    pub async fn delete_before(&self, offset: i64) {
        let client = ClientBuilder::new(self.settings.brokers.clone()).build().await.unwrap();
        // Outlet 1.
        let partition = partition_of(b"1", self.settings.partitions);
        let partition = client
            .partition_client(&self.settings.topic, partition, UnknownTopicHandling::Error)
            .await
            .unwrap();
        partition.delete_records(offset, 5_000).await.unwrap();
    }
}

on_every_store! {
    async fn a_store_agrees_with_its_topic_and_what_waits_or_is_repeated_or_purged_is_not_missing(store: TestStore) {
        let mut published = Published::begin(&store).await;
        published.sell(&[(UNCOUNTED, "2"), (COUNTED, "3")]).await;
        published.sell(&[(COUNTED, "1")]).await;
        let rows = published.publish().await;
        published.producer.produce(&rows).await.unwrap();
        let foreign = OutboxRow { payload: "none of ours".to_owned(), ..rows[0].clone() };
        published.producer.produce(&[foreign]).await.unwrap();
        published.sell(&[(COUNTED, "1")]).await;
        let testimony = published.is_whole().await;
        assert_eq!((testimony.events, testimony.others), (6, 1));
        published.shop.engine.execute("DELETE FROM sale_outbox WHERE marked_at IS NOT NULL", params![]).await.unwrap();
        published.is_whole().await;
    }

    async fn sales_that_were_removed_or_made_anew_are_found_in_the_topic(store: TestStore) {
        let mut published = Published::begin(&store).await;
        let first = published.sell(&[(UNCOUNTED, "2")]).await;
        let before = published.till.clone();
        let last = published.sell(&[(UNCOUNTED, "5")]).await;
        published.publish().await;
        published.is_whole().await;
        published.remove_end(&last, &first).await;
        published.only_the_topic_shows("T01-000002", "does not have the sale").await;
        // The same sale with other goods, in a chain without a fault.
        published.till = before;
        published.sell(&[(UNCOUNTED, "1")]).await;
        published.only_the_topic_shows("T01-000002", "another event of this sale").await;
    }

    async fn an_event_that_was_acknowledged_is_in_the_topic_unless_the_brokers_deleted_it(store: TestStore) {
        let mut published = Published::begin(&store).await;
        published.sell(&[(UNCOUNTED, "2")]).await;
        published.sell(&[(UNCOUNTED, "3")]).await;
        published.publish().await;
        published.sell(&[(UNCOUNTED, "4")]).await;
        published.mark(&published.unmarked().await).await;
        published.sell(&[(UNCOUNTED, "5")]).await;
        published.publish().await;
        published.only_the_topic_shows("T01-000003", "the topic does not have it").await;
        // The first is gone by age; the third is missing among those that are kept.
        published.delete_before(1).await;
        published.only_the_topic_shows("T01-000003", "the topic does not have it").await;
        // All before the fourth are gone: nobody knows whether the third was there.
        published.delete_before(2).await;
        published.is_whole().await;
    }

    async fn an_event_that_no_till_made_is_found(store: TestStore) {
        let mut published = Published::begin(&store).await;
        let sale = published.sell(&[(UNCOUNTED, "2")]).await;
        let rows = published.publish().await;
        let mut payload = rows[0].payload.clone();
        let other_sale = Uuid::from_u128(66).to_string();
        for (ours, theirs) in [
            ("\"T01\"", "\"T09\""),
            ("T01-000001", "T09-000001"),
            (sale.sale_id().to_string().as_str(), other_sale.as_str()),
        ] {
            payload = payload.replace(ours, theirs);
        }
        let put_in = OutboxRow { payload, ..rows[0].clone() };
        published.producer.produce(&[put_in]).await.unwrap();
        published.topic_shows("T09", "T09-000001", "does not have the sale").await;
        assert_eq!(published.hear().await.broken.len(), 1);
    }

    async fn events_published_before_there_were_payments_in_them_are_those_of_the_store(store: TestStore) {
        let mut published = Published::begin(&store).await;
        published.sell(&[(UNCOUNTED, "2"), (COUNTED, "3")]).await;
        let mut rows = published.unmarked().await;
        assert!(rows[0].payload.contains("\"payments\"") && !rows[1].payload.contains("\"payments\""));
        for row in &mut rows {
            let mut event: serde_json::Value = serde_json::from_str(&row.payload).unwrap();
            event.as_object_mut().unwrap().remove("payments");
            row.payload = event.to_string();
            let sql = "UPDATE sale_outbox SET payload = ? WHERE id = ?";
            published.shop.engine.execute(sql, params![&row.payload, row.id]).await.unwrap();
        }
        published.producer.produce(&rows).await.unwrap();
        published.mark(&rows).await;
        assert_eq!(published.is_whole().await.events, 2);
        let verdicts = || async { verify(published.shop.engine.as_ref(), None, None).await.unwrap() };
        assert!(verdicts().await.iter().all(|verdict| verdict.broken.is_none()));
        // Other payments than the sale's are another event.
        let paid = rows[0].payload.replacen('{', "{\"payments\":[{\"tender\":\"Cash\",\"amount\":\"1.00\"}],", 1);
        let sql = "UPDATE sale_outbox SET payload = ? WHERE id = ?";
        published.shop.engine.execute(sql, params![&paid, rows[0].id]).await.unwrap();
        let broken = verdicts().await[0].broken.clone().unwrap();
        assert!(broken.reason.contains("the event in the outbox is another one"), "{broken:?}");
    }
}
