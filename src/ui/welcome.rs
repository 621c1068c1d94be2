//! The first start.
//!
//! ```text
//!   rxtill, a till for pharmacies. Nothing is set up yet, and nothing need be installed: …
//!
//!   Enter   the sample pharmacy: 200 drugs with packs, staff, doctors, outlets (the people …)
//!   e       an empty start: your outlet, staff and drugs are added by hand
//!   Ctrl+Q  closes the till
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Look, Target, cells, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::keymap::Key;

/// Before each line.
const INDENT: usize = 2;
/// A line of so many cells is read with ease.
const MOST: usize = 76;

const HELLO: &str = "rxtill, a till for pharmacies. Nothing is set up yet, and nothing need be installed: sales are kept \
                     on this machine until a database is configured.";

/// What can be done, in the order in which it is offered.
const CAN: [(Command, &str); 3] = [
    (
        Command::LoadSample,
        "the sample pharmacy: 200 drugs with packs, staff, doctors, outlets (the people are made up; sell what you \
         like, it is yours to try)",
    ),
    (
        Command::StartEmpty,
        "an empty start: your outlet, staff and drugs are added by hand",
    ),
    (Command::Quit, "closes the till"),
];

/// Draws the welcome.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let wide = usize::from(body.width).saturating_sub(2 * INDENT).min(MOST);
    let lines = if look.model.loading_sample.is_some() {
        vec![(String::from("loading the sample pharmacy …"), None)]
    } else {
        lines(look, wide, body.height >= 10)
    };
    for (at, (line, key)) in (0..).zip(lines) {
        if let Some(key) = key {
            look.places.add(row(body, at), Target::Press(key));
        }
        frame.render_widget(Line::raw(format!("{:INDENT$}{line}", "")), row(body, at));
    }
}

/// Each line, and the key that it is about.
fn lines(look: Look<'_>, wide: usize, roomy: bool) -> Vec<(String, Option<Key>)> {
    let keys: Vec<_> = CAN
        .iter()
        .filter_map(|(command, does)| {
            let key = look.keymap.key_in(Layer::Welcome, *command)?;
            Some((key, *does))
        })
        .collect();
    let key_cells = keys
        .iter()
        .map(|(key, _)| cells::width(&key.to_string()))
        .max()
        .unwrap_or(0)
        + 2;
    let mut lines = Vec::new();
    // What to press comes first where there is no room for both.
    if roomy {
        let hello = cells::wrap(HELLO, wide).into_iter();
        let set_off = std::iter::once(String::new()).chain(hello).chain([String::new()]);
        lines.extend(set_off.map(|line| (line, None)));
    }
    for (key, does) in keys {
        let does = cells::wrap(does, wide.saturating_sub(key_cells))
            .into_iter()
            .enumerate();
        lines.extend(does.map(|(at, does)| {
            let shown = if at == 0 { key.to_string() } else { String::new() };
            (format!("{}{does}", cells::left(&shown, key_cells)), Some(key))
        }));
    }
    lines
}
