//! An embedded store's history comes to MariaDB and MySQL as it was, also when it is broken off again and again.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::civil;
use rust_decimal::Decimal;
use rxtill::domain::audit::{AuditPlace, AuditRecord};
use rxtill::domain::sale::SaleRecord;
use rxtill::params;
use rxtill::store::engine::{Dialect, Engine, Row, Transaction, Value};
use rxtill::store::error::EngineError;
use rxtill::store::ports::{Outbox as _, Oversell, Registration, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::star::adopt::{AdoptError, Adopted, adopt};
use rxtill::store::verify;
use uuid::Uuid;

use crate::support::shop::{COUNTED, Chain, Shop, UNCOUNTED, asked_for, row, sale};
use crate::support::{TestStore, on_every_server};

/// Of a [`Shop`]'s tills.
const INSTALLATION: Uuid = Uuid::from_u128(0x1234);

/// What is compared: all columns of a table but numbers that are its own, in an order of their own.
const TABLES: [(&str, &str, &str); 20] = [
    ("till_head", "till_id, series, receipt_no, hash, sale_id, installation_id, opened_at", ""),
    (
        "sale",
        "sale_id, till_id, series, receipt_no, first_seq, line_count, prev_hash, hash, bytes, flags, recorded_at",
        "",
    ),
    ("sale_parked", "sale_id, reason, parked_at", ""),
    ("sale_resolved", "sale_id, resolution, resolved_by, resolved_at, detail", ""),
    (
        "fact_sale",
        "sale_id, line_no, kind, event_id, till_id, series, receipt_no, seq, outlet_id, employee_id, drug_id, doctor_id,
         date_sold, sold_at, sold_local, unit, unit_qty, unit_factor, quantity_sold, unit_price, discount, tax_code, tax_rate,
         tax_amount, line_total, currency, refund_of, chain",
        "unit_qty unit_factor quantity_sold unit_price discount tax_rate tax_amount line_total",
    ),
    (
        "fact_payment",
        "sale_id, payment_no, outlet_id, tender_id, date_sold, amount, tendered, change_given, reference, reference_key",
        "amount tendered change_given",
    ),
    ("tender_reference", "tender_id, reference_key, sale_id", ""),
    (
        "sale_outbox",
        "id, aggregatetype, aggregateid, type, payload, till_id, series, seq, made_at, marked_at, epoch, set_aside",
        "",
    ),
    (
        "till_event",
        "event_id, till_id, series, seq, kind, outlet_id, employee_id, drug_uuid, happened_at, date_local, payload, recorded_at",
        "",
    ),
    ("alert_note", "id, alert_id, rule, severity, found_at, outlet_id, headline, figures, note, noted_by, noted_at", ""),
    ("stock", "outlet_id, drug_id, supplied, remaining", "supplied remaining"),
    (
        "stock_movement",
        "uuid, outlet_id, drug_id, kind, quantity, sale_id, line_no, moved_by, reason, moved_at",
        "quantity",
    ),
    ("stock_batch", "outlet_id, drug_id, batch, expiry, cost", "cost"),
    (
        "row_history",
        "row_uuid, dimension, field, before_value, after_value, changed_by, employee_id, till_id, changed_at",
        "",
    ),
    (
        "dim_outlet",
        "id, uuid, active, version, changed_at, changed_by, name, name_key, region, time_zone, currency, currency_decimals,
         smallest_coin",
        "smallest_coin",
    ),
    ("dim_employee", "id, uuid, active, version, changed_at, name, name_key, phone_number, role", ""),
    ("employee_pay", "employee_id, salary, version", "salary"),
    ("dim_doctor", "id, uuid, natural_key, name, registration_number, confirmed, merged_into", ""),
    ("dim_drug", "id, uuid, code, name, base_unit, tax_code, controlled_limit", "controlled_limit"),
    ("drug_pack", "drug_id, name, base_units, code, offer_first, active", "base_units"),
];

/// The rows of every table, as text that is the same whatever engine keeps them.
async fn dump(engine: &dyn Engine) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, columns, decimals) in TABLES {
        let rows = engine
            .query(&format!("SELECT {columns} FROM {table}"), params![])
            .await
            .unwrap();
        let mut of_table: Vec<String> = rows.iter().map(|row| line(row, columns, decimals)).collect();
        of_table.sort();
        lines.extend(of_table.into_iter().map(|line| format!("{table}: {line}")));
    }
    let prices = "SELECT p.drug_id, p.name, r.outlet_id, r.price_list, r.valid_from, r.amount
         FROM price r JOIN drug_pack p ON p.id = r.pack_id ORDER BY p.drug_id, p.name, r.valid_from";
    let names = "drug_id, name, outlet_id, price_list, valid_from, amount";
    let prices = engine.query(prices, params![]).await.unwrap();
    lines.extend(
        prices
            .iter()
            .map(|row| format!("price: {}", line(row, names, "amount"))),
    );
    lines
}

fn line(row: &Row, columns: &str, decimals: &str) -> String {
    let names = columns.split(',').map(str::trim).enumerate();
    let cells = names.map(|(index, name)| {
        let value = if decimals.split(' ').any(|decimal| decimal == name) {
            format!("{:?}", row.get::<Option<Decimal>>(index).unwrap())
        } else if name.ends_with("_at") || name == "sold_local" {
            format!("{:?}", row.get::<Option<civil::DateTime>>(index).unwrap())
        } else if matches!(name, "date_sold" | "date_local" | "expiry" | "valid_from") {
            format!("{:?}", row.get::<Option<civil::Date>>(index).unwrap())
        } else {
            format!("{:?}", row.0[index])
        };
        format!("{name}={value}")
    });
    cells.collect::<Vec<_>>().join(" ")
}

/// A till that has lived on its own file.
struct Lived {
    /// Kept for as long as it is used.
    _file: TestStore,
    shop: Shop,
    till: Chain,
}

impl Lived {
    async fn new() -> Self {
        let file = TestStore::sqlite().await;
        let shop = Shop::open(&file.engine).await;
        let till = shop.till("T01").await;
        Self {
            _file: file,
            shop,
            till,
        }
    }

    async fn sell(&mut self, lines: &[(u128, &str)]) -> SaleRecord {
        let record = self.till.sell(lines);
        self.shop.store.commit(&record, Oversell::Record).await.unwrap();
        record
    }

    /// What waits is published, as far as the outbox knows.
    async fn publish(&self) {
        let store = &self.shop.store;
        let rows = store.unmarked(&self.till.till, 1_000).await.unwrap();
        let lease = store.take_lease(&self.till.till, "test", 60).await.unwrap().unwrap();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        store.mark(&lease, &ids).await.unwrap();
    }

    async fn ask_for(&self, seq: u64) {
        let place = AuditPlace {
            till: self.till.till.clone(),
            series: 1,
            seq,
        };
        let event = AuditRecord::new(Uuid::from_u128(0xa0d1_7000 + u128::from(seq)), place, asked_for("1"));
        self.shop.store.keep_event(&event).await.unwrap();
    }

    async fn run(&self, sql: &str, params: Vec<Value>) {
        self.shop.engine.execute(sql, params).await.unwrap();
    }

    /// Something of everything.
    async fn with_a_history() -> Self {
        let mut lived = Self::new().await;
        for (sql, params) in [
            ("INSERT INTO drug_pack (id, drug_id, name, name_key, base_units, code, code_key) VALUES (40, 14, 'strip', 'strip', ?, '616', '616')", params![Decimal::TEN]),
            ("INSERT INTO drug_pack (id, drug_id, name, name_key, base_units) VALUES (41, 13, 'tab', 'tab', ?)", params![Decimal::ONE]),
            ("INSERT INTO price (pack_id, outlet_id, price_list, valid_from, amount) VALUES (40, 1, '', '2026-01-01', ?)", params![Decimal::new(125, 2)]),
            ("INSERT INTO price (pack_id, outlet_id, price_list, valid_from, amount) VALUES (41, 0, 'staff', '2026-01-02', ?)", params![Decimal::new(1, 4)]),
            ("INSERT INTO employee_pay (employee_id, salary) VALUES (2, ?)", params![Decimal::new(2_500_050, 2)]),
            ("INSERT INTO stock_batch (id, outlet_id, drug_id, batch, expiry, cost) VALUES (70, 1, 14, 'LOT-7', '2027-03-31', ?)", params![Decimal::new(375, 2)]),
            ("INSERT INTO dim_doctor (id, uuid, changed_at, changed_by, natural_key, name, name_key, registration_number,
              specialization, phone_number, phone_key, email, region, merged_into)
              VALUES (4, ?, '2026-03-02 09:00:00.000', 'T01', 'merged:x', 'Mwabilli', 'mwabilli', '', '', '07', '07', '', '', 5)", params![row(33)]),
            ("INSERT INTO row_history (dimension, row_uuid, field, before_value, after_value, changed_by, employee_id, till_id, changed_at)
              VALUES ('outlet', ?, 'name', NULL, 'Mirema meds', 'John', 2, 'T01', '2026-03-01 08:00:00.125')", params![row(1)]),
            ("INSERT INTO alert_note (id, alert_id, rule, severity, found_at, outlet_id, headline, figures, note, noted_by, noted_at)
              VALUES (?, ?, 'silent', 'warning', '2026-03-02 09:00:00.000', 1, 'h', 'f', 'seen', 'Asha', '2026-03-02 09:01:00.000')", params![Uuid::from_u128(5), Uuid::from_u128(6)]),
        ] {
            lived.run(sql, params).await;
        }
        lived.sell(&[(UNCOUNTED, "2"), (COUNTED, "3")]).await;
        lived.ask_for(1).await;
        lived.publish().await;
        let purged = "DELETE FROM sale_outbox WHERE seq = 1 AND type = 'sale'";
        lived.run(purged, params![]).await;
        for count in 1..=60 {
            lived.sell(&[(UNCOUNTED, &count.to_string())]).await;
        }
        let parked = lived.till.sell(&[(COUNTED, "1")]);
        lived.shop.store.park(&parked, "for the test").await.unwrap();
        let mended = lived.till.sell(&[(COUNTED, "2"), (UNCOUNTED, "1")]);
        lived.shop.store.park(&mended, "for a while").await.unwrap();
        lived.shop.store.mend(&mended, "Asha").await.unwrap();
        lived.publish().await;
        // M-Pesa, whose references may be used once.
        let mut agreed = sale(Uuid::from_u128(0xfee), &[(COUNTED, "1")]);
        agreed.payments[0].tender = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:M-Pesa");
        "M-Pesa".clone_into(&mut agreed.payments[0].name);
        agreed.payments[0].reference = Some("SGH7X2K9PL".to_owned());
        let record = lived.till.place(agreed);
        lived.shop.store.commit(&record, Oversell::Record).await.unwrap();
        lived.sell(&[(COUNTED, "1")]).await;
        lived.ask_for(2).await;
        lived
    }

    async fn adopted_by(&self, to: &dyn Fn() -> Store) -> Result<Adopted, AdoptError> {
        let whose = (&self.till.till, INSTALLATION);
        adopt(self.shop.engine.as_ref(), &to(), whose, |_| ()).await
    }
}

fn store_of(store: &TestStore) -> impl Fn() -> Store {
    let engine = Arc::clone(&store.engine);
    move || Store::new(Arc::clone(&engine))
}

/// What `rxtill verify` finds.
async fn is_whole(engine: &dyn Engine) {
    let verdicts = verify::verify(engine, None, None).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken.is_none()), "{verdicts:?}");
    assert_eq!(verify::stock(engine).await.unwrap(), Vec::new());
}

async fn refused(lived: &Lived, store: &TestStore) -> String {
    let before = dump(store.engine.as_ref()).await;
    let Err(AdoptError::Refused(reason)) = lived.adopted_by(&store_of(store)).await else {
        panic!("it was adopted")
    };
    assert_eq!(dump(store.engine.as_ref()).await, before, "nothing was written");
    reason
}

on_every_server! {
    async fn everything_is_there_as_it_was_and_a_second_run_changes_nothing(store: TestStore) {
        let mut lived = Lived::with_a_history().await;
        let adopted = lived.adopted_by(&store_of(&store)).await.unwrap();
        assert_eq!((adopted.sales, adopted.events, adopted.both.sales), (65, 2, 65));
        assert_eq!(adopted.both.lines, 2 + 60 + 2 + 1 + 1);
        assert!(adopted.twins.is_empty());
        let there = dump(store.engine.as_ref()).await;
        let before = dump(lived.shop.engine.as_ref()).await;
        for (ours, theirs) in before.iter().zip(&there) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(before.len(), there.len());
        is_whole(store.engine.as_ref()).await;
        // What was published is not published again, what waited waits.
        let to = store_of(&store)();
        let waiting = to.unmarked(&lived.till.till, 100).await.unwrap();
        assert_eq!(waiting, lived.shop.store.unmarked(&lived.till.till, 100).await.unwrap());
        assert_eq!(waiting.len(), 3);
        let again = lived.adopted_by(&store_of(&store)).await.unwrap();
        assert_eq!((again.sales, again.events, again.rows), (0, 0, 0));
        assert_eq!(dump(store.engine.as_ref()).await, there);
        // The till goes on at the next number, over there alone.
        let Registration::Ours(head) = to.register(&lived.till.till, INSTALLATION).await.unwrap() else {
            panic!("it is another's")
        };
        assert_eq!((head.series, head.number), (1, 65));
        let next = lived.till.sell(&[(COUNTED, "1"), (UNCOUNTED, "1")]);
        to.commit(&next, Oversell::Record).await.unwrap();
        is_whole(store.engine.as_ref()).await;
        // Done once more, it takes nothing back.
        let after = dump(store.engine.as_ref()).await;
        lived.adopted_by(&store_of(&store)).await.unwrap();
        assert_eq!(dump(store.engine.as_ref()).await, after);
    }

    async fn broken_off_after_any_statement_it_goes_on_where_it_was(store: TestStore) {
        let lived = Lived::with_a_history().await;
        let mut runs = 0;
        loop {
            runs += 1;
            let left = Arc::new(AtomicUsize::new(runs));
            let flaky: Arc<dyn Engine> = Arc::new(BrokenOff { engine: Arc::clone(&store.engine), left });
            match lived.adopted_by(&|| Store::new(Arc::clone(&flaky))).await {
                Ok(_) => break,
                Err(AdoptError::Store(_)) => {}
                Err(error) => panic!("run {runs}: {error}"),
            }
            // At any moment what is there is whole.
            if runs % 5 == 0 {
                is_whole(store.engine.as_ref()).await;
            }
        }
        assert!(runs > 10, "{runs}");
        let (before, there) = (dump(lived.shop.engine.as_ref()).await, dump(store.engine.as_ref()).await);
        assert_eq!(before, there);
    }

    async fn what_the_till_did_on_its_file_since_a_run_that_was_broken_off_comes_too(store: TestStore) {
        let mut lived = Lived::with_a_history().await;
        lived.adopted_by(&store_of(&store)).await.unwrap();
        // Back on its file for a day: it sells, publishes, and mends what was parked.
        lived.sell(&[(COUNTED, "1")]).await;
        lived.publish().await;
        let parked = lived.shop.store.parked(&lived.till.till).await.unwrap();
        let place = parked.iter().find(|place| place.resolution.is_none()).unwrap();
        let parked = lived.shop.store.sales(&lived.till.till, 1, place.number, 1).await.unwrap().remove(0);
        lived.shop.store.mend(&parked, "Asha").await.unwrap();
        lived.ask_for(3).await;
        let adopted = lived.adopted_by(&store_of(&store)).await.unwrap();
        assert_eq!((adopted.sales, adopted.events), (1, 1));
        assert_eq!(dump(store.engine.as_ref()).await, dump(lived.shop.engine.as_ref()).await);
        is_whole(store.engine.as_ref()).await;
    }

    async fn sales_that_the_till_uploaded_to_an_empty_database_are_made_whole(store: TestStore) {
        let mut lived = Lived::new().await;
        let to = store_of(&store)();
        to.register(&lived.till.till, INSTALLATION).await.unwrap();
        let first = lived.sell(&[(COUNTED, "1")]).await;
        lived.sell(&[(UNCOUNTED, "1")]).await;
        // Without its rows, what comes by the journal cannot be held.
        to.park(&first, "the drug is unknown").await.unwrap();
        lived.adopted_by(&store_of(&store)).await.unwrap();
        is_whole(store.engine.as_ref()).await;
        let parked = to.parked(&lived.till.till).await.unwrap();
        assert!(parked.iter().all(|place| place.resolution.is_some()), "{parked:?}");
        assert_eq!(to.unmarked(&lived.till.till, 10).await.unwrap().len(), 2);
    }

    async fn rows_that_the_database_has_under_other_ids_are_those_that_were_sold(store: TestStore) {
        let mut lived = Lived::new().await;
        lived.sell(&[(UNCOUNTED, "1"), (COUNTED, "1")]).await;
        lived.ask_for(1).await;
        // The company's own catalogue: the same drug, employee and prescriber, and other rows in their numbers.
        let office = Shop::open(&store.engine).await;
        for table in ["dim_drug", "dim_employee", "dim_doctor"] {
            let other = format!("UPDATE {table} SET uuid = ?, id = 100 WHERE id = ?");
            let id = match table { "dim_drug" => 13_i64, "dim_employee" => 2, _ => 5 };
            office.engine.execute(&other, params![Uuid::from_u128(0xffff), id]).await.unwrap();
        }
        for sql in ["DELETE FROM stock", "DELETE FROM stock_movement"] {
            office.engine.execute(sql, params![]).await.unwrap();
        }
        let adopted = lived.adopted_by(&store_of(&store)).await.unwrap();
        assert_eq!(adopted.twins, ["employee John", "drug Aspirin 300 mg"]);
        let detail = store.engine.query("SELECT detail FROM sale_resolved", params![]).await.unwrap();
        let detail: Vec<String> = detail.iter().map(|row| row.get(0).unwrap()).collect();
        let other = Uuid::from_u128(0xffff);
        assert_eq!(detail, [format!("employee: {other} John\nline 1: {other} Aspirin 300 mg")]);
        is_whole(store.engine.as_ref()).await;
        let to = store_of(&store)();
        let events = to.unmarked(&lived.till.till, 10).await.unwrap();
        assert_eq!(events.len(), 3);
        let json: Vec<serde_json::Value> = events.iter().map(|row| serde_json::from_str(&row.payload).unwrap()).collect();
        assert!(json.iter().all(|event| event["emp_id"] == 100), "{json:?}");
        let of_sale = json.iter().find(|event| event["line_no"] == 1).unwrap();
        assert_eq!((&of_sale["drug_id"], &of_sale["doc_id"]), (&100.into(), &5.into()), "{of_sale}");
        let kept = "SELECT payload FROM till_event";
        let kept: String = to.engine().query(kept, params![]).await.unwrap()[0].get(0).unwrap();
        assert!(events.iter().any(|row| row.payload == kept));
        // Published, they would say otherwise for ever.
        let other = TestStore::sqlite().await;
        Shop::open(&other.engine).await;
        other.engine.execute("UPDATE dim_drug SET uuid = ?, id = 100 WHERE id = 13", params![Uuid::from_u128(9)]).await.unwrap();
        lived.publish().await;
        let reason = refused(&lived, &other).await;
        assert!(reason.contains("drug Aspirin 300 mg") && reason.contains("published"), "{reason}");
    }

    async fn another_chain_another_installation_or_another_count_is_refused_and_nothing_is_written(store: TestStore) {
        let mut lived = Lived::new().await;
        lived.sell(&[(UNCOUNTED, "1")]).await;
        let to = store_of(&store)();
        let adopt_as = async |till: &str, installation| {
            let whose = (&till.parse().unwrap(), installation);
            adopt(lived.shop.engine.as_ref(), &to, whose, |_| ()).await.unwrap_err().to_string()
        };
        assert!(adopt_as("T01", Uuid::from_u128(9)).await.contains("another installation of T01"));
        assert!(adopt_as("T02", INSTALLATION).await.contains("not the store of T02"));
        // Somebody else is T01 there.
        to.register(&lived.till.till, Uuid::from_u128(99)).await.unwrap();
        assert!(refused(&lived, &store).await.contains("another installation's"));
        to.engine().execute("DELETE FROM till_head", params![]).await.unwrap();
        // The same till, from an older image, has sold something else there.
        let office = Shop::open(&store.engine).await;
        let mut other = office.till("T01").await;
        let elsewhere = other.sell(&[(UNCOUNTED, "7")]);
        office.store.commit(&elsewhere, Oversell::Record).await.unwrap();
        let reason = refused(&lived, &store).await;
        assert!(reason.contains("another chain of T01") && reason.contains("T01-000001"), "{reason}");
        for table in ["stock_movement", "sale_outbox", "fact_payment", "fact_sale", "sale", "till_head"] {
            to.engine().execute(&format!("DELETE FROM {table}"), params![]).await.unwrap();
        }
        // The shelf was counted there, too.
        let counted = "INSERT INTO stock_movement (uuid, outlet_id, drug_id, kind, quantity, moved_by, reason, moved_at)
            VALUES (?, 1, 14, 'count', ?, 'office', '', '2026-03-02 09:00:00.000')";
        to.engine().execute(counted, params![Uuid::from_u128(12), Decimal::TEN]).await.unwrap();
        let reason = refused(&lived, &store).await;
        assert!(reason.contains("counts the stock of Amoxil 500 mg at Mirema meds"), "{reason}");
    }
}

/// An engine whose program is killed once so many statements that write, and commits, were sent. Where that is a commit, it
/// is done, and nobody hears of it.
struct BrokenOff {
    engine: Arc<dyn Engine>,
    left: Arc<AtomicUsize>,
}

fn count_down(left: &AtomicUsize) -> Result<(), EngineError> {
    let next = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    next.map(drop).map_err(|_| EngineError::retryable("killed"))
}

#[async_trait]
impl Engine for BrokenOff {
    fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        count_down(&self.left)?;
        self.engine.execute(sql, params).await
    }

    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        self.engine.query(sql, params).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        Ok(Box::new(BrokenTransaction {
            tx: self.engine.begin().await?,
            left: Arc::clone(&self.left),
        }))
    }
}

struct BrokenTransaction {
    tx: Box<dyn Transaction>,
    left: Arc<AtomicUsize>,
}

#[async_trait]
impl Transaction for BrokenTransaction {
    async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        count_down(&self.left)?;
        self.tx.execute(sql, params).await
    }

    async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        self.tx.query(sql, params).await
    }

    fn last_insert_id(&self) -> i64 {
        self.tx.last_insert_id()
    }

    async fn commit(self: Box<Self>) -> Result<(), EngineError> {
        if count_down(&self.left).is_ok() {
            return self.tx.commit().await;
        }
        self.tx.commit().await?;
        Err(EngineError::InDoubt("killed".to_owned()))
    }

    async fn rollback(self: Box<Self>) {
        self.tx.rollback().await;
    }
}
