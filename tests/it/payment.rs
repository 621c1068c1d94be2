//! The money, rule by rule (COUNTER section 3): what Enter takes, what is asked, what comes back.
use rxtill::app::Effect;
use rxtill::app::model::Recovering;
use rxtill::app::sale::{Draft, Outcome, Refusal};
use rxtill::domain::catalogue::CatalogueChanges;

use super::screens::{answer, open, pay, sample, take};
use super::support::till::Till;

/// The sales that were asked for since the last look: what each is paid by, "Cash 200 - 79 change".
fn sold(till: &mut Till) -> Vec<String> {
    let sold = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Sell { agreed, .. } => Some(agreed.payments),
        _ => None,
    });
    sold.map(|payments| {
        let paid: Vec<_> = payments
            .iter()
            .map(|paid| {
                let change = paid.change;
                let change = (!change.is_zero()).then(|| format!(" - {change} change"));
                format!("{} {}{}", paid.name, paid.tendered, change.unwrap_or_default())
            })
            .collect();
        paid.join(", ")
    })
    .collect()
}

/// What is on the disk of a till that was killed.
fn left_by(before: &Till) -> Recovering {
    let draft = Draft::of(&before.model);
    Recovering {
        outlet: draft.outlet,
        draft,
        ..Recovering::default()
    }
}

/// A till that was killed with three strips in its basket, opened again.
async fn killed_and_opened_again() -> Till {
    let changes = sample().await;
    let mut before = open_knowing(changes.clone());
    take(&mut before, "3*panadol extra");
    let mut till = Till::reopened(left_by(&before), changes);
    take(&mut till, "john");
    till.wanted();
    till
}

/// A till in Mirema meds at which John sells, by this catalogue.
fn open_knowing(changes: CatalogueChanges) -> Till {
    let mut till = Till::knowing(changes);
    take(&mut till, "mirema");
    take(&mut till, "john");
    till
}

#[tokio::test]
async fn a_basket_that_was_kept_over_a_restart_is_not_paid_by_enter_alone() {
    let mut till = killed_and_opened_again().await;
    till.press("+ Enter Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("put aside: key the amount, or the letter of a tender"),
        "{screen}"
    );
    // The amount said.
    till.write("21");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["Cash 21"], "{}", till.screen(80, 24));
    // Or the tender.
    let mut till = killed_and_opened_again().await;
    till.press("+ c Enter");
    assert_eq!(sold(&mut till), ["Cash 21"], "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_price_that_changed_while_a_basket_was_away_is_told_and_chosen() {
    for (key, paid, words) in [
        ("y", "Cash 30", "prices of now"),
        ("n", "Cash 21", "that were shown before"),
    ] {
        let mut changes = sample().await;
        let mut before = open_knowing(changes.clone());
        take(&mut before, "3*panadol extra");
        let drug = changes
            .drugs
            .iter_mut()
            .find(|drug| drug.name == "Panadol Extra")
            .unwrap();
        for price in drug.packs.iter_mut().flat_map(|pack| &mut pack.prices) {
            price.amount = "10".parse().unwrap();
        }
        let mut till = Till::reopened(left_by(&before), changes);
        let screen = till.screen(80, 24);
        assert!(screen.contains("was 7.00 a tab, is 10.00"), "{screen}");
        till.press(key);
        assert!(till.screen(80, 24).contains(words), "{}", till.screen(80, 24));
        till.write("john");
        till.press("Enter + c Enter");
        assert_eq!(sold(&mut till), [paid], "{}", till.screen(80, 24));
    }
}

#[tokio::test]
async fn a_refused_sale_is_back_with_its_tenders_and_says_what_to_give_back() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    till.write("500");
    till.press("Enter");
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    sold(&mut till);
    take(&mut till, "hedex");
    till.press("+");
    answer(
        &mut till,
        request,
        Outcome::Refused(Refusal::Other("the price is closed".into())),
    );
    let screen = till.screen(80, 24);
    assert!(screen.contains("give back Cash 500.00 or change it"), "{screen}");
    assert!(screen.contains("the next one is held as #1"), "{screen}");
    // The same money again: one key, and it says what is given out.
    till.press("Esc +");
    let screen = till.screen(80, 24);
    assert!(screen.contains("CHANGE 479.00"), "{screen}");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["Cash 500 - 479 change"], "{}", till.screen(80, 24));
    // Then the next customer's, called back by its ticket: nothing of it is paid by Enter alone.
    till.press("F9 Enter");
    assert_eq!(till.model.sale.line_count(), 1, "{}", till.screen(80, 24));
    till.press("+ Enter");
    assert_eq!(sold(&mut till), [""; 0]);
}

#[tokio::test]
async fn a_refused_sale_that_gets_dearer_asks_for_the_rest_and_a_cheaper_one_gives_more_change() {
    for (words, rest) in [("70*panadol extra", "11.00 due"), ("2*panadol extra", "CHANGE 465.00")] {
        let mut till = open().await;
        take(&mut till, "3*panadol extra");
        till.press("+");
        till.write("500");
        till.press("Enter");
        let request = till.model.sale.waiting.as_ref().unwrap().request;
        answer(&mut till, request, Outcome::Refused(Refusal::Other("no".into())));
        take(&mut till, words);
        till.press("+");
        assert!(till.screen(80, 24).contains(rest), "{}", till.screen(80, 24));
    }
}

#[tokio::test]
async fn of_a_cheaper_basket_a_tender_without_change_is_keyed_again() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+ m");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    answer(&mut till, request, Outcome::Refused(Refusal::Other("no".into())));
    take(&mut till, "*2");
    till.press("+");
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("M-Pesa 21.00 was given: key the tenders again"),
        "{screen}"
    );
    assert!(till.model.sale.taken.is_empty());
}

#[tokio::test]
async fn ten_times_what_is_due_is_asked_by_the_largest_note_of_the_outlets_own_currency() {
    // (currency, tendered, asked)
    for (currency, tendered, asked) in [
        ("KES", "1021", false),
        ("KES", "1022", true),
        ("UGX", "50021", false),
        ("UGX", "50022", true),
        ("XTS", "210", false),
        ("XTS", "211", true),
    ] {
        let mut changes = sample().await;
        for outlet in &mut changes.outlets {
            outlet.currency = rxtill::domain::money::Currency::of(currency);
        }
        let mut till = open_knowing(changes);
        take(&mut till, "3*panadol extra");
        till.press("+");
        till.write(tendered);
        till.press("Enter");
        let screen = till.screen(80, 24);
        assert_eq!(
            screen.contains("Is that right?"),
            asked,
            "{currency} {tendered}\n{screen}"
        );
        if asked {
            assert_eq!(sold(&mut till), [""; 0]);
            till.press("y");
        }
        assert_eq!(sold(&mut till).len(), 1, "{currency} {tendered}");
    }
}

#[tokio::test]
async fn the_last_sale_with_its_change_is_read_until_the_next_payment_opens() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    till.write("50");
    till.press("Enter");
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    answer(&mut till, request, Outcome::Committed);
    let reads = |till: &Till| till.screen(80, 24).contains("Cash 50.00   CHANGE 29.00");
    assert!(reads(&till));
    take(&mut till, "hedex");
    till.press("F3 F2 : Esc");
    assert!(reads(&till));
    till.press("+");
    assert!(!reads(&till), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn one_reference_is_not_taken_twice_for_one_basket() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    for _ in 0..2 {
        till.write("10");
        till.press("m");
        till.write("sgh7x2k9pl");
        till.press("Enter");
    }
    let screen = till.screen(80, 24);
    assert!(screen.contains("M-Pesa SGH7X2K9PL stands here twice"), "{screen}");
    assert_eq!(till.model.sale.taken.len(), 1);
    pay_rest(&mut till);
}

/// What is left, in cash.
fn pay_rest(till: &mut Till) {
    till.press("Esc Esc Enter");
    assert_eq!(sold(till), ["M-Pesa 10, Cash 11"], "{}", till.screen(80, 24));
}

#[tokio::test]
async fn the_next_customer_is_served_while_the_answer_is_out_and_the_money_waits_for_it() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    let request = pay(&mut till);
    take(&mut till, "hedex");
    till.press("+ Enter Enter Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    assert!(
        till.screen(80, 24).contains("still on its way"),
        "{}",
        till.screen(80, 24)
    );
    answer(&mut till, request, Outcome::Committed);
    till.press("Enter");
    assert_eq!(sold(&mut till).len(), 1);
}
