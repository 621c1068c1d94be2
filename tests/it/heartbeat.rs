//! Each till says once a minute that it is there: past every table, and in nobody's way.
use std::time::{Duration, Instant};

use rxtill::domain::event::{EventTopic, StreamEvent};
use rxtill::domain::heartbeat::{Heartbeat, Standing};
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::heartbeat::{HeartbeatPlan, run};
use rxtill::runtime::sample::load_sample;
use rxtill::store::ports::RelayMode;
use rxtill::store::sync::{Link, SyncStatus};
use rxtill::stream::settings::KafkaSettings;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::end_to_end::{key_the_sale, place};
use super::stream_kafka::with_topics;
use super::support::running::{BOUND, Running};
use super::support::topic::all_records;
use super::support::{TestStore, on_every_store};

/// The heartbeats in the topic of audit events, as any reader reads them, each under its key.
fn beats(kafka: &KafkaSettings) -> Vec<Heartbeat> {
    let audit = KafkaSettings {
        topic: kafka.audit_topic.clone(),
        ..kafka.clone()
    };
    let read = |record: &super::support::topic::TopicRecord| {
        let value = record.value.to_string();
        match StreamEvent::read_from(EventTopic::Audit, Some(value.as_bytes())) {
            Ok(StreamEvent::Heartbeat(beat)) => {
                assert_eq!(record.key, beat.outlet_id.to_string());
                Some(*beat)
            }
            _ => None,
        }
    };
    all_records(&audit).iter().filter_map(read).collect()
}

async fn until(kafka: &KafkaSettings, wanted: impl Fn(&Heartbeat) -> bool) -> Heartbeat {
    let deadline = Instant::now() + BOUND;
    loop {
        let all = beats(kafka);
        if let Some(beat) = all.iter().find(|beat| wanted(beat)) {
            return beat.clone();
        }
        assert!(Instant::now() < deadline, "{all:?}");
        sleep(Duration::from_millis(200)).await;
    }
}

on_every_store! {
    async fn an_open_till_is_heard_with_who_sells_and_how_it_stands(kept: TestStore) {
        let kafka = with_topics().await;
        let here = place(&kept, Some(&kafka)).await;
        load_sample(&here.store, &SystemClock).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let till = Running::open_for_john("T01", folder.path(), &here).await;
        let beat = until(&kafka, |beat| beat.employee.as_deref() == Some("John")).await;
        assert_eq!((beat.till_id.as_str(), beat.pharmacy_name.as_str()), ("T01", "Mirema meds"));
        assert_eq!((beat.unsent, beat.parked, beat.oldest_s), (0, 0, None));
        assert_eq!(beat.version, env!("CARGO_PKG_VERSION"));
        // The same machine has both clocks.
        assert_eq!(beat.clock_skew_ms.is_some(), kept.has_server());
        assert!(beat.clock_skew_ms.is_none_or(|skew| skew.abs() < 5_000), "{beat:?}");
        let sessions: std::collections::BTreeSet<_> = beats(&kafka).iter().map(|beat| beat.session).collect();
        assert_eq!(sessions.len(), 1);
        till.quit().await;
        // Another start is another session.
        let till = Running::open("T01", folder.path(), &here).await;
        until(&kafka, |again| again.session != beat.session).await;
        till.quit().await;
    }
}

#[tokio::test]
async fn a_broker_that_takes_connections_and_never_answers_holds_up_neither_a_sale_nor_the_closing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let kafka = KafkaSettings {
        brokers: vec![silent.local_addr().unwrap().to_string()],
        ..super::stream_kafka::settings()
    };
    let kept = TestStore::sqlite().await;
    let here = place(&kept, Some(&kafka)).await;
    load_sample(&here.store, &SystemClock).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut till = Running::open_for_john("T01", folder.path(), &here).await;
    assert_eq!(key_the_sale(&mut till).await, "T01-000001");
    timeout(BOUND, till.quit()).await.unwrap();
}

/// A till of which a test says how it stands.
struct Told {
    standing: watch::Sender<Option<Standing>>,
    status: watch::Sender<SyncStatus>,
}

async fn told(kept: &TestStore, kafka: &KafkaSettings) -> (Told, impl Future<Output = ()> + use<>) {
    let here = place(kept, Some(kafka)).await;
    let plan = HeartbeatPlan {
        till: "T07".parse().unwrap(),
        store: here.store,
        kafka: kafka.clone(),
        clock: Arc::new(SystemClock),
        every: Duration::from_millis(300),
    };
    let status = SyncStatus {
        database: Link::Local,
        unsent: 0,
        oldest: None,
        parked: 0,
        doctors: 0,
        events: 0,
        taken: None,
    };
    let (standing, stands) = watch::channel(None);
    let (status, stood) = watch::channel(status);
    let running = run(plan, stands, stood, std::future::pending());
    (Told { standing, status }, running)
}

fn mirema() -> Standing {
    Standing {
        outlet_id: 7,
        pharmacy_name: String::from("Mirema meds"),
        pharmacy_region: String::from("Nairobi"),
        employee: None,
    }
}

#[tokio::test]
async fn a_till_that_is_cut_off_from_its_database_is_heard_with_what_waits_there() {
    let (kept, kafka) = (TestStore::sqlite().await, with_topics().await);
    let (told, running) = told(&kept, &kafka).await;
    let story = async {
        sleep(Duration::from_millis(700)).await;
        assert_eq!(beats(&kafka), [], "nobody knows yet where it stands");
        told.status.send_modify(|status| {
            let since = jiff::Timestamp::from_second(1_700_000_000).unwrap();
            status.database = Link::Down {
                since,
                reason: String::from("refused"),
            };
            (status.unsent, status.oldest, status.parked) = (3, Some(since), 1);
        });
        told.standing.send_replace(Some(mirema()));
        let beat = until(&kafka, |beat| beat.unsent == 3).await;
        assert!(beat.oldest_s.is_some_and(|age| age > 1_000_000), "{beat:?}");
        assert_eq!((beat.parked, beat.clock_skew_ms, beat.employee), (1, None, None));
        drop(told);
    };
    // Once nobody knows any more where it stands, it ends by itself.
    Box::pin(timeout(BOUND, async { tokio::join!(story, running) }))
        .await
        .unwrap();
}

#[tokio::test]
async fn where_nothing_is_to_leave_the_shop_there_is_no_heartbeat_and_debezium_takes_none_away() {
    let (kept, kafka) = (TestStore::sqlite().await, with_topics().await);
    for (mode, heard) in [(RelayMode::Off, false), (RelayMode::Debezium, true)] {
        let (told, running) = told(&kept, &kafka).await;
        place(&kept, None).await.store.set_relay_mode(mode).await.unwrap();
        let story = async {
            told.standing.send_replace(Some(mirema()));
            if heard {
                until(&kafka, |_| true).await;
            } else {
                sleep(Duration::from_secs(2)).await;
                assert_eq!(beats(&kafka), []);
            }
            drop(told);
        };
        Box::pin(timeout(BOUND, async { tokio::join!(story, running) }))
            .await
            .unwrap();
    }
}
