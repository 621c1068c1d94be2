//! `:` — every command with its key.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Look, cells, popup, row};
use crate::app::palette::Palette;

/// Draws the list of commands.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, palette: &Palette) {
    let found = palette.found();
    let high = u16::try_from(found.len() + 1).unwrap_or(u16::MAX).max(2);
    let inside = popup::render(
        frame,
        area,
        look,
        "every command",
        "Enter does it · Esc back",
        (70, high),
    );
    let entry = format!(": {}", palette.filter.text());
    frame.render_widget(Line::raw(cells::cut(&entry, inside.width.into())), row(inside, 0));
    let cursor = u16::try_from(palette.filter.cursor() + 2)
        .unwrap_or(u16::MAX)
        .min(inside.width.saturating_sub(1));
    frame.set_cursor_position((inside.x + cursor, inside.y));
    if found.is_empty() {
        frame.render_widget(Line::raw("no command has these words"), row(inside, 1));
    }
    let rows = usize::from(inside.height.saturating_sub(1));
    let first = palette.highlighted.saturating_sub(rows.saturating_sub(1));
    for (at, (position, called)) in (1..).zip(found.iter().enumerate().skip(first).take(rows)) {
        let keys = look.keymap.keys(called.command);
        let line = format!(
            "{} {} {}",
            cells::left(called.name, 15),
            cells::left(&keys, 8),
            called.title
        );
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
