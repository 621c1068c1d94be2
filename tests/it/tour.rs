//! A walk past every screen, layer and pop-up, by keystrokes over the sample pharmacy.
use std::sync::Arc;

use rxtill::app::model::Over;
use rxtill::app::queue::QueueList;
use rxtill::app::role::Holder;
use rxtill::app::sale::{Outcome, Refusal};
use rxtill::app::status::{Database, Status, Stream};
use rxtill::app::{Effect, Message, RequestId};

use super::dimension_screens::clashing;
use super::doubt::usual_is;
use super::golden::{away, opened};
use super::returning::{a_sale, brought};
use super::screens::{answer, open, pay, sample, sample_store, take};
use super::support::overview::{alerted, follow, notes};
use super::support::till::Till;

/// Shows each of them to `look`, with its name.
pub(super) async fn every_screen(mut look: impl FnMut(&str, &Till)) {
    start(&mut look).await;
    sale(&mut look).await;
    money(&mut look).await;
    returns(&mut look).await;
    questions(&mut look).await;
    goods(&mut look).await;
    waiting(&mut look).await;
    live(&mut look).await;
    Box::pin(past(&mut look)).await;
    Box::pin(queue(&mut look)).await;
    Box::pin(lists(&mut look)).await;
    viewer(&mut look).await;
}

async fn start(look: &mut impl FnMut(&str, &Till)) {
    let mut till = Till::first();
    look("the first start", &till);
    till.press("F1");
    look("its help", &till);
    till.press("Esc Enter");
    look("the sample being loaded", &till);
    let mut till = Till::knowing(sample().await);
    look("which outlet", &till);
    till.write("xyz");
    look("no such outlet", &till);
    till.press("Esc Enter");
    look("who sells", &till);
}

async fn sale(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    look("an empty sale", &till);
    till.write("3*amox");
    look("hits", &till);
    till.press("Down Down");
    look("the third hit", &till);
    till.press("Esc");
    till.write("amxocilin");
    look("nearest", &till);
    till.press("Esc Esc");
    till.write("qqqqq");
    look("no hits", &till);
    till.press("Esc");
    take(&mut till, "10*panadol extra");
    take(&mut till, "250*amoxil 500");
    till.scan("6161999999999");
    look("an unknown scan", &till);
    till.press("Esc Up");
    look("a selected line", &till);
    till.press("Esc");
    till.write("@m");
    look("prescribers", &till);
    till.press("Enter");
    look("a prescription", &till);
    till.tell(Message::Alerted {
        words: String::from(
            "Panadol Extra is below zero by the book at this outlet: 12 tablets more were sold than were ever received",
        ),
        about: None,
        receipt: None,
    });
    look("an alert", &till);
    till.press("F1");
    look("help", &till);
    till.press("Down");
    look("the next page of it", &till);
    till.press("Esc :");
    look("the commands", &till);
    till.write("zzz");
    look("no such command", &till);
    till.press("Esc");
    till.write("no-sale");
    till.press("Enter");
    look("what the drawer is opened for", &till);
    till.press("Enter");
    look("no reason for the drawer", &till);
    till.press("Esc :");
    till.write("zzz");
    let status = Status {
        database: Database::Away { since: till.model.now },
        stream: Stream::Away { since: till.model.now },
        unsent: 123,
        oldest: Some(till.model.now),
        parked: 4,
        waiting: 1234,
        ..Status::default()
    };
    till.tell(Message::StatusChanged(Box::new(status)));
    till.press("Esc Esc F3");
    look("a basket that waits", &till);
}

async fn money(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    take(&mut till, "10*panadol extra");
    take(&mut till, "amoxil 500");
    take(&mut till, "@mwa");
    till.press("+");
    look("payment", &till);
    till.press("F1");
    look("help on payment", &till);
    till.press("Esc");
    till.write("5000");
    look("tendered", &till);
    till.press("Esc");
    till.write("20");
    till.press("Enter m");
    look("a reference", &till);
    till.write("sgh7x");
    till.press("Enter");
    look("a wrong reference", &till);
    till.press("Esc");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    look("on its way", &till);
    let sold = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::Sell { request, .. } => Some(request),
        _ => None,
    });
    answer(&mut till, sold.unwrap(), Outcome::Queued);
    let status = away(&till, 3);
    till.tell(Message::StatusChanged(Box::new(status)));
    look("queued", &till);
}

async fn returns(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    let sale = a_sale(&mut till);
    till.press("Ctrl+R");
    look("which receipt", &till);
    till.press("Esc");
    till.scan("T01-000123");
    look("a receipt being looked for", &till);
    till.press("Esc");
    brought(&mut till, &sale);
    look("a receipt", &till);
    till.write("3");
    look("how many of it", &till);
    till.press("Enter F1");
    look("help on a return", &till);
    till.press("Esc Down Enter");
    look("a return on prescription", &till);
    till.press("+");
    look("money given back", &till);
    till.press("m");
    look("money given back by another tender", &till);
    till.press("Esc Esc Esc Esc");
    look("whether to leave a return", &till);
    till.press("n + Enter");
    look("a return on its way", &till);
}

async fn questions(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    till.press("Ctrl+Q");
    look("whether to close", &till);
    till.press("Esc Esc");
    look("whether to cancel", &till);
    till.press("Esc +");
    till.write("100000");
    till.press("Enter");
    look("a large tender", &till);
    till.press("Esc Esc Esc");
    let request = pay(&mut till);
    let refusal = Refusal::ShortStock {
        drug: String::from("Panadol 500 mg"),
        remaining: String::from("2"),
        wanted: String::from("10"),
        unit: String::from("tab"),
    };
    answer(&mut till, request, Outcome::Refused(refusal));
    look("short stock", &till);
    assert!(matches!(till.model.over, Some(Over::Question(_))));
    till.press("n");
    look("short stock refused", &till);
    let mut till = open().await;
    take(&mut till, "100*panadol");
    usual_is(&mut till, 10, 30);
    till.press("+");
    look("far from usual", &till);
    till.press("y Enter");
    take(&mut till, "100*panadol");
    till.press("+ y");
    look("the same again", &till);
}

/// What lies beside a drug, and a prescriber whom nobody knows.
async fn goods(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    till.write("amoxil 500");
    till.press("Right");
    look("a card", &till);
    till.press("F1");
    look("help on a card", &till);
    till.press("Esc Enter Up Right");
    look("a card of a line", &till);
    till.press("Esc Esc");
    till.write("@otieno p");
    look("nobody of that name", &till);
    till.press("Enter");
    look("a new prescriber", &till);
    till.press("F10");
    look("what a new prescriber wants", &till);
    till.press("F1");
    look("help on a new prescriber", &till);
}

/// Baskets that wait, and the list of them.
async fn waiting(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    till.press("F9");
    look("nothing held", &till);
    take(&mut till, "10*panadol extra");
    till.press("F9");
    take(&mut till, "hedex");
    till.press("+");
    till.write("1");
    till.press("Enter F9");
    look("two held", &till);
    till.press("F9");
    look("the held list", &till);
    till.write("zzz");
    look("no such ticket", &till);
    till.press("Esc");
    till.write("1");
    till.press("Enter +");
    look("a recalled basket being paid", &till);
}

async fn live(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    till.press("F3");
    look("live before anything", &till);
    till.press("o");
    follow(&mut till);
    look("live outlets", &till);
    alerted(&mut till);
    look("live with alerts", &till);
    till.press("2 Down");
    look("live events, held", &till);
    till.press("/");
    till.write("kind:gift");
    till.press("Enter");
    look("no such filter", &till);
    till.press("F1");
    look("help on a filter", &till);
    till.press("Esc Esc Esc 3");
    look("live alerts", &till);
    till.press("Enter");
    look("an alert", &till);
    till.press("a");
    look("a note on an alert", &till);
    till.press("Esc Esc");
    let noted = notes(till.model.now);
    till.tell(Message::AlertNotesRead(Arc::new(noted)));
    till.press("A");
    look("acknowledged alerts", &till);
    till.press("4");
    for table in ["drugs", "employees", "doctors", "regions", "hours", "days"] {
        look(&format!("live {table}"), &till);
        till.press("Right");
    }
    till.press("1 Space t");
    look("from when", &till);
    till.write("25:00");
    look("no such time", &till);
    till.press("Esc Esc F1");
    look("help on live", &till);
    till.press("Esc :");
    look("commands on live", &till);
    let mut watch = Till::watching(None, sample().await);
    look("a supervisor before anything", &watch);
    follow(&mut watch);
    alerted(&mut watch);
    look("a supervisor's live", &watch);
    watch.press("3 a");
    look("who looks on", &watch);
    watch.press("Esc F8");
    look("a supervisor's receipts", &watch);
    watch.press("Ctrl+Q");
    look("closing a supervisor's screen", &watch);
}

async fn past(look: &mut impl FnMut(&str, &Till)) {
    let mut till = open().await;
    till.press("F8");
    look("receipts being read", &till);
    past_answered(&mut till, 3);
    look("receipts", &till);
    till.press("F1");
    look("help on receipts", &till);
    till.press("Esc c");
    look("charts being read", &till);
    past_answered(&mut till, 3);
    look("charts", &till);
    till.press("Tab Left");
    look("the chart of the hours", &till);
    till.press("F1");
    look("help on charts", &till);
    till.press("Esc c /");
    till.write("amox");
    look("words for receipts", &till);
    till.press("F1");
    look("help on words for receipts", &till);
    till.press("Esc Enter");
    past_answered(&mut till, 4);
    look("no such receipt", &till);
    till.press("Esc d");
    till.write("31/2");
    till.press("Enter");
    look("no such day", &till);
    till.press("Esc Esc");
    past_answered(&mut till, 15);
    look("receipts of this till alone", &till);
    till.press("Enter");
    past_answered(&mut till, 2);
    look("a receipt of before", &till);
    till.press("F1");
    look("help on a receipt of before", &till);
    till.press("Esc End");
    look("the end of a receipt", &till);
}

async fn queue(look: &mut impl FnMut(&str, &Till)) {
    let mut till = managed().await;
    till.tell(Message::StatusChanged(Box::new(parked(2))));
    look("parked and unsent in the status line", &till);
    till.press("Ctrl+U");
    look("the queue being read", &till);
    queue_answered(&mut till, 0);
    look("what is unsent and parked", &till);
    till.press("F1");
    look("help on the queue", &till);
    till.press("Esc x");
    look("why it is struck", &till);
    till.write("rung up again");
    till.press("Enter");
    look("whether it is struck", &till);
    till.press("n m");
    queue_answered(&mut till, 0);
    look("which outlet it was", &till);
    till.press("Enter Enter");
    look("what was sold", &till);
    till.write("panadol");
    till.press("Enter");
    look("whether it is mapped", &till);
    till.press("y");
    look("the database is asked", &till);
    queue_answered(&mut till, 2);
    look("it is parked as before", &till);
    let mut till = open().await;
    till.press("Ctrl+U");
    let request = queue_asked(&mut till);
    let answer = Ok(QueueList::default());
    till.tell(Message::QueueRead { request, answer });
    look("nothing is unsent or parked", &till);
}

/// A till in Mirema meds at which its manager sells.
pub(super) async fn managed() -> Till {
    let mut till = open().await;
    till.press("F12");
    till.write("grace");
    till.press("Enter");
    till.wanted();
    till
}

/// One sale is parked, and so many are on their way.
pub(super) fn parked(unsent: u64) -> Status {
    Status {
        database: Database::Up,
        stream: Stream::Up,
        unsent,
        parked: 1,
        ..Status::default()
    }
}

/// The list that was asked for last.
pub(super) fn queue_asked(till: &mut Till) -> RequestId {
    let asked = till.wanted().into_iter().rev().find_map(|effect| match effect {
        Effect::ReadQueue { request } => Some(request),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("no list was asked for:\n{}", till.screen(80, 24)))
}

/// Answers what was asked of the queue.
pub(super) fn queue_answered(till: &mut Till, how: u8) {
    for effect in till.wanted() {
        if matches!(
            effect,
            Effect::ReadQueue { .. } | Effect::FindGaps { .. } | Effect::SettleSale { .. }
        ) {
            let message = super::support::answers::answer(&effect, how, &till.model).unwrap();
            till.tell(message);
        }
    }
}

/// Answers what was asked of receipts.
pub(super) fn past_answered(till: &mut Till, how: u8) {
    for effect in till.wanted() {
        if matches!(
            effect,
            Effect::ReadPast { .. } | Effect::ReadReceipt { .. } | Effect::ReadChart { .. }
        ) {
            let message = super::support::answers::answer(&effect, how, &till.model).unwrap();
            till.tell(message);
        }
    }
}

async fn lists(look: &mut impl FnMut(&str, &Till)) {
    let (_kept, store) = sample_store().await;
    let mut till = open().await;
    for (key, name) in [
        ("F4", "drugs"),
        ("F5", "doctors"),
        ("F6", "employees"),
        ("F7", "outlets"),
    ] {
        till.press(key);
        look(name, &till);
        till.press("F1");
        look(&format!("help on {name}"), &till);
        till.press("Esc /");
        till.write("zzzz");
        look(&format!("no {name}"), &till);
        till.press("Esc Esc Ctrl+N");
        look(&format!("new in {name}"), &till);
        till.press("F10");
        look(&format!("faults in {name}"), &till);
        till.press("Esc Enter");
        opened(&mut till, &store).await;
        look(&format!("a form of {name}"), &till);
        till.press("F1");
        look(&format!("help on a form of {name}"), &till);
        till.press("Esc Down");
        till.write("x");
        till.press("Esc");
        look(&format!("a changed form of {name} left"), &till);
        if matches!(till.model.over, Some(Over::Question(_))) {
            till.press("y");
        }
    }
    Box::pin(clash(look)).await;
    let nothing = rxtill::domain::catalogue::CatalogueChanges::default();
    let mut till = Till::knowing(nothing);
    look("a sale without a catalogue", &till);
    till.press("F4");
    look("no drug yet", &till);
}

/// Somebody else changed the row meanwhile.
async fn clash(look: &mut impl FnMut(&str, &Till)) {
    let mut counter = clashing().await;
    look("what somebody else changed", &counter.till);
    counter.press("F1").await;
    look("help on what somebody else changed", &counter.till);
}

async fn viewer(look: &mut impl FnMut(&str, &Till)) {
    let holder = Holder {
        till: String::from("T01"),
        pid: Some(4711),
        is_open: true,
    };
    let mut viewer = Till::beside(holder, sample().await);
    look("a viewer's live", &viewer);
    viewer.press("F2");
    look("a viewer's sale", &viewer);
    viewer.press("Ctrl+Q");
    look("closing a viewer", &viewer);
}
