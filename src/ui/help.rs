//! F1: which keys do what here.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Look, cells, popup, row};
use crate::app::Layer;

/// Draws the keys of a layer.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, layer: Layer) {
    let rows = look.keymap.help(layer);
    let high = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, "keys here", "any key closes", (70, high));
    for (at, (keys, called)) in (0..).zip(&rows) {
        let line = format!("{} {}", cells::left(keys, 14), called.title);
        frame.render_widget(Line::raw(cells::cut(&line, inside.width.into())), row(inside, at));
    }
}
