//! Receipts of before, by keystrokes: what is asked for, what is shown, and what late answers do not do.
use rxtill::app::past::{PastFrom, PastPage, PastSource};
use rxtill::app::role::Holder;
use rxtill::app::{Effect, Layer, Message, RequestId, Screen};
use rxtill::domain::past::{PastRow, PastState, PastWanted, PastWhat};
use rxtill::ui::Theme;
use rxtill::ui::theme::Colours;

use super::golden::away;
use super::screens::{open, sample, take};
use super::support::answers::past_sale;
use super::support::till::Till;
use super::tour::past_answered;

fn looks(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(
            format!("{name}_{wide}x{high}"),
            shown(till, Theme::default(), wide, high)
        );
    }
}

/// The screen, with one and the same hash: the ids of the sample pharmacy are fresh each time.
fn shown(till: &Till, theme: Theme, wide: u16, high: u16) -> String {
    let screen = till.screen_in(theme, wide, high);
    let front = till.model.past.front.as_ref().and_then(|front| front.here());
    front.map_or(screen.clone(), |receipt| {
        screen.replace(&receipt.record.hash.to_string()[..12], "0123456789ab")
    })
}

/// The page that was asked for last.
fn asked(till: &mut Till) -> (RequestId, PastWanted, PastFrom) {
    let asked = till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::ReadPast {
            request, wanted, from, ..
        } => Some((request, *wanted, from)),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("no page was asked for:\n{}", till.screen(80, 24)))
}

/// So many receipts, and whether there are older ones.
fn page(till: &Till, count: u64, has_more: bool) -> PastPage {
    let row = |number| {
        let mut row = PastRow::from(past_sale(&till.model, PastState::Committed).unwrap());
        row.receipt.number = number;
        row.printed = row.receipt.to_string();
        row
    };
    PastPage {
        rows: (1..=count).rev().map(row).collect(),
        next: has_more.then_some(PastFrom::Journal(1, 1)),
        source: PastSource::Store,
    }
}

fn tell(till: &mut Till, request: RequestId, page: PastPage) {
    let answer = Ok(page);
    till.tell(Message::PastRead { request, answer });
}

#[tokio::test]
async fn receipts_and_a_whole_one() {
    let mut till = open().await;
    till.press("F8");
    past_answered(&mut till, 3);
    till.press("Down");
    looks(&till, "past_list");
    insta::assert_snapshot!(
        "past_list_ascii",
        shown(
            &till,
            Theme {
                ascii: true,
                ..Theme::default()
            },
            80,
            24
        )
    );
    let plain = Theme {
        colours: Colours::NONE,
        ..Theme::default()
    };
    assert_eq!(
        till.screen_in(plain, 80, 24),
        till.screen(80, 24),
        "without colour it says the same"
    );
    till.press("o");
    past_answered(&mut till, 3);
    looks(&till, "past_of_all_outlets");
    till.press("Enter");
    past_answered(&mut till, 0);
    looks(&till, "past_receipt");
    till.press("End");
    looks(&till, "past_receipt_end");
    insta::assert_snapshot!(
        "past_receipt_ascii",
        shown(
            &till,
            Theme {
                ascii: true,
                ..Theme::default()
            },
            80,
            24
        )
    );
}

#[tokio::test]
async fn with_the_database_away_it_is_this_till_s_own_and_says_so() {
    let mut till = open().await;
    let status = away(&till, 1);
    till.tell(Message::StatusChanged(Box::new(status)));
    till.press("F8");
    let waits = till
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::ReadPast { is_away: false, .. }));
    assert!(!waits, "nobody waits for a database that is away");
    past_answered(&mut till, 15);
    looks(&till, "past_away");
    // It is there again: the list is read anew by itself.
    till.tell(Message::StatusChanged(Box::default()));
    assert_eq!(asked(&mut till).2, PastFrom::Newest);
}

#[tokio::test]
async fn words_a_day_and_all_outlets_narrow_it_and_esc_takes_them_back() {
    let mut till = open().await;
    till.press("F8");
    let (_, wanted, _) = asked(&mut till);
    assert_eq!(
        wanted.outlet.map(|outlet| outlet.row),
        till.model.outlet.as_ref().map(|outlet| outlet.id)
    );
    till.press("/");
    till.write("Amoxil john");
    assert!(till.wanted().is_empty(), "a key asks nothing of the database");
    till.press("Enter");
    assert_eq!(asked(&mut till).1.what, PastWhat::of("amoxil john"));
    till.press("d");
    till.write("1/3");
    till.press("Enter");
    assert_eq!(asked(&mut till).1.day, Some(jiff::civil::date(2026, 3, 1)));
    till.press("o");
    assert_eq!(asked(&mut till).1.outlet, None);
    looks(&till, "past_narrowed");
    till.press("Esc");
    assert_eq!(asked(&mut till).1.what, PastWhat::All);
    till.press("Esc");
    assert_eq!(asked(&mut till).1.day, None);
    till.press("Esc");
    assert_eq!(till.model.screen, Screen::Sale);
}

#[tokio::test]
async fn only_what_is_in_sight_and_a_page_ahead_is_read_and_late_answers_are_ignored() {
    let mut till = open().await;
    till.press("F8");
    let (late, ..) = asked(&mut till);
    till.press("o");
    let (request, ..) = asked(&mut till);
    let newest = page(&till, 50, true);
    tell(&mut till, late, newest.clone());
    assert!(till.model.past.list.rows.is_empty(), "that was asked for before");
    tell(&mut till, request, newest);
    let (request, _, from) = asked(&mut till);
    assert_eq!(from, PastFrom::Journal(1, 1));
    let older = page(&till, 50, true);
    tell(&mut till, request, older);
    assert!(till.wanted().is_empty(), "a page ahead is enough");
    till.press("PageDown PageDown PageDown");
    assert_eq!(asked(&mut till).2, PastFrom::Journal(1, 1));
}

#[tokio::test]
async fn what_failed_is_said_and_tried_again_by_whoever_goes_on() {
    let mut till = open().await;
    till.press("F8");
    let (request, ..) = asked(&mut till);
    let few = page(&till, 2, true);
    tell(&mut till, request, few);
    let (request, ..) = asked(&mut till);
    let answer = Err("older ones were not read: no answer in time".into());
    till.tell(Message::PastRead { request, answer });
    assert!(till.wanted().is_empty());
    assert!(
        till.screen(80, 24).contains("older ones were not read"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Down Down");
    assert_eq!(asked(&mut till).2, PastFrom::Journal(1, 1));
}

#[tokio::test]
async fn a_scanned_receipt_is_found_from_any_state_and_other_goods_are_not() {
    let mut till = open().await;
    for keys in ["F8", "F8 /", "F8 d", "F8 Enter"] {
        till.press(keys);
        past_answered(&mut till, 3);
        till.scan("T01-616111");
        let (request, wanted, _) = asked(&mut till);
        assert_eq!(wanted.what, PastWhat::Receipt("T01-616111".parse().unwrap()));
        let one = page(&till, 1, false);
        tell(&mut till, request, one);
        assert_eq!(till.model.layer(), Layer::PastReceipt, "{keys}");
        past_answered(&mut till, 0);
        till.scan("6161100012370");
        assert!(
            till.screen(80, 24).contains("it is no receipt's number"),
            "{}",
            till.screen(80, 24)
        );
        assert_eq!(till.model.sale.line_count(), 0);
        till.press("Esc Esc");
        till.wanted();
    }
    till.press("F8");
    till.scan("T09-000001");
    let (request, ..) = asked(&mut till);
    tell(
        &mut till,
        request,
        PastPage {
            rows: Vec::new(),
            next: None,
            source: PastSource::Store,
        },
    );
    assert!(
        till.screen(80, 24).contains("no receipt T09-000001 is known"),
        "{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn enter_goes_to_a_return_and_esc_comes_back_to_where_one_was() {
    let mut till = open().await;
    till.press("F8");
    past_answered(&mut till, 3);
    till.press("Enter");
    past_answered(&mut till, 0);
    till.press("Down Down");
    assert!(
        till.screen(80, 24).contains("Enter go to it"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Enter");
    past_answered(&mut till, 1);
    assert!(
        till.screen(80, 24).contains("T01-616112 · return"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc");
    past_answered(&mut till, 0);
    assert!(
        till.screen(80, 24).contains("T01-616111 · sale"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc");
    assert_eq!(till.model.layer(), Layer::Past);
}

#[tokio::test]
async fn r_opens_the_return_of_it_on_the_sale_screen_unless_a_basket_is_there() {
    let mut till = open().await;
    let look = |till: &mut Till| {
        till.press("F8");
        past_answered(till, 3);
        till.press("Enter");
        past_answered(till, 0);
        till.press("r");
    };
    take(&mut till, "hedex");
    till.wanted();
    look(&mut till);
    assert_eq!(till.model.screen, Screen::Past);
    assert!(
        till.screen(80, 24).contains("the basket in front comes first"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc F2 -");
    look(&mut till);
    assert_eq!(till.model.screen, Screen::Sale, "{}", till.screen(80, 24));
    let looked = till
        .wanted()
        .into_iter()
        .any(|effect| matches!(effect, Effect::FindReceipt { receipt, .. } if receipt.to_string() == "T01-616111"));
    assert!(looked);
}

#[tokio::test]
async fn a_viewer_looks_at_receipts_and_takes_nothing_back() {
    let holder = Holder {
        till: "T01".into(),
        pid: Some(4711),
        is_open: true,
    };
    let mut viewer = Till::beside(holder, sample().await);
    viewer.press("F8");
    let (request, ..) = asked(&mut viewer);
    let till = open().await;
    let one = page(&till, 1, false);
    tell(&mut viewer, request, one);
    viewer.press("Enter");
    let request = viewer.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadReceipt { request, .. } => Some(request),
        _ => None,
    });
    let whole = super::support::answers::past_receipt(&till.model, 0).unwrap();
    let answer = Ok(Box::new(whole));
    viewer.tell(Message::ReceiptRead {
        request: request.unwrap(),
        answer,
    });
    viewer.press("r");
    assert_eq!(viewer.model.screen, Screen::Past);
    assert!(
        viewer.screen(80, 24).contains("sells and saves nothing"),
        "{}",
        viewer.screen(80, 24)
    );
    assert!(!viewer.screen(80, 24).contains("r return"), "{}", viewer.screen(80, 24));
}
