//! A note on an alert, being typed.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, cells, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::Noting;

/// The cells of a line of it.
const WIDE: u16 = 66;

/// Draws it: what it is about, and the words.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, noting: &Noting) {
    let key = |command| look.keymap.key_in(Layer::Note, command);
    let save = key(Command::Accept).map(|key| Way::key(key, "acknowledges"));
    let leave = key(Command::Back).map(|key| Way::key(key, "leaves it open"));
    let ways: Vec<_> = [save, leave].into_iter().flatten().collect();
    let wide: usize = WIDE.min(area.width.saturating_sub(4)).into();
    let about: Vec<_> = cells::wrap(&noting.alert.headline, wide).into_iter().take(2).collect();
    let high = u16::try_from(about.len() + 3).unwrap_or(u16::MAX);
    let inside = popup::render(frame, area, look, "note on an alert", &ways, (WIDE, high));
    let label = if look.theme.ascii { "> " } else { "› " };
    // What is typed has the first row, where a box of any size has room for it.
    let room = wide.saturating_sub(3);
    let before = noting.line.cursor().saturating_sub(room);
    let text: String = skipped(noting.line.text(), before);
    frame.render_widget(Line::raw(format!("{label}{text}")), row(inside, 0));
    popup::cursor(frame, inside, 2 + noting.line.cursor() - before);
    let words = "what is behind it, who was asked; nothing: seen";
    frame.render_widget(
        Line::styled(cells::cut(words, wide), look.theme.faint()),
        row(inside, 1),
    );
    for (at, line) in (3..).zip(about) {
        frame.render_widget(Line::raw(line), row(inside, at));
    }
}

/// The text without its first cells.
fn skipped(text: &str, cells_before: usize) -> String {
    let mut gone = 0;
    let rest = text.chars().skip_while(|c| {
        let is_before = gone < cells_before;
        gone += cells::width(c.encode_utf8(&mut [0; 4]));
        is_before
    });
    rest.collect()
}
