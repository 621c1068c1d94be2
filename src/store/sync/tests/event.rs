//! Audit events: on the disk at once, in the store once, in their order; and never in the way of a sale.
use super::faulty::{EventFault, Fault};
use super::*;
use crate::store::fixture::asked_for;

async fn note(sync: &SaleSync, id: u128, count: u32) {
    sync.note(Uuid::from_u128(id), asked_for(count)).await.unwrap().unwrap();
}

fn nothing_left(status: &SyncStatus) -> bool {
    status.unsent == 0 && status.events == 0 && status.parked == 0
}

/// The events in the store: series, number, id.
fn uploaded(store: &Faulty) -> Vec<(u32, u64, u128)> {
    let kept = store.kept();
    let event = |((series, seq), record): (&(u32, u64), &crate::domain::audit::AuditRecord)| {
        (*series, *seq, record.event_id.as_u128())
    };
    kept.events.iter().map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn events_have_numbers_of_their_own_without_a_hole_and_are_uploaded_once() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, _, mut heard| async move {
            for id in 1..=3 {
                note(&sync, 100 + id, 1).await;
                sell(&sync, id, 1).await;
            }
            // The same again is the same.
            note(&sync, 102, 1).await;
            until(&sync, nothing_left).await;
            assert!(heard.try_recv().is_err());
        })
        .await;
    assert_eq!(uploaded(&bench.store), [(1, 1, 101), (1, 2, 102), (1, 3, 103)]);
    let seqs: Vec<_> = bench
        .store
        .kept()
        .sales
        .iter()
        .map(|sale| sale.document.first_seq)
        .collect();
    assert_eq!(seqs, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_an_event_never_keeps_a_sale_waiting() {
    for fault in [EventFault::Away, EventFault::Hangs, EventFault::Unfit] {
        let bench = Bench::new();
        let store = bench.store.clone();
        bench
            .started()
            .await
            .during(|sync, _, mut heard| async move {
                sell(&sync, 1, 1).await;
                store.with_events(fault);
                note(&sync, 101, 1).await;
                note(&sync, 102, 1).await;
                for id in 2..=5 {
                    assert_eq!(sell(&sync, id, 1).await.state, SaleOutcome::Committed, "{fault:?}");
                    // It is being tried, and tried again.
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
                let status = sync.status().borrow().clone();
                assert_eq!(status.unsent, 0);
                if fault == EventFault::Unfit {
                    assert_eq!(status.events, 0, "the next does not wait behind it");
                    let heard = notices(&mut heard);
                    let parked =
                        |notice: &Notice| matches!(notice, Notice::EventParked { kind, .. } if kind == "asked_for");
                    assert_eq!(heard.iter().filter(|notice| parked(notice)).count(), 2, "{heard:?}");
                } else {
                    assert_eq!(status.events, 2);
                    let drained = sync.drain().await.unwrap();
                    assert_eq!(
                        (drained.unsent, drained.events),
                        (0, 2),
                        "nobody waits for ever: {fault:?}"
                    );
                }
                store.with_events(EventFault::None);
            })
            .await;
        // The next start tries what was parked again.
        bench
            .started()
            .await
            .during(|sync, _, _| async move { until(&sync, nothing_left).await })
            .await;
        assert_eq!(uploaded(&bench.store), [(1, 1, 101), (1, 2, 102)], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_database_away_events_wait_on_the_disk_and_over_a_kill() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            sell(&sync, 1, 1).await;
            store.with_events(EventFault::Away);
            store.script(&[Fault::Down(1_000)]);
            note(&sync, 101, 1).await;
            assert_eq!(sell(&sync, 2, 1).await.state, SaleOutcome::Queued);
            note(&sync, 102, 2).await;
        })
        .await;
    let status = bench.open(bench.dir.path()).await.status().await.unwrap();
    assert_eq!((status.unsent, status.events), (1, 2));
    bench.store.calm();
    bench.store.with_events(EventFault::None);
    bench
        .started()
        .await
        .during(|sync, _, _| async move { until(&sync, nothing_left).await })
        .await;
    assert_eq!(uploaded(&bench.store), [(1, 1, 101), (1, 2, 102)]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_events_is_filled_again() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            for id in 101..=104 {
                note(&sync, id, 1).await;
            }
            sync.drain().await.unwrap();
            store.kept().events.retain(|(_, seq), _| *seq <= 2);
        })
        .await;
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            // The connect compares what store and journal have.
            tokio::time::sleep(Duration::from_secs(10)).await;
            until(&sync, nothing_left).await;
        })
        .await;
    assert_eq!(uploaded(&bench.store).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn events_that_were_lost_unseen_are_missed_by_the_next_one() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            for id in 101..=104 {
                note(&sync, id, 1).await;
            }
            sync.drain().await.unwrap();
            // Another server answers behind the same address, before anybody asked whether it is the same.
            store.kept().events.retain(|(_, seq), _| *seq <= 2);
            note(&sync, 105, 1).await;
            sync.drain().await.unwrap();
        })
        .await;
    assert_eq!(uploaded(&bench.store).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_restored_journal_puts_its_events_behind_those_that_the_store_has() {
    let bench = Bench::new();
    let image = tempfile::tempdir().unwrap();
    let copy = |from: &Path, to: &Path| {
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            note(&sync, 101, 1).await;
            until(&sync, nothing_left).await;
        })
        .await;
    copy(bench.dir.path(), image.path());
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            note(&sync, 102, 1).await;
            note(&sync, 103, 1).await;
            until(&sync, nothing_left).await;
        })
        .await;
    for file in std::fs::read_dir(bench.dir.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    copy(image.path(), bench.dir.path());
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            // No sale was made since: the chains agree, and so the series stays.
            note(&sync, 104, 1).await;
            note(&sync, 105, 1).await;
            until(&sync, nothing_left).await;
        })
        .await;
    let all = [(1, 1, 101), (1, 2, 102), (1, 3, 103), (1, 4, 104), (1, 5, 105)];
    assert_eq!(uploaded(&bench.store), all);
}
