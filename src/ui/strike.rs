//! Why a parked sale is struck, being typed.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, cells, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::queue::{Striking, total};

/// Draws the question.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, striking: &Striking) {
    let key = |command| look.keymap.key_in(Layer::Strike, command);
    let take = key(Command::Accept).map(|key| Way::key(key, "goes on"));
    let leave = key(Command::Back).map(|key| Way::key(key, "leaves it parked"));
    let ways: Vec<_> = [take, leave].into_iter().flatten().collect();
    let title = format!("strike {}: why?", striking.record.printed());
    let inside = popup::render(frame, area, look, &title, &ways, (52, 2));
    let label = if look.theme.ascii { "> " } else { "› " };
    let typed = format!("{label}{}", striking.reason.text());
    frame.render_widget(Line::raw(cells::cut(&typed, inside.width.into())), row(inside, 0));
    popup::cursor(frame, inside, 2 + striking.reason.cursor());
    let words = format!("{} is never recorded; the number stays", total(&striking.record));
    frame.render_widget(
        Line::styled(cells::cut(&words, inside.width.into()), look.theme.faint()),
        row(inside, 1),
    );
}
