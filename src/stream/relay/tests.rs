//! The relay over a scripted broker and an outbox in memory, in paused time: each wait is exact and costs nothing.
mod stand_ins;

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{RelayHandle, RelayState};
use crate::store::ports::{Outbox as _, RelayMode};
use crate::stream::fault::Fault;
use stand_ins::{Answer, Book, Broker, LONG, till, with_relay, with_two_relays};

async fn until(handle: &mut RelayHandle, wanted: impl Fn(&RelayState) -> bool) {
    let reached = handle.status.wait_for(|status| wanted(&status.state));
    assert!(
        timeout(LONG, reached).await.is_ok(),
        "{:?}",
        handle.status.borrow().state
    );
}

async fn until_idle(handle: &mut RelayHandle) {
    let reached = handle
        .status
        .wait_for(|s| s.state == RelayState::Idle && s.backlog.events == 0);
    assert!(
        timeout(LONG, reached).await.is_ok(),
        "{:?}",
        handle.status.borrow().clone()
    );
}

async fn until_all_marked(book: &Book) {
    let all = async {
        while book.unmarked_count() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(timeout(LONG, all).await.is_ok(), "{} unmarked", book.unmarked_count());
}

#[tokio::test(start_paused = true)]
async fn rows_are_published_in_order_and_marked_when_a_sale_wakes_the_relay() {
    let (book, broker) = (Book::with_rows("T01", 3), Broker::default());
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
        assert_eq!(broker.log("T01"), [1, 2, 3]);
        book.add("T01", 2);
        let woken = Instant::now();
        handle.wake.notify_one();
        until_all_marked(&book).await;
        assert!(woken.elapsed() < Duration::from_millis(100), "not by the next poll");
        assert_eq!(broker.log("T01"), [1, 2, 3, 4, 5]);
        // Without a wake the next look finds it.
        book.add("T01", 1);
        until_all_marked(&book).await;
    })
    .await;
    assert!(!book.is_leased("T01"), "handed back at the end");
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_was_lost_sends_again_and_first_occurrences_stay_in_order() {
    let (book, broker) = (Book::with_rows("T01", 4), Broker::default());
    broker.script([Answer::Lost, Answer::Lost]);
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
    })
    .await;
    assert_eq!(broker.log("T01"), [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    assert_eq!(broker.first_occurrences("T01"), [1, 2, 3, 4]);
    assert_eq!(book.unmarked_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn sent_is_never_said_while_the_broker_is_dead() {
    let (book, broker) = (Book::with_rows("T01", 5), Broker::default());
    broker.dead(Some(Fault::Unreachable));
    with_relay(&book, &broker, "T01", async |mut handle| {
        until(&mut handle, |s| matches!(s, RelayState::ChangingLeader { .. })).await;
        until(&mut handle, |s| matches!(s, RelayState::Down { .. })).await;
        book.add("T01", 1);
        handle.wake.notify_one();
        for _ in 0..300 {
            sleep(Duration::from_secs(1)).await;
            let status = handle.status.borrow().clone();
            assert!(matches!(status.state, RelayState::Down { .. }), "{status:?}");
            assert_eq!(book.unmarked_count(), 6);
        }
        let status = handle.status.borrow().clone();
        assert_eq!(status.backlog.events, 6);
        assert!(status.backlog.oldest.is_some());
        assert!(!book.is_leased("T01"), "given up for whoever can reach the broker");
        broker.dead(None);
        until_idle(&mut handle).await;
        assert_eq!(broker.log("T01"), [1, 2, 3, 4, 5, 6]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_leader_is_not_called_down_and_a_missing_topic_is_at_once() {
    let (book, broker) = (Book::with_rows("T01", 1), Broker::default());
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
        broker.dead(Some(Fault::Leader));
        book.add("T01", 1);
        handle.wake.notify_one();
        until(&mut handle, |s| *s != RelayState::Idle && *s != RelayState::Publishing).await;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(9) {
            let state = handle.status.borrow().state.clone();
            assert!(matches!(state, RelayState::ChangingLeader { .. }), "{state:?}");
            sleep(Duration::from_millis(500)).await;
        }
        broker.dead(None);
        until_idle(&mut handle).await;
        broker.dead(Some(Fault::NoTopic));
        book.add("T01", 1);
        handle.wake.notify_one();
        until(&mut handle, |s| !matches!(s, RelayState::Idle | RelayState::Publishing)).await;
        let state = handle.status.borrow().state.clone();
        assert!(matches!(state, RelayState::Down { .. }), "{state:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_answers_but_takes_nothing_is_down_and_the_lease_is_not_kept() {
    let (book, broker) = (Book::with_rows("T01", 1), Broker::default());
    broker.refuses_till(Some(("T01", Fault::Leader)));
    with_relay(&book, &broker, "T01", async |mut handle| {
        until(&mut handle, |s| matches!(s, RelayState::Down { .. })).await;
        let mut free = 0;
        for _ in 0..600 {
            sleep(Duration::from_millis(500)).await;
            let state = handle.status.borrow().state.clone();
            assert!(matches!(state, RelayState::Down { .. }), "{state:?}");
            free += usize::from(!book.is_leased("T01"));
        }
        assert!(free > 10, "another that can publish finds it free");
        broker.refuses_till(None);
        until_idle(&mut handle).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_produce_starts_with_less_than_forty_seconds_of_its_lease() {
    let (book, broker) = (Book::with_rows("T01", 3_000), Broker::default());
    // Each answer takes a while: without renewing, the lease would run out several times over.
    broker.slow(Duration::from_secs(8));
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
    })
    .await;
    assert!(broker.produces() > 5);
    assert!(
        broker.shortest_lease() >= Duration::from_secs(40),
        "{:?}",
        broker.shortest_lease()
    );
    assert_eq!(broker.log("T01"), (1..=3_000).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn a_lease_lost_during_a_produce_marks_nothing_and_only_repeats() {
    let (book, broker) = (Book::with_rows("T01", 3), Broker::default());
    broker.script([Answer::AckAfter(Duration::from_secs(25))]);
    with_two_relays(&book, &broker, "T01", "T02", async |mut first, _second| {
        // While the first waits for its answer, another holder gets the lease.
        sleep(Duration::from_secs(5)).await;
        let stolen = book.steal("T01", "a third");
        until(&mut first, |s| *s == RelayState::HeldElsewhere).await;
        assert_eq!(broker.log("T01"), [1, 2, 3]);
        assert_eq!(book.unmarked_count(), 3, "the old epoch marks nothing");
        book.release_lease(&stolen).await.unwrap();
        until_idle(&mut first).await;
    })
    .await;
    assert_eq!(broker.log("T01"), [1, 2, 3, 1, 2, 3]);
    assert_eq!(broker.first_occurrences("T01"), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn two_relays_at_one_tills_rows_repeat_but_never_reorder() {
    let (book, broker) = (Book::with_rows("T01", 40), Broker::default());
    // Leases that do not hold anybody off: the worst that a paused machine or a jumped clock can do.
    book.leases_mean_nothing();
    broker.small_batches();
    broker.slow(Duration::from_millis(3));
    with_two_relays(&book, &broker, "T01", "T01", async |_first, _second| {
        for _ in 0..20 {
            book.add("T01", 7);
            sleep(Duration::from_millis(700)).await;
        }
        until_all_marked(&book).await;
    })
    .await;
    assert_eq!(broker.first_occurrences("T01"), (1..=180).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_no_broker_takes_is_set_aside_and_the_next_ones_go() {
    let (book, broker) = (Book::with_rows("T01", 300), Broker::default());
    broker.never_takes(123);
    book.inflate(200, 1_100_000);
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
        assert_eq!(handle.status.borrow().set_aside, 2);
    })
    .await;
    let all_but: Vec<u64> = (1..=300).filter(|seq| ![123, 200].contains(seq)).collect();
    assert_eq!(broker.log("T01"), all_but);
    assert_eq!(book.set_aside_seqs(), [123, 200]);
}

#[tokio::test(start_paused = true)]
async fn another_tills_rows_are_adopted_when_nobody_published_them_for_ninety_seconds() {
    let (book, broker) = (Book::with_rows("T01", 1), Broker::default());
    book.add("T02", 4);
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
        sleep(Duration::from_secs(80)).await;
        assert_eq!(broker.log("T02"), [] as [u64; 0], "its own relay has its chance");
        until_all_marked(&book).await;
        assert_eq!(broker.log("T02"), [1, 2, 3, 4]);
        sleep(Duration::from_secs(5)).await;
        assert!(!book.is_leased("T02"), "handed back");
        // A valid lease keeps others off, however old the rows are.
        let held = book.take_lease(&till("T03"), "its own", 10_000).await.unwrap();
        assert!(held.is_some());
        book.add("T03", 1);
        sleep(Duration::from_mins(10)).await;
        assert_eq!(broker.log("T03"), [] as [u64; 0]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_broken_till_that_was_adopted_does_not_stop_the_own_events() {
    let (book, broker) = (Book::with_rows("T01", 1), Broker::default());
    book.add("T02", 1);
    broker.refuses_till(Some(("T02", Fault::NoTopic)));
    with_relay(&book, &broker, "T01", async |handle| {
        for own in 2..=41 {
            book.add("T01", 1);
            handle.wake.notify_one();
            sleep(Duration::from_secs(10)).await;
            assert_eq!(broker.log("T01").len(), own);
            // At this very moment it may be trying the other till's.
            let state = handle.status.borrow().state.clone();
            assert!(matches!(state, RelayState::Idle | RelayState::Publishing), "{state:?}");
        }
    })
    .await;
    assert_eq!(book.unmarked_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn rows_are_kept_while_the_fleet_does_not_publish_and_all_go_when_it_does() {
    let (book, broker) = (Book::with_rows("T01", 2), Broker::default());
    book.mode(RelayMode::Off);
    with_relay(&book, &broker, "T01", async |mut handle| {
        until(&mut handle, |s| *s == RelayState::Kept).await;
        assert_eq!(handle.status.borrow().backlog.events, 2);
        book.mode(RelayMode::Debezium);
        until(&mut handle, |s| *s == RelayState::Debezium).await;
        assert_eq!(broker.log("T01"), [] as [u64; 0]);
        book.mode(RelayMode::On);
        until_idle(&mut handle).await;
        assert_eq!(broker.log("T01"), [1, 2]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn rows_acknowledged_while_the_store_was_away_are_marked_and_not_sent_again() {
    let (book, broker) = (Book::with_rows("T01", 2), Broker::default());
    broker.script([Answer::AckAfter(Duration::from_secs(3))]);
    with_relay(&book, &broker, "T01", async |mut handle| {
        sleep(Duration::from_secs(1)).await;
        book.away(true);
        until(&mut handle, |s| matches!(s, RelayState::StoreAway { .. })).await;
        sleep(Duration::from_secs(10)).await;
        book.away(false);
        until_idle(&mut handle).await;
    })
    .await;
    assert_eq!(broker.log("T01"), [1, 2]);
    assert_eq!(book.unmarked_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_idle_relay_notices_that_the_broker_went_away() {
    let (book, broker) = (Book::with_rows("T01", 1), Broker::default());
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
        broker.dead(Some(Fault::Unreachable));
        until(&mut handle, |s| matches!(s, RelayState::Down { .. })).await;
        broker.dead(None);
        until_idle(&mut handle).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn two_topics_of_one_till_keep_their_own_order() {
    let (book, broker) = (Book::with_rows("T01", 700), Broker::default());
    book.add_of("audit", "T01", 30);
    with_relay(&book, &broker, "T01", async |mut handle| {
        until_idle(&mut handle).await;
    })
    .await;
    assert_eq!(broker.log("T01"), (1..=700).collect::<Vec<u64>>());
    assert_eq!(broker.log_of("audit", "T01"), (1..=30).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_takes_nothing_holds_up_no_other_and_is_not_called_well() {
    for fault in [Fault::NoTopic, Fault::Denied, Fault::Leader] {
        for (refused, other) in [("audit", "sales"), ("sales", "audit")] {
            let (book, broker) = (Book::default(), Broker::default());
            broker.refuses_topic(Some((refused, fault)));
            book.add_of(refused, "T01", 3);
            with_relay(&book, &broker, "T01", async |mut handle| {
                // For longer than leases last and others wait before they adopt.
                for taken in 1..=100 {
                    book.add_of(other, "T01", 1);
                    handle.wake.notify_one();
                    sleep(Duration::from_secs(3)).await;
                    assert_eq!(broker.log_of(other, "T01").len(), taken, "{refused} {fault:?}");
                    let status = handle.status.borrow().clone();
                    assert_ne!(status.state, RelayState::Idle, "{refused} {fault:?}");
                    assert_eq!(status.backlog.events, 3);
                }
                let state = handle.status.borrow().state.clone();
                assert!(matches!(state, RelayState::Down { .. }), "{state:?}");
                broker.refuses_topic(None);
                until_idle(&mut handle).await;
                assert_eq!(broker.log_of(refused, "T01"), [1, 2, 3]);
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_audit_topic_that_is_missing_keeps_no_relay_from_the_events_of_others() {
    let (book, broker) = (Book::default(), Broker::default());
    broker.refuses_topic(Some(("audit", Fault::NoTopic)));
    book.add_of("audit", "T01", 3);
    book.add_of("audit", "T02", 2);
    book.add_of("sales", "T02", 4);
    with_relay(&book, &broker, "T01", async |mut handle| {
        sleep(Duration::from_mins(5)).await;
        assert_eq!(broker.log_of("sales", "T02"), [1, 2, 3, 4]);
        let status = handle.status.borrow().clone();
        assert!(matches!(status.state, RelayState::Down { .. }), "{status:?}");
        assert_eq!(status.backlog.events, 3);
        broker.refuses_topic(None);
        until_idle(&mut handle).await;
        until_all_marked(&book).await;
        assert_eq!(broker.log_of("audit", "T02"), [1, 2]);
    })
    .await;
}
