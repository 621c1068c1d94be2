//! The stream against a real Kafka: `dev/test --servers-up` gives the address.
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use rxtill::domain::audit::{AuditEvent, AuditPlace, AuditRecord};
use rxtill::domain::clock::Clock as _;
use rxtill::domain::event::StreamEvent;
use rxtill::domain::sightings::{Seen, Sightings};
use rxtill::runtime::clock::SystemClock;
use rxtill::store::ports::{Outbox as _, Oversell, RelayMode, SaleStore as _};
use rxtill::stream::admin::{TopicOutcome, check_topics, ensure_topics};
use rxtill::stream::fault::Fault;
use rxtill::stream::live::{
    LiveCommand, LiveFrom, LiveOptions, LiveRecord, LiveScope, LiveSource, LiveUpdate, StreamState, run,
};
use rxtill::stream::partitioner::partition_of;
use rxtill::stream::producer::{KafkaProducer, Producer as _};
use rxtill::stream::relay::{RelayIdentity, RelayState, relay};
use rxtill::stream::settings::{KafkaSettings, Tls};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::TestStore;
use crate::support::shop::{Shop, UNCOUNTED, asked_for};
use crate::support::topic::all_records;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);

/// Topics of the test's own, not there yet.
pub fn settings() -> KafkaSettings {
    let broker = std::env::var("RXTILL_TEST_KAFKA")
        .unwrap_or_else(|_| panic!("RXTILL_TEST_KAFKA is not set; start servers: dev/test --servers-up"));
    let name = format!("rxtill-t-{:016x}", fastrand::u64(..));
    KafkaSettings {
        brokers: vec![broker],
        topic: format!("{name}-sales"),
        audit_topic: format!("{name}-audit"),
        totals_topic: format!("{name}-totals"),
        partitions: 3,
        replication: 1,
        retention_days: None,
        tls: Tls::Off,
        sasl: None,
    }
}

pub async fn with_topics() -> KafkaSettings {
    let settings = settings();
    let reports = ensure_topics(&settings).await.unwrap();
    assert!(reports.iter().all(|r| r.outcome == TopicOutcome::Made), "{reports:?}");
    settings
}

/// Makes one topic with three partitions.
pub async fn make(topic: &str) {
    let settings = settings();
    let controller = raw_client(&settings).await.controller_client().unwrap();
    controller.create_topic(topic, 3, 1, 10_000).await.unwrap();
}

async fn raw_client(settings: &KafkaSettings) -> Client {
    ClientBuilder::new(settings.brokers.clone()).build().await.unwrap()
}

pub async fn raw_partition(settings: &KafkaSettings, partition: i32) -> PartitionClient {
    raw_client(settings)
        .await
        .partition_client(&settings.topic, partition, UnknownTopicHandling::Retry)
        .await
        .unwrap()
}

/// Writes one record, as any other program might.
pub async fn put(partition: &PartitionClient, value: Option<&[u8]>) {
    let record = Record {
        key: Some(b"1".to_vec()),
        value: value.map(<[u8]>::to_vec),
        headers: std::collections::BTreeMap::new(),
        timestamp: rskafka::chrono::DateTime::UNIX_EPOCH,
    };
    partition
        .produce(vec![record], Compression::NoCompression)
        .await
        .unwrap();
}

/// A sale event of till `till` with number `seq`.
pub fn event(till: &str, seq: u64) -> Vec<u8> {
    let sale = uuid::Uuid::from_u128(u128::from(seq));
    format!(
        r#"{{"schema":1,"event_id":"{}","sale_id":"{sale}","line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,
        "pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":2,"date_sold":"2026-03-02",
        "sold_at":"2026-03-02T09:14:03.412Z","outlet_id":1,"till_id":"{till}","employee":"John","drug":"Aspirin 300 mg",
        "doctor":null,"unit":"tab","unit_qty":"2","unit_factor":"1","unit_price":"12.50","discount":"0.00",
        "line_total":"25.00","currency":"KES","receipt":"{till}-{seq:06}","chain":"{}","series":1,"seq":{seq},"lines":1,
        "refund_of":null}}"#,
        rxtill::domain::event::event_id(sale, 1),
        "0".repeat(64),
    )
    .into_bytes()
}

/// A feed on a task of its own, as its reader sees it.
pub struct Reading {
    updates: mpsc::Receiver<LiveUpdate>,
    commands: mpsc::Sender<LiveCommand>,
    states: Vec<StreamState>,
    pub told: Vec<LiveUpdate>,
    _stop: oneshot::Sender<()>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no runtime layer to start its tasks"
)]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

fn read(settings: &KafkaSettings, from: LiveFrom, scope: LiveScope, until_end: bool) -> Reading {
    let options = LiveOptions {
        scope,
        until_end,
        ..LiveOptions::sales(from)
    };
    read_with(settings, options)
}

pub fn read_with(settings: &KafkaSettings, options: LiveOptions) -> Reading {
    let (sender, updates) = mpsc::channel(16);
    let (commands, commanded) = mpsc::channel(4);
    let (stop, stopped) = oneshot::channel::<()>();
    let source = LiveSource::Kafka(settings.clone());
    spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        run(source, options, commanded, sender, Arc::new(SystemClock), stopped).await;
    });
    Reading {
        updates,
        commands,
        states: Vec::new(),
        told: Vec::new(),
        _stop: stop,
    }
}

impl Reading {
    async fn next(&mut self) -> Option<LiveUpdate> {
        let update = timeout(BOUND, self.updates.recv())
            .await
            .expect("the feed told nothing");
        if let Some(LiveUpdate::State(state)) = &update {
            self.states.push(state.clone());
        }
        update
    }

    pub async fn state(&mut self, wanted: impl Fn(&StreamState) -> bool) {
        timeout(BOUND, async {
            while !self.states.last().is_some_and(&wanted) {
                let update = self.next().await.expect("the feed ended");
                self.told.push(update);
            }
        })
        .await
        .unwrap_or_else(|_| panic!("not the state wanted: {:?}", self.states));
    }

    pub async fn live(&mut self) {
        self.state(|state| *state == StreamState::Live).await;
    }

    pub async fn records(&mut self, count: usize) -> Vec<LiveRecord> {
        let mut records = Vec::new();
        while records.len() < count {
            match self.next().await.expect("the feed ended") {
                LiveUpdate::Records(some) => records.extend(some),
                other => self.told.push(other),
            }
        }
        records
    }

    /// The next record, if one comes soon.
    pub async fn record_within_a_second(&mut self) -> Option<LiveRecord> {
        let record = timeout(Duration::from_secs(1), self.records(1)).await;
        record.ok().map(|mut records| records.remove(0))
    }

    /// All records to the end, which must come.
    pub async fn until_end(&mut self) -> Vec<LiveRecord> {
        let mut records = Vec::new();
        loop {
            match self.next().await.expect("the feed stopped before its end") {
                LiveUpdate::Records(some) => records.extend(some),
                LiveUpdate::End => return records,
                other => self.told.push(other),
            }
        }
    }
}

fn seqs(records: &[LiveRecord]) -> Vec<u64> {
    records
        .iter()
        .filter_map(|record| match &record.event {
            Ok(StreamEvent::Sale(sale)) => Some(sale.seq),
            _ => None,
        })
        .collect()
}

/// How each of them looks to a reader who has seen those before it.
fn seen(records: &[LiveRecord]) -> Vec<Seen> {
    let mut sightings = Sightings::default();
    records.iter().map(|record| record.note_in(&mut sightings)).collect()
}

#[tokio::test]
async fn topics_are_made_with_their_settings_and_a_second_time_changes_nothing() {
    let settings = with_topics().await;
    for reports in [
        ensure_topics(&settings).await.unwrap(),
        check_topics(&settings).await.unwrap(),
    ] {
        assert_eq!(reports.len(), 3);
        assert!(
            reports.iter().all(|r| r.outcome == TopicOutcome::AsPlanned),
            "{reports:?}"
        );
    }
}

#[tokio::test]
async fn a_topic_with_other_settings_is_reported_and_left_as_it_is() {
    let settings = settings();
    let controller = raw_client(&settings).await.controller_client().unwrap();
    controller.create_topic(&settings.topic, 1, 1, 10_000).await.unwrap();
    for _ in 0..2 {
        let reports = ensure_topics(&settings).await.unwrap();
        let TopicOutcome::Differs(differences) = &reports[0].outcome else {
            panic!("{reports:?}")
        };
        let named: Vec<&str> = differences.iter().map(|d| d.setting.as_str()).collect();
        assert_eq!(named, ["partitions", "message.timestamp.type", "retention.ms"]);
    }
}

#[tokio::test]
async fn what_the_brokers_refuse_to_make_is_said_in_their_words() {
    let mut settings = settings();
    settings.replication = 99;
    let reports = ensure_topics(&settings).await.unwrap();
    let TopicOutcome::Refused(reason) = &reports[0].outcome else {
        panic!("{reports:?}")
    };
    assert!(reason.contains("replication"), "{reason}");
}

#[tokio::test]
async fn a_missing_topic_is_reported_by_all_and_made_by_none() {
    let settings = settings();
    let producer = KafkaProducer::new(settings.clone(), Arc::new(SystemClock));
    let error = producer.probe(&settings.topic, "1").await.unwrap_err();
    assert_eq!(error.fault, Fault::NoTopic);
    assert!(error.reason.contains(&settings.topic), "{error}");
    let mut reading = read(&settings, LiveFrom::Now, LiveScope::All, false);
    reading
        .state(|state| matches!(state, StreamState::TopicMissing { topic, .. } if *topic == settings.topic))
        .await;
    let reports = check_topics(&settings).await.unwrap();
    assert!(
        reports.iter().all(|r| r.outcome == TopicOutcome::Missing),
        "{reports:?}"
    );

    // Made later, all of it is news, also to a reader that began at "now".
    ensure_topics(&settings).await.unwrap();
    put(&raw_partition(&settings, 0).await, Some(&event("T01", 1))).await;
    assert_eq!(seqs(&reading.records(1).await), [1]);
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_named_with_the_reason() {
    let mut settings = settings();
    // A port that nobody listens on: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    settings.brokers = vec![port.to_string()];
    let producer = KafkaProducer::new(settings.clone(), Arc::new(SystemClock));
    let error = producer.probe(&settings.topic, "1").await.unwrap_err();
    assert_eq!(error.fault, Fault::Unreachable, "{error}");
    let error = check_topics(&settings).await.unwrap_err();
    assert!(error.reason.contains("refused"), "{error}");
    let mut reading = read(&settings, LiveFrom::Now, LiveScope::All, false);
    reading
        .state(|state| matches!(state, StreamState::Reconnecting { .. }))
        .await;
}

#[tokio::test]
async fn nothing_in_the_topic_stops_the_feed() {
    let settings = with_topics().await;
    let raw = raw_partition(&settings, 0).await;
    let future = String::from_utf8(event("T01", 1))
        .unwrap()
        .replace("\"schema\":1", "\"schema\":2");
    let large = vec![b'x'; 900_000];
    put(&raw, Some(&event("T01", 1))).await;
    let bad: [Option<&[u8]>; 5] = [
        None,
        Some(b"\xff\xfe\x1b[2J"),
        Some(future.as_bytes()),
        Some(&large),
        Some(b""),
    ];
    for value in bad {
        put(&raw, value).await;
    }
    put(&raw, Some(&event("T01", 2))).await;

    let mut reading = read(&settings, LiveFrom::Beginning, LiveScope::All, true);
    let records = reading.until_end().await;
    let offsets: Vec<i64> = records.iter().map(|r| r.offset).collect();
    assert_eq!(offsets, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(&records), [1, 2]);
    for record in &records[1..6] {
        let reason = record.event.as_ref().unwrap_err().to_string();
        assert!(
            !reason.is_empty() && !reason.contains('\x1b') && reason.len() < 1_000,
            "{reason:?}"
        );
    }
}

#[tokio::test]
async fn a_repeat_is_known_a_forgery_is_an_alert_and_a_hole_is_told() {
    let settings = with_topics().await;
    let raw = raw_partition(&settings, 0).await;
    let forged = String::from_utf8(event("T01", 1))
        .unwrap()
        .replace("\"25.00\"", "\"2500.00\"");
    let values = [
        event("T01", 1),
        event("T01", 1),
        forged.into_bytes(),
        event("T01", 4),
        event("T02", 1),
    ];
    for value in &values {
        put(&raw, Some(value)).await;
    }
    let mut reading = read(&settings, LiveFrom::Beginning, LiveScope::All, true);
    assert_eq!(
        seen(&reading.until_end().await),
        [
            Seen::New,
            Seen::Repeat,
            Seen::Differs,
            Seen::Jump { missing: 2 },
            Seen::New
        ]
    );
}

#[tokio::test]
async fn a_reader_begins_where_it_was_asked_to_and_ends_at_the_end() {
    let settings = with_topics().await;
    let raw = raw_partition(&settings, 1).await;
    put(&raw, Some(&event("T01", 1))).await;
    // The topic's timestamps are the broker's, which has this machine's clock; they count whole milliseconds.
    let before = SystemClock.now();
    while SystemClock.now().as_millisecond() <= before.as_millisecond() {
        tokio::task::yield_now().await;
    }
    let between = SystemClock.now();
    put(&raw, Some(&event("T01", 2))).await;

    let from = |from| read(&settings, from, LiveScope::All, true);
    assert_eq!(seqs(&from(LiveFrom::Beginning).until_end().await), [1, 2]);
    assert_eq!(seqs(&from(LiveFrom::At(between)).until_end().await), [2]);
    assert_eq!(
        seqs(&from(LiveFrom::At(Timestamp::MIN)).until_end().await),
        [1, 2],
        "long before the first"
    );
    let later = SystemClock.now() + Duration::from_hours(1);
    assert_eq!(
        seqs(&from(LiveFrom::At(later)).until_end().await),
        [] as [u64; 0],
        "nothing is that young"
    );
    assert_eq!(seqs(&from(LiveFrom::Now).until_end().await), [] as [u64; 0]);
}

#[tokio::test]
async fn a_till_follows_its_outlets_partition_until_all_are_asked_for() {
    let settings = with_topics().await;
    let own = partition_of(b"1", settings.partitions);
    let other = (own + 1) % settings.partitions;
    let mut reading = read(&settings, LiveFrom::Now, LiveScope::Key("1".into()), false);
    reading.live().await;
    let (raw_own, raw_other) = (
        raw_partition(&settings, own).await,
        raw_partition(&settings, other).await,
    );
    put(&raw_other, Some(&event("T02", 1))).await;
    put(&raw_own, Some(&event("T01", 1))).await;
    let records = reading.records(1).await;
    assert_eq!((records.len(), records[0].partition), (1, own));
    reading
        .commands
        .send(LiveCommand::Follow(LiveScope::All))
        .await
        .unwrap();
    reading
        .state(|state| matches!(state, StreamState::Connecting { .. }))
        .await;
    reading.live().await;
    put(&raw_other, Some(&event("T02", 2))).await;
    assert_eq!(reading.records(1).await.last().map(|r| r.partition), Some(other));
}

#[tokio::test]
async fn a_topic_made_again_is_read_from_its_first_record_and_the_reader_is_told() {
    let settings = with_topics().await;
    let mut reading = read(&settings, LiveFrom::Now, LiveScope::Key("1".into()), false);
    reading.live().await;
    let own = partition_of(b"1", settings.partitions);
    let raw = raw_partition(&settings, own).await;
    for seq in 1..=3 {
        put(&raw, Some(&event("T01", seq))).await;
    }
    assert_eq!(seqs(&reading.records(3).await), [1, 2, 3]);
    let controller = raw_client(&settings).await.controller_client().unwrap();
    controller.delete_topic(&settings.topic, 10_000).await.unwrap();
    reading
        .state(|state| matches!(state, StreamState::TopicMissing { .. }))
        .await;
    ensure_topics(&settings).await.unwrap();
    let raw = raw_partition(&settings, own).await;
    for seq in 3..=4 {
        put(&raw, Some(&event("T01", seq))).await;
    }
    let records = reading.records(2).await;
    assert_eq!(seqs(&records), [3, 4]);
    assert_eq!(records.iter().map(|r| r.offset).collect::<Vec<_>>(), [0, 1]);
    assert!(
        reading
            .told
            .iter()
            .any(|update| matches!(update, LiveUpdate::Restarted { from: 0, .. })),
        "{:?}",
        reading.told
    );
}

#[tokio::test]
async fn a_sale_in_the_store_is_relayed_marked_and_seen_live() {
    let settings = with_topics().await;
    let mut reading = read(&settings, LiveFrom::Now, LiveScope::All, false);
    reading.live().await;
    let test_store = TestStore::sqlite().await;
    let shop = Shop::open(&test_store.engine).await;
    let store = shop.store.clone().with_sale_topic(&settings.topic);
    store.set_relay_mode(RelayMode::On).await.unwrap();
    let mut till = shop.till("T01").await;
    let identity = RelayIdentity {
        till: till.till.clone(),
        holder: "a test".into(),
        home: (settings.topic.clone(), "1".into()),
    };
    let clock = Arc::new(SystemClock);
    let producer = KafkaProducer::new(settings.clone(), clock.clone());
    let (relay, mut handle) = relay(identity, Arc::new(store.clone()), Arc::new(producer), clock);
    let (close, closed) = oneshot::channel::<()>();
    let (ended, end) = oneshot::channel();
    spawn(async move {
        relay
            .run(async {
                let _ = closed.await;
            })
            .await;
        let _ = ended.send(());
    });
    for _ in 0..3 {
        let sale = till.sell(&[(UNCOUNTED, "1"), (UNCOUNTED, "2")]);
        store.commit(&sale, Oversell::Refuse).await.unwrap();
        handle.wake.notify_one();
    }
    let records = reading.records(6).await;
    assert_eq!(seqs(&records), [1, 2, 3, 4, 5, 6]);
    assert!(seen(&records).iter().all(|seen| *seen == Seen::New));
    let idle = handle
        .status
        .wait_for(|s| s.state == RelayState::Idle && s.backlog.events == 0);
    timeout(BOUND, idle).await.unwrap().unwrap();
    assert_eq!(store.unmarked(&till.till, 10).await.unwrap(), []);
    drop(close);
    timeout(BOUND, end).await.unwrap().unwrap();
    assert!(
        store.take_lease(&till.till, "another", 60).await.unwrap().is_some(),
        "the lease was handed back"
    );
}

#[tokio::test]
async fn audit_events_reach_their_own_topic_in_order_also_while_the_topic_of_sales_is_missing() {
    let settings = with_topics().await;
    let test_store = TestStore::sqlite().await;
    let shop = Shop::open(&test_store.engine).await;
    let missing = format!("{}-not-there", settings.topic);
    let store = shop.store.clone().with_sale_topic(&missing);
    let store = store.with_audit_topic(&settings.audit_topic);
    store.set_relay_mode(RelayMode::On).await.unwrap();
    let mut till = shop.till("T01").await;
    store
        .commit(&till.sell(&[(UNCOUNTED, "1")]), Oversell::Refuse)
        .await
        .unwrap();
    for seq in 1..=5 {
        let place = AuditPlace {
            till: till.till.clone(),
            series: 1,
            seq,
        };
        let event = AuditRecord::new(Uuid::from_u128(seq.into()), place, asked_for("1"));
        store.keep_event(&event).await.unwrap();
    }
    let identity = RelayIdentity {
        till: till.till.clone(),
        holder: "a test".into(),
        home: (missing.clone(), "1".into()),
    };
    let sales = missing;
    let clock = Arc::new(SystemClock);
    let producer = KafkaProducer::new(settings.clone(), clock.clone());
    let (relay, _handle) = relay(identity, Arc::new(store.clone()), Arc::new(producer), clock);
    let (close, closed) = oneshot::channel::<()>();
    let relaying = relay.run(async {
        let _ = closed.await;
    });
    let audit = KafkaSettings {
        topic: settings.audit_topic.clone(),
        ..settings
    };
    let sent = async {
        while !store
            .unmarked_but(&till.till, std::slice::from_ref(&sales), 1)
            .await
            .unwrap()
            .is_empty()
        {
            sleep(Duration::from_millis(20)).await;
        }
        drop(close);
    };
    timeout(BOUND, async { tokio::join!(sent, relaying) }).await.unwrap();
    let seqs: Vec<_> = all_records(&audit)
        .iter()
        .map(|record| AuditEvent::read(Some(record.value.to_string().as_bytes())).unwrap().seq)
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}
