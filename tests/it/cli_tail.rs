//! `rxtill tail`, the real binary: on a till's own outbox, and on a real Kafka beside another client.
use std::io::{BufRead as _, BufReader, pipe};
use std::process::Stdio;

use jiff::SignedDuration;
use rxtill::domain::clock::Clock as _;
use rxtill::runtime::clock::SystemClock;
use rxtill::stream::settings::KafkaSettings;
use serde_json::Value;

use super::stream_both::{HEARTBEAT, cancelled};
use super::stream_kafka::{event, settings, with_topics};
use super::support::program::Program;
use super::support::topic::{all_records, put};

/// A sale of so many tablets, and one of another drug.
fn sale(tablets: u32) -> String {
    format!(
        r#"{{"employee":"John","lines":[{{"drug":"PANA500","quantity":"{tablets}"}},{{"drug":"OMEP20","quantity":"1"}}]}}"#
    )
}

fn sell(till: &Program, sales: &[String]) {
    let mut verb = till.start("sell --json -");
    for sale in sales {
        verb.write(sale);
        assert_eq!(verb.json()["state"], "committed");
    }
    verb.end_input();
    assert_eq!(verb.ends(), 0);
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What each line says of its event.
fn events<'a>(lines: &'a [Value], field: &str) -> Vec<&'a Value> {
    lines.iter().map(|line| &line["event"][field]).collect()
}

#[test]
fn a_till_without_brokers_prints_its_own_sales_as_they_come_beside_the_open_till() {
    let till = Program::embedded();
    till.load_sample();
    let mut open = till.start("sell --json -");
    open.write(&sale(1));
    open.line();
    let mut tail = till.start("tail --json");
    tail.says("live");
    open.write(&sale(2));
    let line = tail.json();
    for (field, value) in [
        ("partition", Value::from(0)),
        ("offset", 3.into()),
        ("unreadable", Value::Null),
        ("seen", "new".into()),
        ("missing", 0.into()),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(line["received_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(line["event"]["quantity_sold"], 2);
    assert_eq!(tail.json()["event"]["line_no"], 2);
    tail.interrupt();
    assert_eq!(tail.ends(), 0, "Ctrl+C is how it is ended");
}

#[test]
fn where_to_begin_and_where_to_stop() {
    let till = Program::embedded();
    till.load_sample();
    let yesterday = r#"{"employee":"John","sold_at":"YESTERDAY","lines":[{"drug":"PANA500","quantity":"7"}]}"#;
    let day_before = SystemClock.now() - SignedDuration::from_hours(24);
    sell(
        &till,
        &[yesterday.replace("YESTERDAY", &day_before.to_string()), sale(1)],
    );
    let read = |arguments: &str| lines(&till.done(&format!("tail --json {arguments}")));
    assert_eq!(
        events(&read("--from beginning --until-end"), "quantity_sold"),
        [7, 1, 1]
    );
    assert_eq!(
        events(&read("--until-end"), "quantity_sold"),
        [7, 1, 1],
        "all that there is"
    );
    assert_eq!(events(&read("--from today --until-end"), "quantity_sold"), [1, 1]);
    assert_eq!(events(&read("--from beginning --count 2"), "seq"), [1, 2]);
    assert!(read("--from now --until-end").is_empty());
    assert!(read("--from 2100-01-01T00:00:00+03:00 --until-end").is_empty());
    assert_eq!(till.run("tail --from yesterday").status.code(), Some(2));
    assert_eq!(till.run("tail --count 0").status.code(), Some(2));
}

#[test]
fn totals_run_by_outlet_and_drug() {
    let till = Program::embedded();
    till.load_sample();
    sell(&till, &[sale(1), sale(4)]);
    let read = lines(&till.done("tail --json --totals --until-end"));
    let quantities: Vec<_> = read.iter().map(|line| &line["totals"]["quantity"]).collect();
    assert_eq!(quantities, ["1", "1", "5", "2"]);
    assert_eq!(
        (&read[2]["totals"]["revenue"], &read[0]["totals"]["revenue"]),
        (&"25.00".into(), &"5.00".into())
    );
    let words = till.done("tail --totals --until-end");
    assert!(
        words.lines().nth(2).unwrap().ends_with("(so far 5 for 25.00)"),
        "{words}"
    );
    assert!(
        words.contains("T01-000001  John  1 tab Panadol 500 mg  5.00 KES"),
        "{words}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let till = Program::embedded();
    till.load_sample();
    sell(&till, &[sale(1)]);
    // The one line, and then nothing more comes: it notices all the same.
    let (read, write) = pipe().unwrap();
    let mut tail = till
        .command("tail --from beginning")
        .stdout(write)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(read).read_line(&mut first).unwrap();
    assert!(first.contains("Panadol"), "{first}");
    assert!(tail.wait().unwrap().success());
    for verb in ["tail --until-end", "queue", "verify --json"] {
        let (read, write) = pipe().unwrap();
        drop(read);
        let output = till
            .command(verb)
            .stdout(write)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{verb}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.stderr.is_empty(),
            "{verb}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_client_reads_of_the_topic_is_what_tail_prints() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    till.done("init");
    till.load_sample();
    sell(&till, &[sale(1), sale(2)]);
    put(&kafka, 1, "\u{1b}[2J no event");
    let mut printed = lines(&till.done("tail --json --from beginning --until-end"));
    let mut read = all_records(&kafka);
    printed.sort_by_key(|line| (line["partition"].as_i64(), line["offset"].as_i64()));
    read.sort_by_key(|record| (record.partition, record.offset));
    assert_eq!((printed.len(), read.len()), (5, 5));
    for (line, record) in printed.iter().zip(&read) {
        assert_eq!(
            (&line["partition"], &line["offset"]),
            (&record.partition.into(), &record.offset.into())
        );
        assert_eq!(line["event"], record.value, "kcat and tail");
        assert_eq!(
            line["event"].is_null(),
            line["unreadable"].is_string(),
            "shown, not swallowed: {line}"
        );
        if let Some(outlet) = record.value["outlet_id"].as_i64() {
            assert_eq!(record.key, outlet.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_audit_both_topics_are_told_each_by_its_name() {
    let kafka = with_topics().await;
    let till = Program::on_kafka(&kafka);
    till.done("init");
    // `kcat` takes each line for a record.
    put(
        &kafka,
        0,
        &String::from_utf8(event("T01", 1)).unwrap().replace('\n', ""),
    );
    let audit = KafkaSettings {
        topic: kafka.audit_topic.clone(),
        ..kafka.clone()
    };
    for value in [&*String::from_utf8(cancelled(1)).unwrap(), HEARTBEAT, "no event"] {
        put(&audit, 0, &value.replace('\n', ""));
    }
    let read = lines(&till.done("tail --json --audit --until-end"));
    let mut told: Vec<_> = read
        .iter()
        .map(|line| (&line["topic"], &line["offset"], &line["event"]["kind"]))
        .map(|(topic, offset, kind)| format!("{topic} {offset} {kind}"))
        .collect();
    told.sort_unstable();
    let expected = [
        r#""audit" 0 "basket_cancelled""#,
        r#""audit" 1 "heartbeat""#,
        r#""audit" 2 null"#,
        r#""sales" 0 "sale""#,
    ];
    assert_eq!(told, expected);
    let words = till.done("tail --audit --until-end");
    for part in [
        "  audit  Mirema meds  T01  John  basket cancelled, 2 lines",
        "  heartbeat  Mirema meds  T01  John",
        "  unreadable, audit partition 0 offset 2: ",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(lines(&till.done("tail --json --until-end")).len(), 1, "sales alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_waited_for_or_a_failure() {
    let kafka = settings();
    let till = Program::on_kafka(&kafka);
    let refused = till.run("tail --until-end");
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(
        words,
        format!("rxtill: the topic {} is missing; rxtill init makes it\n", kafka.topic)
    );
    let mut tail = till.start("tail --json --count 1");
    tail.says("waiting for it");
    till.done("init");
    put(&kafka, 0, "no event");
    let line = tail.json();
    assert!(line["unreadable"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
    assert_eq!(tail.ends(), 0);
}
