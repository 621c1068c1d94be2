//! The first start.
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Look, cells, row};

/// Draws the welcome.
pub fn render(frame: &mut Frame<'_>, body: Rect, look: Look<'_>) {
    let lines: &[&str] = if look.model.loading_sample.is_some() {
        &["", "loading the sample pharmacy …"]
    } else {
        &[
            "",
            "rxtill, a till for pharmacies. Nothing is set up yet, and nothing need be",
            "installed: sales are kept on this machine until a database is configured.",
            "",
            "Enter   the sample pharmacy: 200 drugs with packs, staff, doctors, outlets",
            "        (the people are made up; sell what you like, it is yours to try)",
            "e       an empty start: your outlet, staff and drugs are added by hand",
            "",
            "Ctrl+Q  closes the till",
        ]
    };
    let skip = usize::from(body.height < 10);
    for (at, line) in (0..).zip(lines.iter().skip(skip)) {
        frame.render_widget(
            Line::raw(cells::cut(&format!("  {line}"), body.width.into())),
            row(body, at),
        );
    }
}
