//! From what happened to what the model is then, and what is to be done outside.
use super::command::Command;
use super::effect::Effects;
use super::message::{Message, Moment};
use super::model::{Model, Over, Screen};
use super::question::{self, About};
use super::{palette, sale};

/// Takes in what happened. Pure: time and fresh ids are in `moment`.
pub fn update(model: &mut Model, message: Message, moment: Moment) -> Effects {
    model.now = moment.now;
    match message {
        Message::Asked(command) => {
            model.notice = None;
            asked(model, command)
        }
        Message::Typed(c) => {
            model.notice = None;
            typed(model, c.encode_utf8(&mut [0; 4]))
        }
        Message::Pasted(text) => {
            model.notice = None;
            typed(model, &text)
        }
        Message::Ticked => Effects::none(),
        Message::StatusChanged(status) => {
            model.status = *status;
            Effects::none()
        }
    }
}

/// A command: what lies over the screen has it first, then what holds on every screen, then the screen.
fn asked(model: &mut Model, command: Command) -> Effects {
    if command == Command::Quit {
        return quit(model);
    }
    match model.over {
        Some(Over::Help(_)) => {
            model.over = None;
            return Effects::none();
        }
        Some(Over::Question(_)) => return question::update(model, command),
        Some(Over::Palette(_)) => {
            return palette::update(model, command).unwrap_or_else(|chosen| asked(model, chosen));
        }
        None => {}
    }
    match command {
        Command::Help => model.over = Some(Over::Help(model.screen_layer())),
        Command::Commands => palette::open(model),
        Command::ShowSale => model.screen = Screen::Sale,
        Command::ShowLive => model.screen = Screen::Live,
        Command::ShowDimension(dimension) => model.screen = Screen::Dimension(dimension),
        _ => {
            return match model.screen {
                Screen::Sale => sale::update(model, command),
                Screen::Live | Screen::Dimension(_) => Effects::none(),
            };
        }
    }
    Effects::none()
}

/// Text, for whatever takes text in front.
fn typed(model: &mut Model, text: &str) -> Effects {
    match &mut model.over {
        Some(Over::Palette(palette)) => palette::typed(palette, text),
        Some(Over::Help(_) | Over::Question(_)) => {}
        None => {
            return match model.screen {
                Screen::Sale => sale::typed(model, text),
                Screen::Live | Screen::Dimension(_) => Effects::none(),
            };
        }
    }
    Effects::none()
}

/// Asks before the till is closed; the question says what is unsent.
fn quit(model: &mut Model) -> Effects {
    model.ask(About::Quit);
    Effects::none()
}
