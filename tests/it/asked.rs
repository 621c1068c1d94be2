//! What is noted at the counter, by keystrokes: what somebody asked for, and what those who judge later want to know.
use rusqlite::Connection;
use rxtill::app::model::Over;
use rxtill::app::sale::{Outcome, Refusal, SaleAnswer};
use rxtill::app::{Effect, Message};
use rxtill::domain::audit::{AuditPlace, AuditRecord, Happening, Noted, Removal};
use rxtill::domain::dimension::Dimension;
use rxtill::store::ports::SaleStore as _;
use uuid::Uuid;

use super::dimension_screens::{Counter, drug};
use super::pty::{first_start, start_again};
use super::screens::{open, take};
use super::support::office::outlet;
use super::support::till::Till;

/// What was noted since the last look.
pub(super) fn noted(till: &mut Till) -> Vec<Noted> {
    let notes = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Note(noted) => Some(noted),
        _ => None,
    });
    notes.flatten().collect()
}

pub(super) fn kinds(till: &mut Till) -> Vec<String> {
    let events = noted(till);
    events.iter().map(|noted| noted.happening.kind().to_owned()).collect()
}

fn says(till: &Till, words: &str) {
    let screen = till.screen(120, 40);
    assert!(screen.contains(words), "{words}:\n{screen}");
}

pub(super) fn answer(till: &mut Till, outcome: Outcome) {
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    let answer = SaleAnswer {
        outcome,
        receipt: Some("T01-000001".into()),
        below_zero: Vec::new(),
    };
    till.tell(Message::SaleAnswered { request, answer });
}

#[tokio::test]
async fn asked_for_is_noted_once_a_press_and_opens_no_basket() {
    let mut till = open().await;
    till.write("3*hedex");
    till.press("Ctrl+O");
    says(&till, "noted: 3 asked for Hedex");
    let events = noted(&mut till);
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&*events[0].outlet.name, &*events[0].employee.as_ref().unwrap().name),
        ("Mirema meds", "John")
    );
    let Happening::AskedFor {
        drug: Some(drug),
        words: None,
        quantity,
        ..
    } = &events[0].happening
    else {
        panic!("{events:?}")
    };
    assert!(drug.name.starts_with("Hedex"));
    assert_eq!(quantity.unwrap().to_string(), "3");
    assert!(till.model.sale.basket.is_none());
    till.press("Esc");

    // Nothing is called so.
    till.write("xyzzyx");
    till.press("Ctrl+O");
    says(&till, "noted: 1 asked for “xyzzyx”");
    till.press("Ctrl+O");
    let events = noted(&mut till);
    let words = |noted: &Noted| matches!(&noted.happening, Happening::AskedFor { drug: None, words: Some(words), .. } if words == "xyzzyx");
    assert!(events.len() == 2 && events.iter().all(words), "{events:?}");
    till.press("Esc");

    // On the card, which stays.
    till.write("panadol");
    till.press("Right");
    says(&till, "Ctrl+O asked for");
    till.press("Ctrl+O");
    says(&till, "noted: 1 asked for Panadol");
    assert!(matches!(till.model.over, Some(Over::Card(_))));
    assert_eq!(kinds(&mut till), ["asked_for"]);
    assert!(till.model.sale.basket.is_none());

    till.press("Esc Esc Ctrl+O");
    says(&till, "asked for what?");
    assert_eq!(kinds(&mut till), [""; 0]);
}

#[tokio::test]
async fn a_line_that_leaves_a_basket_is_noted_with_how_it_left() {
    let mut till = open().await;
    take(&mut till, "2*panadol");
    take(&mut till, "hedex");
    noted(&mut till);
    till.press("-");
    let removed = |till: &mut Till| match noted(till).remove(0).happening {
        Happening::LineRemoved {
            drug,
            quantity,
            how,
            shown_s,
            value,
            ..
        } => {
            assert!(!value.is_zero() && shown_s.is_some());
            (drug.name, quantity.to_string(), how)
        }
        other => panic!("{other:?}"),
    };
    let (drug, quantity, how) = removed(&mut till);
    assert!(drug.starts_with("Hedex"));
    assert_eq!((&*quantity, how), ("1", Removal::TakenOut));
    till.press("Ctrl+Z");
    assert_eq!(kinds(&mut till), [""; 0], "it is back");
    till.press("Ctrl+Z");
    let (drug, _, how) = removed(&mut till);
    assert!(drug.starts_with("Hedex"));
    assert_eq!(how, Removal::Undone);
}

#[tokio::test]
async fn a_payment_that_is_left_and_a_basket_that_is_let_go_are_noted() {
    let mut till = open().await;
    take(&mut till, "panadol");
    noted(&mut till);
    till.press("+ Esc");
    assert_eq!(kinds(&mut till), ["payment_cancelled"]);
    till.press("Esc y");
    let events = noted(&mut till);
    let cancelled = |noted: &Noted| {
        matches!(
            noted.happening,
            Happening::BasketCancelled {
                lines: 1,
                payment_open: false,
                ..
            }
        )
    };
    assert!(events.len() == 1 && cancelled(&events[0]), "{events:?}");
}

#[tokio::test]
async fn another_price_is_noted_when_the_sale_is_recorded_and_a_refused_one_only_as_refused() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.write("=1");
    till.press("Enter");
    till.write("%10");
    till.press("Enter +");
    till.press("Enter");
    noted(&mut till);
    answer(&mut till, Outcome::Refused(Refusal::Other("no".into())));
    assert_eq!(kinds(&mut till), ["sale_refused"]);
    till.press("Esc +");
    till.press("Enter");
    noted(&mut till);
    answer(&mut till, Outcome::Committed);
    let events = noted(&mut till);
    let Happening::PriceOverride { before, after, .. } = &events[0].happening else {
        panic!("{events:?}")
    };
    assert!(before != after && after.to_string() == "1");
    assert_eq!(events[1].happening.kind(), "discount_override");
}

#[tokio::test]
async fn a_buyer_reads_beside_the_drug_how_often_it_was_asked_for() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50"), (Dimension::Outlet, outlet("Kilifi Bay"))]).await;
    counter.till.write("mirema");
    counter.press("Enter").await;
    for (id, seq) in [(1, 1), (2, 2)] {
        counter.till.write("aspirin");
        counter.till.press("Ctrl+O");
        let place = AuditPlace {
            till: "T01".parse().unwrap(),
            series: 1,
            seq,
        };
        let record = AuditRecord::new(Uuid::from_u128(id), place, noted(&mut counter.till).remove(0));
        counter.store.keep_event(&record).await.unwrap();
    }
    counter.press("Esc F4 Ctrl+G Tab Tab").await;
    counter.says("asked for 2 times in 30 days, last ");
    counter.says(" at Mirema meds");
}

/// The real program, killed after it journaled and before it could upload.
#[test]
fn what_was_noted_survives_kill_9_before_its_upload_and_is_in_the_store_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    let count = |file: &str, sql: &str| -> i64 {
        let file = Connection::open(folder.path().join(file)).unwrap();
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let asked = "SELECT count(*) FROM till_event WHERE kind = 'asked_for'";
    // Nobody else writes to the store while this is open.
    let store = Connection::open(folder.path().join("store.sqlite")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    till.press("xyzzyx");
    till.shows("xyzzyx");
    till.press("\x0f");
    till.shows("noted: 1 asked for");
    let kept = "SELECT count(*) FROM audit_event WHERE instr(bytes, 'asked_for') > 0";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while count("journal.sqlite", kept) == 0 {
        assert!(std::time::Instant::now() < deadline, "it is not journaled");
    }
    till.signal("KILL");
    store.execute_batch("ROLLBACK").unwrap();
    assert_eq!(count("store.sqlite", asked), 0);
    drop(till);
    let till = start_again(folder.path());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while count("store.sqlite", asked) == 0 {
        assert!(std::time::Instant::now() < deadline, "it is not uploaded");
    }
    assert_eq!(count("store.sqlite", asked), 1);
    till.signal("KILL");
}
