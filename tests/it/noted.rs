//! What the counter and the office do besides selling, noted for those who judge later: by keystrokes, and by the real till.
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rxtill::app::model::Over;
use rxtill::app::sale::Outcome;
use rxtill::app::{Effect, Message, RequestId};
use rxtill::domain::audit::{Correction, Happening, Noted, TillAlert};
use rxtill::domain::dimension::Dimension;
use rxtill::domain::prescriber::NewDoctor;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::ports::SaleStore as _;
use uuid::Uuid;

use super::asked::{answer, kinds, noted};
use super::dimension_screens::{Counter, drug};
use super::end_to_end::place;
use super::screens::{open, take};
use super::support::TestStore;
use super::support::office::{NOON, row};
use super::support::running::{BOUND, Running, parts};
use super::support::till::Till;

fn says(till: &Till, words: &str) {
    let screen = till.screen(80, 24);
    assert!(screen.contains(words), "{words}:\n{screen}");
}

/// What the till wants of its drawer.
fn drawer(till: &mut Till) -> Option<(RequestId, Noted)> {
    till.wanted().into_iter().find_map(|effect| match effect {
        Effect::OpenDrawer { request, noted } => Some((request, *noted)),
        _ => None,
    })
}

fn ask_for_drawer(till: &mut Till) {
    till.press(":");
    till.write("no-sale");
    till.press("Enter");
    assert!(matches!(till.model.over, Some(Over::Drawer(_))));
}

#[tokio::test]
async fn the_drawer_is_opened_for_a_reason_that_is_noted_and_without_one_not_at_all() {
    let mut till = open().await;
    ask_for_drawer(&mut till);
    insta::assert_snapshot!("drawer_80x24", till.screen(80, 24));
    till.press("Enter");
    says(&till, "what for? a word will do");
    till.write("  ");
    till.press("F10");
    assert!(drawer(&mut till).is_none());
    till.press("Esc");
    says(&till, "the drawer stays shut");
    assert!(till.model.over.is_none());

    ask_for_drawer(&mut till);
    till.write("change for 500");
    till.press("Enter");
    let (request, noted) = drawer(&mut till).unwrap();
    let reason = String::from("change for 500");
    assert_eq!(noted.happening, Happening::DrawerOpened { reason });
    assert_eq!(noted.employee.unwrap().name, "John");
    assert!(till.model.over.is_none() && till.model.sale.basket.is_none());
    till.tell(Message::DrawerAnswered {
        request,
        answer: Ok(()),
    });
    says(&till, "noted; open the drawer by its key");
    let answer = Err(String::from("the drawer stays shut: the disk is full"));
    till.tell(Message::DrawerAnswered { request, answer });
    says(&till, "the disk is full");
}

#[tokio::test]
async fn what_sync_found_about_the_tills_own_sales_is_noted_for_supervisors_and_other_news_is_not() {
    let mut till = open().await;
    noted(&mut till);
    for (words, about) in [
        (
            "T01-000007 took more than the book had: Panadol -3",
            Some(TillAlert::BelowZero),
        ),
        ("prescriber Otieno was known already: sales are theirs", None),
        (
            "receipts go on in series 2: the store has others",
            Some(TillAlert::NewSeries),
        ),
    ] {
        till.tell(Message::Alerted {
            words: words.to_owned(),
            about,
            receipt: None,
        });
    }
    let happened: Vec<_> = noted(&mut till).into_iter().map(|noted| noted.happening).collect();
    assert_eq!(
        happened,
        [
            Happening::till_alerted(
                TillAlert::BelowZero,
                "T01-000007 took more than the book had: Panadol -3"
            ),
            Happening::till_alerted(TillAlert::NewSeries, "receipts go on in series 2: the store has others"),
        ]
    );
}

#[tokio::test]
async fn the_line_about_the_last_sale_says_that_it_was_parked_and_another_ones_parking_changes_it_not() {
    let mut till = open().await;
    take(&mut till, "panadol extra");
    till.press("+ Enter");
    answer(&mut till, Outcome::Queued);
    let receipt = till.model.sale.last.clone().unwrap().receipt;
    says(&till, "queued");
    for (receipt, is_parked) in [("T01-999999", false), (receipt.as_str(), true)] {
        till.tell(Message::Alerted {
            words: format!("{receipt} is parked: drug “Panadol Extra” is not in the database"),
            about: Some(TillAlert::Parked),
            receipt: Some(receipt.to_owned()),
        });
        till.press("Esc");
        assert_eq!(
            till.screen(80, 24).contains("parked: it is in the queue"),
            is_parked,
            "{receipt}"
        );
    }
}

#[tokio::test]
async fn a_scan_under_the_question_for_the_drawer_is_no_reason() {
    let mut till = open().await;
    ask_for_drawer(&mut till);
    till.scan("6161100012370");
    says(&till, "close what is in front first");
    till.press("Enter");
    says(&till, "what for?");
    assert!(till.model.sale.basket.is_none());
}

/// The real till: what was done is in its store, and the pulse came after that it is on disk.
#[tokio::test]
async fn the_real_till_notes_the_reason_and_sends_the_pulse_to_the_device() {
    let kept = TestStore::sqlite().await;
    let here = place(&kept, None).await;
    load_sample(&here.store, &SystemClock).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("lp0");
    std::fs::write(&device, "").unwrap();
    let mut made = parts("T01", folder.path(), &here, Arc::new(SystemClock)).await;
    made.drawer = Some(device.clone());
    made.settings.has_drawer = true;
    let mut till = Running::made_of(made);
    till.choose_john().await;
    till.press(":").await;
    till.write("no-sale").await;
    till.press("Enter").await;
    till.write("float").await;
    till.press("Enter").await;
    till.shows("the drawer is open; it is noted").await;
    assert_eq!(std::fs::read(&device).unwrap(), [0x1b, b'p', 0, 25, 250]);

    // Without the device it is said, and noted all the same.
    std::fs::remove_file(&device).unwrap();
    till.press(":").await;
    till.write("no-sale").await;
    till.press("Enter").await;
    till.write("again").await;
    till.press("Enter").await;
    till.shows("did not open the drawer").await;
    till.quit().await;
    let sql = "SELECT payload FROM till_event WHERE kind = 'drawer_opened' ORDER BY seq";
    let reasons = async || {
        let rows = here.store.engine().query(sql, params![]).await.unwrap();
        let payloads: Vec<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        payloads
    };
    let mut came = reasons().await;
    if came.len() < 2 {
        // What was unsent when it was closed is uploaded by the next start.
        let till = Running::open("T01", folder.path(), &here).await;
        let deadline = tokio::time::Instant::now() + BOUND;
        while came.len() < 2 {
            assert!(tokio::time::Instant::now() < deadline, "{came:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            came = reasons().await;
        }
        drop(till);
    }
    assert!(
        came[0].contains(r#"{"reason":"float"}"#) && came[1].contains(r#"{"reason":"again"}"#),
        "{came:?}"
    );
}

/// How many looks were told, and for whom.
fn looks(events: &[Noted]) -> Vec<(u32, String)> {
    let told = events.iter().filter_map(|noted| match noted.happening {
        Happening::PriceChecked { looks, from, until } => {
            assert!(from < until && until <= noted.at);
            let name = noted
                .employee
                .as_ref()
                .map_or_else(String::new, |seller| seller.name.clone());
            Some((looks, name))
        }
        _ => None,
    });
    told.collect()
}

fn wait(till: &mut Till, minutes: i64) {
    till.pause = SignedDuration::from_mins(minutes);
    till.tell(Message::Ticked);
    till.pause = SignedDuration::from_secs(1);
}

#[tokio::test]
async fn looks_at_prices_without_a_sale_are_counted_and_told_once_in_a_quarter_of_an_hour() {
    let mut till = open().await;
    // Typed and let go; its card opened too, which is the same look.
    till.write("panadol");
    till.press("Esc");
    till.write("hedex");
    till.press("Right Esc Esc");
    // Sold, so no look; asked for, which is told by itself; nothing found; a card of what is in the basket.
    take(&mut till, "amoxil 500");
    till.write("hedex");
    till.press("Ctrl+O Esc");
    till.write("qqqqq");
    till.press("Esc Up Right Esc Esc");
    assert_eq!(looks(&noted(&mut till)), []);
    wait(&mut till, 14);
    assert_eq!(looks(&noted(&mut till)), []);
    wait(&mut till, 1);
    assert_eq!(looks(&noted(&mut till)), [(2, String::from("John"))]);
    wait(&mut till, 60);
    assert_eq!(kinds(&mut till), [""; 0], "nothing since");
}

#[tokio::test]
async fn looks_are_told_of_the_one_who_looked_when_another_sells_and_when_the_till_is_closed() {
    let mut till = open().await;
    till.write("panadol");
    till.press("Esc F12");
    till.write("asha");
    till.press("Enter");
    let events = noted(&mut till);
    assert_eq!(looks(&events), [(1, String::from("John"))]);
    assert_eq!(events.last().unwrap().happening.kind(), "seller_changed");
    till.write("hedex");
    till.press("Esc Ctrl+Q y");
    let seller = till.model.seller.clone().unwrap();
    let wanted = till.wanted();
    assert!(wanted.contains(&Effect::Quit));
    let events: Vec<_> = wanted
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Note(noted) => Some(noted),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(looks(&events), [(1, seller.name.clone())]);
}

#[tokio::test]
async fn a_count_and_a_delivery_are_noted_with_the_book_before_and_after() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Ctrl+G Tab Tab Ctrl+N").await;
    counter.fill("quantity", "100").await;
    counter.press("F10").await;
    counter.press("c").await;
    counter.fill("found", "97").await;
    counter.fill("reason", "three broken").await;
    counter.press("F10").await;
    let told: Vec<_> = std::mem::take(&mut counter.noted)
        .into_iter()
        .filter_map(|noted| match noted.happening {
            Happening::StockCorrected {
                drug,
                before,
                after,
                how,
                reason,
            } => Some((
                drug.code,
                before.map(|before| before.to_string()),
                after.to_string(),
                how,
                reason,
            )),
            Happening::DimensionChanged { .. } => panic!("stock is no field of a drug: {noted:?}"),
            _ => None,
        })
        .collect();
    let hundred = Some(String::from("100"));
    let why = Some(String::from("three broken"));
    assert_eq!(
        told,
        [
            (String::from("1"), None, String::from("100"), Correction::Delivery, None),
            (String::from("1"), hundred, String::from("97"), Correction::Count, why),
        ]
    );
}

#[tokio::test]
async fn goods_that_arrive_with_the_drugs_own_form_are_noted_too() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Enter").await;
    counter.fill("quantity_supplied", "40").await;
    counter.press("F10").await;
    let told = counter.noted.iter().find_map(|noted| match &noted.happening {
        Happening::StockCorrected { after, how, .. } => Some((after.to_string(), *how)),
        _ => None,
    });
    assert_eq!(told, Some((String::from("40"), Correction::Delivery)));
}

#[tokio::test]
async fn a_prescriber_who_is_confirmed_or_merged_is_a_change_that_is_told() {
    let mut counter = Counter::with(&[(
        Dimension::Doctor,
        row(Dimension::Doctor, &[("name", "Kamau"), ("registration_number", "A10")]),
    )])
    .await;
    for (id, name) in [(1, "Mwangi"), (2, "Otieno")] {
        let new = NewDoctor {
            uuid: Uuid::from_u128(0xd0c0_0000 + id),
            name: name.to_owned(),
            registration_number: format!("B{id}"),
            phone_number: String::new(),
            region: String::from("Kilifi clinic"),
            by: String::from("Asha"),
            employee: None,
            till: Some(String::from("T02")),
            at: NOON.parse().unwrap(),
        };
        counter.store.add_doctor(&new).await.unwrap();
    }
    counter.settle().await;
    counter.press("F5 u c y").await;
    counter.says("prescriber Mwangi confirmed");
    counter.press("m").await;
    counter.till.write("kamau");
    counter.press("Enter y").await;
    counter.says("merged: it is Kamau from now on");
    let told: Vec<_> = counter
        .noted
        .iter()
        .filter_map(|noted| match &noted.happening {
            Happening::DimensionChanged { name, fields, .. } => Some((name.as_str(), fields.join(","))),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Mwangi", String::from("confirmed")),
            ("Otieno", String::from("merged_into"))
        ]
    );
}
