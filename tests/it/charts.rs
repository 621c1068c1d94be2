//! The charts of History, by keystrokes: what is asked for, what is drawn, and where Enter leads.
use jiff::civil::date;
use rxtill::app::past::chart::Part;
use rxtill::app::{Effect, Layer, Message, RequestId};
use rxtill::domain::past::{PastWanted, PastWhat};
use rxtill::ui::Theme;
use rxtill::ui::theme::Colours;

use super::golden::away;
use super::screens::open;
use super::support::answers::chart;
use super::support::till::Till;
use super::tour::past_answered;

fn looks(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// The charts that were asked for last.
fn asked(till: &mut Till) -> Option<(RequestId, PastWanted, jiff::civil::Date, String)> {
    till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::ReadChart {
            request,
            wanted,
            until,
            currency,
        } => Some((request, *wanted, until, currency)),
        _ => None,
    })
}

fn tell(till: &mut Till, request: RequestId, until: jiff::civil::Date) {
    let answer = Ok(Box::new(chart(until, "KES")));
    till.tell(Message::ChartRead { request, answer });
}

/// A till whose charts are in front, and read.
async fn drawn() -> Till {
    let mut till = open().await;
    till.press("F8");
    past_answered(&mut till, 3);
    till.press("c");
    let (request, wanted, until, currency) = asked(&mut till).unwrap();
    assert_eq!((until, &*currency), (date(2026, 3, 2), "KES"));
    assert_eq!(
        wanted.outlet.map(|outlet| outlet.row),
        till.model.outlet.as_ref().map(|outlet| outlet.id)
    );
    tell(&mut till, request, until);
    till
}

#[tokio::test]
async fn revenue_and_sales_by_day_and_by_hour() {
    let mut till = open().await;
    till.press("F8 c");
    looks(&till, "chart_reading");
    let mut till = drawn().await;
    looks(&till, "chart_days");
    till.press("Left Left PageUp Tab Right Right");
    looks(&till, "chart_hours");
    let ascii = Theme {
        ascii: true,
        ..Theme::default()
    };
    insta::assert_snapshot!("chart_ascii", till.screen_in(ascii, 80, 24));
    let plain = Theme {
        colours: Colours::NONE,
        ..Theme::default()
    };
    assert_eq!(
        till.screen_in(plain, 80, 24),
        till.screen(80, 24),
        "without colour it says the same"
    );
    for (wide, high) in [(1, 1), (20, 5), (30, 12), (200, 60)] {
        till.screen(wide, high);
    }
}

#[tokio::test]
async fn the_cursor_asks_for_nothing_and_enter_lists_the_receipts_of_its_day() {
    let mut till = drawn().await;
    till.press("Left Home End PageUp Tab Left Right Tab Left");
    assert!(till.wanted().is_empty());
    let chart = till.model.past.chart.as_ref().unwrap();
    assert_eq!((chart.part, chart.chosen()), (Part::Days, date(2026, 2, 19)));
    till.press("Enter");
    assert_eq!(till.model.layer(), Layer::Past);
    assert_eq!(till.model.past_wanted().day, Some(date(2026, 2, 19)));
    assert!(
        till.wanted()
            .iter()
            .any(|effect| matches!(effect, Effect::ReadPast { .. }))
    );
    // Charts of a day end with it.
    till.press("c");
    assert_eq!(asked(&mut till).unwrap().2, date(2026, 2, 19));
    till.press("Esc");
    assert_eq!(till.model.layer(), Layer::Past);
}

#[tokio::test]
async fn other_receipts_make_other_charts_and_a_late_answer_is_ignored() {
    let mut till = drawn().await;
    till.press("/");
    till.write("amoxil");
    till.press("Enter");
    let (late, wanted, ..) = asked(&mut till).unwrap();
    assert_eq!(wanted.what, PastWhat::of("amoxil"));
    till.press("o");
    let (request, wanted, until, _) = asked(&mut till).unwrap();
    assert_eq!(wanted.outlet, None);
    tell(&mut till, late, until);
    assert!(
        till.model.past.chart.as_ref().unwrap().here().is_none(),
        "that was asked for before"
    );
    tell(&mut till, request, until);
    assert!(till.model.past.chart.as_ref().unwrap().here().is_some());
    looks(&till, "chart_narrowed");
    let answer = Err("no answer in time".into());
    till.press("d");
    till.write("1/3");
    till.press("Enter");
    let (request, _, until, _) = asked(&mut till).unwrap();
    assert_eq!(until, date(2026, 3, 1));
    till.tell(Message::ChartRead { request, answer });
    assert!(
        till.screen(80, 24).contains("no answer in time"),
        "{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn without_the_database_or_of_one_receipt_there_are_none_and_it_says_so() {
    let mut till = open().await;
    let status = away(&till, 1);
    till.tell(Message::StatusChanged(Box::new(status)));
    till.press("F8 c");
    assert!(asked(&mut till).is_none());
    looks(&till, "chart_away");
    // It is there again: the charts are read by themselves.
    till.tell(Message::StatusChanged(Box::default()));
    assert!(asked(&mut till).is_some());
    till.press("/");
    till.write("T01-000001");
    till.press("Enter");
    assert!(asked(&mut till).is_none());
    assert!(
        till.screen(80, 24).contains("one receipt makes no chart"),
        "{}",
        till.screen(80, 24)
    );
}
