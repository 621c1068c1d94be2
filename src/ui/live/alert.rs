//! An alert: what was found, why it is one, the figures with the peers compared, and the very events.
//!
//! ```text
//! ── ▲ cancelled baskets · Otieno · Uhuru Corner · T03 ──────────── to look at ──
//!    6 cancelled baskets in 40 min, peers 0–1
//!    Goods that were shown and paid for may have left without a sale. …
//!    KES 4,180 in them · 4 after the total
//! ── the events ─────────────────────────────────────────────────────────────────
//!  09:42:03 Uhuru Corner   Otieno  · basket cancelled, 3 lines           -1,200.00
//! ```
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::stream::Rows;
use super::{Area, alerts, words};
use crate::app::Layer;
use crate::app::command::Command;
use crate::app::live::Front;
use crate::domain::supervision::StreamRow;
use crate::ui::{Look, cells, frame, row};

/// Draws it.
pub fn render(out: &mut Frame<'_>, area: &Area, look: Look<'_>, front: &Front, screen: u16) {
    let alert = &front.alert;
    let wide: usize = area.rect.width.into();
    let sign = words::sign(alert.severity);
    let title = format!(
        "{} {} · {}",
        look.theme.sign(sign),
        alert.rule.title(),
        words::subject(alert)
    );
    frame::rule(out, row(area.rect, 0), look, &title, words::what_to_do(alert.severity));
    let said = said(look, front, wide);
    // The events are seen in any case, and what is said as far as there is room above them.
    let room = area.rect.height.saturating_sub(1);
    let events = u16::try_from(alert.evidence.len())
        .unwrap_or(u16::MAX)
        .clamp(1, room.div_ceil(2).max(1));
    let said_room = room.saturating_sub(events + 1);
    let shown = u16::try_from(said.len()).unwrap_or(u16::MAX).min(said_room);
    for (at, (style, words)) in (1..=shown).zip(said) {
        out.render_widget(Line::styled(cells::cut(&words, wide), style), row(area.rect, at));
    }
    let y = 1 + shown;
    if y >= area.rect.height {
        return;
    }
    frame::rule(out, row(area.rect, y), look, "the events", &part(front));
    let rest = Rect {
        y: area.rect.y + y + 1,
        height: area.rect.height.saturating_sub(y + 1),
        ..area.rect
    };
    if alert.evidence.is_empty() {
        let none = "   none is kept: the figures are all that there is";
        out.render_widget(Line::styled(cells::cut(none, wide), look.theme.faint()), row(rest, 0));
        return;
    }
    let rows = Rows::of(look, rest, screen);
    let evidence: Vec<&StreamRow> = alert.evidence.iter().collect();
    rows.render(out, &area.at(rest), evidence.iter().copied(), front.at);
}

/// All that is said of it, from the top.
fn said(look: Look<'_>, front: &Front, wide: usize) -> Vec<(Style, String)> {
    let alert = &front.alert;
    let mut said = Vec::new();
    let mut say = |style: Style, text: &str| {
        let lines = cells::wrap(text, wide.saturating_sub(4));
        said.extend(lines.into_iter().map(|line| (style, format!("   {line}"))));
    };
    let found = format!("{}, found {}", alert.headline, alerts::clock(look, alert.at));
    say(look.theme.strong(), &found);
    say(look.theme.faint(), words::why(alert.rule));
    for figure in &alert.figures {
        say(Style::new(), figure);
    }
    let live = &look.model.live.alerts;
    for note in live.notes_on(alert.id) {
        say(Style::new(), &format!("acknowledged {}", alerts::said(look, note)));
    }
    if live.is_being_noted(alert.id) {
        say(look.theme.faint(), "being acknowledged …");
    } else if !live.is_noted(alert.id)
        && let Some(key) = look.keymap.key_in(Layer::Live, Command::Acknowledge)
    {
        say(look.theme.faint(), &format!("{key} acknowledges it, with a note"));
    }
    said
}

/// Which of them is highlighted.
fn part(front: &Front) -> String {
    match front.alert.evidence.len() {
        0 | 1 => String::new(),
        all => format!("{} of {all}", front.at + 1),
    }
}
