//! What remains here and elsewhere, in the list and on a drug's card: told at once as far as it is known, waited for by
//! nothing.
use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use rxtill::app::model::Over;
use rxtill::app::{Effect, Message, RequestId};
use rxtill::domain::batch::BatchLeft;
use rxtill::domain::catalogue::{CatalogueChanges, Drug};
use rxtill::domain::goods::{DrugGoods, OutletStock};

use super::screens::{open_with, sample, take};
use super::support::till::Till;

/// The sample, with a second capsule of amoxicillin.
async fn pharmacy() -> CatalogueChanges {
    let mut changes = sample().await;
    let amoxil = changes
        .drugs
        .iter()
        .find(|drug| drug.name == "Amoxil" && drug.strength == "250 mg");
    let mut other = amoxil.unwrap().clone();
    other.id = 9_000;
    other.uuid = uuid::Uuid::from_u128(9_000);
    other.name = String::from("Penamox");
    other.code = String::from("PEN250");
    for pack in &mut other.packs {
        pack.id += 90_000;
        pack.code = None;
    }
    changes.drugs.push(other);
    changes
}

fn drug(till: &Till, label: &str) -> Arc<Drug> {
    let mut drugs = till.model.shelf.catalogue().drugs();
    drugs.find(|drug| drug.label() == label).unwrap().clone()
}

/// What remains here by the book: so many base units of each.
fn count(till: &mut Till, counted: &[(&str, &str)]) {
    let outlet = till.model.outlet.as_ref().unwrap().id;
    let remaining = counted
        .iter()
        .map(|(label, left)| (drug(till, label).id, left.parse().unwrap()));
    let remaining = remaining.collect();
    let read_at = till.model.now;
    till.tell(Message::StockRead(Arc::new(OutletStock {
        outlet,
        read_at,
        by_drug: remaining,
    })));
}

/// What was last asked about goods.
fn asked(till: &mut Till) -> Option<(RequestId, Vec<i64>)> {
    let mut asked = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::ReadGoods { request, drugs, .. } => Some((request, drugs)),
        _ => None,
    });
    asked.next_back()
}

/// Batches of Amoxil here, and where else it is.
fn known(till: &Till, drugs: &[i64]) -> HashMap<i64, DrugGoods> {
    let outlet = |name: &str| {
        let outlets = till.model.shelf.catalogue().outlets();
        outlets.iter().find(|outlet| outlet.name.starts_with(name)).unwrap().id
    };
    let batch = |number: &str, expiry: &str| BatchLeft {
        number: number.into(),
        expiry: Some(expiry.parse().unwrap()),
        remaining: "60".parse().unwrap(),
    };
    let goods = DrugGoods {
        batches: vec![
            batch("A11", "2026-01-31"),
            batch("B2231", "2026-11-30"),
            batch("B2307", "2027-03-31"),
        ],
        elsewhere: vec![
            (outlet("Kilifi"), "120".parse().unwrap()),
            (outlet("Uhuru"), "12".parse().unwrap()),
        ],
    };
    drugs.iter().map(|drug| (*drug, goods.clone())).collect()
}

fn answer(till: &mut Till) {
    let (request, drugs) = asked(till).expect("nothing was asked about goods");
    let goods = Some(known(till, &drugs));
    till.tell(Message::GoodsRead { request, goods });
}

fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("card_{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

#[tokio::test]
async fn hits_say_what_remains_here_when_it_expires_and_who_else_has_it() {
    let mut till = open_with(pharmacy().await);
    count(
        &mut till,
        &[
            ("Amoxil 250 mg", "640"),
            ("Penamox 250 mg", "7"),
            ("Amoxil 500 mg", "0"),
        ],
    );
    till.write("amoxi");
    look(&till, "hits_not_read_yet");
    answer(&mut till);
    look(&till, "hits");
    // Three minutes later nobody has answered any more: the figure says of when it is.
    till.pause = SignedDuration::from_mins(3);
    till.press("Down");
    look(&till, "hits_old");
}

#[tokio::test]
async fn one_question_about_goods_is_out_at_a_time_and_none_again_at_once_after_a_failure() {
    let mut till = open_with(pharmacy().await);
    till.write("amoxil");
    let (request, _) = asked(&mut till).unwrap();
    till.write(" 2");
    assert_eq!(asked(&mut till), None);
    till.tell(Message::GoodsRead { request, goods: None });
    till.press("Down Up");
    assert_eq!(asked(&mut till), None);
    till.pause = SignedDuration::from_secs(16);
    till.tell(Message::Ticked);
    let (request, drugs) = asked(&mut till).unwrap();
    let goods = Some(known(&till, &drugs));
    till.tell(Message::GoodsRead { request, goods });
    till.pause = SignedDuration::from_secs(1);
    till.press("Down Up");
    assert_eq!(asked(&mut till), None);
    // An answer that nobody waits for changes nothing.
    let before = till.screen(80, 24);
    till.tell(Message::GoodsRead {
        request,
        goods: Some(HashMap::new()),
    });
    assert_eq!(till.screen(80, 24), before);
}

#[tokio::test]
async fn the_card_shows_at_once_what_the_catalogue_knows_and_the_rest_when_it_comes() {
    let mut till = open_with(pharmacy().await);
    count(&mut till, &[("Amoxil 250 mg", "640"), ("Penamox 250 mg", "7")]);
    till.write("amoxil 250");
    till.wanted();
    till.press("Right");
    look(&till, "asking");
    assert!(till.model.sale.basket.is_none(), "looking opened a basket");
    till.tell(Message::GoodsRead {
        request: RequestId(0),
        goods: None,
    });
    // The question about the hits is still out: its answer has the card's drug too.
    let mut till = open_with(pharmacy().await);
    count(&mut till, &[("Amoxil 250 mg", "640"), ("Penamox 250 mg", "7")]);
    till.write("amoxil 250");
    till.press("Right");
    answer(&mut till);
    look(&till, "whole");
    till.press("Esc");
    assert_eq!(till.model.sale.entry.text(), "amoxil 250");
    assert!(till.model.sale.basket.is_none());
}

#[tokio::test]
async fn without_the_database_the_card_says_so_and_still_sells() {
    let mut till = open_with(pharmacy().await);
    till.write("amoxil 250");
    let (request, _) = asked(&mut till).unwrap();
    till.press("Right");
    till.tell(Message::GoodsRead { request, goods: None });
    let screen = till.screen(80, 24);
    assert!(screen.contains("the database does not answer"), "{screen}");
    till.press("Enter");
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn a_pack_or_what_does_the_same_is_taken_from_the_card_as_many_as_were_typed() {
    let mut till = open_with(pharmacy().await);
    count(&mut till, &[("Penamox 250 mg", "7")]);
    till.write("3*amoxil 250");
    till.press("Right Down Enter");
    let lines = &till.model.sale.basket.as_ref().unwrap().lines;
    assert_eq!((lines[0].pack, lines[0].quantity.to_string()), (1, String::from("3")));
    let packs = lines[0].drug.packs.len();
    till.write("amoxil 250");
    till.press("Right Up Up Up");
    for _ in 0..packs {
        till.press("Down");
    }
    till.press("Enter");
    let lines = &till.model.sale.basket.as_ref().unwrap().lines;
    assert_eq!(lines[1].drug.label(), "Penamox 250 mg", "{}", till.screen(80, 24));
}

#[tokio::test]
async fn what_is_none_here_by_the_book_is_not_offered_in_its_place() {
    let mut till = open_with(pharmacy().await);
    count(&mut till, &[("Penamox 250 mg", "0")]);
    till.write("amoxil 250");
    till.press("Right");
    let Some(Over::Card(card)) = &till.model.over else {
        panic!("no card");
    };
    assert!(card.equals.iter().all(|drug| drug.name != "Penamox"));
}

#[tokio::test]
async fn the_card_of_a_basket_line_changes_its_unit_and_typing_goes_on_in_the_entry_line() {
    let mut till = open_with(pharmacy().await);
    take(&mut till, "amoxil 250");
    till.press("Up Right Down Enter");
    let unit = |till: &Till| till.model.sale.basket.as_ref().unwrap().lines[0].pack;
    assert_eq!(unit(&till), 1);
    till.press("Ctrl+Z");
    assert_eq!(unit(&till), 0);
    till.press("Up Right");
    till.write("pan");
    assert!(till.model.over.is_none());
    assert_eq!(till.model.sale.entry.text(), "pan");
    // Within the text, the arrow moves the cursor.
    till.press("Left Right");
    assert!(till.model.over.is_none());
    till.press("Right");
    assert!(matches!(till.model.over, Some(Over::Card(_))));
}

#[tokio::test]
async fn a_card_whose_drug_is_no_longer_sold_goes_and_nothing_is_taken() {
    let mut till = open_with(pharmacy().await);
    till.write("amoxil 250");
    till.press("Right");
    let mut off = (*drug(&till, "Amoxil 250 mg")).clone();
    off.active = false;
    till.learn(CatalogueChanges {
        drugs: vec![off],
        ..CatalogueChanges::default()
    });
    assert!(till.model.over.is_none());
    till.press("Enter");
    assert_eq!(till.model.sale.line_count(), 0);
}

#[tokio::test]
async fn more_than_the_book_has_is_said_while_the_customer_can_still_be_asked() {
    let mut till = open_with(pharmacy().await);
    count(&mut till, &[("Amoxil 250 mg", "8")]);
    take(&mut till, "10*amoxil 250");
    let screen = till.screen(80, 24);
    let read = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        read.contains("Amoxil 250 mg: the book says 8 cap, the basket has 10"),
        "{screen}"
    );
    till.pause = SignedDuration::from_mins(5);
    take(&mut till, "amoxil 250");
    let screen = till.screen(80, 24);
    assert!(screen.contains("the book says 8 cap at 09:4"), "{screen}");
}

#[tokio::test]
async fn what_is_scanned_over_a_card_is_sold_and_none_of_its_digits_stay_in_the_entry_line() {
    // At once, and key by key.
    for key_by_key in [false, true] {
        let mut till = open_with(pharmacy().await);
        till.write("amoxil 250");
        till.press("Right");
        let code = "6161100012370";
        if key_by_key {
            till.pause = SignedDuration::from_millis(5);
            till.tell(Message::RunBegan);
            till.write(code);
        }
        till.tell(Message::Scanned {
            text: code.into(),
            was_shown: key_by_key,
            repeated: false,
        });
        let screen = till.screen(80, 24);
        assert!(till.model.over.is_none(), "{screen}");
        assert_eq!(till.model.sale.line_count(), 1, "{screen}");
        assert!(!till.model.sale.entry.text().contains("616"), "{screen}");
    }
}
