//! Golden screens of the live screen: each pane and pop-up on a phone, a small and two wide terminals, in ASCII and without
//! colour.
use std::sync::Arc;

use jiff::SignedDuration;
use rxtill::app::Message;
use rxtill::app::live::{LiveNews, LiveState};
use rxtill::app::status::{Database, Status, Stream};
use rxtill::ui::Theme;

use super::golden::away;
use super::screens::{open, sample, take};
use super::support::overview::{alerted, follow, news, notes};
use super::support::till::Till;

const SIZES: [(u16, u16); 4] = [(45, 20), (80, 24), (120, 40), (160, 50)];

fn look(till: &Till, name: &str) {
    for (wide, high) in SIZES {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// A supervisor's screen on an ordinary morning.
async fn watching() -> Till {
    let mut watch = Till::watching(Some("Njeri"), sample().await);
    watch.tell(Message::StatusChanged(Box::new(Status {
        database: Database::Up,
        stream: Stream::Own,
        ..Status::default()
    })));
    follow(&mut watch);
    alerted(&mut watch);
    let read = notes(watch.model.now);
    watch.tell(Message::AlertNotesRead(Arc::new(read)));
    watch.model.notice = None;
    watch
}

#[tokio::test]
async fn before_anything_and_while_older_records_are_read() {
    let mut till = open().await;
    till.press("F3");
    look(&till, "live_before_anything");
    news(&mut till, LiveNews::State(LiveState::CatchingUp { behind: 1_204 }));
    insta::assert_snapshot!("live_catching_up_80x24", till.screen(80, 24));
    news(&mut till, LiveNews::State(LiveState::Live));
    for pane in ["2", "3", "4"] {
        till.press(pane);
        insta::assert_snapshot!(format!("live_nothing_in_{pane}_80x24"), till.screen(80, 24));
    }
}

#[tokio::test]
async fn each_pane() {
    let mut watch = watching().await;
    watch.press("Down Down Down");
    look(&watch, "live_outlets");
    watch.press("2 Down");
    look(&watch, "live_stream");
    watch.press("3 Down");
    look(&watch, "live_alerts");
    watch.press("Enter");
    look(&watch, "live_alert");
    watch.press("a");
    watch.write("he was training Mary");
    look(&watch, "live_note");
    watch.press("Esc Esc A");
    look(&watch, "live_acknowledged");
    watch.press("4");
    look(&watch, "live_drugs");
    watch.press("Left Left");
    look(&watch, "live_hours");
    watch.press("Right");
    insta::assert_snapshot!("live_days_80x24", watch.screen(80, 24));
}

#[tokio::test]
async fn what_is_filtered_held_and_chosen() {
    let mut watch = watching().await;
    watch.press("/");
    watch.write("uhuru kind:return");
    insta::assert_snapshot!("live_filter_80x24", watch.screen(80, 24));
    watch.press("Enter");
    look(&watch, "live_filtered");
    watch.press("Esc 1 Space");
    let rows = super::support::overview::rows(watch.model.now);
    let filter = watch.model.live.stream.filter.number;
    news(
        &mut watch,
        LiveNews::Rows {
            filter,
            rows,
            skipped: 1_204,
        },
    );
    look(&watch, "live_held");
    watch.press("t");
    look(&watch, "live_from_when");
    watch.write("09:30");
    insta::assert_snapshot!("live_from_a_time_80x24", watch.screen(80, 24));
}

#[tokio::test]
async fn the_stream_and_the_database_away() {
    let mut till = open().await;
    till.press("F3");
    follow(&mut till);
    let since = till.model.now - SignedDuration::from_secs(45);
    let reason = String::from("127.0.0.1:9092: connection refused");
    news(&mut till, LiveNews::State(LiveState::Reconnecting { since, reason }));
    till.tell(Message::StatusChanged(Box::new(away(&till, 0))));
    look(&till, "live_reconnecting");
    till.press(":");
    insta::assert_snapshot!("palette_live_80x24", till.screen(80, 24));
    insta::assert_snapshot!("palette_live_120x40", till.screen(120, 40));
    till.press("Esc F1");
    look(&till, "help_live");
}

#[tokio::test]
async fn on_a_till_that_sells() {
    let mut till = open().await;
    take(&mut till, "10*panadol extra");
    follow(&mut till);
    alerted(&mut till);
    insta::assert_snapshot!("sale_with_alerts_80x24", till.screen(80, 24));
    insta::assert_snapshot!("sale_with_alerts_45x20", till.screen(45, 20));
    till.press("F3");
    look(&till, "live_on_a_till");
}

#[tokio::test]
async fn in_ascii_and_without_colour() {
    let watch = watching().await;
    let ascii = Theme {
        ascii: true,
        ..Theme::default()
    };
    for (wide, high) in SIZES {
        insta::assert_snapshot!(format!("live_ascii_{wide}x{high}"), watch.screen_in(ascii, wide, high));
    }
    let plain = Theme {
        colours: rxtill::ui::theme::Colours::NONE,
        ..Theme::default()
    };
    assert_eq!(watch.screen_in(plain, 160, 50), watch.screen(160, 50));
}

#[tokio::test]
async fn a_small_terminal_does_no_harm() {
    let mut watch = watching().await;
    for keys in [
        "1", "2", "3 Enter", "a", "Esc A", "4", "Left", "Left", "Space", "/", "Esc t",
    ] {
        watch.press(keys);
        for (wide, high) in [
            (20, 5),
            (1, 1),
            (2, 3),
            (45, 1),
            (3, 24),
            (200, 2),
            (110, 26),
            (60, 12),
            (59, 60),
        ] {
            let _ = watch.screen(wide, high);
        }
    }
    watch.press("Esc 1");
    insta::assert_snapshot!("live_20x5", watch.screen(20, 5));
}
