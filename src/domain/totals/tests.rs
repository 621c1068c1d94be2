use super::*;

fn sale(quantity: &str, total: &str, currency: &str) -> StreamEvent {
    let json = format!(
        r#"{{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11","sale_id":"01900000-0000-7000-8000-000000000001",
        "line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi",
        "quantity_sold":{quantity},"date_sold":"2024-06-20","sold_at":"2024-06-20T09:14:03.412Z","outlet_id":1,
        "till_id":"T01","employee":"John","drug":"Aspirin","doctor":null,"unit":"tab","unit_qty":"1","unit_factor":"1",
        "unit_price":"1","discount":"0","line_total":"{total}","currency":"{currency}","receipt":"T01-000001","chain":"{}",
        "series":1,"seq":1,"lines":1,"refund_of":null}}"#,
        "0".repeat(64),
    );
    StreamEvent::read(Some(json.as_bytes())).unwrap()
}

fn older(quantity: &str) -> StreamEvent {
    let json = format!(
        r#"{{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"Nairobi",
        "quantity_sold":{quantity},"date_sold":"2024-06-20"}}"#
    );
    StreamEvent::read(Some(json.as_bytes())).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a place is optional where it is counted")]
fn at(partition: i32, offset: i64) -> Option<EventPlace> {
    Some(EventPlace { partition, offset })
}

fn total(events: &[(StreamEvent, Option<EventPlace>)]) -> PairTotal {
    let mut total = PairTotal::before(&events[0].0);
    for (event, place) in events {
        total.count(event, *place).unwrap();
    }
    total
}

fn json(total: &PairTotal) -> serde_json::Value {
    serde_json::from_str(&total.value().unwrap()).unwrap()
}

#[test]
fn a_record_is_the_last_event_with_the_totals_behind_it_and_is_read_back_as_it_was() {
    let total = total(&[
        (sale("115", "1437.50", "KES"), at(2, 7)),
        (sale("-15.5", "-193.75", "KES"), at(2, 9)),
    ]);
    assert_eq!(total.pair(), "13--Mirema meds");
    let value = total.value().unwrap();
    assert!(value.contains(r#""quantity_sold":-15.5,"#), "{value}");
    assert!(
        value.ends_with(
            r#""total_quantity_sold":99.5,"total_revenue":"1243.75","total_currency":"KES","source":{"partition":2,"offset":9}}"#
        ),
        "{value}"
    );
    assert_eq!(PairTotal::read(value.as_bytes()), Ok(total));
}

#[test]
fn what_the_older_tracker_sold_is_counted_without_a_price() {
    let both = total(&[(sale("2", "0.30", "KES"), at(0, 0)), (older("3"), at(0, 1))]);
    let value = json(&both);
    assert_eq!(
        (&value["total_quantity_sold"], &value["unpriced_quantity"]),
        (&5.into(), &3.into())
    );
    assert_eq!(value["total_revenue"], "0.30");
    assert!(value.get("schema").is_none(), "the last event is the older tracker's");
    assert_eq!(PairTotal::read(both.value().unwrap().as_bytes()), Ok(both));
    let alone = json(&total(&[(older("3"), at(0, 1))]));
    assert_eq!(
        (&alone["total_revenue"], &alone["total_currency"]),
        (&"0".into(), &serde_json::Value::Null)
    );
}

#[test]
fn amounts_of_two_currencies_are_not_added_up() {
    let total = total(&[
        (sale("1", "100", "KES"), at(0, 0)),
        (sale("1", "3.00", "USD"), at(0, 1)),
        (sale("1", "50", "KES"), at(0, 2)),
        (sale("1", "1.50", "USD"), at(0, 3)),
    ]);
    let value = json(&total);
    assert_eq!(
        (&value["total_revenue"], &value["total_currency"]),
        (&"4.50".into(), &"USD".into())
    );
    assert_eq!(value["other_revenue"]["KES"], "150.00");
    assert_eq!(PairTotal::read(total.value().unwrap().as_bytes()), Ok(total));
}

#[test]
fn a_pair_of_two_partitions_knows_how_far_it_is_in_each() {
    let total = total(&[
        (sale("1", "1", "KES"), at(0, 5)),
        (sale("1", "1", "KES"), at(3, 1)),
        (sale("1", "1", "KES"), at(0, 8)),
    ]);
    assert_eq!(
        [0, 3, 1].map(|partition| total.counted_to(partition)),
        [Some(8), Some(1), None]
    );
    assert_eq!(json(&total)["source"]["elsewhere"]["3"], 1);
    assert_eq!(PairTotal::read(total.value().unwrap().as_bytes()), Ok(total));
}

#[test]
fn absurd_amounts_are_not_counted_and_foreign_records_are_none_of_ours() {
    let mut total = total(&[(sale("1", "1", "KES"), at(0, 0))]);
    total.quantity = Quantity::new(Decimal::from(CEILING - 1));
    let before = total.clone();
    assert!(total.count(&sale("1", "1", "KES"), at(0, 1)).is_err());
    assert!(total.count(&older("1"), at(0, 1)).is_err());
    assert_eq!(total.quantity, before.quantity);
    let own = before.value().unwrap();
    for foreign in [
        own.replace(r#""total_revenue":"1.00""#, r#""total_revenue":"1e30""#),
        own.replace(r#""total_quantity_sold":"#, r#""total":"#),
        own.replace(r#""total_quantity_sold":"#, r#""total_quantity_sold":1e99,"x":"#),
        "{}".to_owned(),
        String::new(),
    ] {
        assert!(PairTotal::read(foreign.as_bytes()).is_err(), "{foreign}");
    }
}

/// As the first version wrote them. Lines are added, none is ever edited.
const SAMPLES: &str = include_str!("samples.jsonl");
const DOCUMENT: &str = include_str!("../../../docs/events.md");

#[test]
fn stored_samples_are_read_and_come_out_as_they_went_in_and_the_document_names_every_field() {
    let section = DOCUMENT.split("# The totals record").nth(1).unwrap();
    for line in SAMPLES.lines() {
        let total = PairTotal::read(line.as_bytes()).unwrap();
        let was: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(json(&total), was);
        let event: serde_json::Value = serde_json::to_value(&total.last).unwrap();
        for field in was.as_object().unwrap().keys() {
            let is_the_events = event.get(field).is_some();
            assert!(
                is_the_events || section.contains(&format!("`{field}`")),
                "{field} is not in docs/events.md"
            );
        }
    }
}
