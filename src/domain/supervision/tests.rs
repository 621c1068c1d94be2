//! Totals, rows and overview over made streams.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::money::Money;

/// A Monday, 09:42 in Nairobi.
pub(super) fn now() -> Timestamp {
    "2026-03-02T06:42:00Z".parse().unwrap()
}

fn nairobi() -> TimeZone {
    TimeZone::get("Africa/Nairobi").unwrap()
}

fn known() -> Known {
    let outlet = |name: &str, zone: &str| KnownOutlet {
        name: name.to_owned(),
        region: "Coast".to_owned(),
        zone: TimeZone::get(zone).unwrap(),
        opening_hours: String::new(),
        currency: "KES".to_owned(),
        places: 2,
        active: true,
    };
    Known {
        outlets: [
            (1, outlet("Kilifi Bay", "Africa/Nairobi")),
            (2, outlet("Lamu", "Africa/Nairobi")),
        ]
        .into(),
        ..Known::default()
    }
}

/// A line sold: by default one of 10.00 at outlet 1, just now.
fn sold(change: impl FnOnce(&mut serde_json::Value)) -> StreamEvent {
    let mut event = json!({
        "schema": 1, "event_id": "4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11", "sale_id": "01900000-0000-7000-8000-000000000001",
        "line_no": 1, "kind": "sale", "emp_id": 2, "drug_id": 13, "doc_id": 1, "pharmacy_name": "Kilifi Bay",
        "pharmacy_region": "Coast", "quantity_sold": 1, "date_sold": "2026-03-02", "sold_at": "2026-03-02T06:41:00Z",
        "outlet_id": 1, "till_id": "T01", "employee": "Asha", "drug": "Panadol", "doctor": null, "unit": "tab",
        "unit_qty": "1", "unit_factor": "1", "unit_price": "10.00", "discount": "0.00", "line_total": "10.00",
        "currency": "KES", "receipt": "T01-000001", "chain": "0".repeat(64), "series": 1, "seq": 1, "lines": 1,
        "refund_of": null,
    });
    change(&mut event);
    StreamEvent::read_from(EventTopic::Sales, Some(event.to_string().as_bytes())).unwrap()
}

/// Each event with a number of its own.
fn record(mut event: StreamEvent) -> Record {
    static SEQ: AtomicU64 = AtomicU64::new(1);
    if let StreamEvent::Sale(sale) = &mut event
        && sale.seq == 1
    {
        sale.seq = SEQ.fetch_add(1, Ordering::Relaxed);
    }
    Record {
        topic: EventTopic::Sales,
        partition: 0,
        offset: 0,
        received_at: now(),
        event: Ok(event),
    }
}

fn supervision() -> Supervision {
    let mut new = Supervision::new(Thresholds::default());
    new.learn(known());
    new
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn a_late_event_counts_in_the_hour_it_belongs_to_and_a_return_is_taken_off() {
    let mut all = supervision();
    all.take(record(sold(|_| {})), now());
    all.take(
        record(sold(|e| {
            e["sold_at"] = "2026-03-02T05:10:00Z".into();
            e["line_total"] = "2.50".into();
        })),
        now(),
    );
    all.take(
        record(sold(|e| {
            e["kind"] = "return".into();
            e["line_total"] = "-10.00".into();
            e["quantity_sold"] = (-1).into();
        })),
        now(),
    );
    let overview = all.overview(now());
    let hours: Vec<_> = overview.hours.iter().filter(|hour| hour.sales > 0).collect();
    assert_eq!(
        hours
            .iter()
            .map(|hour| (hour.hour, hour.sales, hour.today))
            .collect::<Vec<_>>(),
        [(8, 1, money("2.5")), (9, 1, money("0"))]
    );
    assert_eq!(overview.head.revenue[0].sum, money("2.5"));
    assert_eq!((overview.head.sales, overview.head.items), (2, 2));
    assert_eq!((overview.beside.returns, overview.beside.returned), (1, money("-10")));
    assert_eq!(overview.drugs[0].quantity.to_string(), "1");
    assert_eq!(overview.drugs[0].revenue.sum, money("2.5"));
}

#[test]
fn a_repeat_counts_once_and_another_content_of_a_number_never() {
    let mut all = supervision();
    let numbered = |total: &str| {
        record(sold(|e| {
            e["seq"] = 7.into();
            e["line_total"] = total.into();
        }))
    };
    for total in ["10.00", "10.00", "99.00"] {
        all.take(numbered(total), now());
    }
    let overview = all.overview(now());
    assert_eq!(overview.head.revenue[0].sum, money("10"));
    assert_eq!(
        (
            overview.counts.records,
            overview.counts.repeats,
            overview.counts.differs
        ),
        (3, 1, 1)
    );
    assert_eq!(
        all.fresh().unwrap().rows.len(),
        2,
        "what differs is shown, what is repeated is not"
    );
}

#[test]
fn yesterdays_are_no_part_of_today_and_a_week_ago_is_compared_by_this_time_of_the_day() {
    let mut all = supervision();
    all.take(record(sold(|_| {})), now());
    all.take(
        record(sold(|e| {
            e["date_sold"] = "2026-03-01".into();
            e["sold_at"] = "2026-03-01T06:00:00Z".into();
        })),
        now(),
    );
    for (at, total) in [("06:00", "30.00"), ("09:00", "500.00")] {
        all.take(
            record(sold(|e| {
                e["date_sold"] = "2026-02-23".into();
                e["sold_at"] = format!("2026-02-23T{at}:00Z").into();
                e["line_total"] = total.into();
            })),
            now(),
        );
    }
    let overview = all.overview(now());
    assert_eq!(overview.head.revenue[0].sum, money("10"));
    // 42 of 60 minutes of the hour from nine; the one from twelve is yet to come.
    assert_eq!(overview.head.week_ago.unwrap().0, money("21"));
    assert_eq!(overview.days.len(), 3);
}

#[test]
fn a_day_that_is_yet_to_come_is_told_and_in_no_total() {
    let mut all = supervision();
    all.take(
        record(sold(|e| {
            e["date_sold"] = "2026-03-09".into();
            e["sold_at"] = "2026-03-09T06:41:00Z".into();
        })),
        now(),
    );
    let overview = all.overview(now());
    assert_eq!(overview.counts.far_off, 1);
    assert!(overview.head.revenue.is_empty());
    assert_eq!(all.fresh().unwrap().rows.len(), 1, "it is shown for what it is");
}

#[test]
fn outlets_that_nobody_knows_count_and_those_without_a_sale_are_listed() {
    let mut all = supervision();
    all.take(
        record(sold(|e| {
            e["outlet_id"] = 99.into();
            e["pharmacy_name"] = "Nowhere\u{1b}[2J".into();
        })),
        now(),
    );
    let overview = all.overview(now());
    let names: Vec<_> = overview
        .outlets
        .iter()
        .map(|line| (line.name.as_str(), line.is_known))
        .collect();
    assert_eq!(names, [("Nowhere·[2J", false), ("Kilifi Bay", true), ("Lamu", true)]);
    assert_eq!((overview.head.reporting, overview.head.outlets), (1, 3));
}

#[test]
fn the_last_hour_is_in_steps_of_five_minutes() {
    let mut all = supervision();
    for minutes in [0, 1, 7, 57, 61] {
        let at = now() - SignedDuration::from_mins(minutes);
        all.take(record(sold(|e| e["sold_at"] = at.to_string().into())), now());
    }
    let sparks = all.overview(now()).outlets[0].last_hour;
    assert_eq!(sparks.iter().sum::<u64>(), 4);
    assert_eq!(sparks[11], 2);
}

#[test]
fn rows_that_come_too_fast_are_passed_over_told_and_counted() {
    let mut all = supervision();
    for _ in 0..1_000 {
        all.take(record(sold(|_| {})), now());
    }
    let rows = all.fresh().unwrap();
    assert_eq!((rows.rows.len(), rows.skipped), (200, 800));
    assert_eq!(all.overview(now()).head.sales, 1_000);
    assert_eq!(all.fresh(), None);
    let (found, of) = all.filter(1, LiveFilter::parse("by:asha").unwrap());
    assert_eq!((found.rows.len(), of), (500, 1_000), "all are there to look back at");
    let (found, of) = all.filter(2, LiveFilter::parse("by:otieno").unwrap());
    assert_eq!((found.rows.len(), of), (0, 0));
    all.take(record(sold(|_| {})), now());
    assert_eq!(all.fresh(), None, "the filter holds for what comes");
}

#[test]
fn what_is_kept_comes_back_the_same() {
    let mut all = supervision();
    for outlet in 1..5 {
        all.take(record(sold(|e| e["outlet_id"] = outlet.into())), now());
    }
    let kept = serde_json::to_vec(&all.kept()).unwrap();
    let kept: Kept = serde_json::from_slice(&kept).unwrap();
    let mut again = Supervision::restored(Thresholds::default(), kept).unwrap();
    again.learn(known());
    let (was, is) = (all.overview(now()), again.overview(now()));
    assert_eq!(was.outlets, is.outlets);
    assert_eq!((was.drugs, was.hours, was.counts), (is.drugs, is.hours, is.counts));
}

#[test]
fn sums_of_invented_figures_are_kept_and_come_back() {
    let mut all = supervision();
    for _ in 0..3 {
        all.take(record(sold(|e| e["line_total"] = "999999999999.99".into())), now());
    }
    let kept = serde_json::to_vec(&all.kept()).unwrap();
    let kept: Kept = serde_json::from_slice(&kept).unwrap();
    let again = Supervision::restored(Thresholds::default(), kept).unwrap();
    assert_eq!(again.overview(now()).head.sales, 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// In any order, over any days, with returns: what is shown is the plain sum.
    #[test]
    fn totals_are_the_sums_of_what_came(lines in prop::collection::vec((1_i64..4, 1_i64..6, 0_i64..200, -500_i64..2_000), 0..120)) {
        let mut all = supervision();
        let mut outlets: BTreeMap<i64, Money> = BTreeMap::new();
        let mut drugs: BTreeMap<i64, Money> = BTreeMap::new();
        for (outlet, drug, hours, cents) in lines {
            let at = now() - SignedDuration::from_hours(hours);
            let local = at.to_zoned(known().zone(outlet));
            let total = Money::new(rust_decimal::Decimal::new(cents, 2));
            all.take(record(sold(|e| {
                e["outlet_id"] = outlet.into();
                e["drug_id"] = drug.into();
                e["sold_at"] = at.to_string().into();
                e["date_sold"] = local.date().to_string().into();
                e["line_total"] = total.fixed(2).into();
                if cents < 0 { e["kind"] = "return".into(); }
            })), now());
            if local.date() == now().to_zoned(known().zone(outlet)).date() {
                *outlets.entry(outlet).or_default() += total;
            }
            if local.date() == now().to_zoned(nairobi()).date() {
                *drugs.entry(drug).or_default() += total;
            }
        }
        let overview = all.overview(now());
        for line in &overview.outlets {
            prop_assert_eq!(line.revenue.sum, outlets.get(&line.id).copied().unwrap_or_default());
        }
        let sum: Money = overview.hours.iter().map(|hour| hour.today).sum();
        prop_assert_eq!(sum, outlets.values().copied().sum::<Money>());
        for line in &overview.drugs {
            prop_assert_eq!(line.revenue.sum, drugs.get(&line.id).copied().unwrap_or_default());
        }
        prop_assert_eq!(overview.drugs.len(), drugs.len());
    }
}

#[test]
fn invented_outlets_and_drugs_take_no_memory_without_end() {
    let mut tally = tally::Tally::default();
    let StreamEvent::Sale(mut sale) = sold(|_| {}) else {
        panic!()
    };
    for n in 0..10_100_i64 {
        (sale.outlet_id, sale.drug_id) = (n, n);
        tally.sold(&sale, &Known::default(), now());
    }
    assert_eq!(tally.lines(&Known::default(), now()).len(), 10_000);
    let later = now().checked_add(240.hours()).unwrap();
    assert!(tally.tables(&known(), later)[0].is_empty());
}
