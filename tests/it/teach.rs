//! A code that was scanned, found by name and taught: whom it asks, what answers it, and what it leaves alone.
use jiff::SignedDuration;
use rxtill::app::Layer;
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Message};
use rxtill::domain::dimension::Dimension;
use rxtill::domain::wares::{GoodsChange, PACK};

use super::dimension_screens::{Counter, drug};
use super::support::office::changed;

/// Nothing bears it.
const UNKNOWN: &str = "6161100230018";
const ASKED: &str = "Teach Aspirin 300 mg, strip 10 this code?";

/// Aspirin, and somebody of that role who sells it.
async fn selling(role: &str) -> Counter {
    let (dimension, mut aspirin) = drug("1", "Aspirin", "12.50");
    for (field, value) in [("pack_name", "strip 10"), ("pack_units", "10"), ("pack_price", "110")] {
        aspirin.set(dimension.spec(), field, value);
    }
    let mut counter = Counter::with(&[(dimension, aspirin), drug("2", "Brufen", "20")]).await;
    let asha = counter.stored(Dimension::Employee, "Asha N.").await;
    let wanted = changed(&asha, Dimension::Employee, "role", role);
    let office = &counter.office;
    office.save(Dimension::Employee, Some(&asha), &wanted).await.unwrap();
    counter.settle().await;
    counter
}

/// An unknown code was scanned, and Aspirin found by name for it.
async fn found(counter: &mut Counter) {
    counter.till.scan(UNKNOWN);
    counter.press("Enter").await;
    counter.till.write("aspirin");
    counter.press("Tab Enter").await;
}

/// What is in the basket, and whether something in it is unresolved.
fn basket(counter: &Counter) -> Vec<String> {
    let Some(basket) = counter.till.model.sale.basket.as_ref() else {
        panic!("nothing is in the basket:\n{}", counter.screen());
    };
    let lines = basket
        .lines
        .iter()
        .map(|line| format!("{} {}", line.quantity, line.drug.name));
    lines
        .chain(basket.unresolved.iter().map(|row| row.code.clone()))
        .collect()
}

/// What bears the code, as the till's catalogue has it.
fn bearer(counter: &Counter) -> Option<String> {
    let shelf = counter.till.model.shelf.catalogue();
    shelf
        .by_code(UNKNOWN)
        .map(|(drug, at)| format!("{}, {}", drug.name, drug.packs[at].name))
}

#[tokio::test]
async fn a_code_found_by_name_is_taught_by_y_and_the_history_of_the_drug_says_by_whom() {
    let mut counter = selling("pharmacist").await;
    found(&mut counter).await;
    counter.says(ASKED);
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("teach_{wide}x{high}"), counter.till.screen(wide, high));
    }
    counter.press("y").await;
    counter.says("taught: a scan of 6161100230018 is Aspirin 300 mg, strip 10");
    assert_eq!(bearer(&counter).as_deref(), Some("Aspirin, strip 10"));
    counter.till.scan(UNKNOWN);
    assert_eq!(basket(&counter), ["2 Aspirin"]);
    counter.press("F4 Ctrl+R").await;
    counter.says("Asha N. · T01");
    counter.says("with 10 units, code");
}

#[tokio::test]
async fn enter_no_scan_and_no_key_too_soon_answers_and_a_scan_meanwhile_is_sold() {
    let mut counter = selling("manager").await;
    found(&mut counter).await;
    counter.press("Enter").await;
    assert_eq!(counter.till.model.layer(), Layer::Question);
    counter.till.scan("2");
    assert_eq!(basket(&counter), ["1 Aspirin", "1 Brufen"]);
    counter.says(ASKED);
    counter.till.pause = SignedDuration::from_millis(200);
    counter.press("y").await;
    counter.says(ASKED);
    counter.till.pause = SignedDuration::from_secs(1);
    counter.press("Esc").await;
    assert_eq!((counter.till.model.layer(), bearer(&counter)), (Layer::SaleBare, None));
    assert_eq!(basket(&counter), ["1 Aspirin", "1 Brufen"]);
}

#[tokio::test]
async fn a_cashier_is_not_asked_and_sells_what_was_found() {
    let mut counter = selling("cashier").await;
    found(&mut counter).await;
    assert_eq!(
        (counter.till.model.layer(), basket(&counter)),
        (Layer::SaleBare, vec!["1 Aspirin".to_owned()])
    );
}

#[tokio::test]
async fn a_pack_that_has_a_code_of_its_own_is_never_given_another() {
    let mut counter = selling("pharmacist").await;
    counter.press("F4 Ctrl+G Down Enter").await;
    counter.fill("code", "616110").await;
    counter.press("F10").await;
    counter.says("pack strip 10 saved");
    counter.press("Esc F2").await;
    found(&mut counter).await;
    assert_eq!(
        (counter.till.model.layer(), basket(&counter)),
        (Layer::SaleBare, vec!["1 Aspirin".to_owned()])
    );
}

#[tokio::test]
async fn a_code_that_somebody_else_gave_the_pack_meanwhile_stays_and_is_told() {
    let mut counter = selling("pharmacist").await;
    found(&mut counter).await;
    counter.till.press("y");
    let wanted = counter.till.wanted();
    let save = wanted.iter().find_map(|effect| match effect {
        Effect::SaveGoods { save, .. } => Some(save.clone()),
        _ => None,
    });
    let mut theirs = *save.unwrap();
    if let GoodsChange::Pack { wanted, .. } = &mut theirs.change {
        wanted.code = Some("616110".to_owned());
    }
    counter.store.save_goods(&theirs, counter.till.model.now).await.unwrap();
    counter.till.effects = wanted;
    counter.settle().await;
    counter.says("not taught, the sale is as it was: Aspirin 300 mg, strip 10");
    counter.says("616110 by now");
    let goods = counter
        .store
        .beside_drug(theirs.drug, 0, jiff::Timestamp::UNIX_EPOCH)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(goods.packs[1].record().value(&PACK, "code"), "616110");
    assert_eq!(basket(&counter), ["1 Aspirin"]);
}

#[tokio::test]
async fn the_base_unit_keeps_the_drugs_own_code_and_it_is_said() {
    let mut counter = selling("pharmacist").await;
    counter.till.scan(UNKNOWN);
    counter.press("Enter").await;
    counter.till.write("aspirin");
    counter.press("Enter").await;
    counter.says("the tab keeps its code 1, which F4 can change");
    assert_eq!(counter.till.model.layer(), Layer::SaleBare);
}

#[tokio::test]
async fn with_the_database_away_it_is_said_and_not_asked() {
    let mut counter = selling("pharmacist").await;
    let since = counter.till.model.now;
    counter.till.tell(Message::StatusChanged(Box::new(Status {
        database: Database::Away { since },
        ..Status::default()
    })));
    found(&mut counter).await;
    counter.says("the database is away: its code can be taught");
    assert_eq!(
        (counter.till.model.layer(), basket(&counter)),
        (Layer::SaleBare, vec!["1 Aspirin".to_owned()])
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_told_and_the_sale_goes_on_meanwhile() {
    let mut counter = selling("pharmacist").await;
    found(&mut counter).await;
    counter.till.press("y");
    let request = counter.till.wanted().into_iter().find_map(|effect| match effect {
        Effect::SaveGoods { request, .. } => Some(request),
        _ => None,
    });
    counter.till.scan("2");
    counter.till.tell(Message::RowSaved {
        request: request.unwrap(),
        dimension: Dimension::Drug,
        answer: rxtill::app::dimension::RowSaved::Failed("not saved: save again later".to_owned()),
    });
    counter.says("not taught, the sale is as it was");
    assert_eq!(basket(&counter), ["1 Aspirin", "1 Brufen"]);
}
