//! What the model looks like. Reads it, never changes it; no widget keeps state.
//!
//! ```text
//!  F2 SALE   F3 Live   F4 Drugs   F5 Doctors   F6 Staff   F7 Outlets   F8 Past  tabs
//!  Kilifi Bay · T01 · Asha N.                                     Thu 09:42     who
//! ────────────────────────────────────────────────────────────────────────
//!  the screen                                                                   body
//!  ✕ what just happened                                                         notice
//! ────────────────────────────────────────────────────────────────────────
//!  db ✓   stream ✓   unsent 0   catalogue 09:41                                 status
//!  Enter take  Tab pack  @ doctor  + pay  : all  F1 help                        hints
//! ```
mod card;
pub mod cells;
mod dimension;
mod drawer;
mod frame;
mod help;
mod hints;
mod live;
mod note;
mod palette;
mod past;
mod picker;
pub mod places;
mod popup;
mod question;
mod queue;
mod sale;
mod status;
mod strike;
pub mod theme;
mod viewer;
mod welcome;

use ratatui::Frame;
use ratatui::layout::Rect;

use self::places::{Places, Target};
pub use self::theme::Theme;
use crate::app::model::Over;
use crate::app::{Model, Screen};
use crate::keymap::Keymap;

/// What every pane is drawn from.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What is shown.
    pub model: &'a Model,
    /// For hints.
    pub keymap: &'a Keymap,
    /// Colours and signs.
    pub theme: Theme,
    /// Where what is drawn can be clicked: filled anew by each picture.
    pub places: &'a Places,
}

/// Draws the whole screen.
pub fn view(frame: &mut Frame<'_>, look: Look<'_>) {
    let area = frame.area();
    look.places.clear();
    let parts = frame::Parts::of(area, look);
    frame::render(frame, parts, look);
    screen(frame, parts.body, look);
    match &look.model.over {
        Some(Over::Help(help)) => help::render(frame, area, look, *help),
        Some(Over::Palette(palette)) => palette::render(frame, area, look, palette),
        Some(Over::Picker(picker)) => picker::render(frame, area, look, picker),
        Some(Over::Drawer(drawer)) => drawer::render(frame, area, look, drawer),
        Some(Over::Card(card)) => card::render(frame, area, look, card),
        Some(Over::Question(question)) => question::render(frame, area, look, question),
        Some(Over::Note(noting)) => note::render(frame, area, look, noting),
        Some(Over::Strike(striking)) => strike::render(frame, area, look, striking),
        None => {}
    }
    cells::steer_nothing(frame.buffer_mut());
    look.places.read(frame.buffer_mut());
    if look.theme.ascii {
        theme::in_ascii(frame.buffer_mut());
    }
}

fn screen(frame: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    match look.model.screen {
        Screen::Sale if let Some(holder) = look.model.holder() => viewer::render(frame, body, look, holder),
        Screen::Sale if look.model.is_first_start() => welcome::render(frame, body, look),
        Screen::Sale => sale::render(frame, body, look),
        Screen::Live => live::render(frame, body, look),
        Screen::Dimension(dimension) => dimension::render(frame, body, look, dimension),
        Screen::Past => past::render(frame, body, look),
        Screen::Queue => queue::render(frame, body, look),
    }
}

/// Row `at` of an area, empty where there is none.
pub(crate) fn row(area: Rect, at: u16) -> Rect {
    Rect {
        y: area.y.saturating_add(at),
        height: u16::from(at < area.height),
        ..area
    }
}
