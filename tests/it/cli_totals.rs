//! `rxtill totals`, the real binary: real tills sell, give back and are relayed over real servers, and the totals topic, read
//! by another client, agrees with SQL to the cent.
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use rskafka::client::ClientBuilder;
use rskafka::client::partition::UnknownTopicHandling;
use rust_decimal::Decimal;
use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::stream::settings::KafkaSettings;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stream_kafka::{settings, with_topics};
use super::support::program::Program;
use super::support::topic::{all_records, put};
use super::support::{TestStore, on_every_server};

/// Quantity and revenue of each pair of drug and outlet.
type Totals = BTreeMap<String, (Decimal, Decimal)>;

/// As any consumer of the totals topic has them: the last record of a key counts.
fn in_the_topic(kafka: &KafkaSettings) -> Totals {
    let totals = KafkaSettings {
        topic: kafka.totals_topic.clone(),
        ..kafka.clone()
    };
    let decimal = |value: &Value| -> Decimal {
        // What the older tracker's consumers do: float(…), here without the loss.
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.parse().unwrap()
    };
    let mut read = Totals::new();
    for record in all_records(&totals) {
        let value = &record.value;
        let key = format!("{}--{}", value["drug_id"], value["pharmacy_name"].as_str().unwrap());
        assert_eq!(record.key, key);
        assert!(
            value["total_quantity_sold"].is_number() && value["quantity_sold"].is_number(),
            "{value}"
        );
        read.insert(
            key,
            (decimal(&value["total_quantity_sold"]), decimal(&value["total_revenue"])),
        );
    }
    read
}

async fn in_the_store(engine: &dyn Engine) -> Totals {
    let sql = "SELECT f.drug_id, o.name, SUM(f.quantity_sold), SUM(f.line_total)
        FROM fact_sale f JOIN dim_outlet o ON o.id = f.outlet_id GROUP BY f.drug_id, o.name";
    let rows = engine.query(sql, params![]).await.unwrap();
    let read = |row: &rxtill::store::engine::Row| {
        let key = format!("{}--{}", row.get::<i64>(0).unwrap(), row.get::<String>(1).unwrap());
        (key, (row.get(2).unwrap(), row.get(3).unwrap()))
    };
    rows.iter().map(read).collect()
}

/// A till of a chain over one database and one topic.
fn till(store: &TestStore, kafka: &KafkaSettings, id: &str, outlet: &str) -> Program {
    let settings = store.settings();
    let (host, port) = &settings.hosts[0];
    Program::configured(&format!(
        "[till]\nid = {id:?}\noutlet = {outlet:?}\ncommit_wait_ms = 20000\n[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\n\
         password = {:?}\ndatabase = {:?}\n[kafka]\nbrokers = {:?}\ntopic = {:?}\naudit_topic = {:?}\ntotals_topic = {:?}\nreplication = 1\npartitions = 3\n",
        settings.user,
        settings.password.expose(),
        settings.database,
        kafka.brokers,
        kafka.topic,
        kafka.audit_topic,
        kafka.totals_topic
    ))
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Sells, and waits until all of it is with the brokers.
fn sell(till: &Program, sales: &[Value]) {
    let mut verb = till.start("sell --json -");
    for sale in sales {
        verb.write(&sale.to_string());
        let answer = verb.json();
        assert!(
            ["committed", "queued"].contains(&answer["state"].as_str().unwrap()),
            "{answer}"
        );
    }
    verb.end_input();
    assert_eq!(verb.ends(), 0);
    let mut left = Value::Null;
    for _ in 0..60 {
        till.done("sync");
        left = till.json("queue").1;
        if left["outbox_waiting"] == 0 && left["unsent"] == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("not published: {left}");
}

fn sale(n: u128, lines: &Value) -> Value {
    json!({"sale_id": id(n), "employee": "John", "lines": lines})
}

/// Two outlets, two tills.
struct Chain {
    kafka: KafkaSettings,
    one: Program,
    two: Program,
}

impl Chain {
    fn begin(store: &TestStore) -> Self {
        let kafka = settings();
        let one = till(store, &kafka, "T01", "Mirema meds");
        let two = till(store, &kafka, "T02", "Kilifi Bay");
        one.done("init");
        one.load_sample();
        Self { kafka, one, two }
    }

    fn sell(&self, from: u128) {
        let line = |drug: &str, quantity: &str| json!({"drug": drug, "quantity": quantity});
        sell(
            &self.one,
            &[
                sale(from + 1, &json!([line("PANA500", "2"), line("OMEP20", "3")])),
                sale(
                    from + 2,
                    &json!([{"drug": "PANA500", "quantity": "3", "discount": "0.35"}]),
                ),
                json!({"sale_id": id(from + 3), "employee": "John", "refund_of": id(from + 1), "lines": [line("PANA500", "1")]}),
            ],
        );
        sell(
            &self.two,
            &[sale(from + 4, &json!([line("PANA500", "7"), line("PANA500", "1")]))],
        );
    }
}

on_every_server! {
    async fn the_totals_topic_agrees_with_the_store_to_the_cent_after_sales_returns_repeats_and_kills(store: TestStore) {
        let chain = Chain::begin(&store);
        chain.sell(100);
        let (code, first) = chain.one.json("totals --until-end");
        assert_eq!((code, &first["done"], &first["counted"], &first["behind"]), (0, &true.into(), &6.into(), &0.into()), "{first}");
        let expected = in_the_store(store.engine.as_ref()).await;
        assert_eq!(expected.len(), 3);
        assert_eq!(in_the_topic(&chain.kafka), expected);
        // Killed at moments of chance, while more is sold; and what was published before is published again.
        let repeated = all_records(&chain.kafka);
        chain.sell(200);
        for record in &repeated {
            put(&chain.kafka, record.partition.try_into().unwrap(), &record.value.to_string());
        }
        for kill in 0..6_u32 {
            let mut totals = chain.one.start("totals");
            std::thread::sleep(Duration::from_millis(u64::from(150 + kill * 170)));
            let pid = totals.pid().to_string();
            assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            drop(totals);
            if kill % 2 == 0 {
                chain.sell(1_000 + u128::from(kill) * 10);
            }
            totals = chain.one.start("totals --until-end");
            assert_eq!(totals.ends(), 0);
            assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await, "kill {kill}");
        }
        // A process with an empty folder goes on from what is published.
        let heir = till(&store, &chain.kafka, "T03", "Mirema meds");
        chain.sell(300);
        let (code, said) = heir.json("totals --until-end");
        assert_eq!((code, &said["counted"]), (0, &6.into()), "{said}");
        assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
        // And the whole once more from the store.
        let (code, said) = heir.json("totals --until-end --rebuild-from store");
        assert_eq!((code, &said["counted"]), (0, &0.into()), "{said}");
        assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_the_partitions_and_one_that_ends_leaves_its_part_to_the_others() {
    let store = TestStore::mariadb().await;
    let chain = Chain::begin(&store);
    chain.sell(100);
    let mut one = chain.one.start("totals --json --most 2");
    let first = one.json();
    let held: Vec<i64> = first["partitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["partition"].as_i64().unwrap())
        .collect();
    assert_eq!((held.len(), &first["done"]), (2, &false.into()), "{first}");
    let (code, rest) = chain.two.json("totals --until-end");
    assert_eq!((code, rest["partitions"].as_array().unwrap().len()), (0, 1), "{rest}");
    assert_eq!(rest["elsewhere"], json!(held));
    assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
    one.interrupt();
    assert_eq!(one.ends(), 0);
    chain.sell(200);
    let (code, all) = chain.two.json("totals --until-end");
    assert_eq!((code, all["partitions"].as_array().unwrap().len()), (0, 3), "{all}");
    assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
    assert_eq!(
        chain.one.run("totals --until-end --partitions 7").status.code(),
        Some(2),
        "there is none"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_that_another_process_had_meanwhile_is_begun_anew_from_what_is_published() {
    let store = TestStore::mariadb().await;
    let chain = Chain::begin(&store);
    chain.sell(100);
    let mut totals = chain.one.start("totals --json");
    while totals.json()["counted"] != 6 {}
    let thief = format!(
        "UPDATE reader_lease SET epoch = epoch + 1, holder = 'thief', expires_at = {}",
        store.engine.dialect().now_plus(3)
    );
    store.engine.execute(&thief, params![]).await.unwrap();
    chain.sell(200);
    let lowest = "SELECT COALESCE(MIN(epoch), 0) FROM reader_lease";
    let begun = Instant::now();
    loop {
        let epoch: i64 = store.engine.query(lowest, params![]).await.unwrap()[0].get(0).unwrap();
        if epoch == 3 {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "the partitions were not taken back"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    chain.sell(300);
    while in_the_topic(&chain.kafka) != in_the_store(store.engine.as_ref()).await {
        assert!(begun.elapsed() < Duration::from_secs(90), "the totals are behind");
    }
    totals.interrupt();
    assert_eq!(totals.ends(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_beginning_of_the_topic_is_deleted_the_store_says_what_was_sold() {
    let store = TestStore::mariadb().await;
    let chain = Chain::begin(&store);
    chain.sell(100);
    chain.one.done("totals --until-end");
    let client = ClientBuilder::new(chain.kafka.brokers.clone()).build().await.unwrap();
    for record in all_records(&chain.kafka) {
        let partition = record.partition.try_into().unwrap();
        let partition = client
            .partition_client(&chain.kafka.topic, partition, UnknownTopicHandling::Error)
            .await
            .unwrap();
        partition.delete_records(record.offset + 1, 5_000).await.unwrap();
    }
    store
        .engine
        .execute("DELETE FROM reader_lease", params![])
        .await
        .unwrap();
    chain.sell(200);
    let heir = till(&store, &chain.kafka, "T03", "Mirema meds");
    let said = heir.run("totals --until-end");
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(
        (said.status.code(), words.contains("--rebuild-from store")),
        (Some(1), true),
        "{words}"
    );
    heir.done("totals --until-end --rebuild-from store");
    assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
    chain.sell(300);
    heir.done("totals --until-end");
    // Totals without a place in the topic are gone on with from their checkpoint.
    let next = till(&store, &chain.kafka, "T04", "Mirema meds");
    chain.sell(400);
    let (code, said) = next.json("totals --until-end");
    assert_eq!((code, &said["counted"]), (0, &6.into()), "{said}");
    assert_eq!(in_the_topic(&chain.kafka), in_the_store(store.engine.as_ref()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_older_tracker_sent_and_what_nobody_can_read_does_not_stop_it() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    till.done("init");
    let older = r#"{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Zimmerman","pharmacy_region":"Nairobi","quantity_sold":2.5,"date_sold":"2024-06-20"}"#;
    for value in [older, "none of ours", older, r#"{"schema":9}"#] {
        put(&kafka, 1, value);
    }
    let (code, said) = till.json("totals --until-end");
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        [&said["counted"], &said["unnumbered"], &said["unreadable"]],
        [&json!(2), &json!(2), &json!(2)],
        "{said}"
    );
    let (quantity, revenue) = in_the_topic(&kafka)["13--Zimmerman"];
    assert_eq!((quantity, revenue), (Decimal::from(5), Decimal::ZERO));
    put(&kafka, 1, older);
    till.done("totals --until-end");
    assert_eq!(in_the_topic(&kafka)["13--Zimmerman"].0, Decimal::new(75, 1));
}

#[test]
fn without_brokers_there_is_nothing_to_total_and_it_says_so() {
    let till = Program::embedded();
    let said = till.run("totals --until-end");
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("no [kafka]"), "{said:?}");
}
