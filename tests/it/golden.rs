//! Golden screens: each screen, layer and pop-up at 80x24 and 120x40, made by keystrokes over the sample pharmacy.
use jiff::SignedDuration;
use rxtill::app::sale::{Outcome, Refusal};
use rxtill::app::status::{Database, Status, Stream};
use rxtill::app::{Effect, Message};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::runtime::rows;

use super::screens::{answer, open, pay, sample, sample_store, take};
use super::support::till::Till;

fn look(till: &Till, name: &str) {
    insta::assert_snapshot!(format!("{name}_80x24"), till.screen(80, 24));
    insta::assert_snapshot!(format!("{name}_120x40"), till.screen(120, 40));
}

#[test]
fn the_first_start() {
    let mut till = Till::first();
    look(&till, "welcome");
    till.press("e");
    look(&till, "outlets_before_the_first");
}

#[tokio::test]
async fn who_sells_and_where() {
    let mut till = Till::knowing(sample().await);
    look(&till, "picker_outlet");
    till.write("kil");
    till.press("Enter");
    look(&till, "picker_seller");
    till.write("xyz");
    look(&till, "picker_nobody");
}

#[tokio::test]
async fn money() {
    let mut till = open().await;
    take(&mut till, "10*panadol extra");
    take(&mut till, "amoxil 500");
    take(&mut till, "@mwa");
    till.press("+");
    look(&till, "payment_exact");
    till.write("200");
    look(&till, "payment_change");
    till.press("Esc");
    till.write("60");
    till.press("Enter m");
    look(&till, "payment_reference");
    till.write("sgh7x");
    till.press("Enter");
    look(&till, "payment_reference_wrong");
    till.press("Esc Esc");
    till.write("100000");
    till.press("Enter");
    look(&till, "payment_large");
}

#[tokio::test]
async fn the_last_sale() {
    let mut till = open().await;
    take(&mut till, "panadol extra");
    till.press("+");
    till.write("5");
    till.press("Enter m");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    let sold = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::Sell { request, .. } => Some(request),
        _ => None,
    });
    look(&till, "last_on_its_way");
    answer(&mut till, sold.unwrap(), Outcome::Committed);
    look(&till, "last_committed");
    take(&mut till, "hedex");
    till.press("+");
    till.write("20");
    till.press("Enter");
    let sold = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::Sell { request, .. } => Some(request),
        _ => None,
    });
    answer(&mut till, sold.unwrap(), Outcome::Queued);
    till.tell(Message::StatusChanged(Box::new(away(&till, 1))));
    look(&till, "last_queued");
    take(&mut till, "hedex");
    till.press("Ctrl+Q");
    look(&till, "quit_unsent");
}

/// The database and the broker are away, with so many sales unsent.
pub(super) fn away(till: &Till, unsent: u64) -> Status {
    let since = till.model.now - SignedDuration::from_mins(12);
    Status {
        database: Database::Away { since },
        stream: Stream::Away { since },
        unsent,
        oldest: Some(since),
        ..Status::default()
    }
}

#[tokio::test]
async fn short_stock() {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    let request = pay(&mut till);
    let refusal = Refusal::ShortStock {
        drug: String::from("Panadol 500 mg"),
        remaining: String::from("2"),
        wanted: String::from("10"),
        unit: String::from("tab"),
    };
    answer(&mut till, request, Outcome::Refused(refusal));
    look(&till, "short_stock");
    till.press("n");
    look(&till, "short_stock_refused");
}

/// Gives what is read of a row, as the runtime does.
pub(super) async fn opened(till: &mut Till, store: &rxtill::store::star::Store) {
    let at = till.model.now;
    for effect in till.wanted() {
        if let Effect::ReadRow {
            request,
            dimension,
            id,
            outlet,
        } = effect
        {
            let answer = rows::read(store, dimension, id, outlet, at).await;
            till.tell(Message::RowRead {
                request,
                dimension,
                answer,
            });
        }
    }
}

#[tokio::test]
async fn lists_and_forms() {
    let (_kept, store) = sample_store().await;
    let mut till = open().await;
    for (key, name) in [
        ("F4", "drugs"),
        ("F5", "doctors"),
        ("F6", "employees"),
        ("F7", "outlets"),
    ] {
        till.press(key);
        look(&till, &format!("{name}_list"));
        insta::assert_snapshot!(format!("{name}_list_45x20"), till.screen(45, 20));
        till.press("Ctrl+N");
        look(&till, &format!("{name}_form_empty"));
        till.press("Esc Enter");
        opened(&mut till, &store).await;
        look(&till, &format!("{name}_form_filled"));
        till.press("Esc");
    }
    till.press("F4 End");
    look(&till, "drugs_list_end");
}

#[tokio::test]
async fn lists_with_nothing_in_them() {
    let filled = sample().await;
    let nothing = CatalogueChanges {
        employees: Vec::new(),
        doctors: Vec::new(),
        drugs: Vec::new(),
        ..filled
    };
    let mut till = Till::knowing(nothing);
    till.write("mirema");
    till.press("Enter");
    look(&till, "sale_without_a_catalogue");
    for (key, name) in [("F4", "drugs"), ("F5", "doctors"), ("F6", "employees")] {
        till.press(key);
        look(&till, &format!("{name}_none"));
    }
}

#[tokio::test]
async fn help_from_its_first_page_to_its_last() {
    let mut till = open().await;
    till.press("F1");
    look(&till, "help_first");
    till.press("Down");
    look(&till, "help_next");
    till.press("Esc F4 Enter F1");
    look(&till, "help_form");
}

#[tokio::test]
async fn a_small_terminal_does_no_harm() {
    let mut till = open().await;
    let small = |till: &Till, name: &str| {
        insta::assert_snapshot!(format!("{name}_45x20"), till.screen(45, 20));
        insta::assert_snapshot!(format!("{name}_20x5"), till.screen(20, 5));
        for (wide, high) in [(1, 1), (2, 3), (45, 1), (3, 24), (200, 2)] {
            let _ = till.screen(wide, high);
        }
    };
    till.write("amoxicillin");
    small(&till, "small_hits");
    till.press("Enter");
    take(&mut till, "3*panadol extra");
    take(&mut till, "@mwa");
    small(&till, "small_basket");
    till.press("+");
    till.write("100");
    small(&till, "small_payment");
    till.press("Esc Esc :");
    small(&till, "small_palette");
    till.press("Esc F1");
    small(&till, "small_help");
    till.press("Esc Ctrl+Q");
    small(&till, "small_question");
}
