//! What the clerk is told, case by case.
use tokio::time::Instant;

use super::faulty::{Fault, TOO_MANY, UNFIT};
use super::*;
use crate::domain::chain::Hash;
use crate::domain::sale::{ChainPlace, SaleRecord};
use crate::store::error::Refusal;
use crate::store::journal::{SaleState, power};

#[tokio::test(start_paused = true)]
async fn an_answering_database_commits_while_the_clerk_waits() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            let answer = sell(&sync, 10, 2).await;
            assert_eq!(answer.state, SaleOutcome::Committed);
            assert_eq!(answer.receipt.as_deref(), Some("T01-000001"));
            assert!(green(&sync.status().borrow()));
            let known = journal.sale(answer.sale_id).await.unwrap().unwrap();
            assert_eq!(
                (known.state, Some(known.record.hash)),
                (SaleState::Committed, answer.hash)
            );
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hung_database_costs_the_clerks_wait_once_and_then_nothing() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 10, 1).await;
            store.script(&[Fault::DoneAndHangs, Fault::Hangs]);
            let before = Instant::now();
            assert_eq!(sell(&sync, 11, 1).await.state, SaleOutcome::Queued);
            assert_eq!(before.elapsed().as_millis(), COMMIT_WAIT.as_millis());
            let before = Instant::now();
            assert_eq!(sell(&sync, 12, 1).await.state, SaleOutcome::Queued);
            assert_eq!(before.elapsed(), Duration::ZERO);
            let status = sync.status().borrow().clone();
            assert_eq!((status.database, status.unsent), (Link::Slow, 2));
            assert!(status.oldest.is_some());
            let down = until(&sync, |status| matches!(status.database, Link::Down { .. })).await;
            assert_eq!(down.unsent, 2);
            until(&sync, green).await;
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_late_answer_of_an_attempt_that_was_given_up_is_used() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 10, 1).await;
            store.script(&[Fault::Slow(2_000), Fault::Hangs]);
            assert_eq!(sell(&sync, 11, 1).await.state, SaleOutcome::Queued);
            let before = Instant::now();
            until(&sync, green).await;
            assert_eq!(before.elapsed().as_millis(), 500);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_refuses_connections_does_not_keep_the_clerk_waiting() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 10, 1).await;
            store.script(&[Fault::Down(8)]);
            let before = Instant::now();
            assert_eq!(sell(&sync, 11, 1).await.state, SaleOutcome::Queued);
            assert!(before.elapsed() < COMMIT_WAIT / 2);
            assert!(matches!(sync.status().borrow().database, Link::Down { .. }));
            until(&sync, green).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_reply_lost_in_commit_is_resolved_by_committing_the_same_sale_again() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            store.script(&[Fault::ReplyLost]);
            let answer = sell(&sync, 10, 1).await;
            assert_eq!((answer.state, answer.repeated), (SaleOutcome::Committed, false));
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_sale_leaves_nothing_and_its_number_is_the_next_ones() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            let refused = sell(&sync, 10, TOO_MANY).await;
            assert_eq!(refused.state, SaleOutcome::Refused(Refusal::Other("too little".into())));
            assert_eq!((refused.receipt, refused.hash), (None, None));
            assert_eq!(journal.sale(refused.sale_id).await.unwrap(), None);
            let unfit = sell(&sync, 11, UNFIT).await;
            assert_eq!(unfit.state, SaleOutcome::Refused(Refusal::Other("unknown drug".into())));
            let changed = sell(&sync, 10, 1).await;
            assert_eq!(changed.state, SaleOutcome::Committed);
            assert_eq!(changed.receipt.as_deref(), Some("T01-000001"));
            assert!(green(&sync.status().borrow()));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_an_attempt_in_doubt_is_a_promise() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, mut told| async move {
            // Its COMMIT is on its way and arrives after the refusal of the second attempt.
            store.script(&[Fault::Late]);
            assert_eq!(sell(&sync, 10, TOO_MANY).await.state, SaleOutcome::Queued);
            store.deliver();
            until(&sync, green).await;
            assert_eq!(store.kept().sales.len(), 1);
            assert!(
                !notices(&mut told)
                    .iter()
                    .any(|notice| matches!(notice, Notice::Parked { .. }))
            );
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_queued_sale_that_oversells_is_recorded_and_told() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, mut told| async move {
            store.script(&[Fault::Down(3)]);
            assert_eq!(sell(&sync, 10, TOO_MANY).await.state, SaleOutcome::Queued);
            until(&sync, green).await;
            let below_zero = vec![("Aspirin 300 mg".to_owned(), -Quantity::ONE)];
            let receipt = "T01-000001".to_owned();
            assert_eq!(notices(&mut told), [Notice::QueuedSaleOversold { receipt, below_zero }]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn one_bad_record_is_parked_and_does_not_stop_the_next() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, mut told| async move {
            store.script(&[Fault::Down(3)]);
            for (id, count) in [(10, 1), (11, UNFIT), (12, 1)] {
                assert_eq!(sell(&sync, id, count).await.state, SaleOutcome::Queued);
            }
            let status = until(&sync, |status| status.unsent == 0 && status.database == Link::Up).await;
            assert_eq!(status.parked, 1);
            let parked = journal.status().await.unwrap().parked;
            assert_eq!(
                (parked[0].receipt.to_string().as_str(), parked[0].reason.as_str()),
                ("T01-000002", "unknown drug")
            );
            assert_eq!(notices(&mut told).len(), 1);
            let again = sell(&sync, 11, UNFIT).await;
            assert_eq!((again.state.as_str(), again.repeated), ("parked", true));
        })
        .await;
    assert_eq!(bench.store.kept().heads[&1].number, 3);
}

#[tokio::test(start_paused = true)]
async fn a_struck_sale_that_a_restored_database_lacks_leaves_no_hole() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            sell(&sync, 10, 1).await;
            let backup = store.kept().clone();
            store.script(&[Fault::Down(3)]);
            assert_eq!(sell(&sync, 11, UNFIT).await.state, SaleOutcome::Queued);
            until(&sync, |status| status.unsent == 0 && status.parked == 1).await;
            let reason = "nobody knows what it was".to_owned();
            journal.struck(Uuid::from_u128(11), reason).await.unwrap();
            sell(&sync, 12, 1).await;
            store.restore(backup);
            sell(&sync, 13, 1).await;
            let status = until(&sync, |status| status.unsent == 0 && status.database == Link::Up).await;
            assert_eq!(
                status.parked, 1,
                "that it was struck is lost with the rest: somebody looks at it again"
            );
        })
        .await;
    assert_eq!(bench.store.kept().heads[&1].number, 4);
}

#[tokio::test(start_paused = true)]
async fn a_known_sale_is_told_as_it_is_though_the_disk_fails_when_it_is_asked_for() {
    let _simulated = power::Simulated::begin();
    let bench = Bench::new();
    let folder = bench.dir.path().to_owned();
    power::plug_in(&folder, None, 0, fastrand::Rng::with_seed(1));
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 10, 1).await;
            power::fail_next(&folder);
            let again = sell(&sync, 10, 1).await;
            assert_eq!((again.state.as_str(), again.repeated), ("committed", true));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_a_failing_disk_kept_all_the_same_is_promised_anew_and_not_lost() {
    let _simulated = power::Simulated::begin();
    let bench = Bench::new();
    let folder = bench.dir.path().to_owned();
    power::plug_in(&folder, None, 0, fastrand::Rng::with_seed(1));
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            store.script(&[Fault::Slow(500)]);
            let failing = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                power::fail_next(&folder);
            };
            let (answer, ()) = tokio::join!(sell(&sync, 10, TOO_MANY), failing);
            assert_eq!(
                (answer.state, answer.receipt.as_deref()),
                (SaleOutcome::Queued, Some("T01-000001"))
            );
            until(&sync, |status| status.unsent == 0 && status.database == Link::Up).await;
            let sale = journal.sale(answer.sale_id).await.unwrap().unwrap();
            assert_eq!(
                (sale.state, Some(sale.record.hash)),
                (SaleState::Committed, answer.hash)
            );
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clerk_is_given_the_sale_that_the_store_has_elsewhere_and_told_when_it_is_another() {
    let bench = Bench::new();
    let place = ChainPlace {
        till: "T02".parse().unwrap(),
        series: 9,
        number: 4,
        first_seq: 4,
        prev_hash: Hash::GENESIS,
    };
    let elsewhere = SaleRecord::make(agreed(10, 1), place, Vec::new()).unwrap();
    bench.store.kept().sales.push(elsewhere);
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            let known = sell(&sync, 10, 1).await;
            assert_eq!((known.receipt.as_deref(), known.repeated), (Some("T02.9-000004"), true));
            let other = sell(&sync, 10, 2).await;
            let words = "the sale 00000000-0000-0000-0000-00000000000a was recorded before with other content";
            assert_eq!(other.state, SaleOutcome::Refused(Refusal::Other(words.into())));
            let next = sell(&sync, 11, 1).await;
            assert_eq!(next.receipt.as_deref(), Some("T01-000001"), "the number is free again");
            assert!(green(&sync.status().borrow()));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_sale_that_was_mended_elsewhere_is_no_longer_shown_as_parked() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            store.script(&[Fault::Down(3)]);
            assert_eq!(sell(&sync, 11, UNFIT).await.state, SaleOutcome::Queued);
            until(&sync, |status| status.unsent == 0 && status.parked == 1).await;
            store.kept().mend();
            until(&sync, green).await;
            let sale = journal.sale(Uuid::from_u128(11)).await.unwrap().unwrap();
            assert_eq!(sale.state, SaleState::Committed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_same_sale_twice_is_one_sale() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            let first = sell(&sync, 10, 1).await;
            let second = sell(&sync, 10, 1).await;
            assert_eq!(
                second,
                SaleAnswer {
                    repeated: true,
                    ..first
                }
            );
            let other = sell(&sync, 10, 2).await;
            assert_eq!(other.state.as_str(), "refused");
        })
        .await;
    assert_eq!(bench.store.kept().sales.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_goes_away_while_nobody_sells_is_shown() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 10, 1).await;
            store.script(&[Fault::Hangs]);
            until(&sync, |status| status.database == Link::Slow).await;
            until(&sync, |status| matches!(status.database, Link::Down { .. })).await;
            until(&sync, green).await;
        })
        .await;
}
