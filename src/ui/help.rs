//! F1: what can be typed here, and which keys do what.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Look, cells, popup, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::model::Help;

/// Draws the keys of a layer, a page at a time.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, help: Help) {
    let keys = look.keymap.help(help.layer);
    let typed = typed(help.layer).iter().map(|(typed, does)| (*typed, *does));
    let rows: Vec<_> = typed
        .chain(keys.iter().map(|(keys, called)| (keys.as_str(), called.title)))
        .collect();
    let room = popup::room(area);
    let pages = rows.len().div_ceil(room.max(1)).max(1);
    let page = help.turned.rem_euclid(pages.cast_signed()).unsigned_abs();
    let key = |command| look.keymap.key_in(Layer::Help, command);
    let turn = match key(Command::Down) {
        Some(key) if pages > 1 => format!("page {} of {pages} · {key} more · ", page + 1),
        _ => String::new(),
    };
    let close = key(Command::Back)
        .map(|key| format!("{key} closes"))
        .unwrap_or_default();
    let high = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, "keys here", &format!("{turn}{close}"), (70, high));
    for (at, (keys, does)) in (0..).zip(rows.iter().skip(page * room).take(room)) {
        let line = format!("{} {does}", cells::left(keys, 14));
        frame.render_widget(Line::raw(cells::cut(&line, inside.width.into())), row(inside, at));
    }
}

/// What can be typed, as far as it is no key of its own.
fn typed(layer: Layer) -> &'static [(&'static str, &'static str)] {
    match layer {
        Layer::Sale | Layer::SaleBare => &[
            ("words, a code", "Finds goods by name, generic name, strength or code"),
            ("a scan", "Takes the very pack that bears the code"),
            ("3*  3*amox", "Three of the next item"),
            ("*3", "Quantity 3 on the selected line, or the last one"),
            ("@mwa", "A prescriber of that name"),
        ],
        Layer::Payment | Layer::PaymentBare => &[
            ("Enter alone", "The exact amount"),
            ("500", "The amount handed over; the rest is change"),
            ("a letter", "Another tender, for what was typed or all that is due"),
        ],
        _ => &[],
    }
}
