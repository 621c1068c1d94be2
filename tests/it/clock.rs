//! A clock that is set back, or that is years ahead: the till sells, says so, and nothing waits for the hour to come again.
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use rxtill::app::{Effect, Message};
use rxtill::domain::clock::{Clock, ClockFault, ClockIs};
use rxtill::domain::sale::SaleFlag;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::star::Store;
use uuid::Uuid;

use super::screens::{answer, open, pay, take};
use super::support::TestStore;
use super::support::running::{Place, Running, parts};
use super::support::till::Till;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The clock is set back with the next message, and goes on from there.
fn set_back(till: &mut Till, by: SignedDuration) {
    let pace = std::mem::replace(&mut till.pause, -by);
    till.tell(Message::Ticked);
    till.pause = pace;
}

fn off(how: ClockIs) -> Message {
    Message::ClockChanged(Some(ClockFault { by: HOUR, how }))
}

#[tokio::test]
async fn a_question_is_answered_though_the_clock_was_set_back_while_it_stood_there() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("Esc");
    let asked = till.screen(80, 24);
    assert!(asked.contains("Cancel") || asked.contains('?'), "{asked}");
    set_back(&mut till, HOUR);
    till.press("y");
    assert!(till.model.over.is_none(), "{}", till.screen(80, 24));
    assert!(till.model.sale.basket.is_none());
}

#[tokio::test]
async fn enter_is_taken_though_the_clock_was_set_back_after_a_scan_that_was_ignored() {
    let mut till = open().await;
    till.press("F1");
    till.scan("6161100012370");
    till.press("Esc");
    set_back(&mut till, HOUR);
    take(&mut till, "panadol");
    assert!(till.model.sale.basket.is_some(), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn stock_is_read_again_though_the_clock_was_set_back_and_what_was_read_is_not_from_the_future() {
    let mut till = open().await;
    let wants = |till: &mut Till| {
        let wanted = till.wanted();
        wanted.iter().any(|effect| matches!(effect, Effect::ReadStock { .. }))
    };
    till.tell(Message::Ticked);
    assert!(wants(&mut till));
    till.tell(Message::Ticked);
    assert!(!wants(&mut till), "it was asked just now");
    set_back(&mut till, HOUR);
    till.tell(Message::Ticked);
    assert!(wants(&mut till));
}

#[tokio::test]
async fn a_clock_that_is_off_is_said_and_every_sale_by_it_says_so_and_is_sold() {
    for how in [
        ClockIs::BehindLastSale,
        ClockIs::BehindDatabase,
        ClockIs::AheadOfDatabase,
    ] {
        let mut till = open().await;
        till.tell(off(how));
        let screen = till.screen(120, 40);
        assert!(screen.contains(&format!("clock 1 h 00 {}", how.words())), "{screen}");
        let told = till.model.alerts.back().unwrap();
        assert!(
            told.contains("it sells, and each sale says so; set the clock"),
            "{told}"
        );
        // At any width something of it stays.
        assert!(till.screen(45, 20).contains("clock"), "{}", till.screen(45, 20));
        // It is told once.
        till.tell(off(how));
        assert_eq!(till.model.alerts.len(), 1);
        take(&mut till, "panadol");
        till.press("+ Enter");
        let flags = till.wanted().into_iter().find_map(|effect| match effect {
            Effect::Sell { flags, .. } => Some(flags),
            _ => None,
        });
        assert_eq!(flags, Some(vec![SaleFlag::ClockSuspect]), "{how:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_well_again_is_said_no_more_and_no_sale_says_so() {
    let mut till = open().await;
    till.tell(off(ClockIs::AheadOfDatabase));
    till.tell(Message::ClockChanged(None));
    assert!(!till.screen(120, 40).contains("clock 1 h"), "{}", till.screen(120, 40));
    take(&mut till, "panadol");
    let request = pay(&mut till);
    answer(&mut till, request, rxtill::app::sale::Outcome::Committed);
    assert!(till.model.sale.last.is_some());
}

/// A clock that somebody sets.
#[derive(Default)]
struct Shifted(AtomicI64);

impl Shifted {
    fn set_on(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn new_id(&self) -> Uuid {
        SystemClock.new_id()
    }
}

/// A till with that clock over that store, at which John sells.
async fn running(clock: &Arc<Shifted>, kept: &TestStore, folder: &Path) -> Running {
    let store = Store::new(Arc::clone(&kept.engine));
    load_sample(&store, &SystemClock).await.unwrap();
    let place = Place {
        store,
        kafka: None,
        has_server: kept.has_server(),
    };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let mut till = Running::made_of(parts("T01", folder, &place, clock).await);
    till.choose_john().await;
    till
}

/// The flags of each sale, in order.
async fn flags(kept: &TestStore) -> Vec<String> {
    let sql = "SELECT flags FROM sale ORDER BY receipt_no";
    let rows = kept.engine.query(sql, params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

async fn sell(till: &mut Running, name: &str) {
    till.write(name).await;
    till.press("Enter").await;
    till.sell_for_cash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_a_year_ahead_of_its_database_says_so_sells_and_flags_the_sale_and_no_more_when_it_was_set() {
    let (kept, folder, clock) = (
        TestStore::mariadb().await,
        tempfile::tempdir().unwrap(),
        Arc::<Shifted>::default(),
    );
    let year = SignedDuration::from_hours(365 * 24);
    clock.set_on(year);
    let mut till = running(&clock, &kept, folder.path()).await;
    till.shows("ahead of the database's").await;
    sell(&mut till, "panadol").await;
    // The alert is read, as a clerk would: it stands until then, whatever the clock does meanwhile.
    till.press("Esc").await;
    // What was sold is in the future now: the database says that it is the sale that was wrong.
    clock.set_on(-year);
    till.lacks("ahead of the database's").await;
    sell(&mut till, "hedex").await;
    sell(&mut till, "zinc").await;
    assert_eq!(flags(&kept).await, ["clock_suspect", "clock_suspect", ""]);
    till.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_without_a_server_whose_clock_jumps_back_an_hour_says_so_and_sells_on() {
    let (kept, folder, clock) = (
        TestStore::sqlite().await,
        tempfile::tempdir().unwrap(),
        Arc::<Shifted>::default(),
    );
    let mut till = running(&clock, &kept, folder.path()).await;
    sell(&mut till, "panadol").await;
    clock.set_on(-HOUR);
    till.shows("behind the last sale").await;
    sell(&mut till, "hedex").await;
    till.lacks("behind the last sale").await;
    sell(&mut till, "zinc").await;
    assert_eq!(flags(&kept).await, ["", "clock_suspect", ""]);
    till.quit().await;
}
