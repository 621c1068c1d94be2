//! What the databases make of reports and charts: an index, and no row of the facts.
use jiff::civil::date;
use rxtill::domain::past::{PastOutlet, PastWanted};
use rxtill::domain::report::{ReportBy, ReportOf};
use rxtill::params;
use rxtill::store::engine::{Engine, Value};
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::store::star::report::Statements;
use uuid::Uuid;

use super::support::TestStore;
use super::support::shop::{OUTLET, Shop, UNCOUNTED, row, sale};

const INDEX: &str = "ix_fact_sale_report";

/// A line of the same sale on every day from 2015 to 2060: enough that a plan matters.
async fn filled(engine: &dyn Engine) {
    let fill = "INSERT INTO fact_sale (sale_id, line_no, kind, event_id, till_id, series, receipt_no, seq, outlet_id,
          employee_id, drug_id, doctor_id, batch_id, date_sold, sold_at, sold_local, unit, unit_qty, unit_factor,
          quantity_sold, unit_price, discount, tax_code, tax_rate, tax_amount, line_total, currency, refund_of, chain)
        SELECT f.sale_id, 10 + DATEDIFF(d.date_day, '2015-01-01'), f.kind, UUID(), f.till_id, f.series, f.receipt_no, f.seq,
          f.outlet_id, f.employee_id, f.drug_id, f.doctor_id, f.batch_id, d.date_day, f.sold_at, f.sold_local, f.unit,
          f.unit_qty, f.unit_factor, f.quantity_sold, f.unit_price, f.discount, f.tax_code, f.tax_rate, f.tax_amount,
          f.line_total, f.currency, f.refund_of, f.chain
        FROM fact_sale f JOIN dim_date d";
    assert!(engine.execute(fill, params![]).await.unwrap() > 16_000);
    engine.query("ANALYZE TABLE fact_sale", params![]).await.unwrap();
}

/// The plan, a table a line: which index it reads, and how. MySQL 9 would draw a tree.
async fn plan(engine: &dyn Engine, (sql, params): (String, Vec<Value>)) -> Vec<String> {
    let rows = engine
        .query(&format!("EXPLAIN FORMAT=TRADITIONAL {sql}"), params)
        .await
        .unwrap();
    rows.iter().map(|row| format!("{:?}", row.0)).collect()
}

/// That the facts are read from the index alone: by it, and "Using index".
fn reads_the_index_alone(what: &str, plan: &[String]) {
    let facts: Vec<_> = plan.iter().filter(|line| line.contains("Text(\"f\")")).collect();
    assert_eq!(facts.len(), 1, "{what}: {plan:#?}");
    let is_alone = facts[0].contains(INDEX) && facts[0].contains("Using index");
    let is_whole = facts[0].contains("Text(\"ALL\")");
    assert!(is_alone && !is_whole, "{what}: {plan:#?}");
}

async fn check(store: TestStore) {
    let shop = Shop::open(&store.engine).await;
    let mut till = shop.till("T01").await;
    let record = till.place(sale(Uuid::from_u128(1), &[(UNCOUNTED, "2")]));
    shop.store.commit(&record, Oversell::Record).await.unwrap();
    filled(&*store.engine).await;
    let month = ReportOf {
        from: date(2026, 3, 1),
        until: date(2026, 3, 31),
        outlet: None,
        currency: None,
        simulated: false,
    };
    // All that there is, too: then it is the index from its beginning to its end, and still no row.
    let always = ReportOf {
        from: date(2015, 1, 1),
        until: date(2060, 12, 31),
        ..month.clone()
    };
    let here = ReportOf {
        outlet: Some(1),
        ..month.clone()
    };
    for of in [month, always, here] {
        for by in [
            ReportBy::Day,
            ReportBy::Outlet,
            ReportBy::Employee,
            ReportBy::Drug,
            ReportBy::Doctor,
        ] {
            let Statements { sums, repeats } = Statements::of(by, &of);
            reads_the_index_alone(&format!("{by:?}"), &plan(&*store.engine, sums).await);
            if let Some(repeats) = repeats {
                let plan = plan(&*store.engine, repeats).await;
                reads_the_index_alone("repeats", &plan);
                let facts = plan.iter().find(|line| line.contains("Text(\"f\")")).unwrap();
                assert!(
                    !facts.contains("filesort") && !facts.contains("temporary"),
                    "in the index's order: {plan:#?}"
                );
            }
        }
    }
    for outlet in [
        None,
        Some(PastOutlet {
            row: 1,
            id: row(OUTLET),
        }),
    ] {
        let wanted = PastWanted {
            outlet,
            ..PastWanted::default()
        };
        let statement = shop.store.chart_of_day(&wanted, date(2026, 3, 2));
        reads_the_index_alone("chart", &plan(&*store.engine, statement).await);
    }
}

#[tokio::test]
async fn reports_and_charts_read_an_index_and_no_row_on_mariadb() {
    check(TestStore::mariadb().await).await;
}

#[tokio::test]
async fn reports_and_charts_read_an_index_and_no_row_on_mysql() {
    check(TestStore::mysql().await).await;
}
