//! Anything at all, and samples that were damaged: it is taken in.
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::name::is_unprintable;
use crate::domain::sightings::Sightings;
use crate::domain::supervision::tests::now;
use crate::domain::supervision::{Record, StreamRow, Supervision, Thresholds};

/// Values that programs trip over.
fn nasty() -> impl Strategy<Value = Value> {
    let numbers = [
        "1e400",
        "1e27",
        "-0.0",
        "1e-400",
        "999999999999",
        "-999999999999.9999",
        "18446744073709551615",
        "9223372036854775807",
        "-9223372036854775808",
        "123456789012345678901234567890",
        "0",
        "1",
        "-1",
    ];
    let texts = [
        "",
        "\u{1b}[2J",
        "\u{202e}\u{9b}31m",
        "999999999999.9999",
        "-999999999999",
        "1e27",
        "NaN",
        "٣",
        "9999-12-30T22:00:00.999999999Z",
        "-009999-01-02T01:59:59Z",
        "9999-12-31",
        "-9999-01-01",
        "KES",
        "K\u{301}ES",
        "return",
        "void",
        "line_removed",
        "heartbeat",
        "00000000-0000-0000-0000-000000000000",
    ];
    prop_oneof![
        prop::sample::select(numbers.to_vec()).prop_map(|n| serde_json::from_str(n).unwrap_or(Value::Null)),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
    ]
}

/// One of the samples with a few of its fields made nasty, in its details too.
fn mutated() -> impl Strategy<Value = (EventTopic, Vec<u8>)> {
    let fields = prop::collection::vec((any::<prop::sample::Index>(), nasty()), 0..4);
    (prop::sample::select(samples()), fields, 0_u8..3).prop_map(|((topic, mut event), fields, encoded)| {
        for (place, value) in fields {
            let mut keys: Vec<(Option<&str>, String)> = Vec::new();
            if let Some(object) = event.as_object() {
                keys.extend(object.keys().map(|key| (None, key.clone())));
            }
            if let Some(details) = event["details"].as_object() {
                keys.extend(details.keys().map(|key| (Some("details"), key.clone())));
            }
            match place.get(&keys).clone() {
                (None, key) => event[key] = value,
                (Some(within), key) => event[within][key] = value,
            }
        }
        let text = event.to_string();
        let text = if encoded == 0 {
            Value::from(text).to_string()
        } else {
            text
        };
        (topic, text.into_bytes())
    })
}

/// Bytes, or a sample of which bytes were lost, doubled or changed.
fn anything() -> impl Strategy<Value = (EventTopic, Vec<u8>)> {
    let topic = prop_oneof![Just(EventTopic::Sales), Just(EventTopic::Audit)];
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 0..6);
    let damaged = (mutated(), damage).prop_map(|((topic, mut bytes), damage)| {
        for (place, byte, how) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        (topic, bytes)
    });
    prop_oneof![
        4 => mutated(),
        2 => damaged,
        1 => (topic, prop::collection::vec(any::<u8>(), 0..200)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_comes_is_taken_in_and_no_text_of_it_steers_a_terminal(
        records in prop::collection::vec((anything(), -3_i64..3), 1..30),
        at in prop_oneof![Just(now()), Just(Timestamp::MIN), Just(Timestamp::MAX)],
    ) {
        let mut all = Supervision::new(Thresholds::default());
        let mut sightings = Sightings::default();
        let mut count = 0;
        for ((topic, bytes), offset) in records {
            let event = StreamEvent::read_from(topic, Some(&bytes));
            if let Ok(event) = &event {
                let row = StreamRow::of(event, at);
                let texts = [&row.outlet, &row.till, &row.employee, &row.doctor, &row.what, &row.quantity, &row.currency, &row.receipt];
                for text in texts {
                    prop_assert!(!text.contains(is_unprintable), "{row:?}");
                }
                sightings.note(event, 0, offset);
            }
            let reason = event.as_ref().err().map(ToString::to_string).unwrap_or_default();
            prop_assert!(!reason.contains(is_unprintable), "{reason:?}");
            all.take(Record { topic, partition: 0, offset, received_at: at, event }, at);
            count += 1;
        }
        all.tick(at, false);
        let overview = all.overview(at);
        prop_assert_eq!(overview.counts.records, count);
        for alert in all.untold() {
            prop_assert!(!alert.headline.contains(is_unprintable), "{alert:?}");
        }
        let kept = serde_json::to_vec(&all.kept()).unwrap();
        let again = Supervision::restored(Thresholds::default(), serde_json::from_slice(&kept).unwrap());
        prop_assert_eq!(again.map(|again| again.overview(at).counts), Ok(overview.counts));
        prop_assert_eq!(Sightings::restored(sightings.kept()).kept().len(), sightings.kept().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn rules_compare_whatever_they_are_told_with_its_peers(
        events in prop::collection::vec(mutated(), 1..4),
        at in prop_oneof![Just(now()), Just(Timestamp::MIN), Just(Timestamp::MAX)],
    ) {
        let mut all = Supervision::new(Thresholds::default());
        for n in 0..90_u32 {
            // One of five does most of it, and says the same each time.
            let who = i64::from(if n % 10 < 6 { 0 } else { n % 5 });
            let id = uuid::Uuid::from_u128(u128::from(n) + 1);
            for (topic, bytes) in &events {
                let Ok(mut event) = StreamEvent::read_from(*topic, Some(bytes)) else { continue };
                match &mut event {
                    StreamEvent::Sale(sale) => {
                        (sale.emp_id, sale.seq, sale.sale_id) = (who, u64::from(n) + 1, id);
                        (sale.line_no, sale.lines) = (1, 1);
                    }
                    StreamEvent::Audit(audit) => (audit.emp_id, audit.seq) = (Some(who), u64::from(n) + 1),
                    StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => {}
                }
                let record = Record { topic: *topic, partition: 0, offset: n.into(), received_at: at, event: Ok(event) };
                all.take(record, at);
            }
        }
        all.tick(at, false);
        all.overview(at);
        for alert in all.untold() {
            for words in alert.figures.iter().chain([&alert.headline]) {
                prop_assert!(!words.contains(is_unprintable), "{alert:?}");
            }
        }
    }
}
