//! Parked sales are mended (PATH 2.3) on every store: recorded at other rows than those that they name, or struck.
use rust_decimal::Decimal;
use rxtill::domain::mending::{Gap, Mapping, Named, StandIn};
use rxtill::domain::sale::{Agreed, SaleRecord};
use rxtill::params;
use rxtill::store::error::{Refusal, StoreError};
use rxtill::store::ports::{Outbox as _, Oversell, Recorded, Resolution, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::verify::{TillVerdict, stock, verify};
use uuid::Uuid;

use super::support::shop::{COUNTED, DOCTOR, EMPLOYEE, OUTLET, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_server, on_every_store};

/// A row that no store knows.
fn unknown(number: u128) -> Uuid {
    Uuid::from_u128(0xdead_0000 + number)
}

/// Of two drugs, of which the store knows neither the second nor anything else that it names.
fn all_unknown(id: u128) -> Agreed {
    let mut agreed = sale(Uuid::from_u128(id), &[(UNCOUNTED, "1"), (COUNTED, "2")]);
    agreed.outlet.id = unknown(1);
    agreed.employee.id = unknown(2);
    agreed.doctor.as_mut().unwrap().id = unknown(3);
    agreed.lines[1].drug = unknown(4);
    agreed.payments[0].tender = unknown(5);
    agreed
}

fn mapping(rows: &[(Named, Uuid)]) -> Mapping {
    let mut mapping = Mapping::default();
    for (named, row) in rows {
        let name = format!("instead of {named}");
        mapping.put(*named, StandIn { row: *row, name });
    }
    mapping
}

/// For each of what [`all_unknown`] names.
fn all_mapped() -> Mapping {
    let card = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:Card");
    mapping(&[
        (Named::Outlet, row(OUTLET)),
        (Named::Employee, row(EMPLOYEE)),
        (Named::Doctor, row(DOCTOR)),
        (Named::Line(2), row(COUNTED)),
        (Named::Payment(1), card),
    ])
}

async fn park(shop: &Shop, record: &SaleRecord) {
    let error = shop.store.commit(record, Oversell::Record).await.unwrap_err();
    assert!(matches!(error, StoreError::Permanent(_)), "{error}");
    assert!(shop.store.park(record, &error.to_string()).await.unwrap().parked);
}

async fn verdict(shop: &Shop) -> TillVerdict {
    let mut verdicts = verify(shop.engine.as_ref(), None, None).await.unwrap();
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

fn never(done: Result<Recorded, StoreError>) -> String {
    match done {
        Err(StoreError::Rejected(Refusal::Other(words))) => words,
        other => panic!("{other:?}"),
    }
}

on_every_store! {
    async fn a_parked_sale_is_recorded_at_the_rows_that_stand_in_for_those_nobody_knows(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let before = chain.sell(&[(COUNTED, "1")]);
        shop.store.commit(&before, Oversell::Record).await.unwrap();
        let parked = chain.place(all_unknown(7));
        park(&shop, &parked).await;
        // Nothing waits behind it.
        shop.store.commit(&chain.sell(&[(COUNTED, "1")]), Oversell::Record).await.unwrap();
        let gaps = shop.store.gaps(&parked).await.unwrap();
        let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
        assert_eq!(gaps, [
            "outlet, Mirema meds", "employee, John", "doctor, Mwabili", "line 2, Amoxil 500 mg", "payment 1, Cash",
        ]);
        assert_eq!(shop.store.settlement(&chain.till, 1, 2).await.unwrap(), None);

        let done = shop.store.mend_as(&parked, "Njeri, T01", &all_mapped()).await.unwrap();
        assert_eq!((done.repeated, done.parked), (false, false));
        assert!(shop.store.mend_as(&parked, "Njeri, T01", &all_mapped()).await.unwrap().repeated);
        assert!(shop.store.mend(&parked, "Njeri, T01").await.unwrap().repeated, "once, however it is said");

        let kept = shop.store.sales(&chain.till, 1, 2, 1).await.unwrap();
        assert_eq!(kept, std::slice::from_ref(&parked), "byte by byte");
        let facts = "SELECT COUNT(*) FROM fact_sale WHERE receipt_no = 2 AND outlet_id = 1 AND employee_id = 2 AND doctor_id = 5";
        assert_eq!(shop.count(facts).await, 2);
        assert_eq!(shop.count("SELECT drug_id FROM fact_sale WHERE receipt_no = 2 AND line_no = 2").await, 14);
        let paid = "SELECT COUNT(*) FROM fact_payment p JOIN dim_tender t ON t.id = p.tender_id WHERE t.name = 'Card'";
        assert_eq!(shop.count(paid).await, 1);
        assert_eq!(shop.remaining().await, Decimal::from(6), "ten, less one, two and one");

        // Its events come now, each at its own number, with the rows that were chosen and the names of the counter.
        let events = shop.store.unmarked(&chain.till, 10).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let event: serde_json::Value = serde_json::from_str(&events[2].payload).unwrap();
        assert_eq!((&event["drug_id"], &event["emp_id"], &event["drug"]), (&14.into(), &2.into(), &"Amoxil 500 mg".into()));

        let settlement = shop.store.settlement(&chain.till, 1, 2).await.unwrap().unwrap();
        assert_eq!((settlement.resolution, settlement.by.as_str()), (Resolution::Mended, "Njeri, T01"));
        assert_eq!(settlement.mapping, all_mapped());
        let verdict = verdict(&shop).await;
        assert_eq!((verdict.sales, verdict.broken, verdict.parked), (3, None, vec![]));
        assert_eq!(stock(shop.engine.as_ref()).await.unwrap(), []);
    }

    async fn what_is_mapped_to_other_rows_later_than_its_resolution_says_is_a_broken_chain(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let parked = chain.place(all_unknown(7));
        park(&shop, &parked).await;
        shop.store.mend_as(&parked, "Njeri, T01", &all_mapped()).await.unwrap();
        assert_eq!(verdict(&shop).await.broken, None);
        // A mended sale is no licence: the other drug is not what its resolution says.
        shop.engine.execute("UPDATE fact_sale SET drug_id = 13 WHERE line_no = 2", params![]).await.unwrap();
        let broken = verdict(&shop).await.broken.unwrap();
        assert_eq!((broken.receipt.as_str(), broken.reason.as_str()),
            ("T01-000001", "line 2: the fact row's drug is not what was agreed"));
    }

    async fn only_what_the_store_does_not_know_is_mapped_and_all_of_it_or_nothing(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let mut agreed = sale(Uuid::from_u128(7), &[(UNCOUNTED, "1"), (COUNTED, "2")]);
        agreed.lines[1].drug = unknown(4);
        agreed.doctor = None;
        let parked = chain.place(agreed);
        park(&shop, &parked).await;
        let before = shop.footprint().await;
        let map = async |rows: &[(Named, Uuid)]| shop.store.mend_as(&parked, "Njeri", &mapping(rows)).await;
        // Goods that are known stay what they were sold as: nobody makes a controlled drug another one.
        assert_eq!(never(map(&[(Named::Line(1), row(COUNTED)), (Named::Line(2), row(COUNTED))]).await),
            "line 1 is in the database: it is recorded as it is");
        for named in [Named::Line(0), Named::Line(3), Named::Payment(2), Named::Doctor] {
            assert_eq!(never(map(&[(named, row(COUNTED))]).await), format!("the sale names no {named}"));
        }
        let nowhere = map(&[(Named::Line(2), unknown(9))]).await;
        assert!(matches!(&nowhere, Err(StoreError::Permanent(why)) if why.contains("Amoxil")), "{nowhere:?}");
        let too_many = sale(Uuid::from_u128(8), &[(UNCOUNTED, "1"); 40]);
        let rows: Vec<_> = (1..=40).map(|line| (Named::Line(line), row(COUNTED))).collect();
        let many = chain.place(too_many);
        shop.store.park(&many, "unknown drugs").await.unwrap();
        let words = never(shop.store.mend_as(&many, "Njeri", &mapping(&rows)).await);
        assert_eq!(words, "40 rows are more than one resolution can name");
        let mut after = before.clone();
        // The second parked sale, and the head's number.
        (after[0], after[1], after[6]) = (before[0] + 1, before[1] + 1, before[6] + 1);
        assert_eq!(shop.footprint().await, after);
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale_resolved").await, 0);
        assert_eq!(shop.store.gaps(&parked).await.unwrap(), [Gap { named: Named::Line(2), name: "Amoxil 500 mg".into() }]);
        map(&[(Named::Line(2), row(COUNTED))]).await.unwrap();
        assert_eq!(shop.store.gaps(&many).await.unwrap(), []);
    }

    async fn a_struck_sale_keeps_its_number_and_has_neither_facts_nor_events(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut chain, mut other) = (shop.till("T01").await, shop.till("T02").await);
        let parked = chain.place(all_unknown(7));
        let absent = never(shop.store.strike(&parked, "Njeri", "never uploaded").await);
        assert_eq!(absent, "the database does not have this receipt");
        park(&shop, &parked).await;
        let why = "rung up again ".repeat(200);
        let done = shop.store.strike(&parked, &"N".repeat(300), &why).await.unwrap();
        assert_eq!((done.repeated, done.parked), (false, false));
        assert!(shop.store.strike(&parked, "Njeri", "again").await.unwrap().repeated, "and says what it said first");
        let settlement = shop.store.settlement(&chain.till, 1, 1).await.unwrap().unwrap();
        assert_eq!(settlement.resolution, Resolution::Struck(why[..1000].to_owned()));
        assert_eq!(settlement.by, "N".repeat(120));
        assert!(settlement.mapping.is_empty());
        let mended = never(shop.store.mend_as(&parked, "Njeri", &all_mapped()).await);
        assert!(mended.starts_with("it was struck: rung up again"), "{mended}");

        let sold = chain.sell(&[(COUNTED, "1")]);
        shop.store.commit(&sold, Oversell::Record).await.unwrap();
        assert_eq!(never(shop.store.strike(&sold, "Njeri", "a slip").await), "it is recorded");
        // The same sale came from two tills, in two shapes: the second one has a row of its own.
        let twice = other.place(sale(sold.sale_id(), &[(COUNTED, "5")]));
        let there = shop.store.find(sold.sale_id()).await.unwrap().unwrap();
        assert!(shop.store.set_apart(&twice, &there).await.unwrap().parked);
        shop.store.strike(&twice, "Njeri", "given to two tills").await.unwrap();
        assert_eq!(shop.store.find(sold.sale_id()).await.unwrap(), Some(there), "the store's sale stands");

        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 1);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale").await, 1);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_payment").await, 1);
        let events = shop.store.unmarked(&chain.till, 10).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3], "its two numbers never come");
        let verdicts = verify(shop.engine.as_ref(), None, None).await.unwrap();
        let seen: Vec<_> = verdicts.iter().map(|till| (till.sales, till.broken.clone(), till.parked.len())).collect();
        assert_eq!(seen, [(2, None, 0), (1, None, 0)]);
    }
}

/// What only servers let two do at once.
mod at_once {
    use super::*;

    on_every_server! {
        async fn of_two_who_settle_one_sale_at_once_one_does(store: TestStore) {
            let shop = Shop::open(&store.engine).await;
            let mut chain = shop.till("T01").await;
            let other = Store::new(store.another().await);
            for round in 0..8 {
                let parked = chain.place(all_unknown(100 + round));
                park(&shop, &parked).await;
                let mapped = all_mapped();
                let (mended, struck) = tokio::join!(
                    shop.store.mend_as(&parked, "a", &mapped),
                    other.strike(&parked, "b", "a slip"),
                );
                assert!(mended.is_ok() != struck.is_ok(), "{mended:?} {struck:?}");
                let facts = format!("SELECT COUNT(*) FROM fact_sale WHERE receipt_no = {}", round + 1);
                assert_eq!(shop.count(&facts).await, if mended.is_ok() { 2 } else { 0 });
            }
            assert_eq!(shop.count("SELECT COUNT(*) FROM sale_resolved").await, 8);
            assert_eq!(verdict(&shop).await.broken, None);
        }
    }
}
