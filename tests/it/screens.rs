//! The counter by keystrokes, over the sample pharmacy: what is asked of the store, and what the screen shows.
use jiff::Timestamp;
use rxtill::app::model::Over;
use rxtill::app::sale::{Outcome, Refusal, SaleAnswer};
use rxtill::app::{Effect, Message};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::clock::Clock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::star::Store;
use uuid::Uuid;

use super::support::till::Till;
use super::support::{TestStore, answers};

/// The till's morning.
struct Morning;

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        "2026-03-02T06:00:00Z".parse().unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::from_u128(fastrand::u128(..))
    }
}

/// A store with the sample pharmacy, for as long as the first lives.
pub(super) async fn sample_store() -> (TestStore, Store) {
    let kept = TestStore::sqlite().await;
    let store = Store::new(kept.engine.clone());
    load_sample(&store, &Morning).await.unwrap();
    (kept, store)
}

/// What a till knows of the sample pharmacy.
pub(super) async fn sample() -> CatalogueChanges {
    let (_kept, store) = sample_store().await;
    store.catalogue_changes((Uuid::nil(), 0)).await.unwrap()
}

/// A till in Mirema meds at which John sells.
pub(super) async fn open() -> Till {
    open_with(sample().await)
}

/// The same, where this is known.
pub(super) fn open_with(changes: CatalogueChanges) -> Till {
    let mut till = Till::knowing(changes);
    till.write("mirema");
    till.press("Enter");
    till.write("john");
    till.press("Enter");
    till.wanted();
    till
}

pub(super) fn take(till: &mut Till, words: &str) {
    till.write(words);
    till.press("Enter");
}

/// Sells the basket for exact cash, and gives the answer of the store to come.
pub(super) fn pay(till: &mut Till) -> rxtill::app::RequestId {
    till.press("+ Enter");
    let sold = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::Sell { request, .. } => Some(request),
        _ => None,
    });
    sold.unwrap_or_else(|| panic!("nothing was sold:\n{}", till.screen(80, 24)))
}

pub(super) fn answer(till: &mut Till, request: rxtill::app::RequestId, outcome: Outcome) {
    let receipt = (!matches!(outcome, Outcome::Refused(_))).then(|| String::from("T01-000001"));
    let answer = SaleAnswer {
        outcome,
        receipt,
        below_zero: Vec::new(),
    };
    till.tell(Message::SaleAnswered { request, answer });
}

fn look(till: &Till, name: &str) {
    insta::assert_snapshot!(format!("{name}_80x24"), till.screen(80, 24));
    insta::assert_snapshot!(format!("{name}_120x40"), till.screen(120, 40));
}

#[tokio::test]
async fn the_list_refreshes_while_a_drug_is_highlighted_and_another_drug_is_not_sold() {
    let mut till = open().await;
    till.write("panadol");
    let highlighted = |till: &Till| match &till.model.sale.found {
        rxtill::app::sale::Found::Drugs(list) => list.here().map(|hit| hit.drug.clone()),
        _ => None,
    };
    let meant = highlighted(&till).unwrap();
    // It is no longer sold, and the list is another one when Enter comes.
    let mut off = (*meant).clone();
    off.active = false;
    till.learn(CatalogueChanges {
        drugs: vec![off],
        ..CatalogueChanges::default()
    });
    assert_eq!(highlighted(&till), None);
    till.press("Enter");
    assert_eq!(till.model.sale.line_count(), 0, "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_sale_before_any_employee_exists_says_what_to_do() {
    let mut changes = sample().await;
    changes.employees.clear();
    let mut till = Till::knowing(changes);
    till.write("mirema");
    till.press("Enter");
    take(&mut till, "panadol");
    till.press("+");
    let screen = till.screen(80, 24);
    assert!(screen.contains("add who sells under Staff"), "{screen}");
    assert!(!till.wanted().iter().any(|effect| matches!(effect, Effect::Sell { .. })));
}

#[tokio::test]
async fn a_refused_basket_comes_back_and_what_was_scanned_meanwhile_is_held() {
    let mut till = open().await;
    take(&mut till, "panadol");
    let first = till.model.sale.basket.clone().unwrap();
    let request = pay(&mut till);
    take(&mut till, "hedex");
    let second = till.model.sale.basket.clone().unwrap();
    answer(
        &mut till,
        request,
        Outcome::Refused(Refusal::Other("the price is closed".into())),
    );
    assert_eq!(till.model.sale.basket, Some(first));
    let held: Vec<_> = till.model.sale.held.iter().map(|held| held.basket.clone()).collect();
    assert_eq!(held, [second]);
    look(&till, "refused");
}

/// One sale whose answer is out, and the next customer's basket of two lines in front.
async fn two_customers() -> (Till, rxtill::app::RequestId) {
    let mut till = open().await;
    take(&mut till, "panadol");
    let request = pay(&mut till);
    take(&mut till, "hedex");
    take(&mut till, "zinc");
    (till, request)
}

#[tokio::test]
async fn a_yes_to_a_question_about_one_basket_is_none_to_the_refused_one_that_takes_its_place() {
    let (mut till, request) = two_customers().await;
    till.press("Esc");
    assert!(till.screen(80, 24).contains("Cancel"), "{}", till.screen(80, 24));
    let closed = Refusal::Other("the price is closed".into());
    answer(&mut till, request, Outcome::Refused(closed));
    till.press("y");
    let sale = &till.model.sale;
    assert_eq!(sale.basket.as_ref().unwrap().lines[0].drug.name, "Panadol");
    assert_eq!(sale.held[0].basket.lines.len(), 2);
}

#[tokio::test]
async fn a_card_of_a_line_goes_with_its_basket() {
    let (mut till, request) = two_customers().await;
    till.press("Up Right");
    assert!(
        matches!(till.model.over, Some(Over::Card(_))),
        "{}",
        till.screen(80, 24)
    );
    let closed = Refusal::Other("the price is closed".into());
    answer(&mut till, request, Outcome::Refused(closed));
    assert!(till.model.over.is_none());
}

#[tokio::test]
async fn too_little_stock_is_asked_once_what_is_asked_already_was_answered() {
    let (mut till, request) = two_customers().await;
    till.press("Esc");
    let short = Refusal::ShortStock {
        drug: String::from("Panadol 500 mg"),
        remaining: String::from("0"),
        wanted: String::from("1"),
        unit: String::from("tab"),
    };
    answer(&mut till, request, Outcome::Refused(short));
    assert!(till.screen(80, 24).contains("Cancel"), "{}", till.screen(80, 24));
    till.press("n");
    assert!(
        till.screen(80, 24).contains("the book says 0 tab"),
        "{}",
        till.screen(80, 24)
    );
    till.press("y");
    assert!(till.wanted().iter().any(|effect| matches!(effect, Effect::Sell { .. })));
}

#[tokio::test]
async fn a_row_that_is_read_late_asks_nothing_on_another_screen() {
    let mut till = open().await;
    till.press("F4 Ctrl+D F2");
    let read = till.wanted();
    let read = read
        .iter()
        .find(|effect| matches!(effect, Effect::ReadRow { .. }))
        .unwrap();
    let row = answers::answer(read, 0, &till.model).unwrap();
    till.tell(row);
    assert!(till.model.over.is_none(), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_late_answer_is_ignored() {
    let mut till = open().await;
    take(&mut till, "panadol");
    let request = pay(&mut till);
    answer(&mut till, request, Outcome::Committed);
    let before = till.screen(80, 24);
    answer(&mut till, request, Outcome::Refused(Refusal::Other("too late".into())));
    assert_eq!(till.model.sale.basket, None);
    assert_eq!(till.screen(80, 24), before);
}

#[tokio::test]
async fn every_screen_of_the_counter_looks_as_it_should() {
    let mut till = open().await;
    look(&till, "sale_empty");
    till.write("3*amox");
    look(&till, "sale_hits");
    till.press("Enter");
    take(&mut till, "panadol");
    look(&till, "sale_basket");
    till.press(":");
    look(&till, "palette");
    till.press("Esc F1");
    look(&till, "help");
    till.press("Esc Ctrl+Q");
    look(&till, "quit");
}

#[tokio::test]
async fn help_on_the_sale_screen_takes_two_pages_at_most_and_begins_with_what_is_typed() {
    let mut till = open().await;
    till.press("F1");
    let screen = till.screen(80, 24);
    assert!(screen.contains("page 1 of 2"), "{screen}");
    for words in ["Finds goods", "Take the money", "Hold the basket", "Say who sells"] {
        assert!(screen.contains(words), "“{words}”:\n{screen}");
    }
}

#[tokio::test]
async fn the_question_before_the_till_is_closed_names_prescribers_who_are_not_uploaded() {
    let mut till = open().await;
    for (doctors, words) in [
        (1, "1 prescriber added here is not in the database yet"),
        (2, "2 prescribers added here are not in the database yet"),
    ] {
        till.tell(rxtill::app::Message::StatusChanged(Box::new(
            rxtill::app::status::Status {
                doctors,
                ..rxtill::app::status::Status::default()
            },
        )));
        till.press("Ctrl+Q");
        let screen = till.screen(120, 40).replace(['│', '\n'], " ");
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains(words), "“{words}”:\n{screen}");
        till.press("n");
    }
}
