//! `rxtill verify` by its exit code and its JSON, over what the real till sold.
use std::sync::Arc;

use rusqlite::Connection;
use rxtill::runtime::clock::SystemClock;
use rxtill::store::ports::Outbox as _;
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::star::Store;
use rxtill::stream::producer::{KafkaProducer, Producer as _};
use rxtill::stream::settings::KafkaSettings;
use serde_json::{Value, json};

use super::stream_kafka::with_topics;
use crate::support::program::Program;

const SALE: &str = r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"2"}]}"#;

/// Sells twice.
fn sold(till: &Program) {
    till.load_sample();
    for _ in 0..2 {
        std::fs::write(till.folder().join("sale.jsonl"), SALE).unwrap();
        till.done("sell sale.jsonl");
    }
}

fn change(till: &Program, sql: &str) {
    let store = Connection::open(till.folder().join("data/store.sqlite")).unwrap();
    assert_ne!(store.execute(sql, []).unwrap(), 0, "{sql}");
}

/// Sends what still waits in the outbox.
async fn publish(till: &Program, kafka: &KafkaSettings) {
    let engine = SqliteEngine::open(&till.folder().join("data/store.sqlite"))
        .await
        .unwrap();
    let store = Store::new(Arc::new(engine));
    let waiting = store.unmarked(&"T01".parse().unwrap(), 10).await.unwrap();
    let producer = KafkaProducer::new(kafka.clone(), Arc::new(SystemClock));
    producer.produce(&waiting).await.unwrap();
}

/// What it prints, and its exit code.
fn verify(till: &Program) -> (Value, i32) {
    let output = till.run("verify --json");
    let said = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (report, output.status.code().unwrap())
}

#[test]
fn a_till_on_its_own_files_is_whole_until_a_row_or_its_stock_is_changed() {
    let till = Program::embedded();
    sold(&till);
    let whole = json!({
        "tills": [{"till": "T01", "sales": 2, "ok": true, "parked": [], "broken_at": null, "reason": null,
                   "witnesses": ["journal"],
                   "unheard": [{"witness": "topic", "reason": "the configuration has no [kafka]"}]}],
        "stock": [],
        "topic": null,
    });
    assert_eq!(verify(&till), (whole, 0));
    let words = "T01: 2 sales, whole; witnesses: journal; no topic: the configuration has no [kafka]";
    assert!(till.done("verify").contains(words));

    change(&till, "UPDATE stock SET remaining = remaining + 10000");
    let (report, code) = verify(&till);
    assert_eq!((code, &report["tills"][0]["ok"]), (1, &json!(true)), "{report}");
    assert!(
        report["stock"][0]["reason"].as_str().unwrap().contains("by the book"),
        "{report}"
    );
    let words = String::from_utf8(till.run("verify").stdout).unwrap();
    assert!(words.contains("\nstock of "), "{words}");
    // One till alone: the stock is everybody's.
    till.done("verify --till T01");

    change(
        &till,
        "UPDATE fact_sale SET line_total = line_total + 1 WHERE receipt_no = 2",
    );
    let (report, code) = verify(&till);
    assert_eq!(
        (code, &report["tills"][0]["broken_at"]),
        (1, &json!("T01-000002")),
        "{report}"
    );
}

#[tokio::test]
async fn the_topic_is_named_as_a_witness_and_as_none_where_it_cannot_be_heard() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    sold(&till);
    publish(&till, &kafka).await;
    let (report, code) = verify(&till);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["tills"][0]["witnesses"], json!(["journal", "topic"]), "{report}");
    assert_eq!(report["tills"][0]["unheard"], json!([]), "{report}");
    let heard = json!({"name": kafka.topic, "events": 2, "others": 0, "unheard": null});
    assert_eq!(report["topic"], heard);

    let chain = "UPDATE sale SET hash = prev_hash WHERE receipt_no = 2";
    change(&till, chain);
    let (report, code) = verify(&till);
    assert_eq!(
        (code, &report["tills"][0]["broken_at"]),
        (1, &json!("T01-000002")),
        "{report}"
    );

    let away = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut output = till.command("verify --json");
    let output = output.env("RXTILL_KAFKA_BROKERS", away.to_string()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["tills"][0]["witnesses"], json!(["journal"]), "{report}");
    assert!(
        report["topic"]["unheard"].as_str().unwrap().contains("refused"),
        "{report}"
    );
    let silent = &report["tills"][0]["unheard"][0];
    assert_eq!(silent["witness"], "topic", "{report}");
    assert_eq!(silent["reason"], report["topic"]["unheard"], "{report}");
}

#[test]
fn a_journal_that_is_missing_another_tills_or_unreadable_is_named_as_no_witness_and_why() {
    let till = Program::embedded();
    sold(&till);
    let journal = till.data().join("journal.sqlite");
    let no_journal = |words: &str, expected: i32| {
        let (report, code) = verify(&till);
        assert_eq!(code, expected, "{report}");
        let verdict = &report["tills"][0];
        assert_eq!(verdict["witnesses"], json!([]), "{report}");
        assert_eq!(verdict["unheard"][0]["witness"], "journal", "{report}");
        let reason = verdict["unheard"][0]["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains(words), "{reason}");
    };
    let kept = Connection::open(&journal).unwrap();
    kept.execute("UPDATE meta SET value = 'T02' WHERE value = 'T01'", [])
        .unwrap();
    drop(kept);
    // Whose sales are nowhere: that is found, too.
    no_journal("is T02's", 1);
    std::fs::write(&journal, "nothing of ours").unwrap();
    no_journal("not a database", 0);
    std::fs::remove_file(&journal).unwrap();
    no_journal("has none", 0);
}
