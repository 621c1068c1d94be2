//! What other programs rely on: the JSON of the verbs, and their exit codes.
use serde_json::{Value, json};

use super::support::program::Program;

const SALE: &str = r#"{"sale_id":"01900000-0000-7000-8000-000000000001","employee":"John","lines":[{"drug":"PANA500","quantity":"2"}]}"#;

/// A till that has sold once.
fn sold() -> Program {
    let till = Program::embedded();
    till.load_sample();
    let mut verb = till.start("sell --json -");
    verb.write(SALE);
    assert_eq!(verb.json()["state"], "committed");
    verb.end_input();
    assert_eq!(verb.ends(), 0);
    till
}

/// The names of an object's fields, in order of the alphabet.
fn fields(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_queue_with_nothing_in_it_is_green() {
    let empty = json!({"unsent":0,"oldest_s":null,"doctors_unsent":0,"events_unsent":0,"parked":[],"outbox_waiting":0});
    assert_eq!(
        Program::embedded().json("queue"),
        (0, empty.clone()),
        "before the first start"
    );
    assert_eq!(sold().json("queue"), (0, empty), "and when all is sent");
}

#[test]
fn a_queue_does_not_say_zero_of_what_nobody_knows() {
    let till = Program::configured("[mysql]\nhosts = [\"127.0.0.1:1\"]\n");
    let unknown =
        json!({"unsent":0,"oldest_s":null,"doctors_unsent":0,"events_unsent":0,"parked":[],"outbox_waiting":null});
    assert_eq!(till.json("queue"), (0, unknown));
}

#[test]
fn a_sale_can_be_shown_by_its_id() {
    let till = sold();
    let (code, sale) = till.json("queue show 01900000-0000-7000-8000-000000000001");
    assert_eq!(code, 0);
    for (field, value) in [("state", "committed"), ("receipt", "T01-000001")] {
        assert_eq!(sale[field], value, "{field}");
    }
    assert_eq!(sale["sale"]["sale"]["lines"][0]["unit_qty"], "2");
    let unknown = till.run("queue show 01900000-0000-7000-8000-000000000002");
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn verify_names_each_till_and_exits_1_when_one_is_broken() {
    let till = sold();
    let (code, report) = till.json("verify");
    let tills = report["tills"].as_array().unwrap();
    assert_eq!((code, tills.len()), (0, 1));
    for (field, value) in [
        ("till", json!("T01")),
        ("sales", json!(1)),
        ("ok", json!(true)),
        ("parked", json!([])),
        ("broken_at", Value::Null),
        ("reason", Value::Null),
    ] {
        assert_eq!(tills[0][field], value, "{field}");
    }
    let store = rusqlite::Connection::open(till.data().join("store.sqlite")).unwrap();
    store
        .execute("UPDATE fact_sale SET line_total = line_total + 1", [])
        .unwrap();
    let (code, report) = till.json("verify");
    let broken = &report["tills"][0];
    assert_eq!(
        (code, &broken["ok"], &broken["broken_at"]),
        (1, &json!(false), &json!("T01-000001"))
    );
    assert!(broken["reason"].as_str().is_some_and(|why| !why.is_empty()));
    let (code, report) = till.json("verify --till T99");
    assert_eq!((code, &report["tills"]), (0, &json!([])));
}

#[test]
fn check_is_a_list_of_findings_and_exits_1_when_one_is_a_fault() {
    let till = sold();
    let (code, checks) = till.json("check");
    assert_eq!(code, 0, "{checks}");
    for check in checks.as_array().unwrap() {
        let mut names = fields(check);
        names.sort_unstable();
        assert_eq!(names, ["check", "detail", "fix", "ok"]);
        assert_eq!((&check["ok"], &check["fix"]), (&json!(true), &Value::Null));
        assert!(check["detail"].is_string());
    }
    let other = till
        .command("check --json")
        .env("RXTILL_TILL_ID", "T02")
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(1));
    let checks: Value = serde_json::from_slice(&other.stdout).unwrap();
    let faults: Vec<_> = checks
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == false)
        .collect();
    assert_eq!(faults.len(), 1, "{checks}");
    assert!(faults[0]["fix"].is_string());
}

#[test]
fn sync_says_what_is_left() {
    assert_eq!(
        sold().json("sync"),
        (
            0,
            json!({"unsent":0,"doctors_unsent":0,"events_unsent":0,"parked":0,"reason":null})
        )
    );
}

#[test]
fn sync_says_what_came_up_on_the_way() {
    let till = sold();
    let (store, backup) = (till.data().join("store.sqlite"), till.data().join("backup"));
    std::fs::copy(&store, &backup).unwrap();
    let mut verb = till.start("sell -");
    verb.write(&SALE.replace("000000000001", "000000000002"));
    verb.line();
    verb.end_input();
    assert_eq!(verb.ends(), 0);
    // Last night's backup.
    std::fs::copy(&backup, &store).unwrap();
    let synced = till.run("sync --json");
    let said = String::from_utf8(synced.stderr).unwrap();
    assert_eq!(said, "rxtill: the database had lost 1 sales of this till: sent again\n");
    assert_eq!(synced.status.code(), Some(0));
    assert_eq!(till.json("verify").1["tills"][0]["sales"], 2);
}
