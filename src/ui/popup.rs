//! A box over the screen. Its frame names the way out.
use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear};

use super::places::Pieces;
use super::{Look, Target, cells};
use crate::keymap::Key;

/// How many rows a box over this area can have inside.
pub fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2))
}

/// What leads out of a box or on in it: words with their key in them, and the key, which a click on them presses.
pub struct Way {
    words: String,
    key: Option<Key>,
}

impl Way {
    /// A key, and what it does.
    pub fn key(key: Key, does: &str) -> Self {
        Self {
            words: format!("{key} {does}"),
            key: Some(key),
        }
    }

    /// Words that are no key.
    pub fn words(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            key: None,
        }
    }
}

/// Draws the frame of a box of at most so many cells, in the middle of the area; gives its inside.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, title: &str, ways: &[Way], size: (u16, u16)) -> Rect {
    let wide = (size.0 + 4).min(area.width);
    let high = (size.1 + 2).min(area.height);
    let at = Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + (area.height - high) / 2,
        width: wide,
        height: high,
    };
    // What lies below cannot be clicked.
    look.places.add(frame.area(), Target::Cover);
    frame.render_widget(Clear, at);
    let block = Block::bordered().title_top(Line::styled(format!(" {title} "), look.theme.strong()));
    let block = if look.theme.ascii {
        block.border_set(ASCII)
    } else {
        block.border_type(BorderType::Plain)
    };
    frame.render_widget(block, at);
    way_out(frame, at, look, ways);
    at.inner(Margin::new(2, 1))
}

/// The ways, at the right end of the frame below.
fn way_out(frame: &mut Frame<'_>, at: Rect, look: Look<'_>, ways: &[Way]) {
    const BETWEEN: &str = " · ";
    let within = at.width.saturating_sub(2);
    // The way out comes last: where they do not all fit, it is there.
    let wide = |ways: &[Way]| {
        let words = ways.iter().map(|way| cells::width(&way.words) + cells::width(BETWEEN));
        words.sum::<usize>()
    };
    let all_fit = (0..ways.len()).find(|first| wide(&ways[*first..]) <= within.into());
    let ways = &ways[all_fit.unwrap_or(ways.len().saturating_sub(1))..];
    let mut line = Pieces::new(" ");
    for (position, way) in ways.iter().enumerate() {
        if position > 0 {
            line.push(BETWEEN, Style::new(), None);
        }
        line.push(way.words.as_str(), Style::new(), way.key.map(Target::Press));
    }
    line.push(" ", Style::new(), None);
    let wide = line.wide().min(within);
    let area = Rect {
        x: at.x + 1 + within - wide,
        y: at.bottom().saturating_sub(1),
        width: wide,
        height: u16::from(at.height > 0),
    };
    line.render(frame, area, look);
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
