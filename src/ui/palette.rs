//! `:` — every command that can be given here, with its key.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, Target, cells, row};
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
    let does = key(Command::Accept).map(|key| Way::key(key, "does it"));
    let back = key(Command::Back).map(|key| Way::key(key, "back"));
    let part = cells::part(first, rows, found.len());
    let all = part.is_empty();
    let part = (!all).then(|| Way::words(part.trim_end()));
    let move_on = key(Command::Down).filter(|_| !all).map(|key| Way::key(key, "more"));
    let ways: Vec<_> = [part, move_on, does, back].into_iter().flatten().collect();
    let high = u16::try_from(found.len() + 1).unwrap_or(u16::MAX).max(2);
    let inside = popup::render(frame, area, look, "commands here", &ways, (72, high));
    look.places.add(inside, Target::Scroll);
    let entry = format!(": {}", palette.filter.text());
    frame.render_widget(Line::raw(cells::cut(&entry, inside.width.into())), row(inside, 0));
    popup::cursor(frame, inside, 2 + palette.filter.cursor());
    if found.is_empty() {
        let clear = key(Command::Back).map(|key| format!(" · {key} clears them"));
        let words = format!("no command here has these words{}", clear.unwrap_or_default());
        frame.render_widget(Line::raw(words), row(inside, 1));
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
        let here = Some(palette.highlighted);
        look.places
            .add_row(row(inside, at), position, here, Some(Command::Accept));
    }
}
