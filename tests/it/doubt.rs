//! What is asked about a basket before its money, by keystrokes: a quantity far from the usual, and the same basket again.
use jiff::SignedDuration;
use rxtill::app::sale::Outcome;
use rxtill::app::{Effect, Layer, Message};
use rxtill::domain::audit::{Happening, Questioned};
use rxtill::domain::money::Quantity;
use rxtill::domain::usual::{Usual, Usuals};

use super::screens::{answer, open, pay, take};
use super::support::till::Till;

fn looks(till: &Till, name: &str) {
    insta::assert_snapshot!(format!("{name}_80x24"), till.screen(80, 24));
    insta::assert_snapshot!(format!("{name}_120x40"), till.screen(120, 40));
    insta::assert_snapshot!(format!("{name}_45x20"), till.screen(45, 20));
}

fn says(till: &Till, words: &str) {
    let screen = till.screen(120, 40);
    assert!(screen.contains(words), "{words}:\n{screen}");
}

/// Answers what was asked about drugs: of each, so much is usual.
pub(super) fn usual_is(till: &mut Till, median: u32, high: u32) {
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadUsual { request, drugs } => Some((request, drugs)),
        _ => None,
    });
    let (request, drugs) = asked.expect("nobody asked what is usual");
    let usual = Usual {
        median: Quantity::new(median.into()),
        high: Quantity::new(high.into()),
    };
    let usual: Usuals = drugs.into_keys().map(|drug| (drug, usual)).collect();
    let usual = Some(usual);
    till.tell(Message::UsualRead { request, usual });
}

fn answers(till: &mut Till) -> Vec<(Questioned, bool)> {
    let noted = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Note(noted) => Some(noted),
        _ => None,
    });
    let answers = noted.flatten().filter_map(|noted| match noted.happening {
        Happening::QuestionAnswered { question, answer, .. } => Some((question, answer)),
        _ => None,
    });
    answers.collect()
}

fn is_paying(till: &Till) -> bool {
    till.model.sale.payment.is_some()
}

#[tokio::test]
async fn a_hundred_for_ten_is_asked_about_before_the_money_and_only_once() {
    let mut till = open().await;
    take(&mut till, "100*panadol");
    usual_is(&mut till, 10, 30);
    till.press("+");
    assert_eq!(till.model.layer(), Layer::Question);
    assert!(!is_paying(&till));
    says(&till, "usual is 10 tab in a line. Sell 100 tab? y");
    looks(&till, "doubt_quantity");
    // Neither Enter nor a scan is an answer.
    till.press("Enter");
    till.scan("6161100012370");
    assert_eq!(till.model.layer(), Layer::Question);
    assert_eq!(till.model.sale.line_count(), 1, "nor is anything sold by that scan");
    till.press("y");
    assert!(is_paying(&till));
    assert_eq!(answers(&mut till), [(Questioned::Quantity, true)]);
    till.press("Esc +");
    assert!(is_paying(&till), "nobody asks about that again");
    till.press("Esc");
    till.write("*200");
    till.press("Enter +");
    says(&till, "Sell 200 tab? y");
}

#[tokio::test]
async fn a_key_too_soon_for_the_question_answers_nothing() {
    let mut till = open().await;
    take(&mut till, "100*panadol");
    usual_is(&mut till, 10, 30);
    till.pause = SignedDuration::from_millis(200);
    till.press("+ y");
    assert_eq!(till.model.layer(), Layer::Question);
    says(&till, "that key came before this could be read");
}

#[tokio::test]
async fn no_leads_to_the_line_which_is_put_right_and_paid() {
    let mut till = open().await;
    take(&mut till, "100*panadol");
    take(&mut till, "hedex");
    usual_is(&mut till, 10, 30);
    till.press("+ Esc");
    assert!(!is_paying(&till));
    assert_eq!(till.model.sale.selected, Some(0), "it is the first line");
    assert_eq!(answers(&mut till), [(Questioned::Quantity, false)]);
    till.press("Enter");
    till.write("10");
    till.press("Enter +");
    assert!(is_paying(&till));
}

#[tokio::test]
async fn packs_count_in_base_units_and_say_so() {
    let mut till = open().await;
    till.scan("6161100012745");
    usual_is(&mut till, 10, 30);
    till.press("+");
    says(&till, "Sell 1 box 100");
    says(&till, "(100 tab)? y");
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_is_known_or_nobody_answers() {
    let mut till = open().await;
    take(&mut till, "100*panadol");
    let request = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadUsual { request, .. } => Some(request),
        _ => None,
    });
    let request = request.unwrap();
    till.tell(Message::UsualRead { request, usual: None });
    let asks = |till: &mut Till| {
        till.wanted()
            .iter()
            .any(|effect| matches!(effect, Effect::ReadUsual { .. }))
    };
    till.press("+");
    assert!(is_paying(&till));
    assert!(
        !asks(&mut till),
        "a store that did not answer is left alone for a while"
    );
    for _ in 0..15 {
        till.tell(Message::Ticked);
    }
    assert!(asks(&mut till));
}

#[tokio::test]
async fn what_the_disk_kept_is_usual_without_a_server() {
    let mut till = open().await;
    let drug = till.model.shelf.catalogue().by_code("6161100012370").unwrap().0.uuid;
    let ten = Quantity::new(10.into());
    let usual = Usual { median: ten, high: ten };
    till.tell(Message::UsualKept([(drug, usual)].into()));
    take(&mut till, "100*panadol");
    till.press("+");
    says(&till, "Sell 100 tab? y");
}

#[tokio::test]
async fn the_same_basket_within_a_minute_is_asked_about() {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    take(&mut till, "hedex");
    let request = pay(&mut till);
    answer(&mut till, request, Outcome::Committed);
    take(&mut till, "hedex");
    take(&mut till, "10*panadol");
    till.press("+");
    assert!(!is_paying(&till));
    says(&till, "The same as T01-000001, ");
    looks(&till, "doubt_same");
    till.press("n");
    assert_eq!(answers(&mut till), [(Questioned::SameBasket, false)]);
    till.press("+ y");
    assert!(is_paying(&till));
    assert_eq!(answers(&mut till), [(Questioned::SameBasket, true)]);
    // Left and opened again, nobody asks again; with one more of it, it is another basket.
    till.press("Esc +");
    assert!(is_paying(&till));
}

#[tokio::test]
async fn another_basket_or_the_same_after_a_minute_is_not_asked_about() {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    let request = pay(&mut till);
    answer(&mut till, request, Outcome::Committed);
    take(&mut till, "11*panadol");
    till.press("+");
    assert!(is_paying(&till));
    till.press("Esc");
    till.write("*10");
    till.press("Enter +");
    says(&till, "The same as T01-000001, ");
    till.press("Esc");
    for _ in 0..60 {
        till.tell(Message::Ticked);
    }
    till.press("+");
    assert!(is_paying(&till));
}

#[tokio::test]
async fn the_same_while_the_sale_before_is_on_its_way_is_asked_about_too() {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    pay(&mut till);
    take(&mut till, "10*panadol");
    till.press("+");
    says(&till, "The same as the sale before, which is on its way, ");
}
