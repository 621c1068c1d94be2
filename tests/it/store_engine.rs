//! The contract of an engine, on every store.
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rxtill::params;
use rxtill::store::engine::{Engine, Row, Value};
use rxtill::store::error::EngineError;

use super::support::{TestStore, on_every_store};

/// Puts a setting in: the smallest row of the schema.
async fn put(engine: &dyn Engine, name: &str) -> Result<u64, EngineError> {
    let sql = "INSERT INTO setting (name, value) VALUES (?, 'x')";
    engine.execute(sql, params![name]).await
}

async fn settings(engine: &dyn Engine) -> Vec<String> {
    let sql = "SELECT name FROM setting ORDER BY name";
    let rows = engine.query(sql, params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

/// One row through a table with a column of every kind.
async fn through_the_store(engine: &dyn Engine, sent: Vec<Value>) -> Result<Row, EngineError> {
    let [decimal, bytes, text, moment, local, date] = match engine.dialect() {
        rxtill::store::engine::Dialect::Sqlite => ["INTEGER", "BLOB", "TEXT", "TEXT", "TEXT", "TEXT"],
        rxtill::store::engine::Dialect::MySql => [
            "DECIMAL(18,4)",
            "LONGBLOB",
            "VARCHAR(80)",
            "DATETIME(3)",
            "DATETIME(3)",
            "DATE",
        ],
    };
    let made = format!(
        "CREATE TABLE IF NOT EXISTS kinds (n INTEGER PRIMARY KEY, d {decimal}, b {bytes}, t {text}, at {moment}, here {local}, day {date})"
    );
    engine.execute(&made, params![]).await?;
    engine.execute("DELETE FROM kinds", params![]).await?;
    let put = "INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?)";
    engine.execute(put, sent).await?;
    Ok(engine
        .query("SELECT n, d, b, t, at, here, day FROM kinds", params![])
        .await?
        .remove(0))
}

on_every_store! {
    async fn every_kind_of_value_comes_back_as_it_went(store: TestStore) {
        let bytes: Vec<u8> = (0..=255).collect();
        let at: Timestamp = "2024-06-20T09:14:03.412Z".parse().unwrap();
        let here: DateTime = "2024-06-20T12:14:03.412".parse().unwrap();
        let day: Date = "2024-06-20".parse().unwrap();
        for decimal in ["-99999999999999.9999", "0.0001", "0", "12.5"] {
            let decimal: Decimal = decimal.parse().unwrap();
            let sent = params![-7_i64, decimal, bytes.clone(), "Ça va? \0 \u{1F48A}", at, here, day];
            let row = through_the_store(store.engine.as_ref(), sent).await.unwrap();
            assert_eq!(row.get::<i64>(0), Ok(-7));
            assert_eq!(row.get::<Decimal>(1), Ok(decimal));
            assert_eq!(row.get::<Vec<u8>>(2), Ok(bytes.clone()));
            assert_eq!(row.get::<String>(3).as_deref(), Ok("Ça va? \0 \u{1F48A}"));
            assert_eq!(row.get::<Timestamp>(4), Ok(at));
            assert_eq!(row.get::<DateTime>(5), Ok(here));
            assert_eq!(row.get::<Date>(6), Ok(day));
        }
    }

    async fn nulls_come_back_as_nothing(store: TestStore) {
        let sent = vec![Value::Int(1), Value::Null, Value::Null, Value::Null, Value::Null, Value::Null, Value::Null];
        let row = through_the_store(store.engine.as_ref(), sent).await.unwrap();
        assert_eq!(row.get::<Option<Decimal>>(1), Ok(None));
        assert_eq!(row.get::<Option<Vec<u8>>>(2), Ok(None));
        assert_eq!(row.get::<Option<Timestamp>>(4), Ok(None));
        assert_eq!(row.get::<Option<Date>>(6), Ok(None));
    }

    async fn a_time_is_cut_to_the_millisecond_not_rounded(store: TestStore) {
        let at: Timestamp = "2024-12-31T23:59:59.9999Z".parse().unwrap();
        let sent = params![1_i64, Decimal::ONE, vec![0_u8], "", at, DateTime::default(), Date::default()];
        let sent = sent.into_iter().take(5).chain([Value::Null, Value::Null]).collect();
        let row = through_the_store(store.engine.as_ref(), sent).await.unwrap();
        assert_eq!(row.get::<Timestamp>(4), Ok("2024-12-31T23:59:59.999Z".parse().unwrap()));
    }

    async fn a_decimal_that_does_not_fit_is_refused_not_rounded(store: TestStore) {
        for decimal in ["0.00001", "100000000000000"] {
            let mut sent = vec![Value::Null; 7];
            sent[0] = Value::Int(1);
            sent[1] = Value::Decimal(decimal.parse().unwrap());
            let refused = through_the_store(store.engine.as_ref(), sent).await.unwrap_err();
            assert!(matches!(refused, EngineError::Constraint(_)), "{refused:?}");
        }
    }

    async fn decimals_are_reckoned_exactly(store: TestStore) {
        let engine = store.engine.as_ref();
        let put = "INSERT INTO tax_code (code, name, rate, valid_from) VALUES ('x', '', ?, '2026-01-01')";
        let much: Decimal = "90071992547409.9301".parse().unwrap();
        engine.execute(put, params![much]).await.unwrap();
        let less = "UPDATE tax_code SET rate = rate - ? WHERE code = 'x' AND rate = ? AND rate > ?";
        let (little, before): (Decimal, Decimal) = ("0.0003".parse().unwrap(), "90071992547409.9300".parse().unwrap());
        assert_eq!(engine.execute(less, params![little, much, before]).await, Ok(1));
        let rows = engine.query("SELECT rate FROM tax_code WHERE code = 'x'", params![]).await.unwrap();
        assert_eq!(rows[0].get::<Decimal>(0), Ok("90071992547409.9298".parse().unwrap()));
    }

    async fn a_committed_transaction_is_seen_and_a_rolled_back_one_is_not(store: TestStore) {
        let engine = store.engine.as_ref();
        for (name, commit) in [("kept", true), ("dropped", false)] {
            let mut transaction = engine.begin().await.unwrap();
            let sql = "INSERT INTO setting (name, value) VALUES (?, 'x')";
            assert_eq!(transaction.execute(sql, params![name]).await, Ok(1));
            let mine = transaction.query("SELECT name FROM setting WHERE name = ?", params![name]).await;
            assert_eq!(mine.unwrap().len(), 1);
            if commit {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await;
            }
        }
        assert_eq!(settings(engine).await, ["kept"]);
    }

    async fn a_dropped_transaction_is_rolled_back_before_the_next_begins(store: TestStore) {
        let engine = store.engine.as_ref();
        let sql = "INSERT INTO setting (name, value) VALUES ('same', 'x')";
        for _ in 0..3 {
            let mut transaction = engine.begin().await.unwrap();
            transaction.execute(sql, params![]).await.unwrap();
        }
        let mut last = engine.begin().await.unwrap();
        last.execute(sql, params![]).await.unwrap();
        last.commit().await.unwrap();
        assert_eq!(settings(engine).await, ["same"]);
    }

    async fn a_statement_given_up_half_way_commits_nothing(store: TestStore) {
        let engine = store.engine.as_ref();
        let mut transaction = loop {
            let mut transaction = engine.begin().await.unwrap();
            put_in(&mut *transaction, "first").await.unwrap();
            // Polled once, then dropped: the statement may or may not reach the database.
            tokio::select! {
                biased;
                // On a busy machine the answer can be there before the poll has ended: nothing was given up.
                _ = put_in(&mut *transaction, "second") => transaction.rollback().await,
                () = std::future::ready(()) => break transaction,
            }
        };
        assert!(put_in(&mut *transaction, "third").await.is_err());
        assert!(transaction.commit().await.is_err());
        put(engine, "after").await.unwrap();
        assert_eq!(settings(engine).await, ["after"]);
    }

    async fn after_an_error_a_transaction_cannot_be_committed(store: TestStore) {
        let engine = store.engine.as_ref();
        put(engine, "there").await.unwrap();
        let mut transaction = engine.begin().await.unwrap();
        put_in(&mut *transaction, "new").await.unwrap();
        let refused = put_in(&mut *transaction, "there").await.unwrap_err();
        assert!(matches!(refused, EngineError::Duplicate(_)), "{refused:?}");
        assert!(put_in(&mut *transaction, "other").await.is_err());
        assert!(transaction.commit().await.is_err());
        assert_eq!(settings(engine).await, ["there"]);
    }

    async fn refusals_say_what_kind_they_are(store: TestStore) {
        let engine = store.engine.as_ref();
        put(engine, "there").await.unwrap();
        let twice = put(engine, "there").await.unwrap_err();
        assert!(matches!(twice, EngineError::Duplicate(_)), "{twice:?}");
        let null = engine.execute("INSERT INTO setting (name, value) VALUES ('n', NULL)", params![]).await.unwrap_err();
        assert!(matches!(null, EngineError::Constraint(_)), "{null:?}");
        let orphan = "INSERT INTO employee_pay (employee_id) VALUES (999)";
        let orphan = engine.execute(orphan, params![]).await.unwrap_err();
        assert!(matches!(orphan, EngineError::Constraint(_)), "{orphan:?}");
        let nonsense = engine.execute("SELEKT 1", params![]).await.unwrap_err();
        assert!(matches!(nonsense, EngineError::Permanent(_)), "{nonsense:?}");
    }

    async fn an_update_counts_the_rows_found_not_the_rows_changed(store: TestStore) {
        let engine = store.engine.as_ref();
        put(engine, "there").await.unwrap();
        for (name, rows) in [("there", 1), ("absent", 0)] {
            let sql = "UPDATE setting SET value = 'x' WHERE name = ?";
            assert_eq!(engine.execute(sql, params![name]).await, Ok(rows));
            let mut transaction = engine.begin().await.unwrap();
            assert_eq!(transaction.execute(sql, params![name]).await, Ok(rows));
            transaction.commit().await.unwrap();
        }
    }

    async fn a_new_row_tells_its_number(store: TestStore) {
        let mut transaction = store.engine.begin().await.unwrap();
        let sql = "INSERT INTO stock_batch (outlet_id, drug_id, batch) VALUES (1, 1, ?)";
        transaction.execute(sql, params!["B1"]).await.unwrap();
        let first = transaction.last_insert_id();
        transaction.execute(sql, params!["B2"]).await.unwrap();
        assert!(transaction.last_insert_id() > first);
        let found = transaction.query("SELECT id FROM stock_batch WHERE batch = 'B1'", params![]).await.unwrap();
        assert_eq!(found[0].get::<i64>(0), Ok(first));
        transaction.commit().await.unwrap();
    }

    async fn transactions_at_once_lose_no_update(store: TestStore) {
        let engine = Arc::clone(&store.engine);
        engine.execute("INSERT INTO setting (name, value) VALUES ('n', '0')", params![]).await.unwrap();
        let one = async || {
            let mut transaction = engine.begin().await.unwrap();
            let add = "UPDATE setting SET value = value + 1 WHERE name = 'n'";
            assert_eq!(transaction.execute(add, params![]).await, Ok(1));
            transaction.commit().await.unwrap();
        };
        futures_util::future::join_all((0..20).map(|_| one())).await;
        let rows = engine.query("SELECT value FROM setting WHERE name = 'n'", params![]).await.unwrap();
        assert_eq!(rows[0].get::<String>(0).as_deref(), Ok("20"));
    }

    async fn the_clock_of_the_database_reads_and_compares(store: TestStore) {
        let dialect = store.engine.dialect();
        let sql = format!("SELECT {}, {}, {} < {}", dialect.now(), dialect.now_plus(60), dialect.now(), dialect.now_plus(1));
        let row = store.engine.query(&sql, params![]).await.unwrap().remove(0);
        let (now, later): (Timestamp, Timestamp) = (row.get(0).unwrap(), row.get(1).unwrap());
        let ahead = later.duration_since(now).as_millis();
        assert!((60_000..61_000).contains(&ahead), "{ahead} ms");
        assert_eq!(row.get::<bool>(2), Ok(true));
    }
}

async fn put_in(transaction: &mut dyn rxtill::store::engine::Transaction, name: &str) -> Result<u64, EngineError> {
    let sql = "INSERT INTO setting (name, value) VALUES (?, 'x')";
    transaction.execute(sql, params![name]).await
}
