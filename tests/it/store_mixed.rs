//! What tills do in ways that meet: rounding, returns, batches, references, prescribers who were merged, parked sales. On
//! every store; `grants` does the same by the till's own account.
use jiff::Timestamp;
use rxtill::domain::audit::{AuditPlace, AuditRecord};
use rxtill::domain::batch::Batch;
use rxtill::domain::catalogue::Tender;
use rxtill::domain::dimension::Author;
use rxtill::domain::money::Money;
use rxtill::domain::sale::{Agreed, SaleFlag, SaleKind, SaleRecord};
use rxtill::params;
use rxtill::store::error::StoreError;
use rxtill::store::ports::{KeptEvent, Outbox as _, Oversell, Recorded, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::verify::{stock, verify};
use tokio::sync::Barrier;
use uuid::Uuid;

use super::support::shop::{COUNTED, Chain, SOLD_AT, Shop, UNCOUNTED, asked_for, sale};
use super::support::{TestStore, on_every_store};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// So many come back of a sale.
fn back(id: u128, of: &SaleRecord, lines: &[(u128, &str)]) -> Agreed {
    Agreed {
        kind: SaleKind::Return,
        refund_of: Some(of.sale_id()),
        ..sale(Uuid::from_u128(id), lines)
    }
}

/// Paid by cash in coins, and the difference by what bears it.
fn rounded(mut agreed: Agreed, cash: &str) -> Agreed {
    let cash = money(cash);
    let mut by_rounding = agreed.payments[0].clone();
    let rest = agreed.total - cash;
    (by_rounding.tender, by_rounding.name) = (Tender::rounding_id(), "Rounding".into());
    (by_rounding.amount, by_rounding.tendered) = (rest, rest);
    let paid = &mut agreed.payments[0];
    (paid.amount, paid.tendered) = (cash, cash);
    agreed.payments.push(by_rounding);
    agreed
}

fn of_batch(mut agreed: Agreed, number: &str) -> Agreed {
    for line in &mut agreed.lines {
        line.batch = Some(Batch {
            number: Some(number.to_owned()),
            expiry: None,
        });
    }
    agreed
}

fn by_mpesa(mut agreed: Agreed, reference: &str) -> Agreed {
    let paid = &mut agreed.payments[0];
    paid.tender = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:M-Pesa");
    paid.name = "M-Pesa".into();
    paid.reference = Some(reference.to_owned());
    agreed
}

/// As sync does: an attempt that ended for no fault of the sale is begun again.
async fn commit(store: &Store, record: &SaleRecord) -> Result<Recorded, StoreError> {
    for _ in 0..10 {
        match store.commit(record, Oversell::Refuse).await {
            Err(StoreError::Retryable { .. }) => {}
            other => return other,
        }
    }
    panic!("ten attempts came to nothing")
}

async fn is_whole(shop: &Shop, sales: &[u64]) {
    let verdicts = verify(shop.engine.as_ref(), None, None).await.unwrap();
    let seen: Vec<_> = verdicts.iter().map(|till| (till.sales, &till.broken)).collect();
    let expected: Vec<_> = sales.iter().map(|sales| (*sales, &None)).collect();
    assert_eq!(seen, expected, "{verdicts:?}");
    assert!(verdicts.iter().all(|till| till.parked.is_empty()), "{verdicts:?}");
    assert_eq!(stock(shop.engine.as_ref()).await.unwrap(), []);
}

/// Sells, takes back, parks and mends in every way at two tills of the shop, by the account of `till`.
pub(super) async fn everything(office: &Shop, till: &Shop) {
    let (mut one, mut two) = (till.till("T01").await, till.till("T02").await);
    let sold = one.place(of_batch(
        rounded(sale(Uuid::from_u128(1), &[(COUNTED, "3")]), "38"),
        "l41b",
    ));
    commit(&till.store, &sold).await.unwrap();
    let other = two.place(by_mpesa(sale(Uuid::from_u128(2), &[(UNCOUNTED, "2")]), "SGH7X2K9PL"));
    commit(&till.store, &other).await.unwrap();
    // Each till takes back what the other sold.
    let cash_out = rounded(back(3, &sold, &[(COUNTED, "-1")]), "-13");
    commit(&till.store, &two.place(of_batch(cash_out, "L41B")))
        .await
        .unwrap();
    commit(&till.store, &one.place(back(4, &other, &[(UNCOUNTED, "-1")])))
        .await
        .unwrap();
    // What is parked of a batch, by a reference, by a prescriber who is merged before it is mended.
    let late = by_mpesa(sale(Uuid::from_u128(5), &[(COUNTED, "1")]), "SGH7X2K9PM");
    let late = two.place(of_batch(late, "NEW1"));
    till.store.park(&late, "unknown drug").await.unwrap();
    let survivor = "INSERT INTO dim_doctor (id, uuid, changed_at, changed_by, natural_key, name, name_key,
        registration_number, specialization, phone_number, phone_key, email, region)
        VALUES (6, ?, ?, 'test', 'reg:a2', 'Otieno', 'otieno', 'A2', '', '', '', '', '')";
    let at: Timestamp = SOLD_AT.parse().unwrap();
    office
        .engine
        .execute(survivor, params![Uuid::from_u128(0xd6), at])
        .await
        .unwrap();
    let by = Author {
        name: "Njeri".to_owned(),
        ..Author::default()
    };
    till.store.merge_doctor(5, 6, &by, at).await.unwrap();
    assert!(!till.store.mend(&late, "Njeri").await.unwrap().repeated);
    assert!(till.store.mend(&late, "Njeri").await.unwrap().repeated);
    // The rest of it comes back, of a prescriber who is merged by now, and no more.
    let rest = of_batch(back(6, &sold, &[(COUNTED, "-2")]), "L41B");
    commit(&till.store, &one.place(rest)).await.unwrap();
    let mut fork = one.clone();
    let more = commit(&till.store, &fork.place(back(7, &sold, &[(COUNTED, "-1")]))).await;
    assert!(matches!(more, Err(StoreError::Rejected(_))), "{more:?}");
    for seq in 1..=2 {
        let place = AuditPlace {
            till: one.till.clone(),
            series: 1,
            seq,
        };
        let noted = AuditRecord::new(Uuid::from_u128(100 + u128::from(seq)), place, asked_for("1"));
        assert_eq!(
            till.store.keep_event(&noted).await,
            Ok(KeptEvent::Kept { after: seq - 1 })
        );
    }
    is_whole(office, &[3, 3]).await;
    assert_eq!(office.remaining().await, rust_decimal::Decimal::from(9));
    let paid = "SELECT COUNT(*) FROM fact_payment p WHERE p.amount <> p.tendered - p.change_given";
    assert_eq!(office.count(paid).await, 0);
    let by_sale = "SELECT COUNT(*) FROM (SELECT f.sale_id FROM fact_sale f GROUP BY f.sale_id
        HAVING SUM(f.line_total) <> (SELECT SUM(p.amount) FROM fact_payment p WHERE p.sale_id = f.sale_id)) x";
    assert_eq!(office.count(by_sale).await, 0);
    // Events of both topics, each in its own order.
    let rows = till.store.unmarked(&one.till, 50).await.unwrap();
    for topic in ["pharmacy-sales", "pharmacy-till-audit"] {
        let seqs: Vec<_> = rows
            .iter()
            .filter(|row| row.topic == topic)
            .map(|row| row.seq)
            .collect();
        let expected: Vec<_> = (1..=seqs.len() as u64).collect();
        assert_eq!(seqs, expected, "{topic}");
    }
}

on_every_store! {
    async fn a_history_of_everything_is_whole_and_its_money_agrees_to_the_cent(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        everything(&shop, &shop).await;
    }

    async fn two_tills_that_each_take_back_what_the_other_sold_are_both_done(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let stores = [Store::new(store.another().await), Store::new(store.another().await)];
        let (mut one, mut two) = (shop.till("T01").await, shop.till("T02").await);
        for round in 0..6 {
            let sold = [one.sell(&[(UNCOUNTED, "2")]), two.sell(&[(UNCOUNTED, "2")])];
            for sold in &sold {
                commit(&shop.store, sold).await.unwrap();
            }
            let crossed = [one.place(back(round * 2 + 1, &sold[1], &[(UNCOUNTED, "-2")])),
                two.place(back(round * 2 + 2, &sold[0], &[(UNCOUNTED, "-2")]))];
            let both = Barrier::new(2);
            let at_once = async |store: &Store, record: &SaleRecord| {
                both.wait().await;
                commit(store, record).await
            };
            let (a, b) = tokio::join!(at_once(&stores[0], &crossed[0]), at_once(&stores[1], &crossed[1]));
            assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        }
        is_whole(&shop, &[12, 12]).await;
    }

    async fn a_reference_twice_in_a_promised_sale_is_recorded_though_the_office_forbade_it_since(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut agreed = by_mpesa(sale(Uuid::from_u128(1), &[(UNCOUNTED, "2")]), "SGH7X2K9PL");
        let half = money("12.50");
        (agreed.payments[0].amount, agreed.payments[0].tendered) = (half, half);
        agreed.payments.push(agreed.payments[0].clone());
        let record = shop.till("T01").await.place(agreed);
        let recorded = shop.store.commit(&record, Oversell::Record).await.unwrap();
        assert!(!recorded.parked, "what was promised is recorded");
        assert_eq!(shop.count("SELECT COUNT(*) FROM tender_reference").await, 1);
        is_whole(&shop, &[1]).await;
        let again = shop.till("T02").await.place(by_mpesa(sale(Uuid::from_u128(2), &[(UNCOUNTED, "1")]), "SGH7X2K9PL"));
        assert!(matches!(shop.store.commit(&again, Oversell::Refuse).await, Err(StoreError::Rejected(_))));
    }

    async fn goods_that_two_tills_gave_back_while_the_database_was_away_are_recorded_flagged_and_told(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut one, mut two) = (shop.till("T01").await, shop.till("T02").await);
        let sold = one.sell(&[(COUNTED, "3")]);
        commit(&shop.store, &sold).await.unwrap();
        let first = one.place(back(1, &sold, &[(COUNTED, "-2")]));
        let again = two.place(back(2, &sold, &[(COUNTED, "-2")]));
        let told = shop.store.commit(&first, Oversell::Record).await.unwrap().too_much_back;
        assert_eq!(told, None);
        let told = shop.store.commit(&again, Oversell::Record).await.unwrap().too_much_back;
        assert_eq!(told.as_deref(), Some("Amoxil 500 mg: at most 1 can come back of that sale"));
        assert_eq!(shop.store.commit(&again, Oversell::Record).await.unwrap().too_much_back, None, "told once");
        let kept = shop.store.find(again.sale_id()).await.unwrap().unwrap();
        assert_eq!((kept.parked, kept.record.flags), (None, vec![SaleFlag::ReturnedTooMuch]));
        assert_eq!(shop.remaining().await, rust_decimal::Decimal::from(11));
        is_whole(&shop, &[2, 1]).await;
    }

    async fn what_is_in_the_store_already_is_known_by_its_id_and_not_refused_for_itself(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut one, mut two) = (shop.till("T01").await, shop.till("T02").await);
        let sold = one.sell(&[(COUNTED, "3")]);
        commit(&shop.store, &sold).await.unwrap();
        let restored = one.clone();
        let paid = by_mpesa(sale(Uuid::from_u128(2), &[(UNCOUNTED, "1")]), "SGH7X2K9PL");
        for agreed in [back(1, &sold, &[(COUNTED, "-3")]), paid] {
            let given = two.place(agreed);
            commit(&shop.store, &given).await.unwrap();
            // The same feed at another till, or at a journal that was restored.
            let again = restored.clone().place(given.document.sale.clone());
            for oversell in [Oversell::Refuse, Oversell::Record] {
                let known = shop.store.commit(&again, oversell).await;
                assert!(matches!(known, Err(StoreError::Permanent(_))), "it is looked for by its id: {known:?}");
            }
            assert_eq!(shop.store.find(again.sale_id()).await.unwrap().unwrap().record, given);
        }
    }

    async fn the_last_of_a_batch_is_sold_by_two_tills_at_once_and_the_book_says_so(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let stores = [Store::new(store.another().await), Store::new(store.another().await)];
        let sell = |chain: &mut Chain, id: u128| {
            chain.place(of_batch(sale(Uuid::from_u128(id), &[(COUNTED, "6"), (UNCOUNTED, "1")]), "LAST"))
        };
        let (mut one, mut two) = (shop.till("T01").await, shop.till("T02").await);
        let (a, b) = (sell(&mut one, 1), sell(&mut two, 2));
        let (a, b) = tokio::join!(commit(&stores[0], &a), commit(&stores[1], &b));
        let refused: Vec<_> = [a, b].into_iter().filter_map(Result::err).collect();
        assert!(matches!(refused.as_slice(), [StoreError::Rejected(_)]), "ten are there: {refused:?}");
        assert_eq!(shop.remaining().await, rust_decimal::Decimal::from(4));
        assert_eq!(shop.count("SELECT COUNT(*) FROM stock_batch WHERE batch = 'LAST'").await, 2);
        assert_eq!(stock(shop.engine.as_ref()).await.unwrap(), []);
    }
}
