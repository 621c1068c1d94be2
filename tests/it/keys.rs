//! Keys that mean the same everywhere (COUNTER 2 and 4).
use rxtill::app::command::ALL;
use rxtill::app::model::Over;
use rxtill::app::question::About;
use rxtill::app::{Command, Effect, Layer, Message, Screen};
use rxtill::keymap::{Key, KeyCode, Keymap};

use super::screens::{open, take};
use super::tour::every_screen;

#[tokio::test]
async fn a_sign_amid_words_is_a_character() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.write("co-+*@=%?:/");
    assert_eq!(till.model.sale.entry.text(), "co-+*@=%?:/");
    assert!(till.model.over.is_none() && till.model.screen == Screen::Sale);
    assert_eq!(till.model.sale.line_count(), 1);
}

#[tokio::test]
async fn ctrl_c_is_esc_and_closes_no_till() {
    let mut till = open().await;
    take(&mut till, "panadol");
    till.write("hed");
    till.press("Ctrl+C");
    assert!(till.model.sale.entry.is_empty());
    till.press("Ctrl+C");
    let asked = |over: &Option<Over>| matches!(over, Some(Over::Question(asked)) if asked.about == About::CancelBasket);
    assert!(asked(&till.model.over), "{}", till.screen(80, 24));
    till.press("Ctrl+C Ctrl+C Ctrl+C");
    assert_eq!(till.model.sale.line_count(), 1);
    assert!(!till.wanted().contains(&Effect::Quit));
}

#[test]
fn every_f_key_has_a_twin_in_the_list_of_commands() {
    let keymap = Keymap::default();
    for layer in Layer::ALL {
        for number in 1..=12 {
            let key = Key::plain(KeyCode::F(number));
            let command = match keymap.read(layer, key) {
                // It confirms what is in front, which Enter does too, or the command beside it.
                Some(Message::Asked(Command::Confirm | Command::Accept)) | None => continue,
                Some(Message::Asked(command)) => command,
                other => panic!("{key:?} is {other:?}"),
            };
            let twin = ALL.iter().find(|called| called.command == command);
            assert!(
                twin.is_some_and(|twin| twin.command.is_listed()),
                "{key:?}: {command:?}"
            );
        }
    }
}

#[test]
fn what_a_multiplexer_takes_for_itself_is_bound_nowhere() {
    let keymap = Keymap::default();
    for layer in Layer::ALL {
        for c in ['a', 'b', 'p'] {
            assert_eq!(keymap.read(layer, Key::ctrl(c)), None, "Ctrl+{c} in {layer:?}");
        }
    }
}

#[tokio::test]
async fn other_screens_keep_the_basket_and_the_tab_of_the_sale_says_what_it_costs() {
    let mut till = open().await;
    take(&mut till, "10*panadol");
    let basket = till.model.sale.basket.clone();
    for key in ["F3", "F4", "F5", "F6", "F7", "F8"] {
        till.press(key);
        let screen = till.screen(80, 24);
        assert!(screen.starts_with(" F2 Sale •50.00"), "{key}\n{screen}");
    }
    till.press("F2");
    assert_eq!(till.model.sale.basket, basket);
}

#[tokio::test]
async fn every_pop_up_names_its_exit_in_its_frame() {
    every_screen(|name, till| {
        if till.model.over.is_none() {
            return;
        }
        let screen = till.screen(80, 24);
        let mut frame = screen.lines().filter(|line| line.contains('┌') || line.contains('└'));
        assert!(frame.any(|line| line.contains("Esc")), "{name}\n{screen}");
    })
    .await;
}
