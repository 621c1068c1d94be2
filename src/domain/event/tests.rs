//! What is read of a topic, and that document, code and the samples of every version say the same.
use serde_json::Value;

use super::*;

/// What tills published before sale events said how the sale was paid. Never edited: a later version adds a file of its own.
const BEFORE_PAYMENTS: &str = include_str!("samples_before_payments.jsonl");
/// The same sale as tills publish it now.
const SAMPLES: &str = include_str!("samples.jsonl");
const DOCUMENT: &str = include_str!("../../../docs/events.md");
/// The canonical bytes of that sale: two lines, one with its batch, paid by phone and in coins that its total does not come to.
const BYTES: &str = include_str!("samples_sale.json");

const EXAMPLE: &str = r#"{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11","sale_id":"01900000-0000-7000-8000-000000000001","line_no":1,"kind":"sale",
    "emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":115,"date_sold":"2024-06-20",
    "sold_at":"2024-06-20T09:14:03.412Z","outlet_id":1,"till_id":"T01","employee":"John","drug":"Aspirin 300 mg","doctor":"Mwabili",
    "unit":"tab","unit_qty":"115","unit_factor":"1","unit_price":"12.50","discount":"0.00","line_total":"1437.50","currency":"KES","receipt":"T01-000123",
    "chain":"41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647","series":1,"seq":4711,"lines":3,"refund_of":null,"added_later":[1]}"#;

fn with(change: impl Fn(&mut serde_json::Value)) -> Result<StreamEvent, Unreadable> {
    let mut value: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut value);
    StreamEvent::read(Some(value.to_string().as_bytes()))
}

#[test]
fn a_field_added_later_is_ignored_and_the_event_comes_out_as_it_went_in() {
    let Ok(StreamEvent::Sale(event)) = StreamEvent::read(Some(EXAMPLE.as_bytes())) else {
        panic!()
    };
    let out = serde_json::to_string(&event).unwrap();
    assert!(out.contains(r#""quantity_sold":115,"#), "{out}");
    assert_eq!(StreamEvent::read(Some(out.as_bytes())), Ok(StreamEvent::Sale(event)));
}

#[test]
fn the_older_trackers_events_are_read() {
    let older = br#"{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":2.50,"date_sold":"2024-06-20"}"#;
    let Ok(StreamEvent::Older(event)) = StreamEvent::read(Some(older)) else {
        panic!()
    };
    assert_eq!(event.quantity_sold.to_string(), "2.5");
}

#[test]
fn hostile_malformed_and_future_records_are_unreadable_with_a_reason() {
    assert!(StreamEvent::read(None).is_err());
    for bad in [&b"\xff\xfe"[..], b"", b"[]", b"{", b"null", b"{\"schema\":\"\x1b[2J\"}"] {
        let reason = StreamEvent::read(Some(bad)).unwrap_err().to_string();
        assert!(!reason.is_empty() && !reason.contains('\x1b'), "{reason:?}");
    }
    assert!(
        with(|v| v["schema"] = 2.into())
            .unwrap_err()
            .to_string()
            .contains("schema 2")
    );
    assert!(with(|v| v["line_total"] = "1e99".into()).is_err());
    assert!(with(|v| v["line_no"] = 4.into()).is_err());
    let huge = EXAMPLE.replace(":115,", ":1e400,");
    assert!(StreamEvent::read(Some(huge.as_bytes())).is_err());
}

#[test]
fn an_events_id_is_that_of_its_sale_and_line() {
    let sale = Uuid::from_u128(1);
    assert_eq!(event_id(sale, 1), event_id(sale, 1));
    assert_ne!(event_id(sale, 1), event_id(sale, 2));
}

fn sales(samples: &str) -> Vec<SaleEvent> {
    let read = |line: &str| match StreamEvent::read(Some(line.as_bytes())) {
        Ok(StreamEvent::Sale(event)) => *event,
        other => panic!("{other:?}: {line}"),
    };
    samples.lines().map(read).collect()
}

/// The events that the code makes of the sale, by the rows that the samples name.
fn made() -> Vec<SaleEvent> {
    let bytes = BYTES.trim_end().as_bytes().to_vec();
    let hash = Hash::GENESIS.then(&bytes);
    let record = SaleRecord::read(Hash::GENESIS, hash, bytes, Vec::new()).unwrap();
    let ids = RowIds {
        outlet: 1,
        employee: 2,
        doctor: 5,
        drugs: vec![13, 14],
    };
    SaleEvent::of(&record, &ids)
}

#[test]
fn the_samples_of_every_version_are_read_and_come_out_as_they_went_in() {
    for samples in [BEFORE_PAYMENTS, SAMPLES] {
        for (line, event) in samples.lines().zip(sales(samples)) {
            let was: Value = serde_json::from_str(line).unwrap();
            assert_eq!(was, serde_json::to_value(&event).unwrap());
        }
    }
}

#[test]
fn the_bytes_of_a_sale_give_the_sample_and_with_its_first_line_alone_how_it_was_paid() {
    let made = made();
    let lines: Vec<_> = made.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(lines, SAMPLES.lines().collect::<Vec<_>>());
    let paid: Vec<_> = made[0].payments.iter().map(|paid| paid.money().unwrap()).collect();
    let total: Money = made.iter().map(|event| event.total().unwrap()).sum();
    assert_eq!(paid.iter().copied().sum::<Money>(), total, "the rounding is among them");
    assert!(made[1].payments.is_empty());
    assert!(!SAMPLES.contains("QFL3X9K2ZD"), "a payment's reference is in no event");
    let said: Vec<_> = made.iter().map(|event| event.without_payments().into_owned()).collect();
    assert_eq!(said, sales(BEFORE_PAYMENTS), "but for them it is what it always was");
}

#[test]
fn an_event_that_was_published_before_payments_is_told_by_its_sale_and_another_one_is_not() {
    let made = made();
    for (event, published) in made.iter().zip(sales(BEFORE_PAYMENTS)) {
        assert!(event.is_told_by(event) && event.is_told_by(&published));
        let dearer = SaleEvent {
            line_total: "9.99".to_owned(),
            ..published
        };
        assert!(!event.is_told_by(&dearer));
    }
    let mut paid_otherwise = made[0].clone();
    paid_otherwise.payments.swap(0, 1);
    assert!(!made[0].is_told_by(&paid_otherwise));
    let mut paid_again = made[1].clone();
    paid_again.payments = made[0].payments.clone();
    assert!(!made[1].is_told_by(&paid_again));
}

#[test]
fn a_return_says_what_was_paid_out_as_less_than_nothing() {
    let bytes = BYTES.replace(r#""amount":"1437.5""#, r#""amount":"-1437.5""#);
    let record = SaleRecord::read(Hash::GENESIS, Hash::GENESIS, bytes.into_bytes(), Vec::new()).unwrap();
    assert_eq!(paid(&record.document.sale)[0].amount, "-1437.50");
}

#[test]
fn the_document_names_every_field_of_a_sale_event() {
    let section = DOCUMENT.split("# The audit event").next().unwrap();
    for line in SAMPLES.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let payments = event["payments"].as_array().into_iter().flatten();
        let inside = payments.flat_map(|paid| paid.as_object().unwrap().keys());
        for field in event.as_object().unwrap().keys().chain(inside) {
            assert!(
                section.contains(&format!("`{field}`")),
                "{field} is not in docs/events.md"
            );
        }
    }
}

#[test]
fn an_absurd_payment_makes_a_record_unreadable_and_no_more() {
    for amount in ["1e99", "much", ""] {
        let read = with(|v| v["payments"] = serde_json::json!([{"tender": "Cash", "amount": amount}]));
        assert!(read.unwrap_err().to_string().starts_with("payments"), "{amount}");
    }
}
