//! A box over the screen. Its frame names the way out.
use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear};

use super::Look;

/// How many rows a box over this area can have inside.
pub fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2))
}

/// Draws the frame of a box of at most so many cells, in the middle of the area; gives its inside.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, title: &str, way_out: &str, size: (u16, u16)) -> Rect {
    let wide = (size.0 + 4).min(area.width);
    let high = (size.1 + 2).min(area.height);
    let at = Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + (area.height - high) / 2,
        width: wide,
        height: high,
    };
    frame.render_widget(Clear, at);
    let block = Block::bordered()
        .title_top(Line::styled(format!(" {title} "), look.theme.strong()))
        .title_bottom(Line::raw(format!(" {way_out} ")).right_aligned());
    let block = if look.theme.ascii {
        block.border_set(ASCII)
    } else {
        block.border_type(BorderType::Plain)
    };
    frame.render_widget(block, at);
    at.inner(Margin::new(2, 1))
}

/// Shows the cursor so many cells into the first row of a box.
pub fn cursor(frame: &mut Frame<'_>, inside: Rect, cells: usize) {
    if inside.height > 0 {
        let cells = u16::try_from(cells).unwrap_or(u16::MAX);
        let cells = cells.min(inside.width.saturating_sub(1));
        frame.set_cursor_position((inside.x + cells, inside.y));
    }
}

const ASCII: ratatui::symbols::border::Set<'_> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
