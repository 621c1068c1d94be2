//! What is found, event by event; the sides themselves are the runtime's.
use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::domain::event::{EventPayment, StreamEvent, event_id};

const SOLD: &str = "2026-03-02T21:30:00Z";

/// A sale of one line, with the event's number as its receipt's.
pub(crate) fn event(till: &str, seq: u64) -> SaleEvent {
    let sale = Uuid::new_v5(&Uuid::nil(), format!("{till} {seq}").as_bytes());
    let text = format!(
        r#"{{"schema":1,"event_id":"{}","sale_id":"{sale}","line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,
        "pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi","quantity_sold":2,"date_sold":"2026-03-03",
        "sold_at":"{SOLD}","outlet_id":1,"till_id":"{till}","employee":"John","drug":"Aspirin 300 mg","doctor":null,
        "unit":"tab","unit_qty":"2","unit_factor":"1","unit_price":"12.50","discount":"0.00","line_total":"25.00",
        "currency":"KES","receipt":"{till}-{seq:06}","chain":"{}","series":1,"seq":{seq},"lines":1,"refund_of":null,
        "payments":[{{"tender":"Cash","amount":"25.00"}}]}}"#,
        event_id(sale, 1),
        "0".repeat(64),
    );
    read(&text)
}

fn read(text: &str) -> SaleEvent {
    match StreamEvent::read(Some(text.as_bytes())) {
        Ok(StreamEvent::Sale(event)) => *event,
        other => panic!("{other:?}"),
    }
}

fn own(seq: u64) -> Own {
    Own::of(&event("T01", seq), seq)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// T01 has sold ten times at noon; one partition begins at that offset.
fn comparison(period: Period, first: i64) -> Comparison {
    let heads = BTreeMap::from([((TillKey::of("T01"), 1), 10)]);
    Comparison::new(
        period,
        (heads, at("2026-03-03T12:00:00Z")),
        BTreeMap::from([(0, first)]),
    )
}

/// What becomes of an event of the store, with these records at its place and so in the outbox.
fn judged(comparison: &mut Comparison, own: &Own, records: &[SaleEvent], outbox: Option<InOutbox>) -> Option<Finding> {
    let mut standing = Standing::default();
    for record in records {
        comparison.told(own, &Told::of(record, 0).unwrap(), &mut standing);
    }
    let (is_absent, found) = comparison.heard(own, standing);
    if !is_absent {
        return found;
    }
    let may_be_deleted = comparison.may_be_deleted(0);
    comparison.absent(own, may_be_deleted, outbox)
}

fn marked(time: &str) -> InOutbox {
    InOutbox {
        marked_at: Some(at(time)),
        set_aside: false,
    }
}

#[test]
fn an_event_is_missing_only_if_it_was_acknowledged_before_the_end_that_was_read() {
    let mut comparison = comparison(Period::default(), 0);
    let mut judge = |seq, outbox| judged(&mut comparison, &own(seq), &[], outbox);
    assert_eq!(judge(1, Some(InOutbox::default())), None);
    assert_eq!(judge(2, Some(marked("2026-03-03T12:00:00.001Z"))), None);
    let refused = InOutbox {
        set_aside: true,
        ..InOutbox::default()
    };
    assert_eq!(judge(3, Some(refused)), None);
    let Some(Finding::Missing(named)) = judge(4, Some(marked("2026-03-03T12:00:00Z"))) else {
        panic!("it is missing")
    };
    assert_eq!(
        (named.event_id, named.to_string()),
        (own(4).event_id, "T01-000004 line 1".to_owned())
    );
    assert!(
        matches!(judge(5, None), Some(Finding::Missing(_))),
        "purged once it was published"
    );
    let counts = comparison.counts();
    assert_eq!(
        (counts.database, counts.topic, counts.waiting, counts.set_aside),
        (5, 0, 2, 1)
    );
}

#[test]
fn what_the_brokers_may_have_deleted_is_expired_and_what_comes_after_something_that_is_there_is_not() {
    let mut comparison = comparison(Period::default(), 3);
    assert_eq!(judged(&mut comparison, &own(1), &[], None), None);
    assert_eq!(judged(&mut comparison, &own(2), &[event("T01", 2)], None), None);
    assert!(matches!(
        judged(&mut comparison, &own(3), &[], None),
        Some(Finding::Missing(_))
    ));
    assert_eq!(comparison.counts().expired, 1);
    // Of another till nothing is there yet.
    assert!(judged(&mut comparison, &Own::of(&event("T00", 1), 1), &[], None).is_none());
}

#[test]
fn a_repeat_is_counted_and_one_with_other_values_is_different() {
    let mut comparison = comparison(Period::default(), 0);
    assert_eq!(
        judged(&mut comparison, &own(1), &[event("T01", 1), event("T01", 1)], None),
        None
    );
    let mut other = event("T01", 2);
    other.line_total = "26.00".to_owned();
    for records in [vec![other.clone()], vec![event("T01", 2), other]] {
        let found = judged(&mut comparison, &own(2), &records, None);
        assert!(matches!(found, Some(Finding::Different(named)) if named.event_id == own(2).event_id));
    }
    let counts = comparison.counts();
    assert_eq!((counts.database, counts.topic, counts.repeated), (3, 3, 2));
}

#[test]
fn values_are_compared_and_not_bytes_and_an_event_from_before_there_were_payments_is_the_same() {
    let now = event("T01", 1);
    let text = serde_json::to_string(&now).unwrap();
    let spaced = text
        .replace("\"quantity_sold\":2,", "\"quantity_sold\" : 2.000 ,")
        .replace("\"unit_qty\":\"2\"", "\"unit_qty\":\"2.0\"")
        .replacen('{', "{\"added_later\":[1],", 1);
    assert_ne!(spaced, text);
    let own = Own::of(&now, 1);
    for same in [read(&spaced), now.without_payments().into_owned()] {
        assert_eq!(judged(&mut comparison(Period::default(), 0), &own, &[same], None), None);
    }
    let mut otherwise = now;
    otherwise.payments = vec![EventPayment {
        tender: "Card".to_owned(),
        amount: "25.00".to_owned(),
    }];
    let found = judged(&mut comparison(Period::default(), 0), &own, &[otherwise], None);
    assert!(matches!(found, Some(Finding::Different(_))));
}

#[test]
fn what_the_store_does_not_have_is_extra_once_however_often_it_is_there() {
    let mut comparison = comparison(Period::default(), 0);
    let told = |till: &str, seq| Told::of(&event(till, seq), 0).unwrap();
    assert!(matches!(comparison.extra(&told("T01", 1)), Some(Finding::Extra(_))));
    assert_eq!(comparison.extra(&told("T01", 1)), None);
    let Some(Finding::Extra(named)) = comparison.extra(&told("no till's id", 1)) else {
        panic!("it is extra")
    };
    assert_eq!(named.to_string(), "no till, series 1, number 1");
    let counts = comparison.counts();
    assert_eq!((counts.topic, counts.repeated), (2, 1));
}

#[test]
fn what_was_sold_since_is_left_out_on_both_sides() {
    let mut comparison = comparison(Period::default(), 0);
    assert_eq!(judged(&mut comparison, &own(11), &[], None), None);
    assert_eq!(judged(&mut comparison, &own(12), &[event("T01", 12)], None), None);
    assert_eq!(comparison.counts(), Counts::default());
}

#[test]
fn a_sale_that_was_altered_beyond_reading_is_different() {
    let altered = Own {
        values: Vec::new(),
        ..own(1)
    };
    let found = judged(
        &mut comparison(Period::default(), 0),
        &altered,
        &[event("T01", 1)],
        None,
    );
    assert!(matches!(found, Some(Finding::Different(_))));
}

#[test]
fn a_period_goes_by_the_outlets_day_or_by_the_moment_of_the_sale() {
    // Sold at half past midnight in Nairobi.
    let is_in = |since: Option<&str>, until: Option<&str>| {
        let edge = |text: Option<&str>| text.map(|text| text.parse::<Edge>().unwrap());
        let period = Period {
            since: edge(since),
            until: edge(until),
        };
        let mut comparison = comparison(period, 0);
        judged(&mut comparison, &own(1), &[], Some(marked(SOLD)));
        let own_counts = comparison.counts().database == 1;
        let told = Told::of(&event("T01", 1), 0).unwrap();
        assert_eq!(
            comparison.extra(&told).is_some(),
            own_counts,
            "both sides go by the same"
        );
        comparison.parked(Some((at(SOLD), jiff::civil::date(2026, 3, 3))), 2);
        assert_eq!(comparison.counts().parked == 2, own_counts);
        own_counts
    };
    assert!(is_in(Some("2026-03-03"), Some("2026-03-03")));
    assert!(!is_in(None, Some("2026-03-02")) && !is_in(Some("2026-03-04"), None));
    assert!(
        is_in(Some(SOLD), None) && !is_in(None, Some(SOLD)),
        "from a moment on, and before one"
    );
    assert!(is_in(
        Some("2026-03-03T00:30:00+03:00"),
        Some("2026-03-02T21:30:00.001Z")
    ));
    for bad in ["yesterday", "2026-03-02T10:00", "2026-03", "20260302", ""] {
        assert!(bad.parse::<Edge>().is_err(), "{bad}");
    }
}

#[test]
fn what_is_put_aside_comes_back_as_it_was_and_tills_keep_their_order() {
    for till in ["T01", "a-till_of-16-chr", "T1", "whatever this is, it is no till"] {
        let mut told = Told::of(&event(till, u64::MAX - 1), -1).unwrap();
        told.number = 7;
        assert_eq!(Told::from_bytes(&told.to_bytes()), told);
        let named = Named {
            sale_id: Uuid::max(),
            ..Named::from(&told)
        };
        assert_eq!(Named::from_bytes(&named.to_bytes()), named);
    }
    let mut tills = ["T1", "T01", "T-1", "t1", "T11", "T1A"];
    tills.sort_unstable();
    assert!(tills.is_sorted_by_key(|till| TillKey::of(till)));
    assert_eq!(TillKey::of("T11").till().unwrap().as_str(), "T11");
    assert!(TillKey::of("T 1") == TillKey::NONE && TillKey::NONE.till().is_none());
}
