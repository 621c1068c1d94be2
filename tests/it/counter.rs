//! What a clerk may rely on at the counter: keys that are shown are true, no press is lost or lands elsewhere, and
//! nothing that matters is cut.
use jiff::SignedDuration;
use rxtill::app::command::Command;
use rxtill::app::sale::{Outcome, Refusal};
use rxtill::app::{Effect, Message};
use rxtill::ui::Theme;

use super::screens::{answer, open, pay, take};
use super::support::till::Till;

fn sold(till: &mut Till) -> usize {
    let wanted = till.wanted().into_iter();
    wanted.filter(|effect| matches!(effect, Effect::Sell { .. })).count()
}

fn hints(till: &Till) -> String {
    till.screen(80, 24).lines().last().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn help_shows_that_there_is_more_and_every_key_is_reached_by_turning_pages() {
    let mut till = open().await;
    till.press("F1");
    let first = till.screen(80, 24);
    assert!(
        first.contains("page 1 of ") && first.contains("↓ more · Esc closes"),
        "{first}"
    );
    let mut both = first.clone();
    while !both.contains("↑ back") {
        till.press("Down");
        both += &till.screen(80, 24);
    }
    // "F3–F8" names each of them.
    let number = |key: &str| key.strip_prefix('F').and_then(|number| number.parse::<u8>().ok());
    let is_in_run = |word: &str, key: &str| {
        let ends = word
            .split_once('–')
            .and_then(|(first, last)| Some(number(first)?..=number(last)?));
        ends.zip(number(key)).is_some_and(|(run, key)| run.contains(&key))
    };
    let keys = till.keymap.help(till.model.screen_layer()).into_iter();
    // Where one is already, no key leads.
    for (keys, called) in keys.filter(|(_, called)| called.command != Command::ShowSale) {
        let key = keys.split(' ').next().unwrap();
        let is_its = |line: &str| {
            let inside = line.split('│').nth(1).unwrap_or_default();
            inside
                .chars()
                .take(16)
                .collect::<String>()
                .split(' ')
                .any(|word| word == key || is_in_run(word, key))
        };
        assert!(both.lines().any(is_its), "{keys} {}", called.title);
    }
    // The pages go round, and a screen's key leaves help for that screen.
    till.press("PageDown");
    assert_eq!(till.screen(80, 24), first);
    till.press("F4");
    assert!(till.screen(80, 24).contains("F4 DRUGS"));
}

#[tokio::test]
async fn the_list_of_commands_offers_what_can_be_done_here_with_the_key_it_has_here() {
    let mut till = open().await;
    till.press(":");
    let empty = till.screen(80, 24);
    for absent in [
        "load-sample",
        "pause",
        "from-now",
        "deactivate",
        "filter",
        " pay ",
        "take-out",
        "undo",
    ] {
        assert!(!empty.contains(absent), "{absent}\n{empty}");
    }
    assert!(empty.contains("help           F1 ?"), "{empty}");
    assert!(!empty.contains('…'), "cut:\n{empty}");
    till.press("Esc");
    take(&mut till, "panadol");
    till.press(":");
    let screen = till.screen(80, 24);
    assert!(screen.contains("pay            +          Take the money"), "{screen}");
    till.press("Esc F3 :");
    let live = till.screen(80, 24);
    assert!(live.contains("pause          Space"), "{live}");
    // What does not fit is said, and Down reaches it.
    let small = till.screen(80, 12);
    assert!(small.contains("1–9 of "), "{small}");
    till.press("PageDown PageDown PageDown");
    let small = till.screen(80, 12);
    assert!(small.contains("quit"), "{small}");
}

#[tokio::test]
async fn hints_are_keys_that_do_something_now_and_help_is_always_among_them() {
    let mut till = open().await;
    assert_eq!(hints(&till), " @ doctor  Ctrl+R return  Ctrl+Q quit  : all  F1 help");
    take(&mut till, "panadol");
    let screen = hints(&till);
    for hint in ["+ pay", "*n qty", "Tab pack", "- out", "F9 hold", "↑↓ move", "F1 help"] {
        assert!(screen.contains(hint), "{hint}: {screen}");
    }
    assert!(till.screen(120, 40).contains("Ctrl+Z undo"));
    till.press("Ctrl+Z");
    assert!(!till.screen(120, 40).contains("undo "));
    for keys in ["F3", "F4", "F5", "F4 Enter", "Esc F2"] {
        till.press(keys);
        assert!(hints(&till).ends_with("F1 help"), "{keys}: {}", hints(&till));
    }
    take(&mut till, "panadol");
    till.press("+");
    assert!(hints(&till).ends_with("F1 help"), "{}", hints(&till));
}

#[tokio::test]
async fn a_long_refusal_is_read_to_its_end() {
    let mut till = open().await;
    take(&mut till, "panadol");
    let request = pay(&mut till);
    take(&mut till, "hedex");
    let why = "the till in front of you has no number of its own any more, which somebody in the office has to mend";
    answer(&mut till, request, Outcome::Refused(Refusal::Other(why.into())));
    for (wide, high) in [(80, 24), (60, 24), (120, 40)] {
        let screen = till.screen(wide, high);
        let read = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            read.contains("▲ not sold; give back Cash 5.00 or change it: the till in front") && read.contains(why),
            "{screen}"
        );
        assert!(read.contains("the next one is held as #1 · Esc: seen"), "{screen}");
    }
}

#[tokio::test]
async fn strength_and_form_are_never_cut_whatever_the_width() {
    let mut till = open().await;
    take(&mut till, "amoxil 250");
    take(&mut till, "amoxicillin suspension");
    for (wide, high) in [(120, 40), (80, 24), (60, 24), (45, 20)] {
        let screen = till.screen(wide, high);
        assert!(screen.contains("Amoxil 250 mg capsule"), "{screen}");
        let read = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        let read = read.replace(" Rx 1 bottle 120.00 120.00", "");
        assert!(read.contains("125 mg/5 ml powder for suspension"), "{screen}");
    }
    till.write("amoxicillin susp");
    for (wide, high) in [(80, 24), (60, 24), (45, 20), (30, 20)] {
        let screen = till.screen(wide, high);
        let read = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(read.contains("125 mg/5 ml powder for suspension"), "{screen}");
    }
}

#[tokio::test]
async fn no_key_pressed_before_a_question_was_seen_answers_it_and_a_hasty_one_is_told() {
    let mut till = open().await;
    // Esc, then y, while the terminal is so slow that nothing was drawn for seconds.
    take(&mut till, "panadol");
    till.drawing = false;
    till.press("Esc y");
    assert_eq!(till.model.sale.line_count(), 1);
    let screen = till.screen(80, 24);
    assert!(screen.contains("that key came before this could be read"), "{screen}");
    // It is drawn. What comes right after was under way already; what comes later is an answer.
    till.tell(Message::Drawn);
    till.pause = SignedDuration::from_millis(249);
    till.press("y");
    assert_eq!(till.model.sale.line_count(), 1);
    till.press("n");
    assert!(till.model.over.is_none());
    till.press("Esc");
    till.tell(Message::Drawn);
    till.press("y");
    till.press("y");
    assert_eq!(till.model.sale.line_count(), 0);
}

#[tokio::test]
async fn a_key_that_answers_nothing_says_that_a_question_is_in_front() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("Esc Enter");
    assert!(till.screen(80, 24).contains("yes or no"), "{}", till.screen(80, 24));
    till.press("n Esc");
    till.write("x");
    assert!(till.screen(80, 24).contains("yes or no"));
    till.scan("6161100012370");
    assert!(till.screen(80, 24).contains("scan ignored"));
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn a_scanned_item_for_cash_is_scan_plus_enter_however_fast() {
    let mut till = open().await;
    till.pause = SignedDuration::from_millis(1);
    till.scan("6161100012370");
    till.press("+ Enter");
    assert_eq!(sold(&mut till), 1, "{}", till.screen(80, 24));
    let waiting = till.model.sale.waiting.as_ref().unwrap();
    assert_eq!(waiting.basket.lines[0].unit(), "strip 10");
}

#[tokio::test]
async fn a_scan_in_the_payment_is_no_money_and_its_enter_does_not_pay() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("+");
    till.scan("6161100012370");
    assert_eq!(sold(&mut till), 0);
    let screen = till.screen(80, 24);
    assert!(screen.contains("scan ignored: it is no money"), "{screen}");
    // The clerk's own Enter does.
    till.press("Enter");
    assert_eq!(sold(&mut till), 1);
}

#[tokio::test]
async fn a_scan_on_another_screen_says_so_and_its_enter_opens_nothing() {
    let mut till = open().await;
    for keys in ["F3", "F4", "F7"] {
        till.press(keys);
        till.scan("6161100012370");
        let screen = till.screen(80, 24);
        assert!(screen.contains("scan ignored"), "{screen}");
        assert!(!screen.contains("Code*"), "{screen}");
    }
    till.press("F4 Enter");
    assert!(till.screen(80, 24).contains("Code*"));
}

#[tokio::test]
async fn the_last_changes_of_the_basket_are_taken_back_one_by_one() {
    let mut till = open().await;
    take(&mut till, "panadol");
    take(&mut till, "3*hedex");
    take(&mut till, "*5");
    take(&mut till, "@mwa");
    till.press("Tab -");
    let count = |till: &Till| till.model.sale.line_count();
    assert_eq!(count(&till), 1);
    till.press("Ctrl+Z");
    assert_eq!(count(&till), 2);
    assert!(till.screen(80, 24).contains("undone: 5 "), "{}", till.screen(80, 24));
    till.press("Ctrl+Z");
    assert!(till.screen(80, 24).contains("undone: the unit of line 2"));
    till.press("Ctrl+Z");
    assert!(till.screen(80, 24).contains("undone: prescriber Mwabili"));
    till.press("Ctrl+Z");
    assert_eq!(
        till.model.sale.basket.as_ref().unwrap().lines[1].quantity.to_string(),
        "3"
    );
    till.press("Ctrl+Z Ctrl+Z");
    assert_eq!(count(&till), 0);
    till.press("Ctrl+Z");
    assert!(till.screen(80, 24).contains("nothing to undo"));
    // Of the customer before, nothing is taken back.
    take(&mut till, "panadol");
    pay(&mut till);
    till.press("Ctrl+Z");
    assert_eq!(count(&till), 0);
}

#[tokio::test]
async fn the_tax_in_it_stands_beside_the_total() {
    let mut till = open().await;
    take(&mut till, "panadol");
    let screen = till.screen(80, 24);
    assert!(screen.contains(" 1 line · VAT in it 0.00"), "{screen}");
}

#[tokio::test]
async fn a_basket_longer_than_the_screen_says_which_part_is_shown() {
    let mut till = open().await;
    for words in [
        "panadol",
        "hedex",
        "mara",
        "calpol",
        "brufen",
        "zinc",
        "losec",
        "cetirizine",
    ] {
        take(&mut till, words);
    }
    assert_eq!(till.model.sale.line_count(), 8);
    let screen = till.screen(80, 14);
    assert!(screen.contains("of 8 ──"), "{screen}");
}

#[tokio::test]
async fn enter_is_hinted_where_it_takes_something_and_not_where_it_is_refused() {
    let mut till = open().await;
    till.write("xyzzy");
    assert!(!hints(&till).contains("Enter"), "{}", hints(&till));
    till.press("Esc");
    till.write("panadol");
    assert!(hints(&till).contains("Enter take"), "{}", hints(&till));
}

#[tokio::test]
async fn a_refused_reference_is_dropped_by_esc_and_keyed_anew() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.press("+ m");
    till.write("abc");
    till.press("Enter");
    assert!(till.screen(80, 24).contains("“ABC” is no M-Pesa reference"));
    till.press("Esc");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    assert_eq!(sold(&mut till), 1, "{}", till.screen(80, 24));
}

#[tokio::test]
async fn of_the_last_sale_change_and_state_are_read_whatever_the_width() {
    let mut till = open().await;
    take(&mut till, "30*panadol extra");
    till.press("+");
    till.write("100");
    till.press("Enter m");
    till.write("50");
    till.press("Backspace Backspace");
    till.write("sgh7x2k9pl");
    till.press("Enter");
    let request = till.model.sale.waiting.as_ref().unwrap().request;
    answer(&mut till, request, Outcome::Committed);
    let line = |wide| {
        let screen = till.screen(wide, 24);
        screen
            .lines()
            .find(|line| line.contains("T01-"))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(line(80).contains("Cash 100.00  M-Pesa 110.00"), "{}", line(80));
    for wide in [45, 60, 80, 120] {
        assert!(
            line(wide).contains("committed 09:42") && !line(wide).contains('…'),
            "{}",
            line(wide)
        );
    }
}

#[tokio::test]
async fn where_only_ascii_is_drawn_nothing_else_is() {
    let mut till = open().await;
    let steps = [
        "F1",
        "Esc :",
        "Esc a m o x",
        "Enter",
        "@ m w a",
        "Enter Ctrl+Z",
        "Up",
        "1 2 Enter",
        "Esc Esc + m",
        "x Enter",
        "F3",
        "F4",
        "/ a",
        "Enter",
        "Tab",
        "Ctrl+Q",
    ];
    for keys in steps {
        till.press(keys);
        let ascii = Theme {
            colours: rxtill::ui::theme::Colours::NONE,
            ascii: true,
        };
        for (wide, high) in [(80, 24), (45, 20)] {
            let screen = till.screen_in(ascii, wide, high);
            let other: String = screen.chars().filter(|c| !c.is_ascii()).collect();
            assert_eq!(other, "", "after {keys}:\n{screen}");
        }
    }
}
