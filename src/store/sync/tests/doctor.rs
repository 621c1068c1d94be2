//! Prescribers who were added at the till: in the store before the first sale that names them, whatever happens between.
use std::sync::atomic::Ordering;

use super::faulty::{ADDED, Fault, UNFIT_DOCTOR};
use super::*;
use crate::domain::prescriber::NewDoctor;
use crate::domain::sale::Party;
use crate::store::journal::SaleState;

fn doctor(id: u128, name: &str) -> NewDoctor {
    NewDoctor {
        uuid: Uuid::from_u128(id),
        name: name.to_owned(),
        registration_number: format!("A{id}"),
        phone_number: String::new(),
        region: "Kilifi clinic".to_owned(),
        by: "Asha".to_owned(),
        employee: None,
        till: Some("T01".to_owned()),
        at: "2026-03-02T09:14:03.412Z".parse().unwrap(),
    }
}

/// Sells what they prescribed.
async fn sell_for(sync: &SaleSync, id: u128, doctor: &NewDoctor) -> SaleAnswer {
    let mut agreed = agreed(id, 1);
    agreed.doctor = Some(Party {
        id: doctor.uuid,
        name: doctor.name.clone(),
    });
    sync.sell(agreed, Vec::new(), Oversell::Refuse).await.unwrap()
}

fn nothing_left(status: &SyncStatus) -> bool {
    status.unsent == 0 && status.doctors == 0 && status.parked == 0
}

#[tokio::test(start_paused = true)]
async fn a_sale_may_name_a_prescriber_the_moment_they_were_added() {
    let bench = Bench::new();
    let outcome = bench
        .started()
        .await
        .during(|sync, _, _| async move {
            let otieno = doctor(5, ADDED);
            sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
            let answer = sell_for(&sync, 10, &otieno).await;
            until(&sync, nothing_left).await;
            answer.state
        })
        .await;
    assert_eq!(outcome, SaleOutcome::Committed);
    assert!(bench.store.kept().doctors.contains(&Uuid::from_u128(5)));
}

#[tokio::test(start_paused = true)]
async fn with_the_database_away_the_prescriber_is_uploaded_before_the_queued_sale() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            sell(&sync, 9, 1).await;
            store.script(&[Fault::Down(20)]);
            let otieno = doctor(5, ADDED);
            sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
            until(&sync, |status| matches!(status.database, Link::Down { .. })).await;
            assert_eq!(sell_for(&sync, 10, &otieno).await.state, SaleOutcome::Queued);
            let status = sync.status().borrow().clone();
            assert_eq!((status.doctors, status.unsent), (1, 1));
            until(&sync, nothing_left).await;
            let sold = journal.sale(Uuid::from_u128(10)).await.unwrap().unwrap();
            assert_eq!(sold.state, SaleState::Committed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_answer_is_lost_is_done_once_more_and_counts_once() {
    for fault in [Fault::ReplyLost, Fault::Hangs, Fault::DoneAndHangs, Fault::Slow(2_000)] {
        let bench = Bench::new();
        let store = bench.store.clone();
        bench
            .started()
            .await
            .during(|sync, _, mut heard| async move {
                sell(&sync, 9, 1).await;
                store.script(&[fault]);
                let otieno = doctor(5, ADDED);
                sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
                until(&sync, nothing_left).await;
                sell_for(&sync, 10, &otieno).await;
                until(&sync, nothing_left).await;
                assert!(heard.try_recv().is_err(), "{fault:?}");
            })
            .await;
        let kept = bench.store.kept();
        assert_eq!((kept.doctors.len(), kept.sales.len()), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_till_killed_between_journal_and_upload_uploads_the_prescriber_at_its_next_start() {
    let bench = Bench::new();
    let otieno = doctor(5, ADDED);
    bench
        .started()
        .await
        .during(|sync, _, _| async move { sell(&sync, 9, 1).await })
        .await;
    let Till {
        journal,
        sync,
        sync_loop,
        notices,
    } = bench.till(7).await;
    bench.store.script(&[Fault::Hangs, Fault::Hangs, Fault::Hangs]);
    let killed = async {
        sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
        assert_eq!(sell_for(&sync, 10, &otieno).await.state, SaleOutcome::Queued);
    };
    tokio::select! {
        () = Till::run(sync_loop) => {}
        () = killed => {}
    }
    drop((journal, sync, notices));
    assert!(bench.store.kept().doctors.is_empty(), "it was killed before the upload");
    bench.store.calm();
    bench
        .started()
        .await
        .during(|sync, journal, _| async move {
            assert_eq!(journal.doctors().await.unwrap(), [otieno]);
            until(&sync, nothing_left).await;
        })
        .await;
    let kept = bench.store.kept();
    assert_eq!((kept.doctors.len(), kept.sales.len(), kept.parked.len()), (1, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_the_prescriber_has_them_again_before_the_next_sale() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            let otieno = doctor(5, ADDED);
            sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
            until(&sync, nothing_left).await;
            store.kept().doctors.clear();
            assert_eq!(sell_for(&sync, 10, &otieno).await.state, SaleOutcome::Committed);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_prescriber_whom_the_store_cannot_hold_does_not_hold_up_the_rest() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, _, mut heard| async move {
            sync.add_doctor(doctor(6, UNFIT_DOCTOR)).await.unwrap().unwrap();
            let otieno = doctor(5, ADDED);
            sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
            assert_eq!(sell_for(&sync, 10, &otieno).await.state, SaleOutcome::Committed);
            until(&sync, nothing_left).await;
            assert!(matches!(heard.try_recv(), Ok(Notice::DoctorParked { .. })));
        })
        .await;
    let before = bench.store.calls.load(Ordering::Relaxed);
    bench
        .started()
        .await
        .during(|sync, _, mut heard| async move {
            sell(&sync, 11, 1).await;
            until(&sync, nothing_left).await;
            let again = std::iter::from_fn(|| heard.try_recv().ok());
            assert_eq!(again.count(), 1, "it is tried again at a start, and once");
        })
        .await;
    assert!(bench.store.calls.load(Ordering::Relaxed) > before);
}

#[tokio::test(start_paused = true)]
async fn a_prescriber_of_a_known_id_with_other_content_is_refused_and_the_same_again_is_not() {
    let bench = Bench::new();
    bench
        .started()
        .await
        .during(|sync, _, _| async move {
            let otieno = doctor(5, ADDED);
            sync.add_doctor(otieno.clone()).await.unwrap().unwrap();
            sync.add_doctor(otieno).await.unwrap().unwrap();
            let other = sync.add_doctor(doctor(5, "Kamau")).await.unwrap();
            assert_eq!(other, Err(JournalError::OtherDoctor(Uuid::from_u128(5))));
        })
        .await;
}
