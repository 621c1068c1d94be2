//! The mouse: a click does what a key does, on what is seen, and answers nothing that nobody has read.
use jiff::SignedDuration;
use rxtill::app::model::Over;
use rxtill::app::{Effect, Screen};
use rxtill::domain::dimension::Dimension;
use vt100::MouseProtocolMode;

use super::screens::{open, take};
use super::support::overview::follow;
use super::support::pty::{Pty, program};

#[tokio::test]
async fn a_click_on_a_tab_or_a_hint_does_what_its_key_does() {
    let mut till = open().await;
    till.click("F4 Drugs");
    assert_eq!(till.model.screen, Screen::Dimension(Dimension::Drug));
    till.click("Ctrl+N new");
    assert!(till.model.desks.of(Dimension::Drug).form.is_some());
    till.click("Esc back");
    assert!(till.model.desks.of(Dimension::Drug).form.is_none());
    till.click("F2 Sale");
    till.click(": all");
    assert!(matches!(till.model.over, Some(Over::Palette(_))));
    // The tab behind the list is covered.
    till.click("F3 Live");
    assert_eq!(till.model.screen, Screen::Sale);
    till.click("Esc back");
    assert!(till.model.over.is_none());
}

#[tokio::test]
async fn a_sale_can_be_made_with_clicks_alone_but_for_the_words() {
    let mut till = open().await;
    till.write("panadol");
    let screen = till.screen(80, 24);
    let hit = screen.lines().find(|line| line.contains("Panadol Extra")).unwrap();
    let hit = hit
        .trim_start_matches([' ', '▶'])
        .split("  ")
        .next()
        .unwrap()
        .to_owned();
    // The first click brings the highlight, the second takes what is highlighted.
    till.click(&hit);
    assert_eq!(till.model.sale.line_count(), 0);
    till.click(&hit);
    let basket = till.model.sale.basket.as_ref().unwrap();
    assert_eq!(basket.lines[0].drug.name, "Panadol Extra");
    till.click("+ pay");
    assert!(till.model.sale.payment.is_some());
    till.click("Enter pay");
    assert!(till.wanted().iter().any(|effect| matches!(effect, Effect::Sell { .. })));
}

#[tokio::test]
async fn a_click_on_a_line_of_the_basket_selects_it_and_on_a_tender_takes_it() {
    let mut till = open().await;
    for words in ["panadol extra", "hedex", "amlodipine 5"] {
        take(&mut till, words);
    }
    till.click("Hedex");
    assert_eq!(till.model.sale.selected, Some(1));
    till.click("Panadol Extra");
    assert_eq!(till.model.sale.selected, Some(0));
    till.turn("Hedex", true);
    assert_eq!(till.model.sale.selected, Some(1));
    till.press("Esc");
    take(&mut till, "@mwa");
    till.press("+");
    till.click("m M-Pesa");
    assert_eq!(till.model.sale.payment.as_ref().unwrap().tender.name, "M-Pesa");
}

#[tokio::test]
async fn rows_fields_and_choices_are_reached_by_a_click() {
    let mut till = open().await;
    till.press("F5");
    let second = till.screen(80, 24).lines().nth(6).unwrap().trim().to_owned();
    let name = second.split("  ").next().unwrap().to_owned();
    till.click(&name);
    assert_eq!(till.model.desks.of(Dimension::Doctor).list.at(), 1);
    till.click(&name);
    assert!(till.model.desks.of(Dimension::Doctor).form.is_some());
    till.press("Esc Ctrl+N");
    till.click("Phone");
    let form = till.model.desks.of(Dimension::Doctor).form.as_ref().unwrap();
    assert!(form.field().label.starts_with("Phone"), "{}", form.field().label);
    till.press("Esc :");
    till.click("outlets ");
    till.click("outlets ");
    assert_eq!(till.model.screen, Screen::Dimension(Dimension::Outlet));
}

#[tokio::test]
async fn rows_of_a_card_and_lines_of_a_new_prescriber_are_reached_by_a_click() {
    let mut till = open().await;
    till.write("amoxil 250");
    till.press("Right");
    till.click("strip 10");
    assert!(matches!(&till.model.over, Some(Over::Card(card)) if card.here == 1));
    till.click("strip 10");
    let basket = till.model.sale.basket.as_ref().unwrap();
    assert_eq!(basket.lines[0].pack, 1);
    till.write("@nobody");
    till.press("Enter");
    till.click("Clinic");
    assert_eq!(till.model.sale.adding.as_ref().unwrap().at, 3);
    till.click("Phone");
    assert_eq!(till.model.sale.adding.as_ref().unwrap().at, 2);
}

#[tokio::test]
async fn the_wheel_moves_in_lists_and_nowhere_else() {
    let mut till = open().await;
    till.press("F3 2");
    follow(&mut till);
    till.turn("basket cancelled", true);
    assert_eq!(till.model.live.stream.at, 1);
    till.press("F4");
    till.turn("Strength", true);
    assert_eq!(till.model.desks.of(Dimension::Drug).list.at(), 1);
    till.turn("F2 Sale", true);
    assert_eq!(till.model.desks.of(Dimension::Drug).list.at(), 1);
}

#[tokio::test]
async fn no_click_answers_a_question_drawn_less_than_250_ms_ago() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("Ctrl+Q");
    till.pause = SignedDuration::from_millis(200);
    till.click("y yes");
    assert!(matches!(till.model.over, Some(Over::Question(_))));
    assert!(!till.wanted().contains(&Effect::Quit));
    till.pause = SignedDuration::from_millis(60);
    till.click("y yes");
    assert!(till.wanted().contains(&Effect::Quit));
}

#[test]
fn clicks_reach_the_program_from_the_terminal_and_can_be_left_to_it() {
    let start = |settings: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rxtill.toml"), settings).unwrap();
        let mut till = program(env!("CARGO_BIN_EXE_rxtill"), folder.path());
        till.args(["--local", "--data-dir", "."]);
        (Pty::start(till), folder)
    };
    let (mut till, _folder) = start("");
    till.shows("sample pharmacy");
    till.until("the mouse", |screen| {
        screen.mouse_protocol_mode() == MouseProtocolMode::PressRelease
    });
    // Column and row, from 1: the second tab.
    till.press("\x1b[<0;14;1M\x1b[<0;14;1m");
    till.shows("LIVE");
    till.press("\x11");
    till.shows("Close the till?");
    assert!(till.ends_pressing("y").broken.is_empty());

    let (till, _folder) = start("[screen]\nmouse = false\n");
    till.shows("sample pharmacy");
    till.until("no mouse", |screen| {
        screen.mouse_protocol_mode() == MouseProtocolMode::None
    });
    till.signal("TERM");
    assert!(till.ends().broken.is_empty());
}
