//! `rxtill check`, the real binary: each fault by name, with what mends it, and nothing changed by looking.
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};
use rxtill::params;
use rxtill::store::mysql::MySqlSettings;
use serde_json::Value;

use super::grants::till_login;
use super::stream_kafka::settings;
use super::support::program::Program;
use super::support::store::Server;
use super::support::{TestStore, on_every_server};

/// The findings, in order.
struct Findings(Vec<Value>);

fn check(till: &Program) -> Findings {
    let (code, findings) = till.json("check");
    let findings = Findings(findings.as_array().unwrap().clone());
    let well = findings.0.iter().all(|finding| finding["ok"] == true);
    assert_eq!(code, i32::from(!well));
    findings
}

impl Findings {
    fn names(&self) -> Vec<&str> {
        self.0
            .iter()
            .map(|finding| finding["check"].as_str().unwrap())
            .collect()
    }

    fn find(&self, name: &str) -> &Value {
        let found = self.0.iter().find(|finding| finding["check"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {:?}", self.0))
    }

    fn detail(&self, name: &str) -> &str {
        self.find(name)["detail"].as_str().unwrap()
    }

    /// What mends a fault; empty where there is none.
    fn fix(&self, name: &str) -> &str {
        self.find(name)["fix"].as_str().unwrap_or_default()
    }
}

fn on(settings: &MySqlSettings) -> Program {
    Program::on_mysql(settings, settings)
}

#[test]
fn looking_makes_neither_a_store_nor_a_journal() {
    let till = Program::embedded();
    let found = check(&till);
    assert_eq!(found.names(), ["configuration", "data folder", "database"]);
    assert!(found.detail("database").contains("first start"));
    let there: Vec<_> = std::fs::read_dir(till.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(there, ["log"]);
}

#[test]
fn who_has_the_data_folder_open_is_named() {
    let till = Program::embedded();
    till.load_sample();
    let mut open = till.start("sell --json -");
    open.write(r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"1"}]}"#);
    open.line();
    let pid = open.pid();
    assert!(
        check(&till)
            .detail("data folder")
            .ends_with(&format!("T01 is open (pid {pid})"))
    );
    open.end_input();
    assert_eq!(open.ends(), 0);
    assert!(check(&till).detail("data folder").ends_with("journal of T01"));
    let mut killed = till.start("sell --json -");
    killed.write("nothing that is sold");
    killed.line();
    let pid = killed.pid();
    drop(killed);
    let said = format!("process {pid} ended without closing it");
    assert!(check(&till).detail("data folder").ends_with(&said));
}

#[test]
fn another_tills_journal_is_a_fault() {
    let till = Program::embedded();
    till.load_sample();
    assert_eq!(till.json("sync").0, 0);
    let other = till
        .command("check --json")
        .env("RXTILL_TILL_ID", "T02")
        .output()
        .unwrap();
    let found = Findings(serde_json::from_slice(&other.stdout).unwrap());
    assert!(found.detail("data folder").contains("the till T01's"), "{:?}", found.0);
    assert!(found.fix("data folder").contains("[till] id"));
    assert_eq!(other.status.code(), Some(1));
}

#[test]
fn a_store_that_is_none_is_a_fault() {
    let till = Program::embedded();
    std::fs::create_dir(till.data()).unwrap();
    std::fs::write(till.data().join("store.sqlite"), vec![b'x'; 8192]).unwrap();
    assert!(check(&till).detail("database").contains("store.sqlite"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_schema_is_one_fault_and_init_mends_it() {
    for store in [TestStore::mariadb_bare().await, TestStore::mysql_bare().await] {
        let found = check(&on(store.settings()));
        assert!(found.fix("schema").starts_with("rxtill init"));
        let names = found.names();
        assert_eq!(
            names.last(),
            Some(&"schema"),
            "nothing is tried on tables that are not there: {names:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_and_relay_that_wait_for_init_are_faults_and_it_mends_them() {
    let kafka = settings();
    let till = Program::on_kafka(&kafka);
    assert_eq!(till.run("sync").status.code(), Some(0), "a till opens without them");
    let found = check(&till);
    assert_eq!(
        found.names()[2..],
        ["database", "relay", "broker", "topic", "topic", "topic"]
    );
    for name in ["relay", "topic"] {
        assert!(found.fix(name).starts_with("rxtill init"), "{name}: {:?}", found.0);
    }
    till.done("init");
    assert!(check(&till).0.iter().all(|finding| finding["ok"] == true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_is_a_fault() {
    let mut kafka = settings();
    kafka.brokers = vec!["127.0.0.1:1".to_owned()];
    let found = check(&Program::on_kafka(&kafka));
    assert_eq!(found.find("broker")["ok"], false);
    assert!(found.detail("broker").contains("refused"), "{:?}", found.0);
}

#[test]
fn a_database_that_does_not_let_in_says_what_to_mend() {
    for server in [Server::MariaDb, Server::MySql] {
        let mut settings = server.settings();
        assert!(
            check(&on(&settings)).fix("database").contains("rxtill init"),
            "not made yet"
        );
        settings.user = "nobody_of_that_name".to_owned();
        assert!(check(&on(&settings)).fix("database").contains("user and password"));
        settings.hosts = vec![("127.0.0.1".to_owned(), 1)];
        assert!(check(&on(&settings)).fix("database").contains("is the server running"));
    }
}

on_every_server! {
    async fn the_tills_own_user_is_all_right_and_one_that_may_delete_is_not(store: TestStore) {
        let office = store.settings();
        let login = till_login(&store).await;
        let till = Program::on_mysql(&login, office);
        let found = check(&till);
        assert_eq!(found.names()[2..], ["database", "database durability", "clock", "schema", "database writes", "rights"]);
        for name in ["database", "clock", "schema", "database writes", "rights"] {
            assert_eq!(found.find(name)["ok"], true, "{:?}", found.find(name));
        }
        for grant in ["SELECT ON employee_pay", "DELETE ON stock_movement"] {
            let sql = format!("GRANT {grant} TO {}@'%'", login.user);
            store.engine.execute(&sql, params![]).await.unwrap();
        }
        let found = check(&till);
        assert_eq!(found.detail("rights"), "the till's user reads pay, deletes from stock_movement");
        assert!(found.fix("rights").contains("grants.sql"));
        let sql = format!("REVOKE UPDATE (receipt_no, hash, sale_id) ON till_head FROM {}@'%'", login.user);
        store.engine.execute(&sql, params![]).await.unwrap();
        assert!(check(&till).fix("database writes").contains("grants.sql"), "a right is missing");
    }

    async fn writes_that_are_held_up_are_not_said_to_want_a_grant(store: TestStore) {
        let settings = store.settings();
        let (host, port) = settings.hosts[0].clone();
        let options = OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port)
            .user(Some(settings.user.clone()))
            .pass(Some(settings.password.expose()))
            .db_name(Some(settings.database.clone()));
        let mut holder = Conn::new(options).await.unwrap();
        holder.query_drop("LOCK TABLES till_head READ").await.unwrap();
        let found = check(&on(settings));
        assert_eq!(found.find("database writes")["ok"], false);
        assert!(found.fix("database writes").contains("holds writes up"), "{:?}", found.0);
        holder.disconnect().await.unwrap();
    }
}
