//! The contract of charts: sums of the receipts that are listed, in the hours of their outlets' clocks.
use jiff::civil::date;
use rxtill::domain::chart::SalesChart;
use rxtill::domain::past::{PastOutlet, PastWanted, PastWhat};
use rxtill::domain::report::Sums;
use rxtill::domain::sale::{Agreed, SaleKind};
use rxtill::params;
use rxtill::store::ports::{Oversell, SaleStore as _};
use uuid::Uuid;

use super::support::shop::{COUNTED, Chain, OUTLET, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_store};

async fn record(shop: &Shop, till: &mut Chain, (day, hour): (i8, i8), agreed: Agreed) {
    let agreed = Agreed {
        sold_local: date(2026, 3, day).at(hour, 59, 59, 999_000_000),
        ..agreed
    };
    let record = till.place(agreed);
    shop.store.commit(&record, Oversell::Record).await.unwrap();
}

/// The hours in which anything happened.
fn said(chart: &SalesChart) -> Vec<String> {
    let mut said = Vec::new();
    for (day, _) in chart.days() {
        for (hour, sums) in chart
            .hours(day)
            .into_iter()
            .enumerate()
            .filter(|(_, sums)| *sums != Sums::default())
        {
            let (day, revenue) = (day.day(), sums.revenue.fixed(2));
            said.push(format!(
                "{day} {hour}: {} - {}, {}, {revenue}",
                sums.sales, sums.returns, sums.quantity
            ));
        }
    }
    said
}

on_every_store! {
    async fn charts_add_up_what_is_listed_by_hour_and_a_receipt_with_a_word_counts_whole(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut till = shop.till("T01").await;
        let both = sale(Uuid::from_u128(1), &[(UNCOUNTED, "2"), (COUNTED, "1")]);
        record(&shop, &mut till, (1, 0), both).await;
        record(&shop, &mut till, (2, 9), sale(Uuid::from_u128(2), &[(UNCOUNTED, "3")])).await;
        record(&shop, &mut till, (2, 9), sale(Uuid::from_u128(3), &[(UNCOUNTED, "0.5")])).await;
        let back = Agreed {
            kind: SaleKind::Return,
            refund_of: Some(Uuid::from_u128(2)),
            doctor: None,
            ..sale(Uuid::from_u128(4), &[(UNCOUNTED, "-1")])
        };
        record(&shop, &mut till, (2, 23), back).await;
        record(&shop, &mut till, (3, 9), sale(Uuid::from_u128(5), &[(UNCOUNTED, "4")])).await;
        let chart = async |wanted: PastWanted, until: i8| {
            shop.store.chart(&wanted, date(2026, 3, until), "KES").await.unwrap()
        };
        let words = |words: &str| PastWanted { what: PastWhat::of(words), ..PastWanted::default() };
        let all = ["1 0: 1 - 0, 3, 37.50", "2 9: 2 - 0, 3.5, 43.75", "2 23: 0 - 1, -1, -12.50"];
        assert_eq!(said(&chart(PastWanted::default(), 2).await), all);
        assert_eq!(said(&chart(words("amoxil"), 3).await), all[..1]);
        assert_eq!(said(&chart(words("aspirin john mwabili"), 2).await), all[..2]);
        let at = |outlet| PastWanted { outlet: Some(PastOutlet { row: outlet, id: row(OUTLET) }), ..PastWanted::default() };
        assert_eq!(said(&chart(at(1), 2).await), all);
        assert!(said(&chart(at(99), 2).await).is_empty());
        let other = "UPDATE fact_sale SET currency = 'UGX' WHERE date_sold = '2026-03-02'";
        store.engine.execute(other, params![]).await.unwrap();
        let chart = chart(PastWanted::default(), 2).await;
        assert_eq!(said(&chart), all[..1]);
        assert!(chart.others.contains("UGX"));
    }
}
