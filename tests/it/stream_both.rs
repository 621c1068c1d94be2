//! The feed over both topics, against a real Kafka: sales, and what happens beside them.
use jiff::Timestamp;
use rskafka::client::partition::PartitionClient;
use rxtill::domain::clock::Clock as _;
use rxtill::domain::event::EventTopic::{self, Audit, Sales};
use rxtill::domain::event::StreamEvent;
use rxtill::domain::sightings::{Offsets, Seen, Sightings};
use rxtill::runtime::clock::SystemClock;
use rxtill::stream::live::{LiveFrom, LiveOptions, LiveRecord, LiveScope, LiveUpdate, StreamState};
use rxtill::stream::settings::KafkaSettings;

use super::stream_kafka::{event, make, put, raw_partition, read_with, settings, with_topics};

const BOTH: [EventTopic; 2] = [Sales, Audit];

/// An audit event of till T01 with number `seq`.
pub fn cancelled(seq: u64) -> Vec<u8> {
    format!(
        r#"{{"schema":1,"event_id":"01900000-0000-7000-8000-{seq:012}","kind":"basket_cancelled",
        "details":{{"sale_id":"01900000-0000-7000-8000-0000000000aa","lines":2,"value":"10","payment_open":false}},
        "at":"2026-03-02T11:04:00Z","date":"2026-03-02","outlet_id":1,"pharmacy_name":"Mirema meds",
        "pharmacy_region":"Nairobi","till_id":"T01","emp_id":2,"employee":"John","currency":"KES","series":1,"seq":{seq}}}"#
    )
    .into_bytes()
}

/// Such as a till says once a minute.
pub const HEARTBEAT: &str = r#"{"schema":1,"kind":"heartbeat","at":"2026-03-02T11:04:00Z","outlet_id":1,"pharmacy_name":"Mirema meds",
    "pharmacy_region":"Nairobi","till_id":"T01","employee":"John","session":"01900000-0000-7000-8000-0000000000bb",
    "version":"0.1.0","unsent":0,"oldest_s":null,"parked":0,"printer":null,"clock_skew_ms":12}"#;

fn both(from: LiveFrom) -> LiveOptions {
    LiveOptions {
        topics: BOTH.to_vec(),
        ..LiveOptions::sales(from)
    }
}

fn to_the_end(options: LiveOptions) -> LiveOptions {
    LiveOptions {
        until_end: true,
        ..options
    }
}

async fn audit_partition(settings: &KafkaSettings, partition: i32) -> PartitionClient {
    let audit = KafkaSettings {
        topic: settings.audit_topic.clone(),
        ..settings.clone()
    };
    raw_partition(&audit, partition).await
}

/// Topic, partition and offset of each, sorted.
fn places(records: &[LiveRecord]) -> Vec<(EventTopic, i32, i64)> {
    let mut places: Vec<_> = records.iter().map(|r| (r.topic, r.partition, r.offset)).collect();
    places.sort_unstable();
    places
}

#[tokio::test]
async fn both_topics_are_read_to_their_ends_each_numbered_apart() {
    let settings = with_topics().await;
    let sales = raw_partition(&settings, 1).await;
    let audit = audit_partition(&settings, 1).await;
    for seq in [1, 2] {
        put(&sales, Some(&event("T01", seq))).await;
    }
    for value in [
        cancelled(1),
        HEARTBEAT.into(),
        cancelled(3),
        HEARTBEAT.into(),
        cancelled(3),
    ] {
        put(&audit, Some(&value)).await;
    }
    put(&audit_partition(&settings, 0).await, Some(&event("T01", 1))).await;
    let records = read_with(&settings, to_the_end(both(LiveFrom::Beginning)))
        .until_end()
        .await;
    assert_eq!(
        places(&records),
        [
            (Sales, 1, 0),
            (Sales, 1, 1),
            (Audit, 0, 0),
            (Audit, 1, 0),
            (Audit, 1, 1),
            (Audit, 1, 2),
            (Audit, 1, 3),
            (Audit, 1, 4)
        ]
    );
    let mut sightings = Sightings::default();
    for record in &records {
        let seen = record.note_in(&mut sightings);
        let expected = match (record.topic, record.partition, record.offset) {
            (Audit, 0, _) => {
                assert!(record.event.is_err(), "a sale is no audit event");
                Seen::New
            }
            (Audit, _, 2) => Seen::Jump { missing: 1 },
            (Audit, _, 4) => Seen::Repeat,
            (Audit, _, 1 | 3) => {
                assert!(matches!(record.event, Ok(StreamEvent::Heartbeat(_))), "{record:?}");
                Seen::New
            }
            _ => Seen::New,
        };
        assert_eq!(seen, expected, "{record:?}");
    }

    let alone = read_with(&settings, to_the_end(LiveOptions::sales(LiveFrom::Beginning)));
    let mut alone = alone;
    assert_eq!(places(&alone.until_end().await), [(Sales, 1, 0), (Sales, 1, 1)]);
}

#[tokio::test]
async fn a_topic_that_is_missing_is_named_and_keeps_nobody_from_the_other() {
    let settings = settings();
    make(&settings.topic).await;
    let mut reading = read_with(&settings, both(LiveFrom::Now));
    reading
        .state(|state| matches!(state, StreamState::TopicMissing { topic, .. } if *topic == settings.audit_topic))
        .await;
    // Whether the partition's end was looked for before it is written to is not told apart: write until it shows.
    let sales = raw_partition(&settings, 0).await;
    let record = loop {
        put(&sales, Some(&event("T01", 1))).await;
        if let Some(record) = reading.record_within_a_second().await {
            break record;
        }
    };
    assert_eq!((record.topic, record.partition), (Sales, 0));
    make(&settings.audit_topic).await;
    put(&audit_partition(&settings, 0).await, Some(&cancelled(1))).await;
    loop {
        let record = reading.records(1).await.remove(0);
        if record.topic == Audit {
            assert_eq!(record.offset, 0, "all of it is news");
            break;
        }
    }
    reading.live().await;
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was_in_each_partition() {
    let settings = with_topics().await;
    let sales = [raw_partition(&settings, 0).await, raw_partition(&settings, 2).await];
    let audit = audit_partition(&settings, 0).await;
    for seq in 1..=3 {
        put(&sales[0], Some(&event("T01", seq))).await;
        put(&sales[1], Some(&event("T02", seq))).await;
        put(&audit, Some(&cancelled(seq))).await;
    }
    let resume = Offsets::from([((Sales, 0), 2), ((Audit, 0), 3), ((Audit, 2), 0)]);
    let options = LiveOptions {
        resume,
        ..both(LiveFrom::Beginning)
    };
    let mut reading = read_with(&settings, to_the_end(options));
    // What is not among them begins where the others would.
    assert_eq!(
        places(&reading.until_end().await),
        [(Sales, 0, 2), (Sales, 2, 0), (Sales, 2, 1), (Sales, 2, 2)]
    );
    assert!(
        !reading
            .told
            .iter()
            .any(|told| matches!(told, LiveUpdate::Restarted { .. }))
    );

    let resume = Offsets::from([((Sales, 0), 2), ((Sales, 2), 900), ((Audit, 0), -5)]);
    let options = LiveOptions {
        resume,
        ..both(LiveFrom::At(Timestamp::MAX))
    };
    let mut reading = read_with(&settings, to_the_end(options));
    let expected = [
        (Sales, 0, 2),
        (Sales, 2, 0),
        (Sales, 2, 1),
        (Sales, 2, 2),
        (Audit, 0, 0),
        (Audit, 0, 1),
        (Audit, 0, 2),
    ];
    assert_eq!(places(&reading.until_end().await), expected);
    let restarted = LiveUpdate::Restarted {
        topic: Sales,
        partition: 2,
        from: 0,
    };
    assert!(
        reading.told.contains(&restarted),
        "further on than the log goes: it is another: {:?}",
        reading.told
    );
}

#[tokio::test]
async fn from_a_moment_each_topic_begins_with_what_it_received_since() {
    let settings = with_topics().await;
    let sales = raw_partition(&settings, 1).await;
    let audit = audit_partition(&settings, 2).await;
    put(&sales, Some(&event("T01", 1))).await;
    put(&audit, Some(&cancelled(1))).await;
    // The topics' timestamps are the broker's, which has this machine's clock; they count whole milliseconds.
    let before = SystemClock.now();
    while SystemClock.now().as_millisecond() <= before.as_millisecond() {
        tokio::task::yield_now().await;
    }
    let between = SystemClock.now();
    put(&audit, Some(&cancelled(2))).await;
    put(&sales, Some(&event("T01", 2))).await;
    let mut reading = read_with(&settings, to_the_end(both(LiveFrom::At(between))));
    assert_eq!(places(&reading.until_end().await), [(Sales, 1, 1), (Audit, 2, 1)]);
    let options = LiveOptions {
        resume: Offsets::from([((Audit, 2), 0)]),
        ..both(LiveFrom::At(between))
    };
    let mut reading = read_with(&settings, to_the_end(options));
    let expected = [(Sales, 1, 1), (Audit, 2, 0), (Audit, 2, 1)];
    assert_eq!(places(&reading.until_end().await), expected, "but where it goes on");
}

#[tokio::test]
async fn whoever_shares_the_work_reads_its_own_partitions() {
    let settings = with_topics().await;
    for partition in 0..settings.partitions {
        put(&raw_partition(&settings, partition).await, Some(&event("T01", 1))).await;
        put(&audit_partition(&settings, partition).await, Some(&cancelled(1))).await;
    }
    let of = |partitions: &[i32]| {
        to_the_end(LiveOptions {
            scope: LiveScope::Partitions(partitions.iter().copied().collect()),
            ..both(LiveFrom::Beginning)
        })
    };
    let some = read_with(&settings, of(&[0, 2, 77])).until_end().await;
    assert_eq!(
        places(&some),
        [(Sales, 0, 0), (Sales, 2, 0), (Audit, 0, 0), (Audit, 2, 0)]
    );
    let none = read_with(&settings, of(&[77])).until_end().await;
    assert_eq!(places(&none), []);
}
