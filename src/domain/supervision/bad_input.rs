//! Whatever comes by the topics is shown or counted for what it is, and ends nothing.
mod anything;

use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::tests::now;
use super::*;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::name::is_unprintable;

/// Of each kind one as tills write it, and of the topic that it comes by.
fn samples() -> Vec<(EventTopic, Value)> {
    let lines = |text: &str| {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<Value>>()
    };
    let mut samples: Vec<(EventTopic, Value)> = Vec::new();
    for event in lines(include_str!("../event/samples.jsonl")) {
        samples.push((EventTopic::Sales, event));
    }
    for event in lines(include_str!("../audit/samples.jsonl")) {
        samples.push((EventTopic::Audit, event));
    }
    samples.push((EventTopic::Sales, older()));
    samples.push((EventTopic::Audit, heartbeat()));
    samples
}

/// The seven fields of the older tracker.
fn older() -> Value {
    json!({"emp_id": 2, "drug_id": 13, "doc_id": 5, "pharmacy_name": "Mirema meds", "pharmacy_region": "Nairobi",
        "quantity_sold": 2.5, "date_sold": "2024-06-20"})
}

fn heartbeat() -> Value {
    json!({"schema": 1, "kind": "heartbeat", "at": "2026-03-02T06:41:00Z", "outlet_id": 1, "pharmacy_name": "Kilifi Bay",
        "pharmacy_region": "Coast", "till_id": "T01", "employee": "Asha", "session": "01900000-0000-7000-8000-0000000000bb",
        "version": "0.1.0", "unsent": 3, "oldest_s": 40, "parked": 0, "printer": null, "clock_skew_ms": 12})
}

/// A sale just now, changed.
fn sale(change: impl FnOnce(&mut Value)) -> Value {
    let (_, mut event) = samples().remove(0);
    event["sold_at"] = "2026-03-02T06:41:00Z".into();
    change(&mut event);
    event
}

/// A supervisor who has been given those values of a topic, one after the other.
struct Given {
    all: Supervision,
    offset: i64,
}

impl Given {
    fn nothing() -> Self {
        Self {
            all: Supervision::new(Thresholds::default()),
            offset: 0,
        }
    }

    fn bytes(&mut self, topic: EventTopic, value: Option<&[u8]>) -> Result<StreamEvent, String> {
        let event = StreamEvent::read_from(topic, value);
        let record = Record {
            topic,
            partition: 0,
            offset: self.offset,
            received_at: now(),
            event: event.clone(),
        };
        self.offset += 1;
        self.all.take(record, now());
        event.map_err(|unreadable| unreadable.to_string())
    }

    fn sale(&mut self, event: &Value) -> Result<StreamEvent, String> {
        self.text(&event.to_string())
    }

    fn text(&mut self, text: &str) -> Result<StreamEvent, String> {
        self.bytes(EventTopic::Sales, Some(text.as_bytes()))
    }

    fn counts(&self) -> overview::Counts {
        self.all.overview(now()).counts
    }

    fn rows(&mut self) -> Vec<StreamRow> {
        let rows = self.all.fresh().map(|fresh| fresh.rows).unwrap_or_default();
        rows.into_iter().map(|row| StreamRow::clone(&row)).collect()
    }
}

#[test]
fn an_event_of_a_newer_schema_is_shown_as_one() {
    let mut given = Given::nothing();
    for (topic, mut event) in samples() {
        if event.get("schema").is_none() {
            continue;
        }
        event["schema"] = 2.into();
        let reason = given.bytes(topic, Some(event.to_string().as_bytes())).unwrap_err();
        assert_eq!(reason, "schema 2 is not known to this program");
    }
    let rows = given.rows();
    assert!(
        rows.len() > 3 && rows.iter().all(|row| row.what.contains("schema 2")),
        "{rows:?}"
    );
    assert_eq!(given.counts().unreadable, rows.len() as u64);
}

#[test]
fn the_older_trackers_events_are_counted_encoded_once_or_twice() {
    let mut given = Given::nothing();
    let once = older().to_string();
    let twice = Value::from(once.clone()).to_string();
    let thrice = Value::from(twice.clone()).to_string();
    let read = given.text(&once).unwrap();
    assert_eq!(given.text(&twice).as_ref(), Ok(&read));
    assert_eq!(given.text(&format!(" \n{twice}")).as_ref(), Ok(&read));
    given.text(&thrice).unwrap_err();
    given.text("\"\"").unwrap_err();
    assert_eq!((given.counts().older, given.counts().unreadable), (3, 2));
    let rows = given.rows();
    assert_eq!(
        (rows[0].kind, &*rows[0].what),
        (RowKind::Older, "drug 13 (older tracker, 2024-06-20)")
    );
}

#[test]
fn out_of_order_and_repeated_events_count_once_each() {
    let mut given = Given::nothing();
    for seq in [3, 1, 2, 2, 9, 3] {
        given.sale(&sale(|event| event["seq"] = seq.into())).unwrap();
    }
    let counts = given.counts();
    assert_eq!((counts.records, counts.repeats, counts.missing), (6, 2, 5));
    assert_eq!(given.all.overview(now()).head.items, 4);
}

#[test]
fn the_numbers_of_a_struck_sale_are_missing_no_longer_and_an_event_that_bears_one_all_the_same_is_an_alert() {
    let mut given = Given::nothing();
    for seq in [1, 5] {
        given.sale(&sale(|event| event["seq"] = seq.into())).unwrap();
    }
    assert_eq!(given.counts().missing, 3);
    let struck = include_str!("../audit/samples.jsonl")
        .lines()
        .find(|line| line.contains("sale_struck"));
    let mut struck: Value = serde_json::from_str(struck.unwrap()).unwrap();
    struck["details"]["first_seq"] = 2.into();
    given
        .bytes(EventTopic::Audit, Some(struck.to_string().as_bytes()))
        .unwrap();
    let counts = given.counts();
    assert_eq!((counts.missing, counts.unreadable), (1, 0));
    let items = given.all.overview(now()).head.items;
    given.sale(&sale(|event| event["seq"] = 3.into())).unwrap();
    assert_eq!((given.counts().missing, given.counts().differs), (1, 1));
    assert_eq!(given.all.overview(now()).head.items, items, "it is not counted either");
    // Whoever claims that all numbers there are never come is not believed for more than a sale can have.
    struck["seq"] = 17.into();
    struck["event_id"] = Uuid::from_u128(17).to_string().into();
    struck["details"]["lines"] = u32::MAX.into();
    struck["details"]["first_seq"] = (u64::MAX - 3).into();
    given
        .bytes(EventTopic::Audit, Some(struck.to_string().as_bytes()))
        .unwrap();
}

#[test]
fn a_sale_of_a_clock_that_is_a_day_off_is_shown_and_in_no_total_of_today() {
    let mut given = Given::nothing();
    given.sale(&sale(|event| event["seq"] = 1.into())).unwrap();
    for (seq, hours, date) in [(2, 24, "2026-03-03"), (3, 48, "2026-03-04"), (4, -24, "2026-03-01")] {
        let at = now() + SignedDuration::from_hours(hours);
        let event = sale(|event| {
            event["seq"] = seq.into();
            event["sold_at"] = at.to_string().into();
            event["date_sold"] = date.into();
        });
        given.sale(&event).unwrap();
    }
    assert_eq!(given.rows().len(), 4);
    let overview = given.all.overview(now());
    assert_eq!((overview.head.items, overview.counts.far_off), (1, 1));
    assert!(overview.outlets[0].last_hour[11] > 0 && overview.outlets[0].last_sale <= Some(now()));
}

#[test]
fn an_outlet_that_nobody_knows_counts_by_the_name_that_it_gives() {
    let mut given = Given::nothing();
    let event = sale(|event| {
        event["outlet_id"] = i64::MIN.into();
        event["pharmacy_name"] = "No\u{1b}[2Jwhere\u{202e}".into();
    });
    given.sale(&event).unwrap();
    let overview = given.all.overview(now());
    let line = &overview.outlets[0];
    assert!(
        !line.is_known && line.sales == 1 && !line.name.contains(is_unprintable),
        "{line:?}"
    );
}

#[test]
fn absurd_numbers_are_no_numbers() {
    let mut given = Given::nothing();
    let text = sale(|_| {}).to_string();
    let number = |field: &str, value: &str| {
        let event: Value = serde_json::from_str(&text).unwrap();
        let before = format!("\"{field}\":{}", event[field]);
        assert!(text.contains(&before), "{before}");
        text.replace(&before, &format!("\"{field}\":{value}"))
    };
    let thirty = "123456789012345678901234567890";
    for (field, value) in [
        ("quantity_sold", "1e400"),
        ("quantity_sold", "1e27"),
        ("quantity_sold", "1e-400"),
        ("quantity_sold", "1000000000000"),
        ("quantity_sold", thirty),
        ("quantity_sold", "0.123456789012345678901234567890"),
        ("line_total", "\"1e27\""),
        ("line_total", &format!("\"{thirty}\"")),
        ("line_total", "\"NaN\""),
        ("line_no", "-1"),
        ("line_no", "0"),
        ("line_no", "1e3"),
        ("outlet_id", "9223372036854775808"),
        ("outlet_id", "1.5"),
        ("drug_id", "-9223372036854775809"),
        ("emp_id", thirty),
        ("seq", "18446744073709551616"),
        ("seq", "0"),
        ("seq", "-1"),
        ("series", "4294967296"),
        ("sold_at", "\"+999999-01-01T00:00:00Z\""),
        ("sold_at", "1e18"),
        ("date_sold", "\"2026-02-30\""),
    ] {
        let read = given.text(&number(field, value));
        assert!(read.is_err(), "{field} {value}: {read:?}");
    }
    let counts = given.counts();
    assert_eq!((counts.unreadable, counts.records), (23, 23));
    assert!(given.rows().iter().all(|row| !row.what.contains(is_unprintable)));
}

#[test]
fn the_largest_that_are_numbers_can_be_summed_without_end() {
    let mut given = Given::nothing();
    let most = "999999999999.9999";
    for seq in [u64::MAX, 1, u64::MAX - 1, u64::MAX] {
        let event = sale(|event| {
            event["seq"] = seq.into();
            event["line_total"] = most.into();
            event["quantity_sold"] = serde_json::from_str("999999999999").unwrap();
        });
        given.sale(&event).unwrap();
    }
    let overview = given.all.overview(now());
    assert_eq!(overview.head.revenue[0].sum.to_string(), "2999999999999.9997");
    assert_eq!(
        (overview.counts.repeats, overview.counts.missing),
        (1, 0),
        "all that is missing came late"
    );

    // And products of the largest.
    let (_, template) = samples()
        .into_iter()
        .find(|(_, event)| event["kind"] == "price_override")
        .unwrap();
    let text = template.to_string();
    let event: Value = serde_json::from_str(&text).unwrap();
    let Ok(StreamEvent::Audit(mut audit)) = StreamEvent::read_from(EventTopic::Audit, Some(text.as_bytes())) else {
        panic!("{event}")
    };
    if let crate::domain::audit::Happening::PriceOverride {
        before,
        after,
        quantity,
        ..
    } = &mut audit.happening
    {
        *before = most.parse().unwrap();
        *after = (-*before) - *before;
        *quantity = "999999999999".parse().unwrap();
    }
    for seq in 1..50 {
        audit.seq = seq;
        let record = Record {
            topic: EventTopic::Audit,
            partition: 0,
            offset: 0,
            received_at: now(),
            event: Ok(StreamEvent::Audit(audit.clone())),
        };
        given.all.take(record, now());
    }
    given.all.overview(now());
}
