//! Batches from the bytes of a sale to fact row and movement, on every store.
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use rxtill::domain::batch::Batch;
use rxtill::domain::event::StreamEvent;
use rxtill::domain::sale::{Agreed, SaleKind, SaleRecord};
use rxtill::params;
use rxtill::store::error::{Refusal, StoreError};
use rxtill::store::ports::{Outbox as _, Oversell, Recorded, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::verify::{stock, verify};
use uuid::Uuid;

use super::support::shop::{COUNTED, Shop, UNCOUNTED, sale};
use super::support::{TestStore, on_every_store};

/// So many of each drug, each of that batch.
fn of_batches(id: u128, lines: &[(u128, &str, &str)]) -> Agreed {
    let goods: Vec<_> = lines.iter().map(|(drug, count, _)| (*drug, *count)).collect();
    let mut agreed = sale(Uuid::from_u128(id), &goods);
    for (line, (_, _, number)) in agreed.lines.iter_mut().zip(lines) {
        line.batch = batch(number, Some(date(2028, 3, 31)));
    }
    agreed
}

fn batch(number: &str, expiry: Option<Date>) -> Option<Batch> {
    let number = Some(number.to_owned());
    Some(Batch { number, expiry }).filter(|batch| batch.number.as_deref() != Some(""))
}

/// A delivery of the counted drug, as the office keys it.
async fn supply(shop: &Shop, number: &str, expiry: Option<&str>, quantity: i64) -> i64 {
    let mut tx = shop.engine.begin().await.unwrap();
    let insert = "INSERT INTO stock_batch (outlet_id, drug_id, batch, expiry) VALUES (1, 14, ?, ?)";
    let expiry: Option<Date> = expiry.map(|day| day.parse().unwrap());
    tx.execute(insert, params![number, expiry]).await.unwrap();
    let id = tx.last_insert_id();
    let insert =
        "INSERT INTO stock_movement (uuid, outlet_id, drug_id, batch_id, kind, quantity, moved_by, reason, moved_at)
        VALUES (?, 1, 14, ?, 'supply', ?, 'test', '', '2026-03-01 08:00:00')";
    let quantity = Decimal::from(quantity);
    tx.execute(insert, params![Uuid::from_u128(fastrand::u128(..)), id, quantity])
        .await
        .unwrap();
    let update =
        "UPDATE stock SET supplied = supplied + ?, remaining = remaining + ? WHERE outlet_id = 1 AND drug_id = 14";
    tx.execute(update, params![quantity, quantity]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn left(shop: &Shop) -> Vec<(String, Option<Date>, String)> {
    let batches = shop.store.batches_left(1, None).await.unwrap();
    let of_drug = batches.get(&14).cloned().unwrap_or_default();
    of_drug
        .into_iter()
        .map(|batch| (batch.number, batch.expiry, batch.remaining.to_string()))
        .collect()
}

/// What is broken, by `verify`.
async fn broken(shop: &Shop) -> Option<String> {
    let verdicts = verify(shop.engine.as_ref(), None, None).await.unwrap();
    verdicts
        .into_iter()
        .find_map(|till| till.broken)
        .map(|broken| broken.reason)
}

/// As sync does: an attempt that ended for no fault of the sale is begun again.
async fn commit(store: &Store, record: &SaleRecord) -> Recorded {
    for _ in 0..10 {
        match store.commit(record, Oversell::Refuse).await {
            Err(StoreError::Retryable { .. }) => {}
            other => return other.unwrap(),
        }
    }
    panic!("ten attempts came to nothing")
}

on_every_store! {
    async fn a_batch_goes_from_the_bytes_to_event_fact_row_and_movement(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let known = supply(&shop, "L41B", Some("2028-03-31"), 20).await;
        let mut till = shop.till("T01").await;
        let record = till.place(of_batches(1, &[(COUNTED, "3", "l41b"), (COUNTED, "2", ""), (UNCOUNTED, "1", "X9")]));
        commit(&shop.store, &record).await;
        let sql = "SELECT f.batch_id, m.batch_id FROM fact_sale f LEFT JOIN stock_movement m ON m.sale_id = f.sale_id AND m.line_no = f.line_no ORDER BY f.line_no";
        let rows = shop.engine.query(sql, params![]).await.unwrap();
        let ids: Vec<(i64, Option<i64>)> = rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
        // In other letters it is the batch that was taken in; the label of one that nobody took in makes it.
        assert_eq!(ids[..2], [(known, Some(known)), (1, Some(1))]);
        assert!(ids[2].0 > known && ids[2].1.is_none(), "{ids:?}");
        let made = "SELECT COUNT(*) FROM stock_batch WHERE outlet_id = 1 AND drug_id = 13 AND batch = 'X9' AND expiry = '2028-03-31'";
        assert_eq!(shop.count(made).await, 1);
        assert_eq!(left(&shop).await, [("L41B".to_owned(), Some(date(2028, 3, 31)), "17".to_owned())]);
        let events = shop.store.unmarked(&till.till, 10).await.unwrap();
        let told: Vec<_> = events.iter().map(|row| {
            let Ok(StreamEvent::Sale(event)) = StreamEvent::read(Some(row.payload.as_bytes())) else { panic!() };
            assert_eq!(event.batch.is_some(), row.payload.contains("\"batch\""));
            (event.batch, event.expiry)
        }).collect();
        assert_eq!(told, [(Some("l41b".into()), Some(date(2028, 3, 31))), (None, None), (Some("X9".into()), Some(date(2028, 3, 31)))]);
        assert_eq!(broken(&shop).await, None);
        assert_eq!(stock(shop.engine.as_ref()).await.unwrap(), []);
        // The next sale finds what the first one made.
        commit(&shop.store, &till.place(of_batches(2, &[(UNCOUNTED, "1", "x9")]))).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM stock_batch").await, 3);
    }

    async fn verify_finds_a_batch_that_is_another_one_in_fact_row_or_movement(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (first, other) = (supply(&shop, "A", None, 20).await, supply(&shop, "B", None, 20).await);
        let mut till = shop.till("T01").await;
        commit(&shop.store, &till.place(of_batches(1, &[(COUNTED, "3", "A"), (COUNTED, "1", "")]))).await;
        let set = async |table: &str, line: i64, batch: i64| {
            let sql = format!("UPDATE {table} SET batch_id = ? WHERE line_no = ?");
            assert_eq!(shop.engine.execute(&sql, params![batch, line]).await.unwrap(), 1);
        };
        set("stock_movement", 1, other).await;
        assert_eq!((broken(&shop).await, stock(shop.engine.as_ref()).await.unwrap().len()), (None, 1));
        set("stock_movement", 1, first).await;
        for (line, wrong, right) in [(1, other, first), (1, 1, first), (2, first, 1)] {
            set("fact_sale", line, wrong).await;
            let found = broken(&shop).await.unwrap();
            assert!(found.contains(&format!("line {line}")) && found.contains("batch"), "{found}");
            set("fact_sale", line, right).await;
        }
        // The row itself may be renamed, or given to another drug.
        for (wrong, right) in [("batch = 'Z'", "batch = 'A'"), ("drug_id = 13", "drug_id = 14")] {
            shop.engine.execute(&format!("UPDATE stock_batch SET {wrong} WHERE id = ?"), params![first]).await.unwrap();
            assert!(broken(&shop).await.unwrap().contains("batch"));
            shop.engine.execute(&format!("UPDATE stock_batch SET {right} WHERE id = ?"), params![first]).await.unwrap();
        }
        assert_eq!(broken(&shop).await, None);
    }

    async fn two_tills_that_sell_the_same_new_batch_at_once_lose_no_sale(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut one, mut two) = (shop.till("T01").await, shop.till("T02").await);
        let other = Store::new(store.another().await);
        for round in 0..5_u128 {
            let number = format!("N{round}");
            let sold = |id: u128| of_batches(2 * round + id, &[(COUNTED, "1", &number), (UNCOUNTED, "1", &number)]);
            let (a, b) = (one.place(sold(1)), two.place(sold(2)));
            tokio::join!(commit(&shop.store, &a), commit(&other, &b));
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM stock_batch WHERE id > 1").await, 10);
        assert_eq!(shop.count("SELECT COUNT(DISTINCT batch_id) FROM fact_sale").await, 10);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale").await, 20);
        assert_eq!((broken(&shop).await, shop.remaining().await), (None, Decimal::ZERO));
    }

    async fn what_is_expired_by_the_book_is_refused_while_somebody_waits_and_recorded_when_it_happened(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        supply(&shop, "OLD", Some("2026-03-01"), 20).await;
        supply(&shop, "LAST", Some("2026-03-02"), 20).await;
        let mut till = shop.till("T01").await;
        let without_day = |id: u128, number: &str| {
            let mut agreed = of_batches(id, &[(COUNTED, "1", number)]);
            agreed.lines[0].batch = batch(number, None);
            agreed
        };
        commit(&shop.store, &till.place(without_day(1, "LAST"))).await;
        let old = without_day(2, "old");
        let objections = shop.store.objections(&old).await.unwrap();
        let [Refusal::Other(why)] = &objections[..] else { panic!("{objections:?}") };
        assert_eq!(why, "Amoxil 500 mg, batch old, expires 2026-03-01: expired by the book, and not sold");
        let mut refused = till.clone();
        let answer = shop.store.commit(&refused.place(old.clone()), Oversell::Hold).await;
        assert_eq!(answer, Err(StoreError::Rejected(objections[0].clone())));
        // The label in hand says otherwise: the book was typed.
        commit(&shop.store, &till.place(of_batches(3, &[(COUNTED, "1", "OLD")]))).await;
        let record = till.place(old);
        shop.store.commit(&record, Oversell::Record).await.unwrap();
        assert_eq!((left(&shop).await[0].2.as_str(), broken(&shop).await), ("18", None));
    }

    async fn a_return_gives_the_batch_back_as_it_was_sold_expired_or_not(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        supply(&shop, "A", Some("2026-03-01"), 5).await;
        let mut till = shop.till("T01").await;
        let sold = till.place(of_batches(1, &[(COUNTED, "3", "A")]));
        shop.store.commit(&sold, Oversell::Record).await.unwrap();
        let mut back = of_batches(2, &[(COUNTED, "-2", "A")]);
        back.lines[0].batch = batch("A", None);
        (back.kind, back.refund_of) = (SaleKind::Return, Some(sold.sale_id()));
        let back = till.place(back);
        assert_eq!(shop.store.objections(&back.document.sale).await.unwrap(), []);
        commit(&shop.store, &back).await;
        assert_eq!(left(&shop).await[0].2, "4");
        assert_eq!((broken(&shop).await, stock(shop.engine.as_ref()).await.unwrap()), (None, vec![]));
    }

    async fn a_parked_sale_is_mended_with_its_batch(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut till = shop.till("T01").await;
        let record = till.place(of_batches(1, &[(COUNTED, "3", "A")]));
        shop.store.park(&record, "unknown drug").await.unwrap();
        assert_eq!(shop.count("SELECT COUNT(*) FROM stock_batch").await, 1);
        shop.store.mend(&record, "test").await.unwrap();
        assert_eq!(shop.count("SELECT COUNT(*) FROM stock_batch WHERE batch = 'A'").await, 1);
        assert_eq!((broken(&shop).await, stock(shop.engine.as_ref()).await.unwrap()), (None, vec![]));
    }

    async fn batches_left_are_sums_of_movements_by_expiry_without_those_that_are_gone(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        supply(&shop, "later", Some("2027-03-31"), 7).await;
        supply(&shop, "unwritten", None, 5).await;
        supply(&shop, "sooner", Some("2026-11-30"), 4).await;
        let mut till = shop.till("T01").await;
        commit(&shop.store, &till.place(of_batches(1, &[(COUNTED, "3", "sooner"), (COUNTED, "5", "unwritten")]))).await;
        let expected = [("sooner".to_owned(), Some(date(2026, 11, 30)), "1".to_owned()), ("later".to_owned(), Some(date(2027, 3, 31)), "7".to_owned())];
        assert_eq!(left(&shop).await, expected);
        assert!(shop.store.batches_left(2, None).await.unwrap().is_empty());
        assert!(shop.store.batches_left(1, Some(&[13])).await.unwrap().is_empty());
    }
}
