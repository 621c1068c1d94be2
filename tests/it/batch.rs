//! Batches at the counter: what expires first is offered, another one is chosen on the card, and what expired is refused
//! wherever it comes from.
use std::sync::Arc;

use jiff::SignedDuration;
use rxtill::app::card::Chosen;
use rxtill::app::model::{Over, Recovering};
use rxtill::app::sale::{Draft, Outcome};
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Message};
use rxtill::domain::basket::BatchBy;
use rxtill::domain::batch::BatchLeft;
use rxtill::domain::goods::{DrugGoods, OutletBatches, OutletStock};

use super::screens::{answer, open_with, pay, sample, take};
use super::support::till::Till;

/// A strip of Panadol 500 mg.
const STRIP: &str = "06161100012370";

fn panadol(till: &Till) -> i64 {
    let mut drugs = till.model.shelf.catalogue().drugs();
    drugs.find(|drug| drug.label() == "Panadol 500 mg").unwrap().id
}

fn left(number: &str, expiry: &str, remaining: &str) -> BatchLeft {
    BatchLeft {
        number: number.into(),
        expiry: expiry.parse().ok(),
        remaining: remaining.parse().unwrap(),
    }
}

/// Of Panadol 25 tablets expire in June and 600 next year; 40 did yesterday. The till's day is 2 March 2026.
fn batches() -> Vec<BatchLeft> {
    vec![
        left("K0", "2026-03-01", "40"),
        left("K1", "2026-06-30", "25"),
        left("K2", "2027-03-31", "600"),
    ]
}

fn read(till: &mut Till) {
    let outlet = till.model.outlet.as_ref().unwrap().id;
    let by_drug = [(panadol(till), batches())].into();
    let read_at = till.model.now;
    till.tell(Message::BatchesRead(Arc::new(OutletBatches {
        outlet,
        read_at,
        by_drug,
    })));
}

async fn stocked() -> Till {
    let mut till = open_with(sample().await);
    read(&mut till);
    till
}

/// "2 strip 10 of K1" a line.
fn lines(till: &Till) -> Vec<String> {
    let basket = till.model.sale.basket.iter();
    let lines = basket.flat_map(|basket| &basket.lines);
    lines
        .map(|line| {
            let number = line.batch.number.as_deref().unwrap_or("none");
            format!("{} {} of {number}", line.quantity, line.unit())
        })
        .collect()
}

/// The line "Panadol 500 mg" is taken by its own code.
fn type_one(till: &mut Till, times: &str) {
    take(till, &format!("{times}PANA500"));
}

fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("batch_{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// The numbers of the batches of the sale that was asked for, and whether it was.
fn sold(till: &mut Till) -> Vec<Option<String>> {
    let wanted = till.wanted();
    let agreed = wanted.iter().find_map(|effect| match effect {
        Effect::Sell { agreed, .. } => Some(agreed),
        _ => None,
    });
    let lines = agreed.into_iter().flat_map(|agreed| &agreed.lines);
    lines.map(|line| line.batch_number().map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_expires_first_is_offered_and_what_is_sold_names_it() {
    let mut till = stocked().await;
    type_one(&mut till, "20*");
    type_one(&mut till, "10*");
    till.scan(STRIP);
    look(&till, "offered");
    assert_eq!(lines(&till), ["20 tab of K1", "10 tab of K2", "1 strip 10 of K2"]);
    till.wanted();
    till.press("+ Enter");
    let named = sold(&mut till);
    assert_eq!(
        named,
        [Some("K1".to_owned()), Some("K2".to_owned()), Some("K2".to_owned())]
    );
}

#[tokio::test]
async fn another_quantity_or_pack_is_offered_another_batch_and_a_label_keeps_its_own() {
    let mut till = stocked().await;
    type_one(&mut till, "");
    till.write("*30");
    till.press("Enter");
    assert_eq!(lines(&till), ["30 tab of K2"]);
    till.write("*2");
    till.press("Enter");
    assert_eq!(lines(&till), ["2 tab of K1"]);
    // Two boxes of 100 are in no batch that has 25.
    till.press("Tab");
    let pack = till.model.sale.basket.as_ref().unwrap().lines[0].factor();
    let expected = if pack.decimal() * rust_decimal::Decimal::TWO > 25.into() {
        "K2"
    } else {
        "K1"
    };
    assert!(lines(&till)[0].ends_with(expected), "{:?}", lines(&till));
    till.press("Ctrl+Z Ctrl+Z");
    till.scan(&format!("01{STRIP}1728033110X9"));
    till.write("*300");
    till.press("Enter");
    assert_eq!(lines(&till)[1], "300 strip 10 of X9");
}

#[tokio::test]
async fn where_nothing_is_known_or_no_batch_has_enough_none_is_named() {
    let mut till = open_with(sample().await);
    type_one(&mut till, "");
    assert_eq!(lines(&till), ["1 tab of none"]);
    read(&mut till);
    type_one(&mut till, "601*");
    assert_eq!(lines(&till), ["602 tab of none"]);
    till.wanted();
    till.press("+ Enter");
    assert_eq!(sold(&mut till), [None]);
}

#[tokio::test]
async fn the_card_lists_batches_with_what_is_left_and_enter_takes_one() {
    let mut till = stocked().await;
    till.write("3*PANA500");
    till.press("Right");
    look(&till, "card");
    let Some(Over::Card(card)) = &till.model.over else {
        panic!("no card")
    };
    let (rows, first) = (card.rows(), card.first_batch());
    assert_eq!(rows - first, 3);
    for _ in 0..rows {
        till.press("Down");
    }
    till.press("Enter");
    assert_eq!(lines(&till), ["3 tab of K2"]);
    let line = &till.model.sale.basket.as_ref().unwrap().lines[0];
    assert_eq!(line.batch_by, BatchBy::Goods);
    // From a line of the basket, its batch is changed: the same keys as for packs.
    till.press("Up Right");
    look(&till, "card_of_line");
    for _ in 0..=first {
        till.press("Down");
    }
    till.press("Enter");
    assert_eq!(lines(&till), ["3 tab of K1"]);
    till.press("Ctrl+Z");
    assert_eq!(lines(&till), ["3 tab of K2"]);
}

#[tokio::test]
async fn a_highlighted_batch_stays_so_when_batches_are_read_and_one_that_is_gone_is_not_taken() {
    let mut till = stocked().await;
    till.write("PANA500");
    till.press("Right");
    let Some(Over::Card(card)) = &till.model.over else {
        panic!("no card")
    };
    for _ in 0..card.first_batch() + 2 {
        till.press("Down");
    }
    let come = |till: &mut Till, batches: Vec<BatchLeft>| {
        let (outlet, read_at) = (till.model.outlet.as_ref().unwrap().id, till.model.now);
        let by_drug = [(panadol(till), batches)].into();
        till.tell(Message::BatchesRead(Arc::new(OutletBatches {
            outlet,
            read_at,
            by_drug,
        })));
    };
    come(
        &mut till,
        vec![left("NEW", "2026-04-30", "5"), left("K2", "2027-03-31", "599")],
    );
    let Some(Over::Card(card)) = &till.model.over else {
        panic!("no card")
    };
    assert!(matches!(card.chosen(), Some(Chosen::Batch(batch)) if batch.number == "K2"));
    come(&mut till, vec![left("NEW", "2026-04-30", "5")]);
    assert!(till.model.over.is_none());
    assert_eq!(till.model.sale.line_count(), 0);
}

#[tokio::test]
async fn what_expired_is_refused_in_words_from_a_label_without_a_day_and_from_the_card() {
    let mut till = stocked().await;
    // The label names the batch alone: the day is the book's.
    till.scan(&format!("01{STRIP}10k0"));
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("expired, and not added: Panadol 500 mg, batch k0, expires 2026-03-01"),
        "{screen}"
    );
    till.write("PANA500");
    till.press("Right");
    let Some(Over::Card(card)) = &till.model.over else {
        panic!("no card")
    };
    for _ in 0..card.first_batch() {
        till.press("Down");
    }
    till.press("Enter");
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("Panadol 500 mg, batch K0, expires 2026-03-01: expired, and not sold"),
        "{screen}"
    );
    assert_eq!(till.model.sale.line_count(), 0);
    till.press("Esc");
    // A good one of the same label is sold, with the day that the book knows.
    till.scan(&format!("01{STRIP}10k1"));
    let line = &till.model.sale.basket.as_ref().unwrap().lines[0];
    assert_eq!(line.batch.to_string(), "batch k1, expires 2026-06-30");
}

#[tokio::test]
async fn a_held_basket_that_is_paid_after_its_batch_expired_is_refused_before_any_money() {
    let mut till = stocked().await;
    type_one(&mut till, "");
    till.press("F9");
    till.pause = SignedDuration::from_hours(24 * 121);
    till.press("F9");
    till.pause = SignedDuration::from_secs(1);
    till.press("Enter");
    assert_eq!(lines(&till), ["1 tab of K1"]);
    till.press("+");
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("batch K1, expires 2026-06-30: expired, and not sold"),
        "{screen}"
    );
    assert!(till.model.sale.payment.is_none());
    look(&till, "expired_while_held");
}

#[tokio::test]
async fn an_offer_is_kept_over_a_restart_as_the_offer_that_it_was() {
    let changes = sample().await;
    let mut before = open_with(changes.clone());
    read(&mut before);
    type_one(&mut before, "");
    let draft = Draft::of(&before.model);
    let draft: Draft = serde_json::from_slice(&serde_json::to_vec(&draft).unwrap()).unwrap();
    let outlet = draft.outlet;
    let mut till = Till::reopened(
        Recovering {
            draft,
            outlet,
            ..Recovering::default()
        },
        changes,
    );
    take(&mut till, "john");
    assert_eq!(lines(&till), ["1 tab of K1"]);
    read(&mut till);
    till.write("*30");
    till.press("Enter");
    assert_eq!(lines(&till), ["30 tab of K2"]);
}

#[tokio::test]
async fn what_was_sold_here_is_gone_from_its_batch_before_the_batches_are_read_again() {
    let mut till = stocked().await;
    till.wanted();
    type_one(&mut till, "20*");
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadGoods { request, .. } => Some(request),
        _ => None,
    });
    let request = pay(&mut till);
    answer(&mut till, request, Outcome::Committed);
    type_one(&mut till, "10*");
    assert_eq!(lines(&till), ["10 tab of K2"]);
    // Goods in sight are read by themselves, and what is read is newer.
    let request = asked.unwrap();
    let goods = DrugGoods {
        batches: vec![left("K9", "2026-05-31", "50")],
        elsewhere: Vec::new(),
    };
    let goods = Some([(panadol(&till), goods)].into());
    till.tell(Message::GoodsRead { request, goods });
    type_one(&mut till, "");
    assert_eq!(lines(&till), ["10 tab of K2", "1 tab of K9"]);
}

#[tokio::test]
async fn batches_are_read_seldom_and_at_once_where_the_till_stands_elsewhere_or_the_database_is_back() {
    let mut till = open_with(sample().await);
    let asked = |till: &mut Till| {
        till.tell(Message::Ticked);
        let wanted = till.wanted();
        let stock = wanted.iter().any(|effect| matches!(effect, Effect::ReadStock { .. }));
        let batches = wanted.iter().any(|effect| matches!(effect, Effect::ReadBatches { .. }));
        (stock, batches)
    };
    assert_eq!(asked(&mut till), (true, true));
    till.pause = SignedDuration::from_secs(16);
    assert_eq!(asked(&mut till), (true, false));
    till.pause = SignedDuration::from_mins(5);
    assert_eq!(asked(&mut till), (true, true));
    till.pause = SignedDuration::from_secs(1);
    for database in [Database::Away { since: till.model.now }, Database::Up] {
        let status = Status {
            database,
            ..Status::default()
        };
        till.tell(Message::StatusChanged(Box::new(status)));
    }
    assert_eq!(asked(&mut till), (true, true));
    assert_eq!(asked(&mut till), (false, false));
}

#[tokio::test]
async fn figures_of_another_day_say_so_and_ask_before_the_money_where_no_server_was_reached() {
    let mut till = open_with(sample().await);
    let (outlet, drug) = (till.model.outlet.as_ref().unwrap().id, panadol(&till));
    // What the disk kept of the evening before.
    let kept = |read_at: &str, remaining: &str| OutletStock {
        outlet,
        read_at: read_at.parse().unwrap(),
        by_drug: [(drug, remaining.parse().unwrap())].into(),
    };
    till.tell(Message::StockRead(Arc::new(kept("2026-03-01T15:12:00Z", "2"))));
    let away = Status {
        database: Database::Away { since: till.model.now },
        ..Status::default()
    };
    till.tell(Message::StatusChanged(Box::new(away)));
    type_one(&mut till, "10*");
    till.press("+");
    look(&till, "short_by_kept_figures");
    let screen = till.screen(120, 40);
    assert!(screen.contains("2 tab on 1 Mar at 18:12, you sell 10"), "{screen}");
    // Nothing older than what is known takes its place.
    till.tell(Message::StockRead(Arc::new(kept("2026-02-01T15:12:00Z", "900"))));
    assert_eq!(till.model.stock.as_ref().unwrap().by_drug[&drug].to_string(), "2");
}
