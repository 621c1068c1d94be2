//! A prescriber whom nobody knows, added at the counter by keystrokes.
use std::sync::Arc;

use jiff::Timestamp;
use rxtill::app::sale::{Outcome, Refusal};
use rxtill::app::{Effect, Message, Shelf};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::prescriber::NewDoctor;
use uuid::Uuid;

use super::screens::{answer, open, pay, sample, take};
use super::support::till::Till;

fn shows(till: &Till, words: &str) {
    let screen = till.screen(80, 24);
    assert!(screen.contains(words), "“{words}” is not on the screen:\n{screen}");
}

fn does_not_show(till: &Till, words: &str) {
    let screen = till.screen(80, 24);
    assert!(!screen.contains(words), "“{words}” is on the screen:\n{screen}");
}

/// Who is wanted to be kept, if anybody.
fn wanted(till: &mut Till) -> Option<(rxtill::app::message::RequestId, NewDoctor)> {
    till.wanted().into_iter().find_map(|effect| match effect {
        Effect::AddDoctor { request, doctor } => Some((request, *doctor)),
        _ => None,
    })
}

/// The journal keeps whoever is wanted, and the catalogue lists them.
fn keep(till: &mut Till) -> NewDoctor {
    let (request, doctor) = wanted(till).expect("nobody is to be kept");
    let mut shelf = Shelf::clone(&till.model.shelf);
    shelf.set_own(vec![doctor.clone()]);
    till.tell(Message::DoctorAdded { request, fault: None });
    till.tell(Message::CatalogueChanged(Arc::new(shelf)));
    doctor
}

/// A till with an Rx item in its basket, whose prescriber nobody knows.
async fn asking_for_otieno() -> Till {
    let mut till = open().await;
    take(&mut till, "amoxil 500");
    till.write("@otieno p");
    till
}

#[tokio::test]
async fn a_prescriber_whom_nobody_knows_is_added_and_named_without_leaving_the_basket() {
    let mut till = asking_for_otieno().await;
    shows(&till, "Enter adds a new prescriber");
    till.press("Enter");
    shows(&till, "new prescriber");
    till.press("Down");
    till.write("B77");
    till.press("Down Down");
    till.write("Kilifi clinic");
    till.press("Enter");
    let doctor = keep(&mut till);
    assert_eq!(
        [&doctor.name, &doctor.registration_number, &doctor.region],
        ["otieno p", "B77", "Kilifi clinic"]
    );
    shows(&till, "prescriber otieno p");
    shows(&till, "unconfirmed until the office has looked");
    let basket = till.model.sale.basket.as_ref().unwrap();
    assert_eq!(basket.doctor.as_ref().unwrap().uuid, doctor.uuid);
    till.wanted();
    pay(&mut till);
    // The sale that was wanted names them by the id that the till made.
    assert!(
        till.model
            .sale
            .waiting
            .as_ref()
            .unwrap()
            .agreed
            .doctor
            .as_ref()
            .unwrap()
            .id
            == doctor.uuid
    );
}

#[tokio::test]
async fn the_next_sale_finds_them_by_name_and_number_at_once() {
    let mut till = asking_for_otieno().await;
    till.press("Enter Down");
    till.write("B77");
    till.press("F10");
    let doctor = keep(&mut till);
    till.press("Ctrl+Z");
    for words in ["@otieno", "@b77"] {
        till.write(words);
        shows(&till, "▲ unconfirmed");
        till.press("Enter");
        let basket = till.model.sale.basket.as_ref().unwrap();
        assert_eq!(basket.doctor.as_ref().unwrap().uuid, doctor.uuid, "{words}");
        till.press("Ctrl+Z");
    }
}

#[tokio::test]
async fn the_stores_row_takes_the_place_of_the_tills_own() {
    let mut till = asking_for_otieno().await;
    till.press("Enter Down");
    till.write("B77");
    till.press("F10");
    let doctor = keep(&mut till);
    let (epoch, n) = till.model.shelf.catalogue().version();
    let mut row = doctor.listed(0);
    row.id = 4_711;
    till.learn(CatalogueChanges {
        epoch,
        n: n + 1,
        doctors: vec![row],
        ..CatalogueChanges::default()
    });
    let found: Vec<_> = till.model.shelf.catalogue().doctors();
    let ids: Vec<_> = found
        .iter()
        .filter(|row| row.uuid == doctor.uuid)
        .map(|row| row.id)
        .collect();
    assert_eq!(ids, [4_711]);
    till.press("Ctrl+Z");
    till.write("@otieno");
    shows(&till, "1 found");
    till.press("Esc F5 /");
    till.write("otieno");
    shows(&till, "1 of");
}

#[tokio::test]
async fn esc_goes_back_to_what_was_typed_and_adds_nobody() {
    let mut till = asking_for_otieno().await;
    till.press("Enter");
    till.write("x");
    till.press("Esc");
    assert_eq!(till.model.sale.entry.text(), "@otieno p");
    does_not_show(&till, "new prescriber ─");
    assert_eq!(wanted(&mut till), None);
    till.press("Backspace Backspace Enter");
    shows(&till, "new prescriber");
}

#[tokio::test]
async fn what_tells_two_of_one_name_apart_is_asked_for_and_checked_as_in_the_form() {
    let mut till = asking_for_otieno().await;
    till.press("Enter F10");
    shows(&till, "give the registration number, or the phone number");
    assert_eq!(wanted(&mut till), None);
    till.write("B 77");
    till.press("Down");
    till.write("12");
    till.press("F10");
    shows(&till, "a code has no spaces");
    assert_eq!(wanted(&mut till), None);
    till.press("Backspace Backspace Backspace Backspace Down");
    till.press("Backspace Backspace");
    till.write("0712 345 678");
    till.press("F10");
    assert_eq!(keep(&mut till).phone_number, "0712 345 678");
}

#[tokio::test]
async fn a_number_behind_the_at_is_the_registration_number() {
    let mut till = open().await;
    take(&mut till, "amoxil 500");
    till.write("@zz977");
    till.press("Enter");
    till.write("Otieno");
    till.press("F10");
    let doctor = keep(&mut till);
    assert_eq!([&doctor.name, &doctor.registration_number], ["Otieno", "zz977"]);
}

#[tokio::test]
async fn the_number_of_somebody_known_is_refused_by_their_name() {
    let mut till = asking_for_otieno().await;
    let known = till.model.shelf.catalogue().doctors();
    let known = known.iter().find(|row| !row.registration_number.is_empty()).unwrap();
    let (name, number) = (known.name.clone(), known.registration_number.to_lowercase());
    till.press("Enter Down");
    till.write(&number);
    till.press("F10");
    shows(&till, &format!("the number of {name}"));
    assert_eq!(wanted(&mut till), None);
}

#[tokio::test]
async fn somebody_who_is_found_can_be_passed_over_for_a_new_one() {
    let mut till = open().await;
    take(&mut till, "amoxil 500");
    till.write("@mwa");
    does_not_show(&till, "adds a new prescriber");
    till.press("Ctrl+N");
    shows(&till, "new prescriber");
    till.press("Esc Enter");
    shows(&till, "prescriber");
    assert!(till.model.sale.basket.as_ref().unwrap().doctor.is_some());
}

#[tokio::test]
async fn a_disk_that_fails_adds_nobody_and_says_so() {
    let mut till = asking_for_otieno().await;
    till.press("Enter Down");
    till.write("B77");
    till.press("F10");
    let (request, first) = wanted(&mut till).unwrap();
    // No key changes what is being kept, and none is taken as a wish of its own.
    till.write("9");
    till.press("F10");
    assert_eq!(wanted(&mut till), None);
    let fault = Some(String::from("the till's disk failed: full"));
    till.tell(Message::DoctorAdded { request, fault });
    shows(&till, "not added: the till's disk failed");
    assert!(till.model.sale.basket.as_ref().unwrap().doctor.is_none());
    till.press("F10");
    let (_, again) = wanted(&mut till).unwrap();
    assert_ne!(again.uuid, first.uuid);
    assert_eq!(again.registration_number, "B77");
}

#[tokio::test]
async fn a_refused_sale_that_comes_back_meanwhile_is_not_given_the_next_ones_prescriber() {
    let mut till = open().await;
    take(&mut till, "panadol extra");
    let request = pay(&mut till);
    take(&mut till, "amoxil 500");
    till.write("@otieno p");
    till.press("Enter Down");
    till.write("B77");
    till.press("F10");
    let (asked, _) = wanted(&mut till).unwrap();
    answer(
        &mut till,
        request,
        Outcome::Refused(Refusal::Other("it is no longer sold".into())),
    );
    till.tell(Message::DoctorAdded {
        request: asked,
        fault: None,
    });
    assert!(till.model.sale.basket.as_ref().unwrap().doctor.is_none());
}

#[tokio::test]
async fn a_basket_that_names_them_is_back_with_them_after_a_kill() {
    let mut till = asking_for_otieno().await;
    till.press("Enter Down");
    till.write("B77");
    till.press("F10");
    let doctor = keep(&mut till);
    let draft = till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::KeepDraft(draft) => Some(draft),
        _ => None,
    });
    let left = rxtill::app::model::Recovering {
        draft: draft.unwrap(),
        ..Default::default()
    };
    let mut next = Till::reopened(left, CatalogueChanges::default());
    let mut shelf = Shelf::default();
    shelf.apply(sample().await);
    shelf.set_own(vec![doctor.clone()]);
    next.tell(Message::CatalogueChanged(Arc::new(shelf)));
    let basket = next.model.sale.basket.as_ref().unwrap();
    assert_eq!(basket.doctor.as_ref().unwrap().uuid, doctor.uuid);
}

#[test]
fn rows_of_the_tills_own_never_meet_those_of_the_store() {
    let doctor = |n: u128, name: &str| NewDoctor {
        uuid: Uuid::from_u128(n),
        name: name.to_owned(),
        registration_number: format!("B{n}"),
        phone_number: String::new(),
        region: String::new(),
        by: String::new(),
        employee: None,
        till: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let mut shelf = Shelf::default();
    shelf.set_own(vec![doctor(1, "Otieno"), doctor(2, "Kamau")]);
    for (words, name) in [("otieno", "Otieno"), ("b2", "Kamau")] {
        let hits = shelf.doctor_search().search(words, 5);
        assert_eq!(shelf.doctor(hits.matches[0].key).unwrap().name, name);
    }
}

#[tokio::test]
async fn the_lines_and_the_offer_look_as_they_should() {
    let mut till = asking_for_otieno().await;
    let look = |till: &Till, name: &str| {
        insta::assert_snapshot!(format!("{name}_80x24"), till.screen(80, 24));
        insta::assert_snapshot!(format!("{name}_120x40"), till.screen(120, 40));
    };
    look(&till, "offered");
    till.press("Enter Down");
    look(&till, "lines");
    insta::assert_snapshot!("lines_45x20", till.screen(45, 20));
    till.write("B 77");
    till.press("F10");
    look(&till, "lines_faulty");
    till.press("Backspace Backspace Backspace");
    till.write("77");
    till.press("F10");
    keep(&mut till);
    look(&till, "named");
    for size in [(20, 5), (1, 1), (40, 7)] {
        till.screen(size.0, size.1);
    }
}
