//! What is usual of a drug, of its last lines in the store, and on a till's disk.
use std::collections::HashMap;

use jiff::civil::date;
use rxtill::domain::sale::{Agreed, SaleKind};
use rxtill::domain::usual::{Usual, Usuals};
use rxtill::store::cache::CatalogueCache;
use rxtill::store::ports::{Oversell, SaleStore as _};
use uuid::Uuid;

use super::support::shop::{COUNTED, Chain, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_store};

/// Sales of one line each, of so many on such a day of that March.
async fn sold(shop: &Shop, till: &mut Chain, first_id: u128, lines: u128, (count, day): (&str, i8)) {
    for id in first_id..first_id + lines {
        let agreed = Agreed {
            sold_local: date(2026, 3, day).at(12, 14, 3, 0),
            ..sale(Uuid::from_u128(id), &[(UNCOUNTED, count)])
        };
        let record = till.place(agreed);
        shop.store.commit(&record, Oversell::Record).await.unwrap();
    }
}

fn known(usual: &Usuals) -> Option<(String, String)> {
    let usual = usual.get(&row(UNCOUNTED))?;
    Some((usual.median.to_string(), usual.high.to_string()))
}

on_every_store! {
    async fn the_usual_is_of_a_drug_s_last_sales_by_real_tills(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let drugs = HashMap::from([(row(UNCOUNTED), 13), (row(COUNTED), 14), (Uuid::from_u128(9), 4711)]);
        let usual = async || shop.store.usual(&drugs).await.unwrap();
        let mut till = shop.till("T01").await;
        sold(&shop, &mut till, 1000, 29, ("10", 2)).await;
        assert_eq!(known(&usual().await), None, "of so few nothing is usual");
        sold(&shop, &mut till, 2000, 1, ("12.5", 3)).await;
        assert_eq!(known(&usual().await), Some(("10".into(), "12.5".into())));
        let mut simulated = shop.till("SIM001").await;
        sold(&shop, &mut simulated, 3000, 20, ("500", 4)).await;
        let first = till.place(Agreed {
            kind: SaleKind::Return,
            refund_of: Some(Uuid::from_u128(1000)),
            ..sale(Uuid::from_u128(4000), &[(UNCOUNTED, "-10")])
        });
        shop.store.commit(&first, Oversell::Record).await.unwrap();
        let usual = usual().await;
        assert_eq!(known(&usual), Some(("10".into(), "12.5".into())), "neither of simulated tills nor of returns");
        assert_eq!(usual.len(), 1);
    }
}

#[tokio::test]
async fn it_is_kept_on_the_till_s_disk_and_what_is_no_longer_usual_goes() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || CatalogueCache::open(folder.path()).await.unwrap().stock();
    let kept = open().await;
    assert!(kept.load_usual().await.unwrap().is_empty());
    let ten = "10".parse().unwrap();
    let usual = Usual { median: ten, high: ten };
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let drugs = HashMap::from([(one, 1), (other, 2)]);
    let both = Usuals::from([(one, usual), (other, usual)]);
    kept.save_usual(&drugs, &both).await.unwrap();
    assert_eq!(open().await.load_usual().await.unwrap(), both);
    let less = Usual {
        median: "2.5".parse().unwrap(),
        high: ten,
    };
    kept.save_usual(&drugs, &Usuals::from([(other, less)])).await.unwrap();
    assert_eq!(open().await.load_usual().await.unwrap(), Usuals::from([(other, less)]));
}
