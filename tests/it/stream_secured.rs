//! The stream against a broker that wants TLS and a login.
use std::sync::Arc;
use std::time::Duration;

use rxtill::domain::secret::Secret;
use rxtill::runtime::clock::SystemClock;
use rxtill::store::ports::OutboxRow;
use rxtill::stream::admin::{TopicOutcome, check_topics, ensure_topics};
use rxtill::stream::fault::{Fault, StreamError};
use rxtill::stream::live::{LiveFrom, LiveOptions, LiveSource, LiveUpdate, StreamState, run};
use rxtill::stream::producer::{KafkaProducer, Producer as _};
use rxtill::stream::settings::{KafkaSettings, SaslMechanism, Tls};
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::secured::SecuredKafka;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);

/// A password that the broker does not know, and that nothing may show.
const WRONG: &str = "wr0ng-pass";

/// One broker for all of it: to start one takes seconds.
#[tokio::test]
async fn a_secured_broker_is_used_with_the_right_login_and_every_refusal_says_what_to_do() {
    let kafka = SecuredKafka::start();
    let ways = [
        kafka.by_tls(),
        kafka.by_login(SaslMechanism::Plain),
        kafka.by_login(SaslMechanism::ScramSha256),
        kafka.by_login(SaslMechanism::ScramSha512),
    ];
    for settings in &ways {
        topics_are_made_and_an_event_goes_through(settings).await;
    }

    // The cheapest login: in a test build, a SCRAM proof takes half a second of the processor.
    let login = || kafka.by_login(SaslMechanism::Plain);
    let by_tls = |tls: Tls| KafkaSettings { tls, ..login() };
    // The right broker at the wrong port.
    let at_plain_port = |mut settings: KafkaSettings| {
        settings.brokers = vec![kafka.plain_port()];
        settings
    };
    let without_login = |mut settings: KafkaSettings| {
        settings.sasl = None;
        settings
    };
    let mut refusals = vec![
        (
            by_tls(kafka.trusting("other.pem")),
            Fault::Denied,
            "authority's file as ca",
        ),
        (by_tls(Tls::On { ca: None }), Fault::Denied, "authority's file as ca"),
        (by_tls(kafka.trusting("missing.pem")), Fault::Denied, "missing.pem"),
        (
            SecuredKafka::by_name(login()),
            Fault::Denied,
            "valid for IpAddress(127.0.0.1)",
        ),
        (at_plain_port(login()), Fault::Denied, "tls = \"off\""),
        (at_plain_port(by_tls(Tls::Off)), Fault::Denied, "sasl = \"off\""),
        (without_login(login()), Fault::Unreachable, "TLS or a login"),
    ];
    for mechanism in [
        SaslMechanism::Plain,
        SaslMechanism::ScramSha256,
        SaslMechanism::ScramSha512,
    ] {
        let mut settings = kafka.by_login(mechanism);
        settings.sasl.as_mut().unwrap().password = Secret::new(WRONG);
        refusals.push((settings, Fault::Denied, "RXTILL_KAFKA_PASSWORD"));
    }
    for (settings, fault, words) in &refusals {
        is_refusal(&check_topics(settings).await.unwrap_err(), *fault, words);
        is_refusal(&probe(settings).await, *fault, words);
    }
    let (settings, fault, words) = &refusals[0];
    let told = feed(settings, |update| match update {
        LiveUpdate::State(StreamState::Reconnecting { reason, .. }) => Some(reason.clone()),
        _ => None,
    });
    is_refusal(&StreamError::new(*fault, &told.await), *fault, words);

    let plain_text = by_tls(Tls::Off);
    for refused in [check_topics(&plain_text).await.unwrap_err(), probe(&plain_text).await] {
        is_refusal(&refused, Fault::Denied, "TLS wanted there");
    }
}

async fn topics_are_made_and_an_event_goes_through(settings: &KafkaSettings) {
    let reports = ensure_topics(settings).await.unwrap();
    assert!(reports.iter().all(|r| r.outcome == TopicOutcome::Made), "{reports:?}");
    let reports = check_topics(settings).await.unwrap();
    assert!(
        reports.iter().all(|r| r.outcome == TopicOutcome::AsPlanned),
        "{reports:?}"
    );
    let row = OutboxRow {
        id: Uuid::from_u128(1),
        topic: settings.topic.clone(),
        key: "1".to_owned(),
        payload: "through TLS".to_owned(),
        till: "T01".parse().unwrap(),
        series: 1,
        seq: 1,
        marked: false,
    };
    let producer = KafkaProducer::new(settings.clone(), Arc::new(SystemClock));
    producer.produce(&[row]).await.unwrap();
    let came = feed(settings, |update| match update {
        LiveUpdate::Records(records) => Some(records.len()),
        _ => None,
    });
    assert_eq!(came.await, 1);
}

async fn probe(settings: &KafkaSettings) -> StreamError {
    let producer = KafkaProducer::new(settings.clone(), Arc::new(SystemClock));
    producer.probe(&settings.topic, "1").await.unwrap_err()
}

/// Says what to do, and shows no password.
fn is_refusal(refusal: &StreamError, fault: Fault, words: &str) {
    assert_eq!(refusal.fault, fault, "{refusal}");
    assert!(refusal.reason.contains(words), "not “{words}”: {refusal}");
    assert!(!refusal.reason.contains(WRONG), "{refusal}");
}

/// Reads the topic from its beginning, until `wanted` finds it in an update.
async fn feed<T>(settings: &KafkaSettings, wanted: impl Fn(&LiveUpdate) -> Option<T>) -> T {
    let (sender, mut updates) = mpsc::channel(16);
    let (_commands, commanded) = mpsc::channel(1);
    let options = LiveOptions::sales(LiveFrom::Beginning);
    let source = LiveSource::Kafka(settings.clone());
    let mut heard = Vec::new();
    let finding = async {
        loop {
            let update = updates.recv().await?;
            if let Some(found) = wanted(&update) {
                return Some(found);
            }
            heard.push(update);
        }
    };
    let found = tokio::select! {
        found = timeout(BOUND, finding) => found.ok().flatten(),
        () = run(source, options, commanded, sender, Arc::new(SystemClock), std::future::pending()) => None,
    };
    found.unwrap_or_else(|| panic!("never told: {heard:?}"))
}
