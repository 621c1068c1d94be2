//! `init` makes the schema whole, once, however often it was killed on the way.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rxtill::domain::dimension::Dimension;
use rxtill::domain::sale::TillId;
use rxtill::params;
use rxtill::store::engine::{Dialect, Engine, Row, Transaction, Value};
use rxtill::store::error::{EngineError, StoreError};
use rxtill::store::journal::Journal;
use rxtill::store::migrate::{KNOWN_SCHEMA, SchemaState, init, schema_state};
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::verify::verify;

use super::support::office::{Office, outlet};
use super::support::program::Program;
use super::support::shop::{COUNTED, Shop, UNCOUNTED};
use super::support::{TestStore, init_ids, on_every_bare_store};

/// An engine whose program is killed when `left` statements were sent.
struct Killed {
    engine: Arc<dyn Engine>,
    left: AtomicUsize,
}

#[async_trait]
impl Engine for Killed {
    fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        let count_down = |n: usize| n.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count_down) {
            Ok(_) => self.engine.execute(sql, params).await,
            Err(_) => Err(EngineError::Permanent("killed".to_owned())),
        }
    }

    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        self.engine.query(sql, params).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        self.engine.begin().await
    }
}

/// Statements before the first of the schema: two tables, the lease's row, the lease; and its renewal.
const BEFORE: usize = 5;

async fn number(engine: &dyn Engine, sql: &str) -> i64 {
    engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
}

async fn assert_whole(engine: &dyn Engine) {
    assert_eq!(schema_state(engine).await, Ok(SchemaState::Ready));
    for (table, rows) in [
        ("change_seq", 1),
        ("dim_doctor", 1),
        ("stock_batch", 1),
        ("tax_code", 3),
        ("dim_tender", 5),
        ("dim_date", 16_802),
        ("sales", 0),
    ] {
        let found = number(engine, &format!("SELECT COUNT(*) FROM {table}")).await;
        assert_eq!(found, rows, "{table}");
    }
}

/// As the released program of that schema left a database: without what came after it.
async fn as_schema(engine: &dyn Engine, schema: i64) {
    let index = match engine.dialect() {
        Dialect::Sqlite => "DROP INDEX ix_fact_sale_report",
        Dialect::MySql => "DROP INDEX ix_fact_sale_report ON fact_sale",
    };
    let later = [
        (2, "DROP TABLE row_history"),
        (3, "DROP TABLE tender_reference"),
        (3, "DELETE FROM dim_tender WHERE name = 'Rounding'"),
        (4, "DROP TABLE till_event"),
        (5, "DROP TABLE alert_note"),
        (6, "DROP TABLE reader_lease"),
        (7, index),
    ];
    assert_eq!(
        later.last().map(|(step, _)| *step),
        Some(KNOWN_SCHEMA),
        "a newer step is taken back here too"
    );
    for (_, sql) in later.into_iter().rev().filter(|(step, _)| *step > schema) {
        engine.execute(sql, params![]).await.unwrap();
    }
    let recorded = "DELETE FROM schema_version WHERE step > ?";
    engine.execute(recorded, params![schema]).await.unwrap();
}

#[tokio::test]
async fn beside_an_open_till_its_own_file_is_not_upgraded_and_without_one_it_is() {
    let machine = Program::embedded();
    machine.load_sample();
    let file = machine.data().join("store.sqlite");
    let engine = SqliteEngine::open(&file).await.unwrap();
    as_schema(&engine, 1).await;
    // An open till, of an older program.
    let open = Journal::lock(&machine.data(), &TillId::default()).await.unwrap();
    for verb in ["init", "sell -", "import outlets /dev/null"] {
        let refused = machine.run(verb);
        let says = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{verb}: {says}");
        assert!(
            says.contains("T01 is open") && says.contains("close it first"),
            "{verb}: {says}"
        );
    }
    assert_eq!(schema_state(&engine).await, Ok(SchemaState::Behind { found: 1 }));
    drop(open);
    machine.done("sell -");
    assert_eq!(schema_state(&engine).await, Ok(SchemaState::Ready));
}

on_every_bare_store! {
    async fn an_init_killed_after_each_statement_ends_whole_and_seeds_once(store: TestStore) {
        assert_eq!(schema_state(store.engine.as_ref()).await, Ok(SchemaState::Absent));
        // First within the bookkeeping; then each statement once before it is recorded, and once behind that.
        let kills = (0..=BEFORE).chain([BEFORE + 1, BEFORE + 2].into_iter().cycle().take(400));
        let mut runs = 0;
        for left in kills {
            let killed = Killed { engine: Arc::clone(&store.engine), left: AtomicUsize::new(left) };
            runs += 1;
            match init(&killed, init_ids()).await {
                Ok(_) => break,
                Err(StoreError::Permanent(why)) if why == "killed" => {}
                Err(other) => panic!("{other}"),
            }
            // The dead runner's lease is over.
            let over = "UPDATE schema_lease SET expires_at = '2001-01-01 00:00:00'";
            if left >= BEFORE {
                store.engine.execute(over, params![]).await.unwrap();
            }
        }
        assert!((80..300).contains(&runs), "{runs} runs");
        assert_whole(store.engine.as_ref()).await;
    }

    async fn two_inits_at_once_make_one_schema(store: TestStore) {
        let other = store.another().await;
        let (one, two) = tokio::join!(
            init(store.engine.as_ref(), init_ids()),
            init(other.as_ref(), init_ids())
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.statements.min(two.statements) == 0, "{one:?} {two:?}");
        assert_whole(store.engine.as_ref()).await;
    }

    async fn an_older_schema_is_upgraded_with_all_that_is_in_it(store: TestStore) {
        init(store.engine.as_ref(), init_ids()).await.unwrap();
        as_schema(store.engine.as_ref(), 1).await;
        let before = "INSERT INTO setting (name, value) VALUES ('relay', 'on')";
        store.engine.execute(before, params![]).await.unwrap();
        // A newer program knows it for what it is, and changes nothing by looking.
        assert_eq!(schema_state(store.engine.as_ref()).await, Ok(SchemaState::Behind { found: 1 }));
        let done = init(store.engine.as_ref(), init_ids()).await.unwrap();
        assert!(done.schema == KNOWN_SCHEMA && done.statements > 0, "{done:?}");
        assert_whole(store.engine.as_ref()).await;
        assert_eq!(number(store.engine.as_ref(), "SELECT COUNT(*) FROM setting").await, 1);
        let office = Office::of(&store);
        let wanted = outlet("Mirema meds");
        office.add(Dimension::Outlet, &wanted).await.unwrap();
        assert_eq!(office.store.history(wanted.uuid).await.unwrap().lines.len(), 1);
    }

    async fn the_sales_in_every_released_schema_survive_the_upgrade_and_the_till_sells_on_behind_them(store: TestStore) {
        init(store.engine.as_ref(), init_ids()).await.unwrap();
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let mut sold = Vec::new();
        for schema in (1..KNOWN_SCHEMA).rev() {
            sold.push(chain.sell(&[(UNCOUNTED, "2"), (COUNTED, "1")]));
            shop.store.commit(sold.last().unwrap(), Oversell::Refuse).await.unwrap();
            let before = shop.footprint().await;
            as_schema(store.engine.as_ref(), schema).await;
            let state = schema_state(store.engine.as_ref()).await;
            assert_eq!(state, Ok(SchemaState::Behind { found: schema }));
            init(store.engine.as_ref(), init_ids()).await.unwrap();
            assert_eq!(schema_state(store.engine.as_ref()).await, Ok(SchemaState::Ready));
            assert_eq!(shop.footprint().await, before, "from schema {schema}");
            assert_eq!(shop.store.sales(&TillId::default(), 1, 1, 100).await.unwrap(), sold);
            let verdicts = verify(store.engine.as_ref(), None, None).await.unwrap();
            assert!(verdicts.iter().all(|verdict| verdict.broken.is_none()), "from schema {schema}: {verdicts:?}");
        }
    }

    async fn a_newer_schema_is_refused(store: TestStore) {
        init(store.engine.as_ref(), init_ids()).await.unwrap();
        let newer = "INSERT INTO schema_version (step, statement_no, done_at) VALUES (99, 1, '2026-01-01 00:00:00')";
        store.engine.execute(newer, params![]).await.unwrap();
        let refused = init(store.engine.as_ref(), init_ids()).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("this database has schema 99, this rxtill knows {KNOWN_SCHEMA}: upgrade rxtill")
        );
    }
}
