//! `rxtill simulate`: many tills at once through the real path, and what judges them (PATH 5.7).
use std::time::{Duration, Instant};

use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::mysql::MySqlSettings;
use rxtill::store::sqlite::SqliteEngine;
use rxtill::stream::settings::KafkaSettings;
use serde_json::{Value, json};

use super::stream_kafka::with_topics;
use super::support::TestStore;
use super::support::program::Program;
use super::support::topic::all_records;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A run of a few seconds, and that nothing of it is lost or doubled.
fn well(run: &(i32, Value)) -> u64 {
    let (code, said) = run;
    assert_eq!(*code, 0, "{said}");
    for none in ["lost", "doubled", "parked", "unsent", "unpublished"] {
        assert_eq!(said[none], 0, "{said}");
    }
    let sales = said["sales"].as_u64().unwrap();
    assert!(sales > 5, "{said}");
    assert!(said["commit_ms"]["max"].as_f64().unwrap() > 0.0, "{said}");
    sales
}

async fn one(engine: &dyn Engine, sql: &str) -> i64 {
    engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_tills_sell_through_the_real_path_and_are_left_out_of_reports() {
    let machine = Program::embedded();
    let run = machine.json("simulate --sample --tills 3 --rate 8 --seconds 4 --scenario fraud");
    let sales = well(&run);
    let reported = machine.json("report day");
    assert_eq!(reported.1["total"]["sales"], 0, "{}", reported.1);
    let reported = machine.json("report day --simulated").1;
    let counted = reported["total"]["sales"].as_u64().unwrap() + reported["total"]["returns"].as_u64().unwrap();
    assert_eq!(counted, sales, "{reported}");
    let (code, verified) = machine.json("verify");
    assert_eq!(code, 0, "{verified}");
    let tills: Vec<&str> = verified["tills"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|till| till["till"].as_str())
        .collect();
    assert_eq!(tills, ["SIM001", "SIM002", "SIM003"]);
    // Another run has the same tills, in series of its own.
    well(&machine.json("simulate --tills 3 --rate 8 --seconds 3 --seed 2"));
    let engine = SqliteEngine::open(&machine.data().join("store.sqlite")).await.unwrap();
    assert!(one(&engine, "SELECT MAX(series) FROM sale").await >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_finds_the_sale_that_is_gone_and_the_one_that_is_there_twice() {
    let machine = Program::embedded();
    let run = machine.json("simulate --sample --tills 2 --rate 8 --seconds 3");
    well(&run);
    let name = run.1["run"].as_str().unwrap();
    let check = format!("simulate --check {name}");
    let (code, judged) = machine.json(&check);
    assert_eq!(
        (code, &judged["lost"], &judged["doubled"]),
        (0, &json!(0), &json!(0)),
        "{judged}"
    );
    assert_eq!(judged["answered"], run.1["sales"]);

    let engine = SqliteEngine::open(&machine.data().join("store.sqlite")).await.unwrap();
    let ids = engine.query("SELECT DISTINCT f.sale_id FROM fact_sale f JOIN stock_movement m ON m.sale_id = f.sale_id ORDER BY f.sale_id", params![]).await.unwrap();
    let (gone, twice): (String, String) = (ids[0].get(0).unwrap(), ids[1].get(0).unwrap());
    engine
        .execute(
            "DELETE FROM fact_sale WHERE sale_id = ? AND line_no = 1",
            params![&gone],
        )
        .await
        .unwrap();
    let copy = "INSERT INTO stock_movement (uuid, outlet_id, drug_id, batch_id, kind, quantity, sale_id, line_no, moved_by, reason, moved_at)
        SELECT '0', outlet_id, drug_id, batch_id, kind, quantity, sale_id, line_no, moved_by, reason, moved_at
        FROM stock_movement WHERE sale_id = ? AND line_no = 1 LIMIT 1";
    assert_eq!(engine.execute(copy, params![&twice]).await.unwrap(), 1);
    let (code, judged) = machine.json(&check);
    assert_eq!(
        (code, &judged["lost"], &judged["doubled"]),
        (1, &json!(1), &json!(1)),
        "{judged}"
    );
    assert_eq!(
        judged["named"],
        json!([format!("lost {gone}"), format!("doubled {twice}")])
    );
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was_and_no_sale_is_lost_or_sold_again() {
    let machine = Program::embedded();
    let mut verb = machine.start("simulate --sample --tills 3 --rate 12 --seconds 8 --json");
    let said = verb.says_line("run ");
    let run = said.split_whitespace().last().unwrap().to_owned();
    let answers = machine.data().join("sim").join(&run).join("answers.jsonl");
    let told = || std::fs::read_to_string(&answers).unwrap_or_default().lines().count();
    let mut before = 0;
    for resumed in 0..3 {
        let deadline = Instant::now() + BOUND;
        while told() < before + 8 {
            assert!(Instant::now() < deadline, "no sale is answered");
            std::thread::sleep(LOOK);
        }
        verb.kill();
        before = told();
        let resume = format!("simulate --resume {run} --json");
        if resumed < 2 {
            verb = machine.start(&resume);
            verb.says_line("goes on after");
        } else {
            let (code, said) = machine.json(resume.trim_end_matches(" --json"));
            assert_eq!(code, 0, "{said}");
            for none in ["lost", "doubled", "parked", "unsent"] {
                assert_eq!(said[none], 0, "{said}");
            }
            assert!(said["resumed_after"].as_u64().unwrap() >= 24, "{said}");
            let answered = said["answered"].as_u64().unwrap();
            assert!(answered > said["sales"].as_u64().unwrap(), "of all processes: {said}");
        }
    }
    let ids: Vec<String> = std::fs::read_to_string(&answers)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sale_id"].to_string())
        .collect();
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "no sale is answered by two of them");
    let (code, verified) = machine.json("verify");
    assert_eq!(code, 0, "{verified}");
    // A course that is not there, or not one, cannot go on.
    std::fs::write(machine.data().join("sim").join(&run).join("course.json"), "{}").unwrap();
    for wrong in [
        format!("simulate --resume {run}"),
        "simulate --resume 20260101-000000-0000".to_owned(),
        format!("simulate --resume {run} --rate 2"),
    ] {
        assert_eq!(machine.run(&wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn without_a_catalogue_it_says_what_to_import_and_of_no_such_run_that_there_is_none() {
    let machine = Program::embedded();
    let output = machine.run("simulate --seconds 1");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("rxtill import outlets") && said.contains("--sample"),
        "{said}"
    );
    for wrong in [
        "simulate --check ../other",
        "simulate --check 20260101-000000-0000",
        "simulate --scenario frauds",
        "simulate --stream-only",
        "simulate --rate 0",
    ] {
        assert_eq!(machine.run(wrong).status.code(), Some(2), "{wrong}");
    }
}

fn on_server(settings: &MySqlSettings, kafka: &KafkaSettings) -> Program {
    let (host, port) = &settings.hosts[0];
    Program::configured(&format!(
        "[till]\noutlet = \"Mirema meds\"\ncommit_wait_ms = 20000\n[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\npassword = {:?}\ndatabase = {:?}\n\
         [kafka]\nbrokers = {:?}\ntopic = {:?}\naudit_topic = {:?}\ntotals_topic = {:?}\nreplication = 1\n",
        settings.user,
        settings.password.expose(),
        settings.database,
        kafka.brokers,
        kafka.topic,
        kafka.audit_topic,
        kafka.totals_topic
    ))
}

/// On a server and a broker each sale is in the store and in the topic, once.
async fn in_store_and_topic(kept: TestStore) {
    let kafka = with_topics().await;
    let machine = on_server(kept.settings(), &kafka);
    machine.done("init");
    let run = machine.json("simulate --sample --tills 4 --rate 8 --seconds 5 --scenario split_sales --outlets 2");
    let sales = well(&run);
    assert_eq!(run.1["outlets"], 2);
    assert_eq!(run.1["live_ms"]["count"].as_u64(), Some(sales), "{}", run.1);
    let lines = one(kept.engine.as_ref(), "SELECT COUNT(*) FROM fact_sale").await;
    let records = all_records(&kafka);
    assert!(
        records
            .iter()
            .all(|record| record.value["till_id"].as_str().unwrap().starts_with("SIM"))
    );
    let events: std::collections::BTreeSet<&str> = records
        .iter()
        .filter_map(|record| record.value["event_id"].as_str())
        .collect();
    assert_eq!(i64::try_from(events.len()).unwrap(), lines);
    let name = run.1["run"].as_str().unwrap();
    let (code, judged) = machine.json(&format!("simulate --check {name}"));
    assert_eq!((code, judged["answered"].as_u64()), (0, Some(sales)), "{judged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb_and_kafka_each_sale_is_in_store_and_topic() {
    in_store_and_topic(TestStore::mariadb().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mysql_and_kafka_each_sale_is_in_store_and_topic() {
    in_store_and_topic(TestStore::mysql().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_sends_a_chains_events_to_the_topics_without_a_database() {
    let kafka = with_topics().await;
    let machine = Program::on_kafka(&kafka);
    let (code, said) =
        machine.json("simulate --stream-only --tills 6 --outlets 3 --rate 40 --seconds 4 --scenario fraud");
    assert_eq!((code, &said["failed"]), (0, &json!(0)), "{said}");
    let records = all_records(&kafka);
    let first_lines = records.iter().filter(|record| record.value["line_no"] == 1).count();
    // Events that get lost or come again are part of the scenario.
    let sales = said["sales"].as_u64().unwrap();
    assert!(sales > 80, "{said}");
    assert_eq!(first_lines as u64, sales, "{said}");
    assert!(!machine.data().join("store.sqlite").exists());
}
