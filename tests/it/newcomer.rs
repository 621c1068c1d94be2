//! Where somebody stumbled who had never seen the till, and knew nothing but what the screen says.
use jiff::SignedDuration;
use rxtill::app::Effect;
use rxtill::app::sale::Outcome;
use rxtill::domain::dimension::Dimension;

use super::dimension_screens::{Counter, drug};
use super::screens::{answer, open, pay, take};
use super::support::till::Till;

fn said(till: &Till, words: &str) {
    let screen = till.screen(80, 24);
    assert!(screen.contains(words), "{words}\n{screen}");
}

/// As fast as somebody types who does not look.
const TYPING: SignedDuration = SignedDuration::from_millis(90);

#[tokio::test]
async fn a_word_typed_without_a_look_does_not_cancel_the_basket_in_its_middle() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("Esc");
    said(&till, "Cancel basket (1 line)?");
    till.tell(rxtill::app::Message::Ticked);
    till.pause = TYPING;
    till.write("zyrtec");
    assert_eq!(till.model.sale.line_count(), 1, "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_cancelled_basket_can_be_had_again_until_the_next_is_paid_or_held() {
    let mut till = open().await;
    take(&mut till, "3*panadol");
    take(&mut till, "hedex");
    let before = till.model.sale.basket.clone();
    till.press("Esc y");
    assert_eq!(till.model.sale.line_count(), 0);
    said(&till, "Ctrl+Z undo");
    // Esc, and what was typed on meanwhile, does not let it go for good.
    till.write("rtec");
    till.press("Esc Esc Ctrl+Z");
    assert_eq!(till.model.sale.basket, before);
    said(&till, "undone: basket cancelled");
    till.press("Esc y");
    take(&mut till, "hedex");
    till.press("Ctrl+Z Ctrl+Z");
    assert_eq!(till.model.sale.basket, before);
    till.press("Esc y");
    take(&mut till, "hedex");
    till.press("F9 Ctrl+Z");
    said(&till, "nothing to undo");
}

#[tokio::test]
async fn a_number_below_zero_sells_nothing() {
    let mut till = open().await;
    take(&mut till, "panadol");
    take(&mut till, "*0");
    said(&till, "Esc, then - takes the line out");
    take(&mut till, "-2");
    assert_eq!(till.model.sale.line_count(), 1);
    said(&till, "-2 is no code. Quantity? *2");
}

#[tokio::test]
async fn ten_of_something_said_as_one_says_it_is_told_how_it_is_typed() {
    let mut till = open().await;
    take(&mut till, "10 panadol");
    said(&till, "“10 panadol” matches nothing. 10 of it? 10*panadol");
}

#[tokio::test]
async fn what_was_just_paid_is_given_back_with_two_keys() {
    let mut till = open().await;
    till.press("Ctrl+R");
    said(&till, "type its number as it is printed");
    till.press("Esc Esc");
    take(&mut till, "panadol");
    let request = pay(&mut till);
    answer(&mut till, request, Outcome::Committed);
    let receipt = till.model.sale.last.as_ref().unwrap().receipt.clone();
    till.wanted();
    till.press("Ctrl+R");
    said(&till, &format!("Enter alone: {receipt}"));
    said(&till, "Enter open receipt");
    assert!(!till.screen(80, 24).contains("no match"));
    till.press("Enter");
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::FindReceipt { receipt, .. } => Some(receipt.to_string()),
        _ => None,
    });
    assert_eq!(asked, Some(receipt));
}

#[tokio::test]
async fn a_name_typed_in_a_list_looks_for_it() {
    let mut counter = Counter::with(&[drug("1", "Metformin", "3"), drug("2", "Amoxil", "19")]).await;
    counter.press("F4").await;
    counter.till.write("amox");
    counter.says("Filter › amox");
    counter.says("1 of 2");
    counter.press("Esc Esc").await;
    counter.till.write("metf");
    counter.says("Filter › metf");
    counter.says("▶ 1");
}

#[tokio::test]
async fn a_drug_that_is_not_among_the_inactive_is_not_said_to_be_missing() {
    let mut counter = Counter::with(&[drug("1", "Metformin", "3")]).await;
    counter.press("F4 Ctrl+L Ctrl+L").await;
    counter.till.write("metf");
    counter.says("no inactive drug has these words · Ctrl+L looks in others");
    counter.press("Ctrl+L").await;
    counter.says("1 of 1");
}

#[tokio::test]
async fn the_list_stands_on_the_row_that_was_just_added() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "3"), drug("2", "Losec", "40")]).await;
    counter.press("F4 Ctrl+N").await;
    for (field, value) in [("code", "3"), ("name", "Kofol"), ("base_unit", "tab"), ("price", "5")] {
        counter.fill(field, value).await;
    }
    counter.press("F10").await;
    counter.says("drug Kofol saved");
    counter.says("▶ 3");
    let kept = counter.stored(Dimension::Drug, "Kofol").await;
    assert!(kept.active);
}
