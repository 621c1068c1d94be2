//! The entry line, key by key (the rules of the counter): what is first on an empty line, steps back, and what is taken.
use rxtill::app::sale::Found;
use rxtill::domain::basket::BasketLine;
use rxtill::domain::sale::SaleFlag;

use super::screens::{open, take};
use super::support::till::Till;

fn line(till: &Till, at: usize) -> BasketLine {
    till.model.sale.basket.as_ref().unwrap().lines[at].clone()
}

fn total(till: &Till) -> String {
    till.model.sale.basket.as_ref().unwrap().total(2).fixed(2)
}

/// Panadol, 20 Panadol Extra and a Hedex.
async fn three_lines() -> Till {
    let mut till = open().await;
    take(&mut till, "panadol");
    take(&mut till, "20*panadol extra");
    take(&mut till, "hedex");
    till
}

fn look(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("entry_{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

#[tokio::test]
async fn a_price_a_discount_and_a_quantity_are_for_the_last_line_or_the_selected_one() {
    let mut till = three_lines().await;
    take(&mut till, "*4");
    assert_eq!(line(&till, 2).quantity.to_string(), "4");
    till.press("Up Up");
    till.write("=");
    look(&till, "price_wanted");
    till.write("6.5");
    look(&till, "price_typed");
    till.press("Enter");
    assert_eq!(line(&till, 1).unit_price.to_string(), "6.5");
    till.press("Up Up");
    take(&mut till, "%10");
    assert_eq!(line(&till, 1).discount(2).fixed(2), "13.00");
    assert_eq!(line(&till, 1).total(2).fixed(2), "117.00");
    till.press("Up Up Up");
    take(&mut till, "*2");
    assert_eq!(line(&till, 0).quantity.to_string(), "2");
    assert_eq!(total(&till), "147.00");
    look(&till, "lines_edited");
}

#[tokio::test]
async fn enter_on_a_basket_line_edits_it_and_another_sign_changes_what_of_it() {
    let mut till = three_lines().await;
    till.press("Up Up Enter");
    look(&till, "line_opened");
    till.write("7");
    till.press("Enter");
    assert_eq!(line(&till, 1).quantity.to_string(), "7");
    till.press("Up Up Enter");
    take(&mut till, "=5");
    assert_eq!(line(&till, 1).unit_price.to_string(), "5");
    assert_eq!(line(&till, 1).quantity.to_string(), "7");
}

#[tokio::test]
async fn an_overridden_price_keeps_the_lists_beside_it_and_flags_the_sale() {
    let mut till = three_lines().await;
    take(&mut till, "=4");
    assert_eq!(line(&till, 2).list_price.to_string(), "5");
    till.press("+ Enter");
    let waiting = till.model.sale.waiting.as_ref().unwrap();
    assert_eq!(waiting.flags, [SaleFlag::PriceDiffers]);
}

#[tokio::test]
async fn a_discount_is_of_the_line_however_many_are_taken_and_nought_takes_it_away() {
    let mut till = three_lines().await;
    till.press("Up Up");
    take(&mut till, "%12.5%");
    assert_eq!(line(&till, 1).total(2).fixed(2), "122.50");
    till.press("Up Up");
    take(&mut till, "*3");
    // 2.625 of 21.00 is rounded once, away from zero.
    assert_eq!(line(&till, 1).discount(2).fixed(2), "2.63");
    till.press("Up Up");
    take(&mut till, "%0");
    assert_eq!(line(&till, 1).total(2).fixed(2), "21.00");
}

#[tokio::test]
async fn what_cannot_be_a_price_or_a_discount_is_refused_in_words_and_changes_nothing() {
    let mut till = three_lines().await;
    let before = till.model.sale.basket.clone();
    for (typed, said) in [
        ("=-1", "-1 is no price in KES"),
        ("=1.255", "1.255 is no price in KES"),
        ("=6161100012370", "that looks like a code"),
        ("=", "for how much each?"),
        ("%101", "between 0 and 100 per cent"),
        ("%-5", "between 0 and 100 per cent"),
        ("%", "how many per cent off?"),
        ("*", "how many?"),
        ("*0", "must be above zero"),
        ("*2.5", "cannot be divided"),
        ("*6161100012370", "that looks like a code"),
    ] {
        take(&mut till, typed);
        let screen = till.screen(80, 24);
        assert!(screen.contains(said), "{typed}: {said}\n{screen}");
        assert_eq!(till.model.sale.basket, before, "{typed}");
        till.press("Esc");
    }
}

#[tokio::test]
async fn without_a_line_its_signs_say_what_is_missing() {
    let mut till = open().await;
    for sign in ["*", "=", "%"] {
        till.write(sign);
        assert!(till.model.sale.entry.is_empty(), "{sign}");
        let screen = till.screen(80, 24);
        assert!(screen.contains("no line to change"), "{sign}\n{screen}");
    }
}

#[tokio::test]
async fn a_bare_number_is_a_code_and_never_a_quantity() {
    let mut till = three_lines().await;
    take(&mut till, "12");
    assert!(till.screen(80, 24).contains("12 is no code. Quantity? *12"));
    assert_eq!(till.model.sale.line_count(), 3);
    take(&mut till, "61611*");
    let screen = till.screen(80, 24);
    assert!(screen.contains("that looks like a code"), "{screen}");
    assert!(till.model.sale.takes.is_none());
}

#[tokio::test]
async fn so_many_of_the_next_item_are_taken_once_and_esc_drops_them() {
    let mut till = open().await;
    take(&mut till, "3*");
    assert!(till.screen(80, 24).contains("takes ×3"));
    till.press("Esc");
    assert!(till.model.sale.takes.is_none());
    take(&mut till, "3*");
    take(&mut till, "panadol");
    take(&mut till, "hedex");
    assert_eq!(line(&till, 0).quantity.to_string(), "3");
    assert_eq!(line(&till, 1).quantity.to_string(), "1");
}

#[tokio::test]
async fn esc_goes_back_a_step_a_press_text_then_selection_then_the_question() {
    let mut till = three_lines().await;
    till.press("Up Enter");
    till.write("5");
    till.press("Esc");
    assert!(till.model.sale.entry.is_empty());
    assert_eq!(till.model.sale.selected, Some(2));
    till.press("Esc");
    assert_eq!(till.model.sale.selected, None);
    assert!(till.model.over.is_none());
    till.press("Esc");
    assert!(till.screen(80, 24).contains("Cancel basket (3 lines)? y"));
    till.press("Esc");
    assert_eq!(till.model.sale.line_count(), 3);
    till.press("Esc y");
    assert_eq!(till.model.sale.line_count(), 0);
}

#[tokio::test]
async fn every_change_of_a_line_is_undone_by_one_key() {
    let mut till = three_lines().await;
    let before = till.model.sale.basket.clone();
    for typed in ["*9", "=1", "%50", "-"] {
        take(&mut till, typed);
        assert_ne!(till.model.sale.basket, before, "{typed}");
        till.press("Ctrl+Z");
        assert_eq!(till.model.sale.basket, before, "{typed}");
    }
}

#[tokio::test]
async fn every_sign_of_the_entry_line_has_a_twin_in_the_list_of_commands() {
    let mut till = three_lines().await;
    for (name, sign) in [
        ("quantity", "*"),
        ("price", "="),
        ("discount", "%"),
        ("prescriber", "@"),
    ] {
        till.press("F4 :");
        till.write(name);
        till.press("Enter");
        assert_eq!(till.model.sale.entry.text(), sign, "{name}\n{}", till.screen(80, 24));
        till.press("Esc");
    }
}

#[tokio::test]
async fn only_what_begins_with_every_typed_word_is_highlighted_by_itself() {
    let mut till = open().await;
    let here = |till: &Till| match &till.model.sale.found {
        Found::Drugs(list) => list.here().map(|hit| hit.drug.label()),
        _ => None,
    };
    till.write("amox 250");
    assert!(here(&till).unwrap().contains("250"));
    till.press("Esc");
    // Inside a word, or mistyped: near, and never taken unasked.
    for near in ["nadol", "pandol", "amoxyl"] {
        till.write(near);
        assert_eq!(here(&till), None, "{near}");
        till.press("Enter");
        assert_eq!(till.model.sale.line_count(), 0, "{near}");
        let screen = till.screen(80, 24);
        assert!(screen.contains("↓ reaches the nearest"), "{screen}");
        till.press("Esc");
    }
    till.write("pandol");
    till.press("Down Enter");
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn equal_but_for_their_strength_they_show_it_bold() {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::Modifier;
    use rxtill::ui::places::Places;
    use rxtill::ui::{Look, Theme, view};
    let mut till = open().await;
    till.write("amlodipine");
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let look = Look {
        model: &till.model,
        keymap: &till.keymap,
        theme: Theme::default(),
        places: &Places::default(),
    };
    terminal.draw(|frame| view(frame, look)).unwrap();
    let buffer = terminal.backend().buffer();
    let bold = |y: u16| -> String {
        let cells = (0..80).map(|x| &buffer[(x, y)]);
        let bold = cells.filter(|cell| cell.modifier.contains(Modifier::BOLD));
        bold.map(|cell| cell.symbol().to_owned()).collect()
    };
    let rows: Vec<_> = (4..8).map(bold).filter(|bold| !bold.trim().is_empty()).collect();
    assert!(
        rows.len() >= 2 && rows[0].contains("5 mg") && rows[1].contains("10 mg"),
        "{rows:?}\n{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn what_was_found_by_its_generic_name_says_that_name() {
    let mut till = open().await;
    till.write("paracet");
    let rows = till.screen(80, 24);
    let panadol = rows.lines().find(|row| row.contains("Panadol 500 mg")).unwrap();
    assert!(panadol.contains("· Paracetamol"), "{rows}");
    till.press("Esc");
    till.write("panad");
    assert!(!till.screen(80, 24).contains("Paracetamol"), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn f12_switches_the_person_and_the_basket_stays() {
    let mut till = three_lines().await;
    till.press("F12");
    assert!(till.screen(80, 24).contains("who sells?"), "{}", till.screen(80, 24));
    till.press("Esc");
    assert_eq!(total(&till), "150.00");
}
