//! `rxtill reconcile` by its exit code and its JSON, over what the real till sold.
use std::sync::Arc;

use rxtill::runtime::clock::SystemClock;
use rxtill::store::journal::Journal;
use rxtill::store::ports::{Outbox as _, OutboxRow};
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::star::Store;
use rxtill::stream::producer::{KafkaProducer, Producer as _};
use rxtill::stream::settings::KafkaSettings;
use serde_json::json;
use uuid::Uuid;

use super::stream_kafka::with_topics;
use crate::support::program::Program;

const SALE: &str = r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"2"}]}"#;

fn sell(till: &Program) {
    std::fs::write(till.folder().join("sale.jsonl"), SALE).unwrap();
    till.done("sell sale.jsonl");
}

/// What a relay does with what waits; it may lose what it was acknowledged.
async fn relayed(till: &Program, kafka: &KafkaSettings, is_lost: bool) -> Vec<OutboxRow> {
    let engine = SqliteEngine::open(&till.folder().join("data/store.sqlite"))
        .await
        .unwrap();
    let store = Store::new(Arc::new(engine));
    let t01 = "T01".parse().unwrap();
    let rows = store.unmarked(&t01, 10).await.unwrap();
    if !is_lost {
        let producer = KafkaProducer::new(kafka.clone(), Arc::new(SystemClock));
        producer.produce(&rows).await.unwrap();
    }
    let lease = store.take_lease(&t01, "test", 60).await.unwrap().unwrap();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    assert_eq!(store.mark(&lease, &ids).await.unwrap(), rows.len() as u64);
    store.release_lease(&lease).await.unwrap();
    rows
}

#[tokio::test]
async fn a_lost_event_is_named_sent_again_and_then_there() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    till.load_sample();
    sell(&till);
    relayed(&till, &kafka, false).await;
    let clean = |events: u64| {
        json!({"database": events, "topic": events, "repeated": 0, "waiting": 0, "expired": 0, "parked": 0, "missing": [],
               "extra": [], "different": [], "set_aside": 0, "others": 0, "sent": null, "unsent": []})
    };
    assert_eq!(till.json("reconcile"), (0, clean(1)));
    // Beside an open till, too.
    let open = Journal::lock(&till.data(), &"T01".parse().unwrap()).await.unwrap();
    assert!(till.done("reconcile").contains("the topic has what the database has"));
    drop(open);

    sell(&till);
    let lost = relayed(&till, &kafka, true).await;
    let (code, report) = till.json("reconcile");
    assert_eq!((code, &report["missing"]), (1, &json!([lost[0].id])), "{report}");
    let output = till.run("reconcile");
    let words = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words.contains("1 missing") && words.contains("T01-000002 line 1"),
        "{words}"
    );
    // Of other days nothing is missing.
    assert_eq!(till.json("reconcile --until 2001-01-01"), (0, clean(0)));

    let (code, report) = till.json("reconcile --republish");
    assert_eq!((code, &report["sent"]), (0, &json!(1)), "{report}");
    assert_eq!(till.json("reconcile"), (0, clean(2)));
}

#[test]
fn without_a_topic_or_with_a_period_that_is_none_it_is_bad_usage() {
    let till = Program::embedded();
    let output = till.run("reconcile");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no topic") && said.contains("[kafka]"), "{said}");
    assert_eq!(till.run("reconcile --since yesterday").status.code(), Some(2));
}

#[tokio::test]
async fn brokers_that_do_not_answer_are_a_failure_in_a_line() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    let away = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = till
        .command("reconcile")
        .env("RXTILL_KAFKA_BROKERS", away.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("refused"), "{said}");
}
