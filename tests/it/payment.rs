//! The money, rule by rule (COUNTER section 3): what Enter takes, what is asked, what comes back.
use std::sync::Arc;

use rxtill::app::effect::Stock;
use rxtill::app::model::Recovering;
use rxtill::app::sale::{Draft, Objections, Outcome, ReferenceWord, Refusal};
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Message};
use rxtill::domain::basket::ReferenceUse;
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::goods::OutletStock;
use rxtill::domain::sale::SaleFlag;

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
async fn the_rest_of_a_basket_that_was_kept_over_a_restart_is_not_paid_by_enter_alone() {
    let changes = sample().await;
    let mut before = open_knowing(changes.clone());
    take(&mut before, "john");
    take(&mut before, "3*panadol extra");
    before.press("+");
    before.write("10");
    before.press("Enter");
    let mut till = Till::reopened(left_by(&before), changes);
    take(&mut till, "john");
    till.press("+ Enter Enter");
    assert_eq!(sold(&mut till), [""; 0], "{}", till.screen(80, 24));
    till.press("c Enter");
    assert_eq!(sold(&mut till), ["Cash 10, Cash 11"], "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_refused_reference_is_mended_where_it_stands() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("+ m");
    till.write("SGH7X2K9P");
    till.press("Enter");
    let screen = till.screen(80, 24);
    assert!(screen.contains("is no M-Pesa reference"), "{screen}");
    till.write("L");
    till.press("Enter");
    let waiting = till
        .model
        .sale
        .waiting
        .as_ref()
        .map(|waiting| waiting.taken[0].reference.clone());
    assert_eq!(
        waiting,
        Some(Some(String::from("SGH7X2K9PL"))),
        "{}",
        till.screen(80, 24)
    );
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

/// The till as it is at three sizes.
fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// The store's answer to what it was asked when the payment opened.
fn objects(till: &mut Till, refusals: Vec<Refusal>) {
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::AskObjections { request, .. } => Some(request),
        _ => None,
    });
    till.tell(Message::ObjectionsKnown {
        request: asked.expect("the store was asked"),
        objections: Objections::Known(refusals),
    });
}

fn short_of_panadol() -> Refusal {
    Refusal::ShortStock {
        drug: String::from("Panadol Extra 500/65 mg tablet"),
        remaining: String::from("2"),
        wanted: String::from("3"),
        unit: String::from("tab"),
    }
}

/// How the sale asked for treats the book, and its flags.
fn sold_how(till: &mut Till) -> Vec<(Stock, Vec<SaleFlag>)> {
    let sold = till.wanted().into_iter().filter_map(|effect| match effect {
        Effect::Sell { stock, flags, .. } => Some((stock, flags)),
        _ => None,
    });
    sold.collect()
}

#[tokio::test]
async fn too_little_stock_is_asked_before_the_money_and_no_key_typed_meanwhile_is_eaten() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    till.write("5");
    objects(&mut till, vec![short_of_panadol()]);
    till.write("0");
    look(&till, "payment_short");
    assert!(till.screen(80, 24).contains("Cash › 50"), "{}", till.screen(80, 24));
    till.press("Enter");
    assert_eq!(sold_how(&mut till), [], "no money before the answer");
    assert!(till.screen(80, 24).contains("first: do you hold them?"));
    till.press("y");
    look(&till, "payment_held");
    till.press("Enter");
    assert_eq!(sold_how(&mut till), [(Stock::Held, vec![SaleFlag::ShortStock])]);
}

#[tokio::test]
async fn who_does_not_hold_the_goods_is_back_in_the_basket_with_no_money_taken() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    objects(&mut till, vec![short_of_panadol()]);
    // What was pressed before it could be read answers nothing.
    till.pause = jiff::SignedDuration::from_millis(100);
    till.press("n");
    assert!(till.model.sale.payment.is_some());
    till.pause = jiff::SignedDuration::from_secs(1);
    till.press("n");
    assert!(till.model.sale.payment.is_none() && till.model.sale.taken.is_empty());
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn what_the_store_would_refuse_is_said_before_the_money_is_taken() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    let why = "drug “Panadol Extra 500/65 mg tablet” is no longer active";
    objects(&mut till, vec![Refusal::Other(String::from(why))]);
    till.write("50");
    till.press("Enter");
    assert_eq!(sold_how(&mut till), []);
    look(&till, "payment_refused");
    till.press("Esc Esc");
    assert!(till.model.sale.payment.is_none() && till.model.sale.taken.is_empty());
}

#[tokio::test]
async fn a_controlled_drug_is_refused_where_the_book_has_too_little_whoever_holds_it() {
    let mut changes = sample().await;
    let drug = changes
        .drugs
        .iter_mut()
        .find(|drug| drug.name == "Panadol Extra")
        .unwrap();
    drug.controlled_limit = "100".parse().ok();
    let mut till = open_knowing(changes);
    take(&mut till, "3*panadol extra");
    till.press("+");
    let short = short_of_panadol_called(&till);
    objects(&mut till, vec![short]);
    till.press("y Enter");
    assert_eq!(sold_how(&mut till), []);
    assert!(
        till.screen(120, 40).contains("it cannot be sold"),
        "{}",
        till.screen(80, 24)
    );
}

/// The same by the very name that the basket has.
fn short_of_panadol_called(till: &Till) -> Refusal {
    let basket = till.model.sale.basket.as_ref().unwrap();
    match short_of_panadol() {
        Refusal::ShortStock {
            remaining,
            wanted,
            unit,
            ..
        } => Refusal::ShortStock {
            drug: basket.lines[0].drug.label(),
            remaining,
            wanted,
            unit,
        },
        other @ Refusal::Other(_) => other,
    }
}

#[tokio::test]
async fn nothing_waits_for_the_store_and_its_late_word_is_ignored() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::AskObjections { request, .. } => Some(request),
        _ => None,
    });
    till.press("Enter");
    assert_eq!(sold_how(&mut till), [(Stock::Checked, vec![])]);
    take(&mut till, "hedex");
    till.press("+");
    till.tell(Message::ObjectionsKnown {
        request: asked.unwrap(),
        objections: Objections::Known(vec![short_of_panadol()]),
    });
    assert!(
        !till.screen(80, 24).contains("do you hold them"),
        "{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn with_no_link_the_same_words_come_from_the_last_figures_with_their_age_less_what_was_sold_since() {
    let mut till = open().await;
    let outlet = till.model.outlet.as_ref().unwrap().id;
    take(&mut till, "3*panadol extra");
    let drug = till.model.sale.basket.as_ref().unwrap().lines[0].drug.id;
    let read_at = "2026-03-02T06:12:00Z".parse().unwrap();
    let remaining = [(drug, "5".parse().unwrap())].into();
    till.tell(Message::StockRead(Arc::new(OutletStock {
        outlet,
        read_at,
        by_drug: remaining,
    })));
    let away = Status {
        database: Database::Away { since: read_at },
        ..Status::default()
    };
    till.tell(Message::StatusChanged(Box::new(away)));
    till.wanted();
    till.press("+ Enter");
    let asked = till.wanted();
    assert!(
        !asked
            .iter()
            .any(|effect| matches!(effect, Effect::AskObjections { .. }))
    );
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    answer(&mut till, request, Outcome::Queued);
    take(&mut till, "3*panadol extra");
    till.press("+ y");
    look(&till, "payment_short_without_link");
    let read = till.screen(120, 40);
    assert!(read.contains("2 tab at 09:12, you sell 3"), "{read}");
    till.press("y Enter");
    assert_eq!(sold_how(&mut till), [(Stock::Held, vec![SaleFlag::ShortStock])]);
}

/// The word on the reference that was asked for.
fn known(till: &mut Till, word: ReferenceWord) {
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::AskReference { request, reference, .. } => Some((request, reference)),
        _ => None,
    });
    let (request, reference) = asked.expect("the reference was asked for");
    assert_eq!(reference, "SGH7X2K9PL");
    till.tell(Message::ReferenceKnown { request, word });
}

fn at_uhuru() -> ReferenceUse {
    ReferenceUse {
        outlet: String::from("Uhuru Corner"),
        date: jiff::civil::date(2025, 11, 3),
        receipt: String::from("T02-000121"),
    }
}

#[tokio::test]
async fn a_reference_is_asked_for_as_soon_as_it_may_be_one_and_once() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    till.write("10");
    till.press("m");
    till.wanted();
    till.write("sgh7x2k9p");
    assert_eq!(till.wanted(), []);
    till.write("l");
    known(&mut till, ReferenceWord::NotUsed);
    look(&till, "payment_reference_not_used");
    till.press("Backspace");
    till.write("l");
    assert_eq!(till.wanted(), []);
    till.press("Enter");
    look(&till, "payment_after_a_reference");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["M-Pesa 10, Cash 11"]);
}

#[tokio::test]
async fn a_used_reference_is_refused_with_where_and_when() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+ m");
    till.wanted();
    till.write("sgh7x2k9pl");
    known(&mut till, ReferenceWord::Used(at_uhuru()));
    till.press("Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    look(&till, "payment_reference_used");
    assert!(till.model.sale.taken.is_empty());
}

#[tokio::test]
async fn a_reference_that_turns_out_to_be_used_after_it_was_taken_blocks_the_sale_until_it_is_taken_out() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+");
    till.write("10");
    till.press("m");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    known(&mut till, ReferenceWord::Used(at_uhuru()));
    till.press("Enter");
    assert_eq!(sold(&mut till), [""; 0]);
    look(&till, "payment_taken_reference_used");
    till.press("Backspace Enter");
    assert_eq!(sold(&mut till), ["Cash 21"], "{}", till.screen(80, 24));
}

#[tokio::test]
async fn without_a_link_only_this_till_is_asked_for_a_reference_and_that_is_said() {
    let mut till = open().await;
    take(&mut till, "3*panadol extra");
    till.press("+ m");
    till.wanted();
    till.write("sgh7x2k9pl");
    known(&mut till, ReferenceWord::NotUsedHere);
    look(&till, "payment_reference_without_link");
    till.press("Enter");
    assert_eq!(sold(&mut till), ["M-Pesa 21"]);
}

#[tokio::test]
async fn the_payment_of_a_basket_that_was_away() {
    let mut till = killed_and_opened_again().await;
    till.press("+");
    look(&till, "payment_recalled");
}
