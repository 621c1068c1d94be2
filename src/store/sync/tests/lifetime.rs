//! From a till's first start to its close: whose it is, what a kill left, what is left at the end.
use std::sync::atomic::Ordering;

use super::faulty::Fault;
use super::*;
use crate::store::fixture::asked_for;
use crate::store::journal::power;

#[tokio::test(start_paused = true)]
async fn only_the_first_start_needs_the_database() {
    let bench = Bench::new();
    bench.store.script(&[Fault::Refused]);
    let mut first = bench.till(1).await;
    let started = first.sync_loop.start().await;
    assert!(matches!(started, Err(StartError::NeedsDatabase(_))), "{started:?}");
    first.sync_loop.start().await.unwrap();
    drop(first);
    let calls = bench.store.calls.load(Ordering::Relaxed);
    bench.store.script(&[Fault::Hangs]);
    let later = bench.started().await;
    assert_eq!(bench.store.calls.load(Ordering::Relaxed), calls);
    later
        .during(|sync, _, _| async move {
            assert_eq!(sell(&sync, 10, 1).await.state, SaleOutcome::Queued);
            until(&sync, green).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_till_that_was_taken_over_uploads_what_it_has_and_does_not_sell() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, mut told| async move {
            store.script(&[Fault::Down(3)]);
            assert_eq!(sell(&sync, 10, 1).await.state, SaleOutcome::Queued);
            store.kept().open(Uuid::from_u128(99));
            until(&sync, |status| status.unsent == 0 && status.taken == Some(2)).await;
            assert_eq!(store.kept().heads[&1].number, 1);
            let refused = sell(&sync, 11, 1).await;
            assert_eq!(refused.state.as_str(), "refused");
            assert_eq!(notices(&mut told), [Notice::TakenOver { series: 2 }]);
        })
        .await;
    // Also when it starts again and the database is away; until it takes the till over itself.
    bench.store.script(&[Fault::Hangs]);
    let again = bench.started().await;
    again
        .during(|sync, _, _| async move { assert_eq!(sell(&sync, 11, 1).await.state.as_str(), "refused") })
        .await;
    bench.store.calm();
    let mut third = bench.till(3).await;
    take_over(&third.journal, bench.store.as_ref()).await.unwrap();
    third.sync_loop.start().await.unwrap();
    third
        .during(|sync, _, _| async move {
            assert_eq!(sell(&sync, 11, 1).await.receipt.as_deref(), Some("T01.3-000001"));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn another_machine_with_the_tills_id_does_not_start() {
    let bench = Bench::new();
    drop(bench.started().await);
    let other = Bench {
        store: bench.store.clone(),
        clock: Arc::new(TestClock::new(2)),
        ..Bench::new()
    };
    let mut till = other.till(1).await;
    let started = till.sync_loop.start().await;
    assert!(
        matches!(started, Err(StartError::TakenOver { series: 1, .. })),
        "{started:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_kill_cut_off_is_finished_at_the_next_start_and_told() {
    let bench = Bench::new();
    let till = bench.started().await;
    till.journal
        .append(agreed(10, 1), Vec::new(), crate::store::journal::Opening::Provisional)
        .await
        .unwrap();
    drop(till);
    bench
        .started()
        .await
        .during(|sync, _, mut told| async move {
            until(&sync, green).await;
            let sales = vec![(Uuid::from_u128(10), "T01-000001".to_owned())];
            assert_eq!(notices(&mut told), [Notice::FinishedWhatWasBegun { sales }]);
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clerk_who_waits_is_answered_when_the_till_closes() {
    let bench = Bench::new();
    let Till {
        journal: _journal,
        sync,
        mut sync_loop,
        ..
    } = bench.till(1).await;
    sync_loop.start().await.unwrap();
    bench.store.script(&[Fault::Hangs]);
    let (quit, quitting) = oneshot::channel::<()>();
    let clerk = async {
        let answer = sell(&sync, 10, 1);
        tokio::pin!(answer);
        assert!(
            tokio::time::timeout(Duration::from_millis(100), &mut answer)
                .await
                .is_err()
        );
        drop(quit);
        answer.await
    };
    let running = sync_loop.run(async {
        let _ = quitting.await;
    });
    let (answer, ()) = tokio::join!(clerk, running);
    assert_eq!(answer.state, SaleOutcome::Queued);
    assert_eq!(
        sync.sell(agreed(11, 1), Vec::new(), Oversell::Refuse).await,
        Err(SyncEnded)
    );
}

#[tokio::test(start_paused = true)]
async fn draining_says_what_is_left_and_why() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            store.script(&[Fault::Down(12)]);
            sell(&sync, 10, 1).await;
            let stuck = sync.drain().await.unwrap();
            assert_eq!((stuck.unsent, stuck.reason.is_some()), (1, true));
            until(&sync, green).await;
            let done = sync.drain().await.unwrap();
            assert_eq!(
                done,
                Drained {
                    unsent: 0,
                    doctors: 0,
                    events: 0,
                    parked: 0,
                    reason: None
                }
            );
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_no_mark_is_waited_for_and_the_store_not_asked_at_its_own_speed() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            sell(&sync, 1, 1).await;
            // It commits when the clerk has gone, and the disk no longer takes that.
            store.script(&[Fault::Slow(5_000)]);
            sell(&sync, 2, 1).await;
            sync.note(Uuid::from_u128(101), asked_for(1)).await.unwrap().unwrap();
            power::read_only(&journal, true);
            let before = store.tried.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_mins(10)).await;
            let asked = store.tried.load(Ordering::Relaxed) - before;
            assert!((1..=1_000).contains(&asked), "{asked} questions in 600 s");
            let drained = sync.drain().await.unwrap();
            assert_eq!((drained.unsent, drained.events), (1, 1));
            assert!(drained.reason.unwrap().contains("read-only"));
            power::read_only(&journal, false);
            until(&sync, |status| status.unsent == 0 && status.events == 0).await;
        })
        .await;
    let kept = bench.store.kept();
    assert_eq!((kept.sales.len(), kept.events.len()), (2, 1));
}
