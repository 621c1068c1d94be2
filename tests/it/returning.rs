//! A receipt that is brought back, by keystrokes: what may come back, at what price, and what becomes of it.
use rxtill::app::model::{Over, Recovering};
use rxtill::app::role::Holder;
use rxtill::app::sale::{Draft, Outcome, ReceiptAnswer, Refusal};
use rxtill::app::{Effect, Layer, Message, RequestId};
use rxtill::domain::sale::{Agreed, SaleKind};
use rxtill::ui::Theme;

use super::screens::{answer, open, open_with, pay, sample, take};
use super::support::till::Till;

/// The sale that was wanted last.
fn sold(till: &mut Till) -> (RequestId, Agreed) {
    let sold = till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::Sell { request, agreed, .. } => Some((request, *agreed)),
        _ => None,
    });
    sold.unwrap_or_else(|| panic!("nothing was recorded:\n{}", till.screen(80, 24)))
}

/// The receipt that was asked for last.
fn asked(till: &mut Till) -> (RequestId, String) {
    let asked = till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::FindReceipt { request, receipt } => Some((request, receipt.to_string())),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("no receipt was asked for:\n{}", till.screen(80, 24)))
}

fn known(sale: &Agreed, returns: &[Agreed]) -> ReceiptAnswer {
    ReceiptAnswer::Sold {
        receipt: String::from("T01-000123"),
        sale: Box::new(sale.clone()),
        returns: returns.to_vec(),
        is_whole: true,
    }
}

/// Ten Panadol Extra at 6.50 less 10 %, a strip of Panadol and an Amoxil, paid in cash.
pub(super) fn a_sale(till: &mut Till) -> Agreed {
    take(till, "10*panadol extra");
    take(till, "%10");
    take(till, "hedex");
    take(till, "20*amoxil 500");
    take(till, "@mwa");
    till.press("+");
    till.write("1000");
    till.press("Enter");
    let (request, agreed) = sold(till);
    answer(till, request, Outcome::Committed);
    agreed
}

/// The receipt of such a sale in front.
pub(super) fn brought(till: &mut Till, sale: &Agreed) {
    take(till, "t01-000123");
    let (request, _) = asked(till);
    let answer = known(sale, &[]);
    till.tell(Message::ReceiptFound { request, answer });
    assert_eq!(till.model.layer(), Layer::Returning, "{}", till.screen(80, 24));
}

fn said(till: &Till, words: &str) {
    let screen = till.screen(80, 24);
    assert!(screen.contains(words), "{words}\n{screen}");
}

fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("returning_{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

#[tokio::test]
async fn a_receipt_that_is_typed_or_scanned_is_looked_for_and_opens_its_return() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    for (typed, receipt) in [
        ("T01-000123", "T01-000123"),
        ("t01.2-000001", "t01.2-000001"),
        ("t01-123", "T01-000123"),
        ("KISUMU2-004711", "KISUMU2-004711"),
    ] {
        take(&mut till, typed);
        assert_eq!(asked(&mut till).1, receipt);
        said(&till, "looking for");
        till.press("Esc");
    }
    till.scan("T01-000123");
    let (request, receipt) = asked(&mut till);
    assert_eq!(receipt, "T01-000123");
    let answer = known(&sale, &[]);
    till.tell(Message::ReceiptFound { request, answer });
    look(&till, "opened");
    let theme = Theme {
        ascii: true,
        ..Theme::default()
    };
    insta::assert_snapshot!("returning_opened_ascii_80x24", till.screen_in(theme, 80, 24));
}

#[tokio::test]
async fn the_command_asks_for_a_receipt_by_the_name_of_this_till() {
    let mut till = open().await;
    till.press(":");
    till.write("return");
    till.press("Enter");
    assert_eq!(till.model.sale.entry.text(), "T01-");
    said(&till, "scan the receipt, or type its number");
    take(&mut till, "123");
    assert_eq!(asked(&mut till).1, "T01-000123");
    let mut till = open().await;
    till.press("Ctrl+R");
    assert_eq!(till.model.sale.entry.text(), "T01-");
}

#[tokio::test]
async fn what_comes_back_costs_its_part_of_what_was_paid_and_is_paid_out() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.write("3");
    till.press("Enter Down Enter");
    look(&till, "chosen");
    till.press("+");
    look(&till, "money");
    till.press("Enter");
    let (request, back) = sold(&mut till);
    assert_eq!((back.kind, back.refund_of), (SaleKind::Return, Some(sale.sale_id)));
    assert_ne!(back.sale_id, sale.sale_id);
    let lines: Vec<_> = back
        .lines
        .iter()
        .map(|line| format!("{} {} {} {}", line.unit_qty, line.name, line.discount, line.total))
        .collect();
    let full = &sale.lines[0];
    assert_eq!(lines.len(), 2);
    assert_eq!(back.lines[0].unit_qty.to_string(), "-3");
    assert_eq!(back.lines[0].unit_price, full.unit_price);
    assert_eq!(
        (back.lines[0].total.decimal() * rust_decimal::Decimal::TEN).normalize(),
        (-full.total.decimal() * rust_decimal::Decimal::from(3)).normalize(),
        "{lines:?}"
    );
    assert_eq!(back.doctor, sale.doctor);
    assert_eq!(
        back.payments
            .iter()
            .map(|paid| paid.amount)
            .sum::<rxtill::domain::money::Money>(),
        back.total
    );
    assert!(till.model.sale.returning.is_none() && till.model.sale.basket.is_none());
    answer(&mut till, request, Outcome::Queued);
    look(&till, "given_back");
}

#[tokio::test]
async fn only_what_is_left_comes_back() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.write("4");
    till.press("Enter + Enter");
    let (request, before) = sold(&mut till);
    answer(&mut till, request, Outcome::Committed);
    take(&mut till, "t01-000123");
    let (request, _) = asked(&mut till);
    let again = known(&sale, std::slice::from_ref(&before));
    till.tell(Message::ReceiptFound { request, answer: again });
    said(&till, "back 4   left 6");
    till.write("7");
    till.press("Enter");
    said(&till, "at most 6");
    till.press("Esc");
    till.write("2.5");
    till.press("Enter");
    said(&till, "cannot be divided");
    till.press("Esc Enter Enter Enter");
    till.press("F10 Enter");
    let (request, rest) = sold(&mut till);
    answer(&mut till, request, Outcome::Committed);
    assert_eq!(
        before.total + rest.total,
        -sale.total,
        "all parts sum up to what was paid"
    );
    take(&mut till, "t01-000123");
    let (request, _) = asked(&mut till);
    let answer = known(&sale, &[before, rest]);
    till.tell(Message::ReceiptFound { request, answer });
    said(&till, "all of T01-000123 came back before");
    assert!(till.model.sale.returning.is_none());
}

#[tokio::test]
async fn a_scanned_item_is_one_more_of_its_line_and_another_is_refused() {
    let mut till = open().await;
    let strip = "6161100012370";
    till.scan(strip);
    till.scan(strip);
    let request = pay_of(&mut till);
    let sale = request.1;
    brought(&mut till, &sale);
    till.scan(strip);
    till.scan(strip);
    let chosen = till.model.sale.returning.as_ref().unwrap().chosen.clone();
    assert_eq!(chosen[0].to_string(), "2");
    till.scan(strip);
    said(&till, "no more of that can come back");
    till.scan("6161999999999");
    said(&till, "6161999999999 is not on this receipt");
    till.press("-");
    assert!(!till.model.sale.returning.as_ref().unwrap().is_begun());
}

fn pay_of(till: &mut Till) -> (RequestId, Agreed) {
    till.press("+ Enter");
    let (request, agreed) = sold(till);
    answer(till, request, Outcome::Committed);
    (request, agreed)
}

#[tokio::test]
async fn what_is_no_receipt_to_come_back_is_said_in_words() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.press("Enter + Enter");
    let (request, back) = sold(&mut till);
    answer(&mut till, request, Outcome::Committed);
    for (answer, words) in [
        (ReceiptAnswer::NotFound, "no receipt T09-000001 is known"),
        (ReceiptAnswer::Away, "the database does not answer"),
        (
            ReceiptAnswer::Refused(String::from("it is parked")),
            "T09-000001: it is parked",
        ),
        (known(&back, &[]), "T01-000123 is a return itself"),
    ] {
        take(&mut till, "T09-000001");
        let (request, _) = asked(&mut till);
        till.tell(Message::ReceiptFound { request, answer });
        said(&till, words);
        assert!(till.model.sale.returning.is_none());
    }
}

#[tokio::test]
async fn an_answer_that_comes_late_opens_nothing() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    take(&mut till, "T01-000123");
    let (first, _) = asked(&mut till);
    till.press("Esc");
    till.tell(Message::ReceiptFound {
        request: first,
        answer: known(&sale, &[]),
    });
    assert!(till.model.sale.returning.is_none());
    take(&mut till, "T01-000123");
    let (second, _) = asked(&mut till);
    take(&mut till, "hedex");
    till.tell(Message::ReceiptFound {
        request: second,
        answer: known(&sale, &[]),
    });
    assert!(till.model.sale.returning.is_none());
    said(&till, "T01-000123 was found; the basket in front comes first");
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn a_basket_that_is_begun_comes_first_and_a_return_does_not_wait() {
    let mut till = open().await;
    take(&mut till, "hedex");
    for keys in ["scan", "Ctrl+R"] {
        if keys == "scan" {
            till.scan("T01-000123");
        } else {
            till.press(keys);
        }
        said(&till, "the basket in front comes first");
        assert_eq!(till.model.sale.line_count(), 1);
    }
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.press("Enter F9");
    said(&till, "a return does not wait");
    till.press("+ F9");
    said(&till, "a return does not wait");
    till.press("Esc");
    assert!(till.model.sale.returning.as_ref().unwrap().is_begun());
    till.scan("T01-000200");
    said(&till, "the return of T01-000123 comes first");
}

#[tokio::test]
async fn esc_steps_back_and_asks_before_what_was_chosen_is_lost() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.write("3");
    till.press("Esc");
    assert!(till.model.sale.returning.as_ref().unwrap().entry.is_empty());
    till.press("Enter + Esc");
    assert!(till.model.sale.payment.is_none() && till.model.sale.basket.is_none());
    till.press("Esc");
    assert!(matches!(till.model.over, Some(Over::Question(_))));
    look(&till, "left");
    till.press("n");
    assert!(till.model.sale.returning.is_some());
    till.press("Esc y");
    assert!(till.model.sale.returning.is_none());
    said(&till, "T01-000123 is left: nothing of it came back");
    brought(&mut till, &sale);
    till.press("Esc");
    assert!(
        till.model.sale.returning.is_none(),
        "nothing was chosen: nothing is asked"
    );
}

#[tokio::test]
async fn a_refused_return_is_back_as_it_was() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.write("3");
    till.press("Enter");
    let before = till.model.sale.returning.clone();
    till.press("+ Enter");
    let (request, _) = sold(&mut till);
    take(&mut till, "zinc");
    let refusal = Refusal::Other(String::from("Panadol Extra: at most 2 can come back of that sale"));
    answer(&mut till, request, Outcome::Refused(refusal));
    assert_eq!(till.model.sale.returning, before);
    assert_eq!(till.model.sale.held.len(), 1);
    let screen = till.screen(120, 40);
    assert!(screen.contains("not given back; take back Cash"), "{screen}");
    assert!(screen.contains("held as #1"), "{screen}");
}

#[tokio::test]
async fn a_sale_that_is_refused_while_a_return_is_begun_is_back_and_the_return_is_named() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    take(&mut till, "zinc");
    let request = pay(&mut till);
    brought(&mut till, &sale);
    till.press("Enter");
    answer(
        &mut till,
        request,
        Outcome::Refused(Refusal::Other(String::from("closed"))),
    );
    assert!(till.model.sale.returning.is_none());
    assert_eq!(till.model.sale.line_count(), 1);
    let words = "the return of T01-000123 was begun: scan it again";
    assert!(till.model.alerts[0].ends_with(words), "{:?}", till.model.alerts);
}

#[tokio::test]
async fn a_till_that_is_killed_in_a_return_says_that_nothing_of_it_is_recorded() {
    let changes = sample().await;
    let mut till = open_with(changes.clone());
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.press("Enter +");
    let kept = |till: &mut Till| {
        let drafts = till.wanted().into_iter().rev().find_map(|effect| match effect {
            Effect::KeepDraft(draft) => Some(draft),
            _ => None,
        });
        drafts.unwrap()
    };
    let draft = kept(&mut till);
    assert!(draft.baskets.is_empty(), "goods that come back are no basket to sell");
    let reopened = |draft: &Draft| {
        let bytes = serde_json::to_vec(draft).unwrap();
        let left = Recovering {
            outlet: draft.outlet,
            draft: serde_json::from_slice(&bytes).unwrap(),
            ..Recovering::default()
        };
        Till::reopened(left, changes.clone())
    };
    let again = reopened(&draft);
    assert!(again.model.sale.basket.is_none());
    let words = "the return of T01-000123 was begun, and nothing of it is recorded: scan it again";
    assert_eq!(again.model.alerts, [words]);
    // On its way and not in the journal: it was not recorded either.
    till.press("Enter");
    assert!(till.model.sale.waiting.is_some());
    assert_eq!(reopened(&Draft::of(&till.model)).model.alerts, [words]);
}

#[tokio::test]
async fn where_the_store_did_not_answer_that_is_said_and_what_is_on_prescription_too() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    take(&mut till, "T01-000123");
    let (request, _) = asked(&mut till);
    let answer = ReceiptAnswer::Sold {
        receipt: String::from("T01-000123"),
        sale: Box::new(sale),
        returns: Vec::new(),
        is_whole: false,
    };
    till.tell(Message::ReceiptFound { request, answer });
    till.press("Down Down Enter");
    look(&till, "store_away");
}

#[tokio::test]
async fn no_more_is_paid_out_than_comes_back() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.press("Enter +");
    till.write("500");
    till.press("Enter");
    said(&till, "is given back");
    assert!(till.model.sale.waiting.is_none());
}

#[tokio::test]
async fn a_viewer_takes_nothing_back() {
    let holder = Holder {
        till: String::from("T01"),
        pid: Some(4711),
        is_open: true,
    };
    let mut viewer = Till::beside(holder, sample().await);
    viewer.press("F2");
    viewer.scan("T01-000123");
    viewer.press("Ctrl+R");
    viewer.press(":");
    viewer.write("return");
    viewer.press("Enter");
    assert!(
        !viewer
            .wanted()
            .iter()
            .any(|effect| matches!(effect, Effect::FindReceipt { .. }))
    );
    assert!(viewer.model.sale.returning.is_none());
}

#[tokio::test]
async fn a_line_is_chosen_with_the_mouse() {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    brought(&mut till, &sale);
    till.click("Hedex");
    assert_eq!(till.model.sale.returning.as_ref().unwrap().at, 1);
    till.click("Hedex");
    assert!(till.model.sale.returning.as_ref().unwrap().is_begun());
}
