//! F2: the entry line, what it finds, the basket.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Look, cells, row};

/// Draws the sale screen.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let entry = &look.model.sale.entry;
    let label = if look.theme.ascii { " Item > " } else { " Item › " };
    let line = format!("{label}{}", entry.text());
    frame.render_widget(Line::raw(cells::cut(&line, body.width.into())), row(body, 0));
    if look.model.over.is_none() {
        let column = u16::try_from(cells::width(label) + entry.cursor()).unwrap_or(u16::MAX);
        frame.set_cursor_position((body.x + column.min(body.width.saturating_sub(1)), body.y));
    }
}
