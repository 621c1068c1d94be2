//! `:` — every command that can be given here, with its key.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Look, cells, popup, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::palette::Palette;

/// In fewer cells, the names are left out.
const WHOLE: usize = 60;

/// Draws the list of commands.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, palette: &Palette) {
    let found = palette.found(look.model);
    let rows = popup::room(area).saturating_sub(1);
    let first = (palette.highlighted + 1).saturating_sub(rows);
    let key = |command| look.keymap.key_in(Layer::Palette, command);
    let does = key(Command::Accept).map(|key| format!("{key} does it"));
    let back = key(Command::Back).map(|key| format!("{key} back"));
    let part = cells::part(first, rows, found.len());
    let move_on = key(Command::Down)
        .filter(|_| !part.is_empty())
        .map(|key| format!("{part}· {key} more"));
    let way_out: Vec<_> = [move_on, does, back].into_iter().flatten().collect();
    let high = u16::try_from(found.len() + 1).unwrap_or(u16::MAX).max(2);
    let inside = popup::render(frame, area, look, "commands here", &way_out.join(" · "), (72, high));
    let entry = format!(": {}", palette.filter.text());
    frame.render_widget(Line::raw(cells::cut(&entry, inside.width.into())), row(inside, 0));
    popup::cursor(frame, inside, 2 + palette.filter.cursor());
    if found.is_empty() {
        frame.render_widget(Line::raw("no command here has these words"), row(inside, 1));
    }
    let layer = look.model.screen_layer();
    for (at, (position, called)) in (1..).zip(found.iter().enumerate().skip(first).take(rows)) {
        let keys = look.keymap.keys_in(layer, called.command);
        let wide = usize::from(inside.width);
        let line = if wide < WHOLE {
            cells::ends(called.title, &keys, wide)
        } else {
            let (name, keys) = (cells::left(called.name, 14), cells::left(&keys, 10));
            format!("{name} {keys} {}", called.title)
        };
        let style = if position == palette.highlighted {
            look.theme.highlighted()
        } else {
            Style::new()
        };
        frame.render_widget(
            Line::styled(cells::left(&line, inside.width.into()), style),
            row(inside, at),
        );
    }
}
