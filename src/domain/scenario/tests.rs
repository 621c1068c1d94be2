use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::stream::{Stream, Streamed};
use super::*;
use crate::domain::event::{EventTopic, StreamEvent};
use crate::domain::sale::SaleKind;
use crate::domain::seen::{SeenSeqs, Sighting};
use crate::domain::supervision::RuleName;

fn world() -> Arc<World> {
    let size = Size {
        outlets: 5,
        tills: 9,
        drugs: 400,
        doctors: 40,
    };
    Arc::new(World::made_up(3, size))
}

fn setting(theme: Theme, pace: Pace) -> Setting {
    let start = date(2026, 3, 2).to_zoned(TimeZone::get("Africa/Nairobi").unwrap());
    Setting {
        theme,
        seed: 11,
        run: Uuid::nil(),
        start: start.unwrap().timestamp(),
        pace,
        transport: true,
    }
}

fn days(theme: Theme, days: u32) -> Scenario {
    Scenario::new(world(), setting(theme, Pace::Calendar { days }))
}

#[test]
fn a_scenario_comes_in_the_order_of_time_and_again_the_same_from_the_same_seed() {
    let acts: Vec<Act> = days(Theme::Fraud, 6).collect();
    assert!(acts.len() > 2_000, "{}", acts.len());
    assert!(acts.is_sorted_by_key(|act| act.at));
    let again: Vec<Act> = days(Theme::Fraud, 6).collect();
    assert_eq!(format!("{acts:?}"), format!("{again:?}"));
    let other = Scenario::new(
        world(),
        Setting {
            run: Uuid::from_u128(5),
            ..setting(Theme::Fraud, Pace::Calendar { days: 6 })
        },
    );
    let ids = |acts: &mut dyn Iterator<Item = Act>| -> BTreeSet<Uuid> {
        acts.filter_map(|act| match act.doing {
            Doing::Sale(sold) => Some(sold.sale_id),
            Doing::Note(_) => None,
        })
        .collect()
    };
    let (these, others) = (ids(&mut acts.into_iter()), ids(&mut { other }));
    assert_eq!(these.len(), others.len(), "the same sales");
    assert!(these.is_disjoint(&others), "under ids of their own");
}

#[test]
fn an_ordinary_chain_has_no_label_and_slips_all_the_same() {
    let mut kinds = BTreeMap::new();
    let mut sales = 0_u32;
    for act in days(Theme::Ordinary, 10) {
        assert_eq!(act.label, None);
        let kind = match &act.doing {
            Doing::Sale(sold) if sold.kind == SaleKind::Sale => "sale",
            Doing::Sale(_) => "return",
            Doing::Note(happening) => happening.kind(),
        };
        let kind = kind.to_owned();
        sales += u32::from(kind == "sale");
        *kinds.entry(kind).or_insert(0_u32) += 1;
    }
    for kind in [
        "return",
        "basket_cancelled",
        "line_removed",
        "discount_override",
        "price_override",
    ] {
        let count = kinds.get(kind).copied().unwrap_or_default();
        assert!(count > 0 && count < sales / 15, "{kind}: {count} beside {sales} sales");
    }
}

#[test]
fn nobody_sells_long_before_or_after_opening_hours_unless_that_is_the_fraud() {
    let theme = Theme::One(RuleName::OutsideOpeningHours);
    let scenario = days(theme, 8);
    let world = Arc::clone(scenario.world());
    let outside = |act: &Act| {
        let place = &world.outlets[world.tills[act.till].outlet];
        let day = act.at.to_zoned(place.zone.clone()).date();
        let grace = SignedDuration::from_mins(20);
        place
            .week
            .open(day, &place.zone)
            .is_none_or(|(opens, closes)| act.at < opens - grace || act.at > closes + grace)
    };
    let (late, in_time): (Vec<Act>, Vec<Act>) = scenario.partition(outside);
    assert!(!late.is_empty() && late.iter().all(|act| act.label.is_some()));
    assert!(in_time.iter().all(|act| act.label.is_none()));
}

#[test]
fn every_sale_is_paid_to_the_cent_and_within_the_limit_of_what_is_controlled() {
    let scenario = days(Theme::Fraud, 6);
    let world = Arc::clone(scenario.world());
    for act in scenario {
        let Doing::Sale(sold) = act.doing else { continue };
        let agreed = sold.agreed(&world, act.till, act.clerk, act.at);
        assert_eq!(
            agreed
                .payments
                .iter()
                .map(|paid| paid.amount)
                .sum::<crate::domain::money::Money>(),
            agreed.total
        );
        for line in &sold.lines {
            let ware = &world.wares[line.ware];
            assert!(
                ware.most().is_none_or(|most| line.quantity <= most),
                "{line:?} of {ware:?}"
            );
            assert!(!ware.prescription_only || sold.doctor.is_some() || sold.kind == SaleKind::Return);
        }
    }
}

#[test]
fn each_rule_of_the_stream_has_incidents_with_something_to_see() {
    let scenario = days(Theme::Fraud, 14);
    let planned = Arc::clone(scenario.incidents());
    let rules: BTreeSet<RuleName> = planned.iter().map(|of| of.label.rule).collect();
    assert_eq!(rules, Theme::Fraud.rules().into_iter().collect());
    let labelled: BTreeSet<u32> = Stream::new(scenario)
        .filter_map(|streamed| Some(streamed.label?.incident))
        .collect();
    for of in planned.iter() {
        let unseen = [RuleName::OutletSilent, RuleName::OutletCutOff, RuleName::ReceiptMissing];
        assert!(
            labelled.contains(&of.label.incident) || unseen.contains(&of.label.rule),
            "nothing of {of:?} is in the stream"
        );
    }
}

fn numbers_missing(stream: impl Iterator<Item = Streamed>) -> (u64, u64) {
    let mut seen: BTreeMap<(String, EventTopic), SeenSeqs> = BTreeMap::new();
    let mut repeats = 0;
    let mut last = Timestamp::MIN;
    for streamed in stream {
        assert!(streamed.received_at >= last);
        last = streamed.received_at;
        let (till, seq) = match &streamed.event {
            StreamEvent::Sale(event) => (event.till_id.clone(), event.seq),
            StreamEvent::Audit(event) => (event.till_id.clone(), event.seq),
            StreamEvent::Heartbeat(_) | StreamEvent::Older(_) => continue,
        };
        let sighting = seen.entry((till, streamed.topic)).or_default().note(seq);
        repeats += u64::from(sighting == Sighting::Repeat);
    }
    (seen.values().map(SeenSeqs::missing).sum(), repeats)
}

#[test]
fn the_stream_is_whole_and_in_order_unless_something_goes_wrong_on_the_way() {
    assert_eq!(numbers_missing(Stream::new(days(Theme::Ordinary, 4))), (0, 0));
    let missing = Stream::new(days(Theme::One(RuleName::ReceiptMissing), 14));
    assert!(numbers_missing(missing).0 > 0);
    let altered = Stream::new(days(Theme::One(RuleName::EventAltered), 14));
    assert!(numbers_missing(altered).1 > 0);
}

#[test]
fn a_steady_scenario_has_its_rate_and_its_first_incident_within_seconds() {
    let pace = Pace::Steady {
        rate: 20.0,
        seconds: 60,
    };
    let setting = Setting {
        transport: false,
        ..setting(Theme::Fraud, pace)
    };
    let scenario = Scenario::new(world(), setting);
    let first = scenario.incidents().iter().map(|of| of.from).min().unwrap();
    assert!(first.duration_since(setting.start) < SignedDuration::from_secs(8));
    let acts: Vec<Act> = scenario.collect();
    let over = setting.start + SignedDuration::from_secs(60);
    assert!(acts.iter().all(|act| act.at <= over), "nothing comes when it is over");
    let sales = acts.iter().filter(|act| matches!(&act.doing, Doing::Sale(_))).count();
    assert!((1_000..1_600).contains(&sales), "{sales}");
}

#[test]
fn scenarios_are_called_by_their_names() {
    assert_eq!("fraud".parse(), Ok(Theme::Fraud));
    let split: Theme = "split_sales".parse().unwrap();
    assert_eq!(split, Theme::One(RuleName::SplitSales));
    assert_eq!(split.to_string(), "split_sales");
    assert!("facts_altered".parse::<Theme>().is_err(), "no stream shows it");
    assert!("frauds".parse::<Theme>().is_err());
}
