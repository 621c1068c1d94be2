//! Packs, prices, stock and the history of a row by keystrokes; and what helps while a row is added or looked for.
use rxtill::app::Message;
use rxtill::domain::dimension::{Dimension, Record};

use super::dimension_screens::{Counter, drug};
use super::support::office::{changed, outlet, row};

/// A drug's goods, on the screen.
async fn goods() -> Counter {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50"), (Dimension::Outlet, outlet("Kilifi Bay"))]).await;
    counter.till.write("mirema");
    counter.press("Enter F4 Ctrl+G").await;
    counter
}

fn look(counter: &Counter, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), counter.till.screen(wide, high));
    }
}

fn doctor(name: &str, phone: &str) -> (Dimension, Record) {
    (
        Dimension::Doctor,
        row(Dimension::Doctor, &[("name", name), ("phone_number", phone)]),
    )
}

#[tokio::test]
async fn a_pack_is_added_with_its_price_and_can_be_sold_in() {
    let mut counter = goods().await;
    counter.says("PACKS");
    counter.press("Ctrl+N").await;
    counter.till.write("strip 10");
    counter.fill("units", "10").await;
    counter.fill("code", "616110").await;
    counter.fill("offer_first", "yes").await;
    counter.press("F10").await;
    counter.says("pack strip 10 saved");
    counter.says("no price");
    counter.press("Tab Down Enter").await;
    counter.fill("amount", "110").await;
    counter.press("F10").await;
    counter.says("110.00");
    let shelf = counter.till.model.shelf.catalogue();
    let (sold, pack) = shelf.by_code("616110").unwrap();
    assert_eq!(sold.first_offered(), pack);
    let price = sold.packs[pack].price(counter.till.model.outlet_id(), counter.till.model.today());
    assert_eq!(price.unwrap().to_string(), "110");
}

#[tokio::test]
async fn a_pack_is_refused_at_its_field_for_a_factor_a_name_a_code_or_half_a_tablet() {
    let mut counter = goods().await;
    counter.press("Ctrl+N").await;
    for (field, value, words) in [
        ("units", "0", "a quantity is above zero"),
        ("units", "2.5", "a tab is counted whole"),
        ("name", "TAB", "there is a pack “tab” already"),
        ("code", "1", "code 1 means “Aspirin 300 mg” (tab) already"),
    ] {
        for (field, value) in [("name", "strip 10"), ("units", "10"), ("code", ""), (field, value)] {
            counter.fill(field, value).await;
        }
        counter.press("F10").await;
        counter.says(words);
    }
}

#[tokio::test]
async fn the_base_unit_keeps_its_name_its_one_and_the_drugs_code() {
    let mut counter = goods().await;
    counter.press("Enter").await;
    counter.fill("name", "tablet").await;
    counter.press("F10").await;
    counter.says("the base unit is called so in the drug's own form");
}

#[tokio::test]
async fn a_price_for_a_day_ahead_is_marked_and_todays_stands() {
    let mut counter = goods().await;
    counter.press("Tab Enter").await;
    counter.fill("amount", "13").await;
    counter.fill("valid_from", "2026-12-01").await;
    counter.press("F10").await;
    counter.says("2026-12-01");
    counter.says("ahead");
    counter.press("Shift+Tab").await;
    counter.says("from 2026-12-01: 13.00");
    counter.says("12.50");
    look(&counter, "goods_packs");
    counter.press("Tab").await;
    look(&counter, "goods_prices");
    // Enter on the price ahead changes that one.
    counter.press("Home Enter").await;
    counter.fill("amount", "14").await;
    counter.press("F10").await;
    counter.says("14.00");
    assert!(!counter.screen().contains("13.00"), "{}", counter.screen());
}

#[tokio::test]
async fn a_price_is_refused_at_its_field_for_its_places_its_day_or_its_outlet() {
    let mut counter = goods().await;
    counter.press("Tab Enter").await;
    look(&counter, "goods_price_form");
    for (field, value, words) in [
        ("amount", "12.505", "at most 2 places after the point, as 12.50"),
        ("valid_from", "1/12/2026", "a date as 2026-01-31"),
        (
            "valid_from",
            "2026-01-01",
            "what was charged stays: today (2026-03-02) or later",
        ),
        ("outlet", "Nowhere", "there is no outlet “Nowhere”"),
    ] {
        for (field, value) in [
            ("amount", "13"),
            ("valid_from", "2026-12-01"),
            ("outlet", ""),
            (field, value),
        ] {
            counter.fill(field, value).await;
        }
        counter.press("F10").await;
        counter.says(words);
    }
    counter.fill("outlet", "kilifi bay").await;
    counter.press("F10").await;
    counter.says("Kilifi Bay");
}

#[tokio::test]
async fn goods_in_have_batch_expiry_and_cost_and_a_count_has_its_reason() {
    let mut counter = goods().await;
    counter.press("Shift+Tab").await;
    counter.says("STOCK");
    counter.says("Ctrl+N takes goods in, c counts");
    look(&counter, "goods_stock_none");
    counter.press("Ctrl+N").await;
    counter.fill("quantity", "100").await;
    counter.fill("expiry", "2027-03-31").await;
    counter.press("F10").await;
    counter.says("give the batch's number");
    counter.fill("batch", "B-77").await;
    counter.fill("expiry", "2026-01-31").await;
    counter.press("F10").await;
    counter.says("it has expired");
    counter.fill("expiry", "2027-03-31").await;
    counter.fill("cost", "8.20").await;
    counter.press("F10").await;
    counter.says("here 100 tab by the book");
    counter.says("B-77");
    counter.says("2027-03-31");
    counter.press("c").await;
    counter.says("By the book");
    counter.fill("found", "95").await;
    counter.press("F10").await;
    counter.says("Reason is needed");
    counter.fill("reason", "broken").await;
    counter.press("F10").await;
    counter.says("here 95 tab by the book");
    counter.says("broken");
    look(&counter, "goods_stock");
}

#[tokio::test]
async fn a_pack_that_somebody_else_changed_is_told_field_by_field() {
    let mut counter = goods().await;
    counter.press("Ctrl+N").await;
    counter.till.write("strip 10");
    counter.fill("units", "10").await;
    counter.press("F10 Down Enter").await;
    let sql = "UPDATE drug_pack SET base_units = 120000 WHERE name = 'strip 10'";
    counter.store.engine().execute(sql, vec![]).await.unwrap();
    counter.fill("code", "616110").await;
    counter.press("F10").await;
    counter.says("somebody else saved this meanwhile");
    counter.says("Units in it");
    counter.press("t").await;
    counter.says("saved");
    counter.says("616110");
    counter.says("12");
}

#[tokio::test]
async fn a_scan_fills_the_code_of_a_pack_and_leaves_no_digit_in_its_other_fields() {
    for (field, left) in [("name", "strip 10"), ("units", "10"), ("code", "6161100230018")] {
        let mut counter = goods().await;
        counter.press("Ctrl+N").await;
        counter.till.write("strip 10");
        counter.fill("units", "10").await;
        counter.go(field).await;
        counter.till.tell(Message::RunBegan);
        counter.till.write("6161100230018");
        counter.till.tell(Message::Scanned {
            text: "6161100230018".into(),
            was_shown: true,
            repeated: false,
        });
        assert_eq!(counter.form().line.text(), left);
    }
}

#[tokio::test]
async fn what_was_typed_for_a_pack_is_not_lost_without_a_question() {
    let mut counter = goods().await;
    counter.press("Ctrl+N").await;
    counter.till.write("strip 10");
    counter.press("Esc").await;
    counter.says("is not saved. Let the changes go?");
    counter.press("n Ctrl+Q").await;
    counter.says("is not saved. Close the till?");
    counter.press("n Esc y").await;
    counter.says("PACKS");
    counter.press("Esc").await;
    counter.says("Drugs");
}

#[tokio::test]
async fn packs_wait_until_the_changed_drug_is_saved() {
    let mut counter = goods().await;
    counter.press("Esc Enter").await;
    counter.fill("strength", "500 mg").await;
    counter.press("Ctrl+G").await;
    counter.says("save the drug first");
}

#[tokio::test]
async fn a_row_tells_who_changed_what_and_when() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Enter").await;
    counter.fill("price", "13").await;
    counter.press("F10 Ctrl+R").await;
    counter.says("who changed what");
    counter.says("Price of one: 12.50 → 13.00");
    counter.says("Asha N. · T01");
    counter.says("added");
    look(&counter, "history");
    counter.press("Down Esc").await;
    counter.says("Aspirin");
    counter
        .store
        .engine()
        .execute("DELETE FROM row_history", vec![])
        .await
        .unwrap();
    counter.press("Ctrl+R").await;
    counter.says("nothing was noted");
    look(&counter, "history_none");
}

#[tokio::test]
async fn a_doctor_of_a_like_name_or_the_same_phone_is_asked_for_and_enter_opens_it() {
    let mut counter = Counter::with(&[doctor("Dr Mwabili", "0712 345 678"), doctor("Otieno", "0722 000 111")]).await;
    counter.press("F5 Ctrl+N").await;
    counter.till.write("mwabilli");
    counter.press("Tab").await;
    counter.says("is it this one? Dr Mwabili · 0712 345 678");
    counter.says("Enter opens it");
    look(&counter, "twin");
    // It is not: going on is enough, and it is not asked again.
    counter.press("Tab Tab").await;
    assert!(!counter.screen().contains("is it this one?"), "{}", counter.screen());
    counter.fill("phone_number", "0722-000-111").await;
    counter.press("Down").await;
    counter.says("is it this one? Otieno");
    counter.press("Enter").await;
    counter.says("Is it this one: Otieno");
    counter.press("y").await;
    assert_eq!(counter.form().name(), "Otieno");
    assert!(counter.form().opened.is_some());
}

#[tokio::test]
async fn a_drug_of_the_same_name_in_another_strength_is_another_drug() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Ctrl+N").await;
    for (field, value) in [("name", "aspirin"), ("strength", "100 mg")] {
        counter.fill(field, value).await;
        counter.press("Tab").await;
        assert!(!counter.screen().contains("is it this one?"), "{}", counter.screen());
    }
    counter.fill("strength", "300mg").await;
    counter.press("Tab").await;
    counter.says("is it this one? Aspirin 300 mg · 1");
}

#[tokio::test]
async fn a_key_pressed_before_the_warning_could_be_read_opens_nothing() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Ctrl+N").await;
    counter.till.write("1");
    counter.till.pause = jiff::SignedDuration::from_millis(20);
    counter.press("Enter Enter").await;
    counter.says("that key came before this could be read");
    counter.till.pause = jiff::SignedDuration::from_secs(1);
    counter.press("Enter").await;
    counter.says("Is it this one: Aspirin 300 mg");
}

#[tokio::test]
async fn the_list_shows_all_rows_the_active_or_the_inactive() {
    let mut off = drug("2", "Losec", "40");
    off.1.active = false;
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12"), off]).await;
    counter.press("F4 Ctrl+L").await;
    counter.says("1 drug, active ones only");
    assert!(!counter.screen().contains("Losec"));
    counter.press("Ctrl+L").await;
    counter.says("inactive ones only");
    counter.says("Losec");
    assert!(!counter.screen().contains("Aspirin"));
    counter.press("Ctrl+D").await;
    counter.says("Tills sell it from now on.");
    counter.press("y").await;
    counter.says("no drug is inactive · Ctrl+L lists all");
    look(&counter, "none_inactive");
    counter.press("Ctrl+L").await;
    counter.says("2 drugs");
}

#[tokio::test]
async fn an_amount_with_too_many_places_is_told_on_leaving_its_field() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12")]).await;
    counter.press("F4 Enter").await;
    counter.fill("price", "12.505").await;
    counter.press("Tab").await;
    counter.says("at most 2 places after the point, as 12.50");
    counter.press("F10").await;
    counter.says("not saved");
    let kept = counter.stored(Dimension::Drug, "Aspirin").await;
    assert_eq!(changed(&kept, Dimension::Drug, "price", "12"), kept);
}
