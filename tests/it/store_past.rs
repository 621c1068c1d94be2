//! The contract of receipts of the past: newest first, page by page, found by words, day and number, and whole.
use std::sync::Arc;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rxtill::app::past::{PastFrom, PastPage, PastSource};
use rxtill::domain::chain::Hash;
use rxtill::domain::past::{PastOutlet, PastPlace, PastSale, PastState, PastWanted, PastWhat, Published};
use rxtill::domain::sale::{Agreed, SaleKind, SaleRecord};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::past;
use rxtill::store::journal::{Journal, NewSeries, Opening};
use rxtill::store::ports::{Oversell, SaleStore as _};
use uuid::Uuid;

use super::support::shop::{COUNTED, Chain, OUTLET, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_store};

const HERE: PastOutlet = PastOutlet {
    row: 1,
    id: row_of_outlet(),
};

const fn row_of_outlet() -> Uuid {
    Uuid::from_u128(0xabc0_0000 + OUTLET)
}

fn of(what: &str) -> PastWanted {
    PastWanted {
        outlet: Some(HERE),
        day: None,
        what: PastWhat::of(what),
    }
}

/// The agreement of that number, so many minutes after noon of a day of that March.
fn at(number: u128, day: i8, minutes: i8, lines: &[(u128, &str)]) -> Agreed {
    let sold_local = date(2026, 3, day).at(12, minutes, 0, 0);
    let first: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    let after = SignedDuration::from_mins(i64::from(day - 1) * 1_440 + i64::from(minutes));
    Agreed {
        sold_local,
        sold_at: first + after,
        ..sale(Uuid::from_u128(number), lines)
    }
}

async fn record(shop: &Shop, chain: &mut Chain, agreed: Agreed) -> SaleRecord {
    let record = chain.place(agreed);
    shop.store.commit(&record, Oversell::Record).await.unwrap();
    record
}

fn numbers(sales: &[PastSale]) -> Vec<u64> {
    sales.iter().map(|sale| sale.record.document.number).collect()
}

/// All that is found, page by page.
async fn all(shop: &Shop, wanted: &PastWanted, limit: usize) -> Vec<u64> {
    let (mut found, mut from): (_, Option<PastPlace>) = (Vec::new(), None);
    for _ in 0..100 {
        let page = shop.store.past(wanted, from, limit).await.unwrap();
        assert!(page.sales.len() <= limit + 1, "{}", page.sales.len());
        found.extend(numbers(&page.sales));
        match page.reached {
            Some(reached) => from = Some(reached),
            None => return found,
        }
    }
    panic!("there is no end of it: {found:?}")
}

/// Six sales on three days, recorded in another order than they were sold in, and one that is parked.
async fn month(shop: &Shop) -> Vec<SaleRecord> {
    let mut till = shop.till("T01").await;
    let mut kept = Vec::new();
    for agreed in [
        at(1, 2, 10, &[(UNCOUNTED, "2"), (COUNTED, "1")]),
        at(2, 20, 5, &[(UNCOUNTED, "1")]),
        at(3, 3, 30, &[(UNCOUNTED, "1")]),
        at(4, 3, 30, &[(COUNTED, "1")]),
        at(5, 3, 10, &[(UNCOUNTED, "1")]),
    ] {
        kept.push(record(shop, &mut till, agreed).await);
    }
    let parked = till.place(at(6, 3, 20, &[(UNCOUNTED, "1")]));
    shop.store.park(&parked, "the outlet is closed").await.unwrap();
    kept.push(parked);
    let back = Agreed {
        kind: SaleKind::Return,
        refund_of: Some(Uuid::from_u128(1)),
        doctor: None,
        ..at(7, 20, 40, &[(UNCOUNTED, "-2")])
    };
    kept.push(record(shop, &mut till, back).await);
    kept
}

on_every_store! {
    async fn receipts_come_newest_first_and_each_once_whatever_a_page_holds(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        assert_eq!(all(&shop, &of(""), 2).await, Vec::<u64>::new());
        month(&shop).await;
        for limit in 1..9 {
            assert_eq!(all(&shop, &of(""), limit).await, [7, 2, 4, 3, 6, 5, 1], "{limit} a page");
        }
        assert_eq!(all(&shop, &PastWanted::default(), 3).await, [7, 2, 4, 3, 6, 5, 1]);
        let elsewhere = PastOutlet { row: 99, id: row(99) };
        assert_eq!(all(&shop, &PastWanted { outlet: Some(elsewhere), ..of("") }, 3).await, Vec::<u64>::new());
        assert_eq!(all(&shop, &PastWanted { day: Some(date(2026, 3, 3)), ..of("") }, 2).await, [4, 3, 6, 5]);
        assert_eq!(all(&shop, &PastWanted { day: Some(date(2026, 3, 4)), ..of("") }, 2).await, Vec::<u64>::new());
    }

    async fn a_receipt_is_found_by_who_sold_what_was_sold_who_prescribed_and_its_number(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        month(&shop).await;
        for (words, found) in [
            ("amoxil", vec![4, 1]),
            ("d14", vec![4, 1]),
            ("AMOXIL asp", vec![1]),
            ("john 500", vec![4, 1]),
            ("mwabili amoxil", vec![4, 1]),
            ("mwab", vec![2, 4, 3, 6, 5, 1]),
            ("5", vec![4, 5, 1]),
            ("%", vec![]),
            ("john's", vec![]),
        ] {
            assert_eq!(all(&shop, &of(words), 3).await, found, "{words}");
        }
        let called = async |receipt: &str| {
            let what = PastWhat::Receipt(receipt.parse().unwrap());
            numbers(&shop.store.past(&PastWanted { what, ..of("") }, None, 3).await.unwrap().sales)
        };
        assert_eq!(called("T01-000003").await, [3]);
        assert_eq!(called("t01-000006").await, [6]);
        assert_eq!(called("T01-000099").await, Vec::<u64>::new());
        assert_eq!(called("T01.2-000001").await, Vec::<u64>::new());
    }

    async fn a_page_looks_at_so_many_days_and_says_how_far_it_came(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut till = shop.till("T01").await;
        record(&shop, &mut till, at(1, 1, 0, &[(COUNTED, "1")])).await;
        for number in 2..40_u32 {
            let day = i64::from(number) - 1;
            let later = Agreed {
                sold_local: date(2026, 3, 1).at(12, 0, 0, 0) + SignedDuration::from_hours(24 * day),
                ..at(number.into(), 1, 0, &[(UNCOUNTED, "1")])
            };
            record(&shop, &mut till, later).await;
        }
        let page = shop.store.past(&of("amoxil"), None, 3).await.unwrap();
        assert_eq!((page.sales.len(), page.reached.map(|reached| reached.day)), (0, Some(date(2026, 3, 9))));
        let page = shop.store.past(&of("amoxil"), page.reached, 3).await.unwrap();
        assert_eq!((numbers(&page.sales), page.reached), (vec![1], None));
    }

    async fn a_whole_receipt_has_its_returns_and_its_way(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let kept = month(&shop).await;
        let whole = async |at: usize| shop.store.past_receipt(&kept[at].receipt()).await.unwrap().unwrap();
        let first = whole(0).await;
        assert_eq!((&first.sale.record, &first.sale.state), (&kept[0], &PastState::Committed));
        assert_eq!((first.original, numbers(&first.returns)), (None, vec![7]));
        assert_eq!(first.published, Published::Waiting(2));
        let back = whole(6).await;
        assert_eq!(back.original.map(|sale| sale.record), Some(kept[0].clone()));
        assert_eq!(back.returns, Vec::new());
        let parked = whole(5).await;
        assert_eq!(parked.sale.state, PastState::Parked("the outlet is closed".into()));
        assert_eq!(parked.published, Published::None);
        let marked: Timestamp = "2026-03-30T09:00:00Z".parse().unwrap();
        store.engine.execute("UPDATE sale_outbox SET marked_at = ?", params![marked]).await.unwrap();
        assert_eq!(whole(0).await.published, Published::All(marked));
        store.engine.execute("DELETE FROM sale_outbox", params![]).await.unwrap();
        assert_eq!(whole(0).await.published, Published::Purged);
        let nobody = "T01-000099".parse().unwrap();
        assert_eq!(shop.store.past_receipt(&nobody).await.unwrap(), None);
    }

    async fn what_is_on_its_way_stands_among_the_others_and_alone_while_the_database_is_away(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), &"T02".parse().unwrap(), Arc::new(SystemClock)).await.unwrap();
        let series = NewSeries { series: 1, first_link: Hash::GENESIS, why: "test".into(), move_after: None };
        journal.begin_series(series).await.unwrap();
        for agreed in [at(11, 2, 20, &[(COUNTED, "1")]), at(12, 3, 25, &[(UNCOUNTED, "1")])] {
            journal.append(agreed, Vec::new(), Opening::Queued).await.unwrap();
        }
        let first = journal.sale_at(1, 1).await.unwrap().unwrap().record;
        shop.till("T02").await;
        shop.store.commit(&first, Oversell::Record).await.unwrap();
        month(&shop).await;
        let reader = journal.reader().await.unwrap();
        let page = async |from, is_away| past::page(&shop.store, Some(&reader), &of(""), from, is_away).await.unwrap();
        let told = |page: &PastPage| -> Vec<_> {
            page.rows.iter().map(|row| (row.printed.clone(), row.state.clone())).collect()
        };
        let whole = page(PastFrom::Newest, false).await;
        let standing = |number: &str, state| (number.to_owned(), state);
        let parked = PastState::Parked("the outlet is closed".into());
        // The first is in the store already, though the journal has not heard so.
        assert_eq!(told(&whole)[2..6], [
            standing("T01-000004", PastState::Committed),
            standing("T01-000003", PastState::Committed),
            standing("T02-000002", PastState::Queued),
            standing("T01-000006", parked),
        ]);
        assert_eq!(told(&whole)[7], standing("T02-000001", PastState::Committed));
        assert_eq!((whole.rows.len(), &whole.source, whole.next), (9, &PastSource::Store, None));
        let alone = page(PastFrom::Newest, true).await;
        let own = [standing("T02-000002", PastState::Queued), standing("T02-000001", PastState::Queued)];
        assert_eq!((told(&alone), alone.next), (own.to_vec(), None));
        assert_eq!(alone.source, PastSource::Journal("the database is away".into()));
        let queued = past::receipt(&shop.store, Some(&reader), &alone.rows[0].receipt).await.unwrap();
        assert_eq!((&queued.state, queued.recorded_at, queued.published), (&PastState::Queued, None, None));
        assert!(queued.journaled.is_some_and(|journaled| journaled.settled.is_none()));
        let there = past::receipt(&shop.store, Some(&reader), &first.receipt()).await.unwrap();
        assert_eq!((&there.state, &there.record), (&PastState::Committed, &first));
        assert!(there.recorded_at.is_some() && there.journaled.is_some());
        let nobody = past::receipt(&shop.store, Some(&reader), &"T09-000001".parse().unwrap()).await;
        assert_eq!(nobody, Err("no receipt T09-000001 is known".into()));
    }
}
