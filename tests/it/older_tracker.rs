//! What the older tracker did wrong, and the test of each that it does not happen here. `house` holds that there is such a test.
//!
//! | the older tracker | the test |
//! | --- | --- |
//! | the list refreshed while a drug was highlighted, and another drug was sold | `screens::the_list_refreshes_while_a_drug_is_highlighted_and_another_drug_is_not_sold`, [`a_row_inserted_above_the_highlighted_drug_does_not_change_what_is_sold`]; of the lists under F4 to F7 `dimension_screens::the_list_refreshes_and_the_highlighted_row_stays_the_same_row` |
//! | the same employee, drug and doctor could not be sold twice | `store_sale::the_same_employee_drug_and_doctor_sold_twice_are_two_sales`, [`the_same_sale_keyed_twice_is_two_sales_and_both_are_counted_down`] |
//! | sold stock was never counted down | [`the_same_sale_keyed_twice_is_two_sales_and_both_are_counted_down`], `store_sale::a_sale_is_recorded_whole` |
//! | quantity -7, 0, 2.5 of a countable unit, 3,000,000,000 | `domain::basket::quantities_of_minus_7_0_and_2_5_of_a_countable_unit_and_3_000_000_000_are_refused`, `killed::a_date_years_ahead_and_impossible_quantities_are_refused_with_a_reason`, [`an_impossible_quantity_at_the_counter_is_refused_and_leaves_the_basket_as_it_was`] |
//! | a date years ahead | `killed::a_date_years_ahead_and_impossible_quantities_are_refused_with_a_reason` |
//! | price 12.50 kept as 13 | `dimension_screens::a_price_of_12_50_is_not_kept_as_13` |
//! | a phone number of 12 digits | `dimension_screens::a_phone_number_of_12_digits_is_kept_whole` |
//! | an outlet name of 51 letters | `dimension_screens::an_outlet_name_of_51_letters_is_refused_on_leaving_the_field_and_says_how_many_fit` |
//! | `mirema MEDS ` was another outlet than `Mirema meds` | `store_dimension::another_spelling_of_an_outlet_is_no_other_outlet`, `dimension_screens::another_spelling_of_an_outlet_is_refused_by_the_name_of_the_first` |
//! | two employees of one name could not be told apart | `store_dimension::two_employees_of_one_name_are_told_apart_by_phone`, [`of_two_employees_of_one_name_the_one_that_was_chosen_sells`], [`a_name_that_two_employees_have_is_refused_and_asks_for_the_phone_number`] |
//! | a sale before any employee existed | `screens::a_sale_before_any_employee_exists_says_what_to_do` |
//! | killed between commit and produce, and the event was never sent | `killed_between::relay::killed_between_commit_and_produce_the_event_is_sent_at_the_next_start` |
//! | “sent” when the broker was dead | `end_to_end::with_the_broker_dead_a_sale_is_committed_and_waits_and_nothing_is_called_sent` |
use rust_decimal::Decimal;
use rxtill::app::sale::Found;
use rxtill::app::{Effect, Message};
use rxtill::domain::catalogue::{CatalogueChanges, Drug};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use uuid::Uuid;

use super::end_to_end::{key_the_sale, key_the_sale_again, place, sales};
use super::screens::{open, sample, take};
use super::support::program::Program;
use super::support::running::Running;
use super::support::till::Till;
use super::support::{TestStore, on_every_store};

/// The highlighted drug, and how far down the list it is.
fn highlighted(till: &Till) -> (Drug, usize) {
    if let Found::Drugs(list) = &till.model.sale.found
        && let (Some(hit), Some(at)) = (list.here(), list.position())
    {
        return ((*hit.drug).clone(), at);
    }
    panic!("no drug is highlighted:\n{}", till.screen(80, 24))
}

#[tokio::test]
async fn a_row_inserted_above_the_highlighted_drug_does_not_change_what_is_sold() {
    let mut till = open().await;
    till.write("amox");
    till.press("Down Down");
    let (meant, at) = highlighted(&till);
    // The office adds a drug whose name is the very word that was typed: it goes to the top of the list.
    let mut new = meant.clone();
    (new.id, new.uuid) = (999_999, Uuid::from_u128(999_999));
    (new.name, new.code) = ("Amox".to_owned(), "NEW".to_owned());
    till.learn(CatalogueChanges {
        drugs: vec![new],
        ..CatalogueChanges::default()
    });
    let (after, down) = highlighted(&till);
    assert_eq!((after.id, down), (meant.id, at + 1), "{}", till.screen(80, 24));
    till.press("Enter");
    let taken: Vec<i64> = till
        .model
        .sale
        .basket
        .iter()
        .flat_map(|basket| &basket.lines)
        .map(|line| line.drug.id)
        .collect();
    assert_eq!(taken, [meant.id], "{}", till.screen(80, 24));
}

on_every_store! {
    async fn the_same_sale_keyed_twice_is_two_sales_and_both_are_counted_down(kept: TestStore) {
        let here = place(&kept, None).await;
        load_sample(&here.store, &SystemClock).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut till = Running::open_for_john("T01", folder.path(), &here).await;
        let remaining = async |code: &str| {
            let sql = "SELECT s.remaining FROM stock s JOIN dim_drug d ON d.id = s.drug_id
                JOIN dim_outlet o ON o.id = s.outlet_id WHERE o.name = 'Mirema meds' AND d.code = ?";
            kept.engine.query(sql, params![code]).await.unwrap()[0].get::<Decimal>(0).unwrap()
        };
        let before = (remaining("AMOX250").await, remaining("PANA500").await);
        let receipts = [key_the_sale(&mut till).await, key_the_sale_again(&mut till).await];
        till.quit().await;
        assert_eq!(receipts, ["T01-000001", "T01-000002"]);
        let sold = sales(kept.engine.as_ref()).await;
        assert_eq!(sold.len(), 4);
        assert_eq!((&sold[0], &sold[2]), (&sold[1], &sold[3]), "same employee, drug, doctor, quantity, day");
        let after = (remaining("AMOX250").await, remaining("PANA500").await);
        assert_eq!(after, (before.0 - Decimal::from(6), before.1 - Decimal::from(2)));
    }
}

#[tokio::test]
async fn an_impossible_quantity_at_the_counter_is_refused_and_leaves_the_basket_as_it_was() {
    for impossible in ["-7", "0", "2.5", "3000000000"] {
        let mut till = open().await;
        take(&mut till, "panadol");
        let before = till.model.sale.basket.clone();
        // Of the item before it, and of the line that is there.
        for text in [format!("{impossible}*panadol extra"), format!("*{impossible}")] {
            till.tell(Message::Pasted(text.clone()));
            till.press("Enter");
            assert_eq!(till.model.sale.basket, before, "{text}: {}", till.screen(80, 24));
            assert!(till.model.notice.is_some(), "{text} is refused without a word");
            till.press("Esc");
        }
    }
}

/// The sample's John, and another.
async fn two_johns() -> (CatalogueChanges, Uuid) {
    let mut changes = sample().await;
    let mut other = changes.employees.iter().find(|row| row.name == "John").unwrap().clone();
    (other.id, other.uuid) = (999_999, Uuid::from_u128(999_999));
    other.phone_number = String::from("+254 700 000 999");
    let uuid = other.uuid;
    changes.employees.push(other);
    (changes, uuid)
}

#[tokio::test]
async fn of_two_employees_of_one_name_the_one_that_was_chosen_sells() {
    let (changes, other) = two_johns().await;
    let mut till = Till::knowing(changes);
    take(&mut till, "mirema");
    till.write("john");
    let screen = till.screen(80, 24);
    for phone in ["+254 700 000 201", "+254 700 000 999"] {
        assert!(screen.contains(phone), "{phone} does not tell them apart:\n{screen}");
    }
    // As the phone number says.
    till.press("Esc");
    take(&mut till, "999");
    take(&mut till, "panadol");
    till.press("+ Enter");
    let sellers: Vec<Uuid> = till
        .wanted()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Sell { agreed, .. } => Some(agreed.employee.id),
            _ => None,
        })
        .collect();
    assert_eq!(sellers, [other], "{}", till.screen(80, 24));
}

#[test]
fn a_name_that_two_employees_have_is_refused_and_asks_for_the_phone_number() {
    let till = Program::embedded();
    till.load_sample();
    let another = "name,phone_number,role\nJohn,+254 700 000 999,cashier\n";
    std::fs::write(till.folder().join("another.csv"), another).unwrap();
    till.done("import employees another.csv");
    let mut verb = till.start("sell --json");
    let sale = |employee: &str| format!(r#"{{"employee":"{employee}","lines":[{{"drug":"PANA500","quantity":"1"}}]}}"#);
    verb.write(&sale("John"));
    let refused = verb.json();
    assert_eq!(refused["state"], "refused");
    assert!(refused["error"].as_str().unwrap().contains("phone number"), "{refused}");
    verb.write(&sale("+254 700 000 999"));
    assert_eq!(verb.json()["state"], "committed");
    verb.end_input();
    assert_eq!(verb.ends(), 1, "one was refused");
}
