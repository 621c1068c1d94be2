//! A basket whose money is on its way: it waits under a ticket, and comes back to its payment (COUNTER sections 3, 5).
use jiff::SignedDuration;
use rxtill::app::Effect;
use rxtill::app::model::Recovering;
use rxtill::app::sale::Draft;
use rxtill::domain::catalogue::CatalogueChanges;

use super::screens::{open, sample, take};
use super::support::till::Till;

/// What is paid by, of the sales that were asked for since the last look: "M-Pesa 70 SGH7X2K9PL".
fn sold(till: &mut Till) -> Vec<String> {
    let sold = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Sell { agreed, .. } => Some(agreed.payments),
        _ => None,
    });
    let words = |payments: Vec<rxtill::domain::sale::SalePayment>| {
        let paid = payments.iter().map(|paid| {
            let reference = paid.reference.as_deref().unwrap_or_default();
            format!("{} {} {reference}", paid.name, paid.tendered)
                .trim_end()
                .to_owned()
        });
        paid.collect::<Vec<_>>().join(", ")
    };
    sold.map(words).collect()
}

/// The till as it is at three sizes.
fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// Ten Panadol Extra for 70.00, at the payment.
fn at_the_payment(till: &mut Till) {
    take(till, "10*panadol extra");
    till.press("+");
}

async fn waiting() -> Till {
    let mut till = open().await;
    at_the_payment(&mut till);
    till.press("w");
    till
}

#[tokio::test]
async fn w_holds_the_basket_until_its_m_pesa_has_come_and_the_screen_says_under_which_ticket() {
    let mut till = open().await;
    at_the_payment(&mut till);
    let basket = till.model.sale.basket.clone().unwrap();
    look(&till, "payment_may_wait");
    assert!(
        till.screen(80, 24).contains("w waiting for M-Pesa: hold #1"),
        "{}",
        till.screen(80, 24)
    );
    till.press("w");
    let screen = till.screen(80, 24);
    assert!(screen.contains("held as #1, waiting for M-Pesa 70.00"), "{screen}");
    assert!(screen.contains("held 1: #1 0 s ▲"), "{screen}");
    assert!(till.model.sale.basket.is_none() && till.model.sale.payment.is_none());
    let held = &till.model.sale.held[0];
    assert_eq!(
        (held.basket.sale_id, &held.basket.lines),
        (basket.sale_id, &basket.lines)
    );
    assert_eq!(sold(&mut till), [""; 0]);
}

#[tokio::test]
async fn what_waits_says_for_what_and_how_long_and_comes_back_to_its_payment() {
    let mut till = waiting().await;
    till.pause = SignedDuration::from_secs(124);
    till.press("F9");
    till.pause = SignedDuration::from_secs(1);
    assert!(
        till.screen(80, 24).contains("waiting for M-Pesa 2 min"),
        "{}",
        till.screen(80, 24)
    );
    look(&till, "held_waiting");
    till.press("Enter");
    look(&till, "payment_waited");
    assert!(
        till.screen(80, 24).contains("70.00 by M-Pesa"),
        "{}",
        till.screen(80, 24)
    );
    // Enter alone is no reference, and no cash either.
    till.press("Enter Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    till.write("sgh7x2k9pl");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["M-Pesa 70 SGH7X2K9PL"], "{}", till.screen(80, 24));
}

#[tokio::test]
async fn an_amount_keyed_before_w_is_what_is_awaited_and_the_rest_is_said_by_nobody_but_the_clerk() {
    let mut till = open().await;
    at_the_payment(&mut till);
    till.write("50");
    till.press("w");
    till.press("F9 Enter");
    assert!(
        till.screen(80, 24).contains("50.00 by M-Pesa"),
        "{}",
        till.screen(80, 24)
    );
    till.write("sgh7x2k9pl");
    // The reference, then Enter alone: the basket was put aside, no exact cash of it is offered.
    till.press("Enter Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    assert!(!till.screen(80, 24).contains("exact amount"), "{}", till.screen(80, 24));
    till.press("c Enter");
    assert_eq!(sold(&mut till), ["M-Pesa 50 SGH7X2K9PL, Cash 20"]);
}

#[tokio::test]
async fn tenders_that_were_taken_wait_with_the_one_that_is_awaited() {
    let mut till = open().await;
    at_the_payment(&mut till);
    till.write("20");
    till.press("Enter w");
    assert!(
        till.screen(80, 24).contains("waiting for M-Pesa 50.00"),
        "{}",
        till.screen(80, 24)
    );
    till.press("F9 Enter");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["Cash 20, M-Pesa 50 SGH7X2K9PL"]);
}

#[tokio::test]
async fn f9_while_a_reference_is_asked_for_holds_the_basket_for_it() {
    let mut till = open().await;
    at_the_payment(&mut till);
    till.press("m");
    assert!(
        till.screen(80, 24).contains("F9 waits for it"),
        "{}",
        till.screen(80, 24)
    );
    till.press("F9");
    assert!(
        till.screen(80, 24).contains("waiting for M-Pesa 70.00"),
        "{}",
        till.screen(80, 24)
    );
    // While a reference is typed, w is a letter of it.
    till.press("F9 Enter");
    till.write("wgh7x2k9pw");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["M-Pesa 70 WGH7X2K9PW"]);
}

#[tokio::test]
async fn what_waits_for_money_waits_on_over_a_restart() {
    let changes = sample().await;
    let mut till = Till::knowing(changes.clone());
    take(&mut till, "mirema");
    take(&mut till, "john");
    at_the_payment(&mut till);
    till.press("w");
    let draft: Draft = serde_json::from_slice(&serde_json::to_vec(&Draft::of(&till.model)).unwrap()).unwrap();
    let left = Recovering {
        outlet: draft.outlet,
        draft,
        ..Recovering::default()
    };
    let mut again = Till::reopened(left, changes);
    assert_eq!(again.model.sale.held, till.model.sale.held);
    take(&mut again, "john");
    again.press("F9 Enter");
    assert!(
        again.screen(80, 24).contains("70.00 by M-Pesa"),
        "{}",
        again.screen(80, 24)
    );
}

#[tokio::test]
async fn a_till_killed_while_a_reference_is_typed_asks_for_it_again_at_the_payment() {
    let changes = sample().await;
    let mut till = Till::knowing(changes.clone());
    take(&mut till, "mirema");
    take(&mut till, "john");
    at_the_payment(&mut till);
    till.press("m");
    let draft = Draft::of(&till.model);
    let left = Recovering {
        outlet: draft.outlet,
        draft,
        ..Recovering::default()
    };
    let mut again = Till::reopened(left, changes);
    take(&mut again, "john");
    again.press("+");
    assert!(
        again.screen(80, 24).contains("70.00 by M-Pesa"),
        "{}",
        again.screen(80, 24)
    );
}

/// The sample with Panadol Extra at another price.
fn at(mut changes: CatalogueChanges, price: &str) -> CatalogueChanges {
    changes.full = false;
    changes.drugs.retain(|drug| drug.name == "Panadol Extra");
    for price_now in changes
        .drugs
        .iter_mut()
        .flat_map(|drug| &mut drug.packs)
        .flat_map(|pack| &mut pack.prices)
    {
        price_now.amount = price.parse().unwrap();
    }
    changes
}

#[tokio::test]
async fn where_prices_changed_meanwhile_they_are_chosen_first_and_the_payment_comes_then() {
    for (price, words) in [
        ("8", "70.00 by M-Pesa"),
        ("6", "M-Pesa 70.00 was awaited: key the tenders again"),
    ] {
        let changes = sample().await;
        let mut till = Till::knowing(changes.clone());
        take(&mut till, "mirema");
        take(&mut till, "john");
        at_the_payment(&mut till);
        till.press("w");
        till.learn(at(changes, price));
        till.press("F9 Enter");
        assert!(
            till.model.sale.payment.is_none(),
            "first the prices: {}",
            till.screen(80, 24)
        );
        till.press("y");
        let screen = till.screen(120, 40);
        assert!(screen.contains(words), "{screen}");
    }
}

#[tokio::test]
async fn where_no_tender_wants_a_reference_there_is_nothing_to_wait_for() {
    let mut changes = sample().await;
    changes.tenders.retain(|tender| tender.reference_pattern.is_empty());
    let mut till = Till::knowing(changes);
    take(&mut till, "mirema");
    take(&mut till, "john");
    at_the_payment(&mut till);
    assert!(!till.screen(80, 24).contains("waiting for"), "{}", till.screen(80, 24));
    till.press("w");
    assert!(
        till.screen(80, 24).contains("“w” is no tender here"),
        "{}",
        till.screen(80, 24)
    );
    assert!(till.model.sale.held.is_empty());
}
