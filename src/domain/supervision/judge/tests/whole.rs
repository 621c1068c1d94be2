//! The judge as a whole: restarts, memory, strange input, and what the documentation says of it.
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::stage::{Sold, Stage, by, known};
use crate::domain::event::StreamEvent;
use crate::domain::scenario::stream::Stream;
use crate::domain::scenario::{Pace, Scenario, Setting, Size, Theme, World};
use crate::domain::supervision::thresholds::Threshold;
use crate::domain::supervision::{Judge, RuleName, Thresholds};

const DOCUMENT: &str = include_str!("../../../../../docs/alerts.md");

#[test]
fn a_judge_that_was_restarted_again_and_again_says_what_one_that_never_stopped_says() {
    let size = Size {
        outlets: 6,
        tills: 10,
        drugs: 300,
        doctors: 30,
    };
    let world = Arc::new(World::made_up(5, size));
    let setting = Setting {
        theme: Theme::Fraud,
        seed: 5,
        run: Uuid::nil(),
        start: "2026-03-01T21:00:00Z".parse().unwrap(),
        pace: Pace::Calendar { days: 6 },
        transport: true,
    };
    let mut never_stopped = Judge::new(Thresholds::default());
    let mut restarted = Judge::new(Thresholds::default());
    never_stopped.learn(world.known());
    restarted.learn(world.known());
    let mut told = 0;
    for (number, streamed) in Stream::new(Scenario::new(Arc::clone(&world), setting)).enumerate() {
        if number % 6_000 == 5_999 {
            restarted = Judge::restored(Thresholds::default(), &restarted.learnt()).unwrap();
            restarted.learn(world.known());
        }
        let expected = never_stopped.see(&streamed.event, streamed.received_at);
        assert_eq!(
            restarted.see(&streamed.event, streamed.received_at),
            expected,
            "{number}"
        );
        told += expected.len();
    }
    assert!(told > 5, "{told}");
    assert_eq!(never_stopped.learnt(), restarted.learnt());
}

#[test]
fn what_another_version_learnt_is_refused() {
    assert!(Judge::restored(Thresholds::default(), b"").is_err());
    assert!(Judge::restored(Thresholds::default(), b"{\"version\":99}").is_err());
    let learnt = Judge::new(Thresholds::default()).learnt();
    assert!(Judge::restored(Thresholds::default(), &learnt).is_ok());
}

/// What it keeps of each name is bounded by type; here that names without end do not add up.
#[test]
fn names_without_end_stay_in_bounded_memory() {
    let mut stage = Stage::empty(Thresholds::default());
    let mut sizes = Vec::new();
    for number in 1..=14_000 {
        stage.wait(1);
        stage.sell(&Sold {
            drug: 7,
            doctor: Some(number + 2_000),
            outlet: Some(number + 10),
            ..by(number + 100)
        });
        if number == 11_000 || number == 14_000 {
            sizes.push(stage.judge.learnt().len());
        }
    }
    assert!(sizes[1] < sizes[0] * 5 / 4, "{sizes:?}");
}

#[test]
fn absurd_numbers_and_times_are_judged_without_harm() {
    let mut stage = Stage::new();
    for (quantity, price, discount) in [
        ("999999999999", "999999999999", "0"),
        ("0", "0", "0"),
        ("-5", "-1", "-3"),
        ("0.0001", "0.0001", "999999999999"),
    ] {
        let mut event = stage.event(&by(1));
        event.quantity_sold = quantity.parse().unwrap();
        event.unit_price = price.to_owned();
        event.discount = discount.to_owned();
        event.line_total = price.to_owned();
        event.unit_factor = "0".parse().unwrap();
        event.lines = u32::MAX;
        for at in [Timestamp::MIN, Timestamp::MAX, stage.now] {
            event.sold_at = at;
            event.date_sold = jiff::civil::Date::MAX;
            stage.see(&StreamEvent::Sale(Box::new(event.clone())));
        }
    }
    stage.all();
    // A clock thousands of years ahead carries no rule along: the day goes on, and what was learnt still counts.
    for _ in 0..8 {
        stage.wait(60);
        stage.note(2, super::stage::cancelled());
    }
    assert_eq!(stage.things(RuleName::CancelledBaskets), 1);
}

#[test]
fn an_alerts_id_is_of_its_rule_subject_and_day() {
    let alert = |days: i64| {
        let mut stage = Stage::new();
        stage.wait(days * 86_400);
        stage.judge.learn(known());
        for _ in 0..5 {
            stage.wait(60);
            stage.note(1, super::stage::cancelled());
        }
        stage.told(RuleName::CancelledBaskets)[0].id
    };
    assert_eq!(alert(0), alert(0));
    assert_ne!(alert(0), alert(1));
}

#[test]
fn the_document_has_every_rule_and_every_number_with_its_default() {
    for rule in RuleName::ALL {
        let heading = format!("\n### {}\n", rule.as_str());
        let section = DOCUMENT
            .split(&heading)
            .nth(1)
            .unwrap_or_else(|| panic!("no section {heading}"));
        let section = section.split("\n#").next().unwrap();
        assert!(
            section.contains("Blind spot: "),
            "{heading} says nothing of its blind spot"
        );
    }
    let headings = DOCUMENT.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(headings, RuleName::ALL.len());
    for Threshold { name, default, .. } in Thresholds::ALL {
        let said = [format!("`{name}` = {default}"), format!("| `{name}` | {default} |")];
        assert!(
            said.iter().any(|said| DOCUMENT.contains(said)),
            "{said:?} is not in docs/alerts.md"
        );
    }
}
