//! A till killed while it sells, and started again: each sale once, everywhere, the chain whole.
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

const SALES: usize = 40;
const KILLS: u64 = 10;

fn rxtill(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rxtill"));
    command.arg("--local").arg("--data-dir").arg(data);
    command.env_remove("RXTILL_CONFIG").current_dir(data);
    command.env("RXTILL_TILL_OUTLET", "Mirema meds");
    command
}

fn load_sample(data: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    for table in ["outlets", "employees", "doctors", "drugs"] {
        let file = sample.join(format!("{table}.csv"));
        let done = rxtill(data).args(["import", table]).arg(file).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn lines() -> String {
    let sale = |n: usize| {
        let id = Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes());
        format!(
            "{{\"sale_id\":\"{id}\",\"employee\":\"John\",\"lines\":[{{\"drug\":\"PANA500\",\"quantity\":\"1\"}}]}}\n"
        )
    };
    (0..SALES).map(sale).collect()
}

/// Feeds every sale, and kills the till without warning after `answers` answers and a moment more.
fn sell_and_kill(data: &Path, answers: usize, moment: Duration) {
    let mut till = rxtill(data)
        .args(["sell", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = till.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || {
        // A till that was killed reads no more.
        let _ = input.write_all(lines().as_bytes());
    });
    let told = BufReader::new(till.stdout.take().unwrap());
    told.lines().take(answers).for_each(drop);
    // Not a wait for something: the moment of the kill is what is tried.
    std::thread::sleep(moment);
    till.kill().unwrap();
    till.wait().unwrap();
    feeding.join().unwrap();
}

fn count(store: &Connection, sql: &str) -> i64 {
    store.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_till_killed_at_any_moment_has_each_sale_once_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    load_sample(data);
    for kill in 0..KILLS {
        sell_and_kill(
            data,
            usize::try_from(kill).unwrap() * 3,
            Duration::from_micros(kill * 700),
        );
    }
    let mut last = rxtill(data)
        .args(["sell", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    last.stdin.take().unwrap().write_all(lines().as_bytes()).unwrap();
    let told = last.wait_with_output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
    let answers: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!(answers.len(), SALES);
    // What a kill left behind is uploaded first, so the newest may still be on their way.
    let promised = |answer: &Value| answer["state"] == "committed" || answer["state"] == "queued";
    assert!(answers.iter().all(promised), "{answers:?}");
    let synced = rxtill(data).arg("sync").output().unwrap();
    assert!(synced.status.success(), "{}", String::from_utf8_lossy(&synced.stdout));
    let mut receipts: Vec<_> = answers
        .iter()
        .map(|answer| answer["receipt"].as_str().unwrap().to_owned())
        .collect();
    receipts.sort();
    let unbroken: Vec<_> = (1..=SALES).map(|n| format!("T01-{n:06}")).collect();
    assert_eq!(receipts, unbroken, "numbers without a gap");
    let store = Connection::open(data.join("store.sqlite")).unwrap();
    let sold = i64::try_from(SALES).unwrap();
    for table in ["sale", "sales", "fact_payment", "sale_outbox"] {
        assert_eq!(count(&store, &format!("SELECT COUNT(*) FROM {table}")), sold, "{table}");
    }
    assert_eq!(
        count(&store, "SELECT COUNT(*) FROM stock_movement WHERE kind = 'sale'"),
        sold
    );
    let off_the_book = "SELECT supplied - remaining FROM stock s JOIN dim_drug d ON d.id = s.drug_id
        JOIN fact_sale f ON f.drug_id = d.id AND f.outlet_id = s.outlet_id LIMIT 1";
    assert_eq!(
        count(&store, off_the_book),
        sold * 10_000,
        "stock is the sum of its movements"
    );
    let verified = rxtill(data).args(["verify", "--json"]).output().unwrap();
    let verdict: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verdict["tills"][0]["ok"], true, "{verdict}");
    assert_eq!(verdict["tills"][0]["sales"], sold);
    let queue = rxtill(data).args(["queue", "--json"]).output().unwrap();
    let queue: Value = serde_json::from_slice(&queue.stdout).unwrap();
    assert_eq!(
        (queue["unsent"].as_i64(), queue["outbox_waiting"].as_i64()),
        (Some(0), Some(0))
    );
}

#[test]
fn a_row_altered_behind_the_tills_back_is_named_by_its_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    load_sample(data);
    let mut till = rxtill(data)
        .args(["sell", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    till.stdin.take().unwrap().write_all(lines().as_bytes()).unwrap();
    assert!(till.wait().unwrap().success());
    let store = Connection::open(data.join("store.sqlite")).unwrap();
    store
        .execute(
            "UPDATE fact_sale SET line_total = line_total + 10000 WHERE receipt_no = 7",
            [],
        )
        .unwrap();
    drop(store);
    let verified = rxtill(data).args(["verify", "--json"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(1));
    let verdict: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verdict["tills"][0]["broken_at"], "T01-000007", "{verdict}");
}

#[test]
fn a_date_years_ahead_and_impossible_quantities_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    load_sample(data);
    let lines = [
        r#"{"employee":"John","sold_at":"2099-01-01T00:00:00Z","lines":[{"drug":"PANA500","quantity":"1"}]}"#,
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"-7"}]}"#,
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"0"}]}"#,
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"2.5"}]}"#,
        r#"{"employee":"John","lines":[{"drug":"PANA500","quantity":"3000000000"}]}"#,
        r#"{"employee":"Nobody","lines":[{"drug":"PANA500","quantity":"1"}]}"#,
    ];
    let mut till = rxtill(data)
        .args(["sell", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    till.stdin
        .take()
        .unwrap()
        .write_all(lines.join("\n").as_bytes())
        .unwrap();
    let told = till.wait_with_output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let answers: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len());
    for answer in answers {
        assert_eq!(
            (&answer["state"], &answer["receipt"]),
            (&Value::from("refused"), &Value::Null),
            "{answer}"
        );
        assert!(answer["error"].as_str().is_some_and(|why| !why.is_empty()));
    }
}
