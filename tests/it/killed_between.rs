//! kill -9 of the real program between each two steps of the way of a sale: to a database server, and to Kafka from a
//! server or from the till's own store.
//!
//! Each test first sells one sale whole, stops the way of the next at one place, kills the till there, looks at how far
//! the sale had come, and starts the till again. Then there is one sale, once, everywhere, and the chain is whole. Only a
//! kill between produce and mark leaves the event in the topic twice, as it must: whether the broker has it, nobody
//! knows. It is the same event with the same id, series and number, and readers count it once (`stream_kafka`).
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::engine::Engine;
use rxtill::store::mysql::MySqlSettings;
use rxtill::store::ports::RelayMode;
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::star::Store;
use rxtill::stream::admin::ensure_topics;
use rxtill::stream::settings::KafkaSettings;
use serde_json::Value;
use uuid::Uuid;

use super::stream_kafka::{settings, with_topics};
use super::support::broker::OwnBroker;
use super::support::program::{Program, Verb};
use super::support::proxy::Proxy;
use super::support::topic::all_records;
use super::support::{TestStore, on_every_server, on_every_store};

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);

/// A till on the way between its store and its broker, with something in between that can stop it.
struct Way {
    /// The store of record, for questions of the tests' own.
    engine: Arc<dyn Engine>,
    /// Where that is a server: the database, and what stands before it.
    server: Option<(TestStore, Proxy)>,
    kafka: KafkaSettings,
    program: Program,
}

/// How far the sales had come when the till was killed.
#[derive(Debug, PartialEq)]
struct Reached {
    unsent: i64,
    committed: i64,
    in_topic: usize,
    unmarked: i64,
}

impl Way {
    async fn with(kept: TestStore, kafka: KafkaSettings) -> Self {
        if !kept.has_server() {
            return Self::embedded(kafka).await;
        }
        let store = Store::new(kept.engine.clone())
            .with_sale_topic(&kafka.topic)
            .with_audit_topic(&kafka.audit_topic);
        store.set_relay_mode(RelayMode::On).await.unwrap();
        load_sample(&store, &SystemClock).await.unwrap();
        let database = Proxy::before(&kept.settings().hosts[0]).await;
        Self {
            program: till(&mysql(kept.settings(), &database), Some(kept.settings()), &kafka),
            engine: kept.engine.clone(),
            server: Some((kept, database)),
            kafka,
        }
    }

    /// Of a till that keeps its own store, and publishes from it.
    async fn embedded(kafka: KafkaSettings) -> Self {
        let program = till("", None, &kafka);
        program.done("init");
        program.load_sample();
        let file = program.folder().join("data/store.sqlite");
        Self {
            engine: Arc::new(SqliteEngine::open(&file).await.unwrap()),
            server: None,
            kafka,
            program,
        }
    }

    /// What stands before the database.
    fn database(&self) -> &Proxy {
        &self.server.as_ref().unwrap().1
    }

    /// What the sales have written, also where it is not committed yet.
    async fn written(&self) -> i64 {
        written(self.server.as_ref().unwrap().0.settings()).await
    }

    /// A till that has sold the first sale, whose event is published and marked.
    async fn sold_one(&self) -> Verb {
        let mut till = self.program.start("sell --json");
        till.write(&sale(1));
        assert_eq!(till.json()["state"], "committed");
        self.until("the first event is marked", async || self.unmarked().await == 0)
            .await;
        till
    }

    /// What a verb prints beside the proxy: what is held back there is not waited for.
    fn ask(&self, verb: &str) -> Value {
        let mut command = self.program.command(&format!("{verb} --json"));
        if let Some((kept, _)) = &self.server {
            let (host, port) = &kept.settings().hosts[0];
            command.env("RXTILL_MYSQL_HOSTS", format!("{host}:{port}"));
        }
        let said = command.output().unwrap();
        let complaint = String::from_utf8_lossy(&said.stderr);
        serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{verb}: {complaint}"))
    }

    async fn count(&self, sql: &str) -> i64 {
        self.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
    }

    async fn committed(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM sale").await
    }

    async fn unmarked(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM sale_outbox WHERE marked_at IS NULL")
            .await
    }

    async fn reached(&self) -> Reached {
        let queue = self.ask("queue");
        Reached {
            unsent: queue["unsent"].as_i64().unwrap(),
            committed: self.committed().await,
            in_topic: all_records(&self.kafka).len(),
            unmarked: self.unmarked().await,
        }
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < BOUND, "waited for: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts the till again, gives it the sale that was cut off and one more, and looks everywhere. Gives how often the
    /// topic repeats an event.
    async fn starts_again(&self) -> usize {
        // A killed relay's lease ends by the database's clock, after a minute. It is over.
        let over = "UPDATE relay_lease SET expires_at = '2020-01-01 00:00:00.000'";
        self.engine.execute(over, params![]).await.unwrap();
        let mut till = self.program.start("sell --json");
        for n in [2, 3] {
            till.write(&sale(n));
            let answer = till.json();
            assert!(
                ["committed", "queued"].map(Value::from).contains(&answer["state"]),
                "{answer}"
            );
            assert_eq!(answer["receipt"], format!("T01-{n:06}"));
            assert_eq!(answer["repeated"], n == 2);
        }
        self.until("all is committed and marked", async || {
            self.committed().await == 3 && self.unmarked().await == 0
        })
        .await;
        drop(till);

        for table in ["sale", "sales", "fact_payment", "sale_outbox"] {
            assert_eq!(self.count(&format!("SELECT COUNT(*) FROM {table}")).await, 3, "{table}");
        }
        let moved = "SELECT COUNT(*) FROM stock_movement WHERE kind = 'sale'";
        assert_eq!(self.count(moved).await, 3);
        let queue = self.ask("queue");
        assert_eq!((&queue["unsent"], &queue["outbox_waiting"]), (&0.into(), &0.into()));
        let verdict = self.ask("verify");
        assert_eq!(verdict["tills"][0]["ok"], true, "{verdict}");
        assert_eq!(verdict["tills"][0]["sales"], 3);

        let records = all_records(&self.kafka);
        let mut once: Vec<&Value> = Vec::new();
        for record in &records {
            match once.iter().find(|event| event["event_id"] == record.value["event_id"]) {
                // A repeat is the same event, field by field.
                Some(before) => assert_eq!(*before, &record.value),
                None => once.push(&record.value),
            }
        }
        let sales: Vec<_> = once.iter().map(|event| event["sale_id"].as_str().unwrap()).collect();
        assert_eq!(
            sales,
            [1, 2, 3].map(|n| sale_id(n).to_string()),
            "once a sale, in order"
        );
        records.len() - once.len()
    }
}

/// The table of a configuration for a database behind a proxy; without TLS, as the proxy looks for words in what passes.
fn mysql(settings: &MySqlSettings, database: &Proxy) -> String {
    let (host, port) = database.address();
    format!(
        "[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\npassword_file = \"password\"\ndatabase = {:?}\ntls = \"off\"\n",
        settings.user, settings.database
    )
}

/// Till T01 in Mirema meds. It waits long for an answer, as a loaded machine is no fault.
fn till(mysql: &str, login: Option<&MySqlSettings>, kafka: &KafkaSettings) -> Program {
    let program = Program::configured(&format!(
        "[till]\noutlet = \"Mirema meds\"\ncommit_wait_ms = 30000\n{mysql}\
         [kafka]\nbrokers = {:?}\ntopic = {:?}\naudit_topic = {:?}\ntotals_topic = {:?}\n",
        kafka.brokers, kafka.topic, kafka.audit_topic, kafka.totals_topic
    ));
    if let Some(login) = login {
        let mut password = OpenOptions::new();
        password.write(true).create_new(true).mode(0o600);
        let mut password = password.open(program.folder().join("password")).unwrap();
        password.write_all(login.password.expose().as_bytes()).unwrap();
    }
    program
}

fn sale_id(n: usize) -> Uuid {
    Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes())
}

/// The n-th sale: one tablet.
fn sale(n: usize) -> String {
    let (id, lines) = (sale_id(n), r#"[{"drug":"PANA500","quantity":"1"}]"#);
    format!(r#"{{"sale_id":"{id}","employee":"John","lines":{lines}}}"#)
}

/// What an attempt has written that may not be committed yet.
async fn written(settings: &MySqlSettings) -> i64 {
    let (host, port) = settings.hosts[0].clone();
    let login = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port)
        .user(Some(settings.user.clone()))
        .pass(Some(settings.password.expose().to_owned()))
        .db_name(Some(settings.database.clone()))
        .prefer_socket(false);
    let mut conn = Conn::new(login).await.unwrap();
    conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
        .await
        .unwrap();
    let moved = "SELECT COUNT(*) FROM stock_movement WHERE kind = 'sale'";
    let rows = conn.query_first(moved).await.unwrap().unwrap();
    conn.disconnect().await.unwrap();
    rows
}

on_every_server! {
    async fn killed_between_journal_and_database_the_sale_is_uploaded_once(kept: TestStore) {
        let way = Way::with(kept, with_topics().await).await;
        let mut till = way.sold_one().await;
        way.database().hold_requests();
        till.write(&sale(2));
        way.until("it is journaled", async || way.reached().await.unsent == 1).await;
        drop(till);
        assert_eq!(way.reached().await, Reached { unsent: 1, committed: 1, in_topic: 1, unmarked: 0 });
        // What the dead till had sent arrives now.
        way.database().release();
        assert_eq!(way.starts_again().await, 0);
    }

    async fn killed_before_the_commit_arrives_the_sale_is_recorded_once(kept: TestStore) {
        let way = Way::with(kept, with_topics().await).await;
        let mut till = way.sold_one().await;
        way.database().hold_requests_from(b"COMMIT; ");
        till.write(&sale(2));
        way.until("all but the COMMIT is done", async || way.written().await == 2).await;
        way.database().something_waits().await;
        drop(till);
        assert_eq!(way.reached().await, Reached { unsent: 1, committed: 1, in_topic: 1, unmarked: 0 });
        // The COMMIT of the dead till arrives while the new one starts.
        way.database().release();
        assert_eq!(way.starts_again().await, 0);
    }

    async fn killed_between_commit_and_its_answer_the_sale_is_not_doubled(kept: TestStore) {
        let way = Way::with(kept, with_topics().await).await;
        let mut till = way.sold_one().await;
        way.database().hold_requests_from(b"COMMIT; ");
        till.write(&sale(2));
        way.until("all but the COMMIT is done", async || way.written().await == 2).await;
        way.database().hold_answers();
        way.database().release_requests();
        way.until("it is committed", async || way.committed().await == 2).await;
        drop(till);
        assert_eq!(way.reached().await, Reached { unsent: 1, committed: 2, in_topic: 1, unmarked: 1 });
        way.database().release();
        assert_eq!(way.starts_again().await, 0);
    }

}

/// From the store to the topic, wherever the store is.
mod relay {
    use super::*;

    on_every_store! {
        async fn killed_between_commit_and_produce_the_event_is_sent_at_the_next_start(kept: TestStore) {
            let broker = OwnBroker::start().await;
            let way = Way::with(kept, topics_on(&broker).await).await;
            let mut till = way.sold_one().await;
            broker.proxy.hold_requests();
            till.write(&sale(2));
            assert_eq!(till.json()["state"], "committed");
            broker.proxy.something_waits().await;
            drop(till);
            // What it had sent never arrives.
            broker.proxy.cut();
            broker.proxy.release();
            assert_eq!(way.reached().await, Reached { unsent: 0, committed: 2, in_topic: 1, unmarked: 1 });
            assert_eq!(way.starts_again().await, 0);
        }

        async fn killed_between_produce_and_mark_the_event_is_repeated_and_is_the_same(kept: TestStore) {
            let broker = OwnBroker::start().await;
            let way = Way::with(kept, topics_on(&broker).await).await;
            let mut till = way.sold_one().await;
            let before = broker.written(&way.kafka.topic);
            broker.proxy.hold_answers();
            till.write(&sale(2));
            assert_eq!(till.json()["state"], "committed");
            way.until("the broker has it", async || broker.written(&way.kafka.topic) > before).await;
            drop(till);
            broker.proxy.release();
            assert_eq!(way.reached().await, Reached { unsent: 0, committed: 2, in_topic: 2, unmarked: 1 });
            assert!(way.starts_again().await > 0, "the broker's answer was never heard");
        }
    }
}

async fn topics_on(broker: &OwnBroker) -> KafkaSettings {
    let kafka = broker.settings(settings());
    ensure_topics(&kafka).await.unwrap();
    kafka
}
