//! References that may be used once over the company, on every store (COUNTER 1.8): two tills at the same instant too.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rxtill::domain::sale::{Agreed, SaleFlag, TillId};
use rxtill::params;
use rxtill::store::engine::{Dialect, Engine, Row, Transaction, Value};
use rxtill::store::error::{EngineError, StoreError};
use rxtill::store::ports::{Oversell, Recorded, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::verify::verify;
use tokio::sync::Barrier;
use uuid::Uuid;

use super::support::shop::{Shop, UNCOUNTED, sale};
use super::support::{TestStore, on_every_store};

fn till(id: &str) -> TillId {
    id.parse().unwrap()
}

/// A sale paid by M-Pesa, always with the same reference.
fn by_mpesa(id: u128) -> Agreed {
    let mut agreed = sale(Uuid::from_u128(id), &[(UNCOUNTED, "1")]);
    agreed.payments[0].tender = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rxtill:tender:M-Pesa");
    agreed.payments[0].name = "M-Pesa".into();
    agreed.payments[0].reference = Some("SGH7X2K9PL".into());
    agreed
}

/// An engine whose first attempt, once it has looked for the reference, waits until the other one has looked too.
struct Meeting {
    inside: Arc<dyn Engine>,
    both: Arc<Barrier>,
    met: Arc<AtomicBool>,
}

struct MeetingTransaction {
    inside: Box<dyn Transaction>,
    both: Arc<Barrier>,
    met: Arc<AtomicBool>,
}

/// SQLite lets one writer in at a time: there the other one is never met.
const NOBODY_COMES: Duration = Duration::from_millis(500);

#[async_trait]
impl Engine for Meeting {
    fn dialect(&self) -> Dialect {
        self.inside.dialect()
    }

    async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        self.inside.execute(sql, params).await
    }

    async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        self.inside.query(sql, params).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, EngineError> {
        Ok(Box::new(MeetingTransaction {
            inside: self.inside.begin().await?,
            both: Arc::clone(&self.both),
            met: Arc::clone(&self.met),
        }))
    }
}

#[async_trait]
impl Transaction for MeetingTransaction {
    async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, EngineError> {
        self.inside.execute(sql, params).await
    }

    async fn query(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, EngineError> {
        let rows = self.inside.query(sql, params).await?;
        if sql.contains("p.reference_key = ?") && !self.met.swap(true, Ordering::SeqCst) {
            let _ = tokio::time::timeout(NOBODY_COMES, self.both.wait()).await;
        }
        Ok(rows)
    }

    fn last_insert_id(&self) -> i64 {
        self.inside.last_insert_id()
    }

    async fn commit(self: Box<Self>) -> Result<(), EngineError> {
        self.inside.commit().await
    }

    async fn rollback(self: Box<Self>) {
        self.inside.rollback().await;
    }
}

/// Two tills upload sales with one reference, each of which has looked for it before the other records it.
async fn at_the_same_instant(store: &TestStore, shop: &Shop, oversell: Oversell) -> [Result<Recorded, StoreError>; 2] {
    let both = Arc::new(Barrier::new(2));
    let meeting = |inside: Arc<dyn Engine>| {
        let (both, met) = (Arc::clone(&both), Arc::default());
        Store::new(Arc::new(Meeting { inside, both, met }))
    };
    let (one, other) = (meeting(store.another().await), meeting(store.another().await));
    let a = shop.till("T01").await.place(by_mpesa(1));
    let b = shop.till("T02").await.place(by_mpesa(2));
    let (a, b) = tokio::join!(one.commit(&a, oversell), other.commit(&b, oversell));
    [a, b]
}

on_every_store! {
    async fn a_reference_that_two_tills_upload_at_the_same_instant_is_recorded_twice_and_flagged_once(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let recorded = at_the_same_instant(&store, &shop, Oversell::Record).await.map(Result::unwrap);
        let told: Vec<_> = recorded.iter().map(|recorded| recorded.used_before.len()).collect();
        assert!(told == [0, 1] || told == [1, 0], "{recorded:?}");
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale_parked").await, 0);
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_payment WHERE reference_key = 'SGH7X2K9PL'").await, 2);
        let mut flagged = 0;
        for id in [1, 2] {
            let kept = shop.store.find(Uuid::from_u128(id)).await.unwrap().unwrap();
            flagged += kept.record.flags.iter().filter(|flag| **flag == SaleFlag::ReferenceRepeated).count();
        }
        assert_eq!(flagged, 1);
        for verdict in verify(shop.engine.as_ref(), None, None).await.unwrap() {
            assert_eq!((verdict.sales, verdict.broken), (1, None));
        }
    }

    async fn of_two_clerks_who_key_one_reference_at_the_same_instant_one_is_refused(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let done = at_the_same_instant(&store, &shop, Oversell::Refuse).await;
        let refused: Vec<_> = done.into_iter().filter_map(Result::err).collect();
        assert!(
            matches!(refused.as_slice(), [StoreError::Rejected(why)] if why.to_string().contains("SGH7X2K9PL: used at")),
            "{refused:?}"
        );
        assert_eq!(shop.footprint().await[..4], [1, 0, 1, 1], "the refused one left no trace");
    }

    async fn a_reference_of_a_sale_from_before_the_table_of_references_counts_too(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        shop.store.commit(&shop.till("T01").await.place(by_mpesa(1)), Oversell::Refuse).await.unwrap();
        shop.engine.execute("DELETE FROM tender_reference", params![]).await.unwrap();
        let again = shop.till("T02").await.place(by_mpesa(2));
        let refused = shop.store.commit(&again, Oversell::Refuse).await;
        assert!(matches!(refused, Err(StoreError::Rejected(_))), "{refused:?}");
        assert_eq!(shop.store.commit(&again, Oversell::Record).await.unwrap().used_before.len(), 1);
    }

    async fn a_reference_of_a_tender_that_does_not_mind_is_taken_by_everybody(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let shared = "UPDATE dim_tender SET reference_unique = 0 WHERE name = 'M-Pesa'";
        shop.engine.execute(shared, params![]).await.unwrap();
        let done = at_the_same_instant(&store, &shop, Oversell::Refuse).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        assert_eq!(shop.count("SELECT COUNT(*) FROM tender_reference").await, 0);
    }

    async fn a_parked_sale_that_is_mended_takes_its_reference(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let parked = shop.till("T01").await.place(by_mpesa(1));
        shop.store.park(&parked, "unknown drug").await.unwrap();
        let again = shop.till("T02").await.place(by_mpesa(2));
        shop.store.commit(&again, Oversell::Record).await.unwrap();
        let mended = shop.store.mend(&parked, "test").await.unwrap();
        assert_eq!(mended.used_before[0].used.receipt, "T02-000001");
        assert_eq!(shop.count("SELECT COUNT(*) FROM tender_reference").await, 1);
    }

    async fn a_reference_that_is_taken_without_a_payment_blocks_no_queue(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let mut chain = shop.till("T01").await;
        let other = chain.sell(&[(UNCOUNTED, "1")]);
        shop.store.commit(&other, Oversell::Refuse).await.unwrap();
        let taken = "INSERT INTO tender_reference (tender_id, reference_key, sale_id)
            SELECT id, 'SGH7X2K9PL', ? FROM dim_tender WHERE name = 'M-Pesa'";
        shop.engine.execute(taken, params![other.sale_id()]).await.unwrap();
        let never = shop.store.commit(&chain.place(by_mpesa(2)), Oversell::Record).await;
        assert!(matches!(never, Err(StoreError::Permanent(_))), "it is parked: {never:?}");
    }

    async fn a_reference_is_taken_once_over_the_company(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        shop.store.commit(&a.place(by_mpesa(1)), Oversell::Refuse).await.unwrap();
        let again = b.place(by_mpesa(2));
        let refused = shop.store.commit(&again, Oversell::Hold).await.unwrap_err().to_string();
        assert_eq!(refused, "M-Pesa SGH7X2K9PL: used at Mirema meds on 2 Mar 2026, T01-000001");
    }

    async fn a_repeated_reference_that_is_found_at_upload_is_recorded_and_flagged_and_never_parked(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let (mut a, mut b) = (shop.till("T01").await, shop.till("T02").await);
        shop.store.commit(&a.place(by_mpesa(1)), Oversell::Refuse).await.unwrap();
        let again = b.place(by_mpesa(2));
        let recorded = shop.store.commit(&again, Oversell::Record).await.unwrap();
        assert!(!recorded.parked);
        assert_eq!(recorded.used_before.len(), 1);
        assert_eq!(recorded.used_before[0].used.receipt, "T01-000001");
        let kept = shop.store.find(again.sale_id()).await.unwrap().unwrap();
        assert_eq!((kept.parked, kept.record.flags), (None, vec![SaleFlag::ReferenceRepeated]));
        assert_eq!(shop.count("SELECT COUNT(*) FROM fact_payment WHERE reference_key = 'SGH7X2K9PL'").await, 2);
        let verdict = verify(shop.engine.as_ref(), Some(&till("T02")), None).await.unwrap().pop().unwrap();
        assert_eq!((verdict.sales, verdict.broken), (1, None), "a flag is outside the hash");
    }

    async fn where_a_reference_was_used_is_answered_while_it_is_typed(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let tender = by_mpesa(1).payments[0].tender;
        assert_eq!(shop.store.reference_use(tender, "SGH7X2K9PL").await.unwrap(), None);
        shop.store.commit(&shop.till("T01").await.place(by_mpesa(1)), Oversell::Refuse).await.unwrap();
        let used = shop.store.reference_use(tender, "SGH7X2K9PL").await.unwrap().unwrap();
        assert_eq!((used.outlet.as_str(), used.receipt.as_str()), ("Mirema meds", "T01-000001"));
        assert_eq!(shop.store.reference_use(Uuid::from_u128(404), "SGH7X2K9PL").await.unwrap(), None);
    }
}
