//! The status line claims nothing that is not known.
use jiff::{SignedDuration, Timestamp};
use rxtill::app::Message;
use rxtill::app::live::{LiveNews, LiveState};
use rxtill::app::status::{Database, Stream};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::runtime::translate;
use rxtill::store::ports::RelayMode;
use rxtill::store::star::Store;
use rxtill::store::sync::{Link, SyncStatus};
use rxtill::stream::relay::{Backlog, RelayState, RelayStatus};
use rxtill::stream::settings::{KafkaSettings, Tls};

use super::support::TestStore;
use super::support::running::{Place, Running};
use super::support::till::Till;

fn relay(state: RelayState, events: u64) -> RelayStatus {
    RelayStatus {
        state,
        backlog: Backlog { events, oldest: None },
        set_aside: 0,
    }
}

fn line(database: Link, relay: &RelayStatus, till: &mut Till) -> String {
    let sync = SyncStatus {
        database,
        unsent: 2,
        oldest: None,
        parked: 0,
        doctors: 0,
        events: 0,
        taken: None,
    };
    let status = translate::status(&sync, Some(relay), None);
    till.tell(Message::StatusChanged(Box::new(status)));
    let screen = till.screen(80, 24);
    let line = screen.lines().find(|line| line.contains("unsent"));
    line.unwrap_or_default().to_owned()
}

#[test]
fn while_the_database_is_away_nobody_knows_what_waits_for_the_stream() {
    let mut till = Till::knowing(CatalogueChanges::default());
    let since: Timestamp = till.model.now - SignedDuration::from_secs(30);
    let reason = String::from("connection refused");
    let away = relay(
        RelayState::StoreAway {
            since,
            reason: reason.clone(),
        },
        0,
    );
    let line = line(Link::Down { since, reason }, &away, &mut till);
    assert!(line.contains("db away 31 s"), "{line}");
    assert!(line.contains("stream unknown 31 s"), "{line}");
    assert!(!line.contains("waiting") && !line.contains("stream away"), "{line}");
}

#[test]
fn the_stream_is_away_when_the_broker_is_and_what_waits_is_counted() {
    let mut till = Till::knowing(CatalogueChanges::default());
    let since: Timestamp = till.model.now - SignedDuration::from_secs(30);
    let reason = String::from("no broker");
    let down = relay(RelayState::Down { since, reason }, 3);
    let line = line(Link::Up, &down, &mut till);
    assert!(line.contains("stream away 31 s: 3 waiting"), "{line}");
}

#[test]
fn an_idle_stream_is_not_called_good_while_whoever_reads_it_cannot_reach_the_broker() {
    let mut till = Till::knowing(CatalogueChanges::default());
    let idle = relay(RelayState::Idle, 0);
    assert!(line(Link::Up, &idle, &mut till).contains("stream ✓"));
    let since = till.model.now - SignedDuration::from_secs(4);
    let reason = String::from("connection refused");
    let feed = till.model.live.feed;
    let news = LiveNews::State(LiveState::Reconnecting { since, reason });
    till.tell(Message::LiveChanged { feed, news });
    let silent = line(Link::Up, &idle, &mut till);
    assert!(silent.contains("stream silent 6 s: 0 waiting ▲"), "{silent}");
    let news = LiveNews::State(LiveState::Live);
    till.tell(Message::LiveChanged { feed, news });
    assert!(line(Link::Up, &idle, &mut till).contains("stream ✓"));
}

#[test]
fn before_the_first_look_the_stream_is_neither_up_nor_away() {
    let started = relay(RelayState::Starting, 0);
    let mut till = Till::knowing(CatalogueChanges::default());
    let line = line(Link::Slow, &started, &mut till);
    assert!(line.contains("stream …"), "{line}");
    assert_eq!(till.model.status.stream, Stream::Unknown { since: None });
    assert_eq!(till.model.status.database, Database::Slow);
}

#[test]
fn in_60_columns_database_stream_and_what_is_unsent_are_all_there() {
    let mut till = Till::knowing(CatalogueChanges::default());
    let since: Timestamp = till.model.now - SignedDuration::from_hours(30);
    let reason = String::from("no broker");
    let down = relay(
        RelayState::Down {
            since,
            reason: reason.clone(),
        },
        4_321,
    );
    let sync = SyncStatus {
        database: Link::Down { since, reason },
        unsent: 1_234,
        oldest: Some(since),
        parked: 12,
        doctors: 0,
        events: 0,
        taken: None,
    };
    let status = translate::status(&sync, Some(&down), Some(since));
    till.tell(Message::StatusChanged(Box::new(status)));
    for wide in [60, 80, 120] {
        let screen = till.screen(wide, 24);
        for part in ["db away", "stream away", "4321", "unsent 1234", "parked 12"] {
            assert!(screen.contains(part), "{part} in {wide}:\n{screen}");
        }
    }
}

#[tokio::test]
async fn a_till_that_has_not_sold_yet_says_that_the_broker_is_away() {
    let kept = TestStore::sqlite().await;
    // A port on which nobody listens: it was free a moment ago, and is not given out again at once.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let kafka = KafkaSettings {
        brokers: vec![free.to_string()],
        topic: "pharmacy-sales".to_owned(),
        audit_topic: "pharmacy-till-audit".to_owned(),
        totals_topic: "pharmacy-sales-totals".to_owned(),
        partitions: 1,
        replication: 1,
        retention_days: None,
        tls: Tls::Off,
        sasl: None,
    };
    let store = Store::new(kept.engine.clone()).with_sale_topic(&kafka.topic);
    load_sample(&store, &SystemClock).await.unwrap();
    store.set_relay_mode(RelayMode::On).await.unwrap();
    let place = Place {
        store,
        kafka: Some(kafka),
        has_server: false,
    };
    let folder = tempfile::tempdir().unwrap();
    let mut till = Running::open_for_john("T01", folder.path(), &place).await;
    till.shows("stream changes broker").await;
    till.quit().await;
}
