//! F2 of a viewer: why nothing is sold here, and what to do.
//!
//! ```text
//!    ▲ T01 is open (pid 4711)
//!
//!    It has the journal of this till. This is a viewer beside it: nothing is sold or saved here.
//!    To sell here: close that one, then this one, and open rxtill again.
//!
//!    F3 Live       Sales of the chain as they happen
//! ```
use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::theme::Sign;
use super::{Look, cells};
use crate::app::role::Holder;
use crate::app::{Command, Layer};
use crate::domain::dimension::Dimension;

/// Cells of a key and the short name of what it shows.
const KEY: usize = 14;

/// What a viewer can do, in the order of the keys.
const CAN: [Command; 5] = [
    Command::ShowLive,
    Command::ShowDimension(Dimension::Drug),
    Command::ShowDimension(Dimension::Doctor),
    Command::ShowDimension(Dimension::Employee),
    Command::ShowDimension(Dimension::Outlet),
];

/// Draws the screen.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>, holder: &Holder) {
    let (here, to_sell) = if holder.is_open {
        (
            "It has the journal of this till. This is a viewer beside it: nothing is sold or saved here.",
            "To sell here: close that one, then this one, and open rxtill again.",
        )
    } else {
        (
            "This was a viewer beside it, and stays one: nothing is sold or saved here.",
            "To sell here: close this viewer, and open rxtill again.",
        )
    };
    let head = format!("{} {holder}", look.theme.sign(Sign::Warn));
    let mut lines = vec![
        Line::styled(head, look.theme.style(Sign::Warn)),
        Line::raw(""),
        Line::raw(here),
        Line::raw(to_sell),
        Line::raw(""),
    ];
    lines.extend(CAN.iter().filter_map(|command| {
        let key = look.keymap.key_in(Layer::Bare, *command)?;
        let called = command.called();
        let key = cells::left(&format!("{key} {}", called.short), KEY);
        Some(Line::raw(format!("{key}{}", called.title)))
    }));
    let inside = body.inner(Margin::new(3, 0));
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
}
