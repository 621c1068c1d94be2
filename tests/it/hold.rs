//! F9: a basket waits under a ticket while somebody else is served, and is called back by it.
use jiff::SignedDuration;
use rxtill::app::Effect;
use rxtill::app::model::Recovering;
use rxtill::app::sale::Draft;
use rxtill::domain::basket::Basket;
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::money::Money;

use super::screens::{open, open_with, pay, sample, take};
use super::support::till::Till;

/// The draft that was last to be kept.
fn kept(till: &mut Till) -> Draft {
    let mut drafts = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::KeepDraft(draft) => Some(draft),
        _ => None,
    });
    drafts.next_back().expect("something was kept")
}

/// Two baskets that wait, the older for four minutes.
async fn two_held() -> Till {
    two_held_of(sample().await)
}

fn two_held_of(changes: CatalogueChanges) -> Till {
    let mut till = open_with(changes);
    take(&mut till, "10*panadol extra");
    take(&mut till, "hedex");
    till.press("F9");
    till.pause = SignedDuration::from_mins(3);
    take(&mut till, "zinc");
    till.pause = SignedDuration::from_secs(1);
    till.press("F9");
    till
}

#[tokio::test]
async fn a_held_basket_waits_under_a_ticket_in_the_head_line_while_the_next_is_served() {
    let mut till = two_held().await;
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("held_two_{wide}x{high}"), till.screen(wide, high));
    }
    take(&mut till, "cetirizine");
    pay(&mut till);
    assert!(till.model.sale.basket.is_none());
    assert_eq!(till.model.sale.held.len(), 2);
    till.press("F9");
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("held_list_{wide}x{high}"), till.screen(wide, high));
    }
}

#[tokio::test]
async fn a_ticket_is_found_by_its_number_or_by_what_is_in_it_and_comes_back_as_it_was() {
    let mut till = two_held().await;
    let first = till.model.sale.held[0].basket.clone();
    till.press("F9");
    till.write("2");
    till.press("Enter");
    assert_eq!(
        till.model.sale.basket.as_ref().and_then(|basket| basket.ticket),
        Some(2)
    );
    // Held again, it keeps its number.
    till.press("F9 F9");
    till.write("panadol");
    till.press("Enter");
    let back = till.model.sale.basket.clone().unwrap();
    assert!(back.is_recalled());
    assert_eq!((back.sale_id, back.lines), (first.sale_id, first.lines));
    let screen = till.screen(80, 24);
    assert!(screen.contains("basket · #1 called back"), "{screen}");
    assert!(screen.contains("held 1: #2"), "{screen}");
}

#[tokio::test]
async fn what_is_held_comes_back_after_the_till_was_killed() {
    let changes = sample().await;
    let mut till = two_held_of(changes.clone());
    take(&mut till, "cetirizine");
    let draft = kept(&mut till);
    let bytes = serde_json::to_vec(&draft).unwrap();
    let left = Recovering {
        outlet: draft.outlet,
        draft: serde_json::from_slice(&bytes).unwrap(),
        ..Recovering::default()
    };
    let again = Till::reopened(left, changes);
    let in_front = till.model.sale.basket.clone().map(|basket| Basket {
        restored: true,
        ..basket
    });
    assert_eq!(again.model.sale.basket, in_front);
    assert_eq!(again.model.sale.held, till.model.sale.held);
    assert_eq!(again.model.sale.last_ticket, 2);
}

#[tokio::test]
async fn money_that_was_taken_is_still_there_after_the_till_was_killed() {
    let changes = sample().await;
    let mut till = two_held_of(changes.clone());
    take(&mut till, "cetirizine");
    till.press("+");
    till.write("4");
    till.press("Enter");
    assert_eq!(till.model.sale.taken.len(), 1, "{}", till.screen(80, 24));
    till.press("Esc");
    let draft = kept(&mut till);
    let left = Recovering {
        draft,
        ..Recovering::default()
    };
    let again = Till::reopened(left, changes);
    assert_eq!(again.model.sale.taken, till.model.sale.taken);
    assert_eq!(again.model.sale.held.len(), 2);
}

#[tokio::test]
async fn money_taken_for_a_held_basket_stays_with_it_and_its_ticket_bears_a_sign() {
    let mut till = open().await;
    take(&mut till, "10*panadol extra");
    till.press("+");
    till.write("20");
    till.press("Enter F9");
    let screen = till.screen(80, 24);
    assert!(screen.contains("held 1: #1 0 s ▲"), "{screen}");
    assert!(till.model.sale.taken.is_empty() && till.model.sale.payment.is_none());
    take(&mut till, "hedex");
    till.press("F9 F9 Enter");
    assert_eq!(till.model.sale.taken.len(), 1);
}

/// What changed when the price of every Panadol Extra pack was raised by one.
fn dearer(mut changes: CatalogueChanges) -> CatalogueChanges {
    changes.full = false;
    changes.drugs.retain(|drug| drug.name.starts_with("Panadol Extra"));
    let one: Money = "1".parse().unwrap();
    for pack in changes.drugs.iter_mut().flat_map(|drug| &mut drug.packs) {
        for price in &mut pack.prices {
            price.amount += one;
        }
    }
    changes
}

#[tokio::test]
async fn a_price_that_changed_while_the_basket_waited_is_told_and_chosen() {
    for (key, new, flagged) in [("y", true, false), ("n", false, true), ("Esc", false, true)] {
        let changes = sample().await;
        let mut till = open_with(changes.clone());
        take(&mut till, "10*panadol extra");
        let shown = till.model.sale.basket.as_ref().unwrap().lines[0].unit_price;
        till.press("F9");
        till.learn(dearer(changes));
        till.press("F9 Enter");
        let screen = till.screen(80, 24);
        assert!(screen.contains("was 7.00 a tab, is 8.00"), "{screen}");
        if key == "y" {
            insta::assert_snapshot!("held_new_prices_80x24", screen);
        }
        till.press(key);
        let now = till.model.sale.basket.as_ref().unwrap().lines[0].unit_price;
        assert_eq!(now != shown, new, "{key}");
        pay_all(&mut till);
        let flags = till.model.sale.waiting.as_ref().unwrap().flags.clone();
        assert_eq!(!flags.is_empty(), flagged, "{key}");
    }
}

/// Pays with money keyed, as for a basket that was called back.
fn pay_all(till: &mut Till) {
    till.press("+");
    till.write("1000");
    till.press("Enter");
    assert!(till.model.sale.waiting.is_some(), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn with_nothing_held_the_key_says_what_it_does() {
    let mut till = open().await;
    till.press("F9");
    let screen = till.screen(80, 24);
    assert!(screen.contains("nothing is held"), "{screen}");
    till.write("pan");
    till.press("F9");
    assert!(
        till.screen(80, 24).contains("Esc drops it; then hold"),
        "{}",
        till.screen(80, 24)
    );
    assert_eq!(till.model.sale.entry.text(), "pan");
}

#[tokio::test]
async fn quitting_says_which_baskets_are_held() {
    let mut till = two_held().await;
    till.press("Ctrl+Q");
    let screen = till.screen(80, 24);
    let read = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(read.contains("#1, #2 are held"), "{screen}");
}
