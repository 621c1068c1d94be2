//! A choice from a short list.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Look, cells, popup, row};
use crate::app::picker::{Choice, Picker};

/// Draws the list.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, picker: &Picker) {
    let found = picker.found(look.model);
    let (title, way_out) = match picker.choice {
        Choice::Seller => ("who sells?", "Enter chooses · Esc looks around"),
        Choice::Outlet => ("which outlet is this?", "Enter chooses · Esc looks around"),
    };
    let high = u16::try_from(found.len() + 1).unwrap_or(u16::MAX).clamp(2, 14);
    let inside = popup::render(frame, area, look, title, way_out, (44, high));
    let label = if look.theme.ascii { "> " } else { "› " };
    frame.render_widget(Line::raw(format!("{label}{}", picker.filter.text())), row(inside, 0));
    let column = u16::try_from(2 + picker.filter.cursor())
        .unwrap_or(u16::MAX)
        .min(inside.width.saturating_sub(1));
    frame.set_cursor_position((inside.x + column, inside.y));
    if found.is_empty() {
        frame.render_widget(Line::raw("nobody has these words"), row(inside, 1));
    }
    let here = picker.position(&found);
    let rows = usize::from(inside.height.saturating_sub(1));
    let first = (here + 1).saturating_sub(rows);
    for (at, (position, candidate)) in (1..).zip(found.iter().enumerate().skip(first).take(rows)) {
        let wide = usize::from(inside.width);
        let line = format!("{} {}", cells::left(&candidate.name, wide / 2), candidate.beside);
        let style = if position == here {
            look.theme.highlighted()
        } else {
            Style::new()
        };
        frame.render_widget(Line::styled(cells::left(&line, wide), style), row(inside, at));
    }
}
