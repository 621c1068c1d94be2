use jiff::SignedDuration;
use uuid::Uuid;

use super::stage::{Stage, by, cancelled};
use crate::domain::audit::{Happening, TillAlert};
use crate::domain::event::StreamEvent;
use crate::domain::money::Money;
use crate::domain::supervision::{RuleName, Severity, StreamRow};

#[test]
fn what_is_sold_while_closed_is_told_and_within_the_grace_is_not() {
    // From 10:00 on.
    let at = |hours: i64, minutes: i64, employee: i64| {
        let mut stage = Stage::new();
        stage.wait(hours * 3_600 + minutes * 60);
        stage.sell(&by(employee));
        stage.told(RuleName::OutsideOpeningHours)
    };
    let told = at(11, 0, 1);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].headline, "1 sale while closed, the latest at 21:00");
    assert_eq!(at(10, 20, 1), []);
    assert_eq!(at(8, 0, 1), []);
    // The sixth outlet is open "by appointment": nobody can tell.
    assert_eq!(at(11, 0, 6), []);
}

#[test]
fn an_outlet_without_sales_is_silent_while_its_tills_are_there_and_cut_off_when_they_are_not() {
    let silent = |beats: bool| {
        let mut stage = Stage::new();
        stage.sell(&by(1));
        stage.beat(1, None);
        for _ in 0..170 {
            if beats {
                stage.beat(1, None);
            }
            stage.tick(1);
        }
        let mut rules: Vec<_> = stage
            .all()
            .into_iter()
            .filter(|alert| alert.subject.outlet.as_ref().is_some_and(|(id, _)| *id == 1))
            .map(|alert| alert.rule)
            .collect();
        rules.dedup();
        rules
    };
    assert_eq!(silent(true), [RuleName::OutletSilent]);
    assert_eq!(silent(false), [RuleName::OutletCutOff]);
}

#[test]
fn a_short_pause_and_the_night_are_no_silence() {
    let mut stage = Stage::new();
    for employee in 1..=12 {
        stage.sell(&by(employee));
        stage.beat(employee, None);
    }
    stage.tick(4);
    assert_eq!(stage.all(), []);
    stage.wait(10 * 3_600);
    stage.tick(300);
    assert_eq!(stage.all(), []);
}

#[test]
fn a_number_that_does_not_come_is_missing_and_one_that_comes_late_is_not() {
    let mut stage = Stage::new();
    stage.sell(&by(1));
    let skipped = stage.skip(1);
    stage.sell(&by(1));
    stage.tick(9);
    assert_eq!(stage.told(RuleName::ReceiptMissing), []);
    stage.tick(2);
    let told = stage.told(RuleName::ReceiptMissing);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].headline,
        format!("sale events of T1: number {skipped} is missing")
    );
    stage.tick(30);
    assert_eq!(stage.told(RuleName::ReceiptMissing), []);

    let mut stage = Stage::new();
    let late = stage.event(&by(1));
    stage.sell(&by(1));
    stage.tick(5);
    stage.see(&StreamEvent::Sale(Box::new(late)));
    stage.tick(20);
    assert_eq!(stage.told(RuleName::ReceiptMissing), []);
}

#[test]
fn a_clock_that_is_off_is_told_and_a_late_event_is_not() {
    let sold = |ahead: SignedDuration| {
        let mut stage = Stage::new();
        let mut event = stage.event(&by(1));
        event.sold_at = stage.now + ahead;
        stage.see(&StreamEvent::Sale(Box::new(event)));
        stage.told(RuleName::ClockOff)
    };
    assert_eq!(sold(SignedDuration::from_hours(24)).len(), 1);
    assert_eq!(sold(SignedDuration::from_secs(30)), []);
    assert_eq!(sold(-SignedDuration::from_hours(3)), []);

    let skewed = |skew: i64| {
        let mut stage = Stage::new();
        stage.beat(1, Some(skew));
        stage.told(RuleName::ClockOff).len()
    };
    assert_eq!([skewed(-3_600_000), skewed(400_000), skewed(2_000)], [1, 1, 0]);
}

#[test]
fn a_clock_set_back_between_two_numbers_is_told() {
    let mut stage = Stage::new();
    stage.sell(&by(1));
    let mut event = stage.event(&by(1));
    event.sold_at -= SignedDuration::from_hours(1);
    stage.see(&StreamEvent::Sale(Box::new(event)));
    let told = stage.told(RuleName::ClockOff);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].headline, "clock of T1 is 60 min back from where it was before");
}

#[test]
fn other_content_under_the_same_number_is_told_once() {
    let mut stage = Stage::new();
    let mut event = stage.event(&by(1));
    stage.see(&StreamEvent::Sale(Box::new(event.clone())));
    event.line_total = String::from("1.00");
    let event = StreamEvent::Sale(Box::new(event));
    let told = stage.judge.differs(&event, stage.now);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].rule, RuleName::EventAltered);
    assert_eq!(told[0].evidence[0].amount, StreamRow::of(&event, stage.now).amount);
    assert!(stage.judge.differs(&event, stage.now).is_empty());
}

#[test]
fn rows_that_verify_finds_altered_are_told_once() {
    let mut stage = Stage::new();
    let words = "T01-000123: amount is not that of its bytes\u{1b}[2J";
    let told = stage.judge.altered("T01", None, words, stage.now);
    assert_eq!(told.len(), 1);
    assert!(!told[0].headline.contains('\u{1b}'));
    assert!(stage.judge.altered("T01", None, words, stage.now).is_empty());
    // It is about rows, so what people do is not in question.
    stage.note(1, cancelled());
    assert_eq!(stage.all(), []);
}

#[test]
fn the_numbers_of_a_struck_sale_are_missed_by_nobody_whenever_its_till_says_so() {
    // After what came behind them, before it, and with other numbers that are missing still.
    for (told_after, missing) in [(true, 0), (false, 0), (true, 1), (false, 1)] {
        let mut stage = Stage::new();
        stage.sell(&by(1));
        for _ in 0..missing {
            stage.skip(1);
        }
        let first_seq = stage.skip(1);
        stage.skip(1);
        let struck = Happening::SaleStruck {
            sale_id: Uuid::nil(),
            receipt: String::from("T1-000002"),
            total: Money::ZERO,
            series: 1,
            first_seq,
            lines: 2,
            parked: String::from("unknown drug"),
            reason: String::from("a slip"),
            by: String::from("Njeri"),
        };
        if told_after {
            stage.sell(&by(1));
            stage.tick(5);
            stage.note(1, struck);
        } else {
            stage.note(1, struck);
            stage.sell(&by(1));
        }
        stage.tick(30);
        let told = stage.told(RuleName::ReceiptMissing);
        assert_eq!(told.len(), missing, "{told:?}");
        if let Some(alert) = told.first() {
            let headline = format!("sale events of T1: number {} is missing", first_seq - 1);
            assert_eq!(alert.headline, headline);
        }
    }
}

#[test]
fn what_a_till_found_about_its_own_sales_is_told_once_each_and_what_is_about_the_chain_is_worse() {
    let mut stage = Stage::new();
    for (about, words) in [
        (
            TillAlert::BelowZero,
            "T1-000007 took more than the book had: Panadol -3",
        ),
        (
            TillAlert::NewSeries,
            "receipts go on in series 2: the store has\u{1b}[2J others",
        ),
    ] {
        stage.note(1, Happening::till_alerted(about, words));
    }
    let told = stage.told(RuleName::TillAlerted);
    let told: Vec<_> = told
        .iter()
        .map(|alert| (alert.severity, alert.headline.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Severity::Warn, "T1: T1-000007 took more than the book had: Panadol -3"),
            (
                Severity::Bad,
                "T1: receipts go on in series 2: the store has\u{b7}[2J others"
            ),
        ]
    );
}
