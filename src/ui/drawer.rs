//! What the drawer is opened for.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::popup::{self, Way};
use super::{Look, cells, row};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::drawer::Drawer;

/// Draws the question.
pub fn render(frame: &mut Frame<'_>, area: Rect, look: Look<'_>, drawer: &Drawer) {
    let key = |command| look.keymap.key_in(Layer::Drawer, command);
    let opens = if look.model.settings.has_drawer {
        "opens it"
    } else {
        "notes it"
    };
    let take = key(Command::Accept).map(|key| Way::key(key, opens));
    let leave = key(Command::Back).map(|key| Way::key(key, "leaves it shut"));
    let ways: Vec<_> = [take, leave].into_iter().flatten().collect();
    let inside = popup::render(frame, area, look, "open the drawer: what for?", &ways, (48, 2));
    let label = if look.theme.ascii { "> " } else { "› " };
    let typed = format!("{label}{}", drawer.reason.text());
    frame.render_widget(Line::raw(cells::cut(&typed, inside.width.into())), row(inside, 0));
    popup::cursor(frame, inside, 2 + drawer.reason.cursor());
    let who = match &look.model.seller {
        Some(seller) => format!("noted with the time, and {}", seller.name),
        None => String::from("noted with the time; nobody sells yet"),
    };
    frame.render_widget(Line::raw(cells::cut(&who, inside.width.into())), row(inside, 1));
}
