//! The contract of reports: sums of fact rows, exact, each sale once.
use jiff::civil::date;
use rxtill::domain::report::{Report, ReportBy, ReportOf};
use rxtill::domain::sale::{Agreed, SaleKind};
use rxtill::params;
use rxtill::store::ports::{Oversell, SaleStore as _};
use rxtill::store::star::report::ReportError;
use uuid::Uuid;

use super::support::shop::{COUNTED, Chain, Shop, UNCOUNTED, sale};
use super::support::{TestStore, on_every_store};

fn days(from: i8, until: i8) -> ReportOf {
    ReportOf {
        from: date(2026, 3, from),
        until: date(2026, 3, until),
        outlet: None,
        currency: None,
        simulated: false,
    }
}

/// The same agreement on another day of that March.
fn on(day: i8, agreed: Agreed) -> Agreed {
    Agreed {
        sold_local: date(2026, 3, day).at(12, 14, 3, 0),
        ..agreed
    }
}

async fn record(shop: &Shop, chain: &mut Chain, agreed: Agreed) {
    let record = chain.place(agreed);
    shop.store.commit(&record, Oversell::Record).await.unwrap();
}

fn said(report: &Report) -> Vec<String> {
    let sums = |name: &str, sums: &rxtill::domain::report::Sums| {
        let (quantity, revenue) = (sums.quantity, sums.revenue.fixed(2));
        format!("{name}: {} - {}, {quantity}, {revenue}", sums.sales, sums.returns)
    };
    let rows = report.rows.iter().map(|row| sums(&row.key, &row.sums));
    rows.chain([sums("total", &report.total)]).collect()
}

/// Two sales on the second of March (one with a drug in two lines), one and a return on the third.
async fn month(shop: &Shop) {
    let mut till = shop.till("T01").await;
    let first = sale(
        Uuid::from_u128(1),
        &[(UNCOUNTED, "2"), (COUNTED, "1"), (UNCOUNTED, "0.5")],
    );
    record(shop, &mut till, first.clone()).await;
    let alone = Agreed {
        doctor: None,
        ..sale(Uuid::from_u128(2), &[(COUNTED, "3")])
    };
    record(shop, &mut till, alone).await;
    record(shop, &mut till, on(3, sale(Uuid::from_u128(3), &[(UNCOUNTED, "4")]))).await;
    let back = Agreed {
        kind: SaleKind::Return,
        refund_of: Some(first.sale_id),
        ..sale(Uuid::from_u128(4), &[(UNCOUNTED, "-2")])
    };
    record(shop, &mut till, on(3, back)).await;
}

on_every_store! {
    async fn each_report_adds_up_and_its_total_counts_each_sale_once(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        month(&shop).await;
        let by = async |by| said(&shop.store.report(by, &days(1, 31)).await.unwrap());
        let total = "total: 3 - 1, 8.5, 106.25";
        assert_eq!(by(ReportBy::Day).await, ["2026-03-02: 2 - 0, 6.5, 81.25", "2026-03-03: 1 - 1, 2, 25.00", total]);
        assert_eq!(by(ReportBy::Outlet).await, ["Mirema meds: 3 - 1, 8.5, 106.25", total]);
        assert_eq!(by(ReportBy::Employee).await, ["John: 3 - 1, 8.5, 106.25", total]);
        assert_eq!(by(ReportBy::Drug).await, ["Aspirin 300 mg: 2 - 1, 4.5, 56.25", "Amoxil 500 mg: 2 - 0, 4, 50.00", total]);
        assert_eq!(by(ReportBy::Doctor).await, ["Mwabili: 2 - 1, 5.5, 68.75", "none: 1 - 0, 3, 37.50", total]);
    }

    async fn a_report_is_of_its_days_its_outlet_and_real_tills(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        month(&shop).await;
        let mut simulated = shop.till("SIM001").await;
        record(&shop, &mut simulated, sale(Uuid::from_u128(9), &[(UNCOUNTED, "100")])).await;
        let of = async |of: ReportOf| said(&shop.store.report(ReportBy::Outlet, &of).await.unwrap());
        assert_eq!(of(days(3, 3)).await, ["Mirema meds: 1 - 1, 2, 25.00", "total: 1 - 1, 2, 25.00"]);
        assert_eq!(of(days(4, 31)).await, ["total: 0 - 0, 0, 0.00"]);
        let elsewhere = ReportOf { outlet: Some(99), ..days(1, 31) };
        assert_eq!(of(elsewhere).await, ["total: 0 - 0, 0, 0.00"]);
        let with_simulated = ReportOf { simulated: true, ..days(2, 2) };
        assert_eq!(of(with_simulated).await, ["Mirema meds: 3 - 0, 106.5, 1331.25", "total: 3 - 0, 106.5, 1331.25"]);
    }

    async fn what_was_sold_for_a_merged_prescriber_is_the_survivors(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        month(&shop).await;
        let other = "INSERT INTO dim_doctor (id, uuid, changed_at, changed_by, natural_key, name, name_key,
            registration_number, specialization, phone_number, phone_key, email, region)
            VALUES (6, ?, '2026-03-01 00:00:00', 'test', 'reg:a2', 'Said', 'said', 'A2', '', '', '', '', '')";
        store.engine.execute(other, params![Uuid::from_u128(600)]).await.unwrap();
        store.engine.execute("UPDATE dim_doctor SET merged_into = 6 WHERE id = 5", params![]).await.unwrap();
        let report = shop.store.report(ReportBy::Doctor, &days(1, 31)).await.unwrap();
        assert_eq!(said(&report)[0], "Said: 2 - 1, 5.5, 68.75");
    }

    async fn several_currencies_are_never_added_up(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        month(&shop).await;
        let sql = "UPDATE fact_sale SET currency = 'UGX' WHERE date_sold = '2026-03-03'";
        store.engine.execute(sql, params![]).await.unwrap();
        let refused = shop.store.report(ReportBy::Day, &days(1, 31)).await;
        let Err(ReportError::Currencies(refused)) = refused else { panic!("{refused:?}") };
        assert!(refused.to_string().contains("KES and UGX"), "{refused}");
        let of = ReportOf { currency: Some(String::from("UGX")), ..days(1, 31) };
        let report = shop.store.report(ReportBy::Day, &of).await.unwrap();
        assert_eq!(said(&report), ["2026-03-03: 1 - 1, 2, 25.00", "total: 1 - 1, 2, 25.00"]);
        assert_eq!(report.currency.as_deref(), Some("UGX"));
    }
}
