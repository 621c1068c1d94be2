//! F5 by keystrokes: prescribers who were added at a till are told apart, confirmed, merged.
use rxtill::domain::dimension::Dimension;
use rxtill::domain::prescriber::NewDoctor;
use rxtill::store::ports::SaleStore as _;
use uuid::Uuid;

use super::dimension_screens::Counter;
use super::support::office::{NOON, row};

fn added(id: u128, name: &str, number: &str) -> NewDoctor {
    NewDoctor {
        uuid: Uuid::from_u128(0xd0c0_0000 + id),
        name: name.to_owned(),
        registration_number: number.to_owned(),
        phone_number: String::new(),
        region: "Kilifi clinic".to_owned(),
        by: "Asha".to_owned(),
        employee: None,
        till: Some("T02".to_owned()),
        at: NOON.parse().unwrap(),
    }
}

/// Mwangi of the office, and two whom a till has added.
async fn office() -> Counter {
    let doctor = |name: &str, number: &str| {
        let values = [("name", name), ("registration_number", number)];
        (Dimension::Doctor, row(Dimension::Doctor, &values))
    };
    let mut counter = Counter::with(&[doctor("Mwangi", "A9"), doctor("Kamau", "A10")]).await;
    for new in [added(1, "Mwangi P.", "B1"), added(2, "Otieno", "B2")] {
        counter.store.add_doctor(&new).await.unwrap();
    }
    counter.settle().await;
    counter.press("F5").await;
    counter
}

fn lists(counter: &Counter) -> Vec<String> {
    let model = &counter.till.model;
    let found = model.desks.of(Dimension::Doctor).list.found().iter();
    let name = |id: &i64| model.shelf.catalogue().doctor(*id).unwrap().name.clone();
    found.map(name).collect()
}

fn look(counter: &Counter, name: &str) {
    insta::assert_snapshot!(format!("{name}_80x24"), counter.till.screen(80, 24));
    insta::assert_snapshot!(format!("{name}_120x40"), counter.till.screen(120, 40));
}

#[tokio::test]
async fn whoever_was_added_at_a_till_is_marked_by_word_and_shape_and_listed_alone_by_a_key() {
    let mut counter = office().await;
    counter.says("▲ Mwangi P.");
    counter.says("unconfirmed");
    look(&counter, "doctors");
    insta::assert_snapshot!("doctors_45x20", counter.till.screen(45, 20));
    counter.press("u").await;
    assert_eq!(lists(&counter), ["Mwangi P.", "Otieno"]);
    counter.press("u").await;
    assert_eq!(lists(&counter).len(), 4);
    counter.press("/").await;
    counter.till.write("unconf");
    assert_eq!(lists(&counter), ["Mwangi P.", "Otieno"]);
}

#[tokio::test]
async fn a_prescriber_is_confirmed_after_a_question() {
    let mut counter = office().await;
    counter.press("u Down c").await;
    counter.says("Is Otieno (B2) confirmed?");
    look(&counter, "confirm");
    counter.press("n").await;
    assert_eq!(lists(&counter).len(), 2);
    counter.press("c y").await;
    counter.says("prescriber Otieno confirmed");
    assert_eq!(lists(&counter), ["Mwangi P."]);
}

#[tokio::test]
async fn a_prescriber_is_merged_into_whoever_they_are_and_offered_no_more() {
    let mut counter = office().await;
    counter.press("u m").await;
    counter.says("who is it?");
    look(&counter, "survivor");
    // The nearest by name is highlighted; it is asked once more all the same.
    counter.press("Enter").await;
    counter.says("Merge Mwangi P. (B1) into Mwangi (A9)?");
    look(&counter, "merge");
    counter.press("y").await;
    counter.says("merged: it is Mwangi from now on");
    counter.press("u").await;
    counter.says("merged");
    counter.press("F2").await;
    counter.till.write("@b1");
    counter.says("nobody is known by that");
    counter.till.press("Enter");
    counter.till.write("Mwangi");
    counter.till.press("F10");
    counter.says("the number of Mwangi: Esc, then @A9");
}

#[tokio::test]
async fn a_merged_row_is_looked_at_and_not_changed() {
    let mut counter = office().await;
    counter.press("u m Enter y u Down Down Enter").await;
    counter.says("merged into Mwangi: change that row");
    counter.press("Esc m").await;
    counter.says("was merged already");
    counter.press("c").await;
    counter.says("was merged already");
}

#[tokio::test]
async fn whoever_is_confirmed_is_not_asked_about_and_other_lists_look_for_these_letters() {
    let mut counter = office().await;
    counter.press("c").await;
    counter.says("Kamau is confirmed");
    counter.press("F4 c m u").await;
    counter.says("Filter › cmu");
}

#[tokio::test]
async fn a_row_that_is_not_in_the_database_yet_says_so() {
    let mut counter = office().await;
    let mut shelf = rxtill::app::Shelf::clone(&counter.till.model.shelf);
    shelf.set_own(vec![added(9, "Adhiambo", "B9")]);
    counter
        .till
        .tell(rxtill::app::Message::CatalogueChanged(std::sync::Arc::new(shelf)));
    counter.press("Up").await;
    assert_eq!(lists(&counter)[0], "Adhiambo");
    counter.press("Home c").await;
    counter.says("was added at this till and is not in the database yet");
    counter.press("Enter").await;
    counter.says("not in the database yet: it can be changed once it is");
}
