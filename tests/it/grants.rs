//! The till's own account can sell and relay, and can neither change the past nor read pay.
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;
use rxtill::domain::dimension::{Dimension, EMPLOYEE};
use rxtill::domain::mending::{Mapping, Named, StandIn};
use rxtill::domain::past::{PastWanted, PastWhat};
use rxtill::domain::report::{ReportBy, ReportOf};
use rxtill::domain::secret::Secret;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::engine::Engine;
use rxtill::store::error::{EngineError, StoreError};
use rxtill::store::migrate::{SchemaState, schema_state};
use rxtill::store::mysql::{MySqlEngine, MySqlSettings};
use rxtill::store::ports::{Outbox as _, Oversell, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::verify::{stock, verify};
use uuid::Uuid;

use super::store_alert::note;
use super::store_mixed::everything;
use super::support::office::{Office, changed, here, refused, row};
use super::support::running::{Place, Running, parts};
use super::support::shop::{self, COUNTED, SOLD_AT, Shop, sale};
use super::support::{TestStore, on_every_server};

/// An engine of an account that has what `grants.sql` gives.
async fn till_account(store: &TestStore) -> Arc<MySqlEngine> {
    Arc::new(MySqlEngine::new(till_login(store).await))
}

/// The login of a new account that has what `grants.sql` gives.
pub async fn till_login(store: &TestStore) -> MySqlSettings {
    login(store, "rxtill_till").await
}

/// The login of a new account that has what `grants.sql` gives to the account of that name.
async fn login(store: &TestStore, name: &str) -> MySqlSettings {
    let user = format!("t{:08x}", fastrand::u32(..));
    let create = format!("CREATE USER {user}@'%' IDENTIFIED BY 'till''s own'");
    store.engine.execute(&create, params![]).await.unwrap();
    let grants = include_str!("../../sql/mysql/grants.sql");
    // One statement a line, for whoever reads it.
    let is_its = |line: &&str| line.starts_with("GRANT") && line.contains(name);
    for sql in grants.lines().filter(is_its) {
        let sql = sql.trim_end_matches(';').replace(name, &user);
        store.engine.execute(&sql, params![]).await.unwrap();
    }
    let mut settings = store.settings().clone();
    settings.user = user;
    settings.password = Secret::new("till's own");
    settings
}

on_every_server! {
    async fn the_tills_account_sells_and_relays(store: TestStore) {
        let office = Shop::open(&store.engine).await;
        let account = till_account(&store).await;
        account.ping_write().await.unwrap();
        let engine: Arc<dyn Engine> = account;
        assert_eq!(schema_state(engine.as_ref()).await, Ok(SchemaState::Ready));
        let till = Shop { store: Store::new(Arc::clone(&engine)), engine };
        let mut chain = till.till("T01").await;
        let record = chain.sell(&[(COUNTED, "3")]);
        till.store.commit(&record, Oversell::Refuse).await.unwrap();
        assert_eq!(office.count("SELECT COUNT(*) FROM sales").await, 1);
        let lease = till.store.take_lease(&chain.till, "till", 60).await.unwrap().unwrap();
        let events = till.store.unmarked(&chain.till, 10).await.unwrap();
        assert_eq!(till.store.mark(&lease, &[events[0].id]).await, Ok(1));
        assert_eq!(till.count("SELECT COUNT(*) FROM sales").await, 1);
    }

    async fn the_tills_account_may_do_all_that_a_counter_does(store: TestStore) {
        let office = Shop::open(&store.engine).await;
        let engine: Arc<dyn Engine> = till_account(&store).await;
        let till = Shop { store: Store::new(Arc::clone(&engine)), engine };
        everything(&office, &till).await;
        // What screens and verbs ask beside it.
        assert!(till.store.beside_drug(14, 1, SOLD_AT.parse().unwrap()).await.unwrap().unwrap().asked.is_some());
        assert!(till.store.batches_left(1, None).await.unwrap().is_empty(), "none was ever taken in");
        let found = till.store.sale_at(&"T01-000001".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(till.store.returns_of(found.record.sale_id()).await.unwrap().len(), 2);
        assert!(verify(till.engine.as_ref(), None, None).await.unwrap().iter().all(|till| till.broken.is_none()));
        assert_eq!(stock(till.engine.as_ref()).await.unwrap(), []);
    }

    async fn the_tills_account_mends_maps_and_strikes_what_is_parked(store: TestStore) {
        Shop::open(&store.engine).await;
        let engine: Arc<dyn Engine> = till_account(&store).await;
        let till = Shop { store: Store::new(Arc::clone(&engine)), engine };
        let mut chain = till.till("T01").await;
        let mut parked = async |id: u128| {
            let mut agreed = sale(Uuid::from_u128(id), &[(COUNTED, "1")]);
            agreed.lines[0].drug = Uuid::from_u128(404);
            let record = chain.place(agreed);
            till.store.park(&record, "unknown drug").await.unwrap();
            record
        };
        let (mapped, struck, retried) = (parked(1).await, parked(2).await, parked(3).await);
        assert_eq!(till.store.gaps(&mapped).await.unwrap().len(), 1);
        let mut mapping = Mapping::default();
        mapping.put(Named::Line(1), StandIn { row: shop::row(COUNTED), name: "Amoxil".to_owned() });
        till.store.mend_as(&mapped, "Njeri", &mapping).await.unwrap();
        till.store.strike(&struck, "Njeri", "a slip").await.unwrap();
        let back = "UPDATE dim_drug SET uuid = ? WHERE id = 13";
        store.engine.execute(back, params![Uuid::from_u128(404)]).await.unwrap();
        till.store.mend(&retried, "T01").await.unwrap();
        assert!(till.store.settlement(&struck.document.till, 1, 2).await.unwrap().is_some());
        assert_eq!(till.count("SELECT COUNT(*) FROM sales").await, 2);
        for forbidden in ["UPDATE sale_resolved SET detail = ''", "DELETE FROM sale_resolved", "DELETE FROM sale_parked"] {
            let refused = till.engine.execute(forbidden, params![]).await.unwrap_err();
            assert!(matches!(refused, EngineError::Denied(_)), "{forbidden}: {refused:?}");
        }
    }

    async fn the_tills_account_changes_no_past_and_reads_no_pay(store: TestStore) {
        let till = till_account(&store).await;
        for forbidden in [
            "DELETE FROM fact_sale",
            "DELETE FROM sale_outbox",
            "DELETE FROM dim_drug",
            "DELETE FROM row_history",
            "UPDATE row_history SET changed_by = ''",
            "DELETE FROM till_event",
            "UPDATE till_event SET payload = ''",
            "DELETE FROM alert_note",
            "UPDATE alert_note SET note = ''",
            "UPDATE fact_sale SET line_total = 0",
            "UPDATE fact_payment SET amount = 0",
            "UPDATE sale SET bytes = ''",
            "UPDATE sale_outbox SET payload = ''",
            "UPDATE till_head SET installation_id = ''",
            "UPDATE stock_movement SET quantity = 0",
            "UPDATE employee_pay SET salary = 0",
            "INSERT INTO employee_pay (employee_id) VALUES (1)",
            "DROP TABLE sale",
        ] {
            let refused = till.execute(forbidden, params![]).await.unwrap_err();
            assert!(refused.to_string().contains("denied"), "{forbidden}: {refused:?}");
            // Whoever forgot a grant must not find every sale parked.
            assert!(matches!(refused, EngineError::Denied(_)), "{refused:?}");
            assert!(matches!(StoreError::from(refused), StoreError::Retryable { in_doubt: false, .. }));
        }
        let pay = till.query("SELECT salary FROM employee_pay", params![]).await.unwrap_err();
        assert!(pay.to_string().contains("denied"), "{pay:?}");
    }

    async fn a_supervisors_account_reads_all_but_pay_and_writes_nothing_but_notes_on_alerts(store: TestStore) {
        let office = Shop::open(&store.engine).await;
        let mut chain = office.till("T01").await;
        let sale = chain.sell(&[(COUNTED, "3")]);
        office.store.commit(&sale, Oversell::Refuse).await.unwrap();
        let account = Arc::new(MySqlEngine::new(login(&store, "rxtill_watch").await));
        let engine: Arc<dyn Engine> = account.clone();
        assert_eq!(schema_state(engine.as_ref()).await, Ok(SchemaState::Ready));
        let watch = Store::new(Arc::clone(&engine));
        assert!(!watch.catalogue_changes((Uuid::nil(), 0)).await.unwrap().outlets.is_empty());
        watch.relay_mode().await.unwrap();
        let wanted = PastWanted { what: PastWhat::All, day: None, outlet: None };
        assert_eq!(watch.past(&wanted, None, 10).await.unwrap().sales.len(), 1);
        assert!(watch.past_receipt(&"T01-000001".parse().unwrap()).await.unwrap().is_some());
        let day = date(2026, 3, 2);
        let of = ReportOf { from: day, until: day, outlet: None, currency: None, simulated: false };
        for by in [ReportBy::Day, ReportBy::Outlet, ReportBy::Employee, ReportBy::Drug, ReportBy::Doctor] {
            assert_eq!(watch.report(by, &of).await.unwrap().rows.len(), 1);
        }
        assert!(verify(engine.as_ref(), None, None).await.unwrap().iter().all(|till| till.broken.is_none()));
        let note = note(1, "2026-03-02T10:00:00Z");
        watch.note_alert(&note).await.unwrap();
        assert_eq!(watch.alert_notes(Timestamp::MIN).await.unwrap(), [note]);
        for forbidden in [
            "SELECT salary FROM employee_pay",
            "DELETE FROM alert_note",
            "UPDATE alert_note SET note = ''",
            "INSERT INTO till_event SELECT * FROM till_event",
            "INSERT INTO sale SELECT * FROM sale",
            "UPDATE till_head SET receipt_no = 0",
            "UPDATE stock SET remaining = 0",
            "UPDATE dim_drug SET active = 0",
            "DELETE FROM sale_outbox",
            "UPDATE sale_outbox SET marked_at = NULL",
        ] {
            let refused = account.query(forbidden, params![]).await.unwrap_err();
            assert!(matches!(refused, EngineError::Denied(_)), "{forbidden}: {refused:?}");
        }
    }

    async fn an_account_that_may_not_read_pay_is_told_so_and_leaves_it_alone(store: TestStore) {
        let office = Office::of(&store);
        let john = row(Dimension::Employee, &[("name", "John"), ("phone_number", "0712345678"), ("salary", "45000")]);
        let id = office.add(Dimension::Employee, &john).await.unwrap().id;
        let till = Office { store: Store::new(till_account(&store).await), here: here(0) };
        let opened = till.open(Dimension::Employee, id).await;
        assert_eq!((opened.value(&EMPLOYEE, "salary"), opened.withheld), ("", EMPLOYEE.position("salary")));
        let manager = changed(&opened, Dimension::Employee, "role", "manager");
        till.save(Dimension::Employee, Some(&opened), &manager).await.unwrap();
        let seen = office.open(Dimension::Employee, id).await;
        assert_eq!((seen.value(&EMPLOYEE, "salary"), seen.value(&EMPLOYEE, "role")), ("45000", "manager"));
        let opened = till.open(Dimension::Employee, id).await;
        let richer = changed(&opened, Dimension::Employee, "salary", "90000");
        let words = refused(till.save(Dimension::Employee, Some(&opened), &richer).await);
        assert!(words.contains("office"), "{words}");
    }

    async fn at_the_screen_of_a_till_pay_is_read_and_saved_by_the_office_account_alone(store: TestStore) {
        let office = Store::new(store.engine.clone());
        load_sample(&office, &SystemClock).await.unwrap();
        let account = Store::new(till_account(&store).await);
        let place = Place { store: account, kafka: None, has_server: true };
        let folder = tempfile::tempdir().unwrap();
        let kept = async || {
            let sql = "SELECT p.salary, e.email FROM employee_pay p JOIN dim_employee e ON e.id = p.employee_id
                WHERE e.name = 'Asha Noor'";
            let rows = store.engine.query(sql, params![]).await.unwrap();
            let salary: Decimal = rows[0].get(0).unwrap();
            (salary.normalize().to_string(), rows[0].get::<String>(1).unwrap())
        };
        assert_eq!(kept().await, ("38500".into(), "asha.noor@example.org".into()));

        let mut till = Running::open_for_john("T01", folder.path(), &place).await;
        till.press("F6 Enter").await;
        till.shows("not shown").await;
        till.press("Down Down").await;
        till.write("x").await;
        till.press("Down Down").await;
        till.write("9").await;
        till.shows("this account may neither see nor change it").await;
        till.press("F10").await;
        till.shows("employee Asha Noor saved").await;
        till.quit().await;
        assert_eq!(kept().await, ("38500".into(), "asha.noor@example.orgx".into()));

        let mut parts = parts("T01", folder.path(), &place, Arc::new(SystemClock)).await;
        parts.stores.office = office;
        let mut till = Running::made_of(parts);
        till.choose_john().await;
        till.press("F6 Enter").await;
        till.shows("38500.00").await;
        till.press("Down Down Down Down").await;
        till.write("0").await;
        till.press("F10").await;
        till.shows("employee Asha Noor saved").await;
        till.quit().await;
        assert_eq!(kept().await, ("385000".into(), "asha.noor@example.orgx".into()));
    }
}
