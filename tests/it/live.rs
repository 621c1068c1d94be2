//! The live screen by keystrokes: panes, drilling, the filter, holding, and from when.
use std::sync::Arc;

use jiff::Timestamp;
use rxtill::app::live::{LiveFrom, LiveNews, LiveScope, LiveState, MOST_ROWS, Pane, Table};
use rxtill::app::{Effect, Message, Screen};
use rxtill::domain::supervision::overview::OutletLine;
use rxtill::domain::supervision::{LiveFilter, Overview, RowKind, StreamRow};

use super::screens::{open, sample};
use super::support::overview::{alerted, follow, news, overview, rows};
use super::support::till::Till;

/// A till at its live screen, which follows the chain.
pub(super) async fn following() -> Till {
    let mut till = open().await;
    till.press("F3 o");
    follow(&mut till);
    till.wanted();
    till
}

/// The filter that was asked for since the last look, and its number.
fn filtered(till: &mut Till) -> (u64, LiveFilter) {
    let mut filters = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::FilterLive { number, filter } => Some((number, *filter)),
        _ => None,
    });
    filters
        .next_back()
        .unwrap_or_else(|| panic!("no filter was asked for:\n{}", till.screen(80, 24)))
}

/// What the stream has of a filter.
fn found(till: &mut Till, number: u64, rows: Vec<Arc<StreamRow>>) {
    let of = rows.len() as u64;
    news(
        till,
        LiveNews::Found {
            filter: number,
            rows,
            of,
        },
    );
}

#[tokio::test]
async fn panes_and_tables_are_reached_by_their_keys_and_by_tab() {
    let mut till = following().await;
    let pane = |till: &Till| till.model.live.pane;
    for (key, wanted) in [
        ("2", Pane::Stream),
        ("3", Pane::Alerts),
        ("4", Pane::Totals),
        ("1", Pane::Outlets),
        ("Tab", Pane::Stream),
        ("Tab", Pane::Alerts),
        ("Tab", Pane::Totals),
        ("Tab", Pane::Outlets),
        ("Shift+Tab", Pane::Totals),
    ] {
        till.press(key);
        assert_eq!(pane(&till), wanted, "{key}");
    }
    assert_eq!(till.model.live.table, Table::Drugs);
    till.press("Left");
    assert_eq!(till.model.live.table, Table::Days);
    till.press("Right Right");
    assert_eq!(till.model.live.table, Table::Employees);
}

#[tokio::test]
async fn enter_on_an_outlet_shows_its_events_alone_and_esc_leads_back_to_it() {
    let mut till = following().await;
    till.press("Down Down Down Enter");
    let (number, filter) = filtered(&mut till);
    assert_eq!(filter.outlet_id, Some(4));
    assert!(
        till.screen(80, 24).contains("looking among those"),
        "{}",
        till.screen(80, 24)
    );
    let only: Vec<_> = rows(till.model.now)
        .into_iter()
        .filter(|row| filter.takes(row))
        .collect();
    found(&mut till, number, only);
    let screen = till.screen(80, 24);
    assert!(screen.contains("only Kilifi Bay · Esc all again"), "{screen}");
    assert!(
        screen.contains("Panadol Extra") && !screen.contains("Tramadol"),
        "{screen}"
    );
    // What still comes of the filter before is not shown.
    let all = rows(till.model.now);
    news(
        &mut till,
        LiveNews::Rows {
            filter: 0,
            rows: all,
            skipped: 5,
        },
    );
    assert!(!till.screen(80, 24).contains("Tramadol"));
    assert_eq!(till.model.live.stream.skipped, 0);
    till.press("Esc");
    let (next, filter) = filtered(&mut till);
    assert!(next > number && filter.is_empty());
    assert_eq!(till.model.live.pane, Pane::Outlets);
    let outlets = till.model.live.outlets();
    assert_eq!(outlets[till.model.live.outlet_at(&outlets)].name, "Kilifi Bay");
}

#[tokio::test]
async fn totals_lead_to_the_events_of_their_line_and_a_region_to_its_outlets() {
    let mut till = following().await;
    till.press("4 Down Enter");
    assert_eq!(filtered(&mut till).1.drug_id, Some(7));
    till.press("Esc Right Enter");
    assert_eq!(filtered(&mut till).1.employee_id, Some(1));
    till.press("Esc Right Down Enter");
    assert_eq!(filtered(&mut till).1.doctor_id, Some(5));
    till.press("Esc Right Down Enter");
    assert!(
        till.wanted()
            .iter()
            .all(|effect| !matches!(effect, Effect::FilterLive { filter, .. } if !filter.is_empty()))
    );
    let regions = |till: &Till| -> Vec<String> {
        till.model
            .live
            .outlets()
            .iter()
            .map(|line| line.region.clone())
            .collect()
    };
    assert_eq!(regions(&till), vec!["Coast"; 6]);
    assert!(
        till.screen(80, 24).contains("1 OUTLETS IN COAST"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc");
    assert_eq!((regions(&till).len(), till.model.live.pane), (21, Pane::Totals));
}

#[tokio::test]
async fn an_event_of_a_sale_leads_to_its_receipt_and_esc_back_to_the_event() {
    let mut till = following().await;
    till.press("2 Down Enter");
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadReceipt { receipt, .. } => Some(receipt.to_string()),
        _ => None,
    });
    assert_eq!(asked.as_deref(), Some("T03-000041"));
    assert_eq!(till.model.screen, Screen::Past);
    till.press("Esc");
    assert_eq!((till.model.screen, till.model.live.stream.at), (Screen::Live, 1));
    assert!(till.model.past.front.is_none());
    // What happened beside the sales is of no receipt.
    till.press("Down Enter");
    assert_eq!(till.model.screen, Screen::Live);
    assert!(
        till.screen(80, 24).contains("it is of no receipt"),
        "{}",
        till.screen(80, 24)
    );
    // Whoever goes on from there to the list of receipts, and back a step, is at the list.
    till.press("Up Enter F8 Esc");
    assert_eq!(till.model.screen, Screen::Past);
    assert!(till.model.past.front.is_none());
}

#[tokio::test]
async fn a_filter_is_typed_refused_in_words_and_taken_away_by_esc() {
    let mut till = following().await;
    till.press("/");
    till.write("kind:gift");
    till.press("Enter");
    assert!(
        till.screen(80, 24).contains("kind:gift is none of sale, return"),
        "{}",
        till.screen(80, 24)
    );
    assert!(
        !till
            .wanted()
            .iter()
            .any(|effect| matches!(effect, Effect::FilterLive { .. }))
    );
    till.write("uhuru kind:return over:100");
    till.press("Enter");
    let (_, filter) = filtered(&mut till);
    assert_eq!(
        (filter.kind, filter.words),
        (Some(RowKind::Return), vec![String::from("uhuru")])
    );
    assert!(till.screen(80, 24).contains("only uhuru kind:return over:100"));
    till.press("/");
    assert_eq!(
        till.model.live.typing.as_ref().map(rxtill::app::text::Line::text),
        Some("uhuru kind:return over:100")
    );
    till.press("Esc Esc");
    assert!(till.model.live.typing.is_none());
    till.press("Esc");
    assert!(filtered(&mut till).1.is_empty());
    assert_eq!(till.model.screen, Screen::Live);
    till.press("Esc");
    assert_eq!(till.model.screen, Screen::Sale);
}

#[tokio::test]
async fn a_scan_is_no_filter_and_no_command() {
    let mut till = following().await;
    till.press("/");
    till.write("uhu");
    till.scan("6161100012370");
    assert_eq!(
        till.model.live.typing.as_ref().map(rxtill::app::text::Line::text),
        Some("uhu")
    );
    till.press("Esc Esc");
    till.scan("6161100012370");
    assert!(till.screen(80, 24).contains("scan ignored: F2 sells goods"));
}

#[tokio::test]
async fn space_holds_tables_and_events_while_the_head_goes_on_counting() {
    let mut till = following().await;
    till.press("Space");
    let mut later = overview(till.model.now);
    later.head.sales = 3_000;
    later.outlets[0].name = String::from("Somewhere");
    news(&mut till, LiveNews::Overview(Arc::new(later)));
    for _ in 0..3 {
        let came = rows(till.model.now);
        news(
            &mut till,
            LiveNews::Rows {
                filter: 0,
                rows: came,
                skipped: 100,
            },
        );
    }
    let screen = till.screen(80, 24);
    assert!(screen.contains("3,000 sales"), "{screen}");
    assert!(screen.contains("Mtwapa") && !screen.contains("Somewhere"), "{screen}");
    assert!(screen.contains("held: 318 newer"), "{screen}");
    till.press("Space");
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("Somewhere") && screen.contains("300 rows not shown, all counted"),
        "{screen}"
    );
}

#[tokio::test]
async fn what_is_looked_at_in_the_stream_stays_and_at_the_newest_it_goes_on() {
    let mut till = following().await;
    till.press("2 Down");
    let here = |till: &Till| till.model.live.stream.highlighted().unwrap().what.clone();
    let before = here(&till);
    for _ in 0..MOST_ROWS {
        let came = rows(till.model.now);
        news(
            &mut till,
            LiveNews::Rows {
                filter: 0,
                rows: came,
                skipped: 0,
            },
        );
    }
    assert_eq!(here(&till), before);
    assert!(
        till.screen(80, 24).contains("held: 12,000 newer"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Home");
    assert_eq!(till.model.live.stream.newer(), None);
    till.press("End");
    assert_eq!(till.model.live.stream.at, MOST_ROWS - 1);
}

#[tokio::test]
async fn the_highlight_stays_on_its_outlet_however_they_are_sorted_anew() {
    let mut till = following().await;
    till.press("Down Down");
    let name = |till: &Till| {
        let outlets = till.model.live.outlets();
        outlets[till.model.live.outlet_at(&outlets)].name.clone()
    };
    assert_eq!(name(&till), "Lakeside");
    let mut turned = overview(till.model.now);
    turned.outlets.reverse();
    news(&mut till, LiveNews::Overview(Arc::new(turned)));
    assert_eq!(name(&till), "Lakeside");
    till.press("Home");
    assert_eq!(name(&till), "Lamu");
    news(&mut till, LiveNews::Overview(Arc::default()));
    assert_eq!(till.model.live.outlets(), Vec::<&OutletLine>::new());
    till.press("Down Enter");
    assert_eq!(till.model.live.pane, Pane::Outlets);
}

/// Where the stream was last asked to begin.
fn followed(till: &mut Till) -> Option<LiveFrom> {
    let mut follows = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Follow { from, .. } => Some(from),
        _ => None,
    });
    follows.next_back()
}

#[tokio::test]
async fn from_when_is_chosen_or_typed_on_the_outlets_clock() {
    let mut till = following().await;
    till.press("t Enter");
    assert_eq!(followed(&mut till), Some(LiveFrom::Now));
    till.press("t");
    till.write("beg");
    till.press("Enter");
    assert_eq!(followed(&mut till), Some(LiveFrom::Beginning));
    till.press("t");
    till.write("2026-03-01 14:00");
    till.press("Enter");
    let at: Timestamp = "2026-03-01T11:00:00Z".parse().unwrap();
    assert_eq!(followed(&mut till), Some(LiveFrom::At(at)));
    till.press("2");
    assert!(
        till.screen(80, 24).contains("from 2026-03-01 14:00"),
        "{}",
        till.screen(80, 24)
    );
    till.press("t");
    till.write("25:00");
    till.press("Enter");
    assert!(
        till.screen(80, 24).contains("no such time: 09:30"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc Esc");
    assert_eq!(followed(&mut till), None);
    assert_eq!(till.model.live.from, LiveFrom::At(at));
}

#[tokio::test]
async fn another_scope_begins_anew_and_keeps_the_filter() {
    let mut till = following().await;
    assert_eq!(till.model.live.scope, LiveScope::All);
    till.press("/");
    till.write("uhuru");
    till.press("Enter");
    let (number, filter) = filtered(&mut till);
    let feed = till.model.live.feed;
    till.press("o");
    let wanted = till.wanted();
    assert!(
        wanted
            .iter()
            .any(|effect| matches!(effect, Effect::Follow { outlet: Some(_), .. })),
        "{wanted:?}"
    );
    let again = Effect::FilterLive {
        number,
        filter: Box::new(filter),
    };
    assert!(wanted.contains(&again), "{wanted:?}");
    // News of the feed before is of no feed that is followed.
    let late = LiveNews::Overview(Arc::new(overview(till.model.now)));
    till.tell(Message::LiveChanged { feed, news: late });
    assert_eq!(*till.model.live.overview, Overview::default());
}

#[tokio::test]
async fn a_stream_that_went_away_says_since_when_and_keeps_what_it_has() {
    let mut till = following().await;
    let since = till.model.now;
    let reason = String::from("127.0.0.1:9092: connection refused");
    news(&mut till, LiveNews::State(LiveState::Reconnecting { since, reason }));
    for _ in 0..11 {
        till.tell(Message::Ticked);
    }
    for size in [(80, 24), (120, 40), (45, 20)] {
        let screen = till.screen(size.0, size.1);
        assert!(screen.contains("away 12 s"), "{screen}");
        assert!(
            screen.contains("Mtwapa") && screen.contains("what is shown is of before"),
            "{screen}"
        );
    }
    assert!(till.screen(80, 24).contains("127.0.0.1:9092: connection refused"));
}

#[tokio::test]
async fn a_flood_leaves_the_model_bounded_and_a_frame_draws_what_fits() {
    let mut till = following().await;
    alerted(&mut till);
    till.drawing = false;
    for second in 0..60_u64 {
        let one = rows(till.model.now);
        let thousand: Vec<_> = one.iter().cycle().take(1_000).cloned().collect();
        news(
            &mut till,
            LiveNews::Rows {
                filter: 0,
                rows: thousand,
                skipped: second,
            },
        );
        till.press("2 Down 1 Down");
    }
    let live = &till.model.live;
    assert_eq!(live.stream.len(), MOST_ROWS);
    assert_eq!(live.stream.skipped, 60 * 59 / 2);
    // Whatever is kept, no more is looked at for a frame than is seen: the rows below are not even formatted.
    till.press("2 Home");
    let screen = till.screen(80, 24);
    assert!(screen.lines().count() <= 24 && screen.contains("Tramadol"), "{screen}");
}

#[tokio::test]
async fn a_supervisor_sees_live_and_receipts_and_nothing_else() {
    let mut watch = Till::watching(Some("Njeri"), sample().await);
    assert_eq!(
        (watch.model.screen, watch.model.live.scope),
        (Screen::Live, LiveScope::All)
    );
    let wanted = watch.wanted();
    assert!(
        wanted
            .iter()
            .any(|effect| matches!(effect, Effect::Follow { outlet: None, .. })),
        "{wanted:?}"
    );
    follow(&mut watch);
    let screen = watch.screen(80, 24);
    assert!(screen.contains("F3 LIVE") && screen.contains("F8 Past"), "{screen}");
    for absent in ["F2", "F4", "unsent 0", "catalogue", "T01"] {
        assert!(!screen.contains(absent), "{absent}:\n{screen}");
    }
    // The chain's own clock.
    assert!(screen.contains(" 09:42"), "{screen}");
    for keys in ["F2", "F4", "F7", "F9", "Ctrl+R"] {
        watch.press(keys);
        assert_eq!(watch.model.screen, Screen::Live, "{keys}");
    }
    assert!(
        watch.screen(80, 24).contains("this screen watches"),
        "{}",
        watch.screen(80, 24)
    );
    watch.press("F8 Esc");
    assert_eq!(watch.model.screen, Screen::Live);
    watch.scan("6161100012370");
    watch.press(":");
    let list = watch.screen(80, 60);
    assert!(
        list.contains("live-totals") && !list.contains("asked-for") && !list.contains("pay "),
        "{list}"
    );
    watch.press("Esc Ctrl+Q");
    assert!(watch.screen(80, 24).contains("Stop watching?"));
    watch.press("y");
    let wanted = watch.wanted();
    assert!(wanted.contains(&Effect::Quit));
    let writes = |effect: &Effect| matches!(effect, Effect::KeepDraft(_) | Effect::Note(_) | Effect::Sell { .. });
    assert!(!wanted.iter().any(writes), "{wanted:?}");
}
