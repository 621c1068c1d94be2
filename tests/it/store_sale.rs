//! The contract of a store of record, on every store: PATH sections 2 to 4.
use std::time::Duration;

use rust_decimal::Decimal;
use rxtill::domain::event::{EventTopic, StreamEvent};
use rxtill::domain::sale::{Agreed, SaleKind, TillId};
use rxtill::params;
use rxtill::store::error::{Refusal, StoreError};
use rxtill::store::ports::{
    Outbox as _, Oversell, ParkedPlace, Recorded, Registration, RelayMode, Resolution, SaleStore as _, StoredSale,
};
use rxtill::store::verify::verify;
use uuid::Uuid;

use super::support::shop::{COUNTED, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_store};

fn till(id: &str) -> TillId {
    id.parse().unwrap()
}

on_every_store! {
    async fn a_sale_is_recorded_whole(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let record = chain.sell(&[(UNCOUNTED, "2"), (COUNTED, "3")]);
        let recorded = shop.store.commit(&record, Oversell::Refuse).await.unwrap();
        assert!(!recorded.repeated && !recorded.parked && recorded.below_zero.is_empty());
        assert_eq!(shop.remaining().await, Decimal::from(7));
        let sql = "SELECT emp_id, drug_id, doc_id, pharmacy_name, pharmacy_region, date_sold FROM sales ORDER BY drug_id";
        let rows = shop.engine.query(sql, params![]).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].get::<i64>(0).unwrap(), 2);
        assert_eq!(rows[1].get::<i64>(1).unwrap(), 14);
        assert_eq!(rows[1].get::<i64>(2).unwrap(), 5);
        assert_eq!(rows[1].get::<String>(3).unwrap(), "Mirema meds");
        assert_eq!(rows[1].get::<jiff::civil::Date>(5).unwrap(), jiff::civil::date(2026, 3, 2));
        let kept = shop.store.sales(&till("T01"), 1, 1, 10).await.unwrap();
        assert_eq!(kept, std::slice::from_ref(&record));
        let events = shop.store.unmarked(&till("T01"), 10).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
        let Ok(StreamEvent::Sale(event)) = StreamEvent::read(Some(events[1].payload.as_bytes())) else { panic!() };
        assert_eq!((event.receipt.as_str(), event.line_total.as_str(), event.drug_id), ("T01-000001", "37.50", 14));
        assert_eq!((event.chain, events[1].key.as_str(), events[1].topic.as_str()), (record.hash, "1", "pharmacy-sales"));
    }

    async fn the_same_sale_again_is_let_through_once(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let record = chain.sell(&[(COUNTED, "3")]);
        shop.store.commit(&record, Oversell::Refuse).await.unwrap();
        let before = shop.footprint().await;
        assert!(shop.store.commit(&record, Oversell::Refuse).await.unwrap().repeated);
        let next = chain.sell(&[(COUNTED, "1")]);
        shop.store.commit(&next, Oversell::Refuse).await.unwrap();
        // Also when it comes late, behind the next one.
        assert!(shop.store.commit(&record, Oversell::Record).await.unwrap().repeated);
        assert_eq!(shop.footprint().await[0], before[0] + 1);
        assert_eq!(shop.remaining().await, Decimal::from(6));
    }

    async fn two_attempts_at_once_record_one_sale(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let record = shop.till("T01").await.sell(&[(COUNTED, "3")]);
        let other = rxtill::store::star::Store::new(store.another().await);
        let (a, b) = tokio::join!(shop.store.commit(&record, Oversell::Refuse), other.commit(&record, Oversell::Refuse));
        assert_eq!([a.unwrap().repeated, b.unwrap().repeated].iter().filter(|repeated| **repeated).count(), 1);
        assert_eq!(shop.remaining().await, Decimal::from(7));
    }

    async fn the_same_employee_drug_and_doctor_sold_twice_are_two_sales(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        for _ in 0..2 {
            shop.store.commit(&chain.sell(&[(COUNTED, "3")]), Oversell::Refuse).await.unwrap();
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 2);
        assert_eq!(shop.remaining().await, Decimal::from(4));
    }

    async fn a_sale_that_does_not_follow_the_head_is_a_chain_conflict_and_leaves_no_trace(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let mut fork = chain.clone();
        shop.store.commit(&chain.sell(&[(UNCOUNTED, "1")]), Oversell::Refuse).await.unwrap();
        let before = shop.footprint().await;
        let other = fork.place(sale(Uuid::from_u128(5), &[(UNCOUNTED, "9")]));
        assert!(matches!(shop.store.commit(&other, Oversell::Record).await, Err(StoreError::ChainConflict(_))));
        let ahead = fork.sell(&[(UNCOUNTED, "1")]);
        assert!(matches!(shop.store.commit(&ahead, Oversell::Record).await, Err(StoreError::ChainConflict(_))));
        assert_eq!(shop.footprint().await, before);
    }

    async fn two_tills_and_the_last_unit(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        let other = rxtill::store::star::Store::new(store.another().await);
        let (one, two) = (a.sell(&[(COUNTED, "10")]), b.sell(&[(COUNTED, "10")]));
        let (one, two) = tokio::join!(shop.store.commit(&one, Oversell::Refuse), other.commit(&two, Oversell::Refuse));
        let refused = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(
            matches!(refused.as_slice(), [StoreError::Rejected(Refusal::ShortStock { remaining, wanted, .. })]
                if remaining == "0" && wanted == "10"),
            "{refused:?}"
        );
        assert_eq!(shop.remaining().await, Decimal::ZERO);
    }

    async fn a_refused_sale_leaves_no_trace_and_frees_its_number(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let before = shop.footprint().await;
        let mut again = chain.clone();
        let refused = chain.sell(&[(UNCOUNTED, "1"), (COUNTED, "11")]);
        assert!(matches!(shop.store.commit(&refused, Oversell::Refuse).await, Err(StoreError::Rejected(_))));
        assert_eq!(shop.footprint().await, before);
        let taken = again.place(sale(Uuid::from_u128(9), &[(COUNTED, "10")]));
        shop.store.commit(&taken, Oversell::Refuse).await.unwrap();
    }

    async fn what_happened_is_recorded_below_zero_and_told(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        for oversell in [Oversell::Hold, Oversell::Record] {
            let recorded = shop.store.commit(&chain.sell(&[(COUNTED, "8")]), oversell).await.unwrap();
            assert_eq!(recorded.below_zero.len(), usize::from(oversell == Oversell::Record));
        }
        assert_eq!(shop.remaining().await, Decimal::from(-6));
        let moved = "SELECT SUM(quantity) FROM stock_movement WHERE drug_id = 14";
        let sum: Decimal = shop.engine.query(moved, params![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(sum, Decimal::from(-6));
    }

    async fn a_controlled_drug_is_never_oversold_while_the_clerk_waits(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let limit = "UPDATE dim_drug SET controlled_limit = ? WHERE id = 14";
        shop.engine.execute(limit, params![Decimal::from(100)]).await.unwrap();
        let record = shop.till("T01").await.sell(&[(COUNTED, "11")]);
        assert!(matches!(shop.store.commit(&record, Oversell::Hold).await, Err(StoreError::Rejected(_))));
        assert_eq!(shop.store.commit(&record, Oversell::Record).await.unwrap().below_zero.len(), 1);
    }

    async fn an_inactive_drug_is_refused_while_the_clerk_waits_and_recorded_afterwards(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        shop.engine.execute("UPDATE dim_drug SET active = 0 WHERE id = 13", params![]).await.unwrap();
        let record = shop.till("T01").await.sell(&[(UNCOUNTED, "1")]);
        let refused = shop.store.commit(&record, Oversell::Refuse).await.unwrap_err();
        assert!(matches!(refused, StoreError::Rejected(Refusal::Inactive { .. })), "{refused}");
        shop.store.commit(&record, Oversell::Record).await.unwrap();
    }

    async fn an_unknown_drug_is_permanent_and_the_parked_sale_does_not_block_the_next(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let mut agreed = sale(Uuid::from_u128(3), &[(UNCOUNTED, "1")]);
        agreed.lines[0].drug = Uuid::from_u128(404);
        let unknown = chain.place(agreed);
        let error = shop.store.commit(&unknown, Oversell::Record).await.unwrap_err();
        assert!(matches!(error, StoreError::Permanent(_)), "{error}");
        assert!(shop.store.park(&unknown, &error.to_string()).await.unwrap().parked);
        assert!(shop.store.commit(&unknown, Oversell::Record).await.unwrap().parked);
        shop.store.commit(&chain.sell(&[(UNCOUNTED, "1")]), Oversell::Record).await.unwrap();
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale").await, 2);
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 1);
    }

    async fn a_parked_sale_becomes_facts_once_what_was_in_the_way_is_gone(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let mut agreed = sale(Uuid::from_u128(3), &[(COUNTED, "2"), (UNCOUNTED, "1")]);
        agreed.lines[1].drug = Uuid::from_u128(404);
        let parked = chain.place(agreed);
        shop.store.park(&parked, "unknown drug").await.unwrap();
        shop.store.commit(&chain.sell(&[(COUNTED, "1")]), Oversell::Record).await.unwrap();
        let before = shop.footprint().await;
        let still = shop.store.mend(&parked, "test").await.unwrap_err();
        assert!(matches!(&still, StoreError::Permanent(why) if why.contains("Aspirin 300 mg")), "{still}");
        assert_eq!(shop.footprint().await, before, "all or nothing");
        let waits = ParkedPlace { series: 1, number: 1, resolution: None };
        assert_eq!(shop.store.parked(&till("T01")).await.unwrap(), std::slice::from_ref(&waits));
        let back = "UPDATE dim_drug SET uuid = ?, active = 0 WHERE id = 13";
        shop.engine.execute(back, params![Uuid::from_u128(404)]).await.unwrap();
        let other = rxtill::store::star::Store::new(store.another().await);
        let (a, b) = tokio::join!(shop.store.mend(&parked, "a"), other.mend(&parked, "b"));
        assert!(a.is_ok() || b.is_ok(), "{a:?} {b:?}");
        assert!(shop.store.mend(&parked, "test").await.unwrap().repeated, "once");
        assert_eq!(shop.remaining().await, Decimal::from(7));
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale WHERE receipt_no = 1").await, 2);
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale_resolved WHERE resolution = 'mended'").await, 1);
        let seqs: Vec<_> = shop.store.unmarked(&till("T01"), 10).await.unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(seqs, [1, 2, 3], "its events come when it is resolved");
        let mended = ParkedPlace { resolution: Some(Resolution::Mended), ..waits };
        assert_eq!(shop.store.parked(&till("T01")).await.unwrap(), [mended]);
        assert_eq!(shop.store.find(parked.sale_id()).await.unwrap().unwrap().parked, None);
        assert!(!shop.store.commit(&parked, Oversell::Record).await.unwrap().parked);
        let verdict = verify(shop.engine.as_ref(), None, None).await.unwrap().pop().unwrap();
        assert_eq!((verdict.sales, verdict.broken), (2, None));
    }

    async fn a_sale_that_is_recorded_or_never_can_be_is_not_mended(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        let sold = a.place(sale(Uuid::from_u128(7), &[(COUNTED, "3")]));
        let never = |outcome: Result<Recorded, StoreError>| matches!(outcome, Err(StoreError::Rejected(_)));
        assert!(never(shop.store.mend(&sold, "test").await), "it is not there yet");
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        assert!(shop.store.mend(&sold, "test").await.unwrap().repeated);
        let there = shop.store.find(sold.sale_id()).await.unwrap().unwrap();
        for count in ["3", "5"] {
            let again = b.place(sale(Uuid::from_u128(7), &[(COUNTED, count)]));
            shop.store.set_apart(&again, &there).await.unwrap();
            assert!(never(shop.store.mend(&again, "test").await), "its id is another sale's");
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 1);
    }

    async fn a_sale_is_found_by_its_id_at_whichever_till_and_however_it_stands(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        let (sold, parked) = (a.sell(&[(UNCOUNTED, "1")]), b.sell(&[(UNCOUNTED, "2")]));
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        shop.store.park(&parked, "unknown drug").await.unwrap();
        assert_eq!(shop.store.find(sold.sale_id()).await.unwrap(), Some(StoredSale { record: sold, parked: None }));
        let waits = StoredSale { parked: Some("unknown drug".to_owned()), record: parked };
        assert_eq!(shop.store.find(waits.record.sale_id()).await.unwrap(), Some(waits));
        assert_eq!(shop.store.find(Uuid::from_u128(404)).await.unwrap(), None);
    }

    async fn a_sale_that_the_store_has_elsewhere_keeps_its_number_and_is_not_recorded_twice(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        let sold = a.place(sale(Uuid::from_u128(7), &[(COUNTED, "3")]));
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        let again = b.place(sale(Uuid::from_u128(7), &[(COUNTED, "3")]));
        let error = shop.store.commit(&again, Oversell::Record).await.unwrap_err();
        assert!(matches!(error, StoreError::Permanent(_)), "{error}");
        let there = shop.store.find(again.sale_id()).await.unwrap().unwrap();
        assert_eq!(there.record, sold);
        for repeated in [false, true] {
            let apart = shop.store.set_apart(&again, &there).await.unwrap();
            assert_eq!((apart.repeated, apart.parked), (repeated, false));
        }
        assert!(shop.store.commit(&again, Oversell::Record).await.unwrap().repeated, "an attempt that comes late");
        let other = b.place(sale(Uuid::from_u128(7), &[(COUNTED, "5")]));
        assert!(shop.store.set_apart(&other, &there).await.unwrap().parked, "no part of it is lost either");
        shop.store.commit(&b.sell(&[(COUNTED, "1")]), Oversell::Record).await.unwrap();
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 2);
        assert_eq!(shop.remaining().await, Decimal::from(6));
        assert_eq!(shop.store.find(again.sale_id()).await.unwrap().unwrap().record, sold, "the store's sale stands");
        assert_eq!(shop.store.sales(&till("T02"), 1, 1, 10).await.unwrap()[..2], [again, other], "byte by byte");
        let verdict = verify(shop.engine.as_ref(), Some(&till("T02")), None).await.unwrap().pop().unwrap();
        assert_eq!((verdict.sales, verdict.broken, verdict.parked), (3, None, vec!["T02-000002".to_owned()]));
    }

    async fn a_return_puts_back_what_was_sold_and_no_more(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let sold = chain.sell(&[(COUNTED, "4")]);
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        let back = |id: u128, count: &str| Agreed {
            kind: SaleKind::Return,
            refund_of: Some(sold.sale_id()),
            ..sale(Uuid::from_u128(id), &[(COUNTED, count)])
        };
        let mut fork = chain.clone();
        let too_many = fork.place(back(1, "-5"));
        assert!(matches!(shop.store.commit(&too_many, Oversell::Refuse).await, Err(StoreError::Rejected(_))));
        shop.store.commit(&chain.place(back(2, "-4")), Oversell::Refuse).await.unwrap();
        assert_eq!(shop.remaining().await, Decimal::TEN);
        let again = chain.place(back(3, "-1"));
        assert!(matches!(shop.store.commit(&again, Oversell::Refuse).await, Err(StoreError::Rejected(_))));
    }

    async fn two_tills_that_give_back_the_same_goods_at_once_do_so_once(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut sold_at = shop.till("T01").await;
        let other = rxtill::store::star::Store::new(store.another().await);
        for round in 0..8 {
            let sold = sold_at.sell(&[(UNCOUNTED, "4")]);
            shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
            let back = |id: u128| Agreed {
                kind: SaleKind::Return,
                refund_of: Some(sold.sale_id()),
                ..sale(Uuid::from_u128(id), &[(UNCOUNTED, "-3")])
            };
            let (mut a, mut b) = (shop.till(&format!("A{round}")).await, shop.till(&format!("B{round}")).await);
            let (one, two) = (a.place(back(round * 2 + 1)), b.place(back(round * 2 + 2)));
            let (one, two) = tokio::join!(shop.store.commit(&one, Oversell::Refuse), other.commit(&two, Oversell::Refuse));
            let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
            assert!(
                matches!(refused.as_slice(), [StoreError::Rejected(Refusal::Other(words))]
                    if words.ends_with("at most 1 can come back of that sale")),
                "{refused:?}"
            );
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale WHERE kind = 'return'").await, 8);
    }

    async fn a_receipt_is_found_by_its_number_with_all_that_came_back_of_it(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let sold = chain.sell(&[(COUNTED, "4")]);
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        let back = Agreed {
            kind: SaleKind::Return,
            refund_of: Some(sold.sale_id()),
            ..sale(Uuid::from_u128(1), &[(COUNTED, "-1")])
        };
        let returned = chain.place(back.clone());
        shop.store.commit(&returned, Oversell::Refuse).await.unwrap();
        shop.store.park(&chain.sell(&[(COUNTED, "1")]), "closed").await.unwrap();
        for text in ["T01-000001", "t01-000001"] {
            let found = shop.store.sale_at(&text.parse().unwrap()).await.unwrap().unwrap();
            assert_eq!((found.record, found.parked), (sold.clone(), None));
        }
        assert_eq!(shop.store.returns_of(sold.sale_id()).await.unwrap(), std::slice::from_ref(&back));
        let parked = shop.store.sale_at(&"T01-000003".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(parked.parked.as_deref(), Some("closed"));
        for text in ["T01-000004", "T01.2-000001", "T09-000001"] {
            assert_eq!(shop.store.sale_at(&text.parse().unwrap()).await.unwrap(), None, "{text}");
        }
        // What came back itself is no sale.
        let again = chain.place(Agreed { refund_of: Some(back.sale_id), ..sale(Uuid::from_u128(2), &[(COUNTED, "-1")]) });
        let again = Agreed { kind: SaleKind::Return, ..again.document.sale };
        assert!(matches!(shop.store.objections(&again).await.unwrap().as_slice(), [Refusal::Other(words)] if words.contains("is no sale")));
    }

    async fn what_is_no_longer_sold_still_comes_back(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let sold = chain.sell(&[(COUNTED, "4")]);
        shop.store.commit(&sold, Oversell::Refuse).await.unwrap();
        shop.engine.execute("UPDATE dim_drug SET active = 0", params![]).await.unwrap();
        let back = Agreed {
            kind: SaleKind::Return,
            refund_of: Some(sold.sale_id()),
            ..sale(Uuid::from_u128(1), &[(COUNTED, "-4")])
        };
        shop.store.commit(&chain.place(back), Oversell::Refuse).await.unwrap();
        assert_eq!(shop.remaining().await, Decimal::TEN);
    }

    async fn what_a_sale_would_be_refused_for_is_told_before_the_money_and_nothing_is_recorded(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        shop.store.commit(&shop.till("T01").await.sell(&[(UNCOUNTED, "1")]), Oversell::Refuse).await.unwrap();
        let before = shop.footprint().await;
        let asked = |lines: &[(u128, &str)]| Agreed { payments: Vec::new(), ..sale(Uuid::from_u128(1), lines) };
        assert_eq!(shop.store.objections(&asked(&[(COUNTED, "10"), (UNCOUNTED, "99")])).await.unwrap(), []);
        let short = shop.store.objections(&asked(&[(COUNTED, "6"), (COUNTED, "5")])).await.unwrap();
        assert!(
            matches!(short.as_slice(), [Refusal::ShortStock { remaining, wanted, .. }] if remaining == "10" && wanted == "11"),
            "{short:?}"
        );
        let limit = "UPDATE dim_drug SET controlled_limit = ? WHERE id = 14";
        shop.engine.execute(limit, params![Decimal::from(4)]).await.unwrap();
        let over = shop.store.objections(&asked(&[(COUNTED, "5")])).await.unwrap();
        assert!(over[0].to_string().contains("at most 4 a sale, 5 wanted"), "{over:?}");
        shop.engine.execute("UPDATE dim_drug SET active = 0 WHERE id = 13", params![]).await.unwrap();
        let off = shop.store.objections(&asked(&[(UNCOUNTED, "1")])).await.unwrap();
        assert!(matches!(off.as_slice(), [Refusal::Inactive { .. }]), "{off:?}");
        assert_eq!(shop.footprint().await, before);
    }

    async fn a_till_stopped_inside_its_transaction_delays_another_by_less_than_3_s(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let record = shop.till("T02").await.sell(&[(COUNTED, "1")]);
        let mut stopped = store.another().await.begin().await.unwrap();
        stopped.execute("UPDATE stock SET remaining = remaining - 1 WHERE drug_id = 14", params![]).await.unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(3), shop.store.commit(&record, Oversell::Refuse)).await;
        assert!(matches!(waited, Ok(Err(StoreError::Retryable { in_doubt: false, .. }))), "{waited:?}");
        stopped.rollback().await;
        shop.store.commit(&record, Oversell::Refuse).await.unwrap();
    }

    async fn a_lease_is_one_holders_until_it_expires_or_is_handed_back(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        shop.store.commit(&shop.till("T01").await.sell(&[(UNCOUNTED, "1")]), Oversell::Refuse).await.unwrap();
        let id = [shop.store.unmarked(&till("T01"), 1).await.unwrap()[0].id];
        let a = shop.store.take_lease(&till("T01"), "a", 60).await.unwrap().unwrap();
        assert_eq!(shop.store.take_lease(&till("T01"), "b", 60).await.unwrap(), None);
        assert!(shop.store.waiting().await.unwrap()[0].leased);
        assert!(shop.store.renew_lease(&a, 60).await.unwrap());
        shop.store.release_lease(&a).await.unwrap();
        let b = shop.store.take_lease(&till("T01"), "b", 60).await.unwrap().unwrap();
        assert!(b.epoch > a.epoch);
        assert!(!shop.store.renew_lease(&a, 60).await.unwrap());
        assert_eq!(shop.store.mark(&a, &id).await.unwrap(), 0, "the old epoch marks nothing");
        assert_eq!(shop.store.mark(&b, &id).await.unwrap(), 1);
        shop.store.commit(&shop.till("T02").await.sell(&[(UNCOUNTED, "1")]), Oversell::Refuse).await.unwrap();
        let large = shop.store.unmarked(&till("T02"), 1).await.unwrap()[0].id;
        assert!(!shop.store.set_aside(&a, large, "too large").await.unwrap(), "the old epoch sets nothing aside");
        assert!(shop.store.set_aside(&b, large, "too large").await.unwrap());
        assert_eq!(shop.store.unmarked(&till("T02"), 1).await.unwrap(), [], "no longer in the way");
        assert_eq!(shop.store.waiting().await.unwrap(), []);
        assert_eq!(shop.store.newest(&till("T01"), EventTopic::Sales).await.unwrap(), (1, 1));
        assert!(shop.store.after(&till("T01"), EventTopic::Sales, (0, 0), 10).await.unwrap()[0].marked);
        assert_eq!(shop.store.purge(1).await.unwrap(), 0);
        assert_eq!(shop.store.purge(0).await.unwrap(), 1, "what was set aside is kept");
    }

    async fn a_machine_that_was_killed_and_started_again_goes_on_with_its_lease_at_once(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let till = till("T01");
        let killed = shop.store.take_lease(&till, "T01-aaaa-1", 60).await.unwrap().unwrap();
        for another in ["T02-aaaa-1", "T01-aaab-2", "T01-aaaa-1-2"] {
            assert_eq!(shop.store.take_lease(&till, another, 60).await.unwrap(), None, "{another}");
        }
        let again = shop.store.take_lease(&till, "T01-aaaa-2", 60).await.unwrap().unwrap();
        assert!(again.epoch > killed.epoch);
        assert!(!shop.store.renew_lease(&killed, 60).await.unwrap(), "whatever was killed marks nothing more");
        // A clone of its disk in another machine, started before: it waits, else the two would take turns for ever.
        assert_eq!(shop.store.take_lease(&till, "T01-aaaa-1", 60).await.unwrap(), None);
        assert!(shop.store.renew_lease(&again, 60).await.unwrap());
    }

    async fn what_waits_is_never_purged_and_where_debezium_publishes_rows_go_by_their_age(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let record = shop.till("T01").await.sell(&[(UNCOUNTED, "1"), (COUNTED, "1")]);
        shop.store.commit(&record, Oversell::Record).await.unwrap();
        shop.engine.execute("UPDATE sale_outbox SET made_at = '2020-01-01 00:00:00.000'", params![]).await.unwrap();
        for mode in [RelayMode::On, RelayMode::Off] {
            shop.store.set_relay_mode(mode).await.unwrap();
            assert_eq!(shop.store.purge(1).await.unwrap(), 0, "{mode:?}");
        }
        shop.store.set_relay_mode(RelayMode::Debezium).await.unwrap();
        assert_eq!(shop.store.purge(1).await.unwrap(), 2);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_sale").await, 2, "facts are kept for good");
    }

    async fn another_machine_with_the_same_till_is_refused_until_it_takes_over(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(matches!(shop.store.register(&till("T07"), old).await.unwrap(), Registration::Ours(_)));
        assert_eq!(shop.store.register(&till("T07"), new).await.unwrap(), Registration::Taken { series: 1 });
        let head = shop.store.open_series(&till("T07"), new).await.unwrap();
        assert_eq!((head.series, head.number), (2, 0));
        assert_eq!(shop.store.open_series(&till("T07"), new).await.unwrap(), head, "safe to repeat");
        assert!(matches!(shop.store.register(&till("T07"), new).await.unwrap(), Registration::Ours(h) if h == head));
        assert_eq!(shop.store.heads(&till("T07")).await.unwrap().len(), 2);
    }

    async fn an_outlet_renamed_later_does_not_change_what_was_sold(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let record = shop.till("T01").await.sell(&[(UNCOUNTED, "1")]);
        shop.store.commit(&record, Oversell::Refuse).await.unwrap();
        shop.engine.execute("UPDATE dim_outlet SET name = 'Other' WHERE uuid = ?", params![row(1)]).await.unwrap();
        let kept = shop.store.sales(&till("T01"), 1, 1, 1).await.unwrap();
        assert_eq!(kept[0].document.sale.outlet.name, "Mirema meds");
    }
}
